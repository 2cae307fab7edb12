//! Where officers disagree, and what decisions did about it (`design.md` 4.10).
//!
//! Two values conflict iff they belong to the same item and cycle, come from different officers,
//! differ, neither was superseded by its own author and no resolution settled them. Dates never
//! decide, and evidence decides nothing between different values. Values are in base units, so
//! comparing them is comparing after normalisation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::FileFacts;
use super::value::{LiveValue, Source};
use crate::assess::inputs::{Fact, Facts};
use crate::file::entry::{Entry, EntryId, Picked, Resolution, Seal};
use crate::id::{CycleId, OfficerId};
use crate::item::{ItemPath, State};
use crate::time::AtMs;

/// Different values of one item that nobody has decided between.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Conflict {
    /// The item.
    pub item: ItemPath,
    /// All values that stand, by entry id; a resolution names these.
    pub values: Vec<LiveValue>,
}

/// A decision between values, in force or not: none is ever hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionView<'a> {
    /// Its entry.
    pub entry: EntryId,
    /// What was decided.
    pub resolution: &'a Resolution,
    /// Whether what it picked stands: not overruled by a later decision, not taken back by the
    /// author of the picked value.
    pub in_force: bool,
}

/// A completed visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealView<'a> {
    /// Its entry.
    pub entry: EntryId,
    /// Who sealed.
    pub officer: &'a OfficerId,
    /// The device's clock then.
    pub entered_at: AtMs,
    /// The seal.
    pub seal: &'a Seal,
}

/// What a second seal of another officer for the same subject and cycle means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondSeal {
    /// No second officer has sealed.
    Absent,
    /// The officers found exactly the same: confirmed by rule, nobody has to look.
    ConfirmedByRule,
    /// They did not. The caller compares grades over all combinations: the same grade goes on
    /// with these items on the list for a third person, another grade is a conflict.
    Differs {
        /// Items with different values, or with a value of some of the officers only.
        items: Vec<ItemPath>,
    },
}

impl Conflict {
    /// One value for each different state, with the best way of knowing it.
    #[must_use]
    pub fn alternatives(&self) -> Vec<&LiveValue> {
        alternatives(&self.values)
    }
}

impl FileFacts {
    /// What holds after decisions: the live values of each item without those that a resolution
    /// settled against.
    ///
    /// Resolutions are the server's own entries, from one chain, so between two of them the
    /// **higher place in the chain** is the later decision and wins; decision ids are random and
    /// would let an older decision win. A resolution in force removes every value that it names
    /// but the one it picked. It loses its force when the picked value is corrected by its own
    /// author: the others then stand again and the disagreement is open, so nobody's choice is
    /// changed behind a reviewer's back. An official correction of the picked value brings no
    /// other back.
    #[must_use]
    pub fn held(&self, cycle: &CycleId) -> BTreeMap<ItemPath, Vec<LiveValue>> {
        let mut held = self.live(cycle);
        let replaced: BTreeSet<&EntryId> = self.replaced().collect();
        for (item, resolutions) in self.resolutions_of(cycle) {
            let values = held.entry(item.clone()).or_default();
            *values = settle(values, &resolutions, &replaced);
        }
        held.retain(|_, values| !values.is_empty());
        held
    }

    /// The open conflicts of a cycle, by item.
    #[must_use]
    pub fn conflicts(&self, cycle: &CycleId) -> Vec<Conflict> {
        self.facts_and_conflicts(cycle).1
    }

