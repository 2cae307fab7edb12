//! Taking a ledger in, page by page, and deciding about it.

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{LedgerId, OfficerId};
use itgel_domain::ledger::{LoanEntry, UnitTally};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::time::AtMs;

use super::{NewLedger, NumberedForm, allow, banner, enqueue};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::ledger::{LedgerRow, LedgerState};
use crate::store::ledger_fault::FaultRow;
use crate::store::loan::NewLine;
use crate::store::{self, Tx};

/// Most rows of one page.
pub const MAX_PAGE: usize = 500;

/// A row that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedEntry {
    /// The row as the lender counts, from 1.
    pub n: u32,
    /// What it says.
    pub entry: LoanEntry,
}

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, utoipa::ToSchema)]
pub struct Entered {
    /// Rows taken, also before.
    pub taken: usize,
    /// Rows refused, with all their faults.
    pub faults: Vec<FaultRow>,
}

/// Opens the ledger of a lender for a month. One of the same month that is not in force yet is
/// given up for it.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ErrorCode::LenderUnknown`] for one
/// without a contract for the banner; [`ErrorCode::DivisionInvalid`] if the division is no banner;
/// [`ErrorCode::LedgerMonth`] before the month has ended; [`ServiceError`] of the database.
pub fn open(
    tx: &Tx<'_>,
    actor: &Actor,
    new: &NewLedger,
    now: AtMs,
) -> Result<LedgerId, ServiceError> {
    let division = banner(new.division)?;
    let lender = new.lender.clone().or_else(|| actor.lender.clone());
    let lender = lender.ok_or(ErrorCode::LenderUnknown)?;
    allow(actor, division, Some(&lender))?;
    let contract = store::lender::get(tx, &lender, now.on())?;
    contract
        .filter(|contract| contract.division.contains(division))
        .ok_or(ErrorCode::LenderUnknown)?;
    if new.month.last_day() >= now.on() {
        return Err(ErrorCode::LedgerMonth.into());
    }
    let row = LedgerRow {
        id: LedgerId::from_random(random()?),
        lender,
        division,
        month: new.month,
        state: LedgerState::Open,
        unit: new.unit,
        source: new.source.clone(),
        batch: None,
        lines: 0,
        refused: 0,
        tally: UnitTally::default(),
        digest: Hash::of("itgel.ledger.v1", &[]),
        entered_by: actor.officer.clone(),
        entered_at: now,
        decided_by: None,
        decided_at: None,
    };
    for state in [LedgerState::Open, LedgerState::Proposed] {
        let given_up = store::ledger::list_of_month(tx, &row, state)?;
        // A table on its way into force was decided about already.
        for before in given_up.into_iter().filter(|before| before.batch.is_none()) {
            set_state(tx, before, LedgerState::Replaced, &actor.officer, now)?;
        }
    }
    store::ledger::put(tx, &row)?;
    note(tx, &row, &actor.officer, "ledger.opened", now)?;
    Ok(row.id)
}

/// Takes a page of rows as they are written; see [`enter`].
///
/// # Errors
/// As for [`enter`].
pub fn enter_forms(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &LedgerId,
    page: &[NumberedForm],
) -> Result<Entered, ServiceError> {
    let mut taking = Taking::open(service, tx, actor, id, page.len())?;
    for form in page {
        match form.row.read(taking.row.unit) {
            Ok(entry) => taking.take(form.n, &entry)?,
            Err(faults) => taking.refuse(form.n, faults)?,
        }
    }
    Ok(taking.close()?.0)
}

/// Takes a page of rows. Each bad row is refused with all its faults and takes no other with it;
/// the same page again changes nothing.
///
/// # Errors
/// [`ErrorCode::LedgerUnknown`]; [`ErrorCode::LedgerState`] if it takes no more rows;
/// [`ErrorCode::RequestTooLarge`] for more than [`MAX_PAGE`] rows; [`ServiceError`] of the database.
pub fn enter(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &LedgerId,
    page: &[NumberedEntry],
) -> Result<Entered, ServiceError> {
    let mut taking = Taking::open(service, tx, actor, id, page.len())?;
    for NumberedEntry { n, entry } in page {
        taking.take(*n, entry)?;
    }
    Ok(taking.close()?.0)
}

