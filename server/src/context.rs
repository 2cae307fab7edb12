//! The context of a subject (`design.md` 4.8): what its file alone cannot know, as the register
//! rows say it on a day. The rules for it are the domain's, so that a device that holds the same
//! rows forms the same inputs.

use itgel_domain::assess::Context;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::Subject;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::store;

/// What the registers say now.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn of(
    connection: &Connection,
    subject: &Subject,
    facts: &FileFacts,
    as_of: Date,
) -> Result<Context, ServiceError> {
    let rows = store::register::list_of_division(connection, subject.division)?;
    let around: Vec<&RegisterRow> = rows.iter().collect();
    with_rows_around(connection, subject, &around, facts, as_of)
}

/// What the registers say now, for a caller that has read the rows about the division of the
/// subject and those around it already ([`store::register::list_of_division`]).
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn with_rows_around(
    connection: &Connection,
    subject: &Subject,
    around: &[&RegisterRow],
    facts: &FileFacts,
    as_of: Date,
) -> Result<Context, ServiceError> {
    let own = store::register::list_of_subject(connection, &subject.id, false)?;
    let rows = own.iter().chain(around.iter().copied());
    let verified = store::identity::is_verified(connection, &subject.id)?;
    Ok(Context::of_subject(rows, subject, as_of, facts, verified))
}

/// The rows about a subject that a device had which held the list of its gacha up to
/// `registers_at`.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn held_by_device(
    connection: &Connection,
    subject: &Subject,
    registers_at: u64,
) -> Result<Vec<RegisterRow>, ServiceError> {
    let mut held = Vec::new();
    for row in store::register::list_reaching(connection, subject, true)? {
        let position = store::list::position_of_register(connection, subject.division, &row.id)?;
        if position.is_some_and(|position| position <= registers_at) {
            held.push(row);
        }
    }
    Ok(held)
}
