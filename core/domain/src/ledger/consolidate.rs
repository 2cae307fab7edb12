//! From the lines of all lenders and months to what the registers say of a subject.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::joint::{JointLine, debts, joint};
use super::spell::spells;
use super::{LoanKey, LoanLine, Month, NON_PERFORMING_DAYS};
use crate::assess::months_after;
use crate::id::LenderId;
use crate::register::{CreditRecord, CreditStatus, Spell, VetoFact};

/// Principal repaid shortly before or after a new loan of nearly the same size (`domain.md` F.3).
pub const ROLLOVER: &str = "TIP_ROLLOVER";
/// Open loans of three lenders or more (`domain.md` F.3).
pub const MULTI_LENDER: &str = "TIP_MULTI_LENDER";

/// The tips that the ledger can give; a subject has each of them or not.
pub const TIPS: [&str; 3] = [ROLLOVER, MULTI_LENDER, super::GUARANTEE_RING];

/// Between the repayment and the new loan, and how much of the old one is lent again, per cent
/// (`domain.md` F.3).
const ROLLOVER_DAYS: i32 = 10;
const ROLLOVER_SHARE: i128 = 80;

/// How far back rollovers are looked for: as far as the loan record (`domain.md` H1.1).
const ROLLOVER_MONTHS: i32 = 24;

/// Open loans of so many lenders are a tip (`domain.md` F.3).
const MANY_LENDERS: usize = 3;

/// Adverse facts stop counting so many months after they ended (`domain.md` L-06).
const RETENTION_MONTHS: i32 = 60;

/// What the ledger says of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerResult {
    /// The loan record; [`CreditStatus::Never`] without any line.
    pub credit: CreditRecord,
    /// Whether a loan stands against a rating, or stood until a day (`domain.md` V3).
    pub v3: Option<VetoFact>,
    /// Tips of the subject's own loans.
    pub tips: BTreeSet<&'static str>,
}

/// The lines of one loan, the earliest month first.
type Months<'a> = Vec<&'a LoanLine>;

pub(super) type Loans<'a> = BTreeMap<(&'a LenderId, &'a LoanKey), Months<'a>>;

/// What the lines of a subject's people say on `as_of`, the day up to which the ledger is known:
/// of head and spouse for a household, of the organisation itself otherwise. The order of the
/// lines does not matter.
#[must_use]
pub fn consolidate(lines: &[LoanLine], as_of: Date) -> LedgerResult {
    consolidate_with(lines, &[], as_of)
}

/// The same for a household that came out of another one or was divided: what was borrowed before
/// stands with it as its own loans do (`domain.md` G 11). Once such a loan is settled it is a
/// settled loan of both.
#[must_use]
pub fn consolidate_with(own: &[LoanLine], others: &[JointLine], as_of: Date) -> LedgerResult {
    let shared = joint(own, others);
    let mut lines = own.to_vec();
    lines.extend(shared.iter().map(|joint| joint.line.clone()));
    let loans = by_loan(&lines);
    LedgerResult {
        credit: CreditRecord {
            joint: debts(&shared),
            ..credit(&loans, as_of)
        },
        v3: v3(&loans, &shared, as_of),
        tips: tips(&loans, as_of),
    }
}

/// The newest line of each loan, by lender and loan.
#[must_use]
pub fn latest_of_each_loan(lines: &[LoanLine]) -> Vec<&LoanLine> {
    let newest = by_loan(lines).into_values();
    newest.filter_map(|months| months.last().copied()).collect()
}

pub(super) fn by_loan(lines: &[LoanLine]) -> Loans<'_> {
    let mut loans: BTreeMap<_, Months<'_>> = BTreeMap::new();
    for line in lines {
        loans
            .entry((&line.lender, &line.loan))
            .or_default()
            .push(line);
    }
    for months in loans.values_mut() {
        months.sort_by_key(|line| line.month);
        // One person's line is read twice where two of a subject's people share a loan.
        months.dedup_by_key(|line| line.month);
    }
    loans
}

fn credit(loans: &Loans<'_>, as_of: Date) -> CreditRecord {
    let first = loans
        .values()
        .flatten()
        .map(|line| line.state.opened_on)
        .min();
    let Some(first) = first else {
        return CreditRecord {
            status: CreditStatus::Never,
            ..CreditRecord::default()
        };
    };
    let kept_from = months_after(as_of, -RETENTION_MONTHS);
    let mut all: Vec<Spell> = loans.values().flat_map(|months| spells(months)).collect();
    all.retain(|spell| spell.ended_on.is_none_or(|end| end > kept_from));
    all.sort_by_key(|spell| (spell.began_on, spell.ended_on, spell.days_past_due));
    let mut record = CreditRecord {
        status: CreditStatus::Known,
        first_loan_on: Some(first),
        spells: all,
        ..CreditRecord::default()
    };
    for state in newest(loans).map(|line| &line.state) {
        record.balance_fen = record.balance_fen.saturating_add(state.balance_fen);
        if state.is_non_performing() {
            record.npl_fen = record.npl_fen.saturating_add(state.balance_fen);
            if state.disaster_rescheduled {
                let sum = record.disaster_npl_fen.saturating_add(state.balance_fen);
                record.disaster_npl_fen = sum;
            }
        }
    }
    record
}

