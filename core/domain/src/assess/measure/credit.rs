//! The loan record (`domain.md` H1.1, H1.2, E3.1, C4.1) and what is overdue today, of a subject and of
//! the persons behind it where the pack asks for them.

use super::probe::{Missing, Probe};
use super::{Reading, whole};
use crate::assess::window::{months_after, whole_years};
use crate::pack::CaseName;
use crate::register::{CreditRecord, CreditStatus, Spell};

/// Worst days past due in the window; a spell counts if any of its days lies in it.
pub(super) fn loan_days_past_due(p: &Probe<'_>) -> Option<Reading> {
    if !searched(p)? {
        return Some(Reading::Case(CaseName::NoFormalLoan));
    }
    let as_of = p.inputs.as_of;
    let from = months_after(as_of, -p.inputs.pack.settings.loan_record_months);
    let worst = spells(p)
        .filter(|s| s.began_on <= as_of && s.ended_on.is_none_or(|end| end > from))
        .map(|s| s.days_past_due)
        .max();
    Some(whole(worst.unwrap_or(0)))
}

/// Whole years since the first formal loan; none without a loan.
pub(super) fn credit_years(p: &Probe<'_>) -> Option<Reading> {
    if !searched(p)? {
        return Some(whole(0));
    }
    match p.inputs.context.credit.first_loan_on {
        Some(first) => Some(whole(whole_years(first, p.inputs.as_of))),
        None => p.miss(Missing::Unknown),
    }
}

/// Days past due today on the worst loan.
pub(super) fn days_past_due_today(p: &Probe<'_>) -> Option<Reading> {
    searched(p)?;
    Some(whole(overdue_today(p)))
}

/// Days past due today on the worst loan, zero if nothing is known.
pub(super) fn overdue_today(p: &Probe<'_>) -> i64 {
    let as_of = p.inputs.as_of;
    let open = |s: &&Spell| s.began_on <= as_of && s.ended_on.is_none_or(|end| end > as_of);
    spells(p)
        .filter(open)
        .map(|s| s.days_past_due)
        .max()
        .unwrap_or(0)
}

/// Whether the ledger has loans; `None` if it could not be searched for everybody.
fn searched(p: &Probe<'_>) -> Option<bool> {
    if !p.related.is_empty() && p.persons().next().is_none() {
        return p.miss(Missing::Unknown);
    }
    let (mut has_loans, mut complete) = (false, true);
    for record in records(p) {
        let missing = match record.status {
            CreditStatus::Known => {
                has_loans = true;
                continue;
            }
            CreditStatus::Never => continue,
            CreditStatus::Unknown => Missing::Unknown,
            CreditStatus::Refused => Missing::Refused,
        };
        complete &= p.miss::<()>(missing).is_some();
    }
    complete.then_some(has_loans)
}

/// The lenders' records of the subject and of the persons who are looked at.
fn records<'p>(p: &'p Probe<'_>) -> impl Iterator<Item = &'p CreditRecord> {
    let own = std::iter::once(&p.inputs.context.credit);
    own.chain(p.persons().map(|person| &person.credit))
}

/// The spells that count: under the disaster rule without those that began inside a declared
/// event on a loan rescheduled for it (`domain.md` B.9.2).
fn spells<'p>(p: &'p Probe<'_>) -> impl Iterator<Item = &'p Spell> {
    let disasters = &p.inputs.context.disasters;
    let performing = |s: &Spell| {
        p.relief && s.disaster_rescheduled && disasters.iter().any(|d| d.covers(s.began_on))
    };
    records(p)
        .flat_map(|record| &record.spells)
        .filter(move |s| !performing(s))
}
