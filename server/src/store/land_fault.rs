//! What contradicts itself between records of land in force, as they were resolved last: a list
//! for the keepers of the registers, never a base of a grade.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::land::{Fault, FaultKind};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// What a contradiction is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LandObject {
    /// The plot with this number.
    Plot(String),
    /// The joint-herd group with this number.
    Group(String),
}

impl LandObject {
    const fn word(&self) -> &'static str {
        match self {
            Self::Plot(_) => "plot",
            Self::Group(_) => "group",
        }
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> &str {
        match self {
            Self::Plot(number) | Self::Group(number) => number,
        }
    }
}

/// A contradiction as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRow {
    /// Its identifier: the same contradiction has the same.
    pub id: Hash,
    /// Whose registrar keeps the plot or group.
    pub division: DivisionCode,
    /// What it says.
    pub fault: Fault,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By the number of the plot or group.
    #[default]
    Number,
    /// What began last first.
    Newest,
}

/// Which contradictions to read.
#[derive(Debug, Clone)]
pub struct Filter<'a> {
    /// Kept in this division.
    pub division: DivisionCode,
    /// Those that hold on this day or later.
    pub on: Date,
    /// Only of this kind.
    pub kind: Option<FaultKind>,
    /// Only with this in the number of the plot, group or a contract.
    pub search: Option<&'a str>,
    /// In which order.
    pub order: Order,
    /// After this one.
    pub after: Option<&'a Hash>,
    /// Most rows.
    pub limit: u32,
}

/// Writes what is wrong with a plot or group now, in the place of what was before.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn replace(
    tx: &Tx<'_>,
    banner: DivisionCode,
    object: &LandObject,
    rows: &[FaultRow],
) -> Result<(), StoreError> {
    let place = params![banner.filled_text(), object.word(), object.number()];
    tx.prepare_cached("delete from land_fault where banner = ?1 and object = ?2 and about = ?3")?
        .execute(place)?;
    let sql = "insert into land_fault (id, banner, object, about, division, kind, contracts,
                   valid_from, valid_to)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (id) do nothing";
    let mut insert = tx.prepare_cached(sql)?;
    for row in rows {
        let fault = &row.fault;
        insert.execute(params![
            row.id.to_string(),
            banner.filled_text(),
            object.word(),
            object.number(),
            row.division.filled_text(),
            fault.kind.as_str(),
            column::to_json(&fault.contracts, "land_fault.contracts")?,
            fault.from.to_string(),
            fault.to.map(|day| day.to_string()),
        ])?;
    }
    Ok(())
}

/// The contradictions of a filter.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, filter: &Filter<'_>) -> Result<Vec<FaultRow>, StoreError> {
    let (order, beyond) = match filter.order {
        Order::Number => ("about, id", "(about, id) > (?6, ?7)"),
        Order::Newest => (
            "valid_from desc, id",
            "(valid_from < ?6 or (valid_from = ?6 and id > ?7))",
        ),
    };
    let sql = format!(
        "select id, about, division, kind, contracts, valid_from, valid_to from land_fault
         where division >= ?1 and division < ?2 and (valid_to is null or valid_to >= ?3)
             and (?4 is null or kind = ?4)
             and (?5 is null or about like ?5 escape '!' or contracts like ?5 escape '!')
             and (?7 is null or {beyond}) order by {order} limit ?8"
    );
    let after = match filter.after {
        Some(id) => place_of(connection, id, filter.order)?,
        None => None,
    };
    let (place, id) = after.unzip();
    let (low, high) = filter.division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_map(
        params![
            low,
            high,
            filter.on.to_string(),
            filter.kind.map(FaultKind::as_str),
            filter.search.map(holding),
            place,
            id,
            filter.limit
        ],
        |row| Ok(read(row)),
    )?;
    found.map(|row| row?).collect()
}

/// Where a row stands in an order.
fn place_of(
    connection: &Connection,
    id: &Hash,
    order: Order,
) -> Result<Option<(String, String)>, StoreError> {
    let sql = match order {
        Order::Number => "select about, id from land_fault where id = ?1",
        Order::Newest => "select valid_from, id from land_fault where id = ?1",
    };
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![id.to_string()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    });
    Ok(found.optional()?)
}

/// The pattern of texts that hold `part`, taken literally.
fn holding(part: &str) -> String {
    let literal = part
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_");
    format!("%{literal}%")
}

fn read(row: &Row<'_>) -> Result<FaultRow, StoreError> {
    Ok(FaultRow {
        id: column::word(row, "id", "land_fault.id")?,
        division: column::division(row, "division", "land_fault.division")?,
        fault: Fault {
            kind: column::word(row, "kind", "land_fault.kind")?,
            about: row.get("about")?,
            contracts: column::json(row, "contracts", "land_fault.contracts")?,
            from: column::word(row, "valid_from", "land_fault.valid_from")?,
            to: column::optional_word(row, "valid_to", "land_fault.valid_to")?,
        },
    })
}
