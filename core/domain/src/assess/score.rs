//! The second half of an assessment: prepared measures become points and a grade, without
//! allocation (`domain.md` B.1).

use super::measure::{Measured, Measures, Reading, Sourced};
use super::outcome::{EvidenceMix, Points, Totals};
use super::quotient::Quotient;
use crate::item::Evidence;
use crate::pack::decimal::half_up;
use crate::pack::{CapCondition, CapSubject, Indicator, Part, RulePack, TableName, Test};
use crate::subject::Grade;

/// Whether the disaster rule is applied (`domain.md` B.9: both totals are stored).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relief {
    /// As if nothing had been declared.
    Off,
    /// The better of this year and the normal years, where a disaster was declared.
    On,
}

/// What a pending peer evaluation is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// Its worst possible result.
    Worst,
    /// Its best possible result.
    Best,
}

/// The smallest and largest mean of a peer evaluation: four items of 1 to 5 (`domain.md` H6).
const BALLOT: (i64, i64) = (1, 5);

/// The figures of one computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// Points, weights, base, bonus, deduction, score, raw grade.
    pub totals: Totals,
    /// Present ÷ applicable weight, hundredths of a percent.
    pub completeness: Points,
    /// Applicable weight by evidence.
    pub evidence: EvidenceMix,
    /// Caps that are met, by place.
    pub caps: u32,
    /// Vetoes that stand, by place.
    pub vetoes: u32,
    /// Too much is missing.
    pub incomplete: bool,
    /// Too little applies.
    pub too_little: bool,
    /// The grade after caps, eligibility and vetoes; of no meaning for a pack with levels.
    pub grade: Grade,
}

/// What an indicator got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Points, with the weakest evidence.
    Scored(Points, Evidence),
    /// Its weight counts and earns nothing.
    Missing,
    /// Its weight leaves the score.
    NotApplicable,
}

/// A part of an indicator as it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) points: Points,
    /// The value that counted, and the bands and row it fell into.
    pub(super) value: Option<Quotient>,
    pub(super) table: TableName,
    pub(super) row: Option<usize>,
    pub(super) sourced: Sourced,
    /// The disaster rule gave this value.
    pub(super) relieved: bool,
}

/// Scores one subject.
#[must_use]
pub fn score(pack: &RulePack, measures: &Measures, relief: Relief, outlook: Outlook) -> Scored {
    let mut sums = Sums::default();
    let mut place = 0;
    for indicator in &pack.indicators {
        let parts = measures
            .parts
            .get(place..place + indicator.parts.len())
            .unwrap_or(&[]);
        place += indicator.parts.len();
        sums.add(
            indicator.weight,
            standing(indicator, parts, relief, outlook),
        );
    }
    let base = half_up(i128::from(sums.points) * 10_000, sums.applicable.into());
    let base = i64::try_from(base).unwrap_or(0);
    let bonus = measures.bonus.min(pack.bonus_max.0);
    let score = Points((base + bonus - measures.deduction).clamp(0, 10_000));
    let raw_grade = (!pack.grades.is_empty()).then(|| pack.grade_of(score));
    let caps = caps(pack, measures, &sums, relief, outlook);
    let vetoes = measures.vetoes[usize::from(relief == Relief::On)];
    let completeness = completeness(&sums);
    let settings = &pack.settings;
    // Compared exactly; the rounded figure is for display.
    let present = i128::from(sums.applicable - sums.missing) * 10_000;
    let incomplete =
        present < i128::from(settings.min_completeness.0) * i128::from(sums.applicable);
    let too_little = sums.applicable < settings.min_applicable.0;
    let unrated =
        incomplete || too_little || measures.core_missing != 0 || measures.ineligible != 0;
    let grade = match raw_grade {
        _ if vetoes != 0 => Grade::V,
        _ if unrated => Grade::N,
        Some(raw) => capped(pack, raw, caps),
        None => Grade::N,
    };
    Scored {
        totals: Totals {
            points: Points(sums.points),
            applicable: Points(sums.applicable),
            missing: Points(sums.missing),
            base: Points(base),
            bonus: Points(bonus),
            deduction: Points(measures.deduction),
            score,
            raw_grade,
        },
        completeness,
        evidence: sums.evidence,
        caps,
        vetoes,
        incomplete,
        too_little,
        grade,
    }
}

/// What an indicator with these parts got.
pub(super) fn standing(
    indicator: &Indicator,
    parts: &[Measured],
    relief: Relief,
    outlook: Outlook,
) -> Standing {
    let (mut points, mut evidence) = (0, Evidence::A);
    let (mut missing, mut applies) = (false, false);
    for (part, measured) in indicator.parts.iter().zip(parts) {
        let judged = judge(part, measured, relief, outlook);
        match judged.sourced.reading {
            Reading::Unknown | Reading::Refused => missing = true,
            Reading::NotApplicable => continue,
            _ => {
                points += judged.points.0;
                evidence = evidence.max(judged.sourced.evidence);
            }
        }
        applies = true;
    }
    match (applies, missing) {
        (false, _) => Standing::NotApplicable,
        (true, true) => Standing::Missing,
        (true, false) => Standing::Scored(Points(points), evidence),
    }
}

