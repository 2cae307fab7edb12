//! The reference line itself, every step with its figures (`domain.md` F.2). Integers only: shares
//! are applied exactly and the result is floored once.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Figure, FigureName, LineInputs, LineParameters, LoanUse, Why};
use crate::assess::Points;
use crate::division::DivisionLevel;
use crate::hash::Hash;
use crate::pack::{Test, vocabulary};
use crate::title::TitleLevel;

/// The text that stands beside every line: 参考，不构成授信承诺.
pub const NOTICE: &str = "report-line-advisory";

/// Ten thousandths in one.
const WHOLE: i128 = 10_000;

/// The reference line of one subject for one lender on one day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReferenceLine {
    /// Id and version of the lender's parameters.
    pub parameters: String,
    /// SHA-256 of their file.
    pub parameters_hash: Hash,
    /// The lender.
    pub authority: String,
    /// The day.
    pub on: Date,
    /// The line; absent if a person must decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_fen: Option<i64>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_for: Vec<NoLine>,
    /// How it was computed.
    pub steps: Vec<StepLine>,
    /// Discount on the spread in basis points, all together.
    pub discount_bp: i64,
    /// What the discount is made of.
    pub discounts: Vec<Discount>,
    /// Uses for which there is no line.
    pub blocks: Vec<Blocked>,
    /// When repayment suits.
    pub terms: Vec<Repayment>,
    /// What a reader must know, as a key of the catalogue of words: it is advisory.
    pub notice: String,
}

/// Why there is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NoLine {
    /// The reason.
    pub why: Why,
    /// The figure that is not there, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<FigureName>,
}

vocabulary! {
    /// A step of the computation.
    LineStep {
        /// The base of the grade.
        Base => "base",
        /// The share of total assets.
        AssetPart => "asset_part",
        /// The share of operating income.
        IncomePart => "income_part",
        /// Base and both shares.
        Formula => "formula",
        /// The largest line.
        Cap => "cap",
        /// Comprehensive income less other debts due.
        Free => "free",
        /// The share of that.
        Repayable => "repayable",
        /// The smallest of formula, cap and repayable, zero at least.
        Lowest => "lowest",
        /// Floored to the lender's step.
        Floored => "floored",
        /// The balance of loans that are there already.
        Balance => "balance",
        /// Floored less balance, zero at least.
        Line => "line",
    }
}

/// A step with its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StepLine {
    /// Which.
    pub step: LineStep,
    /// What it came to.
    pub amount_fen: i64,
    /// The share that was taken, in per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Points>,
}

vocabulary! {
    /// What a discount is given for.
    DiscountFor {
        /// The grade.
        Grade => "grade",
        /// The title of the gacha.
        VillageTitle => "village_title",
        /// The title of the sumu.
        TownshipTitle => "township_title",
    }
}

/// A part of the discount.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Discount {
    /// What for.
    pub given_for: DiscountFor,
    /// The grade or the level.
    pub word: String,
    /// Basis points.
    pub bp: i64,
}

/// Uses that get no line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Blocked {
    /// The block of the lender's file.
    pub code: String,
    /// The uses.
    pub uses: Vec<LoanUse>,
    /// The overstock as a decimal of the capacity; absent if it is unknown or there is no
    /// capacity, and then the use needs a person too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overstock: Option<String>,
    /// What it says, by language.
    pub text: BTreeMap<String, String>,
}

/// A window of months after which repayment suits.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Repayment {
    /// The term of the lender's file.
    pub code: String,
    /// First month of the sale window.
    pub from_month: i64,
    /// Last month of it.
    pub to_month: i64,
    /// What it says, by language.
    pub text: BTreeMap<String, String>,
}

/// Computes the reference line. The same inputs and parameters give the same line.
#[must_use]
pub fn reference_line(inputs: &LineInputs, parameters: &LineParameters) -> ReferenceLine {
    let discounts = discounts(inputs, parameters);
    let (line_fen, steps, none_for) = match steps(inputs, parameters) {
        Ok((line, steps)) => (Some(line), steps, Vec::new()),
        Err(none_for) => (None, Vec::new(), none_for),
    };
    ReferenceLine {
        parameters: parameters.name(),
        parameters_hash: parameters.hash(),
        authority: parameters.authority.clone(),
        on: inputs.on,
        line_fen,
        none_for,
        steps,
        discount_bp: discounts.iter().map(|discount| discount.bp).sum(),
        discounts,
        blocks: blocks(inputs, parameters),
        terms: terms(inputs, parameters),
        notice: NOTICE.to_owned(),
    }
}

