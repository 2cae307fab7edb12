//! Where a check of one count against another begins to ask for a second look (`domain.md` C.5,
//! B.9.6): a banner's own numbers, each with its origin.

use super::error::{PackError, PackErrorCode as Code};
use super::read::Fields;

/// Limits of the cross-checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrossChecks {
    /// Insured animals above so many times the declared ones, hundredths.
    pub insured_over_centi: i64,
    /// Young of a sheep or goat, hundredths.
    pub births_small_centi: i64,
    /// Young of a larger animal, hundredths.
    pub births_large_centi: i64,
    /// Tolerance of the herd equation, hundredths of a per cent of the stock.
    pub equation_tolerance_bp: i64,
    /// Tolerance of the area that a subsidy stands for, hundredths of a per cent.
    pub subsidy_tolerance_bp: i64,
    /// Grazing animals above so many times the capacity, hundredths.
    pub over_quota_centi: i64,
    /// In a disaster, a loss that nothing explains, hundredths of a per cent of the opening stock.
    pub unexplained_loss_bp: i64,
    /// Subsidy for a mu in the balance area.
    pub subsidy_balance_fen_per_mu: i64,
    /// Subsidy for a mu under a grazing ban.
    pub subsidy_ban_fen_per_mu: i64,
}

impl CrossChecks {
    /// Reads `[crosscheck]`.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        let mut row = fields.table("crosscheck")?;
        let checks = Self {
            insured_over_centi: number(&mut row, "insured_over")?,
            births_small_centi: number(&mut row, "births_per_small_female")?,
            births_large_centi: number(&mut row, "births_per_large_female")?,
            equation_tolerance_bp: number(&mut row, "equation_tolerance_percent")?,
            subsidy_tolerance_bp: number(&mut row, "subsidy_tolerance_percent")?,
            over_quota_centi: number(&mut row, "times_over_quota")?,
            unexplained_loss_bp: number(&mut row, "unexplained_loss_percent")?,
            subsidy_balance_fen_per_mu: number(&mut row, "subsidy_balance_yuan_per_mu")?,
            subsidy_ban_fen_per_mu: number(&mut row, "subsidy_ban_yuan_per_mu")?,
        };
        row.text("origin")?;
        row.finish()?;
        Ok(checks)
    }
}

fn number(row: &mut Fields<'_>, name: &str) -> Result<i64, PackError> {
    match row.decimal(name, 2)? {
        value @ 1..=1_000_000 => Ok(value),
        _ => Err(row.fault(
            name,
            Code::BadValue,
            "a plausible number above zero is needed",
        )),
    }
}
