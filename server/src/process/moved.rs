//! Which register rows moved what the engine says (`design.md` 4.9): the assessment that a case
//! rests on away from what was sealed at the door, and today's away from that one.
//!
//! What a case rests on is kept with it, since rows may be deleted later; everything else is found
//! when somebody looks.

use itgel_domain::assess::{Inputs, Movement, moved};
use itgel_domain::case::Case;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::Subject;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};
use crate::{context, fold};

/// What moved a case, as a reviewer reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct CaseMovement {
    /// The rows that moved the assessment that the case rests on (before pre-rating: the present
    /// one) away from what was sealed.
    pub since_seal: Movement,
    /// The rows that moved the present assessment away from the one that the case rests on;
    /// absent while both are one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_case: Option<Movement>,
}

/// Keeps with the case what moved the assessment with these inputs, on which it rests from now.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn keep(
    service: &Service,
    tx: &Tx<'_>,
    case: &Case,
    inputs: &Hash,
) -> Result<(), ServiceError> {
    let subject = fold::subject(tx, &case.subject)?;
    let facts = fold::facts(tx, &subject.id)?;
    let movement = since_seal(service, tx, &subject, (&case.cycle, &facts), inputs)?;
    Ok(store::moved::put(tx, &case.id, &movement)?)
}

/// What moved a case: `rests_on` is its assessment, `present` what the engine says now.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn of_case(
    service: &Service,
    connection: &Connection,
    (case, subject): (&Case, &Subject),
    rests_on: Option<&Hash>,
    present: Option<&Hash>,
) -> Result<CaseMovement, ServiceError> {
    let facts = fold::facts(connection, &subject.id)?;
    let sealed = |inputs| since_seal(service, connection, subject, (&case.cycle, &facts), inputs);
    let since_seal = match (store::moved::get(connection, &case.id)?, rests_on, present) {
        (Some(kept), Some(_), _) => kept,
        (_, None, Some(present)) => sealed(present)?,
        _ => Movement::default(),
    };
    let since_case = match (rests_on, present) {
        (Some(old), Some(new)) if old != new => {
            Some(between(service, connection, subject, old, new)?)
        }
        _ => None,
    };
    Ok(CaseMovement {
        since_seal,
        since_case,
    })
}

/// The rows that moved an assessment away from what the last seal was made with.
fn since_seal(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    (cycle, facts): (&CycleId, &FileFacts),
    inputs: &Hash,
) -> Result<Movement, ServiceError> {
    let seals = facts.seals(cycle);
    let last = seals
        .iter()
        .max_by_key(|view| (view.seal.as_of, view.entered_at, &view.entry));
    let Some(last) = last else {
        return Ok(Movement::default());
    };
    let Some((inputs, now)) = made_from(service, connection, subject, inputs)? else {
        return Ok(Movement::default());
    };
    let before = context::held_by_device(connection, subject, last.seal.registers_at)?;
    Ok(moved(&inputs, subject, &before, &now))
}

/// The rows that moved one assessment to another.
fn between(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    old: &Hash,
    new: &Hash,
) -> Result<Movement, ServiceError> {
    let before = made_from(service, connection, subject, old)?;
    let now = made_from(service, connection, subject, new)?;
    Ok(match (before, now) {
        (Some((_, before)), Some((inputs, now))) => moved(&inputs, subject, &before, &now),
        _ => Movement::default(),
    })
}

/// The stored inputs of an assessment, and the rows that were in force when it was made.
fn made_from(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    inputs: &Hash,
) -> Result<Option<(Inputs, Vec<RegisterRow>)>, ServiceError> {
    let Some(stored) = store::assessment::get(connection, inputs)? else {
        return Ok(None);
    };
    let rules = service.rules.stored(connection);
    let inputs = Inputs::decode(&stored.inputs, &rules)
        .map_err(|e| ServiceError::caused("stored inputs", e))?;
    let rows = store::register::list_reaching_at(connection, subject, stored.made_at)?;
    Ok(Some((inputs, rows)))
}
