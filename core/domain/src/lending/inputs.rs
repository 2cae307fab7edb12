//! What a line is computed from: figures of the stored inputs that the consent covers, the
//! rating, titles and the present ledger.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{FigureName, LineParameters, Why};
use crate::assess::{Fact, Facts, Inputs, Quotient, overstock};
use crate::catalogue::{Catalogue, Restricted};
use crate::item::State;
use crate::pack::StockClass;
use crate::register::{CreditRecord, CreditStatus};
use crate::subject::Grade;
use crate::title::TitleLevel;

/// An amount of money, or why it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// In fen.
    Known(i64),
    /// Not there.
    Missing(Why),
}

/// Everything that a line depends on, beside the lender's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineInputs {
    /// The day.
    pub on: Date,
    /// The grade in effect; `None` while it is open.
    pub grade: Option<Grade>,
    /// Total assets.
    pub total_assets: Figure,
    /// Operating income.
    pub operating_income: Figure,
    /// Income of the year from everything.
    pub comprehensive_income: Figure,
    /// Other debts due in twelve months.
    pub other_debt_due: Figure,
    /// Balance of the loans that the ledger has.
    pub unsecured_balance: Figure,
    /// (Grazing − capacity) ÷ capacity by the quota in force, without the disaster rule: buying
    /// animals is judged by the pasture that there is. `None` if unknown.
    pub overstock: Option<Quotient>,
    /// The title of the gacha.
    pub village_title: Option<TitleLevel>,
    /// The title of the sumu.
    pub township_title: Option<TitleLevel>,
    /// Classes of animals that are kept.
    pub stock: BTreeSet<StockClass>,
}

/// What the server holds of a rated subject.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The stored inputs that the rating rests on.
    pub rated: &'a Inputs,
    /// The grade in effect.
    pub grade: Grade,
    /// The ledger as it stands now.
    pub credit: &'a CreditRecord,
    /// The title of the gacha.
    pub village_title: Option<TitleLevel>,
    /// The title of the sumu.
    pub township_title: Option<TitleLevel>,
    /// The classes of information that the consents in force cover.
    pub agreed: &'a BTreeSet<Restricted>,
}

impl LineInputs {
    /// The inputs of a rated subject on a day, for one lender's parameters.
    #[must_use]
    pub fn of(basis: &Basis<'_>, parameters: &LineParameters, on: Date) -> Self {
        let facts = &basis.rated.facts;
        let figure = |name| figure(facts, parameters.items(name), basis.agreed);
        Self {
            on,
            grade: Some(basis.grade),
            total_assets: figure(FigureName::TotalAssets),
            operating_income: figure(FigureName::OperatingIncome),
            comprehensive_income: figure(FigureName::ComprehensiveIncome),
            other_debt_due: figure(FigureName::OtherDebtDue),
            unsecured_balance: balance(basis.credit),
            overstock: overstock(basis.rated),
            village_title: basis.village_title,
            township_title: basis.township_title,
            stock: stock(facts),
        }
    }

    /// A figure by its name.
    #[must_use]
    pub const fn figure(&self, name: FigureName) -> Figure {
        match name {
            FigureName::TotalAssets => self.total_assets,
            FigureName::OperatingIncome => self.operating_income,
            FigureName::ComprehensiveIncome => self.comprehensive_income,
            FigureName::OtherDebtDue => self.other_debt_due,
            FigureName::UnsecuredBalance => self.unsecured_balance,
        }
    }
}

/// The first of some items that the file has; a starred one is summed over its keys.
fn figure(facts: &Facts, items: &[String], agreed: &BTreeSet<Restricted>) -> Figure {
    for name in items {
        let class = Catalogue::builtin().named(name).and_then(|i| i.restricted);
        let found = match name.split_once("/*/") {
            Some((group, name)) => sum(facts, group, name),
            None => single(facts, name),
        };
        if let Some(found) = found {
            let is_covered = class.is_none_or(|class| agreed.contains(&class));
            return if is_covered {
                found
            } else {
                Figure::Missing(Why::NoConsent)
            };
        }
    }
    Figure::Missing(Why::Unknown)
}

fn single(facts: &Facts, name: &str) -> Option<Figure> {
    if facts.conflicts.contains_key(name) {
        return Some(Figure::Missing(Why::Disputed));
    }
    facts.get(name).map(known)
}

fn sum(facts: &Facts, group: &str, name: &str) -> Option<Figure> {
    let is_meant = |path: &crate::item::ItemPath| {
        path.parts()
            .is_some_and(|(of, _, item)| of == group && item == name)
    };
    if facts.conflicts.keys().any(is_meant) {
        return Some(Figure::Missing(Why::Disputed));
    }
    let parts = facts.in_group(group).filter(|(path, _)| is_meant(path));
    parts
        .map(|(_, fact)| known(fact))
        .reduce(|a, b| match (a, b) {
            (Figure::Known(a), Figure::Known(b)) => Figure::Known(a.saturating_add(b)),
            (Figure::Missing(why), _) | (_, Figure::Missing(why)) => Figure::Missing(why),
        })
}

fn known(fact: &Fact) -> Figure {
    match &fact.state {
        State::Known(value) => match value.as_int() {
            Some(fen) => Figure::Known(fen),
            None => Figure::Missing(Why::Unknown),
        },
        // What cannot be there is nothing: no debt of a kind that a household cannot have.
        State::NotApplicable => Figure::Known(0),
        State::Unknown => Figure::Missing(Why::Unknown),
        State::Refused => Figure::Missing(Why::Refused),
    }
}

/// The ledger does not tell secured loans from unsecured ones, so that all of them count.
fn balance(credit: &CreditRecord) -> Figure {
    match credit.status {
        CreditStatus::Known => Figure::Known(credit.balance_fen),
        CreditStatus::Never => Figure::Known(0),
        CreditStatus::Unknown => Figure::Missing(Why::Unknown),
        CreditStatus::Refused => Figure::Missing(Why::Refused),
    }
}

fn stock(facts: &Facts) -> BTreeSet<StockClass> {
    let is_kept = |class: &StockClass| {
        let fact = facts.get(&format!("herd.{class}"));
        let heads = fact.and_then(|fact| fact.state.value()?.as_int());
        heads.is_some_and(|heads| heads > 0)
    };
    StockClass::ALL.iter().copied().filter(is_kept).collect()
}
