//! Households that changed as such, and what each of them was before and after.

use itgel_domain::case::household::HouseholdChange;
use itgel_domain::id::{DecisionId, OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, params};

use super::{StoreError, Tx, column};

/// Writes a change.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    id: &DecisionId,
    change: &HouseholdChange,
    entered_by: &OfficerId,
    entered_at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into household_change (id, kind, on_day, document, content, entered_by,
                   entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.prepare_cached(sql)?.execute(params![
        id.as_str(),
        change.kind.as_str(),
        change.on.to_string(),
        change.document,
        column::to_json(change, "household_change.content")?,
        entered_by.as_str(),
        entered_at.0,
    ])?;
    let sql = "insert into household_link (change_id, predecessor, successor) values (?1, ?2, ?3)";
    let mut link = tx.prepare_cached(sql)?;
    for from in &change.from {
        for share in &change.into {
            link.execute(params![id.as_str(), from.as_str(), share.subject.as_str()])?;
        }
    }
    Ok(())
}

/// The households that a household came from and that exist no more.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_predecessors(
    connection: &Connection,
    successor: &SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select distinct l.predecessor from household_link l
               where l.successor = ?1 and l.predecessor <> ?1 and not exists (
                   select 1 from household_link o
                   where o.change_id = l.change_id and o.successor = l.predecessor)
               order by l.predecessor";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![successor.as_str()], |row| {
        Ok(column::word(
            row,
            "predecessor",
            "household_link.predecessor",
        ))
    })?;
    rows.map(|row| row?).collect()
}

/// Whether a household has ended by a change.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn has_ended(connection: &Connection, subject: &SubjectId) -> Result<bool, StoreError> {
    let sql = "select 1 from household_link l where l.predecessor = ?1 and not exists (
                   select 1 from household_link o
                   where o.change_id = l.change_id and o.successor = ?1)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.exists(params![subject.as_str()])?)
}
