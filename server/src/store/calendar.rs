//! The national holiday calendar, one row a year.

use itgel_domain::case::calendar::HolidayCalendar;
use itgel_domain::hash::Hash;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::{StoreError, Tx, column};

const WHAT: &str = "calendar.content";

/// Every year that was entered.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection) -> Result<HolidayCalendar, StoreError> {
    let mut query = connection.prepare_cached("select content from calendar order by year")?;
    let rows = query.query_map([], |row| {
        Ok(column::json::<Map<String, Value>>(row, "content", WHAT))
    })?;
    let mut years = Map::new();
    for row in rows {
        years.extend(row??);
    }
    serde_json::from_value(Value::Object(years)).map_err(|_| StoreError::Corrupt { what: WHAT })
}

/// Writes the years of a calendar file; a year that is there already is replaced.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    calendar: &HolidayCalendar,
    source: &Hash,
    entered_at: AtMs,
) -> Result<(), StoreError> {
    let corrupt = || StoreError::Corrupt { what: WHAT };
    let Ok(Value::Object(years)) = serde_json::to_value(calendar) else {
        return Err(corrupt());
    };
    let sql = "insert into calendar (year, content, source, entered_at) values (?1, ?2, ?3, ?4)
               on conflict (year) do update set content = excluded.content,
                   source = excluded.source, entered_at = excluded.entered_at";
    let mut put = tx.prepare_cached(sql)?;
    for (year, days) in years {
        let number: i64 = year.parse().map_err(|_| corrupt())?;
        let content = Value::Object(Map::from_iter([(year, days)])).to_string();
        put.execute(params![number, content, source.to_string(), entered_at.0])?;
    }
    Ok(())
}
