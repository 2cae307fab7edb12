//! Entries: the immutable things a file is made of. Nothing is ever overwritten or deleted; a
//! correction, a retraction and a resolution are entries of their own.
//!
//! An entry's identity is its place in its author's chain, so it cannot be claimed by another.

mod consent;
mod decided;
mod found;
mod id;
mod seal;

pub use consent::{Consent, ConsentWithdrawal, Recipient};
pub use decided::{OfficialCorrection, Picked, Resolution};
pub use found::{Correction, EvidenceEntry, Note, ObservationEntry, Retraction};
pub use id::EntryId;
pub use seal::{Countersignature, Seal, seal_digest};

use crate::id::CycleId;
use crate::item::Observation;

/// What an entry says.
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
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A value, as it was found in a cycle.
    #[n(0)]
    Observation(#[n(0)] ObservationEntry),
    /// The author's own newer value in place of an older one.
    #[n(1)]
    Correction(#[n(0)] Correction),
    /// The author takes an entry back.
    #[n(2)]
    Retraction(#[n(0)] Retraction),
    /// The visit is complete and signed.
    #[n(3)]
    Seal(#[n(0)] Box<Seal>),
    /// An adult agrees to the collection.
    #[n(4)]
    Consent(#[n(0)] Consent),
    /// An adult takes consent back.
    #[n(5)]
    ConsentWithdrawal(#[n(0)] ConsentWithdrawal),
    /// A photo or a scan, by its hash; the bytes travel later.
    #[n(6)]
    Evidence(#[n(0)] EvidenceEntry),
    /// A remark of the author.
    #[n(7)]
    Note(#[n(0)] Note),
    /// Server only: a reviewer's choice between values that disagree.
    #[n(8)]
    Resolution(#[n(0)] Resolution),
    /// Server only: a value imported from a register.
    #[n(9)]
    Import(#[n(0)] ObservationEntry),
    /// Server only: a value corrected after an objection was upheld.
    #[n(10)]
    OfficialCorrection(#[n(0)] OfficialCorrection),
}

impl Entry {
    /// The word of its kind in the flat key of the document.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Observation(_) => "observation",
            Self::Correction(_) => "correction",
            Self::Retraction(_) => "retraction",
            Self::Seal(_) => "seal",
            Self::Consent(_) => "consent",
            Self::ConsentWithdrawal(_) => "consent_withdrawal",
            Self::Evidence(_) => "evidence",
            Self::Note(_) => "note",
            Self::Resolution(_) => "resolution",
            Self::Import(_) => "import",
            Self::OfficialCorrection(_) => "official_correction",
        }
    }

    /// Whether only the server's own actor may write it.
    #[must_use]
    pub const fn is_official(&self) -> bool {
        matches!(
            self,
            Self::Resolution(_) | Self::Import(_) | Self::OfficialCorrection(_)
        )
    }

    /// The observation, correction or import in it: cycle and value.
    #[must_use]
    pub const fn observed(&self) -> Option<(&CycleId, &Observation)> {
        match self {
            Self::Observation(e) | Self::Import(e) => Some((&e.cycle, &e.observation)),
            Self::Correction(c) => Some((&c.cycle, &c.observation)),
            _ => None,
        }
    }

    /// Its bytes without the places of other entries, for [`seal_digest`].
    fn placeless_bytes(&self) -> Vec<u8> {
        let value = |cycle: &CycleId, observation: &Observation, reason: &str| {
            let (cycle, observation) = (cycle.clone(), observation.clone());
            let mut bytes = Self::Observation(ObservationEntry { cycle, observation }).to_bytes();
            bytes.extend_from_slice(reason.as_bytes());
            bytes
        };
        match self {
            Self::Correction(c) => value(&c.cycle, &c.observation, &c.reason),
            Self::Retraction(r) => r.reason.clone().into_bytes(),
            Self::ConsentWithdrawal(w) => w.withdrawn_on.to_string().into_bytes(),
            other => other.to_bytes(),
        }
    }

    /// Its canonical bytes: what the document holds under its key.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a Vec")
    }
}
