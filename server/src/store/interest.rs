//! Declared conflicts of interest: who must not act for whom (`domain.md` D.1).

use std::collections::BTreeSet;

use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, params};

use super::{StoreError, Tx, column};

/// The officers who must not act for a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<BTreeSet<OfficerId>, StoreError> {
    let mut query = connection.prepare_cached("select officer from interest where subject = ?1")?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "officer", "interest.officer"))
    })?;
    rows.map(|row| row?).collect()
}

/// Declares a conflict of interest; the same again changes nothing.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    subject: &SubjectId,
    officer: &OfficerId,
    declared_by: &OfficerId,
    declared_at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into interest (subject, officer, declared_by, declared_at)
               values (?1, ?2, ?3, ?4) on conflict (subject, officer) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        subject.as_str(),
        officer.as_str(),
        declared_by.as_str(),
        declared_at.0,
    ])?;
    Ok(())
}
