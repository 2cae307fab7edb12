//! Imported tables: batches and their rows.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, ImportId, OfficerId};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};
use crate::import::{BatchState, Note, RowFault, RowState};

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Its identifier.
    pub id: ImportId,
    /// The word of its kind of table.
    pub kind: String,
    /// The file that it came from.
    pub file_hash: Hash,
    /// Who keeps the table, with the number of its document.
    pub source: String,
    /// Where the person who entered it may enter such tables.
    pub division: DivisionCode,
    /// The campaign that values are for, if it has any.
    pub cycle: Option<CycleId>,
    /// How far it is.
    pub state: BatchState,
    /// The heads that were read, as they stand in the file.
    pub heads: Vec<String>,
    /// The columns that were not read.
    pub notes: Vec<Note>,
    /// Who entered it.
    pub entered_by: OfficerId,
    /// When.
    pub entered_at: AtMs,
    /// Who put it into force, or rejected it.
    pub decided_by: Option<OfficerId>,
    /// When.
    pub decided_at: Option<AtMs>,
}

/// What a row of a table is about, and from when until when it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Hash of what it is about.
    pub key: String,
    /// First day.
    pub from: Date,
    /// Last day; open if absent.
    pub to: Option<Date>,
}

/// A row of a batch.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Its number in the table.
    pub n: u32,
    /// What became of it.
    pub state: RowState,
    /// What it is about, if rows can repeat each other.
    pub place: Option<Place>,
    /// What is wrong with it, or was left out.
    pub faults: Vec<RowFault>,
    /// Cells and typed row under the key of the batch; empty once they are not needed.
    pub sealed: Vec<u8>,
}

const SELECT: &str = "select id, kind, file_hash, source, division, cycle, state, heads, notes,
                          entered_by, entered_at, decided_by, decided_at from import_batch";

const SELECT_ROW: &str =
    "select n, state, place, valid_from, valid_to, faults, sealed from import_row";

/// The batch with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &ImportId) -> Result<Option<BatchRow>, StoreError> {
    let sql = format!("{SELECT} where id = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The batches of a file, the newest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_file(
    connection: &Connection,
    kind: &str,
    file: &Hash,
) -> Result<Vec<BatchRow>, StoreError> {
    let sql =
        format!("{SELECT} where kind = ?1 and file_hash = ?2 order by entered_at desc, id desc");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![kind, file.to_string()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The batches that were entered in `within`, the newest first, after the place of the last page.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    within: DivisionCode,
    before: Option<(AtMs, &ImportId)>,
    limit: u32,
) -> Result<Vec<BatchRow>, StoreError> {
    let sql = format!(
        "{SELECT} where division >= ?1 and division < ?2 and state <> 'staging'
             and (entered_at, id) < (?3, ?4) order by entered_at desc, id desc limit ?5"
    );
    let (low, high) = within.text_range();
    let (at, id) = before.map_or((i64::MAX, ""), |(at, id)| (at.0, id.as_str()));
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![low, high, at, id, limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes a new batch.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, batch: &BatchRow) -> Result<(), StoreError> {
    let sql =
        "insert into import_batch (id, kind, file_hash, source, division, cycle, state, heads,
                   notes, entered_by, entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    tx.prepare_cached(sql)?.execute(params![
        batch.id.as_str(),
        batch.kind,
        batch.file_hash.to_string(),
        batch.source,
        batch.division.filled_text(),
        batch.cycle.as_ref().map(CycleId::as_str),
        batch.state.as_str(),
        column::to_json(&batch.heads, "import_batch.heads")?,
        column::to_json(&batch.notes, "import_batch.notes")?,
        batch.entered_by.as_str(),
        batch.entered_at.0,
    ])?;
    Ok(())
}

/// Moves a batch to another state.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_state(tx: &Tx<'_>, id: &ImportId, state: BatchState) -> Result<(), StoreError> {
    tx.prepare_cached("update import_batch set state = ?2 where id = ?1")?
        .execute(params![id.as_str(), state.as_str()])?;
    Ok(())
}

/// Notes who decided about a batch.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_decided(tx: &Tx<'_>, id: &ImportId, by: &OfficerId, at: AtMs) -> Result<(), StoreError> {
    tx.prepare_cached("update import_batch set decided_by = ?2, decided_at = ?3 where id = ?1")?
        .execute(params![id.as_str(), by.as_str(), at.0])?;
    Ok(())
}

