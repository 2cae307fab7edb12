//! Checks of one count against another that a device runs offline (`domain.md` C.5). A mismatch
//! asks for a second look; it never changes the score.

use super::inputs::{Facts, Inputs};
use super::measure::{Herd, Probe};
use crate::pack::{StockClass, vocabulary};

vocabulary! {
    /// Counts that do not fit together.
    Mismatch {
        /// Insured animals above 1.2 × the declared ones.
        InsuredAboveDeclared => "insured_above_declared",
        /// More young than the breeding females can have had.
        BirthsAboveFemales => "births_above_females",
        /// Opening + births + bought + received − sold − slaughtered − died − given is not the stock.
        HerdEquation => "herd_equation",
        /// Every class is a multiple of five.
        Heaping => "heaping",
    }
}

/// Everything that does not fit together in these facts.
#[must_use]
pub fn mismatches(inputs: &Inputs, facts: &Facts) -> Vec<Mismatch> {
    let counts = Counts { facts };
    let probe = Probe::new(inputs, facts, false);
    let mut found = Vec::new();
    if let (Some(insured), Some(herd)) = (
        counts.int("insurance.livestock_milli_su"),
        Herd::count(&probe),
    ) && insured * 10 > i128::from(herd.total()) * 12
    {
        found.push(Mismatch::InsuredAboveDeclared);
    }
    if counts.births_above_females() {
        found.push(Mismatch::BirthsAboveFemales);
    }
    if counts.equation_fails() {
        found.push(Mismatch::HerdEquation);
    }
    if counts.heaped() {
        found.push(Mismatch::Heaping);
    }
    found
}

struct Counts<'a> {
    facts: &'a Facts,
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

    /// Heads of a class, grazing and penned.
    fn heads(&self, class: StockClass) -> Option<i128> {
        let of = |group: &str| self.int(&format!("{group}.{class}"));
        match (of("herd"), of("penned")) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
        }
    }

    /// Sheep and goats bear up to 1.3 young each, larger animals one.
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
        (small.is_some() || large.is_some())
            && born * 10 > small.unwrap_or(0) * 13 + large.unwrap_or(0) * 10
    }

    /// Judged only where every term is known; 3 % of the stock is tolerated.
    fn equation_fails(&self) -> bool {
        let term = |name: &str| self.int(&format!("production.{name}"));
        let sum = |names: &[&str]| names.iter().map(|n| term(n)).sum::<Option<i128>>();
        let plus = sum(&["opening_heads", "born", "bought_heads", "received_heads"]);
        let minus = sum(&[
            "sold_heads",
            "slaughtered_heads",
            "died_heads",
            "given_heads",
        ]);
        let stock: Vec<i128> = StockClass::ALL
            .iter()
            .filter_map(|c| self.heads(*c))
            .collect();
        match (plus, minus) {
            (Some(plus), Some(minus)) if !stock.is_empty() => {
                let stock: i128 = stock.iter().sum();
                (plus - minus - stock).abs() * 100 > stock * 3
            }
            _ => false,
        }
    }

    /// At least three classes with animals, and every count a multiple of five.
    fn heaped(&self) -> bool {
        let counts: Vec<i128> = StockClass::ALL
            .iter()
            .filter_map(|c| self.heads(*c))
            .filter(|n| *n > 0)
            .collect();
        counts.len() >= 3 && counts.iter().all(|n| n % 5 == 0)
    }
}
