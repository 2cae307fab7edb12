//! The lenders' monthly loan ledger (贷款台账): taken in, put into force by a second person, and
//! brought to the subjects that it speaks of (`domain.md` H1.1, V3, G-N, G 60).
//!
//! A ledger is one lender, one banner, one month. It takes rows in bounded pages, each a
//! transaction; refused rows are kept with their reasons, and rows that no subject is known for
//! count as soon as one is. The same month sent again takes the place of the one before when it
//! comes into force. Numbers and references are blind indexes from the first transaction on.

mod apply;
mod enter;
mod row;
mod table;
mod village;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{LedgerId, LenderId};
use itgel_domain::ledger::{AmountUnit, LoanForm, Month};
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

pub(crate) use self::apply::run as run_job;
pub use self::enter::{
    Entered, MAX_PAGE, NumberedEntry, activate, enter, enter_forms, open, propose, reject,
};
pub(crate) use self::row::{answering, touch};
pub use self::table::{TableLedger, activate_of_table, enter_of_table};
pub(crate) use self::village::{is_late, village_facts, with_recovery};
use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::store::ledger::{LedgerDuty, LedgerRow};
use crate::store::{self, Tx};

/// What a lender is about to report.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLedger {
    /// Who lends; a lender's own machine may leave it out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub lender: Option<LenderId>,
    /// The banner whose borrowers it is about.
    #[schema(value_type = String)]
    pub division: DivisionCode,
    /// The month, `2026-06`; it has ended.
    #[schema(value_type = String)]
    pub month: Month,
    /// The unit of its amounts: `yuan` or `ten_thousand_yuan`.
    #[schema(value_type = String)]
    pub unit: AmountUnit,
    /// The document it comes from.
    #[serde(default)]
    pub source: String,
}

/// A row of a page as it is written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberedForm {
    /// The row as the lender counts, from 1.
    pub n: u32,
    /// Its cells, all of them texts; what is absent is empty.
    #[schema(value_type = crate::routes::LoanRow)]
    pub row: LoanForm,
}

/// A ledger as its lender and the registrar see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct LedgerView {
    /// Its identifier.
    #[schema(value_type = String)]
    pub id: LedgerId,
    /// Who lends.
    #[schema(value_type = String)]
    pub lender: LenderId,
    /// The banner.
    #[schema(value_type = String)]
    pub division: DivisionCode,
    /// The month.
    #[schema(value_type = String)]
    pub month: Month,
    /// `open`, `proposed`, `active`, `replaced` or `rejected`.
    pub state: &'static str,
    /// The unit of its amounts.
    #[schema(value_type = String)]
    pub unit: AmountUnit,
    /// Rows taken.
    pub lines: u64,
    /// Rows refused, which are listed with their faults.
    pub refused: u64,
    /// Rows taken that no subject is known for.
    pub unmatched: u64,
    /// Subjects of the banner that ledgers in force still have to be brought to.
    pub waiting: u64,
}

/// Says that a lender reports for a banner, and how soon after a month's end.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ErrorCode::LenderUnknown`];
/// [`ErrorCode::DivisionInvalid`] if the division is no banner; [`ServiceError`] of the database.
pub fn put_duty(
    tx: &Tx<'_>,
    actor: &Actor,
    duty: &LedgerDuty,
    now: AtMs,
) -> Result<(), ServiceError> {
    may(actor, Action::ManageRegisters, &Resource::at(duty.division))?;
    banner(duty.division)?;
    store::lender::get(tx, &duty.lender, now.on())?.ok_or(ErrorCode::LenderUnknown)?;
    let officer = actor.officer.as_str();
    store::ledger::put_duty(tx, duty, officer, now)?;
    let detail = serde_json::json!({
        "lender": duty.lender,
        "from_month": duty.from_month,
        "to_month": duty.to_month,
        "due_days": duty.due_days,
    });
    let resource = format!("division/{}", duty.division);
    store::log::audit(tx, now, officer, "ledger.duty", &resource, &detail)?;
    Ok(())
}

