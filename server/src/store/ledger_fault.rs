//! What of a ledger came to nothing: rows that were refused, and rows that count for nobody.

use itgel_domain::error::Violation;
use itgel_domain::id::LedgerId;
use rusqlite::{Connection, params};

use super::{StoreError, Tx, column};

/// A row that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FaultRow {
    /// The row as the lender counts.
    pub n: u32,
    /// The column (`field`), the code and the figures of the rule (`args`).
    #[schema(value_type = Object)]
    pub violation: Violation,
}

/// A line that no subject is known for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct UnmatchedRow {
    /// The row as the lender counts.
    pub n: u32,
    /// `unknown`: nobody on file has the number; `other_member`: neither head nor spouse has.
    #[schema(value_type = String)]
    pub reason: Unmatched,
}

/// Why a line counts for nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// Nobody on file has the borrower's number.
    Unknown,
    /// The borrower is on file, neither as head or spouse nor as an organisation.
    OtherMember,
}

/// Keeps why a row was refused.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, ledger: &LedgerId, fault: &FaultRow) -> Result<(), StoreError> {
    let sql = "insert into ledger_fault (ledger, n, field, code, args)
               values (?1, ?2, ?3, ?4, ?5) on conflict (ledger, n, field, code) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        ledger.as_str(),
        fault.n,
        fault.violation.field,
        fault.violation.code.as_str(),
        column::to_json(&fault.violation.args, "ledger_fault.args")?,
    ])?;
    Ok(())
}

/// Forgets why a row was refused, once it was corrected; `false` if it was not refused.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, ledger: &LedgerId, n: u32) -> Result<bool, StoreError> {
    let sql = "delete from ledger_fault where ledger = ?1 and n = ?2";
    Ok(tx
        .prepare_cached(sql)?
        .execute(params![ledger.as_str(), n])?
        > 0)
}

/// Whether a row of a ledger was refused before.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_refused(connection: &Connection, ledger: &LedgerId, n: u32) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from ledger_fault where ledger = ?1 and n = ?2)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![ledger.as_str(), n], |row| row.get(0))?)
}

/// The rows of a ledger behind `after` that were refused, at most `limit`, each with all its
/// faults.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    ledger: &LedgerId,
    after: u32,
    limit: u32,
) -> Result<Vec<FaultRow>, StoreError> {
    let sql = "select n, field, code, args from ledger_fault
               where ledger = ?1 and n in (
                   select distinct n from ledger_fault where ledger = ?1 and n > ?2
                   order by n limit ?3)
               order by n, field, code";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![ledger.as_str(), after, limit], |row| {
        Ok((|| {
            Ok(FaultRow {
                n: row.get("n")?,
                violation: Violation {
                    field: row.get("field")?,
                    code: column::word(row, "code", "ledger_fault.code")?,
                    args: column::json(row, "args", "ledger_fault.args")?,
                },
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The rows of a ledger behind `after` that count for nobody.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_unmatched(
    connection: &Connection,
    ledger: &LedgerId,
    after: u32,
    limit: u32,
) -> Result<Vec<UnmatchedRow>, StoreError> {
    let sql = "select l.n, exists (select 1 from party p where p.blind = l.borrower) as known
               from loan_line l
               where l.ledger = ?1 and l.n > ?2 and not exists (
                   select 1 from party p where p.blind = l.borrower and p.borrows = 1)
               order by l.n limit ?3";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![ledger.as_str(), after, limit], |row| {
        let reason = match row.get("known")? {
            true => Unmatched::OtherMember,
            false => Unmatched::Unknown,
        };
        let n = row.get("n")?;
        Ok(UnmatchedRow { n, reason })
    })?;
    rows.map(|row| Ok(row?)).collect()
}

/// How many rows of a ledger count for nobody.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_unmatched(connection: &Connection, ledger: &LedgerId) -> Result<u64, StoreError> {
    let sql = "select count(*) as many from loan_line l where l.ledger = ?1 and not exists (
                   select 1 from party p where p.blind = l.borrower and p.borrows = 1)";
    let mut query = connection.prepare_cached(sql)?;
    query.query_row(params![ledger.as_str()], |row| {
        Ok(column::unsigned(row, "many", "loan_line.many"))
    })?
}
