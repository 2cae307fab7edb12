//! Ledgers of lenders: one row for a lender, a banner and a month, and which lenders are expected
//! to report.

use std::str::FromStr;

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{ImportId, LedgerId, LenderId, OfficerId};
use itgel_domain::ledger::{AmountUnit, Month, UnitTally};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// How far a ledger has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerState {
    /// It takes rows.
    Open,
    /// It is complete and waits for the second person.
    Proposed,
    /// It is in force.
    Active,
    /// Another one of the same month took its place.
    Replaced,
    /// The second person refused it.
    Rejected,
}

/// A ledger as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Its identifier.
    pub id: LedgerId,
    /// Who lends.
    pub lender: LenderId,
    /// The banner.
    pub division: DivisionCode,
    /// The month.
    pub month: Month,
    /// How far it has come.
    pub state: LedgerState,
    /// The unit of its amounts.
    pub unit: AmountUnit,
    /// The document it comes from.
    pub source: String,
    /// The batch of the table that it came as, if it did.
    pub batch: Option<ImportId>,
    /// Rows taken.
    pub lines: u64,
    /// Rows refused.
    pub refused: u64,
    /// Sizes of its amounts.
    pub tally: UnitTally,
    /// Of its rows in the order in which they came.
    pub digest: Hash,
    /// Who entered it.
    pub entered_by: OfficerId,
    /// When.
    pub entered_at: AtMs,
    /// Who put it into force or refused it.
    pub decided_by: Option<OfficerId>,
    /// When.
    pub decided_at: Option<AtMs>,
}

/// A lender's duty to report for a banner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerDuty {
    /// The lender.
    pub lender: LenderId,
    /// The banner.
    pub division: DivisionCode,
    /// First month.
    pub from_month: Month,
    /// Last month; open if absent.
    pub to_month: Option<Month>,
    /// Days after the last day of the month.
    pub due_days: u32,
    /// The contract or document that says so.
    pub source: String,
}

impl LedgerState {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Proposed => "proposed",
            Self::Active => "active",
            Self::Replaced => "replaced",
            Self::Rejected => "rejected",
        }
    }
}

impl FromStr for LedgerState {
    type Err = StoreError;

    fn from_str(word: &str) -> Result<Self, StoreError> {
        let all = [
            Self::Open,
            Self::Proposed,
            Self::Active,
            Self::Replaced,
            Self::Rejected,
        ];
        all.into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(StoreError::Corrupt {
                what: "ledger.state",
            })
    }
}

const SELECT: &str = "select id, lender, division, month, state, unit, source, lines, refused,
                          tally, digest, entered_by, entered_at, decided_by, decided_at,
                          batch
                      from ledger";

/// Writes a ledger, new or changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &LedgerRow) -> Result<(), StoreError> {
    let sql = "insert into ledger (id, lender, division, month, state, unit, source, lines,
                   refused, tally, digest, entered_by, entered_at, decided_by, decided_at, batch)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
               on conflict (id) do update set state = excluded.state, lines = excluded.lines,
                   refused = excluded.refused, tally = excluded.tally, digest = excluded.digest,
                   decided_by = excluded.decided_by, decided_at = excluded.decided_at";
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.lender.as_str(),
        row.division.filled_text(),
        row.month.to_string(),
        row.state.as_str(),
        row.unit.as_str(),
        row.source,
        column::signed(row.lines),
        column::signed(row.refused),
        column::to_json(&row.tally, "ledger.tally")?,
        row.digest.to_string(),
        row.entered_by.as_str(),
        row.entered_at.0,
        row.decided_by.as_ref().map(OfficerId::as_str),
        row.decided_at.map(|at| at.0),
        row.batch.as_ref().map(ImportId::as_str),
    ])?;
    Ok(())
}

