//! The first step: where does the device's chain stand, and where do the lists?

use crate::division::DivisionCode;
use crate::file::chain::{ChainHead, SignatureError, verify_text};
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
    /// What it holds of the server's statements; absent from devices before 0.2.
    #[n(7)]
    pub trust: Option<TrustHeld>,
    /// The newest signed state of the server's log that it holds: the answer proves that the log
    /// has only grown since.
    #[n(8)]
    pub checkpoint: Option<CheckpointRef>,
    /// Digest of the names of divisions that it holds ([`names_digest`]); absent from devices that
    /// show codes.
    #[n(9)]
    pub names: Option<Hash>,
    /// Random: the answer to another hello, however alike, is none to this one.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub nonce: [u8; 16],
}

/// What a device holds of the server's statements, so that only news travel.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct TrustHeld {
    /// The fingerprint of the server key that it pinned, see
    /// [`crate::trust::Invitation::key_print`].
    #[n(0)]
    pub server: String,
    /// The number of its grant; 0 for none.
    #[n(1)]
    pub grant_seq: u64,
    /// Whether it holds its certificate.
    #[n(2)]
    pub certified: bool,
}

/// The server's news for one device; each statement is signed by itself (see [`crate::trust`]).
#[derive(Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct TrustNews {
    /// The device waits for an administrator to compare its fingerprint.
    #[n(0)]
    pub pending: bool,
    /// Its certificate.
    #[n(1)]
    pub certificate: Option<String>,
    /// Its grant.
    #[n(2)]
    pub grant: Option<String>,
    /// The statements that lead from the key that it pinned to the next ones.
    #[n(3)]
    pub keys: Vec<String>,
    /// The order to delete its store.
    #[n(4)]
    pub wipe: Option<String>,
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
    /// News of keys, grant and orders; absent if there are none.
    #[n(9)]
    pub trust: Option<TrustNews>,
    /// That the log at `checkpoint` extends the one that the device named
    /// ([`crate::log::verify_consistency`]); absent if it named none, or if the log cannot show
    /// it.
    #[n(10)]
    pub consistency: Option<Vec<Hash>>,
    /// Where the log stood when the server was last restored from a backup; absent if it never
    /// was.
    #[n(11)]
    pub restored: Option<Restored>,
    /// What the divisions of `lists` are called; absent where the device holds these names already.
    #[n(12)]
    pub names: Option<Vec<DivisionName>>,
    /// Signature of the server over [`HelloAnswer::message`], hexadecimal.
    #[n(13)]
    pub signature: String,
}

/// What a division is called, for a list that people read.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct DivisionName {
    /// The division.
    #[n(0)]
    pub division: DivisionCode,
    /// Its Chinese name.
    #[n(1)]
    pub name: String,
    /// Its Mongolian name in the traditional script, if known.
    #[n(2)]
    pub name_mn: Option<String>,
}

/// Digest of names, in whatever order they stand: both sides see by it whether a name is new.
#[must_use]
pub fn names_digest(names: &[DivisionName]) -> Hash {
    let said = |one: &DivisionName| {
        let code = one.division.filled_text();
        let mongolian = one.name_mn.as_deref().unwrap_or_default();
        format!("{code}\n{}\n{mongolian}", one.name).into_bytes()
    };
    let mut said: Vec<Vec<u8>> = names.iter().map(said).collect();
    said.sort();
    let parts: Vec<&[u8]> = said.iter().map(Vec::as_slice).collect();
    Hash::of("itgel.names.v1", &parts)
}

/// That the server was restored from a backup (a break of the epoch): what the log said beyond
/// this place before is not in it any more.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Restored {
    /// The epoch that began.
    #[n(0)]
    pub epoch: u64,
    /// The log as the backup held it.
    #[n(1)]
    pub log: CheckpointRef,
    /// When, by the server's clock.
    #[n(2)]
    pub at: AtMs,
    /// Signature of the server over [`Restored::message`], hexadecimal.
    #[n(3)]
    pub signature: String,
    /// The epochs before it that its log holds, the first one first.
    #[n(4)]
    pub lineage: Vec<EpochStart>,
}

/// Where an epoch began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct EpochStart {
    /// The epoch.
    #[n(0)]
    pub epoch: u64,
    /// The size of the log when it began.
    #[n(1)]
    pub size: u64,
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