/// The line with its steps, or everything that stands against it.
fn steps(
    inputs: &LineInputs,
    parameters: &LineParameters,
) -> Result<(i64, Vec<StepLine>), Vec<NoLine>> {
    let row = |grade| parameters.grades.iter().find(move |row| row.grade == grade);
    let Some(base) = inputs.grade.and_then(row) else {
        let (why, figure) = (Why::GradeManual, None);
        return Err(vec![NoLine { why, figure }]);
    };
    let [assets, operating, comprehensive, due, balance] = figures(inputs)?;
    let (asset_part, income_part) = (
        i128::from(assets) * i128::from(parameters.asset_share),
        i128::from(operating) * i128::from(parameters.income_share),
    );
    let formula = (i128::from(base.base_fen) * WHOLE + asset_part + income_part).div_euclid(WHOLE);
    let free = comprehensive.saturating_sub(due);
    let repayable = (i128::from(free) * i128::from(parameters.repayable_share)).div_euclid(WHOLE);
    let lowest = formula.min(parameters.cap_fen.into()).min(repayable).max(0);
    let floored = lowest - lowest.rem_euclid(parameters.step_fen.into());
    let line = fen(floored).saturating_sub(balance.max(0)).max(0);
    let plain = |step, amount_fen| StepLine {
        step,
        amount_fen,
        percent: None,
    };
    let shared = |step, amount_fen, share| StepLine {
        percent: Some(Points(share)),
        ..plain(step, amount_fen)
    };
    let part = |part: i128| fen(part.div_euclid(WHOLE));
    let steps = vec![
        plain(LineStep::Base, base.base_fen),
        shared(
            LineStep::AssetPart,
            part(asset_part),
            parameters.asset_share,
        ),
        shared(
            LineStep::IncomePart,
            part(income_part),
            parameters.income_share,
        ),
        plain(LineStep::Formula, fen(formula)),
        plain(LineStep::Cap, parameters.cap_fen),
        plain(LineStep::Free, free),
        shared(
            LineStep::Repayable,
            fen(repayable),
            parameters.repayable_share,
        ),
        plain(LineStep::Lowest, fen(lowest)),
        plain(LineStep::Floored, fen(floored)),
        plain(LineStep::Balance, balance),
        plain(LineStep::Line, line),
    ];
    Ok((line, steps))
}

/// The five figures, or all that are not there at once.
fn figures(inputs: &LineInputs) -> Result<[i64; 5], Vec<NoLine>> {
    const NAMES: [FigureName; 5] = [
        FigureName::TotalAssets,
        FigureName::OperatingIncome,
        FigureName::ComprehensiveIncome,
        FigureName::OtherDebtDue,
        FigureName::UnsecuredBalance,
    ];
    let missing = NAMES
        .into_iter()
        .filter_map(|name| match inputs.figure(name) {
            Figure::Known(_) => None,
            Figure::Missing(why) => Some(NoLine {
                why,
                figure: Some(name),
            }),
        });
    let missing: Vec<NoLine> = missing.collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(NAMES.map(|name| match inputs.figure(name) {
        Figure::Known(fen) => fen,
        Figure::Missing(_) => 0,
    }))
}

/// Amounts beyond 63 bits are no amounts.
fn fen(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

fn discounts(inputs: &LineInputs, parameters: &LineParameters) -> Vec<Discount> {
    let Some(grade) = inputs.grade else {
        return Vec::new();
    };
    // Who has no line has no rate to be lowered either.
    let Some(row) = parameters.grades.iter().find(|row| row.grade == grade) else {
        return Vec::new();
    };
    let of_title = |level: DivisionLevel, title: Option<TitleLevel>, given_for: DiscountFor| {
        let title = title?;
        let mut rows = parameters.titles.iter();
        let row = rows.find(|row| (row.level, row.title) == (level, title))?;
        Some(Discount {
            given_for,
            word: title.to_string(),
            bp: row.discount_bp,
        })
    };
    let of_grade = Discount {
        given_for: DiscountFor::Grade,
        word: grade.to_string(),
        bp: row.discount_bp,
    };
    let village = of_title(
        DivisionLevel::Village,
        inputs.village_title,
        DiscountFor::VillageTitle,
    );
    let township = of_title(
        DivisionLevel::Township,
        inputs.township_title,
        DiscountFor::TownshipTitle,
    );
    std::iter::once(of_grade)
        .chain(village)
        .chain(township)
        .collect()
}

fn blocks(inputs: &LineInputs, parameters: &LineParameters) -> Vec<Blocked> {
    let holds = |block: &&super::Block| {
        let test = Test::Above(block.overstock_above);
        inputs.overstock.is_none_or(|value| test.holds(value))
    };
    let met = parameters.blocks.iter().filter(holds);
    met.map(|block| Blocked {
        code: block.code.clone(),
        uses: block.uses.clone(),
        overstock: inputs.overstock.and_then(crate::assess::Quotient::shown),
        text: block.text.by_language(),
    })
    .collect()
}

fn terms(inputs: &LineInputs, parameters: &LineParameters) -> Vec<Repayment> {
    let is_kept = |term: &&super::Term| term.stock.iter().any(|c| inputs.stock.contains(c));
    let fitting = parameters.terms.iter().filter(is_kept);
    fitting
        .map(|term| Repayment {
            code: term.code.clone(),
            from_month: term.from_month,
            to_month: term.to_month,
            text: term.text.by_language(),
        })
        .collect()
}
