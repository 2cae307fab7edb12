//! What a gacha and a sumu learn from the ledger: the loans of cadres and the recovery of new
//! loans (`domain.md` G-L, G6, S-R).

use jiff::civil::Date;

use super::{LoanLine, latest_of_each_loan};
use crate::assess::months_after;

/// How the loans of a gacha's cadres stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CadreLoans {
    /// One is non-performing.
    pub npl: bool,
    /// One is overdue.
    pub overdue: bool,
}

/// Recovery of newly made loans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// What fell due.
    pub due_fen: i64,
    /// Of that, what was repaid.
    pub recovered_fen: i64,
}

/// Loans made in so many months are new (`domain.md` S-R).
const NEW_LOAN_MONTHS: i32 = 24;

/// Days that count as no delay (`domain.md` H1.1).
const GRACE_DAYS: i64 = 3;

/// How the loans behind `lines` stand by their newest month. A loan rescheduled because of a
/// disaster counts as performing (`domain.md` B.9.2).
#[must_use]
pub fn cadre_loans(lines: &[LoanLine]) -> CadreLoans {
    let mut found = CadreLoans::default();
    for state in latest_of_each_loan(lines).iter().map(|line| &line.state) {
        if state.disaster_rescheduled && !state.written_off && !state.guarantee_paid {
            continue;
        }
        found.npl |= state.is_non_performing();
        found.overdue |= state.days_past_due > GRACE_DAYS || state.is_non_performing();
    }
    found
}

/// What fell due by `as_of` on loans made in the 24 months before it, and what of it came back.
/// A loan falls due as a whole on its last day, extensions included; one that was written off
/// came back as far as its balance says.
#[must_use]
pub fn recovery_of_new_loans(lines: &[LoanLine], as_of: Date) -> Recovery {
    let from = months_after(as_of, -NEW_LOAN_MONTHS);
    let mut recovery = Recovery::default();
    for state in latest_of_each_loan(lines).iter().map(|line| &line.state) {
        let is_new = from < state.opened_on && state.opened_on <= as_of;
        if is_new && state.due_on <= as_of {
            let repaid = state.amount_fen.saturating_sub(state.balance_fen);
            recovery.due_fen = recovery.due_fen.saturating_add(state.amount_fen);
            recovery.recovered_fen = recovery.recovered_fen.saturating_add(repaid);
        }
    }
    recovery
}
