//! The lenders' monthly loan ledger (贷款台账): what a lender reports of each loan, what is wrong
//! with a line, and what the lines of all lenders and months say of a subject (`domain.md` H1.1,
//! H1.2, V3, E3.1, F.3, F.4).
//!
//! A line never carries a name or a number in clear once it was taken in: a loan is an opaque key,
//! equal for the same loan.

mod check;
mod consolidate;
mod form;
mod joint;
mod month;
mod ring;
mod spell;
#[cfg(test)]
mod tests;
mod unit;
mod village;

use jiff::civil::Date;

pub use self::check::{LoanEntry, PartyNumber};
pub use self::consolidate::{
    LedgerResult, MULTI_LENDER, ROLLOVER, TIPS, consolidate, consolidate_with, latest_of_each_loan,
};
pub use self::form::LoanForm;
pub use self::joint::JointLine;
pub use self::month::{Month, MonthError};
pub use self::ring::{GUARANTEE_RING, in_rings};
pub use self::unit::{AmountUnit, UnitDoubt, UnitTally, amount_doubt};
pub use self::village::{CadreLoans, Recovery, cadre_loans, recovery_of_new_loans};

use crate::id::LenderId;
use crate::pack::vocabulary;

/// Days past due above which a loan is non-performing (`domain.md` V3, F.4).
pub const NON_PERFORMING_DAYS: i64 = 90;

vocabulary! {
    /// The five classes of a loan (五级分类).
    LoanClass {
        /// 正常.
        Normal => "normal",
        /// 关注.
        Attention => "attention",
        /// 次级.
        Substandard => "substandard",
        /// 可疑.
        Doubtful => "doubtful",
        /// 损失.
        Loss => "loss",
    }
}

impl LoanClass {
    /// The class as lenders write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Normal => "正常",
            Self::Attention => "关注",
            Self::Substandard => "次级",
            Self::Doubtful => "可疑",
            Self::Loss => "损失",
        }
    }

    /// The class with this Chinese word.
    #[must_use]
    pub fn from_title(title: &str) -> Option<Self> {
        let is_it = |class: &&Self| class.title() == title.trim();
        Self::ALL.iter().find(is_it).copied()
    }

    /// 次级, 可疑 or 损失.
    #[must_use]
    pub const fn is_non_performing(self) -> bool {
        matches!(self, Self::Substandard | Self::Doubtful | Self::Loss)
    }
}

vocabulary! {
    /// What a loan is for. The lender's own words are not kept: they can tell of an illness
    /// (`domain.md` B.2, L-03).
    LoanPurpose {
        /// 购畜.
        Livestock => "livestock",
        /// 饲草料.
        Fodder => "fodder",
        /// 农资.
        Crops => "crops",
        /// 农机设备.
        Machinery => "machinery",
        /// 草场土地.
        Land => "land",
        /// 经营周转.
        Business => "business",
        /// 住房.
        Housing => "housing",
        /// 消费.
        Consumption => "consumption",
        /// 其他.
        Other => "other",
    }
}

impl LoanPurpose {
    /// The purpose as lenders write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Livestock => "购畜",
            Self::Fodder => "饲草料",
            Self::Crops => "农资",
            Self::Machinery => "农机设备",
            Self::Land => "草场土地",
            Self::Business => "经营周转",
            Self::Housing => "住房",
            Self::Consumption => "消费",
            Self::Other => "其他",
        }
    }

    /// The purpose with this Chinese word; every other word is [`Self::Other`].
    #[must_use]
    pub fn from_title(title: &str) -> Self {
        let is_it = |purpose: &&Self| purpose.title() == title.trim();
        Self::ALL.iter().find(is_it).copied().unwrap_or(Self::Other)
    }
}

/// A loan of a lender: equal for equal references of that lender.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoanKey(pub String);

/// What a lender says of a loan at the end of a month.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoanState {
    /// The day on which it was paid out.
    pub opened_on: Date,
    /// The day on which the last of it is due, extensions included.
    pub due_on: Date,
    /// The day on which it was settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<Date>,
    /// What was lent.
    pub amount_fen: i64,
    /// Principal that is still owed, also of a loan that was written off unpaid.
    pub balance_fen: i64,
    /// Yearly rate in hundredths of a per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_centi: Option<i64>,
    /// What it is for.
    pub purpose: LoanPurpose,
    /// Days past due at the end of the month.
    #[serde(default)]
    pub days_past_due: i64,
    /// Most days past due within the month.
    #[serde(default)]
    pub worst_days_past_due: i64,
    /// 五级分类.
    pub class: LoanClass,
    /// Extended, refinanced or rescheduled under the disaster policy (`domain.md` B.9.2).
    #[serde(default)]
    pub disaster_rescheduled: bool,
    /// Refinanced without repayment (借新还旧, 无还本续贷).
    #[serde(default)]
    pub refinanced: bool,
    /// Written off unpaid (核销).
    #[serde(default)]
    pub written_off: bool,
    /// A guarantor paid and was not reimbursed (代偿).
    #[serde(default)]
    pub guarantee_paid: bool,
}

/// One line of a ledger: a loan in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanLine {
    /// Who lent.
    pub lender: LenderId,
    /// Which loan.
    pub loan: LoanKey,
    /// The month at whose end this was so.
    pub month: Month,
    /// How it stands.
    pub state: LoanState,
}

impl LoanState {
    /// Not settled.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed_on.is_none()
    }

    /// 次级 and worse, over 90 days, written off unpaid, or paid by a guarantor (`domain.md` V3).
    #[must_use]
    pub const fn is_non_performing(&self) -> bool {
        self.class.is_non_performing()
            || self.days_past_due > NON_PERFORMING_DAYS
            || self.written_off
            || self.guarantee_paid
    }
}
