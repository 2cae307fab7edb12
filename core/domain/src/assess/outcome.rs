//! What an assessment says: points, grade or range, and why, line by line.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::hash::Hash;
use crate::item::{Evidence, ItemPath};
use crate::pack::{decimal, vocabulary};
use crate::subject::{Grade, SubjectKind};
use crate::title::{GateResult, TitleLevel, TitleOutcome};

/// Hundredths of a point or of a percent, written as a decimal text: `"97.00"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(pub i64);

/// A text that is no decimal of two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("points are a decimal with at most two places, as \"97.00\"")]
pub struct PointsError;

impl FromStr for Points {
    type Err = PointsError;

    fn from_str(text: &str) -> Result<Self, PointsError> {
        decimal::parse(text, 2).map(Self).ok_or(PointsError)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Points {
    /// In hundredths, `89.47`.
    fn text(self) -> String {
        decimal::write(self.0, 2)
    }
}

crate::id::text_codec!(Points, text);

/// The result of assessing one subject on one day (测算结果).
///
/// Where values conflict or the peer evaluation is pending, the figures and the trace are those of
/// the lowest combination, `range` tells how far the others reach, and `grade` is open unless all
/// of them agree.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Assessment {
    /// The scorecard: id and version of the rule pack.
    pub scorecard: String,
    /// Hash of the rule pack's file.
    pub pack: Hash,
    /// Hash of the parameter table's file.
    pub parameters: Hash,
    /// Hash of the inputs.
    pub inputs: Hash,
    /// What kind of subject.
    pub subject_kind: SubjectKind,
    /// The day on which every window ends.
    pub as_of: Date,
    /// Figures and grades, with the disaster rule applied where it holds.
    #[serde(flatten)]
    pub totals: Totals,
    /// The grade after caps, eligibility and vetoes; `None` while it is open, and for a village or
    /// township, which has a level.
    pub grade: Option<Grade>,
    /// How far the grade can still go.
    pub range: Range,
    /// The level of a village or township; `None` if it is not reached or open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<TitleLevel>,
    /// What follows for the title of a village or township.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TitleOutcome>,
    /// The gates of a village or township.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateResult>,
    /// Caps that are met, whether or not they lowered the grade.
    pub caps: Vec<String>,
    /// Vetoes that stand.
    pub vetoes: Vec<String>,
    /// Why the subject is not rated (N): core fields and conditions that are missing.
    pub not_rated_for: Vec<String>,
    /// Present weight ÷ applicable weight, in hundredths of a percent.
    pub completeness: Points,
    /// On which evidence the applicable weight rests.
    pub evidence: EvidenceMix,
    /// The day of the oldest value that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_input_on: Option<Date>,
    /// A line for every step; replaying them gives the score exactly.
    pub trace: Vec<TraceLine>,
    /// Why the grade is not better (`domain.md` F.3).
    pub reasons: Vec<Reason>,
    /// Risk tips: shown, never scored.
    pub tips: BTreeSet<String>,
    /// The totals without the disaster rule, where it was applied (`domain.md` B.9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unadjusted: Option<Unadjusted>,
    /// What is still to come: `peer_evaluation`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
}

/// The figures of one computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// Sum of the points of all indicators.
    pub points: Points,
    /// Sum of the weights that apply.
    pub applicable: Points,
    /// Of these, weight whose value is unknown or refused.
    pub missing: Points,
    /// Points ÷ applicable weight × 100.
    pub base: Points,
    /// Bonus (增信).
    pub bonus: Points,
    /// Deduction (一般失信).
    pub deduction: Points,
    /// Base + bonus − deduction, from 0 to 100.
    pub score: Points,
    /// The grade of the score, before caps, eligibility and vetoes.
    pub raw_grade: Option<Grade>,
}

/// The totals without the disaster rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unadjusted {
    /// Figures.
    #[serde(flatten)]
    pub totals: Totals,
    /// Grade after caps, eligibility and vetoes.
    pub grade: Option<Grade>,
}

/// The grades and scores over all combinations of conflicting values and, while the peer
/// evaluation is pending, between its worst and its best possible result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Range {
    /// The lowest grade; `None` under review and for a village or township.
    pub low: Option<Grade>,
    /// The highest grade.
    pub high: Option<Grade>,
    /// The lowest score.
    pub low_score: Points,
    /// The highest score.
    pub high_score: Points,
    /// How many combinations were assessed.
    pub combinations: usize,
    /// There are too many combinations: the conflicting items count as unknown, and a person
    /// has to settle them.
    pub under_review: bool,
}

