//! What a lender gets for one authorisation and one purpose (`domain.md` F.1).

use jiff::civil::Date;

use crate::authorisation::Purpose;
use crate::case::CaseState;
use crate::hash::Hash;
use crate::id::{AuthorisationId, LenderId, OfficerId, ReportId, SubjectId};
use crate::subject::{Grade, SubjectKind};
use crate::time::AtMs;

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
    /// When it was given.
    pub given_at: AtMs,
}

/// A report. Its JSON form is the lender interface.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// Who got it, when, what for and by which right.
    pub issue: Issue,
    /// Whose rating.
    pub subject: SubjectId,
    /// What kind of subject.
    pub kind: SubjectKind,
    /// Where the rating stands.
    pub status: CaseState,
    /// The grade; absent while the state shows none.
    pub grade: Option<Grade>,
    /// The day that the windows of the rules ended on.
    pub as_of: Date,
    /// Last day of validity.
    pub valid_to: Option<Date>,
    /// SHA-256 of the rule pack's file.
    pub pack: Hash,
}
