//! The reference line (参考额度): what a lender's own parameter file makes of a rating, of the
//! figures that the household agreed to show, of titles and of the ledger (`domain.md` F.2).
//!
//! Rating and lending are separate steps (`domain.md` 0.1.2): a line is advisory, belongs to the
//! lender whose parameters gave it, is told to that lender alone, and is never an input of a grade.

mod inputs;
mod line;
mod parameters;
mod sheet;

#[cfg(test)]
mod tests;

use crate::pack::vocabulary;

pub use self::inputs::{Basis, Figure, LineInputs};
pub use self::line::{
    Blocked, Discount, DiscountFor, LineStep, NOTICE, NoLine, ReferenceLine, Repayment, StepLine,
    reference_line,
};
pub use self::parameters::{Block, GradeBase, LineParameters, Term, TitleDiscount};
pub use self::sheet::{LineSheet, NamedLines, Shipped, shipped};

vocabulary! {
    /// What a loan is for, as far as a block of the lender can name it.
    LoanUse {
        /// 购买放牧牲畜.
        GrazingAnimals => "grazing_animals",
        /// 购买舍饲牲畜.
        PennedAnimals => "penned_animals",
        /// 饲草料.
        Fodder => "fodder",
        /// 棚圈、机具.
        Facilities => "facilities",
        /// 种植.
        Cropping => "cropping",
    }
}

vocabulary! {
    /// A figure that the formula needs.
    FigureName {
        /// 家庭总资产.
        TotalAssets => "total_assets",
        /// 经营收入.
        OperatingIncome => "operating_income",
        /// 年综合收入.
        ComprehensiveIncome => "comprehensive_income",
        /// 其他一年内到期债务.
        OtherDebtDue => "other_debt_due_12m",
        /// 已有信用贷款余额.
        UnsecuredBalance => "unsecured_balance",
    }
}

vocabulary! {
    /// Why there is no line: a person decides, and it is no fault of the household.
    Why {
        /// The grade has no row in the lender's file, or is still open.
        GradeManual => "grade_manual",
        /// Asked and not obtained.
        Unknown => "unknown",
        /// Not told.
        Refused => "refused",
        /// The consent does not cover this class of information (`domain.md` L-04).
        NoConsent => "no_consent",
        /// Officers disagree, and nobody has decided.
        Disputed => "disputed",
    }
}
