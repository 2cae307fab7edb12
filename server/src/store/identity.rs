//! Versions of identity records: sealed, found by a blind index, never merged.

use itgel_domain::hash::Hash;
use itgel_domain::id::{OfficerId, SubjectId};
use rusqlite::{Connection, Row, params};

use super::log_row::{self, Vouched};
use super::{StoreError, Tx, column};

/// A version of a record.
#[derive(Debug, Clone)]
pub struct IdentityRow {
    /// Whose identity.
    pub subject: SubjectId,
    /// What the chain carries of it.
    pub commitment: Hash,
    /// Its number.
    pub version: u32,
    /// Who wrote it.
    pub author: OfficerId,
    /// The place of its commitment.
    pub at: String,
    /// Nothing was written on top of it; two current rows are concurrent.
    pub is_current: bool,
    /// Blind index of the head's ID number, if it checks.
    pub blind_id: Option<String>,
    /// Blind index of the head's phone number.
    pub blind_phone: Option<String>,
    /// The record under the key of the identity.
    pub sealed: Vec<u8>,
}

const SELECT: &str = "select subject, commitment, version, author, at, current, blind_id,
                          blind_phone, sealed from identity";

/// Writes a version; the same again changes nothing.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &IdentityRow) -> Result<(), StoreError> {
    let sql = "insert into identity (subject, commitment, version, author, at, current, blind_id,
                   blind_phone, sealed)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               on conflict (subject, commitment) do nothing";
    let key = (row.subject.as_str(), row.commitment.to_string());
    let values = params![
        key.0,
        key.1,
        row.version,
        row.author.as_str(),
        row.at,
        row.is_current,
        row.blind_id,
        row.blind_phone,
        row.sealed,
    ];
    log_row::put(tx, Vouched::Identity, sql, values, (key.0, key.1.as_str()))?;
    Ok(())
}

/// Marks a version as written over.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn supersede(tx: &Tx<'_>, subject: &SubjectId, commitment: &Hash) -> Result<(), StoreError> {
    let sql = "update identity set current = 0 where subject = ?1 and commitment = ?2";
    let commitment = commitment.to_string();
    let key = (subject.as_str(), commitment.as_str());
    log_row::put(tx, Vouched::Identity, sql, key, key)?;
    Ok(())
}

/// A version counts from now on, and nothing was written on top of it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn let_count(tx: &Tx<'_>, subject: &SubjectId, commitment: &Hash) -> Result<(), StoreError> {
    let sql = "update identity set current = 1 where subject = ?1 and commitment = ?2";
    let commitment = commitment.to_string();
    let key = (subject.as_str(), commitment.as_str());
    log_row::put(tx, Vouched::Identity, sql, key, key)?;
    Ok(())
}

/// The versions that nothing was written on top of, the highest number first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_current(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<IdentityRow>, StoreError> {
    let sql =
        format!("{SELECT} where subject = ?1 and current = 1 order by version desc, commitment");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Every version of a subject, the oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_all(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<IdentityRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 order by version, commitment");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The version with this commitment.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    subject: &SubjectId,
    commitment: &Hash,
) -> Result<Option<IdentityRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 and commitment = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![subject.as_str(), commitment.to_string()];
    let mut rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.next().map(|row| row?).transpose()
}

/// Whether a current version has an ID number that checks: a verified identity.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_verified(connection: &Connection, subject: &SubjectId) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from identity
                   where subject = ?1 and current = 1 and blind_id is not null)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![subject.as_str()], |row| row.get(0))?)
}

/// The subjects whose current identity has this blind index, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_by_blind_id(
    connection: &Connection,
    blind_id: &str,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select distinct subject from identity where blind_id = ?1 and current = 1
               order by subject limit 100";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![blind_id], |row| {
        Ok(column::word(row, "subject", "identity.subject"))
    })?;
    rows.map(|row| row?).collect()
}

/// Deletes every version of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "delete from identity where subject = ?1";
    log_row::delete(tx, Vouched::Identity, sql, params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<IdentityRow, StoreError> {
    Ok(IdentityRow {
        subject: column::word(row, "subject", "identity.subject")?,
        commitment: column::word(row, "commitment", "identity.commitment")?,
        version: row.get("version")?,
        author: column::word(row, "author", "identity.author")?,
        at: row.get("at")?,
        is_current: row.get("current")?,
        blind_id: row.get("blind_id")?,
        blind_phone: row.get("blind_phone")?,
        sealed: row.get("sealed")?,
    })
}
