//! What an envelope knew of its file, and where the next one is written.
//!
//! Operation counters and dependencies are what Automerge orders changes by. They are computed
//! here, from places alone, so that neither side loads a document to write or to check.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::FileFacts;
use crate::file::ChainRef;
use crate::file::envelope::{FileBody, MAX_DEPS};
use crate::id::DeviceId;

/// Operations of the first change, which every file begins with.
pub const FIRST_OPS: u64 = 2;

/// Where the next envelope of a chain is written in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// [`FileBody::deps`].
    pub deps: Vec<ChainRef>,
    /// [`FileBody::start_op`].
    pub start_op: u64,
}

/// How far one chain has come in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainEnd {
    /// Its envelopes in the file.
    pub envelopes: u64,
    /// The last operation of the newest.
    pub last_op: u64,
}

/// An envelope claims another place among the operations than its dependencies give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the first operation does not follow from the dependencies")]
pub struct StartError;

/// `1 + max` of the last operations of the dependencies; of none, the place after the first
/// change.
#[must_use]
pub fn start_op(dep_last_ops: impl IntoIterator<Item = u64>) -> u64 {
    dep_last_ops.into_iter().fold(FIRST_OPS, u64::max) + 1
}

/// Checks the first operation of an envelope before it is accepted: against its dependencies,
/// and against the last operation that its own chain has in the file. Two operations of one actor
/// under one counter would break the document for ever (`design.md` 5).
///
/// # Errors
/// [`StartError`] if it has to be quarantined without a place in the file.
pub fn check_start(
    body: &FileBody,
    own_last_op: Option<u64>,
    dep_last_ops: impl IntoIterator<Item = u64>,
) -> Result<(), StartError> {
    let follows = body.start_op == start_op(dep_last_ops);
    if follows && own_last_op.is_none_or(|own| own < body.start_op) {
        Ok(())
    } else {
        Err(StartError)
    }
}

impl FileFacts {
    /// Dependencies and first operation of the next envelope that a chain writes in this file:
    /// the newest envelope of each chain that no other known one depends on, and always the newest
    /// of its own chain, so that its operations follow its own.
    ///
    /// More heads than an envelope may name are cut to those with the highest operations.
    #[must_use]
    pub fn links(&self, device: &DeviceId, incarnation: u32) -> Links {
        self.links_from(self.heads(), device, incarnation)
    }

    /// The same for an envelope that is written again: it follows what it knew when it was first
    /// written and its own chain, and nothing that came since. Otherwise its seal would speak of
    /// facts that its officers never saw.
    #[must_use]
    pub fn links_knowing(&self, known: &[ChainRef], device: &DeviceId, incarnation: u32) -> Links {
        let known = known
            .iter()
            .filter_map(|at| self.envelopes.get_key_value(at));
        let known = known.map(|(at, noted)| (at, noted.last_op)).collect();
        self.links_from(known, device, incarnation)
    }

    fn links_from<'a>(
        &'a self,
        mut heads: BTreeMap<&'a ChainRef, u64>,
        device: &DeviceId,
        incarnation: u32,
    ) -> Links {
        let is_own = |at: &ChainRef| at.device == *device && at.incarnation == incarnation;
        if let Some((at, noted)) = self.envelopes.iter().rfind(|(at, _)| is_own(at)) {
            heads.insert(at, noted.last_op);
        }
        let mut heads: Vec<_> = heads.into_iter().collect();
        heads.sort_by_key(|(at, last_op)| (!is_own(at), Reverse(*last_op)));
        heads.truncate(MAX_DEPS);
        let start_op = start_op(heads.iter().map(|(_, last_op)| *last_op));
        let mut deps: Vec<ChainRef> = heads.into_iter().map(|(at, _)| at.clone()).collect();
        deps.sort();
        Links { deps, start_op }
    }

    /// The last operation of the envelope at a place, quarantined or not.
    #[must_use]
    pub fn last_op(&self, at: &ChainRef) -> Option<u64> {
        self.envelopes.get(at).map(|noted| noted.last_op)
    }

    /// How far a chain has come in this file; `None` before its first envelope.
    #[must_use]
    pub fn chain_end(&self, device: &DeviceId, incarnation: u32) -> Option<ChainEnd> {
        let place = |seq| ChainRef {
            device: device.clone(),
            incarnation,
            seq,
        };
        let mut own = self.envelopes.range(place(0)..=place(u64::MAX));
        let (_, newest) = own.next_back()?;
        Some(ChainEnd {
            envelopes: own.count() as u64 + 1,
            last_op: newest.last_op,
        })
    }

    /// What the envelope at `place` knew, itself included: its own chain up to there and all that
    /// its dependencies knew. The server forms a device's own inputs from it.
    #[must_use]
    pub fn known_at(&self, place: &ChainRef) -> Self {
        let mut newest = BTreeMap::new();
        let mut open = vec![place.clone()];
        while let Some(at) = open.pop() {
            let chain = (at.device.clone(), at.incarnation);
            let from = newest.get(&chain).map_or(0, |seq| seq + 1);
            if from > at.seq {
                continue;
            }
            newest.insert(chain, at.seq);
            let start = ChainRef {
                seq: from,
                ..at.clone()
            };
            for noted in self.envelopes.range(start..=at).map(|(_, noted)| noted) {
                open.extend(noted.deps.iter().cloned());
            }
        }
        let is_known = |at: &ChainRef| {
            let newest = newest.get(&(at.device.clone(), at.incarnation));
            newest.is_some_and(|seq| at.seq <= *seq)
        };
        self.only(is_known)
    }

    /// The places of all envelopes that are here, in order.
    #[must_use]
    pub fn places(&self) -> Vec<ChainRef> {
        self.envelopes.keys().cloned().collect()
    }

    /// What is known of the envelopes at some places alone.
    #[must_use]
    pub fn only(&self, is_known: impl Fn(&ChainRef) -> bool) -> Self {
        let known = self.envelopes.iter().filter(|(at, _)| is_known(at));
        Self {
            envelopes: known
                .map(|(at, noted)| (at.clone(), noted.clone()))
                .collect(),
        }
    }

    /// The newest envelope of each chain that no other chain's envelope depends on.
    fn heads(&self) -> BTreeMap<&ChainRef, u64> {
        let mut newest: BTreeMap<(&DeviceId, u32), (&ChainRef, u64)> = BTreeMap::new();
        for (at, noted) in &self.envelopes {
            newest.insert((&at.device, at.incarnation), (at, noted.last_op));
        }
        for dep in self.envelopes.values().flat_map(|noted| &noted.deps) {
            let chain = (&dep.device, dep.incarnation);
            if newest.get(&chain).is_some_and(|(at, _)| *at == dep) {
                newest.remove(&chain);
            }
        }
        newest.into_values().collect()
    }
}
