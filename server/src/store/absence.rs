//! Who stands in for whom, from day to day (`domain.md` G 44).

use itgel_domain::id::OfficerId;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// An absence with its deputy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AbsenceRow {
    /// Who is away.
    pub officer: OfficerId,
    /// First day.
    pub first_on: Date,
    /// Last day.
    pub last_on: Date,
    /// Who stands in.
    pub deputy: OfficerId,
    /// Who entered it.
    pub entered_by: OfficerId,
    /// When.
    pub entered_at: AtMs,
}

const SELECT: &str =
    "select officer, first_on, last_on, deputy, entered_by, entered_at from absence";

/// Enters an absence; the same again replaces its last day.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &AbsenceRow) -> Result<(), StoreError> {
    let sql = "insert into absence (officer, first_on, last_on, deputy, entered_by, entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6)
               on conflict (officer, first_on, deputy) do update set last_on = excluded.last_on,
                   entered_by = excluded.entered_by, entered_at = excluded.entered_at";
    tx.prepare_cached(sql)?.execute(params![
        row.officer.as_str(),
        row.first_on.to_string(),
        row.last_on.to_string(),
        row.deputy.as_str(),
        row.entered_by.as_str(),
        row.entered_at.0,
    ])?;
    Ok(())
}

/// Who is away on a day, with their deputies.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_on(connection: &Connection, day: Date) -> Result<Vec<AbsenceRow>, StoreError> {
    let sql = format!("{SELECT} where first_on <= ?1 and last_on >= ?1 order by officer, deputy");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![day.to_string()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// For whom an officer stands in on a day.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_deputy(
    connection: &Connection,
    deputy: &OfficerId,
    day: Date,
) -> Result<Vec<OfficerId>, StoreError> {
    let sql = "select officer from absence where deputy = ?1 and last_on >= ?2 and first_on <= ?2
               order by officer";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![deputy.as_str(), day.to_string()], |row| {
        Ok(column::word(row, "officer", "absence.officer"))
    })?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<AbsenceRow, StoreError> {
    Ok(AbsenceRow {
        officer: column::word(row, "officer", "absence.officer")?,
        first_on: column::word(row, "first_on", "absence.first_on")?,
        last_on: column::word(row, "last_on", "absence.last_on")?,
        deputy: column::word(row, "deputy", "absence.deputy")?,
        entered_by: column::word(row, "entered_by", "absence.entered_by")?,
        entered_at: AtMs(row.get("entered_at")?),
    })
}
