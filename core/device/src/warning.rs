//! Cross-checks at the doorstep (`domain.md` C.5): what looks wrong and is never refused, because
//! the herd may really be like that. The officer looks again and decides.

use std::collections::BTreeMap;

use itgel_domain::assess::{Inputs, Mismatch, mismatches};
use itgel_domain::item::{ItemPath, Observation, State, Value};
use itgel_domain::rights::scan::Words;
use itgel_domain::trust::outdates;
use jiff::civil::Date;

use crate::check::{is_stock, only_the_clock_closes};
use crate::visit::{EarlierValue, Visit};

/// Something to look at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub code: WarningCode,
    /// The item, or the group of items, to look at.
    pub field: String,
}

/// The kinds of warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningCode {
    /// Counts that do not fit together.
    Count(Mismatch),
    /// The counts of all classes equal the last cycle's.
    SameStockAsBefore,
    /// More than nine in ten values equal the last cycle's (`domain.md` G 33).
    CopiedFromBefore,
    /// The place of the visit is far from that of the last one.
    FarFromBefore,
    /// Words that tell of what must not be collected (`domain.md` L-03): take them back.
    ForbiddenWords,
    /// The rules here are older than those that the grant names: synchronise (`security.md` T33).
    OutdatedRules,
    /// The day lies before one that the server has signed, or outside a campaign that was open
    /// then: the clock is to be looked at (`security.md` T11).
    DoubtfulClock,
}

impl WarningCode {
    /// The dotted word, from which the key of its text follows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count(Mismatch::InsuredAboveDeclared) => "warning.insured_above_declared",
            Self::Count(Mismatch::BirthsAboveFemales) => "warning.births_above_females",
            Self::Count(Mismatch::HerdEquation) => "warning.herd_equation",
            Self::Count(Mismatch::Heaping) => "warning.heaping",
            Self::Count(Mismatch::SubsidyArea) => "warning.subsidy_area",
            Self::Count(Mismatch::FarAboveQuota) => "warning.far_above_quota",
            Self::Count(Mismatch::UnexplainedLoss) => "warning.unexplained_loss",
            Self::Count(Mismatch::SameStock) | Self::SameStockAsBefore => {
                "warning.same_stock_as_before"
            }
            Self::CopiedFromBefore => "warning.copied_from_before",
            Self::FarFromBefore => "warning.far_from_before",
            Self::ForbiddenWords => "warning.forbidden_words",
            Self::OutdatedRules => "warning.outdated_rules",
            Self::DoubtfulClock => "warning.doubtful_clock",
        }
    }

    /// The item to look at again.
    const fn field(self) -> &'static str {
        match self {
            Self::Count(Mismatch::InsuredAboveDeclared) => "insurance.livestock_milli_su",
            Self::Count(Mismatch::BirthsAboveFemales) => "production.born",
            Self::Count(Mismatch::HerdEquation) => "production.opening_heads",
            Self::Count(Mismatch::SubsidyArea) => "plot",
            Self::Count(
                Mismatch::Heaping
                | Mismatch::FarAboveQuota
                | Mismatch::SameStock
                | Mismatch::UnexplainedLoss,
            )
            | Self::SameStockAsBefore => "herd",
            Self::FarFromBefore => LATITUDE,
            Self::CopiedFromBefore
            | Self::ForbiddenWords
            | Self::OutdatedRules
            | Self::DoubtfulClock => "draft",
        }
    }
}

/// Where the visit was, north.
pub(crate) const LATITUDE: &str = "visit.latitude_mdeg";
/// Where it was, east.
pub(crate) const LONGITUDE: &str = "visit.longitude_mdeg";

/// What this officer states, by item.
struct Stated(BTreeMap<ItemPath, Observation>);