impl Restored {
    /// What the server signs.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let (epoch, at) = (self.epoch, self.at.0);
        let CheckpointRef { size, root } = self.log;
        let mut message = format!("itgel.restored.v1\n{epoch}\n{size}\n{root}\n{at}");
        for EpochStart { epoch, size } in &self.lineage {
            message.push_str(&format!("\n{epoch} {size}"));
        }
        message.into_bytes()
    }

    /// Whether its log holds what the log was at this size in an earlier epoch. Backups need not be
    /// restored in the order in which they were written, so an earlier epoch may be of another branch.
    #[must_use]
    pub fn holds(&self, epoch: u64, size: u64) -> bool {
        let Some(at) = self.lineage.iter().position(|start| start.epoch == epoch) else {
            return false;
        };
        let next = self.lineage.get(at + 1);
        size <= next.map_or(self.log.size, |next| next.size)
    }

    /// Checks the server's signature.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this break.
    pub fn verify(&self, server_key: &[u8]) -> Result<(), SignatureError> {
        verify_text(server_key, &self.message(), &self.signature)
    }
}

impl Hello {
    /// What its answer is bound to. Fields of a later version do not count where the answer is in
    /// an earlier one.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn digest(&self) -> Hash {
        let hello = minicbor::to_vec(self).expect("writing to a Vec");
        Hash::of("itgel.hello.v1", &[&hello])
    }
}

impl HelloAnswer {
    /// What the server signs: everything that the answer says, to the hello with the digest
    /// `asked` ([`Hello::digest`]) and to no other.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn message(&self, asked: &Hash) -> Vec<u8> {
        let unsigned = Self {
            signature: String::new(),
            ..self.clone()
        };
        let said = minicbor::to_vec(&unsigned).expect("writing to a Vec");
        let bound = Hash::of("itgel.welcome.v1", &[asked.as_bytes(), &said]);
        bound.to_string().into_bytes()
    }

    /// Checks the server's signature.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this answer to the hello with the digest
    /// `asked`.
    pub fn verify(&self, server_key: &[u8], asked: &Hash) -> Result<(), SignatureError> {
        verify_text(server_key, &self.message(asked), &self.signature)
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::chain::{DeviceSigner as _, SoftwareSigner};

    #[test]
    fn sec_t36_an_answer_is_signed_as_a_whole_and_for_one_hello() {
        let server = SoftwareSigner::from_secret(&[7; 32]);
        let (key, device) = (server.public_key(), "d1".parse().unwrap());
        let hello = Hello {
            protocol: 1,
            head: ChainHead::start(&device, 0),
            device,
            incarnation: 0,
            epoch: 0,
            cursors: Vec::new(),
            clock: AtMs(0),
            trust: None,
            checkpoint: None,
            names: None,
            nonce: [1; 16],
        };
        let mut answer = HelloAnswer {
            protocol: 1,
            epoch: 1,
            incarnation: 0,
            head: hello.head,
            lists: Vec::new(),
            clock: AtMs(1),
            checkpoint: CheckpointRef {
                size: 0,
                root: Hash::of_file(b""),
            },
            checkpoint_signature: String::new(),
            checkpoint_at: AtMs(0),
            trust: None,
            consistency: None,
            restored: None,
            names: None,
            signature: String::new(),
        };
        let message = answer.message(&hello.digest());
        answer.signature = data_encoding::HEXLOWER.encode(&server.sign(&message));
        assert!(answer.verify(&key, &hello.digest()).is_ok());
        let again = Hello {
            nonce: [2; 16],
            ..hello.clone()
        };
        assert!(answer.verify(&key, &again.digest()).is_err());
        let other = SoftwareSigner::from_secret(&[8; 32]).public_key();
        assert!(answer.verify(&other, &hello.digest()).is_err());
        answer.names = Some(Vec::new());
        assert!(answer.verify(&key, &hello.digest()).is_err());
    }

    #[test]
    fn a_state_of_another_branch_is_not_taken_for_one_of_this_log() {
        let start = |(epoch, size)| EpochStart { epoch, size };
        let restored = Restored {
            epoch: 9,
            log: CheckpointRef {
                size: 50,
                root: Hash::of_file(b"log"),
            },
            at: AtMs(0),
            signature: String::new(),
            lineage: [(0, 0), (4, 20)].map(start).to_vec(),
        };
        let held = [(0, 20), (4, 21), (4, 50)];
        let foreign = [(0, 21), (2, 10), (4, 51), (9, 51)];
        assert!(
            held.iter()
                .all(|(epoch, size)| restored.holds(*epoch, *size))
        );
        assert!(
            !foreign
                .iter()
                .any(|(epoch, size)| restored.holds(*epoch, *size))
        );
    }
}
