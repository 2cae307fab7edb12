//! Lenders with a contract, and what they asked for on each day.

use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::sync::pull::LenderItem;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A lender (农信社) and a contract with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LenderRecord {
    /// Its identifier, also its client id.
    pub id: LenderId,
    /// Its name.
    pub name: String,
    /// Its name in Mongolian; empty if none was entered.
    pub name_mn: String,
    /// First day of the contract.
    pub valid_from: Date,
    /// Last day of it, once it is known.
    pub valid_to: Option<Date>,
    /// Where the contract holds.
    pub division: DivisionCode,
    /// What the contract lets it ask for.
    pub purposes: Vec<Purpose>,
    /// Most queries on one day.
    pub daily_quota: u32,
}

impl LenderRecord {
    /// Whether its contract is in force on a day.
    #[must_use]
    pub fn is_in_force(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }

    /// What devices learn of it.
    #[must_use]
    pub fn item(&self) -> LenderItem {
        LenderItem {
            lender: self.id.clone(),
            name_zh: self.name.clone(),
            name_mn: self.name_mn.clone(),
            division: self.division,
            purposes: self.purposes.clone(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        }
    }
}

/// What a lender asked for on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayUse {
    /// Queries, answered or not.
    pub queries: u32,
    /// Those answered with "absent or not authorised".
    pub misses: u32,
}

const SELECT: &str = "select l.id, l.name, l.name_mn, c.valid_from, c.valid_to, c.division,
                          c.purposes, c.daily_quota
                      from lender l join lender_contract c on c.lender = l.id";

/// The lender with this id and its contract of a day: the one in force, or else the next to come, or
/// else the last that was.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    id: &LenderId,
    on: Date,
) -> Result<Option<LenderRecord>, StoreError> {
    let mut contracts = list_contracts(connection, id)?;
    let is_over = |one: &LenderRecord| one.valid_to.is_some_and(|to| to < on);
    Ok(match contracts.iter().position(|one| !is_over(one)) {
        Some(at) => Some(contracts.swap_remove(at)),
        None => contracts.pop(),
    })
}

/// The name of a lender.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_name(connection: &Connection, id: &LenderId) -> Result<Option<String>, StoreError> {
    let mut query = connection.prepare_cached("select name from lender where id = ?1")?;
    let found = query.query_row(params![id.as_str()], |row| row.get("name"));
    Ok(found.optional()?)
}

/// Every contract with a lender, by its first day.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_contracts(
    connection: &Connection,
    id: &LenderId,
) -> Result<Vec<LenderRecord>, StoreError> {
    let sql = format!("{SELECT} where l.id = ?1 order by c.valid_from");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![id.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Every lender that has or had a contract.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection) -> Result<Vec<LenderId>, StoreError> {
    let mut query = connection.prepare_cached("select id from lender order by id")?;
    let rows = query.query_map([], |row| Ok(column::word(row, "id", "lender.id")))?;
    rows.map(|row| row?).collect()
}

/// Writes a lender and the contract of its first day, new or changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, lender: &LenderRecord) -> Result<(), StoreError> {
    let sql = "insert into lender (id, name, name_mn) values (?1, ?2, ?3)
               on conflict (id) do update set name = excluded.name, name_mn = excluded.name_mn";
    tx.prepare_cached(sql)?
        .execute(params![lender.id.as_str(), lender.name, lender.name_mn])?;
    let sql = "insert into lender_contract (lender, valid_from, valid_to, division, purposes,
                   daily_quota)
               values (?1, ?2, ?3, ?4, ?5, ?6)
               on conflict (lender, valid_from) do update set valid_to = excluded.valid_to,
                   division = excluded.division, purposes = excluded.purposes,
                   daily_quota = excluded.daily_quota";
    let purposes: Vec<_> = lender.purposes.iter().map(|p| p.as_str()).collect();
    tx.prepare_cached(sql)?.execute(params![
        lender.id.as_str(),
        lender.valid_from.to_string(),
        lender.valid_to.map(|day| day.to_string()),
        lender.division.filled_text(),
        purposes.join(" "),
        lender.daily_quota,
    ])?;
    Ok(())
}

/// Enters a person of a lender; a known one changes nothing.
///
/// # Errors
/// [`StoreError`] of the database, also if there is no such lender or officer.
pub fn put_officer(tx: &Tx<'_>, lender: &LenderId, officer: &OfficerId) -> Result<(), StoreError> {
    let sql = "insert into lender_officer (lender, officer) values (?1, ?2)
               on conflict (lender, officer) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![lender.as_str(), officer.as_str()])?;
    Ok(())
}

/// The lender that a person works for.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn of_officer(
    connection: &Connection,
    officer: &OfficerId,
) -> Result<Option<LenderId>, StoreError> {
    let sql = "select lender from lender_officer where officer = ?1 order by lender limit 1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![officer.as_str()], |row| {
            Ok(column::word(row, "lender", "lender_officer.lender"))
        })
        .optional()?
        .transpose()
}

/// The people of a lender who still have a role at one.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_officers(connection: &Connection, lender: &LenderId) -> Result<u64, StoreError> {
    let sql = "select count(*) as many from lender_officer l
               where l.lender = ?1 and exists (
                   select 1 from role_grant g where g.officer = l.officer and g.role = ?2)";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![lender.as_str(), Role::Lender.as_str()];
    query.query_row(key, |row| {
        Ok(column::unsigned(row, "many", "lender_officer"))
    })?
}

/// What a lender asked for on `day`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn day_use(
    connection: &Connection,
    lender: &LenderId,
    day: Date,
) -> Result<DayUse, StoreError> {
    let sql = "select queries, misses from lender_day where lender = ?1 and day = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let found = query
        .query_row(params![lender.as_str(), day.to_string()], |row| {
            Ok(DayUse {
                queries: row.get(0)?,
                misses: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Counts one more query of a lender on `day`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_query(
    tx: &Tx<'_>,
    lender: &LenderId,
    day: Date,
    missed: bool,
) -> Result<(), StoreError> {
    count(tx, lender, day, 1, u32::from(missed))
}

/// Counts the households of a list that a lender got on `day`: each is a query.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_listed(
    tx: &Tx<'_>,
    lender: &LenderId,
    day: Date,
    listed: u32,
) -> Result<(), StoreError> {
    count(tx, lender, day, listed, 0)
}

fn count(
    tx: &Tx<'_>,
    lender: &LenderId,
    day: Date,
    queries: u32,
    misses: u32,
) -> Result<(), StoreError> {
    let sql = "insert into lender_day (lender, day, queries, misses) values (?1, ?2, ?3, ?4)
               on conflict (lender, day) do update set queries = queries + excluded.queries,
                   misses = misses + excluded.misses";
    let key = params![lender.as_str(), day.to_string(), queries, misses];
    tx.prepare_cached(sql)?.execute(key)?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<LenderRecord, StoreError> {
    let purposes: String = row.get("purposes")?;
    let purposes = purposes
        .split_whitespace()
        .map(|word| {
            word.parse().map_err(|_| StoreError::Corrupt {
                what: "lender_contract.purposes",
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(LenderRecord {
        id: column::word(row, "id", "lender.id")?,
        name: row.get("name")?,
        name_mn: row.get("name_mn")?,
        valid_from: column::word(row, "valid_from", "lender_contract.valid_from")?,
        valid_to: column::optional_word(row, "valid_to", "lender_contract.valid_to")?,
        division: column::division(row, "division", "lender_contract.division")?,
        purposes,
        daily_quota: row.get("daily_quota")?,
    })
}
