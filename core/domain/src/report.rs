//! What a lender gets for one authorisation and one purpose (`domain.md` F.1).
//!
//! A report says the grade and why, from which observations, under which rules, how sure it is and
//! whether it survived a disagreement. It never holds a ballot, data of a class that nobody agreed
//! to, a record that has run out, or anything about other people. Its JSON is the lender interface;
//! texts of the service are in it as keys of the catalogue of words, texts of the rules as words.

mod compose;
mod line;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

pub use compose::{Asked, PastGrade, ReportError, ShownPerson, Sources, Statement, reason_line};
pub use line::{Line, MovedLine, RecordingBody, RegisterLine, Settled};

use crate::assess::{EvidenceMix, Points, ReasonKind, Unadjusted};
use crate::authorisation::Purpose;
use crate::case::step::ObjectionGround;
use crate::division::DivisionCode;
use crate::hash::Hash;
use crate::id::{AuthorisationId, CaseId, CycleId, LenderId, OfficerId, ReportId, SubjectId};
use crate::item::{Evidence, ItemPath};
use crate::lending::ReferenceLine;
use crate::subject::{Grade, SubjectKind};
use crate::time::AtMs;

/// A report. Its JSON form is the lender interface.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// The version of this format, 1.
    pub format: u32,
    /// Who got it, when, what for and by which right.
    pub issue: Issue,
    /// Whose rating.
    pub subject: ReportSubject,
    /// Where the rating stands.
    pub status: ReportStatus,
    /// The rating; absent while it is temporarily not available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<ReportRating>,
    /// What the lender's own parameters make of it; absent if it has none in force for such a
    /// query. Advisory, and never an input of a grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_line: Option<ReferenceLine>,
    /// What the rating rests on; empty while it is temporarily not available.
    pub body: ReportBody,
    /// What a reader must know, as keys of the catalogue of words, in the order of printing.
    pub notices: Vec<String>,
}

/// Who got the report, when, what for and by which right.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Issue {
    /// The report number.
    pub report: ReportId,
    /// The lender.
    pub lender: LenderId,
    /// The person, or the machine account, that asked.
    pub requester: OfficerId,
    /// What for.
    pub purpose: Purpose,
    /// The right to ask.
    pub authorisation: AuthorisationId,
    /// The last day of that right.
    pub authorised_until: Date,
    /// When it was given.
    pub given_at_ms: AtMs,
    /// What every page and screen must show behind the text.
    pub watermark: String,
}

/// Whose rating.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReportSubject {
    /// Its identifier.
    pub id: SubjectId,
    /// What it is.
    pub kind: SubjectKind,
    /// The name of the head, or of the organisation, as on the ID or certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The adults who agreed to be shown, the head first.
    pub people: Vec<ShownPerson>,
    /// From the region down to the gacha, with the codes and names valid on `as_of`.
    pub divisions: Vec<ReportDivision>,
}

/// A division of the path to the subject.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReportDivision {
    /// Its code.
    pub code: DivisionCode,
    /// Its Chinese name.
    pub name: String,
}

/// Where the rating stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportStatus {
    /// In effect.
    Effective,
    /// In effect, and monitoring has found something (预警).
    Watch,
    /// Being examined: no grade is shown (`domain.md` D.2).
    TemporarilyUnavailable,
}

crate::subject::words!(ReportStatus {
    Self::Effective => Self::Effective => "effective",
    Self::Watch => Self::Watch => "watch",
    Self::TemporarilyUnavailable => Self::TemporarilyUnavailable => "temporarily_unavailable",
});

/// The rating: grade, why, under which rules, how sure.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReportRating {
    /// The case that made it.
    pub case: CaseId,
    /// The campaign.
    pub cycle: CycleId,
    /// The final grade.
    pub grade: Grade,
    /// The computed grade, if a reviewer moved it by one notch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_grade: Option<Grade>,
    /// The grade of the score, before caps, eligibility and vetoes.
    pub raw_grade: Option<Grade>,
    /// The score from 0 to 100; absent for a subject that is not rated (N).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Points>,
    /// Caps that are met, whether or not they lowered the grade.
    pub caps: Vec<String>,
    /// Vetoes that stand.
    pub vetoes: Vec<String>,
    /// The day on which every window of the rules ended.
    pub as_of: Date,
    /// First day in effect.
    pub effective_on: Date,
    /// Last day in effect.
    pub valid_to: Date,
    /// The rules.
    pub rules: ReportRules,
    /// How sure.
    pub certainty: Certainty,
    /// Points of each indicator, in the order of the scorecard.
    pub indicators: Vec<IndicatorLine>,
    /// Why the grade is not better: vetoes and caps first, at most four faults (`domain.md` F.3).
    pub reasons: Vec<ReasonLine>,
    /// Register rows that moved the rating after the visit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<MovedLine>,
    /// Risk tips; they never change a score.
    pub tips: BTreeSet<String>,
    /// The figures without the disaster rule, where it was applied (`domain.md` B.9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_disaster_rule: Option<Unadjusted>,
}

