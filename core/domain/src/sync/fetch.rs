//! Between pulls: envelopes that a brief pull only named, brought when a file is opened or when
//! the rest of a gacha is downloaded.
//!
//! The answer needs no signature: the device knows the hash of each item from the list, whose
//! digest the server signed.

use super::pull::PulledItem;
use crate::division::DivisionCode;

/// Most positions of a request.
pub const MAX_POSITIONS: usize = 512;

/// Asks for what stands at positions of a list.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Fetch {
    /// The list.
    #[n(0)]
    pub division: DivisionCode,
    /// The positions, rising; at most [`MAX_POSITIONS`].
    #[n(1)]
    pub positions: Vec<u64>,
    /// Most bytes of items before compression; at least one item is brought.
    #[n(2)]
    pub max_bytes: u32,
}

/// What stands there.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Fetched {
    /// The list.
    #[n(0)]
    pub division: DivisionCode,
    /// The items of the first positions that were asked for, in their order, as many as fit.
    #[n(1)]
    pub items: Vec<PulledItem>,
}
