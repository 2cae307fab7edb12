//! A second branch of a chain: kept as evidence, and whether its signer knew of the first.
//!
//! A store that was put back or copied learns at its hello where the chain stands, and opens its next
//! incarnation. Until then it cannot know, whatever it writes and whatever somebody carries here on a
//! card. A device is frozen only if a page of the second branch comes over the network, before which
//! its program asks every time, and one of these shows that it was told:
//!
//! - an envelope of the branch names a state of the log that holds the first branch already: it came
//!   with an answer that said where the chain stands,
//! - its own hello named a place of the branch, was answered that the chain stands elsewhere, and the
//!   page goes on behind that place.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::sync::push::Verdict;
use rusqlite::Connection;

use super::Way;
use super::admission::Admission;
use super::chain::keep_stray;
use super::page::{Item, Page};
use crate::error::ServiceError;
use crate::store::device::DeviceStatus;
use crate::store::envelope::EnvelopeRow;
use crate::store::{self, StoreError};

/// A second branch on its way in.
pub(super) struct Fork {
    /// What stands at its first place.
    first: EnvelopeRow,
    /// The branch's own head at each of its places.
    heads: Vec<ChainHead>,
    /// The states of the log that its envelopes name.
    seen: Vec<CheckpointRef>,
}

impl Fork {
    /// A branch that begins where `first` stands.
    pub(super) const fn at(first: EnvelopeRow) -> Self {
        Self {
            first,
            heads: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Keeps the next envelope of the branch; `head` is the branch's own after it.
    pub(super) fn keep(
        &mut self,
        admission: &mut Admission<'_>,
        head: ChainHead,
        item: &Item,
    ) -> Result<Verdict, ServiceError> {
        self.heads.push(head);
        if let Ok(envelope) = &item.envelope {
            self.seen.extend(envelope.checkpoint);
        }
        keep_stray(admission, &item.id, ErrorCode::EnvelopeFork, &item.bytes)?;
        let verdict = Verdict::Refused(ErrorCode::EnvelopeFork);
        admission.tally(&verdict);
        Ok(verdict)
    }

    /// Puts the branch on record, and freezes the device if its signer was told of the first one: a
    /// person looks at it.
    pub(super) fn note(
        &self,
        admission: &mut Admission<'_>,
        page: &Page,
        way: Way,
    ) -> Result<(), ServiceError> {
        let at = &page.head.at;
        let (tx, now) = (admission.tx, admission.now);
        let proof = match way {
            Way::Network => self.proof(tx)?,
            Way::Card => None,
        };
        let resource = format!("device/{}", at.device);
        let detail = serde_json::json!({
            "head": at.to_string(),
            "from": self.first.at.seq,
            "frozen": proof.is_some(),
            "proof": proof,
        });
        store::log::audit(tx, now, "rule", "device.forked", &resource, &detail)?;
        if proof.is_some() && admission.device.status == DeviceStatus::Active {
            store::device::set_status(tx, &at.device, DeviceStatus::Frozen)?;
            admission.frozen = Some(at.device.clone());
        }
        Ok(())
    }

    /// What shows that the signer knew of the first branch, in a word for the audit.
    fn proof(&self, connection: &Connection) -> Result<Option<&'static str>, StoreError> {
        if self.saw_the_first(connection)? {
            return Ok(Some("checkpoint"));
        }
        let at = &self.first.at;
        let chain = store::chain::get(connection, &at.device, at.incarnation)?;
        let said = chain.and_then(|chain| chain.said);
        let before_the_last = self
            .heads
            .split_last()
            .map_or(&[][..], |(_, before)| before);
        let is_told =
            said.is_some_and(|said| said.told >= at.seq && before_the_last.contains(&said.head));
        Ok(is_told.then_some("hello"))
    }

    /// Whether an envelope of the branch names a state of this log that holds the first branch.
    fn saw_the_first(&self, connection: &Connection) -> Result<bool, StoreError> {
        let mut newest = 0;
        for seen in &self.seen {
            let known = store::log::frontier_at(connection, seen.size)?;
            // The same size in an epoch before a restore is another log.
            if known.is_some_and(|edge| edge.root() == seen.root) {
                newest = newest.max(seen.size);
            }
        }
        Ok(self.first.leaf < newest)
    }
}
