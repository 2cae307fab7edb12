//! Entries: the immutable things a file is made of. Nothing is ever overwritten or deleted; a
//! correction, a retraction and a resolution are entries of their own.
//!
//! An entry's identity is its place in its author's chain, so it cannot be claimed by another.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::ChainRef;
use super::objection::ReceiptNumber;
use crate::authorisation::Purpose;
use crate::hash::Hash;
use crate::id::{CycleId, DecisionId, IdError, LenderId, OfficerId};
use crate::item::{ItemPath, Observation};
use crate::rights::consent::CollectionPurpose;

/// The identity of an entry: its envelope's place and its index in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct EntryId {
    /// The envelope.
    #[n(0)]
    pub at: ChainRef,
    /// The index in the envelope, from 0.
    #[n(1)]
    pub index: u16,
}

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

/// A value in a cycle.
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
pub struct ObservationEntry {
    /// The campaign that it was observed for.
    #[n(0)]
    pub cycle: CycleId,
    /// The value and how it is known.
    #[n(1)]
    pub observation: Observation,
}

/// The author's own newer value.
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
pub struct Correction {
    /// The entry of the same officer that it replaces.
    #[n(0)]
    pub corrects: EntryId,
    /// The campaign.
    #[n(1)]
    pub cycle: CycleId,
    /// The new value.
    #[n(2)]
    pub observation: Observation,
    /// Why.
    #[n(3)]
    pub reason: String,
}

/// The author takes an entry back.
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
pub struct Retraction {
    /// The entry of the same officer.
    #[n(0)]
    pub retracts: EntryId,
    /// Why.
    #[n(1)]
    pub reason: String,
}

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

/// Consent to collect (采集同意), of one adult (`domain.md` L-02, L-04).
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
pub struct Consent {
    /// Which person of the identity record: `head`, `spouse`, `adult-2` …
    #[n(0)]
    pub person: String,
    /// Version of the consent text that was read out.
    #[n(1)]
    pub text_version: String,
    /// What the person agreed to have the data used for, purpose by purpose of the text
    /// ([`crate::rights::consent::CollectionPurpose`]); what is not here is not done.
    #[n(2)]
    pub purposes: Vec<String>,
    /// Language of the text, `zh-CN` or `mn-Mong`.
    #[n(3)]
    pub language: String,
    /// The restricted classes, whereabouts among them, that were ticked one by one.
    #[n(4)]
    pub categories: Vec<String>,
    /// The lenders that may query, and for which purposes; empty for collection alone.
    #[n(5)]
    pub recipients: Vec<Recipient>,
    /// First day.
    #[n(6)]
    #[cbor(with = "crate::time::day_cbor")]
    pub given_on: Date,
    /// Last day.
    #[n(7)]
    #[cbor(with = "crate::time::day_cbor")]
    pub until: Date,
    /// Hash of the signature's picture or scan.
    #[n(8)]
    pub signature: Hash,
    /// The officer who explained the text.
    #[n(9)]
    pub witness: OfficerId,
    /// The number on the receipt that the person was given; the seal gives it.
    #[n(10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptNumber>,
}

/// A lender named in a consent.
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
pub struct Recipient {
    /// The lender.
    #[n(0)]
    pub lender: LenderId,
    /// What it may ask for.
    #[n(1)]
    pub purpose: Purpose,
}

/// Consent taken back; takes effect on receipt.
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
pub struct ConsentWithdrawal {
    /// The consent.
    #[n(0)]
    pub consent: EntryId,
    /// The day it was taken back.
    #[n(1)]
    #[cbor(with = "crate::time::day_cbor")]
    pub withdrawn_on: Date,
}

/// A photo or a scan.
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
pub struct EvidenceEntry {
    /// What it shows.
    #[n(0)]
    pub items: Vec<ItemPath>,
    /// Hash of the bytes.
    #[n(1)]
    pub content: Hash,
    /// Media type.
    #[n(2)]
    pub media_type: String,
    /// Length in bytes.
    #[n(3)]
    pub length: u64,
}

/// A remark.
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
pub struct Note {
    /// The text, at most 2,000 characters.
    #[n(0)]
    pub text: String,
}

/// A reviewer's choice between values that disagree (`design.md` 4.10).
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
pub struct Resolution {
    /// The campaign.
    #[n(0)]
    pub cycle: CycleId,
    /// The item.
    #[n(1)]
    pub item: ItemPath,
    /// The entries that it settles.
    #[n(2)]
    pub settles: Vec<EntryId>,
    /// What holds.
    #[n(3)]
    pub picked: Picked,
    /// The decision in the audit log.
    #[n(4)]
    pub decision: DecisionId,
    /// The reviewer.
    #[n(5)]
    pub reviewer: OfficerId,
    /// Why.
    #[n(6)]
    pub reason: String,
}

/// What a resolution picks.
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
pub enum Picked {
    /// One of the entries.
    #[n(0)]
    Entry(#[n(0)] EntryId),
    /// A value found by a third visit.
    #[n(1)]
    Value(#[n(0)] Observation),
}

/// A value corrected after an objection.
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
pub struct OfficialCorrection {
    /// The campaign.
    #[n(0)]
    pub cycle: CycleId,
    /// The entries that no longer count.
    #[n(1)]
    pub replaces: Vec<EntryId>,
    /// What holds instead; `None` leaves the value unknown.
    #[n(2)]
    pub observation: Option<Observation>,
    /// The item.
    #[n(3)]
    pub item: ItemPath,
    /// The decision in the audit log.
    #[n(4)]
    pub decision: DecisionId,
}

impl Consent {
    /// Whether the person agreed to a purpose.
    #[must_use]
    pub fn serves(&self, purpose: CollectionPurpose) -> bool {
        self.purposes.iter().any(|word| word == purpose.as_str())
    }
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

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.at, self.index)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EntryId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (at, index) = text.rsplit_once('~').ok_or(IdError)?;
        let id = Self {
            at: at.parse()?,
            index: index.parse().map_err(|_| IdError)?,
        };
        if id.to_string() != text {
            return Err(IdError);
        }
        Ok(id)
    }
}

impl serde::Serialize for EntryId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for EntryId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
