//! Data given to others (`domain.md` L-33): asked for before the first row is read, finished when
//! the last one was written.

use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, OfficerId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, params};

use super::{StoreError, Tx, column};

/// A request to give data to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRow {
    /// Its identifier.
    pub id: DecisionId,
    /// When it was asked for.
    pub at: AtMs,
    /// Who gives the data.
    pub officer: OfficerId,
    /// Who confirmed it, where persons are among them.
    pub second_officer: Option<OfficerId>,
    /// The department whose data it is.
    pub source_department: String,
    /// Who gets it.
    pub recipient: String,
    /// The legal basis.
    pub basis: String,
    /// The tables, separated by spaces.
    pub items: String,
    /// Whether names and numbers of persons go with it.
    pub with_persons: bool,
    /// `folder` or `workbook`.
    pub format: &'static str,
    /// The hash of the mapping file.
    pub mapping: Option<Hash>,
}

/// Writes a request.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, share: &ShareRow) -> Result<(), StoreError> {
    let sql = "insert into data_share (id, at, officer, second_officer, source_department,
                   recipient, basis, items, with_persons, format, mapping)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    tx.prepare_cached(sql)?.execute(params![
        share.id.as_str(),
        share.at.0,
        share.officer.as_str(),
        share.second_officer.as_ref().map(OfficerId::as_str),
        share.source_department,
        share.recipient,
        share.basis,
        share.items,
        i64::from(share.with_persons),
        share.format,
        share.mapping.map(|hash| hash.to_string()),
    ])?;
    Ok(())
}

/// Notes that the data was written: its digest and how many rows.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn finish(
    tx: &Tx<'_>,
    id: &DecisionId,
    digest: &Hash,
    rows: u64,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "update data_share set digest = ?2, \"rows\" = ?3, finished_at = ?4 where id = ?1";
    tx.prepare_cached(sql)?.execute(params![
        id.as_str(),
        digest.to_string(),
        column::signed(rows),
        at.0
    ])?;
    Ok(())
}

/// When the last export was begun that a platform can read and that was finished: it holds what
/// was there by then.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn last_to_platform(connection: &Connection) -> Result<Option<AtMs>, StoreError> {
    let sql =
        "select max(at) from data_share where mapping is not null and finished_at is not null";
    let mut query = connection.prepare_cached(sql)?;
    let at: Option<i64> = query.query_row([], |row| row.get(0))?;
    Ok(at.map(AtMs))
}
