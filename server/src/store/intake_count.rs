//! What the stages of admission said so far: counted in the transaction that said it, so that the
//! figures are exact and outlive a restart.

use rusqlite::{Connection, params};

use super::{StoreError, Tx, column};

/// Of an envelope that came before, whatever its verdict was.
pub const AGAIN: (&str, &str) = ("again", "");

/// Of a bundle that was refused as a whole, by its code.
pub const BUNDLE_REFUSED: &str = "bundle_refused";

/// Of a page or a picture of a bundle that was refused as a whole, by its code.
pub const PART_REFUSED: &str = "part_refused";

/// How often something was said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct IntakeCount {
    /// `accepted`, `flagged`, `quarantined`, `refused`, `held` or `forked`; [`AGAIN`],
    /// [`BUNDLE_REFUSED`] or [`PART_REFUSED`].
    pub verdict: String,
    /// The error code, if there was one.
    pub reason: String,
    /// How often.
    pub n: u64,
}

/// Adds to a count.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn add(tx: &Tx<'_>, verdict: &str, reason: &str, n: u64) -> Result<(), StoreError> {
    let sql = "insert into intake_count (verdict, reason, n) values (?1, ?2, ?3)
               on conflict (verdict, reason) do update set n = n + excluded.n";
    tx.prepare_cached(sql)?
        .execute(params![verdict, reason, column::signed(n)])?;
    Ok(())
}

/// All counts, by verdict and reason.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection) -> Result<Vec<IntakeCount>, StoreError> {
    let sql = "select verdict, reason, n from intake_count order by verdict, reason";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([], |row| {
        Ok(column::unsigned(row, "n", "intake_count.n").and_then(|n| {
            Ok(IntakeCount {
                verdict: row.get("verdict")?,
                reason: row.get("reason")?,
                n,
            })
        }))
    })?;
    rows.map(|row| row?).collect()
}

/// How many pages wait for a gap.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn held_pages(connection: &Connection) -> Result<u64, StoreError> {
    one(connection, "select count(*) as n from held_page")
}

/// How many leaves the log has.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn leaves(connection: &Connection) -> Result<u64, StoreError> {
    one(
        connection,
        "select coalesce(max(n) + 1, 0) as n from log_leaf",
    )
}

/// How many devices there are of each status.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn devices(connection: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    by_word(
        connection,
        "select status as word, count(*) as n from device group by status order by status",
    )
}

/// How many jobs wait or run, by kind.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn jobs(connection: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    by_word(
        connection,
        "select kind as word, count(*) as n from job group by kind order by kind",
    )
}

fn one(connection: &Connection, sql: &str) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached(sql)?;
    query.query_row([], |row| Ok(column::unsigned(row, "n", "a count")))?
}

fn by_word(connection: &Connection, sql: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([], |row| {
        let word: String = row.get("word")?;
        Ok(column::unsigned(row, "n", "a count").map(|n| (word, n)))
    })?;
    rows.map(|row| row?).collect()
}
