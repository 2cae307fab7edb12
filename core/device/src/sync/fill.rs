//! Envelopes that a brief pull only named come later, or when their file is opened.

use std::sync::atomic::Ordering;

use itgel_domain::id::SubjectId;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::pull::{PulledItem, item_hash};

use super::{Progress, Run, Step, SyncError, failed};
use crate::Device;
use crate::error::Error;
use crate::intake::take_fetched;
use crate::store::deferred::{self, Deferred};

/// Places of one request.
const PLACES: usize = 256;

impl Device {
    /// How many envelopes of others are named and not here yet, of a subject or of all: its file
    /// is not whole, and [`super::open_file`] brings the rest.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn missing(&self, id: Option<&SubjectId>) -> Result<u64, Error> {
        self.read(|db| Ok(deferred::count_of(db, id)?))
    }

    /// Says that the link is slow (2G): pages are small until a synchronisation went through.
    pub fn expect_weak_link(&self) {
        self.has_weak_link.store(true, Ordering::Relaxed);
    }
}

impl<P: SyncProtocol> Run<'_, P> {
    /// Brings what is missing of a subject, or of everybody; how many items came.
    pub(super) fn fill(&mut self, subject: Option<&SubjectId>) -> Result<u64, SyncError> {
        let total = self
            .device
            .read(|db| Ok(deferred::count_of(db, subject)?))?;
        let mut done = 0;
        loop {
            let places = self
                .device
                .read(|db| Ok(deferred::first(db, subject, PLACES)?))?;
            let Some(list) = places.first().map(|place| place.list) else {
                return Ok(done);
            };
            let request = Fetch {
                division: list,
                positions: places.iter().map(|place| place.position).collect(),
                max_bytes: self.page_bytes(),
            };
            let fetched = self
                .protocol
                .fetch(&request)
                .map_err(|e| failed(Step::Fetch, e))?;
            if !answers(&places, &fetched) {
                return Err(SyncError::NotTheServers(Step::Fetch));
            }
            let brought = self
                .device
                .write(|tx| take_fetched(tx, list, &fetched.items))?;
            done += brought.items;
            self.note(brought)?;
            self.tell(Progress::Filling {
                done,
                total: total.max(done),
            })?;
            // What the list no longer has will never come: the rest goes on at the next run.
            if fetched.items.is_empty() {
                return Ok(done);
            }
        }
    }
}

/// Whether everything that came was asked for and is what the list named.
fn answers(places: &[Deferred], fetched: &Fetched) -> bool {
    let is_named = |item: &PulledItem| {
        let named = places.iter().find(|place| place.position == item.position);
        named.is_some_and(|place| place.hash == hash_of(item))
    };
    fetched.items.iter().all(is_named)
}

/// The hash of what stands, or stood, there.
fn hash_of(item: &PulledItem) -> itgel_domain::hash::Hash {
    let erased = item.bytes.get(1..).and_then(|rest| rest.try_into().ok());
    match erased {
        Some(hash) if item.kind == PulledItem::GONE => itgel_domain::hash::Hash::from_bytes(hash),
        _ => item_hash(&item.bytes),
    }
}
