//! Erasure outside the database (`domain.md` L-21, `design.md` 4.7): a journal beside the key file
//! names every erased subject, so that no copy of the database, however old, brings one back.
//!
//! [`crate::ingest::erase`] takes everything of a subject out of the database and writes the line;
//! [`replay`] does it again in a database that was restored; [`leave_no_bytes`] takes what a
//! commit deleted out of the write-ahead log.

mod journal;

use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::ingest;
use crate::service::Service;
use crate::store::{self, Tx};

/// Who erases what the journal says.
const ACTOR: &str = "journal";

/// When the newest erasure was, if there was one.
///
/// # Errors
/// [`ServiceError`] if the journal cannot be read or was changed.
pub fn newest_at(service: &Service) -> Result<Option<AtMs>, ServiceError> {
    let erased = journal::read(&service.keys, &journal::path(service))?;
    Ok(erased.into_iter().map(|erased| erased.at).max())
}

/// Erases again what the journal says and the database does not know: after a backup was
/// restored. Called before anything is served; how many subjects were erased.
///
/// # Errors
/// [`ServiceError::Config`] if the journal was changed; [`ServiceError`] of the database.
pub fn replay(service: &Service) -> Result<usize, ServiceError> {
    let erased = journal::read(&service.keys, &journal::path(service))?;
    let is_pending = |c: &Connection| -> Result<bool, ServiceError> {
        // A new database has nobody yet; what is restored into it is replayed afterwards.
        if !store::officer::is_any(c)? {
            return Ok(false);
        }
        for line in &erased {
            if store::subject::erased_at(c, &line.subject.id)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if !service.store.read(is_pending)? {
        return Ok(0);
    }
    let done = service.transact("erasure.replay", replay_in)?;
    leave_no_bytes(service)?;
    Ok(done)
}

/// The same in the caller's transaction; [`leave_no_bytes`] is for after its commit.
///
/// # Errors
/// [`ServiceError::Config`] if the journal was changed; [`ServiceError`] of the database.
pub fn replay_in(service: &Service, tx: &Tx<'_>) -> Result<usize, ServiceError> {
    let mut done = 0;
    for erased in journal::read(&service.keys, &journal::path(service))? {
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
    journal::append(service, journal::Erased { subject, at })
}