/// Deletes a batch that never came to be proposed, with its rows.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, id: &ImportId) -> Result<(), StoreError> {
    for sql in [
        "delete from import_row where batch = ?1",
        "delete from import_batch where id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute(params![id.as_str()])?;
    }
    Ok(())
}

/// Writes a row.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_row(tx: &Tx<'_>, batch: &ImportId, row: &ImportRow) -> Result<(), StoreError> {
    let sql =
        "insert into import_row (batch, n, state, place, valid_from, valid_to, faults, sealed)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let place = row.place.as_ref();
    tx.prepare_cached(sql)?.execute(params![
        batch.as_str(),
        row.n,
        row.state.as_str(),
        place.map(|place| &place.key),
        place.map(|place| place.from.to_string()),
        place.and_then(|place| place.to).map(|day| day.to_string()),
        column::to_json(&row.faults, "import_row.faults")?,
        row.sealed,
    ])?;
    Ok(())
}

/// The row of a batch with a number.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_row(
    connection: &Connection,
    batch: &ImportId,
    n: u32,
) -> Result<Option<ImportRow>, StoreError> {
    let sql = format!("{SELECT_ROW} where batch = ?1 and n = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![batch.as_str(), n], |row| Ok(read_row(row)));
    found.optional()?.transpose()
}

/// Replaces what is told of a row.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_faults(
    tx: &Tx<'_>,
    batch: &ImportId,
    n: u32,
    faults: &[RowFault],
) -> Result<(), StoreError> {
    let sql = "update import_row set faults = ?3 where batch = ?1 and n = ?2";
    tx.prepare_cached(sql)?.execute(params![
        batch.as_str(),
        n,
        column::to_json(faults, "import_row.faults")?,
    ])?;
    Ok(())
}

/// The number of a staged row that is about the same and holds on one of the same days.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn find_overlapping(
    tx: &Tx<'_>,
    batch: &ImportId,
    place: &Place,
) -> Result<Option<(u32, Place)>, StoreError> {
    let sql = "select n, place, valid_from, valid_to from import_row
               where batch = ?1 and place = ?2 and state = 'staged'
                   and (?4 is null or valid_from <= ?4)
                   and (valid_to is null or valid_to >= ?3) order by n limit 1";
    let mut query = tx.prepare_cached(sql)?;
    let (from, to) = (place.from.to_string(), place.to.map(|day| day.to_string()));
    let found = query.query_row(params![batch.as_str(), place.key, from, to], |row| {
        let n = row.get("n")?;
        Ok(place_of(row).map(|place| place.map(|place| (n, place))))
    });
    Ok(found.optional()?.transpose()?.flatten())
}

/// The rows of a batch in some states after row `after`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_rows(
    connection: &Connection,
    batch: &ImportId,
    states: &[RowState],
    after: u32,
    limit: u32,
) -> Result<Vec<ImportRow>, StoreError> {
    let sql =
        format!("{SELECT_ROW} where batch = ?1 and state = ?2 and n > ?3 order by n limit ?4");
    let mut query = connection.prepare_cached(&sql)?;
    let mut rows = Vec::new();
    for state in states {
        let key = params![batch.as_str(), state.as_str(), after, limit];
        for row in query.query_map(key, |row| Ok(read_row(row)))? {
            rows.push(row??);
        }
    }
    rows.sort_by_key(|row| row.n);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(rows)
}

/// The rows of a batch of which something was left out, after row `after`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_noted(
    connection: &Connection,
    batch: &ImportId,
    after: u32,
    limit: u32,
) -> Result<Vec<ImportRow>, StoreError> {
    let sql =
        format!("{SELECT_ROW} where batch = ?1 and n > ?2 and faults <> '[]' order by n limit ?3");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![batch.as_str(), after, limit], |row| {
        Ok(read_row(row))
    })?;
    rows.map(|row| row?).collect()
}

/// How many rows of a batch are in each state.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_rows(
    connection: &Connection,
    batch: &ImportId,
) -> Result<Vec<(RowState, u32)>, StoreError> {
    let sql = "select state, count(*) as rows from import_row where batch = ?1
               group by state order by state";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![batch.as_str()], |row| {
        let count = row.get("rows")?;
        Ok(column::word(row, "state", "import_row.state").map(|state| (state, count)))
    })?;
    rows.map(|row| row?).collect()
}

