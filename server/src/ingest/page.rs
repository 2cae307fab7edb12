//! A page as it came: decoded, each envelope with its place and its id.

use std::collections::BTreeMap;

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::{ChainHead, SignedHead};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::sync::push::{IdentityPush, Push};

/// A page with a head that the device signed.
pub(super) struct Page {
    /// The signed head: the place of the last envelope and the chain's hash there.
    pub(super) head: SignedHead,
    /// The place of the first envelope.
    pub(super) first_seq: u64,
    /// The envelopes, in order.
    pub(super) items: Vec<Item>,
    /// The identity records, by the place of their commitment.
    pub(super) identities: BTreeMap<u64, IdentityRecord>,
}

/// An envelope on its way in.
pub(super) struct Item {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// Its salted id.
    pub(super) id: Hash,
    /// What it says, or why it cannot be read.
    pub(super) envelope: Result<Envelope, ErrorCode>,
}

impl Page {
    /// Decodes a page; what does not decode keeps its place.
    ///
    /// # Errors
    /// [`ErrorCode::RequestMalformed`] for a page without envelopes, or with more of them than
    /// places before its head.
    pub(super) fn read(push: Push) -> Result<Self, ErrorCode> {
        let last = push.head.at.seq;
        let first_seq = (last + 1)
            .checked_sub(push.envelopes.len() as u64)
            .filter(|first| (1..=last).contains(first))
            .ok_or(ErrorCode::RequestMalformed)?;
        let identities = push
            .identities
            .into_iter()
            .map(|i| (i.seq, i.record))
            .collect();
        let items = push.envelopes.into_iter().map(Item::read).collect();
        Ok(Self {
            head: push.head,
            first_seq,
            items,
            identities,
        })
    }

    /// The place with this number in the page's chain.
    pub(super) fn place(&self, seq: u64) -> ChainRef {
        ChainRef {
            seq,
            ..self.head.at.clone()
        }
    }

    /// Whether the signed head vouches for every envelope of the page behind `base`.
    pub(super) fn is_vouched_for(&self, base: ChainHead) -> bool {
        let end = self
            .items
            .iter()
            .fold(base, |head, item| head.extend(&item.id));
        end.hash == self.head.hash
    }

    /// The page as it came, to be kept.
    pub(super) fn into_push(self) -> Push {
        let identities = self.identities.into_iter();
        Push {
            head: self.head,
            envelopes: self.items.into_iter().map(|item| item.bytes).collect(),
            identities: identities
                .map(|(seq, record)| IdentityPush { seq, record })
                .collect(),
        }
    }
}

impl Item {
    fn read(bytes: Vec<u8>) -> Self {
        let envelope = Envelope::from_bytes(&bytes);
        let id = match &envelope {
            Ok(envelope) => Envelope::id_of(&envelope.salt, &bytes),
            Err(_) => Envelope::id_of_bytes(&bytes),
        };
        Self {
            bytes,
            id,
            envelope: envelope.map_err(|e| e.code()),
        }
    }
}
