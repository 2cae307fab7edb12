//! What the entries of a file mean: a pure fold that does not care in which order envelopes
//! arrive, how often, or through which device.
//!
//! [`FileFacts`] only collects envelopes by their place; everything else is a view over the
//! collection, computed when it is asked for. So a correction that arrives before the entry it
//! corrects, a resolution before its conflict or a withdrawal before its consent need no waiting
//! room: as soon as both are there, the views know.
//!
//! - [`value`]: what each officer says now, and what holds after decisions,
//! - [`conflict`]: where officers disagree, what resolutions did about it, second seals,
//! - [`consent`]: consents and their withdrawals,
//! - [`causality`]: what an envelope knew, and where the next one is written.

pub mod causality;
pub mod conflict;
pub mod consent;
mod stock;
pub mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use super::ChainRef;
use super::entry::{Entry, EntryId};
use super::envelope::{Body, Envelope};
use crate::hash::Hash;
use crate::id::OfficerId;
use crate::time::AtMs;

/// What is known of a file: the projection that screens and computations read.
///
/// It is a set that only grows: applying is idempotent and commutative, and two projections of
/// the same envelopes are equal to the byte.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(from = "Vec<(ChainRef, Noted)>", into = "Vec<(ChainRef, Noted)>")]
#[cbor(transparent)]
pub struct FileFacts {
    #[n(0)]
    envelopes: BTreeMap<ChainRef, Noted>,
}

/// An envelope of the file, without what only its way to here needed.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
struct Noted {
    /// Whether its entries count; a quarantined envelope only keeps its place.
    #[n(0)]
    counts: bool,
    #[n(1)]
    officer: OfficerId,
    #[n(2)]
    entered_at: AtMs,
    #[n(3)]
    deps: Vec<ChainRef>,
    #[n(4)]
    last_op: u64,
    #[n(5)]
    entries: Vec<Entry>,
}

/// An entry and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded<'a> {
    /// Its place: the device is in it.
    pub id: EntryId,
    /// Who made it.
    pub officer: &'a OfficerId,
    /// The device's clock when it was entered: recorded, never trusted.
    pub entered_at: AtMs,
    /// What it says.
    pub entry: &'a Entry,
}

impl FileFacts {
    /// Takes an envelope whose verdict counts. What is no envelope of a file is passed over; the
    /// caller keeps the envelopes of different files apart.
    ///
    /// Should two envelopes claim one place (a forked chain, of which the server counts only one
    /// branch), the same one of them wins in every order.
    pub fn apply(&mut self, envelope: &Envelope) {
        self.note(envelope, true);
    }

    /// Takes the place of a quarantined envelope, not what it says: later envelopes may depend on
    /// it. Once a decision lets it count, [`FileFacts::apply`] it.
    pub fn apply_quarantined(&mut self, envelope: &Envelope) {
        self.note(envelope, false);
    }

    /// Takes everything that another projection knows: for the views of a campaign that runs
    /// over the turn of a year, and therefore through two files.
    pub fn join(&mut self, other: &Self) {
        for (at, noted) in &other.envelopes {
            self.keep(at, || noted.clone(), |old| *old == *noted);
        }
    }

