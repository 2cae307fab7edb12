//! What lenders may learn: authorisations, one report for one authorisation and one purpose, and
//! the households of a gacha that authorised them (`domain.md` L-08, L-19, F.1, F.2; `design.md`
//! 4.13, 4.14). What a lender's own parameters make of a rating stands beside it, never in it.
//!
//! *Absent* and *not authorised* are one answer, and both take the same way through the database:
//! a query that misses is counted and recorded like one that hits (`security.md` T16, T17). The
//! row of the report, the audit row and the leaf of the log stand in the same commit as the answer.

mod authorise;
mod compose;
pub(crate) mod consented;
mod contract;
mod give;
mod line;
mod once;
mod parameters;
mod pre_credit;
mod pre_credit_table;
mod right;

use itgel_domain::authorisation::{Ground, Purpose};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{AuthorisationId, LenderId, ReportId, SubjectId};
use itgel_domain::policy::{self, Action, Actor, Resource};
use jiff::civil::Date;

pub use self::authorise::{authorisation, authorisations, authorise, withdraw};
pub(crate) use self::contract::record_contract;
pub use self::contract::{
    ComparedKey, ContractView, KeyView, LenderView, NewLenderKey, OVERLAP_MS, confirm_key, end_key,
    enter_key, lenders,
};
pub use self::give::{given_report, report};
pub use self::parameters::{
    LineFile, NewLineFile, activate_line, line_files, line_text, propose_line, withdraw_line,
};
pub use self::pre_credit::{
    PreCreditLine, PreCreditPage, PreCreditRequest, PreCreditSort, pre_credit,
};
pub use self::pre_credit_table::{TableFormat, pre_credit_table};
use crate::error::ServiceError;

/// A key under which a request is done once, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once(pub String);

/// A lender registers its right to query.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAuthorisation {
    /// Whose rating, as printed on the consent.
    #[schema(value_type = String)]
    pub subject: SubjectId,
    /// `loan_decision`, `loan_review` or `guarantee_review`.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day; at most a year after the first.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// `{"consent": "…"}`: a consent on file that names the lender, by its entry id; or
    /// `{"lender_evidence": "…"}`: written consent that the lender holds, by the SHA-256 of its scan.
    #[schema(value_type = Object)]
    pub ground: Ground,
}

/// An authorisation as its lender sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AuthorisationView {
    /// Its identifier, to be named in every query.
    #[schema(value_type = String)]
    pub id: AuthorisationId,
    /// Whose rating.
    #[schema(value_type = String)]
    pub subject: SubjectId,
    /// What for.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// What it rests on.
    #[schema(value_type = Object)]
    pub ground: Ground,
    /// Taken back.
    pub revoked: bool,
}

/// A lender asks for a report.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// By which right.
    #[schema(value_type = String)]
    pub authorisation: AuthorisationId,
    /// What for: the purpose of the authorisation.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// Name as on the ID card; needed if the authorisation rests on the lender's own evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Resident ID number; needed if the authorisation rests on the lender's own evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
}

/// A report as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Given {
    /// Its number.
    pub id: ReportId,
    /// Its JSON: the same bytes whenever it is read again.
    pub json: Vec<u8>,
}

/// Whether the policy allows it where the lender's contract holds.
fn allow(actor: &Actor, action: Action) -> Result<(), ServiceError> {
    let grant = actor.grants.first().ok_or(ErrorCode::NotAllowed)?;
    policy::may(actor, action, &Resource::at(grant.division))?;
    Ok(())
}

/// The lender that an actor works for.
fn lender_of(actor: &Actor) -> Result<LenderId, ServiceError> {
    actor
        .lender
        .clone()
        .ok_or_else(|| ErrorCode::NotAllowed.into())
}

impl std::fmt::Debug for ReportRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ReportRequest({}, {}, redacted)",
            self.authorisation, self.purpose
        )
    }
}