/// Says that a ledger is complete. It waits for a second person from now on; one that says what
/// is in force for its month already changes nothing and is given up.
///
/// # Errors
/// [`ErrorCode::LedgerUnknown`]; [`ErrorCode::LedgerState`]; [`ErrorCode::LedgerUnit`] if most of
/// its amounts are implausible in its unit: it is refused as a whole (`domain.md` G 60);
/// [`ServiceError`] of the database.
pub fn propose(
    tx: &Tx<'_>,
    actor: &Actor,
    id: &LedgerId,
    now: AtMs,
) -> Result<LedgerState, ServiceError> {
    let row = find(tx, id)?;
    allow(actor, row.division, Some(&row.lender))?;
    if row.state != LedgerState::Open {
        return Err(ErrorCode::LedgerState.into());
    }
    if let Some(doubt) = row.tally.doubt() {
        let violation = Violation::new("unit", ErrorCode::LedgerUnit).with("doubt", doubt);
        return Err(ServiceError::Refused {
            code: ErrorCode::LedgerUnit,
            violations: vec![violation],
        });
    }
    let active = store::ledger::list_of_month(tx, &row, LedgerState::Active)?;
    let is_known = |before: &LedgerRow| before.digest == row.digest;
    let state = match active.iter().any(is_known) {
        true => LedgerState::Replaced,
        false => LedgerState::Proposed,
    };
    set_state(tx, row, state, &actor.officer, now)?;
    Ok(state)
}

/// Puts a ledger into force: it takes the place of what the lender reported for the month before,
/// and is brought to its subjects by a job.
///
/// # Errors
/// [`ErrorCode::LedgerUnknown`]; [`ErrorCode::NotAllowed`], [`ErrorCode::ScopeOutside`] or
/// [`ErrorCode::SecondPerson`] for whoever entered it; [`ErrorCode::LedgerState`];
/// [`ServiceError`] of the database.
pub fn activate(tx: &Tx<'_>, actor: &Actor, id: &LedgerId, now: AtMs) -> Result<(), ServiceError> {
    let row = decidable(tx, actor, id, &[LedgerState::Proposed])?;
    put_into_force(tx, row, &actor.officer, now)
}

/// Lets a ledger take the place of what was in force for its month.
pub(super) fn put_into_force(
    tx: &Tx<'_>,
    row: LedgerRow,
    officer: &OfficerId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let banner = row.division;
    for before in store::ledger::list_of_month(tx, &row, LedgerState::Active)? {
        if before.digest == row.digest {
            return set_state(tx, row, LedgerState::Replaced, officer, now);
        }
        store::ledger_mark::mark_subjects(tx, &before.id, banner)?;
        set_state(tx, before, LedgerState::Replaced, officer, now)?;
    }
    store::ledger_mark::mark_subjects(tx, &row.id, banner)?;
    store::log::leaf(tx, LeafKind::Rules, &row.digest)?;
    set_state(tx, row, LedgerState::Active, officer, now)?;
    enqueue(tx, banner, now)
}

/// Refuses a ledger that is not in force yet; it stays as it was sent.
///
/// # Errors
/// As for [`activate`].
pub fn reject(tx: &Tx<'_>, actor: &Actor, id: &LedgerId, now: AtMs) -> Result<(), ServiceError> {
    let row = decidable(tx, actor, id, &[LedgerState::Open, LedgerState::Proposed])?;
    set_state(tx, row, LedgerState::Rejected, &actor.officer, now)
}

/// Rows on their way into a ledger.
pub(super) struct Taking<'a> {
    service: &'a Service,
    tx: &'a Tx<'a>,
    row: LedgerRow,
    entered: Entered,
}

impl<'a> Taking<'a> {
    fn open(
        service: &'a Service,
        tx: &'a Tx<'a>,
        actor: &Actor,
        id: &LedgerId,
        rows: usize,
    ) -> Result<Self, ServiceError> {
        let row = find(tx, id)?;
        allow(actor, row.division, Some(&row.lender))?;
        if row.state != LedgerState::Open {
            return Err(ErrorCode::LedgerState.into());
        }
        if rows > MAX_PAGE {
            return Err(ErrorCode::RequestTooLarge.into());
        }
        Ok(Self::of(service, tx, row))
    }

    pub(super) fn of(service: &'a Service, tx: &'a Tx<'a>, row: LedgerRow) -> Self {
        Self {
            service,
            tx,
            row,
            entered: Entered::default(),
        }
    }