    /// The resolutions of a cycle, by item, in the order of their decisions.
    #[must_use]
    pub fn resolutions(&self, cycle: &CycleId) -> BTreeMap<ItemPath, Vec<ResolutionView<'_>>> {
        let held = self.held(cycle);
        let stands = |item: &ItemPath, entry: &EntryId| {
            let values = held.get(item).map_or(&[][..], Vec::as_slice);
            values.iter().any(|value| value.entry == *entry)
        };
        let of_cycle = self.resolutions_of(cycle).into_iter();
        of_cycle
            .map(|(item, resolutions)| {
                let view = |(entry, resolution): (EntryId, _)| ResolutionView {
                    in_force: stands(item, picked(&entry, resolution)),
                    entry,
                    resolution,
                };
                (item.clone(), resolutions.into_iter().map(view).collect())
            })
            .collect()
    }

    /// The facts of a cycle as an assessment takes them.
    #[must_use]
    pub fn facts(&self, cycle: &CycleId) -> Facts {
        self.facts_and_conflicts(cycle).0
    }

    /// [`FileFacts::facts`] and [`FileFacts::conflicts`] of a cycle, for one reading of the
    /// entries.
    #[must_use]
    pub fn facts_and_conflicts(&self, cycle: &CycleId) -> (Facts, Vec<Conflict>) {
        let (mut facts, mut conflicts) = (Facts::default(), Vec::new());
        for (item, values) in self.held(cycle) {
            if let [only] = &values[..] {
                facts.values.insert(item, fact(only));
                continue;
            }
            let mut different: Vec<Fact> = alternatives(&values).into_iter().map(fact).collect();
            if different.len() > 1 {
                facts.conflicts.insert(item.clone(), different);
                conflicts.push(Conflict { item, values });
            } else if let Some(only) = different.pop() {
                facts.values.insert(item, only);
            }
        }
        (facts, conflicts)
    }

    /// The seals of a cycle that their authors did not take back, by entry id.
    #[must_use]
    pub fn seals(&self, cycle: &CycleId) -> Vec<SealView<'_>> {
        let superseded = self.superseded();
        let sealed = self.entries_where(|entry| matches!(entry, Entry::Seal(_)));
        let standing = sealed.filter(|r| !superseded.contains(&r.id));
        standing
            .filter_map(|recorded| match recorded.entry {
                Entry::Seal(seal) if seal.cycle == *cycle => Some(SealView {
                    entry: recorded.id,
                    officer: recorded.officer,
                    entered_at: recorded.entered_at,
                    seal,
                }),
                _ => None,
            })
            .collect()
    }

    /// What the seals of different officers say about each other: the values that each of them
    /// stands for now are compared, states only.
    #[must_use]
    pub fn second_seal_outcome(&self, cycle: &CycleId) -> SecondSeal {
        let seals = self.seals(cycle);
        let officers: BTreeSet<&OfficerId> = seals.iter().map(|seal| seal.officer).collect();
        if officers.len() < 2 {
            return SecondSeal::Absent;
        }
        let differs = |values: &[LiveValue]| {
            let own = |v: &&LiveValue| v.source == Source::Officer && officers.contains(&v.officer);
            let states: Vec<&State> = values
                .iter()
                .filter(own)
                .map(|v| &v.observation.state)
                .collect();
            let is_equal = states.windows(2).all(|pair| pair[0] == pair[1]);
            !states.is_empty() && (states.len() < officers.len() || !is_equal)
        };
        let live = self.live(cycle).into_iter();
        let items: Vec<ItemPath> = live
            .filter(|(_, values)| differs(values))
            .map(|(item, _)| item)
            .collect();
        if items.is_empty() {
            SecondSeal::ConfirmedByRule
        } else {
            SecondSeal::Differs { items }
        }
    }

    /// Standing resolutions by item, each list in the order of the chain.
    fn resolutions_of(&self, cycle: &CycleId) -> BTreeMap<&ItemPath, Vec<(EntryId, &Resolution)>> {
        let mut by_item: BTreeMap<&ItemPath, Vec<_>> = BTreeMap::new();
        for recorded in self.entries_where(|entry| matches!(entry, Entry::Resolution(_))) {
            if let Entry::Resolution(resolution) = recorded.entry
                && resolution.cycle == *cycle
            {
                let list = by_item.entry(&resolution.item).or_default();
                list.push((recorded.id, resolution));
            }
        }
        by_item
    }
}

/// The entry under which a resolution's pick stands.
const fn picked<'a>(entry: &'a EntryId, resolution: &'a Resolution) -> &'a EntryId {
    match &resolution.picked {
        Picked::Entry(picked) => picked,
        Picked::Value(_) => entry,
    }
}

/// The values of an item after its resolutions, oldest decision first.
fn settle(
    live: &[LiveValue],
    resolutions: &[(EntryId, &Resolution)],
    replaced: &BTreeSet<&EntryId>,
) -> Vec<LiveValue> {
    let mut held = live.to_vec();
    for (n, (entry, resolution)) in resolutions.iter().enumerate() {
        let pick = match &resolution.picked {
            Picked::Entry(picked) => live
                .iter()
                .chain(&held)
                .find(|v| v.entry == *picked)
                .cloned(),
            Picked::Value(observation) => Some(LiveValue {
                entry: entry.clone(),
                officer: resolution.reviewer.clone(),
                source: Source::Decision,
                observation: observation.clone(),
            }),
        };
        let is_replaced = replaced.contains(picked(entry, resolution));
        if pick.is_none() && !is_replaced {
            continue;
        }
        // A value found by an earlier decision falls with any of the entries it was found for.
        let overruled: BTreeSet<&EntryId> = resolutions[..n]
            .iter()
            .filter(|(_, earlier)| {
                earlier
                    .settles
                    .iter()
                    .any(|e| resolution.settles.contains(e))
            })
            .map(|(earlier, _)| earlier)
            .collect();
        held.retain(|v| !resolution.settles.contains(&v.entry) && !overruled.contains(&v.entry));
        if let Some(pick) = pick.filter(|_| !is_replaced) {
            held.retain(|v| v.entry != pick.entry);
            held.push(pick);
        }
    }
    held.sort_by(|a, b| a.entry.cmp(&b.entry));
    held
}

/// One value for each different state, by state. Of equal values the best known one is kept, and
/// of equally well known ones the one seen last.
fn alternatives(values: &[LiveValue]) -> Vec<&LiveValue> {
    let mut best: BTreeMap<&State, &LiveValue> = BTreeMap::new();
    let rank = |v: &LiveValue| (v.observation.evidence, Reverse(v.observation.observed_on));
    for value in values {
        let kept = best.entry(&value.observation.state).or_insert(value);
        if rank(value) < rank(kept) {
            *kept = value;
        }
    }
    best.into_values().collect()
}

fn fact(value: &LiveValue) -> Fact {
    let observation = &value.observation;
    Fact {
        state: observation.state.clone(),
        evidence: observation.evidence,
        observed_on: observation.observed_on,
    }
}
