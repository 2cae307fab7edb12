//! Loans that were borrowed before a household was divided stand with every part of it
//! (`domain.md` G 11).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::consolidate::by_loan;
use super::{LoanKey, LoanLine};
use crate::id::LenderId;
use crate::register::JointDebt;

/// A line of somebody who borrowed for the household that was divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JointLine {
    /// The line.
    pub line: LoanLine,
    /// The day of the division.
    pub since: Date,
    /// Its document.
    pub source: String,
    /// Another household has the loan as its own, and its village sums it.
    pub summed_elsewhere: bool,
}

impl JointLine {
    fn key(&self) -> (&LenderId, &LoanKey) {
        (&self.line.lender, &self.line.loan)
    }
}

/// Of these lines those that are joint: the loan was paid out before the division, was not settled
/// before it, and is not the household's own.
pub(super) fn joint<'a>(own: &[LoanLine], lines: &'a [JointLine]) -> Vec<&'a JointLine> {
    let own: BTreeSet<_> = own.iter().map(|line| (&line.lender, &line.loan)).collect();
    let settled: BTreeSet<_> = lines
        .iter()
        .filter(|joint| {
            let closed_on = joint.line.state.closed_on;
            closed_on.is_some_and(|day| day < joint.since)
        })
        .map(JointLine::key)
        .collect();
    let is_joint = |joint: &&JointLine| {
        let key = joint.key();
        joint.line.state.opened_on < joint.since && !own.contains(&key) && !settled.contains(&key)
    };
    lines.iter().filter(is_joint).collect()
}

/// The joint debts that are not settled, by division.
pub(super) fn debts(joint: &[&JointLine]) -> Vec<JointDebt> {
    let lines: Vec<LoanLine> = joint.iter().map(|joint| joint.line.clone()).collect();
    let by_key: BTreeMap<_, _> = joint.iter().map(|joint| (joint.key(), *joint)).collect();
    let mut debts: BTreeMap<(Date, &str, bool), JointDebt> = BTreeMap::new();
    for (key, months) in by_loan(&lines) {
        let newest = months.last().map(|line| &line.state);
        let (Some(state), Some(joint)) = (newest.filter(|s| s.is_open()), by_key.get(&key)) else {
            continue;
        };
        let place = (joint.since, joint.source.as_str(), joint.summed_elsewhere);
        let debt = debts.entry(place).or_insert_with(|| JointDebt {
            since: joint.since,
            source: joint.source.clone(),
            loans: 0,
            balance_fen: 0,
            npl_fen: 0,
            disaster_npl_fen: 0,
            summed_elsewhere: joint.summed_elsewhere,
        });
        debt.loans = debt.loans.saturating_add(1);
        debt.balance_fen = debt.balance_fen.saturating_add(state.balance_fen);
        if state.is_non_performing() {
            debt.npl_fen = debt.npl_fen.saturating_add(state.balance_fen);
            if state.disaster_rescheduled {
                let sum = debt.disaster_npl_fen.saturating_add(state.balance_fen);
                debt.disaster_npl_fen = sum;
            }
        }
    }
    debts.into_values().collect()
}
