//! The first step: where does the device's chain stand, and where do the lists?

use crate::division::DivisionCode;
use crate::file::chain::ChainHead;
use crate::file::envelope::CheckpointRef;
use crate::hash::Hash;
use crate::id::DeviceId;
use crate::log::Checkpoint;
use crate::time::AtMs;

/// A device says where it stands.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Hello {
    /// The protocol version that it speaks.
    #[n(0)]
    pub protocol: u16,
    /// The device.
    #[n(1)]
    pub device: DeviceId,
    /// The incarnation that it writes.
    #[n(2)]
    pub incarnation: u32,
    /// Its own chain.
    #[n(3)]
    pub head: ChainHead,
    /// The epoch of the server that it last spoke with.
    #[n(4)]
    pub epoch: u64,
    /// Its cursors.
    #[n(5)]
    pub cursors: Vec<Cursor>,
    /// Its clock, recorded as drift and never trusted.
    #[n(6)]
    pub clock: AtMs,
}

/// A place in the list of a division.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Cursor {
    /// The gacha, or the banner for what all its gachas share.
    #[n(0)]
    pub division: DivisionCode,
    /// The last position taken; 0 for none.
    #[n(1)]
    pub position: u64,
}

/// The server says where it stands.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct HelloAnswer {
    /// The protocol version of the answer.
    #[n(0)]
    pub protocol: u16,
    /// Changes when the server was restored from a backup: devices then send again what the
    /// backup did not hold.
    #[n(1)]
    pub epoch: u64,
    /// The highest incarnation of the device that the server has seen.
    #[n(2)]
    pub incarnation: u32,
    /// The chain of the asked incarnation as the server holds it.
    #[n(3)]
    pub head: ChainHead,
    /// The divisions in the officer's scope and the end and digest of each list.
    #[n(4)]
    pub lists: Vec<ListEnd>,
    /// The server's clock.
    #[n(5)]
    pub clock: AtMs,
    /// The newest checkpoint of the log.
    #[n(6)]
    pub checkpoint: CheckpointRef,
    /// Signature of the server over the checkpoint, hexadecimal; see
    /// [`crate::log::Checkpoint::message`].
    #[n(7)]
    pub checkpoint_signature: String,
    /// When the checkpoint was taken, by the server's clock: the signature covers it.
    #[n(8)]
    pub checkpoint_at: AtMs,
}

/// The end of a division's list.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct ListEnd {
    /// The division.
    #[n(0)]
    pub division: DivisionCode,
    /// The newest position.
    #[n(1)]
    pub position: u64,
    /// Digest over the list up to there, see [`crate::sync::pull::extend_digest`].
    #[n(2)]
    pub digest: Hash,
}

impl HelloAnswer {
    /// The newest checkpoint of the log as the server signed it.
    #[must_use]
    pub const fn signed_checkpoint(&self) -> Checkpoint {
        Checkpoint {
            size: self.checkpoint.size,
            root: self.checkpoint.root,
            at: self.checkpoint_at,
        }
    }
}
