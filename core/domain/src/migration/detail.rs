//! What a result is made of, in the figures that a reason for a move can name.

use crate::assess::{Assessment, Columns, Points, Step, points_of};
use crate::pack::decimal::half_up;
use crate::pack::{RulePack, Veto, reason_codes};
use crate::subject::Grade;
use crate::title::GateState;

/// The parts of a result, of the lowest combination.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Detail {
    /// What each indicator contributes to the score: points ÷ applicable weight, hundredths.
    pub shares: Vec<(String, i64)>,
    /// Bonus, hundredths.
    pub bonus: i64,
    /// Deduction, hundredths.
    pub deduction: i64,
    /// The score.
    pub score: Points,
    /// The grade of the score.
    pub raw_grade: Option<Grade>,
    /// Caps that are met.
    pub caps: Vec<String>,
    /// Vetoes that stand.
    pub vetoes: Vec<String>,
    /// Why it is not rated.
    pub not_rated_for: Vec<String>,
    /// Gates that are not passed.
    pub gates: Vec<String>,
}

impl Detail {
    /// From measured columns; see [`super::Judged::of_columns`].
    #[must_use]
    pub fn of_columns(pack: &RulePack, columns: &Columns) -> Option<Self> {
        let surveyed = columns.survey(pack)?;
        let (scored, measures) = (surveyed.low, surveyed.lowest);
        let applicable = scored.totals.applicable.0;
        let shares = points_of(pack, measures)
            .map(|(code, points)| (code.to_owned(), share(points, applicable)));
        let mut not_rated_for = Vec::new();
        not_rated_for.extend(set(measures.core_missing, &pack.core, |core| {
            reason_codes::core(*core)
        }));
        not_rated_for.extend(set(measures.ineligible, &pack.eligibility, |condition| {
            reason_codes::eligibility(*condition)
        }));
        let too = [
            (scored.incomplete, reason_codes::COMPLETENESS),
            (scored.too_little, reason_codes::WEIGHT),
        ];
        not_rated_for.extend(
            too.iter()
                .filter(|(is, _)| *is)
                .map(|(_, c)| (*c).to_owned()),
        );
        Some(Self {
            shares: shares.collect(),
            bonus: scored.totals.bonus.0,
            deduction: scored.totals.deduction.0,
            score: scored.totals.score,
            raw_grade: scored.totals.raw_grade,
            caps: set(scored.caps, &pack.caps, |cap| cap.code.clone()).collect(),
            vetoes: set(scored.vetoes, &pack.vetoes, Veto::reason).collect(),
            not_rated_for,
            gates: Vec::new(),
        })
    }

    /// From a whole assessment under `pack`.
    #[must_use]
    pub fn of_assessment(pack: &RulePack, assessment: &Assessment) -> Self {
        let totals = &assessment.totals;
        let lines = assessment.trace.iter();
        let shares = lines
            .filter(|line| line.step == Step::Indicator)
            .map(|line| {
                let points = share(line.points, totals.applicable.0);
                (line.code.clone(), points)
            });
        let stands = |veto: &&Veto| assessment.vetoes.iter().any(|code| code == veto.code());
        let closed = assessment.gates.iter();
        Self {
            shares: shares.collect(),
            bonus: totals.bonus.0,
            deduction: totals.deduction.0,
            score: totals.score,
            raw_grade: totals.raw_grade,
            caps: assessment.caps.clone(),
            vetoes: pack
                .vetoes
                .iter()
                .filter(stands)
                .map(Veto::reason)
                .collect(),
            not_rated_for: assessment.not_rated_for.clone(),
            gates: closed
                .filter(|gate| gate.entry != GateState::Pass)
                .map(|gate| gate.code.clone())
                .collect(),
        }
    }
}

fn share(points: Option<Points>, applicable: i64) -> i64 {
    let points = points.map_or(0, |points| i128::from(points.0));
    i64::try_from(half_up(points * 10_000, applicable.into())).unwrap_or(0)
}

/// The codes of those whose bit is set.
fn set<T>(bits: u32, all: &[T], code: impl Fn(&T) -> String) -> impl Iterator<Item = String> {
    let places = all.iter().enumerate().take(32);
    places
        .filter(move |(place, _)| bits & (1 << place) != 0)
        .map(move |(_, one)| code(one))
}
