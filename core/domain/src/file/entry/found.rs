//! What an officer finds at the door, and what the same officer takes back.

use super::EntryId;
use crate::hash::Hash;
use crate::id::CycleId;
use crate::item::{ItemPath, Observation};

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
