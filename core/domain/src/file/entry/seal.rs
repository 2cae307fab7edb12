//! The seal of a visit, and what the second officer signs.

use jiff::civil::Date;

use super::{Entry, EntryId};
use crate::hash::Hash;
use crate::id::{CycleId, OfficerId};

/// A visit, complete and signed. The first signature is the device's signed chain head, the
/// second is in here.
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
pub struct Seal {
    /// The campaign.
    #[n(0)]
    pub cycle: CycleId,
    /// The day that the windows of the rules end on.
    #[n(1)]
    #[cbor(with = "crate::time::day_cbor")]
    pub as_of: Date,
    /// The position in the pull list of the subject's gacha up to which the device held register
    /// rows, so that the server can form the same inputs: every row that matters to a gacha
    /// stands in its list.
    #[n(2)]
    pub registers_at: u64,
    /// Hash of the device's inputs.
    #[n(3)]
    pub inputs: Hash,
    /// Hash of the device's assessment, which is provisional (暂定).
    #[n(4)]
    pub assessment: Hash,
    /// The parameter table that the device used.
    #[n(5)]
    pub parameters: Hash,
    /// The consents that the visit rests on.
    #[n(6)]
    pub consents: Vec<EntryId>,
    /// The second signature.
    #[n(7)]
    pub countersignature: Countersignature,
    /// The second officer, if the second signature is an officer's.
    #[n(8)]
    pub second_officer: Option<OfficerId>,
    /// Milliseconds between the two signatures by the device's own steady clock, if both were
    /// given on it (`domain.md` G 32).
    #[n(9)]
    pub signed_apart_ms: Option<u64>,
}

/// The second signature of a seal.
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
pub enum Countersignature {
    /// The second officer's key over [`seal_digest`].
    #[n(0)]
    OfficerKey {
        /// Ed25519 public key, hexadecimal.
        #[n(0)]
        key: String,
        /// Ed25519 signature, hexadecimal.
        #[n(1)]
        signature: String,
    },
    /// A signature drawn on the screen: flagged for the reviewer, never refused.
    #[n(1)]
    Drawn {
        /// Hash of the picture.
        #[n(0)]
        picture: Hash,
    },
}

/// What the second officer signs: the values of the visit and what was computed from them, of
/// the entries in the seal's own envelope. What stands in earlier envelopes of the visit is
/// covered by the hash of the inputs.
///
/// Places in the chain take no part: a device that has to open its next incarnation writes a
/// visit again under new places, and the second officer is not there any more.
#[must_use]
pub fn seal_digest(entries: &[Entry], seal: &Seal) -> Hash {
    let values: Vec<Vec<u8>> = entries
        .iter()
        .filter(|e| !matches!(e, Entry::Seal(_)))
        .map(Entry::placeless_bytes)
        .collect();
    let mut parts: Vec<&[u8]> = vec![
        seal.cycle.as_str().as_bytes(),
        seal.inputs.as_bytes(),
        seal.assessment.as_bytes(),
    ];
    parts.extend(values.iter().map(Vec::as_slice));
    Hash::of("itgel.seal.v1", &parts)
}
