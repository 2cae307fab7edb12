//! Days from and to, both included, and the stretches between the days on which something changes.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// A stretch of days, both ends included; without an end it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Days {
    pub(super) from: Date,
    pub(super) to: Option<Date>,
}

impl Days {
    pub(super) const fn new(from: Date, to: Option<Date>) -> Self {
        Self { from, to }
    }

    pub(super) fn covers(self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// The days that both share.
    pub(super) fn meet(self, other: Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let to = match (self.to, other.to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        to.is_none_or(|to| from <= to).then_some(Self { from, to })
    }
}

/// The stretches between the days on which one of `all` begins or has just ended, from the first
/// day on. Within a stretch nothing changes.
pub(super) fn stretches(all: impl IntoIterator<Item = Days>) -> Vec<Days> {
    let mut cuts = BTreeSet::new();
    for days in all {
        if days.to.is_some_and(|to| to < days.from) {
            continue;
        }
        cuts.insert(days.from);
        cuts.extend(days.to.and_then(|to| to.tomorrow().ok()));
    }
    let starts: Vec<Date> = cuts.into_iter().collect();
    let ends = starts.iter().skip(1).map(|next| next.yesterday().ok());
    let ends = ends.chain(std::iter::once(None));
    starts
        .iter()
        .zip(ends)
        .map(|(from, to)| Days::new(*from, to))
        .collect()
}

/// Values over stretches, those joined that touch and say the same.
pub(super) fn merged<T: PartialEq>(pieces: Vec<(Days, T)>) -> Vec<(Days, T)> {
    let mut whole: Vec<(Days, T)> = Vec::new();
    for (days, value) in pieces {
        let touches =
            |before: &Days| before.to.and_then(|to| to.tomorrow().ok()) == Some(days.from);
        match whole.last_mut() {
            Some((before, said)) if *said == value && touches(before) => before.to = days.to,
            _ => whole.push((days, value)),
        }
    }
    whole
}
