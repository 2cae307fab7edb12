//! Checks of one count against another that a device runs offline (`domain.md` C.5, B.9.6). A
//! mismatch asks for a second look; it never changes the score. Where a check begins to ask is
//! in the parameter table ([`CrossChecks`]).

use std::collections::BTreeMap;

use super::inputs::{Facts, Inputs};
use super::measure::{GRAZING, Herd, PENNED, Probe, Sight, classes, is_far_above_quota};
use crate::item::Value;
use crate::pack::{CrossChecks, StockClass, vocabulary};

vocabulary! {
    /// Counts that do not fit together.
    Mismatch {
        /// More insured animals than the declared ones explain.
        InsuredAboveDeclared => "insured_above_declared",
        /// More young than the breeding females can have had.
        BirthsAboveFemales => "births_above_females",
        /// Opening + births + bought + received − sold − slaughtered − died − given is not the stock.
        HerdEquation => "herd_equation",
        /// Every class is a multiple of five.
        Heaping => "heaping",
        /// The grassland subsidy stands for another area than the declared one.
        SubsidyArea => "subsidy_area",
        /// Far more animals on the pasture than its quota allows.
        FarAboveQuota => "far_above_quota",
        /// The counts of all classes equal last year's.
        SameStock => "same_stock",
        /// In a disaster, far fewer animals than are accounted for.
        UnexplainedLoss => "unexplained_loss",
    }
}

/// Everything that does not fit together in these facts.
#[must_use]
pub fn mismatches(inputs: &Inputs, facts: &Facts) -> Vec<Mismatch> {
    seen_mismatches(&Sight::new(inputs, facts))
}

/// [`mismatches`] for a caller that looks at the same subject for other things too.
pub(super) fn seen_mismatches<'a>(sight: &'a Sight<'a>) -> Vec<Mismatch> {
    let (inputs, facts) = (sight.inputs, sight.facts);
    let counts = Counts {
        facts,
        heads: heads(facts),
        checks: &inputs.parameters.crosschecks,
    };
    let probe = Probe::new(sight, false);
    let herd = Herd::count(&probe);
    let is_disaster = !inputs.context.disasters.is_empty();
    [
        (
            Mismatch::InsuredAboveDeclared,
            herd.is_some_and(|herd| counts.insured_above(herd.owned())),
        ),
        (Mismatch::BirthsAboveFemales, counts.births_above_females()),
        (Mismatch::HerdEquation, counts.equation_fails()),
        (Mismatch::Heaping, counts.heaped()),
        (Mismatch::SubsidyArea, counts.subsidy_differs()),
        (Mismatch::FarAboveQuota, is_far_above_quota(&probe)),
        (
            Mismatch::SameStock,
            counts.same_as(&inputs.context.last_stock),
        ),
        (
            Mismatch::UnexplainedLoss,
            is_disaster && counts.loses_unexplained(),
        ),
    ]
    .into_iter()
    .filter_map(|(mismatch, is_found)| is_found.then_some(mismatch))
    .collect()
}

struct Counts<'a> {
    facts: &'a Facts,
    /// Heads of each class that is counted, grazing and penned.
    heads: BTreeMap<StockClass, i128>,
    checks: &'a CrossChecks,
}