/// Under which rules: with these, the inputs give the same assessment again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReportRules {
    /// Id and version of the rule pack.
    pub scorecard: String,
    /// Who adopted it.
    pub authority: String,
    /// SHA-256 of its file.
    pub pack: Hash,
    /// SHA-256 of the parameter table's file.
    pub parameters: Hash,
    /// Hash of the inputs.
    pub inputs: Hash,
    /// Hash of the assessment.
    pub assessment: Hash,
}

/// How sure the grade is, and whether it survived a disagreement.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Certainty {
    /// Present weight ÷ applicable weight, in hundredths of a percent: `"97.00"`.
    pub completeness: Points,
    /// On which evidence the applicable weight rests.
    pub evidence: EvidenceMix,
    /// The day of the oldest value that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_input_on: Option<Date>,
    /// Its age in days when the report was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_input_days: Option<i64>,
    /// Items on which officers disagree, and nobody has decided.
    pub open_conflicts: Vec<ItemPath>,
    /// Disagreements that were decided, with the decision.
    pub settled_conflicts: Vec<Settled>,
    /// Whether a second pair of officers found the same.
    pub second_visit: SecondVisit,
    /// What is still to come: `peer_evaluation`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
}

/// What a second sealed visit said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecondVisit {
    /// There was none.
    None,
    /// The same.
    Confirmed,
    /// Something else in places; see the settled and open conflicts.
    Differed,
}

crate::subject::words!(SecondVisit {
    Self::None => Self::None => "none",
    Self::Confirmed => Self::Confirmed => "confirmed",
    Self::Differed => Self::Differed => "differed",
});

/// The points of one indicator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IndicatorLine {
    /// Its code in the rule pack.
    pub code: String,
    /// Points earned.
    pub points: Points,
    /// Weight in the denominator; 0 if it does not apply.
    pub weight: Points,
    /// Evidence of the values behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The disaster rule gave this value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub relieved: bool,
}

/// A reason with its words from the rule pack.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReasonLine {
    /// The code: `R22_LEV`.
    pub code: String,
    /// What kind.
    pub kind: ReasonKind,
    /// Points lost by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Points>,
    /// What it says, by language; a text that no native reader has signed is left out.
    pub text: BTreeMap<String, String>,
    /// What the subject can do about it, by language.
    pub hint: BTreeMap<String, String>,
}

/// What the rating rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct ReportBody {
    /// Observed values, by section of the visit and item.
    pub lines: Vec<Line>,
    /// Rows of the registers: loans, honours, penalties, quotas, leases, title of the gacha.
    pub registers: Vec<RegisterLine>,
    /// The peer evaluation (民主评议): mean and count, never a ballot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<PeerLine>,
    /// What the subject said to a record; printed beside it (`domain.md` L-06).
    pub statements: Vec<Statement>,
    /// Objections without an answer.
    pub open_objections: Vec<ObjectionLine>,
    /// Earlier ratings, newest first.
    pub history: Vec<PastGrade>,
}

/// The peer evaluation in sum.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PeerLine {
    /// The mean of the counted ballots, from 1 to 5, half-up to two places.
    pub mean: Points,
    /// Valid ballots.
    pub valid: u32,
}

/// An objection without an answer: the item is marked at once (`domain.md` L-10).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObjectionLine {
    /// On what ground.
    pub ground: ObjectionGround,
    /// The day it was handed in.
    pub filed_on: Date,
    /// Whether the subject itself objects.
    pub of_subject: bool,
}

impl Report {
    /// The JSON of the lender interface.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "text keys and integers always serialise to memory"
    )]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report serialises")
    }

    /// Drops the adverse records of persons whose time is over on `day` (`domain.md` L-06: old
    /// reports are redacted); whether there were any.
    pub fn forget_expired(&mut self, day: Date) -> bool {
        let before = self.body.registers.clone();
        let kept = before.iter().cloned().filter_map(|line| {
            let content = line.content.without_expired(day)?;
            Some(RegisterLine { content, ..line })
        });
        self.body.registers = kept.collect();
        self.body.registers != before
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Report({}, {}, redacted)",
            self.issue.report, self.status
        )
    }
}

impl fmt::Debug for ReportSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReportSubject({}, redacted)", self.id)
    }
}
