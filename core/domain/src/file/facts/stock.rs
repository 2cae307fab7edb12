//! The newest count of a subject, and last year's count of animals, as its files have them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::FileFacts;
use crate::assess::{EarlierCount, months_after};
use crate::file::entry::Entry;
use crate::id::CycleId;
use crate::pack::StockClass;

/// A count at least so much older than an assessment is one of last year.
const MONTHS_BETWEEN: i32 = 6;

impl FileFacts {
    /// The newest seal that its author did not take back: its day and its cycle.
    #[must_use]
    pub fn newest_seal(&self) -> Option<(Date, &CycleId)> {
        let superseded = self.superseded();
        let standing = self.entries().filter(|r| !superseded.contains(&r.id));
        let seals = standing.filter_map(|recorded| match recorded.entry {
            Entry::Seal(seal) => Some((seal.as_of, &seal.cycle)),
            _ => None,
        });
        seals.max()
    }

    /// Heads of each class, grazing and penned, at the newest sealed count that is at least half a
    /// year older than `as_of`; empty without one. A class in conflict is left out.
    #[must_use]
    pub fn last_stock(&self, as_of: Date) -> BTreeMap<StockClass, i64> {
        let before = months_after(as_of, -MONTHS_BETWEEN);
        let seals = self.entries().filter_map(|recorded| match recorded.entry {
            Entry::Seal(seal) if seal.as_of <= before => Some((seal.as_of, &seal.cycle)),
            _ => None,
        });
        let Some((_, cycle)) = seals.max() else {
            return BTreeMap::new();
        };
        self.stock_of(cycle)
    }

    /// The same at the newest sealed count.
    #[must_use]
    pub fn newest_stock(&self) -> BTreeMap<StockClass, i64> {
        match self.newest_seal() {
            Some((_, cycle)) => self.stock_of(cycle),
            None => BTreeMap::new(),
        }
    }

    /// The count before the one that holds on `as_of`, if it was made in another campaign and at
    /// most half a year earlier (`domain.md` F.3, G 25).
    #[must_use]
    pub fn earlier_count(&self, as_of: Date) -> Option<EarlierCount> {
        let all = self.entries().filter_map(|recorded| match recorded.entry {
            Entry::Seal(seal) if seal.as_of <= as_of => Some((seal.as_of, &seal.cycle)),
            _ => None,
        });
        let mut seals: Vec<(Date, &CycleId)> = all.collect();
        seals.sort_unstable();
        let (newest_on, newest) = seals.pop()?;
        let from = months_after(newest_on, -MONTHS_BETWEEN);
        let is_earlier =
            |(on, cycle): &(Date, &CycleId)| *cycle != newest && from <= *on && *on < newest_on;
        let (counted_on, cycle) = seals.into_iter().rfind(is_earlier)?;
        let heads = self.stock_of(cycle);
        (!heads.is_empty()).then_some(EarlierCount { counted_on, heads })
    }

    /// Heads of each class, grazing and penned, as a campaign has them.
    fn stock_of(&self, cycle: &CycleId) -> BTreeMap<StockClass, i64> {
        let mut stock = BTreeMap::new();
        for (item, fact) in self.facts(cycle).values {
            let group = item.as_str().split_once('.');
            let class = group.filter(|(group, _)| matches!(*group, "herd" | "penned"));
            let class = class.and_then(|(_, name)| name.parse::<StockClass>().ok());
            let heads = fact.state.value().and_then(crate::item::Value::as_int);
            if let (Some(class), Some(heads)) = (class, heads) {
                let sum = stock.entry(class).or_insert(0_i64);
                *sum = sum.saturating_add(heads);
            }
        }
        stock
    }
}
