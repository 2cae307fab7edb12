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

/// Takes rows that were deleted out of what moved the assessments of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn forget_deleted(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "select m.case_id, m.moved from case_moved m
               join rating_case c on c.id = m.case_id where c.subject = ?1";
    let mut query = tx.prepare_cached(sql)?;
    let found = query.query_map(params![subject.as_str()], |row| {
        Ok((|| {
            let case: CaseId = column::word(row, "case_id", "case_moved.case_id")?;
            let movement: Movement = column::json(row, "moved", "case_moved.moved")?;
            Ok((case, movement))
        })())
    })?;
    let found = found
        .map(|row| row?)
        .collect::<Result<Vec<_>, StoreError>>()?;
    let mut exists = tx.prepare_cached("select 1 from register_row where id = ?1")?;
    for (case, mut movement) in found {
        let before = movement.rows.len();
        let mut kept = Vec::with_capacity(before);
        for row in movement.rows {
            if exists.exists(params![row.row.as_str()])? {
                kept.push(row);
            }
        }
        if kept.len() < before {
            movement.rows = kept;
            put(tx, &case, &movement)?;
        }
    }
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
