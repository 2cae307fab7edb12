//! The register of divisions.

use itgel_domain::division::succession::Succession;
use itgel_domain::division::{Division, DivisionCode, DivisionLevel};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// The division as it is called on `day`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    code: DivisionCode,
    day: Date,
) -> Result<Option<Division>, StoreError> {
    let sql = "select code, kind, name, name_mn, civil_code, valid_from, valid_to from division
               where code = ?1 and valid_from <= ?2 and (valid_to is null or valid_to >= ?2)
               order by valid_from desc limit 1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![code.filled_text(), day.to_string()], |row| {
        Ok(read(row))
    });
    found.optional()?.transpose()
}

/// The divisions of `level` that lie in `within` and are valid on `day`, by code.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    within: DivisionCode,
    level: DivisionLevel,
    day: Date,
) -> Result<Vec<Division>, StoreError> {
    let sql = "select code, kind, name, name_mn, civil_code, valid_from, valid_to from division
               where code >= ?1 and code < ?2 and valid_from <= ?3
                   and (valid_to is null or valid_to >= ?3)
               order by code, valid_from";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![low, high, day.to_string()], |row| Ok(read(row)))?;
    let all = rows
        .map(|row| row?)
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(all
        .into_iter()
        .filter(|division| division.code.level() == level)
        .collect())
}

/// All divisions of `level` that are valid on `day`, by code.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_level(
    connection: &Connection,
    level: DivisionLevel,
    day: Date,
) -> Result<Vec<Division>, StoreError> {
    let sql = "select code, kind, name, name_mn, civil_code, valid_from, valid_to from division
               where valid_from <= ?1 and (valid_to is null or valid_to >= ?1)
               order by code, valid_from";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![day.to_string()], |row| Ok(read(row)))?;
    let all = rows
        .map(|row| row?)
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(all
        .into_iter()
        .filter(|division| division.code.level() == level)
        .collect())
}

/// The codes of `level` in `within` that were ever valid: what was entered under an old code is
/// still there.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_any_day(
    connection: &Connection,
    within: DivisionCode,
    level: DivisionLevel,
) -> Result<Vec<DivisionCode>, StoreError> {
    let sql = "select distinct code from division where code >= ?1 and code < ?2 order by code";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![low, high], |row| {
        Ok(column::division(row, "code", "division.code"))
    })?;
    let all = rows
        .map(|row| row?)
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(all
        .into_iter()
        .filter(|code| code.level() == level)
        .collect())
}

/// Writes a division, new or changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, division: &Division) -> Result<(), StoreError> {
    let sql = "insert into division (code, valid_from, valid_to, kind, name, name_mn, civil_code)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               on conflict (code, valid_from) do update set valid_to = excluded.valid_to,
                   kind = excluded.kind, name = excluded.name, name_mn = excluded.name_mn,
                   civil_code = excluded.civil_code";
    tx.prepare_cached(sql)?.execute(params![
        division.code.filled_text(),
        division.valid_from.to_string(),
        division.valid_to.map(|day| day.to_string()),
        column::to_json(&division.kind, "division.kind")?,
        division.name,
        division.name_mn,
        division.civil_code.map(|code| code.to_string()),
    ])?;
    Ok(())
}

/// Every row of a division, the oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_history(
    connection: &Connection,
    code: DivisionCode,
) -> Result<Vec<Division>, StoreError> {
    let sql = "select code, kind, name, name_mn, civil_code, valid_from, valid_to from division
               where code = ?1 order by valid_from";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![code.filled_text()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The edges from and into a division, by day.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_successions(
    connection: &Connection,
    code: DivisionCode,
) -> Result<Vec<Succession>, StoreError> {
    let sql = format!("{EDGES} where predecessor = ?1 or successor = ?1 {BY_DAY}");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![code.filled_text()], |row| Ok(read_edge(row)))?;
    rows.map(|row| row?).collect()
}

/// All edges, by day: a few hundred in a league in ten years.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_all_successions(connection: &Connection) -> Result<Vec<Succession>, StoreError> {
    let sql = format!("{EDGES} {BY_DAY}");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map([], |row| Ok(read_edge(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes an edge; one that is known stays as it was entered.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_succession(
    tx: &Tx<'_>,
    edge: &Succession,
    source: &str,
    entered_by: &str,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into division_succession (predecessor, successor, starts_on, kind, source,
                   entered_by, entered_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               on conflict (predecessor, successor, starts_on) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        edge.from.filled_text(),
        edge.into.filled_text(),
        edge.on.to_string(),
        edge.kind.as_str(),
        source,
        entered_by,
        at.0,
    ])?;
    Ok(())
}

const EDGES: &str = "select predecessor, successor, starts_on, kind from division_succession";
const BY_DAY: &str = "order by starts_on, predecessor, successor";

fn read_edge(row: &Row<'_>) -> Result<Succession, StoreError> {
    Ok(Succession {
        from: column::division(row, "predecessor", "division_succession.predecessor")?,
        into: column::division(row, "successor", "division_succession.successor")?,
        on: column::word(row, "starts_on", "division_succession.starts_on")?,
        kind: column::word(row, "kind", "division_succession.kind")?,
    })
}

fn read(row: &Row<'_>) -> Result<Division, StoreError> {
    Ok(Division {
        code: column::division(row, "code", "division.code")?,
        kind: column::json(row, "kind", "division.kind")?,
        name: row.get("name")?,
        name_mn: row.get("name_mn")?,
        civil_code: column::optional_word(row, "civil_code", "division.civil_code")?,
        valid_from: column::word(row, "valid_from", "division.valid_from")?,
        valid_to: column::optional_word(row, "valid_to", "division.valid_to")?,
    })
}
