//! Conflicts: values of one item on which officers disagree, until a reviewer settles them
//! (`design.md` 4.10). What is settled stays, with its decision.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::file::facts::conflict::Conflict;
use itgel_domain::file::facts::value::LiveValue;
use itgel_domain::id::{CycleId, DecisionId, SubjectId};
use itgel_domain::item::ItemPath;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A conflict over one item.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ConflictRow {
    /// Whose file.
    pub subject: SubjectId,
    /// In which campaign.
    pub cycle: CycleId,
    /// The item.
    pub item: ItemPath,
    /// The values that stand against each other.
    pub values: Vec<LiveValue>,
    /// When it was found.
    pub opened_at: AtMs,
    /// The decision that settled it.
    pub decision: Option<DecisionId>,
}

const SELECT: &str = "select subject, cycle, item, entries, opened_at, decision from conflict";

/// The open conflict over `item`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_open(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
    item: &ItemPath,
) -> Result<Option<ConflictRow>, StoreError> {
    let sql =
        format!("{SELECT} where subject = ?1 and cycle = ?2 and item = ?3 and decision is null");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![subject.as_str(), cycle.as_str(), item.as_str()];
    query
        .query_row(key, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Every conflict of a subject in a campaign, settled ones too, by item.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<ConflictRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 and cycle = ?2 order by item");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str(), cycle.as_str()], |row| {
        Ok(read(row))
    })?;
    rows.map(|row| row?).collect()
}

/// The open conflicts of a campaign in `division`, by subject and item, after the place `after`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_open(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
    (subject, item): (&str, &str),
    limit: u32,
) -> Result<Vec<ConflictRow>, StoreError> {
    let sql = "select c.subject, c.cycle, c.item, c.entries, c.opened_at, c.decision
               from conflict c join subject s on s.id = c.subject
               where s.division >= ?1 and s.division < ?2 and c.cycle = ?3
                   and c.decision is null and (c.subject, c.item) > (?4, ?5)
               order by c.subject, c.item limit ?6";
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let key = params![low, high, cycle.as_str(), subject, item, limit];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Brings the open conflicts of a subject to `found`: new ones are added, changed ones take the
/// new values, and those that a correction of their own author ended go. One that was settled
/// opens again only if a value stands in it that its decision did not see.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn replace(
    tx: &Tx<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    found: &[Conflict],
    now: AtMs,
) -> Result<(), StoreError> {
    let items: BTreeSet<&ItemPath> = found.iter().map(|conflict| &conflict.item).collect();
    for row in list(tx, subject, cycle)? {
        if row.decision.is_none() && !items.contains(&row.item) {
            let sql = "delete from conflict where subject = ?1 and cycle = ?2 and item = ?3";
            let key = params![subject.as_str(), cycle.as_str(), row.item.as_str()];
            tx.prepare_cached(sql)?.execute(key)?;
        }
    }
    let sql = "insert into conflict (subject, cycle, item, entries, opened_at, decision)
               values (?1, ?2, ?3, ?4, ?5, null)
               on conflict (subject, cycle, item) do update set entries = excluded.entries,
                   opened_at = case when decision is null then opened_at
                                    else excluded.opened_at end,
                   decision = null
               where entries <> excluded.entries";
    let mut put = tx.prepare_cached(sql)?;
    for Conflict { item, values } in found {
        let entries = column::to_json(values, "conflict.entries")?;
        put.execute(params![
            subject.as_str(),
            cycle.as_str(),
            item.as_str(),
            entries,
            now.0
        ])?;
    }
    Ok(())
}

/// Marks the conflict over `item` as settled.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn settle(
    tx: &Tx<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    item: &ItemPath,
    decision: &DecisionId,
) -> Result<(), StoreError> {
    let sql = "update conflict set decision = ?4 where subject = ?1 and cycle = ?2 and item = ?3";
    let key = params![
        subject.as_str(),
        cycle.as_str(),
        item.as_str(),
        decision.as_str()
    ];
    tx.prepare_cached(sql)?.execute(key)?;
    Ok(())
}

/// Deletes every conflict of a subject, settled ones too.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from conflict where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ConflictRow, StoreError> {
    Ok(ConflictRow {
        subject: column::word(row, "subject", "conflict.subject")?,
        cycle: column::word(row, "cycle", "conflict.cycle")?,
        item: column::word(row, "item", "conflict.item")?,
        values: column::json(row, "entries", "conflict.entries")?,
        opened_at: AtMs(row.get("opened_at")?),
        decision: column::optional_word(row, "decision", "conflict.decision")?,
    })
}