    /// The entry with this id, if its envelope is here and counts.
    #[must_use]
    pub fn entry(&self, id: &EntryId) -> Option<Recorded<'_>> {
        let noted = self.envelopes.get(&id.at).filter(|noted| noted.counts)?;
        let entry = noted.entries.get(usize::from(id.index))?;
        Some(noted.recorded(&id.at, id.index, entry))
    }

    /// All entries that count, by id.
    pub fn entries(&self) -> impl Iterator<Item = Recorded<'_>> {
        self.entries_where(|_| true)
    }

    /// The entries that count and are of a kind, by id: views look for a few among hundreds.
    fn entries_where<'a>(
        &'a self,
        is_wanted: impl Fn(&Entry) -> bool + Copy + 'a,
    ) -> impl Iterator<Item = Recorded<'a>> {
        let counted = self.envelopes.iter().filter(|(_, noted)| noted.counts);
        counted.flat_map(move |(at, noted)| {
            let indexed = (0_u16..).zip(&noted.entries);
            let wanted = indexed.filter(move |(_, entry)| is_wanted(entry));
            wanted.map(move |(index, entry)| noted.recorded(at, index, entry))
        })
    }

    /// Whether the envelope at a place is here and counts.
    #[must_use]
    pub fn counts(&self, at: &ChainRef) -> bool {
        self.envelopes.get(at).is_some_and(|noted| noted.counts)
    }

    /// The same with the envelopes at some places as they were while they did not count: in their
    /// places, saying nothing.
    #[must_use]
    pub fn before_counting(&self, places: &[ChainRef]) -> Self {
        let mut before = self.clone();
        for place in places {
            if let Some(noted) = before.envelopes.get_mut(place) {
                noted.counts = false;
                noted.entries.clear();
            }
        }
        before
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.envelopes.is_empty()
    }

    /// The canonical bytes for the database.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a Vec")
    }

    /// Reads the database's bytes.
    ///
    /// # Errors
    /// When they are no projection of this version: rebuild it from the envelopes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        minicbor::decode(bytes)
    }

    /// A digest of all that is known: equal on every side that holds the same envelopes.
    #[must_use]
    pub fn digest(&self) -> Hash {
        Hash::of("itgel.facts.v1", &[&self.to_bytes()])
    }

    fn note(&mut self, envelope: &Envelope, counts: bool) {
        let Body::File(body) = &envelope.body else {
            return;
        };
        let is_same = |old: &Noted| {
            old.counts == counts
                && old.officer == envelope.officer
                && old.entered_at == envelope.entered_at
                && old.deps == body.deps
                && old.last_op == body.last_op()
                && old.entries == if counts { &body.entries[..] } else { &[] }
        };
        let noted = || Noted {
            counts,
            officer: envelope.officer.clone(),
            entered_at: envelope.entered_at,
            deps: body.deps.clone(),
            last_op: body.last_op(),
            entries: if counts {
                body.entries.clone()
            } else {
                Vec::new()
            },
        };
        self.keep(&envelope.at, noted, is_same);
    }

    /// Keeps the greater of two claims to a place: one that counts before one that does not, then
    /// by bytes. A maximum is the same in every order.
    fn keep(&mut self, at: &ChainRef, new: impl Fn() -> Noted, is_same: impl Fn(&Noted) -> bool) {
        match self.envelopes.entry(at.clone()) {
            Slot::Vacant(slot) => {
                slot.insert(new());
            }
            Slot::Occupied(slot) if is_same(slot.get()) => {}
            Slot::Occupied(mut slot) => {
                let new = new();
                if new.rank() > slot.get().rank() {
                    slot.insert(new);
                }
            }
        }
    }
}

impl Noted {
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    fn rank(&self) -> (bool, Vec<u8>) {
        let bytes = minicbor::to_vec(self).expect("writing to a Vec");
        (self.counts, bytes)
    }

    fn recorded<'a>(&'a self, at: &ChainRef, index: u16, entry: &'a Entry) -> Recorded<'a> {
        Recorded {
            id: EntryId {
                at: at.clone(),
                index,
            },
            officer: &self.officer,
            entered_at: self.entered_at,
            entry,
        }
    }
}

impl From<Vec<(ChainRef, Noted)>> for FileFacts {
    fn from(list: Vec<(ChainRef, Noted)>) -> Self {
        Self {
            envelopes: list.into_iter().collect(),
        }
    }
}

impl From<FileFacts> for Vec<(ChainRef, Noted)> {
    fn from(facts: FileFacts) -> Self {
        facts.envelopes.into_iter().collect()
    }
}
