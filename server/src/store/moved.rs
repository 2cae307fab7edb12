//! Which register rows moved the assessment that a case rests on.

use itgel_domain::assess::Movement;
use itgel_domain::id::{CaseId, SubjectId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx, column};

/// What moved the assessment of a case; `None` before it rests on one.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, case: &CaseId) -> Result<Option<Movement>, StoreError> {
    let mut query = connection.prepare_cached("select moved from case_moved where case_id = ?1")?;
    query
        .query_row(params![case.as_str()], |row| {
            Ok(column::json(row, "moved", "case_moved.moved"))
        })
        .optional()?
        .transpose()
}

/// Writes what moved the assessment of a case, new or changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, case: &CaseId, movement: &Movement) -> Result<(), StoreError> {
    let sql = "insert into case_moved (case_id, moved) values (?1, ?2)
               on conflict (case_id) do update set moved = excluded.moved";
    let moved = column::to_json(movement, "case_moved.moved")?;
    tx.prepare_cached(sql)?
        .execute(params![case.as_str(), moved])?;
    Ok(())
}

/// Deletes what moved the assessments of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "delete from case_moved where case_id in
                   (select id from rating_case where subject = ?1)";
    tx.prepare_cached(sql)?.execute(params![subject.as_str()])?;
    Ok(())
}