/// The ledgers that came as one table, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_batch(
    connection: &Connection,
    batch: &ImportId,
) -> Result<Vec<LedgerRow>, StoreError> {
    let sql = format!("{SELECT} where batch = ?1 order by id");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![batch.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The ledger with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &LedgerId) -> Result<Option<LedgerRow>, StoreError> {
    let sql = format!("{SELECT} where id = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The ledgers of a lender for a month of a banner that are in `state`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_month(
    connection: &Connection,
    of: &LedgerRow,
    state: LedgerState,
) -> Result<Vec<LedgerRow>, StoreError> {
    let sql = format!(
        "{SELECT} where lender = ?1 and division = ?2 and month = ?3 and state = ?4 order by id"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![
        of.lender.as_str(),
        of.division.filled_text(),
        of.month.to_string(),
        state.as_str()
    ];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The ledgers for a banner, of one lender or of all, the newest month first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    banner: DivisionCode,
    lender: Option<&LenderId>,
    limit: u32,
) -> Result<Vec<LedgerRow>, StoreError> {
    let sql = format!(
        "{SELECT} where division = ?1 and (?2 is null or lender = ?2)
         order by month desc, entered_at desc, id limit ?3"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![banner.filled_text(), lender.map(LenderId::as_str), limit];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// First and last month in force for a banner.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn months_in_force(
    connection: &Connection,
    banner: DivisionCode,
) -> Result<Option<(Month, Month)>, StoreError> {
    let sql = "select min(month) as first, max(month) as last from ledger
               where division = ?1 and state = 'active'";
    let mut query = connection.prepare_cached(sql)?;
    query.query_row(params![banner.filled_text()], |row| {
        Ok((|| {
            let first: Option<Month> = column::optional_word(row, "first", "ledger.month")?;
            let last: Option<Month> = column::optional_word(row, "last", "ledger.month")?;
            Ok(first.zip(last))
        })())
    })?
}

/// The last month of a lender that is in force for a banner.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn last_month_of(
    connection: &Connection,
    lender: &LenderId,
    banner: DivisionCode,
) -> Result<Option<Month>, StoreError> {
    let sql = "select max(month) as last from ledger
               where lender = ?1 and division = ?2 and state = 'active'";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![lender.as_str(), banner.filled_text()];
    query.query_row(key, |row| {
        Ok(column::optional_word(row, "last", "ledger.month"))
    })?
}

/// Writes a duty, new or changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_duty(
    tx: &Tx<'_>,
    duty: &LedgerDuty,
    entered_by: &str,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into ledger_duty (lender, division, from_month, to_month, due_days, source,
                   entered_by, entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               on conflict (lender, division, from_month) do update set
                   to_month = excluded.to_month, due_days = excluded.due_days,
                   source = excluded.source, entered_by = excluded.entered_by,
                   entered_at = excluded.entered_at";
    tx.prepare_cached(sql)?.execute(params![
        duty.lender.as_str(),
        duty.division.filled_text(),
        duty.from_month.to_string(),
        duty.to_month.map(|month| month.to_string()),
        duty.due_days,
        duty.source,
        entered_by,
        at.0,
    ])?;
    Ok(())
}

/// The duties for a banner, by lender.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_duties(
    connection: &Connection,
    banner: DivisionCode,
) -> Result<Vec<LedgerDuty>, StoreError> {
    let sql = "select lender, division, from_month, to_month, due_days, source from ledger_duty
               where division = ?1 order by lender, from_month";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![banner.filled_text()], |row| {
        Ok((|| {
            Ok(LedgerDuty {
                lender: column::word(row, "lender", "ledger_duty.lender")?,
                division: column::division(row, "division", "ledger_duty.division")?,
                from_month: column::word(row, "from_month", "ledger_duty.from_month")?,
                to_month: column::optional_word(row, "to_month", "ledger_duty.to_month")?,
                due_days: row.get("due_days")?,
                source: row.get("source")?,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<LedgerRow, StoreError> {
    let decided_at: Option<i64> = row.get("decided_at")?;
    Ok(LedgerRow {
        id: column::word(row, "id", "ledger.id")?,
        lender: column::word(row, "lender", "ledger.lender")?,
        division: column::division(row, "division", "ledger.division")?,
        month: column::word(row, "month", "ledger.month")?,
        state: column::word(row, "state", "ledger.state")?,
        unit: column::word(row, "unit", "ledger.unit")?,
        source: row.get("source")?,
        batch: column::optional_word(row, "batch", "ledger.batch")?,
        lines: column::unsigned(row, "lines", "ledger.lines")?,
        refused: column::unsigned(row, "refused", "ledger.refused")?,
        tally: column::json(row, "tally", "ledger.tally")?,
        digest: column::word(row, "digest", "ledger.digest")?,
        entered_by: column::word(row, "entered_by", "ledger.entered_by")?,
        entered_at: AtMs(row.get("entered_at")?),
        decided_by: column::optional_word(row, "decided_by", "ledger.decided_by")?,
        decided_at: decided_at.map(AtMs),
    })
}