impl Counts<'_> {
    /// A count; wide, so that no sum of counts overflows.
    fn int(&self, path: &str) -> Option<i128> {
        self.facts
            .get(path)?
            .state
            .value()?
            .as_int()
            .map(i128::from)
    }

    fn insured_above(&self, declared: i64) -> bool {
        let limit = i128::from(declared) * i128::from(self.checks.insured_over_centi);
        self.int("insurance.livestock_milli_su")
            .is_some_and(|insured| insured * 100 > limit)
    }

    /// How many young a female bears differs between small and large animals.
    fn births_above_females(&self) -> bool {
        const SMALL: [&str; 2] = ["sheep", "goat"];
        const LARGE: [&str; 5] = ["cattle", "cattle_xl", "horse", "donkey", "camel"];
        let sum = |names: &[&str]| -> Option<i128> {
            let known: Vec<i128> = names
                .iter()
                .filter_map(|n| self.int(&format!("breeding.{n}")))
                .collect();
            (!known.is_empty()).then(|| known.iter().sum())
        };
        let (small, large) = (sum(&SMALL), sum(&LARGE));
        let Some(born) = self.int("production.born") else {
            return false;
        };
        let of = |females: Option<i128>, each| females.unwrap_or(0) * i128::from(each);
        let most =
            of(small, self.checks.births_small_centi) + of(large, self.checks.births_large_centi);
        (small.is_some() || large.is_some()) && born * 100 > most
    }

    fn term(&self, name: &str) -> Option<i128> {
        self.int(&format!("production.{name}"))
    }

    fn stock(&self) -> Option<i128> {
        self.heads.values().copied().reduce(|a, b| a + b)
    }

    /// Judged only where every term is known; a small share of the stock is tolerated.
    fn equation_fails(&self) -> bool {
        let sum = |names: &[&str]| names.iter().map(|n| self.term(n)).sum::<Option<i128>>();
        match (sum(&COMES), sum(&GOES), self.stock()) {
            (Some(plus), Some(minus), Some(stock)) => {
                let tolerated = stock * i128::from(self.checks.equation_tolerance_bp);
                (plus - minus - stock).abs() * 10_000 > tolerated
            }
            _ => false,
        }
    }

    /// What is missing without an explanation, as a share of the opening stock; what was not
    /// stated explains nothing.
    fn loses_unexplained(&self) -> bool {
        let sum = |names: &[&str]| names.iter().filter_map(|n| self.term(n)).sum::<i128>();
        let (Some(opening), Some(stock)) = (self.term("opening_heads"), self.stock()) else {
            return false;
        };
        let missing = sum(&COMES) - sum(&GOES) - stock;
        missing * 10_000 > opening * i128::from(self.checks.unexplained_loss_bp)
    }

    /// At least three classes with animals, and every count a multiple of five.
    fn heaped(&self) -> bool {
        let counts = || self.heads.values().filter(|n| **n > 0);
        counts().count() >= 3 && counts().all(|n| n % 5 == 0)
    }

    /// At least two classes with animals, each exactly as many as last year.
    fn same_as(&self, last: &BTreeMap<StockClass, i64>) -> bool {
        let now = || self.heads.iter().filter(|(_, heads)| **heads > 0);
        let before = last.iter().filter(|(_, heads)| **heads > 0);
        let before = before.map(|(class, heads)| (*class, i128::from(*heads)));
        now().count() >= 2 && before.eq(now().map(|(class, heads)| (*class, *heads)))
    }

    /// The subsidy goes to who holds the right, whoever uses the plot, at a rate for each zone.
    fn subsidy_differs(&self) -> bool {
        let differs = |item: &str, zone: &str, fen_per_mu: i64| {
            let Some(paid) = self.int(item) else {
                return false;
            };
            let area = self.held_area(zone) * i128::from(fen_per_mu);
            (paid - area).abs() * 10_000 > area * i128::from(self.checks.subsidy_tolerance_bp)
        };
        let checks = self.checks;
        differs(
            "subsidy.balance_fen",
            "balance",
            checks.subsidy_balance_fen_per_mu,
        ) || differs("subsidy.ban_fen", "ban", checks.subsidy_ban_fen_per_mu)
    }

    /// The area of all plots of a zone that the household holds the right to.
    fn held_area(&self, zone: &str) -> i128 {
        let text = |key: &str, name: &str| {
            let fact = self.facts.get(&format!("plot/{key}/{name}"));
            fact.and_then(|f| f.state.value()).and_then(Value::as_text)
        };
        let areas = self.facts.in_group("plot").filter_map(|(path, fact)| {
            let (_, key, name) = path.parts()?;
            let is_held = matches!(text(key, "right"), Some("own_contract" | "leased_out"));
            let counts = name == "area_mu" && is_held && text(key, "zone") == Some(zone);
            counts.then_some(i128::from(fact.state.value()?.as_int()?))
        });
        areas.sum()
    }
}

/// Heads of each class whose count is known, grazing and penned together.
fn heads(facts: &Facts) -> BTreeMap<StockClass, i128> {
    let mut heads = BTreeMap::new();
    for (class, fact) in classes(facts, GRAZING).chain(classes(facts, PENNED)) {
        if let Some(count) = fact.state.value().and_then(Value::as_int) {
            *heads.entry(class).or_insert(0) += i128::from(count);
        }
    }
    heads
}

const COMES: [&str; 4] = ["opening_heads", "born", "bought_heads", "received_heads"];
const GOES: [&str; 4] = [
    "sold_heads",
    "slaughtered_heads",
    "died_heads",
    "given_heads",
];