/// A ledger with its counts.
///
/// # Errors
/// [`ErrorCode::LedgerUnknown`], also for a ledger of another lender; [`ServiceError`] of the
/// database.
pub fn ledger(
    connection: &Connection,
    actor: &Actor,
    id: &LedgerId,
) -> Result<LedgerView, ServiceError> {
    view(connection, seen(connection, actor, id)?)
}

/// The ledgers for a banner that the actor may see, the newest month first.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    limit: u32,
) -> Result<Vec<LedgerView>, ServiceError> {
    allow(actor, division, None)?;
    let rows = store::ledger::list(connection, division, actor.lender.as_ref(), limit)?;
    rows.into_iter().map(|row| view(connection, row)).collect()
}

/// Rows behind `after` that were refused.
///
/// # Errors
/// As for [`ledger`].
pub fn list_faults(
    connection: &Connection,
    actor: &Actor,
    id: &LedgerId,
    after: u32,
    limit: u32,
) -> Result<Vec<store::ledger_fault::FaultRow>, ServiceError> {
    seen(connection, actor, id)?;
    Ok(store::ledger_fault::list(connection, id, after, limit)?)
}

/// Rows behind `after` that count for nobody.
///
/// # Errors
/// As for [`ledger`].
pub fn list_unmatched(
    connection: &Connection,
    actor: &Actor,
    id: &LedgerId,
    after: u32,
    limit: u32,
) -> Result<Vec<store::ledger_fault::UnmatchedRow>, ServiceError> {
    seen(connection, actor, id)?;
    let rows = store::ledger_fault::list_unmatched(connection, id, after, limit)?;
    Ok(rows)
}

/// A lender may report its own loans, a registrar those of any lender.
fn allow(
    actor: &Actor,
    division: DivisionCode,
    lender: Option<&LenderId>,
) -> Result<(), ServiceError> {
    let place = Resource::at(division);
    match &actor.lender {
        Some(own) if lender.is_none_or(|lender| lender == own) => {
            may(actor, Action::ReportLoans, &place)?;
        }
        Some(_) => return Err(ErrorCode::LedgerUnknown.into()),
        None => {
            may(actor, Action::ManageRegisters, &place)?;
        }
    }
    Ok(())
}

fn seen(connection: &Connection, actor: &Actor, id: &LedgerId) -> Result<LedgerRow, ServiceError> {
    let row = store::ledger::get(connection, id)?.ok_or(ErrorCode::LedgerUnknown)?;
    let decides = Resource {
        first_person: Some(&row.entered_by),
        ..Resource::at(row.division)
    };
    // Who is to put it into force reads it first.
    if may(actor, Action::ActivateImport, &decides).is_err() {
        allow(actor, row.division, Some(&row.lender))?;
    }
    Ok(row)
}

fn view(connection: &Connection, row: LedgerRow) -> Result<LedgerView, ServiceError> {
    Ok(LedgerView {
        unmatched: store::ledger_fault::count_unmatched(connection, &row.id)?,
        waiting: store::ledger_mark::count_marked(connection, row.division)?,
        id: row.id,
        lender: row.lender,
        division: row.division,
        month: row.month,
        state: row.state.as_str(),
        unit: row.unit,
        lines: row.lines,
        refused: row.refused,
    })
}

/// The division, if it is a banner.
fn banner(division: DivisionCode) -> Result<DivisionCode, ServiceError> {
    match division.level() {
        DivisionLevel::County => Ok(division),
        _ => Err(ErrorCode::DivisionInvalid.into()),
    }
}

/// Asks that what waits be brought to its subjects.
fn enqueue(tx: &Tx<'_>, banner: DivisionCode, now: AtMs) -> Result<(), ServiceError> {
    let content = serde_json::json!({ "division": banner });
    jobs::enqueue(tx, JobKind::ApplyLedger, &banner.to_string(), &content, now)
}
