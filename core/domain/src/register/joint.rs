//! Debts that stand with more than one household (`domain.md` G 11): what was borrowed before a
//! household was divided stays with every part of it until it is settled.

use jiff::civil::Date;

use super::{CreditRecord, is_default};

/// Loans of others that stand with a household since it came out of theirs. They are part of its
/// balance, its spells and its vetoes as its own loans are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointDebt {
    /// The day of the division: what was borrowed before it is joint.
    pub since: Date,
    /// The document of the division.
    pub source: String,
    /// Loans that are not settled.
    pub loans: u32,
    /// What is owed on them.
    pub balance_fen: i64,
    /// Of that, non-performing, with what a disaster rescheduled.
    #[serde(default, skip_serializing_if = "is_default")]
    pub npl_fen: i64,
    /// Of that, rescheduled because of a disaster.
    #[serde(default, skip_serializing_if = "is_default")]
    pub disaster_npl_fen: i64,
    /// The gacha of whoever borrowed sums them, so that no village counts them twice.
    #[serde(default, skip_serializing_if = "is_default")]
    pub summed_elsewhere: bool,
}

/// Sums of loans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoanSums {
    /// What is owed.
    pub balance_fen: i64,
    /// Of that, non-performing.
    pub npl_fen: i64,
    /// Of that, rescheduled because of a disaster.
    pub disaster_npl_fen: i64,
}

impl CreditRecord {
    /// What a village sums of the record: joint debts once, where their borrower lives.
    #[must_use]
    pub fn summed_here(&self) -> LoanSums {
        let mut sums = LoanSums {
            balance_fen: self.balance_fen,
            npl_fen: self.npl_fen,
            disaster_npl_fen: self.disaster_npl_fen,
        };
        for debt in self.joint.iter().filter(|debt| debt.summed_elsewhere) {
            sums.balance_fen = sums.balance_fen.saturating_sub(debt.balance_fen);
            sums.npl_fen = sums.npl_fen.saturating_sub(debt.npl_fen);
            let excused = debt.disaster_npl_fen;
            sums.disaster_npl_fen = sums.disaster_npl_fen.saturating_sub(excused);
        }
        sums
    }
}
