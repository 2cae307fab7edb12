//! Villages and townships: the counts at a frozen snapshot and the title that is held
//! (`domain.md` B.6, B.7). An absent count is unknown, never zero.

use jiff::civil::Date;

use crate::pack::vocabulary;
use crate::subject::Grade;
use crate::title::TitleLevel;

macro_rules! division_facts {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {
        /// Counts and facts of a village or township at the snapshot.
        #[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct DivisionFacts {
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )+
        }
    };
}

division_facts! {
    /// Resident farming and herding households.
    resident_households: i64,
    /// Households with a file.
    filed_households: i64,
    /// Households with an effective grade from AAA to C, or V; not N (`domain.md` B.10).
    rated_households: i64,
    /// Households graded AAA, AA or A.
    credit_households: i64,
    /// Households with a formal loan.
    loan_households: i64,
    /// Of these, households on time: no loan more than 3 days overdue, worst 30 days in a year.
    on_time_households: i64,
    /// Balance of household loans of all reporting lenders.
    loan_balance_fen: i64,
    /// Non-performing balance, with what a disaster rescheduled.
    npl_fen: i64,
    /// Of that, balance rescheduled because of a disaster: counts as performing (`domain.md` B.9.4).
    disaster_npl_fen: i64,
    /// Grade of the gacha's collective.
    collective_grade: Grade,
    /// A case of illegal fund-raising.
    illegal_fundraising: bool,
    /// A loan of a cadre is non-performing.
    cadre_loan_npl: bool,
    /// A loan of a cadre is overdue.
    cadre_loan_overdue: bool,
    /// The audit of the rating work was passed.
    audit_passed: bool,
    /// Grazing households.
    grazing_households: i64,
    /// Of these, without overstock above 10 % and without ban violation.
    compliant_grazing_households: i64,
    /// Gachas of the township.
    villages: i64,
    /// Gachas with a title.
    credit_villages: i64,
    /// Gachas whose title is 较好 or 优秀.
    good_villages: i64,
    /// Gachas whose title is 优秀.
    excellent_villages: i64,
    /// Due in 24 months on loans newly made in them.
    new_loans_due_fen: i64,
    /// Of that, recovered.
    new_loans_recovered_fen: i64,
    /// The township's government is a 失信被执行人.
    government_dishonest: bool,
    /// Arrears and commitments of the township's government.
    government_honesty: Honesty,
    /// Objections that were due.
    objections: i64,
    /// Of these, closed on time.
    objections_on_time: i64,
    /// Ratings that were re-checked.
    rechecks: i64,
    /// Of these, with the same grade.
    rechecks_agreeing: i64,
}

vocabulary! {
    /// Arrears and commitments of a township's government (`domain.md` S6).
    Honesty {
        /// No arrears to firms or herders, commitments kept.
        Clean => "clean",
        /// Arrears under a signed plan.
        SignedPlan => "signed_plan",
        /// Arrears without a plan, or commitments broken.
        Arrears => "arrears",
    }
}

/// The title that a village or township holds when it is assessed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleHeld {
    /// Its level.
    pub level: TitleLevel,
    /// The day on which it came under warning (预警), if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned_on: Option<Date>,
    /// On which occasion it is looked at now.
    pub occasion: Occasion,
}

vocabulary! {
    /// When a title is looked at.
    Occasion {
        /// The regular review, at which a warning that was not cured ends in cancellation.
        Review => "review",
        /// The check every quarter.
        QuarterlyCheck => "quarterly_check",
    }
}
