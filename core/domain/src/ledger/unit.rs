//! Whether amounts are in the unit that the lender says (`domain.md` G 60): 万元 for 元 is the
//! commonest fault of a ledger, and no single line shows it.

use std::fmt;

use crate::pack::{decimal, vocabulary};

vocabulary! {
    /// The unit of the amounts of a ledger.
    AmountUnit {
        /// 元.
        Yuan => "yuan",
        /// 万元.
        TenThousandYuan => "ten_thousand_yuan",
    }
}

impl AmountUnit {
    /// The unit as lenders write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Yuan => "元",
            Self::TenThousandYuan => "万元",
        }
    }

    /// An amount in this unit, exactly; `None` if it is no amount or not whole in fen.
    #[must_use]
    pub fn to_fen(self, text: &str) -> Option<i64> {
        let places = match self {
            Self::Yuan => 2,
            Self::TenThousandYuan => 6,
        };
        decimal::parse(text.trim(), places)
    }
}

/// A loan to a household below this is rare, a loan above [`LARGE_FEN`] too: where most are, the
/// unit is wrong. `[OWN]`
const SMALL_FEN: i64 = 100_000;
const LARGE_FEN: i64 = 1_000_000_000;

/// Whether one amount of a household, a loan or the income of a year, is rare in its unit.
#[must_use]
pub const fn amount_doubt(amount_fen: i64) -> Option<UnitDoubt> {
    if amount_fen < SMALL_FEN {
        Some(UnitDoubt::TooSmall)
    } else if amount_fen > LARGE_FEN {
        Some(UnitDoubt::TooLarge)
    } else {
        None
    }
}

/// Counts the amounts of a ledger by size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitTally {
    /// Amounts that were seen.
    pub amounts: u64,
    /// Of these, below 1,000 yuan.
    pub small: u64,
    /// Of these, above 10,000,000 yuan.
    pub large: u64,
}

/// Why the unit is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitDoubt {
    /// Most amounts are too small: 万元 was written and 元 was said.
    TooSmall,
    /// Most amounts are too large: 元 was written and 万元 was said.
    TooLarge,
}

impl UnitTally {
    /// Counts one more amount.
    pub const fn add(&mut self, amount_fen: i64) {
        self.amounts += 1;
        match amount_doubt(amount_fen) {
            Some(UnitDoubt::TooSmall) => self.small += 1,
            Some(UnitDoubt::TooLarge) => self.large += 1,
            None => {}
        }
    }

    /// Whether most amounts are implausible for the unit that was said.
    #[must_use]
    pub const fn doubt(&self) -> Option<UnitDoubt> {
        if self.small * 2 > self.amounts {
            Some(UnitDoubt::TooSmall)
        } else if self.large * 2 > self.amounts {
            Some(UnitDoubt::TooLarge)
        } else {
            None
        }
    }
}

impl fmt::Display for UnitDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "too_small",
            Self::TooLarge => "too_large",
        })
    }
}
