//! Requests that were answered once and are answered the same when they come again.

use itgel_domain::hash::Hash;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// How long an answer is kept.
const KEPT_MS: i64 = 7 * 86_400_000;

/// What a key was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Hash of the request.
    pub request: Hash,
    /// The identifier of what was made.
    pub made: String,
}

/// What `principal` used `key` for, if it is still kept.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    principal: &str,
    key: &str,
    now: AtMs,
) -> Result<Option<Answered>, StoreError> {
    let sql = "select request_hash, response from idempotency
               where principal = ?1 and key = ?2 and at > ?3";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![principal, key, kept_from(now)], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Keeps what `principal` used `key` for, in place of what is no longer kept.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    principal: &str,
    key: &str,
    answered: &Answered,
    now: AtMs,
) -> Result<(), StoreError> {
    let sql = "delete from idempotency where principal = ?1 and at <= ?2";
    tx.prepare_cached(sql)?
        .execute(params![principal, kept_from(now)])?;
    let sql = "insert into idempotency (principal, key, request_hash, status, response, at)
               values (?1, ?2, ?3, 201, ?4, ?5)";
    tx.prepare_cached(sql)?.execute(params![
        principal,
        key,
        answered.request.to_string(),
        answered.made,
        now.0,
    ])?;
    Ok(())
}

const fn kept_from(now: AtMs) -> i64 {
    now.0.saturating_sub(KEPT_MS)
}

fn read(row: &Row<'_>) -> Result<Answered, StoreError> {
    Ok(Answered {
        request: column::word(row, "request_hash", "idempotency.request_hash")?,
        made: row.get("response")?,
    })
}