/// Judges one part: the better of this year's value and the relieved one, where the rule holds.
pub(super) fn judge(part: &Part, measured: &Measured, relief: Relief, outlook: Outlook) -> Judged {
    let plain = judge_reading(part, measured.plain, outlook);
    match measured.relieved {
        Some(sourced) if relief == Relief::On => {
            let relieved = Judged {
                relieved: true,
                ..judge_reading(part, sourced, outlook)
            };
            if relieved.points > plain.points {
                relieved
            } else {
                plain
            }
        }
        _ => plain,
    }
}

fn judge_reading(part: &Part, sourced: Sourced, outlook: Outlook) -> Judged {
    let nothing = Judged {
        points: Points(0),
        value: None,
        table: TableName::Main,
        row: None,
        sourced,
        relieved: false,
    };
    let of = |table: TableName, value: Quotient| {
        let (points, row) = part
            .table(table)
            .map_or((Points(0), None), |t| t.judge(value));
        Judged {
            points,
            value: Some(value),
            table,
            row,
            ..nothing
        }
    };
    match sourced.reading {
        Reading::Value(table, value) => of(table, value),
        Reading::Better([first, second]) => {
            let (first, second) = (of(first.0, first.1), of(second.0, second.1));
            if second.points > first.points {
                second
            } else {
                first
            }
        }
        Reading::Case(case) => {
            let judged = part.table(TableName::Main).map(|t| t.judge_case(case));
            let (points, row) = judged.unwrap_or((Points(0), None));
            Judged {
                points,
                row,
                ..nothing
            }
        }
        Reading::Pending => match outlook {
            Outlook::Worst => of(TableName::Main, Quotient::whole(BALLOT.0)),
            Outlook::Best => of(TableName::Main, Quotient::whole(BALLOT.1)),
        },
        Reading::NotApplicable | Reading::Unknown | Reading::Refused => nothing,
    }
}

/// Sums over the indicators, in hundredths.
#[derive(Default)]
struct Sums {
    points: i64,
    applicable: i64,
    missing: i64,
    evidence: EvidenceMix,
}

impl Sums {
    fn add(&mut self, weight: Points, standing: Standing) {
        match standing {
            Standing::NotApplicable => return,
            Standing::Missing => self.missing += weight.0,
            Standing::Scored(points, evidence) => {
                self.points += points.0;
                let level = match evidence {
                    Evidence::A => &mut self.evidence.a,
                    Evidence::B => &mut self.evidence.b,
                    Evidence::C => &mut self.evidence.c,
                    Evidence::D => &mut self.evidence.d,
                };
                level.0 += weight.0;
            }
        }
        self.applicable += weight.0;
    }
}

fn completeness(sums: &Sums) -> Points {
    let present = i128::from(sums.applicable - sums.missing);
    let rounded = half_up(present * 10_000, sums.applicable.into());
    Points(i64::try_from(rounded).unwrap_or(0))
}

fn caps(
    pack: &RulePack,
    measures: &Measures,
    sums: &Sums,
    relief: Relief,
    outlook: Outlook,
) -> u32 {
    let weak = Quotient::ratio(sums.evidence.c.0 + sums.evidence.d.0, sums.applicable);
    let mut met = 0;
    for (i, cap) in pack.caps.iter().enumerate() {
        if measures.cap_conditions & 1 << i == 0 {
            continue;
        }
        let compared = match cap.subject {
            None => true,
            Some(CapSubject::Indicator(at)) => {
                let judged = first_applying(pack, measures, at, relief, outlook);
                judged.is_some_and(|judged| cap.tests.iter().all(|test| meets(*test, &judged)))
            }
            Some(CapSubject::Measure(_)) => {
                let measured = measures.caps.get(i).copied().flatten();
                let value = measured.and_then(|m| plain_value(m, relief));
                value.is_some_and(|value| cap.tests.iter().all(|test| test.holds(value)))
            }
        };
        let weak_enough = cap.condition != Some(CapCondition::WeakEvidence)
            || (sums.applicable > 0 && weak.cmp_threshold(cap.share).is_gt());
        if compared && weak_enough {
            met |= 1 << i;
        }
    }
    met
}

/// How the first part that applies was judged, of the indicator at this place.
fn first_applying(
    pack: &RulePack,
    measures: &Measures,
    at: usize,
    relief: Relief,
    outlook: Outlook,
) -> Option<Judged> {
    let place: usize = pack.indicators.iter().take(at).map(|i| i.parts.len()).sum();
    let parts = pack.indicators.get(at)?.parts.iter();
    parts
        .zip(measures.parts.get(place..)?)
        .map(|(part, measured)| judge(part, measured, relief, outlook))
        .find(|judged| judged.sourced.reading != Reading::NotApplicable)
}

/// Whether the value passes the comparison, or the case is the one that is asked for.
fn meets(test: Test, judged: &Judged) -> bool {
    match test {
        Test::Case(case) => judged.sourced.reading == Reading::Case(case),
        _ => judged.value.is_some_and(|value| test.holds(value)),
    }
}

fn plain_value(measured: Measured, relief: Relief) -> Option<Quotient> {
    let sourced = match (relief, measured.relieved) {
        (Relief::On, Some(relieved)) => relieved,
        _ => measured.plain,
    };
    match sourced.reading {
        Reading::Value(_, value) => Some(value),
        _ => None,
    }
}

/// The raw grade under the lowest of the caps that are met; a cap never raises it.
fn capped(pack: &RulePack, raw: Grade, met: u32) -> Grade {
    let caps = pack
        .caps
        .iter()
        .enumerate()
        .filter(|(i, _)| met & 1 << i != 0);
    caps.map(|(_, cap)| cap.grade).fold(raw, Grade::max)
}
