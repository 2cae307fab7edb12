//! The third part of an assessment: the trace, line by line, and the reasons drawn from it
//! (`domain.md` F.3).

use std::ops::Bound;

use jiff::civil::Date;

use super::inputs::{Fact, Facts, Inputs};
use super::measure::{Measures, Reading, bonuses, counted_records};
use super::outcome::{Points, Reason, ReasonKind, Step, TraceLine};
use super::score::{Judged, Outlook, Relief, Scored, Standing, judge, standing};
use crate::item::ItemPath;
use crate::pack::{BandTable, Indicator, Part, reason_codes};
use crate::subject::Grade;

/// At most so many faults are named (`domain.md` F.3).
const MOST_FAULTS: usize = 4;

/// What is told about a computation.
pub(super) struct Explained {
    pub(super) trace: Vec<TraceLine>,
    pub(super) reasons: Vec<Reason>,
    pub(super) caps: Vec<String>,
    pub(super) vetoes: Vec<String>,
    pub(super) not_rated_for: Vec<String>,
    pub(super) oldest_input_on: Option<Date>,
}

/// Explains the computation that gave `scored`.
pub(super) fn explain(
    inputs: &Inputs,
    facts: &Facts,
    measures: &Measures,
    scored: &Scored,
    relief: Relief,
) -> Explained {
    let pack = &inputs.pack;
    let mut teller = Teller {
        inputs,
        facts,
        relief,
        trace: Vec::new(),
        faults: Vec::new(),
        oldest: None,
    };
    let mut place = 0;
    let (mut refused, mut unknown) = (false, false);
    for indicator in &pack.indicators {
        let parts = measures
            .parts
            .get(place..place + indicator.parts.len())
            .unwrap_or(&[]);
        place += indicator.parts.len();
        refused |= parts.iter().any(|p| p.plain.reading == Reading::Refused);
        unknown |= parts.iter().any(|p| p.plain.reading == Reading::Unknown);
        teller.indicator(indicator, parts);
    }
    teller.totals(scored);
    let caps: Vec<String> = met(scored.caps, &pack.caps, |cap| cap.code.clone());
    let vetoes: Vec<String> = met(scored.vetoes, &pack.vetoes, |veto| veto.code().to_owned());
    let not_rated_for = not_rated_for(inputs, measures, scored);
    teller.verdict(scored, &caps, &not_rated_for, &vetoes);
    let reasons = Reasons {
        caps: &caps,
        vetoes: &vetoes,
        not_rated_for: &not_rated_for,
    }
    .list(refused, unknown, teller.faults);
    Explained {
        trace: teller.trace,
        reasons,
        caps,
        vetoes,
        not_rated_for,
        oldest_input_on: teller.oldest,
    }
}

struct Teller<'a> {
    inputs: &'a Inputs,
    facts: &'a Facts,
    relief: Relief,
    trace: Vec<TraceLine>,
    /// Reason and points lost, in the order of indicators.
    faults: Vec<(String, i64)>,
    oldest: Option<Date>,
}

