//! What each author says now: own corrections and retractions have taken effect, official
//! corrections too; nothing is decided between authors here.

use std::collections::{BTreeMap, BTreeSet};

use super::{FileFacts, Recorded};
use crate::file::entry::{Correction, Entry, EntryId, OfficialCorrection};
use crate::id::{CycleId, OfficerId};
use crate::item::{Evidence, ItemPath, Observation, State};

/// A value that stands in a cycle.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LiveValue {
    /// The entry that says so.
    pub entry: EntryId,
    /// Who made the entry.
    pub officer: OfficerId,
    /// In which part.
    pub source: Source,
    /// The value and how it is known.
    pub observation: Observation,
}

/// The part in which a value was entered.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A field officer's own observation.
    Officer,
    /// An import from a register.
    Register,
    /// A decision of staff: an official correction, or a resolution that found a third value.
    Decision,
}

/// Whoever can disagree with another: each officer for himself, the registers together, staff
/// together.
type Author<'a> = (Source, Option<&'a OfficerId>);

impl FileFacts {
    /// What each author says now of each item in a cycle, by entry id.
    ///
    /// - A correction or retraction takes effect on an entry of the **same officer** only,
    ///   whichever of the two arrived first. A correction of another's entry is ignored
    ///   altogether; one of another item or cycle corrects nothing and stands as a value of its
    ///   own. What was taken back stays taken back: retracting a correction does not bring the
    ///   corrected value to life again.
    /// - Without a correction, an author's newer value replaces the older one. Newer on one device
    ///   is the higher place in its chains (incarnation, seq, index). Between two devices of one
    ///   officer the greater entry id wins, that is device id first: arbitrary, but equal
    ///   everywhere, and no clock takes part.
    /// - Imports and official corrections come from one server chain, where the higher place is
    ///   the newer one. An official correction without a value leaves the item unknown.
    #[must_use]
    pub fn live(&self, cycle: &CycleId) -> BTreeMap<ItemPath, Vec<LiveValue>> {
        let superseded = self.superseded();
        let mut newest: BTreeMap<(&ItemPath, Author<'_>), (Recorded<'_>, Observation)> =
            BTreeMap::new();
        let stating = self.entries_where(states);
        for recorded in stating.filter(|r| !superseded.contains(&r.id)) {
            if let Some((item, source, observation)) = self.stated(&recorded, cycle) {
                let officer = (source == Source::Officer).then_some(recorded.officer);
                // Entries come by id, so a later one is the greater.
                newest.insert((item, (source, officer)), (recorded, observation));
            }
        }
        let mut live: BTreeMap<ItemPath, Vec<LiveValue>> = BTreeMap::new();
        for ((item, (source, _)), (recorded, observation)) in newest {
            live.entry(item.clone()).or_default().push(LiveValue {
                entry: recorded.id,
                officer: recorded.officer.clone(),
                source,
                observation,
            });
        }
        for values in live.values_mut() {
            values.sort_by(|a, b| a.entry.cmp(&b.entry));
        }
        live
    }

    /// Whether the file counts any animals in a cycle.
    #[must_use]
    pub fn counts_animals(&self, cycle: &CycleId) -> bool {
        let some = |value: &LiveValue| match &value.observation.state {
            State::Known(known) => known.as_int().is_some_and(|n| n > 0),
            _ => false,
        };
        let live = self.live(cycle);
        let mut herd = live
            .iter()
            .filter(|(item, _)| item.to_string().starts_with("herd."));
        herd.any(|(_, values)| values.iter().any(some))
    }

    /// The entries that no longer count: corrected or taken back by their own author, or replaced
    /// by an official correction. They stay in the file and in every history.
    #[must_use]
    pub fn superseded(&self) -> BTreeSet<EntryId> {
        let mut superseded = BTreeSet::new();
        for recorded in self.entries_where(takes_back) {
            match recorded.entry {
                Entry::Correction(c) if self.corrects(&recorded, c) == Effect::Replaces => {
                    superseded.insert(c.corrects.clone());
                }
                Entry::Retraction(r) if self.is_own(&recorded, &r.retracts) == Some(true) => {
                    superseded.insert(r.retracts.clone());
                }
                _ => {}
            }
        }
        superseded.extend(self.replaced().cloned());
        superseded
    }

    /// The entries that official corrections replace.
    pub(super) fn replaced(&self) -> impl Iterator<Item = &EntryId> {
        let official = self.entries_where(|e| matches!(e, Entry::OfficialCorrection(_)));
        official.flat_map(|recorded| match recorded.entry {
            Entry::OfficialCorrection(correction) => &correction.replaces[..],
            _ => &[],
        })
    }

    /// The value that an entry states for a cycle, if it states one.
    fn stated<'a>(
        &self,
        recorded: &Recorded<'a>,
        cycle: &CycleId,
    ) -> Option<(&'a ItemPath, Source, Observation)> {
        let (of, item, source, observation) = match recorded.entry {
            Entry::Correction(c) if self.corrects(recorded, c) == Effect::Ignored => return None,
            Entry::Observation(_) | Entry::Correction(_) | Entry::Import(_) => {
                let (of, observation) = recorded.entry.observed()?;
                let is_import = matches!(recorded.entry, Entry::Import(_));
                let source = if is_import {
                    Source::Register
                } else {
                    Source::Officer
                };
                (of, &observation.item, source, observation.clone())
            }
            Entry::OfficialCorrection(c) => {
                let held = c.observation.clone();
                let held = held.unwrap_or_else(|| unknown(recorded, c));
                (&c.cycle, &c.item, Source::Decision, held)
            }
            _ => return None,
        };
        (of == cycle).then_some((item, source, observation))
    }

    fn corrects(&self, recorded: &Recorded<'_>, correction: &Correction) -> Effect {
        match self.is_own(recorded, &correction.corrects) {
            Some(false) => return Effect::Ignored,
            None => return Effect::Stands,
            Some(true) => {}
        }
        let target = self.entry(&correction.corrects);
        let target = target.as_ref().and_then(|target| target.entry.observed());
        match target {
            Some((cycle, observation))
                if *cycle == correction.cycle
                    && observation.item == correction.observation.item =>
            {
                Effect::Replaces
            }
            _ => Effect::Stands,
        }
    }

    /// Whether the target is another entry of the same officer and no official one; `None` while
    /// it is not here.
    fn is_own(&self, recorded: &Recorded<'_>, target: &EntryId) -> Option<bool> {
        let target = self.entry(target)?;
        let is_same = target.officer == recorded.officer && target.id != recorded.id;
        Some(is_same && !target.entry.is_official())
    }
}

/// What a correction does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It replaces its target.
    Replaces,
    /// It replaces nothing, and is a value of its own.
    Stands,
    /// It reaches for what is not its author's.
    Ignored,
}

/// Whether an entry can take back another one of its author.
const fn takes_back(entry: &Entry) -> bool {
    matches!(entry, Entry::Correction(_) | Entry::Retraction(_))
}

/// Whether an entry can state a value.
const fn states(entry: &Entry) -> bool {
    matches!(entry, Entry::OfficialCorrection(_)) || entry.observed().is_some()
}

/// What an official correction without a value leaves behind.
fn unknown(recorded: &Recorded<'_>, correction: &OfficialCorrection) -> Observation {
    Observation {
        item: correction.item.clone(),
        state: State::Unknown,
        evidence: Evidence::A,
        observed_on: recorded.entered_at.on(),
    }
}
