//! The shape of a reference line, for the description only; the report that holds it is compared
//! with it member by member.

#![expect(dead_code, reason = "a description only")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// What a lender's own parameters make of a rating. Advisory; no part of the rating.
#[derive(ToSchema)]
pub(super) struct ReferenceLine {
    /// Id and version of the lender's parameters.
    parameters: String,
    /// SHA-256 of their file.
    parameters_hash: String,
    /// The lender.
    authority: String,
    /// The day.
    #[schema(format = Date)]
    on: String,
    /// The line in fen; absent if a person must decide.
    line_fen: Option<i64>,
    /// Why there is none.
    #[schema(required = false)]
    none_for: Vec<NoLine>,
    /// How it was computed.
    steps: Vec<LineStep>,
    /// Discount on the spread in basis points, all together.
    discount_bp: i64,
    /// What the discount is made of.
    discounts: Vec<LineDiscount>,
    /// Uses for which there is no line.
    blocks: Vec<BlockedUses>,
    /// When repayment suits.
    terms: Vec<RepaymentWindow>,
    /// What a reader must know, as a key of the product's words.
    notice: String,
}

/// Why there is no line.
#[derive(ToSchema)]
struct NoLine {
    /// `grade_manual`, `unknown`, `refused`, `no_consent` or `disputed`.
    why: String,
    /// The figure that is not there.
    figure: Option<String>,
}

/// A step of the computation.
#[derive(ToSchema)]
struct LineStep {
    /// `base`, `asset_part`, `income_part`, `formula`, `cap`, `free`, `repayable`, `lowest`,
    /// `floored`, `balance` or `line`.
    step: String,
    /// What it came to.
    amount_fen: i64,
    /// The share that was taken, in per cent.
    percent: Option<String>,
}

/// A part of the discount.
#[derive(ToSchema)]
struct LineDiscount {
    /// `grade`, `village_title` or `township_title`.
    given_for: String,
    /// The grade or the level.
    word: String,
    /// Basis points.
    bp: i64,
}

/// Uses that get no line.
#[derive(ToSchema)]
struct BlockedUses {
    /// The block of the lender's file.
    code: String,
    /// The uses.
    uses: Vec<String>,
    /// The overstock as a decimal of the capacity; absent if nobody knows it.
    overstock: Option<String>,
    /// What it says, by language.
    text: BTreeMap<String, String>,
}

/// A window of months after which repayment suits.
#[derive(ToSchema)]
struct RepaymentWindow {
    /// The term of the lender's file.
    code: String,
    /// First month of the sale window.
    from_month: i64,
    /// Last month of it.
    to_month: i64,
    /// What it says, by language.
    text: BTreeMap<String, String>,
}
