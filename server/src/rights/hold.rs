//! Orders of the law to keep a subject's data for the time being (`domain.md` L-21): while one is
//! in force nothing of the subject is erased.

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::{DecisionId, SubjectId};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::{note, served};
use crate::error::ServiceError;
use crate::service::random;
use crate::store::rights::HoldRow;
use crate::store::{self, Tx};

/// An order to keep a subject's data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// Whose data.
    pub subject: SubjectId,
    /// The law or the order with its number; no person is named in it.
    pub basis: String,
}

/// Places an order.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::NotAllowed`]; a violation without a basis;
/// [`ServiceError`] of the database.
pub fn place(
    tx: &Tx<'_>,
    actor: &Actor,
    request: &HoldRequest,
    now: AtMs,
) -> Result<HoldRow, ServiceError> {
    let right = (Action::HoldSubject, ErrorCode::SubjectUnknown);
    let subject = served(tx, actor, right, &request.subject)?;
    if request.basis.trim().is_empty() {
        return Err(ServiceError::Refused {
            code: ErrorCode::ValueMissing,
            violations: vec![Violation::new("basis", ErrorCode::ValueMissing)],
        });
    }
    let hold = HoldRow {
        id: DecisionId::from_random(random()?),
        subject: subject.id,
        basis: request.basis.trim().to_owned(),
        placed_by: actor.officer.clone(),
        placed_at: now,
        lifted_at: None,
    };
    store::rights::put_hold(tx, &hold)?;
    note(tx, actor, ("hold", "placed"), &hold.id, now)?;
    Ok(hold)
}

/// Lifts an order.
///
/// # Errors
/// [`ErrorCode::RightRequestUnknown`] if none with this number is in force; [`ServiceError`] of
/// the database.
pub fn lift(tx: &Tx<'_>, actor: &Actor, id: &DecisionId, now: AtMs) -> Result<(), ServiceError> {
    let hold = store::rights::get_hold(tx, id)?.ok_or(ErrorCode::RightRequestUnknown)?;
    let right = (Action::HoldSubject, ErrorCode::RightRequestUnknown);
    served(tx, actor, right, &hold.subject)?;
    if !store::rights::lift_hold(tx, id, &actor.officer, now)? {
        return Err(ErrorCode::RightRequestUnknown.into());
    }
    note(tx, actor, ("hold", "lifted"), id, now)
}

/// Whether an order is in force.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn is_held(connection: &Connection, subject: &SubjectId) -> Result<bool, ServiceError> {
    let holds = store::rights::list_holds(connection, subject)?;
    Ok(holds.iter().any(|hold| hold.lifted_at.is_none()))
}
