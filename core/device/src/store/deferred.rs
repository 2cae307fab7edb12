//! Envelopes that a list named and that have not been brought yet.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::sync::pull::Named;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, count, division, int, word};

/// A place of a list whose envelope is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deferred {
    pub(crate) list: DivisionCode,
    pub(crate) position: u64,
    /// The hash of the item: what is brought has to have it.
    pub(crate) hash: Hash,
}

pub(crate) fn insert(
    tx: &Transaction<'_>,
    list: DivisionCode,
    position: u64,
    named: &Named,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into deferred values (?1, ?2, ?3, ?4)")?
        .execute(params![
            list.filled_text(),
            int(position),
            named.subject.as_str(),
            named.hash.to_string()
        ])?;
    Ok(())
}

/// The first missing places of all lists, or of one subject; of one list at a time.
pub(crate) fn first(
    db: &Connection,
    subject: Option<&SubjectId>,
    limit: usize,
) -> Result<Vec<Deferred>, StoreError> {
    let sql = "select * from deferred where subject = ?1 or ?1 is null
               order by list, position limit ?2";
    let mut query = db.prepare_cached(sql)?;
    let key = params![subject.map(SubjectId::as_str), int(limit as u64)];
    let mut places = column::all(query.query(key)?, read)?;
    if let Some(list) = places.first().map(|place| place.list) {
        places.retain(|place| place.list == list);
    }
    Ok(places)
}

/// How many places are missing, of one subject or of all.
pub(crate) fn count_of(db: &Connection, subject: Option<&SubjectId>) -> Result<u64, StoreError> {
    let sql = "select count(*) as n from deferred where subject = ?1 or ?1 is null";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query([subject.map(SubjectId::as_str)])?;
    Ok(column::first(rows, |row| count(row, "n", "deferred"))?.unwrap_or(0))
}

pub(crate) fn delete(
    tx: &Transaction<'_>,
    list: DivisionCode,
    position: u64,
) -> Result<(), StoreError> {
    tx.prepare_cached("delete from deferred where list = ?1 and position = ?2")?
        .execute(params![list.filled_text(), int(position)])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Deferred, StoreError> {
    Ok(Deferred {
        list: division(row, "list", "deferred.list")?,
        position: count(row, "position", "deferred.position")?,
        hash: word(row, "hash", "deferred.hash")?,
    })
}
