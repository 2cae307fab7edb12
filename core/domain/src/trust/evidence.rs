//! The evidence of who signed an envelope (`security.md` T39): a file from which anybody can check
//! it with nothing else but the fingerprint of the server's key.
//!
//! It holds the envelope, the ids behind it up to a head that the device signed, the server's
//! certificate of that device, the statements that lead from the fingerprint's key to the one that
//! signed, and the envelope's place in the server's log.

use data_encoding::HEXLOWER;

use super::certificate::Certificate;
use super::invitation::Invitation;
use super::succession::follow;
use crate::file::ChainRef;
use crate::file::chain::{ChainHead, SignedHead};
use crate::file::envelope::{CheckpointRef, Envelope};
use crate::hash::Hash;
use crate::id::{DeviceId, OfficerId};
use crate::log::{Checkpoint, LeafKind, leaf_hash, verify_inclusion};
use crate::time::AtMs;

/// The version of the file.
const VERSION: u16 = 1;

/// Evidence of one envelope.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The version of the file.
    pub version: u16,
    /// The envelope's bytes, hexadecimal.
    pub envelope: String,
    /// The chain's hash before it.
    pub before: Hash,
    /// The ids of the envelopes behind it, up to the signed head.
    pub behind: Vec<Hash>,
    /// The head that the device signed.
    pub head: SignedHead,
    /// The server's certificate of the device.
    pub certificate: String,
    /// The key that the checking begins with, hexadecimal: its fingerprint is known elsewhere.
    pub server_key: String,
    /// The statements that hand the server's key on.
    pub successions: Vec<String>,
    /// The envelope's place in the server's log.
    pub log: LogPlace,
}

/// The place of an envelope in the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogPlace {
    /// Its number, from 0.
    pub leaf: u64,
    /// What it was logged as.
    pub kind: LeafKind,
    /// The way from the leaf to the root.
    pub path: Vec<Hash>,
    /// The size of the log at the checkpoint.
    pub size: u64,
    /// The root at the checkpoint.
    pub root: Hash,
    /// When the checkpoint was taken, by the server's clock.
    pub at: AtMs,
    /// The server's signature over the checkpoint, hexadecimal.
    pub signature: String,
}

/// What the evidence shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Proven {
    /// The envelope's place.
    pub at: ChainRef,
    /// Its id.
    pub id: Hash,
    /// The device whose key signed it.
    pub device: DeviceId,
    /// The officer whom the server certified for that key.
    pub officer: OfficerId,
    /// The fingerprint of the server's key that the checking began with.
    pub server: String,
    /// When the officer entered it, by the device's clock.
    pub entered_at: AtMs,
    /// By when the server held it.
    pub logged_before: AtMs,
}

/// What the evidence does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFault {
    /// Another version, or a part that is none.
    #[error("the file is no evidence of this version")]
    Malformed,
    /// The key is not the one with the given fingerprint.
    #[error("the evidence begins with another server's key")]
    Server,
    /// No key that the server's statements lead to certified the device.
    #[error("the server did not certify the device")]
    Certificate,
    /// The envelope is of another device or officer than the certificate.
    #[error("the envelope names another device or officer")]
    Other,
    /// The head does not vouch for the envelope.
    #[error("the signed head does not vouch for the envelope")]
    Chain,
    /// The device's key did not sign the head.
    #[error("the device did not sign the head")]
    Signature,
    /// The log does not hold the envelope.
    #[error("the log does not hold the envelope")]
    Log,
}

impl Evidence {
    /// The version that is written.
    pub const VERSION: u16 = VERSION;

    /// Checks everything from the fingerprint of the server's key on, as it stands in an invitation.
    ///
    /// # Errors
    /// The first [`EvidenceFault`].
    pub fn verify(&self, server: &str) -> Result<Proven, EvidenceFault> {
        let envelope = self.envelope()?;
        let keys = self.server_keys(server)?;
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let certificate = Certificate::verify(&self.certificate, &keys)
            .map_err(|_| EvidenceFault::Certificate)?;
        if envelope.at.device != certificate.device || envelope.officer != certificate.officer {
            return Err(EvidenceFault::Other);
        }
        let id = envelope.id();
        self.check_chain(&envelope, id)?;
        self.head
            .verify(certificate.suite, &certificate.public_key)
            .map_err(|_| EvidenceFault::Signature)?;
        self.log.check(&id, &keys)?;
        Ok(Proven {
            at: envelope.at,
            id,
            device: certificate.device,
            officer: certificate.officer,
            server: server.to_owned(),
            entered_at: envelope.entered_at,
            logged_before: self.log.at,
        })
    }

    fn envelope(&self) -> Result<Envelope, EvidenceFault> {
        if self.version != VERSION {
            return Err(EvidenceFault::Malformed);
        }
        let bytes = HEXLOWER
            .decode(self.envelope.as_bytes())
            .map_err(|_| EvidenceFault::Malformed)?;
        Envelope::from_bytes(&bytes).map_err(|_| EvidenceFault::Malformed)
    }

    fn server_keys(&self, server: &str) -> Result<Vec<Vec<u8>>, EvidenceFault> {
        let first = HEXLOWER
            .decode(self.server_key.as_bytes())
            .map_err(|_| EvidenceFault::Malformed)?;
        if Invitation::key_print(&first) != server {
            return Err(EvidenceFault::Server);
        }
        let mut keys = follow(&first, &self.successions);
        keys.insert(0, first);
        Ok(keys)
    }

    fn check_chain(&self, envelope: &Envelope, id: Hash) -> Result<(), EvidenceFault> {
        let before = envelope.at.seq.checked_sub(1);
        let start = ChainHead {
            seq: before.ok_or(EvidenceFault::Chain)?,
            hash: self.before,
        };
        let ids = std::iter::once(&id).chain(&self.behind);
        let end = ids.fold(start, |head, id| head.extend(id));
        let is_vouched_for = self.head.at.device == envelope.at.device
            && self.head.at.incarnation == envelope.at.incarnation
            && self.head.at.seq == end.seq
            && self.head.hash == end.hash;
        is_vouched_for.then_some(()).ok_or(EvidenceFault::Chain)
    }
}

impl LogPlace {
    fn check(&self, id: &Hash, keys: &[&[u8]]) -> Result<(), EvidenceFault> {
        let checkpoint = Checkpoint {
            size: self.size,
            root: self.root,
            at: self.at,
        };
        let is_signed = keys
            .iter()
            .any(|key| checkpoint.verify(key, &self.signature).is_ok());
        let tree = CheckpointRef {
            size: self.size,
            root: self.root,
        };
        let is_in = verify_inclusion(&leaf_hash(self.kind, id), self.leaf, tree, &self.path);
        (is_signed && is_in).then_some(()).ok_or(EvidenceFault::Log)
    }
}
