//! Ledgers that come as a table of officials: the rows take effect one by one and form a ledger
//! for each lender, banner and month of the table, which comes into force with its last row.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{ImportId, LedgerId, LenderId, OfficerId};
use itgel_domain::ledger::{AmountUnit, LoanEntry, Month, UnitTally};
use itgel_domain::time::AtMs;

use super::enter::{Taking, put_into_force};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::ledger::{LedgerRow, LedgerState};
use crate::store::{self, Tx};

/// What a row of a table belongs to.
#[derive(Debug, Clone)]
pub struct TableLedger<'a> {
    /// The batch of the table.
    pub batch: &'a ImportId,
    /// Who lends.
    pub lender: LenderId,
    /// The banner.
    pub division: DivisionCode,
    /// The month.
    pub month: Month,
    /// The document.
    pub source: &'a str,
    /// Who entered the table.
    pub entered_by: &'a OfficerId,
}

/// Takes one row of a table that was checked already and was ordered into force; `false` if it
/// was taken before.
///
/// # Errors
/// [`ErrorCode::LedgerDuplicate`] and the codes of [`LoanEntry::faults`]; [`ServiceError`] of the
/// database.
pub fn enter_of_table(
    service: &Service,
    tx: &Tx<'_>,
    table: &TableLedger<'_>,
    n: u32,
    entry: &LoanEntry,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let id = identifier(table);
    let row = match store::ledger::get(tx, &id)? {
        Some(row) => row,
        None => begin(tx, table, id, now)?,
    };
    let before = row.lines;
    let mut taking = Taking::of(service, tx, row);
    taking.take(n, entry)?;
    let (entered, lines) = taking.close()?;
    match entered.faults.into_iter().next() {
        Some(fault) => Err(ServiceError::Refused {
            code: fault.violation.code,
            violations: vec![fault.violation],
        }),
        None => Ok(lines > before),
    }
}

/// Puts the ledgers of a table into force.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn activate_of_table(
    tx: &Tx<'_>,
    batch: &ImportId,
    decided_by: &OfficerId,
    now: AtMs,
) -> Result<(), ServiceError> {
    for row in store::ledger::list_of_batch(tx, batch)? {
        if row.state == LedgerState::Open {
            put_into_force(tx, row, decided_by, now)?;
        }
    }
    Ok(())
}

fn begin(
    tx: &Tx<'_>,
    table: &TableLedger<'_>,
    id: LedgerId,
    now: AtMs,
) -> Result<LedgerRow, ServiceError> {
    store::lender::get(tx, &table.lender, now.on())?.ok_or(ErrorCode::LenderUnknown)?;
    let row = LedgerRow {
        id,
        lender: table.lender.clone(),
        division: table.division,
        month: table.month,
        state: LedgerState::Open,
        unit: AmountUnit::Yuan,
        source: table.source.to_owned(),
        batch: Some(table.batch.clone()),
        lines: 0,
        refused: 0,
        tally: UnitTally::default(),
        digest: Hash::of("itgel.ledger.v1", &[]),
        entered_by: table.entered_by.clone(),
        entered_at: now,
        decided_by: None,
        decided_at: None,
    };
    store::ledger::put(tx, &row)?;
    Ok(row)
}

/// The same table gives the same ledgers, whatever row comes first.
fn identifier(table: &TableLedger<'_>) -> LedgerId {
    let (division, month) = (table.division.to_string(), table.month.to_string());
    let parts: [&[u8]; 4] = [
        table.batch.as_str().as_bytes(),
        table.lender.as_str().as_bytes(),
        division.as_bytes(),
        month.as_bytes(),
    ];
    let hash = Hash::of("itgel.ledger.table.v1", &parts);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_bytes()[..16]);
    LedgerId::from_random(id)
}