impl Range {
    /// Whether every combination gives the same grade.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.under_review && self.low == self.high
    }
}

/// Applicable weight by evidence; missing values are in none of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct EvidenceMix {
    /// Register, document or system feed.
    pub a: Points,
    /// Seen and counted.
    pub b: Points,
    /// Declared.
    pub c: Points,
    /// Told by a third party, or estimated.
    pub d: Points,
}

vocabulary! {
    /// The kinds of step in a trace, in the order of operations (`domain.md` B.1.8).
    Step {
        /// Points of an indicator.
        Indicator => "indicator",
        /// Points ÷ applicable weight.
        Base => "base",
        /// Bonus.
        Bonus => "bonus",
        /// Deduction.
        Deduction => "deduction",
        /// Score from 0 to 100.
        Score => "score",
        /// Grade of the score.
        RawGrade => "raw_grade",
        /// A cap that is met.
        Cap => "cap",
        /// Not rated: completeness, weight, core field or condition.
        NotRated => "not_rated",
        /// A veto.
        Veto => "veto",
        /// A gate.
        Gate => "gate",
        /// The level.
        Level => "level",
        /// The grade.
        Grade => "grade",
    }
}

/// One step of the computation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TraceLine {
    /// What kind of step.
    pub step: Step,
    /// The indicator, bonus, cap, gate or condition.
    pub code: String,
    /// The value that was judged, rounded for display to four places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The same value exactly, as a fraction of integers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<String>,
    /// The row that fired: `>= 1.5`, a case, or the state of a missing value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Points given by this step (negative for a deduction).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// Weight in the denominator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Points>,
    /// The grade or level after this step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Evidence of the values behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The items behind it that the file has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemPath>,
    /// The disaster rule gave this value.
    #[serde(default, skip_serializing_if = "crate::register::is_default")]
    pub relieved: bool,
}

impl TraceLine {
    /// A line of one step with nothing else said.
    #[must_use]
    pub fn new(step: Step, code: impl Into<String>) -> Self {
        Self {
            step,
            code: code.into(),
            value: None,
            exact: None,
            rule: None,
            points: None,
            weight: None,
            result: None,
            evidence: None,
            items: Vec::new(),
            relieved: false,
        }
    }
}

vocabulary! {
    /// What kind of reason.
    ReasonKind {
        /// A veto.
        Veto => "veto",
        /// A cap.
        Cap => "cap",
        /// Missing information: not a fault.
        Information => "information",
        /// Points lost.
        Fault => "fault",
    }
}

/// A reason for the grade; its words are in the rule pack.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// The code: `R22_LEV`.
    pub code: String,
    /// What kind.
    pub kind: ReasonKind,
    /// Points lost by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Points>,
}

impl Assessment {
    /// The canonical JSON: the same bytes on a phone, on the server and in the command line.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "text keys and integers always serialise to memory"
    )]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an assessment serialises")
    }

    /// The hash of the canonical JSON.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of("itgel.assessment.v1", &[self.to_json().as_bytes()])
    }

    /// The score that is shown: none while the subject is not rated.
    #[must_use]
    pub fn shown_score(&self) -> Option<Points> {
        (self.grade != Some(Grade::N)).then_some(self.totals.score)
    }

    /// Replays the trace: the score that its lines give by the order of operations.
    #[must_use]
    pub fn replay(&self) -> Points {
        let sum = |step: Step, what: fn(&TraceLine) -> Option<Points>| -> i64 {
            self.trace
                .iter()
                .filter(|l| l.step == step)
                .filter_map(what)
                .map(|p| p.0)
                .sum()
        };
        let points = i128::from(sum(Step::Indicator, |l| l.points));
        let weight = i128::from(sum(Step::Indicator, |l| l.weight));
        let base = decimal::half_up(points * 10_000, weight);
        let change =
            i128::from(sum(Step::Bonus, |l| l.points) + sum(Step::Deduction, |l| l.points));
        Points(i64::try_from((base + change).clamp(0, 10_000)).unwrap_or(0))
    }
}
