//! Snapshots of titles: exactly what was counted, kept for ever beside what was judged.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::rollup::{Counted, CountedHousehold};
use itgel_domain::time::AtMs;
use itgel_domain::title::TitleHolder;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::title::{key, read_holder};
use super::{StoreError, Tx, column};

/// A snapshot of one title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// The hash of what it holds.
    pub id: Hash,
    /// Whose title.
    pub holder: TitleHolder,
    /// The campaign.
    pub cycle: CycleId,
    /// The day.
    pub as_of: Date,
    /// What was counted.
    pub counted: Counted,
    /// What was judged, in canonical bytes.
    pub inputs: Vec<u8>,
    /// What the engine said, as JSON.
    pub result: String,
    /// When it was made.
    pub made_at: AtMs,
}

/// A snapshot in a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SnapshotListed {
    /// Its hash.
    pub id: Hash,
    /// Whose title.
    pub holder: TitleHolder,
    /// The campaign.
    pub cycle: CycleId,
    /// The day.
    pub as_of: Date,
    /// When it was made.
    pub made_at: AtMs,
}

/// Writes a snapshot with its households; the same again changes nothing.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &SnapshotRow) -> Result<(), StoreError> {
    let sql = "insert into title_snapshot (id, division, cycle, formed_on, jointly_with, as_of,
                   counted, inputs, result, made_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict (id) do nothing";
    let id = row.id.to_string();
    let [division, formed_on, jointly_with] = key(&row.holder);
    let written = tx.prepare_cached(sql)?.execute(params![
        id,
        division,
        row.cycle.as_str(),
        formed_on,
        jointly_with,
        row.as_of.to_string(),
        column::to_json(&row.counted, "title_snapshot.counted")?,
        row.inputs,
        row.result,
        row.made_at.0,
    ])?;
    if written == 0 {
        return Ok(());
    }
    let sql = "insert into title_counted (snapshot, division, n, subject, rating, counts)
               values (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = tx.prepare_cached(sql)?;
    for village in row.counted.villages() {
        for (n, household) in (0_i64..).zip(&village.households) {
            insert.execute(params![
                id,
                village.division.filled_text(),
                n,
                household.subject.as_ref().map(SubjectId::as_str),
                household.rating.map(|rating| rating.to_string()),
                column::to_json(household, "title_counted.counts")?,
            ])?;
        }
    }
    Ok(())
}

/// The snapshot with this hash, with every household that it counted.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &Hash) -> Result<Option<SnapshotRow>, StoreError> {
    let sql = "select id, division, cycle, formed_on, jointly_with, as_of, counted, inputs, result,
                   made_at from title_snapshot where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![id.to_string()], |row| Ok(read(row)));
    let Some(mut snapshot) = found.optional()?.transpose()? else {
        return Ok(None);
    };
    if let Counted::Villages(villages) = &mut snapshot.counted {
        for village in villages {
            village.households = list_counted(connection, id, village.division)?;
        }
    }
    Ok(Some(snapshot))
}

/// Where a list of snapshots stands: day, time and hash of the last that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPlace {
    /// The day of the snapshot.
    pub as_of: Date,
    /// When it was made.
    pub made_at: AtMs,
    /// Its hash.
    pub id: Hash,
}

/// The snapshots of a division, alone and with another, the newest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    division: DivisionCode,
    after: Option<&SnapshotPlace>,
    limit: u32,
) -> Result<Vec<SnapshotListed>, StoreError> {
    let sql = "select id, division, cycle, formed_on, jointly_with, as_of, made_at
               from title_snapshot
               where (division = ?1 or jointly_with = ?1)
                   and (?2 = '' or (as_of, made_at, id) < (?2, ?3, ?4))
               order by as_of desc, made_at desc, id desc limit ?5";
    let (as_of, made_at, id) = match after {
        Some(place) => (
            place.as_of.to_string(),
            place.made_at.0,
            place.id.to_string(),
        ),
        None => (String::new(), 0, String::new()),
    };
    let mut query = connection.prepare_cached(sql)?;
    let key = params![division.filled_text(), as_of, made_at, id, limit];
    let rows = query.query_map(key, |row| {
        Ok((|| {
            Ok(SnapshotListed {
                id: column::word(row, "id", "title_snapshot.id")?,
                holder: read_holder(row)?,
                cycle: column::word(row, "cycle", "title_snapshot.cycle")?,
                as_of: column::word(row, "as_of", "title_snapshot.as_of")?,
                made_at: AtMs(row.get("made_at")?),
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The hashes of the snapshots behind a hash, in their order.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_after(
    connection: &Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<Hash>, StoreError> {
    let sql = "select id from title_snapshot where id > ?1 order by id limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![after, limit], |row| {
        Ok(column::word(row, "id", "title_snapshot.id"))
    })?;
    rows.map(|row| row?).collect()
}

/// Takes a subject out of every snapshot: the counts stay (`domain.md` G 42).
///
/// # Errors
/// [`StoreError`] of the database.
pub fn forget(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "update title_counted set subject = null, rating = null where subject = ?1";
    tx.prepare_cached(sql)?.execute(params![subject.as_str()])?;
    Ok(())
}

fn list_counted(
    connection: &Connection,
    id: &Hash,
    village: DivisionCode,
) -> Result<Vec<CountedHousehold>, StoreError> {
    let sql = "select subject, rating, counts from title_counted
               where snapshot = ?1 and division = ?2 order by n";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![id.to_string(), village.filled_text()], |row| {
        Ok((|| {
            let counts: CountedHousehold = column::json(row, "counts", "title_counted.counts")?;
            Ok(CountedHousehold {
                subject: column::optional_word(row, "subject", "title_counted.subject")?,
                rating: column::optional_word(row, "rating", "title_counted.rating")?,
                ..counts
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<SnapshotRow, StoreError> {
    Ok(SnapshotRow {
        id: column::word(row, "id", "title_snapshot.id")?,
        holder: read_holder(row)?,
        cycle: column::word(row, "cycle", "title_snapshot.cycle")?,
        as_of: column::word(row, "as_of", "title_snapshot.as_of")?,
        counted: column::json(row, "counted", "title_snapshot.counted")?,
        inputs: row.get("inputs")?,
        result: row.get("result")?,
        made_at: AtMs(row.get("made_at")?),
    })
}
