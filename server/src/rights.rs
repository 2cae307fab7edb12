//! The rights of those who are rated (`domain.md` E): what a person asks for at the counter and
//! gets, how long the office takes, and what it has to say first.
//!
//! - [`desk`]: whatever somebody asks for by right, with its clock, taken, answered, carried out by a
//!   second person, and found again in [`queue`]; `process` is what belongs to a rating, a decision
//!   by hand and a repair,
//! - [`statement`] and [`hold`]: statements, notices of adverse records, orders to keep data,
//! - [`view`]: everything that is held about a subject, with sources and history; [`page`] prints
//!   it, and the notice before collection, in the person's language,
//! - [`loss`]: whom a lost device may speak of, and the letters to them,
//! - [`slip`]: whether what a household has a slip of has arrived.

pub mod desk;
pub mod hold;
pub mod loss;
pub mod page;
mod process;
pub mod queue;
pub mod slip;
pub mod statement;
pub mod view;

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Denial, Resource};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::fold;
use crate::store::{self, Tx};

/// The subject for which a role of the actor allows `action`. What lies outside the actor's
/// divisions does not exist for them: they are told `absent`.
fn served(
    connection: &Connection,
    actor: &Actor,
    (action, absent): (Action, ErrorCode),
    subject: &SubjectId,
) -> Result<Subject, ServiceError> {
    let subject = fold::subject(connection, subject)?;
    allow(connection, actor, action, &subject, absent)?;
    Ok(subject)
}

/// Refuses unless a role of the actor allows `action` for `subject`. What lies outside the
/// actor's divisions does not exist for them.
fn allow(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    subject: &Subject,
    absent: ErrorCode,
) -> Result<(), ServiceError> {
    let interests = store::interest::list(connection, &subject.id)?;
    let resource = Resource {
        has_interest: interests.contains(&actor.officer),
        ..Resource::at(subject.division)
    };
    match policy::may(actor, action, &resource) {
        Err(Denial::Division) => Err(absent.into()),
        Err(denial) => Err(denial.into()),
        Ok(_) => Ok(()),
    }
}

/// Puts what was done about a paper of its kind (`hold`, `statement`) into the audit log.
fn note(
    tx: &Tx<'_>,
    actor: &Actor,
    (kind, done): (&str, &str),
    id: &DecisionId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let (action, resource) = (format!("{kind}.{done}"), format!("{kind}/{id}"));
    let (officer, nothing) = (actor.officer.as_str(), serde_json::json!({}));
    store::log::audit(tx, now, officer, &action, &resource, &nothing)?;
    let parts = [resource.as_bytes(), action.as_bytes()];
    let leaf = Hash::of(&format!("itgel.{kind}.v1"), &parts);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    Ok(())
}
