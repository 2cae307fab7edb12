//! What the server alone writes: decisions between values, and corrections after an objection.

use super::EntryId;
use crate::id::{CycleId, DecisionId, OfficerId};
use crate::item::{ItemPath, Observation};

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
