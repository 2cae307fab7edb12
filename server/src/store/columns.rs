//! The measured columns behind standings, in the order of campaigns and divisions.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::subject::SubjectKind;
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// The columns of one standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnsRow {
    /// The home of the subject.
    pub division: DivisionCode,
    /// Whose.
    pub subject: SubjectId,
    /// What kind of subject.
    pub kind: SubjectKind,
    /// The inputs that were measured.
    pub inputs: Hash,
    /// The pack that measured.
    pub pack: Hash,
    /// The parameter table of the inputs.
    pub parameters: Hash,
    /// [`itgel_domain::assess::Columns`] as bytes; empty if they are still to be measured.
    pub columns: Vec<u8>,
}

/// Columns of a campaign in a division behind a place, by division and subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    cycle: &CycleId,
    within: Option<DivisionCode>,
    after: Option<&(DivisionCode, SubjectId)>,
    limit: usize,
) -> Result<Vec<ColumnsRow>, StoreError> {
    let sql = "select division, subject, kind, inputs_hash, pack, parameters, columns
               from standing_columns
               where cycle = ?1 and (division, subject) > (?2, ?3) and division < ?4
               order by division, subject limit ?5";
    let (low, high) = column::range(within);
    let (division, subject) = match after {
        Some((division, subject)) => (division.filled_text(), subject.as_str()),
        None => (low, ""),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = connection.prepare_cached(sql)?;
    let key = params![cycle.as_str(), division, subject, high, limit];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// How many there are of a campaign in a division.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count(
    connection: &Connection,
    cycle: &CycleId,
    within: Option<DivisionCode>,
) -> Result<u64, StoreError> {
    let sql = "select count(*) as many from standing_columns
               where cycle = ?1 and division >= ?2 and division < ?3";
    let (low, high) = column::range(within);
    let mut query = connection.prepare_cached(sql)?;
    query.query_row(params![cycle.as_str(), low, high], |row| {
        Ok(column::unsigned(row, "many", "standing_columns.many"))
    })?
}

/// Writes the columns of a standing, new or in place of others.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, cycle: &CycleId, row: &ColumnsRow) -> Result<(), StoreError> {
    let sql = "insert into standing_columns (cycle, division, subject, kind, inputs_hash, pack,
                   parameters, columns)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               on conflict (cycle, division, subject) do update set kind = excluded.kind,
                   inputs_hash = excluded.inputs_hash, pack = excluded.pack,
                   parameters = excluded.parameters, columns = excluded.columns";
    tx.prepare_cached(sql)?.execute(params![
        cycle.as_str(),
        row.division.filled_text(),
        row.subject.as_str(),
        row.kind.as_str(),
        row.inputs.as_bytes(),
        row.pack.as_bytes(),
        row.parameters.as_bytes(),
        row.columns,
    ])?;
    Ok(())
}

/// Fills in columns that were measured meanwhile; nothing if the standing rests on other inputs by
/// now.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn fill(tx: &Tx<'_>, cycle: &CycleId, row: &ColumnsRow) -> Result<(), StoreError> {
    let sql = "update standing_columns set columns = ?5, pack = ?6, parameters = ?7
               where cycle = ?1 and division = ?2 and subject = ?3 and inputs_hash = ?4";
    tx.prepare_cached(sql)?.execute(params![
        cycle.as_str(),
        row.division.filled_text(),
        row.subject.as_str(),
        row.inputs.as_bytes(),
        row.columns,
        row.pack.as_bytes(),
        row.parameters.as_bytes(),
    ])?;
    Ok(())
}

/// Makes a place for the columns of every standing of a campaign that has none, as after a database
/// was restored; they are measured when they are needed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn add_missing(tx: &Tx<'_>, cycle: &CycleId) -> Result<(), StoreError> {
    let sql = "select count(*) as many from standing where cycle = ?1 and inputs_hash is not null";
    let mut query = tx.prepare_cached(sql)?;
    let standings = query.query_row(params![cycle.as_str()], |row| {
        Ok(column::unsigned(row, "many", "standing.many"))
    })??;
    if standings == count(tx, cycle, None)? {
        return Ok(());
    }
    let sql = "select t.division, t.subject, s.kind, t.inputs_hash
               from standing t join subject s on s.id = t.subject
               where t.cycle = ?1 and t.inputs_hash is not null and not exists (
                   select 1 from standing_columns c where c.cycle = t.cycle
                       and c.division = t.division and c.subject = t.subject)
               order by t.division, t.subject";
    let mut query = tx.prepare_cached(sql)?;
    let unknown = Hash::from_bytes([0; 32]);
    let rows = query.query_map(params![cycle.as_str()], |row| {
        Ok((|| {
            Ok(ColumnsRow {
                division: column::division(row, "division", "standing.division")?,
                subject: column::word(row, "subject", "standing.subject")?,
                kind: column::word(row, "kind", "subject.kind")?,
                inputs: column::word(row, "inputs_hash", "standing.inputs_hash")?,
                pack: unknown,
                parameters: unknown,
                columns: Vec::new(),
            })
        })())
    })?;
    for row in rows {
        let row: Result<ColumnsRow, StoreError> = row?;
        put(tx, cycle, &row?)?;
    }
    Ok(())
}

/// Deletes the columns of a standing.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete_one(
    tx: &Tx<'_>,
    cycle: &CycleId,
    division: DivisionCode,
    subject: &SubjectId,
) -> Result<(), StoreError> {
    let sql = "delete from standing_columns where cycle = ?1 and division = ?2 and subject = ?3";
    tx.prepare_cached(sql)?.execute(params![
        cycle.as_str(),
        division.filled_text(),
        subject.as_str()
    ])?;
    Ok(())
}

/// Deletes all columns of a subject, as long as its standings are there.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "delete from standing_columns where (cycle, division, subject) in (
                   select cycle, division, subject from standing where subject = ?1)";
    tx.prepare_cached(sql)?.execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ColumnsRow, StoreError> {
    Ok(ColumnsRow {
        division: column::division(row, "division", "standing_columns.division")?,
        subject: column::word(row, "subject", "standing_columns.subject")?,
        kind: column::word(row, "kind", "standing_columns.kind")?,
        inputs: column::hash(row, "inputs_hash", "standing_columns.inputs_hash")?,
        pack: column::hash(row, "pack", "standing_columns.pack")?,
        parameters: column::hash(row, "parameters", "standing_columns.parameters")?,
        columns: row.get("columns")?,
    })
}
