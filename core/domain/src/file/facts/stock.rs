//! The newest count of a subject, and last year's count of animals, as its files have them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::FileFacts;
use crate::assess::months_after;
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
