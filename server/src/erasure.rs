//! Erasure outside the database (`domain.md` L-21, `design.md` 4.7): the [journal] beside the key
//! file names every erased subject, so that no copy of the database, however old, brings one back.
//!
//! [`crate::ingest::erase`] takes everything of a subject out of the database and writes the line;
//! the journal's replay does it again in a database that was restored; [`leave_no_bytes`] takes what
//! a commit deleted out of the write-ahead log.

use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::ingest;
use crate::journal::{self, Erased, Line};
use crate::service::Service;
use crate::store::{self, Tx};

/// Who erases what the journal says.
const ACTOR: &str = "journal";

/// When the newest erasure was, if there was one.
///
/// # Errors
/// [`ServiceError`] if the journal cannot be read or was changed.
pub fn newest_at(service: &Service) -> Result<Option<AtMs>, ServiceError> {
    let lines = journal::read(service)?;
    Ok(erased(&lines).map(|erased| erased.at).max())
}

/// Whether the journal names somebody erased whom the database still knows.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn is_behind(connection: &Connection, lines: &[Line]) -> Result<bool, ServiceError> {
    for erased in erased(lines) {
        if store::subject::erased_at(connection, &erased.subject.id)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Erases again what the journal says and the database does not know; how many subjects.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn replay_in(
    service: &Service,
    tx: &Tx<'_>,
    lines: &[Line],
) -> Result<usize, ServiceError> {
    let mut done = 0;
    for erased in erased(lines) {
        if store::subject::erased_at(tx, &erased.subject.id)?.is_some() {
            continue;
        }
        // One that came after the copy was made is entered as erased, so that it stays away.
        store::subject::put(tx, &erased.subject)?;
        ingest::erase_known(service, tx, &erased.subject.id, ACTOR, erased.at)?;
        done += 1;
    }
    Ok(done)
}

/// Takes the bytes that a commit deleted out of the write-ahead log.
///
/// # Errors
/// [`ErrorCode::Unavailable`](itgel_domain::error::ErrorCode::Unavailable) if somebody reads an
/// older state for long; the job that was asked for does it then.
pub fn leave_no_bytes(service: &Service) -> Result<(), ServiceError> {
    Ok(service.store.empty_wal()?)
}

/// Writes the journal's line about a subject: nothing is erased unless it is on the disk.
///
/// # Errors
/// [`ServiceError`] if it cannot be written.
pub(crate) fn note(service: &Service, subject: &Subject, at: AtMs) -> Result<(), ServiceError> {
    let subject = subject.clone();
    journal::append(service, Line::Erased(Erased { subject, at }))
}

fn erased(lines: &[Line]) -> impl Iterator<Item = &Erased> {
    lines.iter().filter_map(|line| match line {
        Line::Erased(erased) => Some(erased),
        Line::Device(_) => None,
    })
}
