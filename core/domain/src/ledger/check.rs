//! A line as a lender writes it, and what is wrong with it. Every fault names the column.

use std::fmt;
use std::str::FromStr;

use super::{LoanState, Month};
use crate::error::{ErrorCode, Violation};
use crate::person::{CreditCode, ResidentId};

/// The number of a borrower or guarantor: of a person or of an organisation.
#[derive(Clone, PartialEq, Eq)]
pub enum PartyNumber {
    /// A resident ID number.
    Person(ResidentId),
    /// A unified social credit code.
    Organisation(CreditCode),
}

/// A line before its numbers are made opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanEntry {
    /// The lender's reference of the loan.
    pub loan: String,
    /// Who owes.
    pub borrower: PartyNumber,
    /// Who guarantees.
    pub guarantors: Vec<PartyNumber>,
    /// How the loan stands.
    pub state: LoanState,
}

/// A yearly rate above this is a slip of the pen. `[OWN]`
const HIGHEST_RATE_CENTI: i64 = 3_600;

/// Longest reference of a loan.
const LONGEST_REFERENCE: usize = 64;

/// Most guarantors of one loan.
const MOST_GUARANTORS: usize = 20;

impl PartyNumber {
    /// The number for the blind index; the prefix keeps the two kinds apart.
    #[must_use]
    pub fn index_text(&self) -> String {
        match self {
            Self::Person(number) => number.as_str().to_owned(),
            Self::Organisation(code) => format!("uscc:{}", code.as_str()),
        }
    }
}

impl FromStr for PartyNumber {
    type Err = ErrorCode;

    /// Reads a resident ID number of 18 or 15 characters, or a unified social credit code.
    fn from_str(text: &str) -> Result<Self, ErrorCode> {
        let person = match text.parse::<ResidentId>() {
            Ok(number) => return Ok(Self::Person(number)),
            Err(error) => error.code(),
        };
        if let Ok(number) = ResidentId::from_15(text) {
            return Ok(Self::Person(number));
        }
        match text.parse::<CreditCode>() {
            Ok(code) => Ok(Self::Organisation(code)),
            // Letters before the last place belong to a code of an organisation.
            Err(error) if has_letters(text) => Err(error.code()),
            Err(_) => Err(person),
        }
    }
}

impl fmt::Debug for PartyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartyNumber(redacted)")
    }
}

impl LoanEntry {
    /// What is wrong with the line in the ledger of `month`; empty if nothing is.
    #[must_use]
    pub fn faults(&self, month: Month) -> Vec<Violation> {
        let mut faults = Vec::new();
        let length = self.loan.chars().count();
        if !(1..=LONGEST_REFERENCE).contains(&length) {
            let fault = Violation::new("loan", ErrorCode::ValueOutOfRange);
            faults.push(fault.with("min", 1).with("max", LONGEST_REFERENCE));
        }
        if self.guarantors.len() > MOST_GUARANTORS {
            let fault = Violation::new("guarantors", ErrorCode::ValueOutOfRange);
            faults.push(fault.with("min", 0).with("max", MOST_GUARANTORS));
        }
        if self.guarantors.contains(&self.borrower) {
            faults.push(Violation::new("guarantors", ErrorCode::LedgerOwnGuarantor));
        }
        faults.extend(amounts(&self.state));
        faults.extend(days(&self.state, month));
        faults.extend(overdue(&self.state, month));
        faults
    }
}

fn amounts(state: &LoanState) -> Vec<Violation> {
    let mut faults = Vec::new();
    if state.amount_fen <= 0 {
        let fault = Violation::new("amount", ErrorCode::ValueOutOfRange);
        faults.push(fault.with("min", 1).with("max", i64::MAX));
    }
    let is_settled = !state.is_open() && !state.written_off && !state.guarantee_paid;
    let within = (0..=state.amount_fen).contains(&state.balance_fen);
    if !within || (is_settled && state.balance_fen > 0) {
        faults.push(Violation::new("balance", ErrorCode::LedgerBalance));
    }
    if let Some(rate) = state.rate_centi
        && !(0..=HIGHEST_RATE_CENTI).contains(&rate)
    {
        let fault = Violation::new("rate", ErrorCode::ValueOutOfRange);
        faults.push(fault.with("min", 0).with("max", HIGHEST_RATE_CENTI));
    }
    faults
}

/// Nothing has happened after the month's last day, and nothing ends before it begins.
fn days(state: &LoanState, month: Month) -> Vec<Violation> {
    let last = month.last_day();
    let is_possible = |field: &str, holds: bool| {
        (!holds).then(|| Violation::new(field, ErrorCode::LedgerDates).with("month", month))
    };
    let closed = state
        .closed_on
        .is_none_or(|day| state.opened_on <= day && day <= last);
    [
        is_possible("opened_on", state.opened_on <= last),
        is_possible("due_on", state.opened_on <= state.due_on),
        is_possible("closed_on", closed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The worst of a month is not better than its end, a settled loan is not overdue, and none is
/// overdue for longer than it exists.
fn overdue(state: &LoanState, month: Month) -> Vec<Violation> {
    let (now, worst) = (state.days_past_due, state.worst_days_past_due);
    let age = i64::from((month.last_day() - state.opened_on).get_days());
    let is_settled = !state.is_open() && !state.written_off && !state.guarantee_paid;
    let mut faults = Vec::new();
    if now < 0 || now > age.max(0) || (is_settled && now > 0) {
        faults.push(Violation::new("days_past_due", ErrorCode::LedgerOverdue));
    }
    if worst < now || worst > age.max(0) {
        let fault = Violation::new("worst_days_past_due", ErrorCode::LedgerOverdue);
        faults.push(fault);
    }
    faults
}

fn has_letters(text: &str) -> bool {
    let marks: Vec<char> = text.trim().chars().collect();
    let before_last = marks.split_last().map_or(&[][..], |(_, rest)| rest);
    before_last.iter().any(|mark| mark.is_alphabetic())
}
