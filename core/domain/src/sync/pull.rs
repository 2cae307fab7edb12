//! The third step: a page of what a division's devices should know.
//!
//! One ordered list per division: a gacha's own things and the register rows that reach it in the
//! gacha's list, packs, parameters and campaigns in the banner's. Positions have no gaps and come
//! from a row that is updated in the same transaction.

mod item;

pub use item::{
    CaseItem, DecidedItem, DeletedRows, EnvelopeItem, IdentityItem, LenderItem, PullItem,
    Revocation, RulesItem, SubjectItem, TaskItem, Tombstone,
};

use crate::division::DivisionCode;
use crate::file::chain::{SignatureError, verify_text};
use crate::hash::Hash;
use crate::id::SubjectId;

/// Asks for what stands after a cursor.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Pull {
    /// The list.
    #[n(0)]
    pub division: DivisionCode,
    /// The last position taken.
    #[n(1)]
    pub after: u64,
    /// Most bytes of items before compression: 64 KiB, 16 on 2G.
    #[n(2)]
    pub max_bytes: u32,
    /// Whether envelopes of other devices are only named ([`PulledItem::DEFERRED`]) instead of
    /// brought: a new device has everything else first and gets files later, with
    /// [`crate::sync::fetch`].
    #[n(3)]
    pub brief: Option<bool>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct PullPage {
    /// The list.
    #[n(0)]
    pub division: DivisionCode,
    /// The items, in order, from `after + 1` on.
    #[n(1)]
    pub items: Vec<PulledItem>,
    /// Whether the list ends here.
    #[n(2)]
    pub is_end: bool,
    /// Digest over the list up to the last item.
    #[n(3)]
    pub digest: Hash,
    /// Signature of the server over [`PullPage::message`], hexadecimal.
    #[n(4)]
    pub signature: String,
}

/// An item as it travels: a device keeps and skips a kind that it does not know.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct PulledItem {
    /// Its place in the list.
    #[n(0)]
    pub position: u64,
    /// The number of its kind.
    #[n(1)]
    pub kind: u8,
    /// [`PullItem`] of that kind, as bytes.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// What a deferred item names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The subject whose file the envelope belongs to.
    pub subject: SubjectId,
    /// The hash of the item ([`item_hash`]).
    pub hash: Hash,
}

impl PulledItem {
    /// The kind of an item whose content was erased; its bytes are the erased item's kind and
    /// hash, so that the digest of the list still comes out.
    pub const GONE: u8 = u8::MAX;

    /// The kind of an envelope that is only named: its bytes are the kind and hash of the item,
    /// as for [`PulledItem::GONE`], and the subject whose file it belongs to.
    pub const DEFERRED: u8 = u8::MAX - 1;

    /// What stands in place of an erased item.
    #[must_use]
    pub fn gone(position: u64, kind: u8, hash: &Hash) -> Self {
        let mut bytes = vec![kind];
        bytes.extend_from_slice(hash.as_bytes());
        Self {
            position,
            kind: Self::GONE,
            bytes,
        }
    }

    /// What stands in place of an item that is brought later.
    #[must_use]
    pub fn deferred(position: u64, kind: u8, hash: &Hash, subject: &SubjectId) -> Self {
        let mut item = Self::gone(position, kind, hash);
        item.kind = Self::DEFERRED;
        item.bytes.extend_from_slice(subject.as_str().as_bytes());
        item
    }

    /// What a deferred item names; `None` for every other one.
    #[must_use]
    pub fn named(&self) -> Option<Named> {
        let (_, rest) = self.bytes.split_first()?;
        let (hash, subject) = rest.split_first_chunk::<32>()?;
        let subject = std::str::from_utf8(subject).ok()?.parse().ok()?;
        (self.kind == Self::DEFERRED).then_some(Named {
            subject,
            hash: Hash::from_bytes(*hash),
        })
    }

    /// The item, or `None` for a kind that this version does not know: keep it and skip it.
    #[must_use]
    pub fn item(&self) -> Option<PullItem> {
        minicbor::decode(&self.bytes)
            .ok()
            .filter(|item: &PullItem| item.kind() == self.kind)
    }

    /// Kind and hash of what stands, or stood, here.
    fn fingerprint(&self) -> (u8, Hash) {
        let stands_for = match self.kind {
            Self::GONE => self.bytes.len() == 33,
            Self::DEFERRED => self.bytes.len() > 33,
            _ => false,
        };
        if stands_for
            && let Some((kind, rest)) = self.bytes.split_first()
            && let Some(hash) = rest.first_chunk::<32>()
        {
            return (*kind, Hash::from_bytes(*hash));
        }
        (self.kind, item_hash(&self.bytes))
    }
}

impl PullPage {
    /// What the server signs.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let last = self.items.last().map_or(0, |item| item.position);
        format!("itgel.page.v1\n{}\n{last}\n{}", self.division, self.digest).into_bytes()
    }

    /// Checks the server's signature.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this page.
    pub fn verify(&self, server_key: &[u8]) -> Result<(), SignatureError> {
        verify_text(server_key, &self.message(), &self.signature)
    }
}

/// The digest of an empty list.
#[must_use]
pub fn empty_digest(division: DivisionCode) -> Hash {
    Hash::of("itgel.list.v1", &[division.to_string().as_bytes()])
}

/// The hash of an item's bytes: what the digest of a list is made of.
#[must_use]
pub fn item_hash(bytes: &[u8]) -> Hash {
    Hash::of("itgel.item.v1", &[bytes])
}

/// The digest of a list after one more item: both sides keep it and compare at every hello.
#[must_use]
pub fn extend_digest(digest: &Hash, item: &PulledItem) -> Hash {
    let (kind, hash) = item.fingerprint();
    let parts: [&[u8]; 4] = [
        digest.as_bytes(),
        &item.position.to_be_bytes(),
        &[kind],
        hash.as_bytes(),
    ];
    Hash::of("itgel.listed.v1", &parts)
}

#[cfg(test)]
mod tests;