impl Teller<'_> {
    fn indicator(&mut self, indicator: &Indicator, parts: &[super::measure::Measured]) {
        let outlook = Outlook::Worst;
        let of_kind = indicator.parts.iter().zip(parts);
        let judged: Vec<(&Part, Judged)> = of_kind
            .filter(|(part, _)| part.is_for(self.inputs.subject_kind))
            .map(|(part, measured)| (part, judge(part, measured, self.relief, outlook)))
            .collect();
        let mut line = TraceLine::new(Step::Indicator, &indicator.code);
        match standing(indicator, parts, self.relief, outlook) {
            Standing::Scored(points, evidence) => {
                line.points = Some(points);
                line.weight = Some(indicator.weight);
                line.evidence = Some(evidence);
                let pending = judged
                    .iter()
                    .any(|(_, j)| j.sourced.reading == Reading::Pending);
                if !pending {
                    self.fault(indicator, &judged, indicator.weight.0 - points.0);
                }
            }
            Standing::Missing => {
                line.points = Some(Points(0));
                line.weight = Some(indicator.weight);
            }
            Standing::NotApplicable => {}
        }
        line.relieved = judged.iter().any(|(_, j)| j.relieved);
        let tell = |tell: fn(&Part, &Judged) -> Option<String>| {
            let told: Vec<String> = judged.iter().filter_map(|(p, j)| tell(p, j)).collect();
            (!told.is_empty()).then(|| told.join(" · "))
        };
        line.value = tell(|_, j| j.value.and_then(|v| v.shown()));
        line.exact = tell(|_, j| j.value.map(|v| v.exact()));
        line.rule = tell(|part, j| Some(rule(part, j)));
        line.items = self.items(indicator);
        self.trace.push(line);
    }

    /// Adds lost points to the reason of the row that fired, or of the indicator.
    fn fault(&mut self, indicator: &Indicator, judged: &[(&Part, Judged)], lost: i64) {
        if lost <= 0 {
            return;
        }
        let of_row = judged
            .iter()
            .find_map(|(part, j)| match (part.table(j.table)?, j.row?) {
                (BandTable::Rows(rows), row) => rows.get(row)?.reason.as_deref(),
                (BandTable::Linear { .. }, _) => None,
            });
        let Some(reason) = of_row.or(indicator.reason.as_deref()) else {
            return;
        };
        match self.faults.iter_mut().find(|(code, _)| code == reason) {
            Some((_, sum)) => *sum += lost,
            None => self.faults.push((reason.to_owned(), lost)),
        }
    }

    /// The items behind an indicator that the file has, and the day of the oldest.
    fn items(&mut self, indicator: &Indicator) -> Vec<ItemPath> {
        let values = &self.facts.values;
        let mut found: Vec<(&ItemPath, &Fact)> = Vec::new();
        for name in indicator.all_items() {
            match name.split_once('*') {
                None => found.extend(values.get_key_value(name)),
                Some((group, rest)) => {
                    let from = (Bound::Included(group), Bound::Unbounded);
                    let of_group = values
                        .range::<str, _>(from)
                        .take_while(|(path, _)| path.as_str().starts_with(group));
                    found.extend(of_group.filter(|(path, _)| path.as_str().ends_with(rest)));
                }
            }
        }
        found.sort_unstable_by_key(|(path, _)| *path);
        found.dedup_by_key(|(path, _)| *path);
        let oldest = found.iter().map(|(_, fact)| fact.observed_on).min();
        self.oldest = self.oldest.into_iter().chain(oldest).min();
        found.into_iter().map(|(path, _)| path.clone()).collect()
    }

    fn totals(&mut self, scored: &Scored) {
        let totals = &scored.totals;
        let mut base = TraceLine::new(Step::Base, "base");
        base.points = Some(totals.points);
        base.weight = Some(totals.applicable);
        base.result = Some(totals.base.to_string());
        self.trace.push(base);
        let mut left = self.inputs.pack.bonus_max.0;
        for (bonus, points) in bonuses(self.inputs) {
            let given = points.0.min(left);
            left -= given;
            let mut line = TraceLine::new(Step::Bonus, &bonus.code);
            line.points = Some(Points(given));
            self.trace.push(line);
        }
        if let Some(rule) = &self.inputs.pack.deduction
            && totals.deduction.0 > 0
        {
            let mut line = TraceLine::new(Step::Deduction, &rule.code);
            line.value = Some(counted_records(self.inputs).to_string());
            line.points = Some(Points(-totals.deduction.0));
            self.trace.push(line);
        }
        let mut line = TraceLine::new(Step::Score, "score");
        line.result = Some(totals.score.to_string());
        self.trace.push(line);
    }

    /// Grade, caps, eligibility and vetoes in the order of operations.
    fn verdict(&mut self, scored: &Scored, caps: &[String], unrated: &[String], vetoes: &[String]) {
        let Some(raw) = scored.totals.raw_grade else {
            return;
        };
        let mut say = |step, code: &str, grade: Grade| {
            let mut line = TraceLine::new(step, code);
            line.result = Some(grade.to_string());
            self.trace.push(line);
        };
        say(Step::RawGrade, "raw_grade", raw);
        let mut grade = raw;
        for code in caps {
            let cap = self.inputs.pack.caps.iter().find(|c| c.code == *code);
            grade = cap.map_or(grade, |c| grade.max(c.grade));
            say(Step::Cap, code, grade);
        }
        for code in unrated {
            say(Step::NotRated, code, Grade::N);
        }
        for code in vetoes {
            say(Step::Veto, code, Grade::V);
        }
        say(Step::Grade, "grade", scored.grade);
    }
}