    pub(super) fn take(&mut self, n: u32, entry: &LoanEntry) -> Result<(), ServiceError> {
        let mut faults = entry.faults(self.row.month);
        if n == 0 {
            let fault = Violation::new("n", ErrorCode::ValueOutOfRange);
            faults.push(fault.with("min", 1).with("max", u32::MAX));
        }
        if !faults.is_empty() {
            return self.refuse(n, faults);
        }
        let key = &self.service.keys.blind_id;
        let loan = key.index(&format!("loan:{}:{}", self.row.lender, entry.loan));
        match store::loan::row_of_loan(self.tx, &self.row.id, &loan)? {
            Some(same) if same == n => {
                self.entered.taken += 1;
                return Ok(());
            }
            Some(first) => return self.refuse_duplicate(n, first),
            None => {}
        }
        let guarantors = entry.guarantors.iter();
        let line = NewLine {
            ledger: &self.row.id,
            n,
            loan: &loan,
            borrower: &key.index(&entry.borrower.index_text()),
            guarantors: &guarantors
                .map(|party| key.index(&party.index_text()))
                .collect::<Vec<_>>(),
            state: &entry.state,
        };
        if !store::loan::put(self.tx, &line)? {
            return self.refuse_duplicate(n, n);
        }
        if self.row.refused > 0 && store::ledger_fault::delete(self.tx, &self.row.id, n)? {
            self.row.refused -= 1;
        }
        self.row.digest = extended(&self.row.digest, &line)?;
        self.row.tally.add(entry.state.amount_fen);
        self.row.lines += 1;
        self.entered.taken += 1;
        Ok(())
    }

    fn refuse_duplicate(&mut self, n: u32, first: u32) -> Result<(), ServiceError> {
        let fault = Violation::new("loan", ErrorCode::LedgerDuplicate).with("row", first);
        self.refuse(n, vec![fault])
    }

    fn refuse(&mut self, n: u32, faults: Vec<Violation>) -> Result<(), ServiceError> {
        if !store::ledger_fault::is_refused(self.tx, &self.row.id, n)? {
            self.row.refused += 1;
        }
        for violation in faults {
            let fault = FaultRow { n, violation };
            store::ledger_fault::put(self.tx, &self.row.id, &fault)?;
            self.entered.faults.push(fault);
        }
        Ok(())
    }

    /// What became of the rows, and how many the ledger has now.
    pub(super) fn close(self) -> Result<(Entered, u64), ServiceError> {
        store::ledger::put(self.tx, &self.row)?;
        Ok((self.entered, self.row.lines))
    }
}

/// The digest of the rows so far: two ledgers with the same rows in the same order have the same.
fn extended(before: &Hash, line: &NewLine<'_>) -> Result<Hash, ServiceError> {
    let state =
        serde_json::to_vec(line.state).map_err(|e| ServiceError::caused("a loan as JSON", e))?;
    let guarantors = line.guarantors.join(" ");
    let parts: [&[u8]; 5] = [
        before.as_bytes(),
        line.loan.as_bytes(),
        line.borrower.as_bytes(),
        guarantors.as_bytes(),
        &state,
    ];
    Ok(Hash::of("itgel.ledger.v1", &parts))
}

fn find(tx: &Tx<'_>, id: &LedgerId) -> Result<LedgerRow, ServiceError> {
    Ok(store::ledger::get(tx, id)?.ok_or(ErrorCode::LedgerUnknown)?)
}

/// The ledger, if a second person may decide about it in one of these states.
fn decidable(
    tx: &Tx<'_>,
    actor: &Actor,
    id: &LedgerId,
    states: &[LedgerState],
) -> Result<LedgerRow, ServiceError> {
    let row = find(tx, id)?;
    let place = Resource {
        first_person: Some(&row.entered_by),
        ..Resource::at(row.division)
    };
    may(actor, Action::ActivateImport, &place)?;
    if !states.contains(&row.state) {
        return Err(ErrorCode::LedgerState.into());
    }
    Ok(row)
}

fn set_state(
    tx: &Tx<'_>,
    row: LedgerRow,
    state: LedgerState,
    officer: &OfficerId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let is_decision = state != LedgerState::Proposed;
    let row = LedgerRow {
        state,
        decided_by: is_decision.then(|| officer.clone()).or(row.decided_by),
        decided_at: is_decision.then_some(now).or(row.decided_at),
        ..row
    };
    store::ledger::put(tx, &row)?;
    note(
        tx,
        &row,
        officer,
        &format!("ledger.{}", state.as_str()),
        now,
    )
}

/// Counts, never a value.
fn note(
    tx: &Tx<'_>,
    row: &LedgerRow,
    officer: &OfficerId,
    action: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let detail = serde_json::json!({
        "lender": row.lender,
        "division": row.division,
        "month": row.month,
        "lines": row.lines,
        "refused": row.refused,
        "digest": row.digest,
    });
    let resource = format!("ledger/{}", row.id);
    store::log::audit(tx, now, officer.as_str(), action, &resource, &detail)?;
    Ok(())
}