/// Notes what became of a row; its contents are kept only if it has to be corrected.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn settle_row(
    tx: &Tx<'_>,
    batch: &ImportId,
    n: u32,
    state: RowState,
    faults: &[RowFault],
) -> Result<(), StoreError> {
    let keeps = matches!(state, RowState::Failed);
    let sql = "update import_row set state = ?3, faults = ?4,
                   sealed = case when ?5 then sealed else x'' end where batch = ?1 and n = ?2";
    tx.prepare_cached(sql)?.execute(params![
        batch.as_str(),
        n,
        state.as_str(),
        column::to_json(faults, "import_row.faults")?,
        keeps,
    ])?;
    Ok(())
}

/// Takes the contents out of the rows of a batch: of those that wait for force only, or of all.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn clear_rows(tx: &Tx<'_>, batch: &ImportId, all: bool) -> Result<(), StoreError> {
    let sql = "update import_row set sealed = x'' where batch = ?1 and (?2 or state = 'staged')";
    tx.prepare_cached(sql)?
        .execute(params![batch.as_str(), all])?;
    Ok(())
}

/// The batches whose rows still hold contents.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_holding(connection: &Connection) -> Result<Vec<ImportId>, StoreError> {
    let sql = "select distinct batch from import_row where sealed <> x'' order by batch";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([], |row| Ok(column::word(row, "batch", "import_row.batch")))?;
    rows.map(|row| row?).collect()
}

/// The rows of a batch that still hold contents, after row `after`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_held_rows(
    connection: &Connection,
    batch: &ImportId,
    after: u32,
    limit: u32,
) -> Result<Vec<ImportRow>, StoreError> {
    let sql =
        format!("{SELECT_ROW} where batch = ?1 and n > ?2 and sealed <> x'' order by n limit ?3");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![batch.as_str(), after, limit];
    let rows = query.query_map(key, |row| Ok(read_row(row)))?;
    rows.map(|row| row?).collect()
}

/// Takes the contents of a row away, and says that it goes no further.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase_row(
    tx: &Tx<'_>,
    batch: &ImportId,
    n: u32,
    faults: &[RowFault],
) -> Result<(), StoreError> {
    let sql = "update import_row set sealed = x'', faults = ?3,
                   state = case when state = 'staged' then 'failed' else state end
               where batch = ?1 and n = ?2";
    let faults = column::to_json(faults, "import_row.faults")?;
    tx.prepare_cached(sql)?
        .execute(params![batch.as_str(), n, faults])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<BatchRow, StoreError> {
    let decided_at: Option<i64> = row.get("decided_at")?;
    Ok(BatchRow {
        id: column::word(row, "id", "import_batch.id")?,
        kind: row.get("kind")?,
        file_hash: column::word(row, "file_hash", "import_batch.file_hash")?,
        source: row.get("source")?,
        division: column::division(row, "division", "import_batch.division")?,
        cycle: column::optional_word(row, "cycle", "import_batch.cycle")?,
        state: column::word(row, "state", "import_batch.state")?,
        heads: column::json(row, "heads", "import_batch.heads")?,
        notes: column::json(row, "notes", "import_batch.notes")?,
        entered_by: column::word(row, "entered_by", "import_batch.entered_by")?,
        entered_at: AtMs(row.get("entered_at")?),
        decided_by: column::optional_word(row, "decided_by", "import_batch.decided_by")?,
        decided_at: decided_at.map(AtMs),
    })
}

fn read_row(row: &Row<'_>) -> Result<ImportRow, StoreError> {
    Ok(ImportRow {
        n: row.get("n")?,
        state: column::word(row, "state", "import_row.state")?,
        place: place_of(row)?,
        faults: column::json(row, "faults", "import_row.faults")?,
        sealed: row.get("sealed")?,
    })
}

fn place_of(row: &Row<'_>) -> Result<Option<Place>, StoreError> {
    let Some(key) = row.get("place")? else {
        return Ok(None);
    };
    Ok(Some(Place {
        key,
        from: column::word(row, "valid_from", "import_row.valid_from")?,
        to: column::optional_word(row, "valid_to", "import_row.valid_to")?,
    }))
}