/// The row that fired, or the state of a missing value.
fn rule(part: &Part, judged: &Judged) -> String {
    let row = |i: usize| match part.table(judged.table)? {
        BandTable::Rows(rows) => rows.get(i).map(|r| r.test.shown()),
        BandTable::Linear { .. } => None,
    };
    let linear = || match part.table(judged.table)? {
        BandTable::Linear { factor_centi, .. } => Some(format!("x {}", Points(*factor_centi))),
        BandTable::Rows(_) => None,
    };
    match judged.sourced.reading {
        Reading::NotApplicable => String::from("not_applicable"),
        Reading::Unknown => String::from("unknown"),
        Reading::Refused => String::from("refused"),
        Reading::Pending => String::from("pending"),
        _ => judged.row.and_then(row).or_else(linear).unwrap_or_default(),
    }
}

/// What the set bits stand for.
fn met<T>(bits: u32, of: &[T], name: impl Fn(&T) -> String) -> Vec<String> {
    of.iter()
        .enumerate()
        .filter(|(i, _)| bits & 1 << i != 0)
        .map(|(_, t)| name(t))
        .collect()
}

fn not_rated_for(inputs: &Inputs, measures: &Measures, scored: &Scored) -> Vec<String> {
    let pack = &inputs.pack;
    let mut codes = Vec::new();
    if scored.incomplete {
        codes.push(reason_codes::COMPLETENESS.to_owned());
    }
    if scored.too_little {
        codes.push(reason_codes::WEIGHT.to_owned());
    }
    codes.extend(met(measures.core_missing, &pack.core, |c| {
        reason_codes::core(*c)
    }));
    codes.extend(met(measures.ineligible, &pack.eligibility, |e| {
        reason_codes::eligibility(*e)
    }));
    codes
}

struct Reasons<'a> {
    caps: &'a [String],
    vetoes: &'a [String],
    not_rated_for: &'a [String],
}

impl Reasons<'_> {
    /// Vetoes, caps, missing information, then the faults that cost most; of equal ones the
    /// earlier indicator first.
    fn list(&self, refused: bool, unknown: bool, mut faults: Vec<(String, i64)>) -> Vec<Reason> {
        let plain = |code: String, kind| Reason {
            code,
            kind,
            lost: None,
        };
        let mut reasons: Vec<Reason> = self
            .vetoes
            .iter()
            .map(|code| plain(format!("VETO_{code}"), ReasonKind::Veto))
            .chain(
                self.caps
                    .iter()
                    .map(|code| plain(code.clone(), ReasonKind::Cap)),
            )
            .chain(
                self.not_rated_for
                    .iter()
                    .map(|c| plain(c.clone(), ReasonKind::Information)),
            )
            .collect();
        for (missing, code) in [
            (refused, reason_codes::REFUSED),
            (unknown, reason_codes::UNKNOWN),
        ] {
            if missing {
                reasons.push(plain(code.to_owned(), ReasonKind::Information));
            }
        }
        faults.sort_by_key(|(_, lost)| std::cmp::Reverse(*lost));
        reasons.extend(
            faults
                .into_iter()
                .take(MOST_FAULTS)
                .map(|(code, lost)| Reason {
                    code,
                    kind: ReasonKind::Fault,
                    lost: Some(Points(lost)),
                }),
        );
        reasons
    }
}