/// A loan rescheduled under the disaster policy counts as performing (`domain.md` B.9.2), so that
/// only a loss or somebody else's payment makes it a veto.
fn v3(loans: &Loans<'_>, shared: &[&JointLine], as_of: Date) -> Option<VetoFact> {
    let kept_from = months_after(as_of, -RETENTION_MONTHS);
    let stood = loans.values().filter_map(|months| vetoed(months));
    let worst = stood
        .filter(|stood| stood.ended_on.is_none_or(|end| end > kept_from))
        .max_by_key(|stood| {
            (
                stood.ended_on.unwrap_or(Date::MAX),
                stood.lender,
                stood.month,
            )
        })?;
    let is_it =
        |joint: &&&JointLine| (&joint.line.lender, &joint.line.loan) == (worst.lender, worst.loan);
    // Who reads the fact must see that somebody else borrowed.
    let joint = match shared.iter().find(is_it) {
        Some(joint) => format!(" 分户前共同债务（{}）", joint.source),
        None => String::new(),
    };
    Some(VetoFact {
        code: "V3".into(),
        source: format!("{} {}{joint}", worst.lender, worst.month),
        ended_on: worst.ended_on,
        objection_accepted: false,
    })
}

/// A loan that stands, or stood, against a rating.
struct Stood<'a> {
    lender: &'a LenderId,
    loan: &'a LoanKey,
    /// The first month in which it did.
    month: Month,
    ended_on: Option<Date>,
}

fn vetoed<'a>(months: &Months<'a>) -> Option<Stood<'a>> {
    let last = months.iter().rposition(|line| stands_against(line))?;
    let line = months.get(last)?;
    let is_cured_within = !ends_against(line);
    let next = months.get(last + 1);
    let settled = if is_cured_within { Some(line) } else { next };
    // The month in which it began, so that the fact stays the same from month to month.
    let first = months.iter().find(|line| stands_against(line))?;
    Some(Stood {
        lender: &line.lender,
        loan: &line.loan,
        month: first.month,
        ended_on: settled.map(|line| line.state.closed_on.unwrap_or(line.month.last_day())),
    })
}

/// At some time of the month.
fn stands_against(line: &LoanLine) -> bool {
    let state = &line.state;
    let was_late = state.worst_days_past_due > NON_PERFORMING_DAYS && !state.disaster_rescheduled;
    was_late || ends_against(line)
}

/// At the end of the month.
fn ends_against(line: &LoanLine) -> bool {
    let state = &line.state;
    let is_bad = state.class.is_non_performing() || state.days_past_due > NON_PERFORMING_DAYS;
    state.written_off || state.guarantee_paid || (is_bad && !state.disaster_rescheduled)
}

fn tips(loans: &Loans<'_>, as_of: Date) -> BTreeSet<&'static str> {
    let mut tips = BTreeSet::new();
    if is_rolled_over(loans, as_of) {
        tips.insert(ROLLOVER);
    }
    let lenders: BTreeSet<_> = newest(loans)
        .filter(|line| line.state.is_open() && line.state.balance_fen > 0)
        .map(|line| &line.lender)
        .collect();
    if lenders.len() >= MANY_LENDERS {
        tips.insert(MULTI_LENDER);
    }
    tips
}

/// Refinanced without repayment is a rollover on its face; otherwise a repaid loan and a new one
/// of nearly its size within days of each other, of whichever lender.
fn is_rolled_over(loans: &Loans<'_>, as_of: Date) -> bool {
    let from = months_after(as_of, -ROLLOVER_MONTHS);
    let recent = |day: Date| from < day && day <= as_of;
    let plain: Vec<&LoanLine> = newest(loans)
        .filter(|line| !line.state.disaster_rescheduled)
        .collect();
    if plain
        .iter()
        .any(|line| line.state.refinanced && line.state.is_open())
    {
        return true;
    }
    plain.iter().any(|old| {
        let Some(repaid_on) = old.state.closed_on.filter(|day| recent(*day)) else {
            return false;
        };
        plain.iter().any(|new| {
            let is_other = (&new.lender, &new.loan) != (&old.lender, &old.loan);
            let gap = (new.state.opened_on - repaid_on).get_days().abs();
            let lent = i128::from(new.state.amount_fen) * 100;
            let is_alike = lent >= ROLLOVER_SHARE * i128::from(old.state.amount_fen);
            is_other && gap <= ROLLOVER_DAYS && is_alike && !old.state.written_off
        })
    })
}

fn newest<'a>(loans: &'a Loans<'a>) -> impl Iterator<Item = &'a LoanLine> {
    loans.values().filter_map(|months| months.last().copied())
}
