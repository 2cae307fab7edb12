//! Campaigns.

use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::CycleId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// The campaign with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &CycleId) -> Result<Option<Cycle>, StoreError> {
    let sql = "select id, banner, kind, name, opens_on, closes_on from cycle where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![id.as_str()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The campaign that opened last, of any banner.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn newest(connection: &Connection) -> Result<Option<Cycle>, StoreError> {
    let sql = "select id, banner, kind, name, opens_on, closes_on from cycle
               order by opens_on desc, id desc limit 1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row([], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The campaigns of a banner, the newest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, banner: DivisionCode) -> Result<Vec<Cycle>, StoreError> {
    let sql = "select id, banner, kind, name, opens_on, closes_on from cycle
               where banner = ?1 order by opens_on desc, id desc limit 200";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_map(params![banner.filled_text()], |row| Ok(read(row)))?
        .map(|row| row?)
        .collect()
}

/// Writes a campaign, new or changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, cycle: &Cycle) -> Result<(), StoreError> {
    let sql = "insert into cycle (id, banner, kind, name, opens_on, closes_on)
               values (?1, ?2, ?3, ?4, ?5, ?6)
               on conflict (id) do update set name = excluded.name,
                   opens_on = excluded.opens_on, closes_on = excluded.closes_on";
    tx.prepare_cached(sql)?.execute(params![
        cycle.id.as_str(),
        cycle.banner.filled_text(),
        cycle.kind.as_str(),
        cycle.name,
        cycle.opens_on.to_string(),
        cycle.closes_on.to_string(),
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Cycle, StoreError> {
    Ok(Cycle {
        id: column::word(row, "id", "cycle.id")?,
        banner: column::division(row, "banner", "cycle.banner")?,
        kind: column::word(row, "kind", "cycle.kind")?,
        name: row.get("name")?,
        opens_on: column::word(row, "opens_on", "cycle.opens_on")?,
        closes_on: column::word(row, "closes_on", "cycle.closes_on")?,
    })
}