/// What looks wrong with the visit. `inputs` are those of the provisional assessment; without
/// them, for want of rules, the checks that need them are left out.
pub(crate) fn warnings(
    visit: &Visit,
    earlier: &[EarlierValue],
    inputs: Option<&Inputs>,
) -> Vec<Warning> {
    let stated = Stated(visit.stated());
    let mut found = Vec::new();
    if let Some(inputs) = inputs {
        // The same stock is looked for below, in what the officer states before it is sealed.
        let counts = mismatches(inputs, &inputs.facts).into_iter();
        let counts = counts.filter(|mismatch| *mismatch != Mismatch::SameStock);
        found.extend(counts.map(WarningCode::Count));
    }
    if stated.has_same_stock(earlier) {
        found.push(WarningCode::SameStockAsBefore);
    }
    if stated.is_far_from(earlier) {
        found.push(WarningCode::FarFromBefore);
    }
    if is_copied(visit, earlier) {
        found.push(WarningCode::CopiedFromBefore);
    }
    let counted = found.into_iter().map(|code| Warning {
        code,
        field: code.field().to_owned(),
    });
    counted.chain(forbidden_words(visit)).collect()
}

/// Rules that are older than the grant says.
pub(crate) fn outdated_rules(inputs: &Inputs, packs: &str) -> Option<Warning> {
    let code = WarningCode::OutdatedRules;
    let pack = &inputs.pack;
    outdates(packs.lines(), &pack.id, &pack.version).then(|| Warning {
        code,
        field: code.field().to_owned(),
    })
}

/// A day that the server's last signed one contradicts.
pub(crate) fn doubtful_clock(visit: &Visit, as_of: Date) -> Option<Warning> {
    let code = WarningCode::DoubtfulClock;
    let signed_on = visit.entered.signed_on;
    let is_past = signed_on.is_some_and(|signed| as_of < signed);
    (is_past || only_the_clock_closes(visit, as_of)).then(|| Warning {
        code,
        field: code.field().to_owned(),
    })
}

/// Values and reasons in which the officer wrote of what must not be collected, each with its
/// item.
fn forbidden_words(visit: &Visit) -> impl Iterator<Item = Warning> + '_ {
    let tells = |text: &str| !Words::builtin().find(text).is_empty();
    let telling = visit.values.iter().filter(move |drafted| {
        let written = match &drafted.observation.state {
            State::Known(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        tells(written) || tells(&drafted.reason)
    });
    telling.map(|drafted| Warning {
        code: WarningCode::ForbiddenWords,
        field: drafted.observation.item.to_string(),
    })
}

impl Stated {
    /// Counts of animals by item.
    fn stock(&self) -> BTreeMap<&ItemPath, i64> {
        let counts = self.0.iter().filter(|(path, _)| is_stock(path));
        counts
            .filter_map(|(path, o)| Some((path, o.state.value()?.as_int()?)))
            .collect()
    }

    /// More than about five kilometres from the last visit, north or east.
    fn is_far_from(&self, earlier: &[EarlierValue]) -> bool {
        let is_beyond = |path: &str, limit: u64| {
            let before = earlier.iter().map(|e| &e.observation);
            let number = |o: &Observation| o.state.value()?.as_int();
            let at = |mut all: Box<dyn Iterator<Item = &Observation> + '_>| {
                all.find(|o| o.item.as_str() == path).and_then(number)
            };
            match (at(Box::new(before)), at(Box::new(self.0.values()))) {
                (Some(before), Some(now)) => before.abs_diff(now) > limit,
                _ => false,
            }
        };
        is_beyond(LATITUDE, 45) || is_beyond(LONGITUDE, 60)
    }

    fn has_same_stock(&self, earlier: &[EarlierValue]) -> bool {
        let of = |o: &Observation| o.state.value()?.as_int().filter(|n| *n > 0);
        let before: BTreeMap<&ItemPath, i64> = earlier
            .iter()
            .filter(|e| is_stock(&e.observation.item))
            .filter_map(|e| Some((&e.observation.item, of(&e.observation)?)))
            .collect();
        let mut now = self.stock();
        now.retain(|_, heads| *heads > 0);
        now.len() >= 2 && now == before
    }
}

fn is_copied(visit: &Visit, earlier: &[EarlierValue]) -> bool {
    const FEWEST: usize = 10;
    let before: BTreeMap<&ItemPath, &Observation> = earlier
        .iter()
        .map(|e| (&e.observation.item, &e.observation))
        .collect();
    let drafted = visit.values.iter().map(|v| &v.observation);
    let equal = drafted
        .filter(|o| before.get(&o.item).is_some_and(|b| b.state == o.state))
        .count();
    visit.values.len() >= FEWEST && equal * 10 > visit.values.len() * 9
}
