//! Jobs: slow work as a row of the transaction that asks for it, leased with a fence.

use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx};

/// A job as it was leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its identifier.
    pub id: String,
    /// What kind of work.
    pub kind: String,
    /// What it works on, as JSON.
    pub content: String,
    /// How often it failed before.
    pub attempts: u32,
    /// The number of this lease; a run whose number is no longer the row's was overtaken.
    pub fence: i64,
}

/// Adds a job. One that waits under the same key is the same job: the earlier time wins and the
/// newer content. One that is being done is done again, because its run may have missed what it
/// is asked for now.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    id: &str,
    kind: &str,
    dedupe: &str,
    content: &str,
    run_at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into job (id, kind, dedupe, content, run_at, attempts, fence)
               values (?1, ?2, ?3, ?4, ?5, 0, 0)
               on conflict (dedupe) do update set content = excluded.content,
                   run_at = case when leased_until is null then min(run_at, excluded.run_at)
                                 else excluded.run_at end,
                   attempts = 0, fence = fence + 1, leased_until = null";
    tx.prepare_cached(sql)?
        .execute(params![id, kind, dedupe, content, run_at.0])?;
    Ok(())
}

/// Leases the job that is due longest until `until`; `None` if none is due.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn lease(tx: &Tx<'_>, now: AtMs, until: AtMs) -> Result<Option<JobRow>, StoreError> {
    let sql = "update job set leased_until = ?2, fence = fence + 1 where id = (
                   select id from job
                   where run_at <= ?1 and (leased_until is null or leased_until <= ?1)
                   order by run_at, id limit 1)
               returning id, kind, content, attempts, fence";
    let mut query = tx.prepare_cached(sql)?;
    let found = query.query_row(params![now.0, until.0], |row| {
        Ok(JobRow {
            id: row.get("id")?,
            kind: row.get("kind")?,
            content: row.get("content")?,
            attempts: row.get("attempts")?,
            fence: row.get("fence")?,
        })
    });
    Ok(found.optional()?)
}

/// Removes a job that is done; `false` if its run was overtaken, and then the row stays.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn finish(tx: &Tx<'_>, job: &JobRow) -> Result<bool, StoreError> {
    let sql = "delete from job where id = ?1 and fence = ?2";
    Ok(tx
        .prepare_cached(sql)?
        .execute(params![job.id, job.fence])?
        == 1)
}

/// Puts a job that failed back until `run_at`; nothing if its run was overtaken.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_back(tx: &Tx<'_>, job: &JobRow, run_at: AtMs, error: &str) -> Result<(), StoreError> {
    let sql = "update job set run_at = ?3, attempts = attempts + 1, leased_until = null,
                   last_error = ?4
               where id = ?1 and fence = ?2";
    tx.prepare_cached(sql)?
        .execute(params![job.id, job.fence, run_at.0, error])?;
    Ok(())
}

/// Whether the lease still stands: the first thing a job's transaction asks.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn holds(connection: &Connection, job: &JobRow) -> Result<bool, StoreError> {
    let sql = "select 1 from job where id = ?1 and fence = ?2";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query
        .query_row(params![job.id, job.fence], |_| Ok(()))
        .optional()?
        .is_some())
}

/// How many jobs are due.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_due(connection: &Connection, now: AtMs) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached("select count(*) from job where run_at <= ?1")?;
    let count: i64 = query.query_row(params![now.0], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The jobs whose last run failed: their kinds, and why.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_failed(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "select kind, last_error from job where attempts > 0 and last_error is not null
               order by kind";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| Ok(row?)).collect()
}

/// How many jobs of `kind` wait.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count(connection: &Connection, kind: &str) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached("select count(*) from job where kind = ?1")?;
    let count: i64 = query.query_row(params![kind], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
