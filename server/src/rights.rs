//! The rights of those who are rated (`domain.md` E): what a person asks for at the counter and
//! gets, how long the office takes, and what it has to say first.
//!
//! - [`desk`]: requests with their clock, taken, answered, carried out by a second person;
//!   statements, notices of adverse records, orders to keep data,
//! - [`view`]: everything that is held about a subject, with sources and history; [`page`] prints
//!   it, and the notice before collection, in the person's language,
//! - [`loss`]: whom a lost device may speak of, and the letters to them.

pub mod desk;
pub mod hold;
pub mod loss;
pub mod page;
pub mod statement;
pub mod view;

use itgel_domain::error::ErrorCode;
use itgel_domain::policy::{self, Action, Actor, Denial, Resource};
use itgel_domain::subject::Subject;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::store;

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
