//! Which registration of an entity or a collective became which other one (`domain.md` G 51).

use itgel_domain::id::SubjectId;
use itgel_domain::register::EntityChange;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// One registration that became another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityLink {
    /// The registration before.
    pub predecessor: SubjectId,
    /// The registration after.
    pub successor: SubjectId,
    /// How.
    pub change: EntityChange,
    /// The day of the change.
    pub on: Date,
    /// The document of the change.
    pub document: String,
    /// Whether the registration before goes on beside the new one.
    pub goes_on: bool,
}

/// Writes a link; `false` if it is known already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, link: &EntityLink, entered_by: &str, at: AtMs) -> Result<bool, StoreError> {
    let known = list_of_successor(tx, &link.successor)?;
    if known.contains(link) {
        return Ok(false);
    }
    let sql = "insert into entity_link (predecessor, successor, change, on_day, document, goes_on,
                   entered_by, entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               on conflict (predecessor, successor) do update set change = excluded.change,
                   on_day = excluded.on_day, document = excluded.document,
                   goes_on = excluded.goes_on, entered_by = excluded.entered_by,
                   entered_at = excluded.entered_at";
    tx.prepare_cached(sql)?.execute(params![
        link.predecessor.as_str(),
        link.successor.as_str(),
        link.change.as_str(),
        link.on.to_string(),
        link.document,
        link.goes_on,
        entered_by,
        at.0,
    ])?;
    Ok(true)
}

/// From which registrations one comes, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_successor(
    connection: &Connection,
    successor: &SubjectId,
) -> Result<Vec<EntityLink>, StoreError> {
    let sql = "select predecessor, successor, change, on_day, document, goes_on from entity_link
               where successor = ?1 order by predecessor";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![successor.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Into which registrations one went, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_successors(
    connection: &Connection,
    predecessor: &SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select successor from entity_link where predecessor = ?1 order by successor";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![predecessor.as_str()], |row| {
        Ok(column::word(row, "successor", "entity_link.successor"))
    })?;
    rows.map(|row| row?).collect()
}

/// Whether one registration comes from another, over any number of changes.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn comes_from(
    connection: &Connection,
    subject: &SubjectId,
    other: &SubjectId,
) -> Result<bool, StoreError> {
    let sql = "with recursive before (id) as (
                   select ?1 union
                   select l.predecessor from entity_link l join before b on b.id = l.successor)
               select exists (select 1 from before where id = ?2)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![subject.as_str(), other.as_str()], |row| row.get(0))?)
}

/// Deletes every link of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from entity_link where predecessor = ?1 or successor = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<EntityLink, StoreError> {
    Ok(EntityLink {
        predecessor: column::word(row, "predecessor", "entity_link.predecessor")?,
        successor: column::word(row, "successor", "entity_link.successor")?,
        change: column::word(row, "change", "entity_link.change")?,
        on: column::word(row, "on_day", "entity_link.on_day")?,
        document: row.get("document")?,
        goes_on: row.get("goes_on")?,
    })
}
