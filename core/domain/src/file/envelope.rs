//! Envelopes: what travels between device and server, and what both store.
//!
//! Canonical CBOR, integers and text only. Bytes that do not decode, or that would be written
//! differently, are refused as malformed: one content has one form, so one hash.
//! Limits stand beside the types and are checked before anything is applied
//! (`security.md` T09).

use super::entry::{Entry, EntryId};
use super::objection::FiledObjection;
use super::{ChainRef, FileId};
use crate::error::ErrorCode;
use crate::hash::Hash;
use crate::id::{CycleId, OfficerId, SubjectId};
use crate::time::AtMs;

/// The version of the envelope format.
pub const VERSION: u8 = 1;

/// Most bytes of an envelope.
pub const MAX_BYTES: usize = 64 * 1024;

/// Most entries of an envelope.
pub const MAX_ENTRIES: usize = 512;

/// Most dependencies of an envelope.
pub const MAX_DEPS: usize = 64;

/// Highest operation counter of a file: far above any honest file, far below the library's end.
pub const MAX_OP: u64 = 1 << 24;

/// One link of a device's chain.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Envelope {
    /// Version of the format.
    #[n(0)]
    pub v: u8,
    /// Its place: device, incarnation, seq.
    #[n(1)]
    pub at: ChainRef,
    /// 16 random bytes as text: chain and log hold only salted ids, so that they tell nothing
    /// once the content is erased.
    #[n(2)]
    pub salt: String,
    /// The officer who worked with the device.
    #[n(3)]
    pub officer: OfficerId,
    /// The rule pack that the device held.
    #[n(4)]
    pub pack: Hash,
    /// The device's clock when it was entered: recorded, never trusted.
    #[n(5)]
    pub entered_at: AtMs,
    /// The newest signed checkpoint that the device had seen: a lower bound in time.
    #[n(6)]
    pub checkpoint: Option<CheckpointRef>,
    /// What it carries.
    #[n(7)]
    pub body: Body,
}

/// A checkpoint of the server's log.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(array)]
pub struct CheckpointRef {
    /// Number of leaves.
    #[n(0)]
    pub size: u64,
    /// Root of the tree.
    #[n(1)]
    pub root: Hash,
}

/// What an envelope carries.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Body {
    /// Entries of one file.
    #[n(0)]
    File(#[n(0)] FileBody),
    /// The salted commitment of an identity record, which travels beside the chain.
    #[n(1)]
    Identity(#[n(0)] IdentityCommitment),
    /// One evaluator's ballot of the peer evaluation; never pulled.
    #[n(2)]
    Ballot(#[n(0)] Ballot),
    /// An objection that was taken down away from the server; never pulled.
    #[n(3)]
    Objection(#[n(0)] FiledObjection),
    /// What the gacha's group says of a computed grade; never pulled.
    #[n(4)]
    Review(#[n(0)] GroupReview),
}

/// Entries of one file.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct FileBody {
    /// The file.
    #[n(0)]
    pub file: FileId,
    /// What the device knew of the file: the newest envelope of each chain that nothing else it
    /// knew depended on, and always its own newest. Sorted, without doubles.
    #[n(1)]
    pub deps: Vec<ChainRef>,
    /// `1 + max` of the last operations of the dependencies.
    #[n(2)]
    pub start_op: u64,
    /// The entries, in the order they were written.
    #[n(3)]
    pub entries: Vec<Entry>,
}

/// That an identity record was written, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct IdentityCommitment {
    /// Whose identity.
    #[n(0)]
    pub subject: SubjectId,
    /// [`crate::identity::IdentityRecord::commitment`] under the envelope's salt.
    #[n(1)]
    pub commitment: Hash,
}

/// One evaluator's ballot (民主评议, `domain.md` B.3 H6): four items scored 1 to 5.
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
pub struct Ballot {
    /// Who is evaluated.
    #[n(0)]
    pub subject: SubjectId,
    /// The campaign.
    #[n(1)]
    pub cycle: CycleId,
    /// The evaluator.
    #[n(2)]
    pub evaluator: OfficerId,
    /// Promises, diligence, loans, grassland and gacha rules: 1 to 5 each.
    #[n(3)]
    pub scores: [u8; 4],
}

/// What the gacha's group (嘎查初评组, `domain.md` D.1) says of a household's computed grade: that it
/// is in order, or that the visit goes back. It changes no value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct GroupReview {
    /// Whose grade.
    #[n(0)]
    pub subject: SubjectId,
    /// In which campaign.
    #[n(1)]
    pub cycle: CycleId,
    /// The assessment that the group saw.
    #[n(2)]
    pub assessment: Hash,
    /// Why the visit goes back; `None` where the group confirms.
    #[n(3)]
    pub returned_for: Option<String>,
}

impl GroupReview {
    /// Most characters of the reason.
    pub const MAX_REASON: usize = 500;

    /// Whether a return says why, and not more than it may.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.returned_for.as_ref().is_none_or(|reason| {
            let length = reason.trim().chars().count();
            (1..=Self::MAX_REASON).contains(&length)
        })
    }
}

/// Why bytes are no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// More bytes, entries or dependencies than an envelope may have.
    #[error("the envelope is larger than allowed")]
    TooLarge,
    /// Not decodable, of another version, or not in canonical form.
    #[error("the bytes are no canonical envelope")]
    Malformed,
}

impl EnvelopeError {
    /// Its place in the one list of codes.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge => ErrorCode::EnvelopeTooLarge,
            Self::Malformed => ErrorCode::EnvelopeMalformed,
        }
    }
}

impl Envelope {
    /// Its canonical bytes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a Vec")
    }

    /// Reads bytes from outside.
    ///
    /// # Errors
    /// [`EnvelopeError::TooLarge`] before anything is read; [`EnvelopeError::Malformed`] for
    /// everything that is not exactly what [`Envelope::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_BYTES {
            return Err(EnvelopeError::TooLarge);
        }
        let envelope: Self = minicbor::decode(bytes).map_err(|_| EnvelopeError::Malformed)?;
        if envelope.to_bytes() != bytes {
            return Err(EnvelopeError::Malformed);
        }
        envelope.check_form()?;
        Ok(envelope)
    }

    /// The salted id: `H(salt ‖ bytes)`.
    #[must_use]
    pub fn id_of(salt: &str, bytes: &[u8]) -> Hash {
        Hash::of("itgel.envelope.v1", &[salt.as_bytes(), bytes])
    }

    /// The salted id of this envelope.
    #[must_use]
    pub fn id(&self) -> Hash {
        Self::id_of(&self.salt, &self.to_bytes())
    }

    /// The id that any bytes have in a chain: the salted id as far as the salt can be read,
    /// so that a place whose bytes do not decode does not end the chain.
    #[must_use]
    pub fn id_of_bytes(bytes: &[u8]) -> Hash {
        Self::id_of(peek_salt(bytes).unwrap_or_default(), bytes)
    }

    /// The entries, none for what belongs to no file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.body {
            Body::File(body) => &body.entries,
            Body::Identity(_) | Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => &[],
        }
    }

    /// The entries with their ids.
    pub fn identified(&self) -> impl Iterator<Item = (EntryId, &Entry)> {
        self.entries()
            .iter()
            .zip(0_u16..)
            .map(|(entry, index)| (self.entry_id(index), entry))
    }

    /// The id of the entry at `index`.
    #[must_use]
    pub fn entry_id(&self, index: u16) -> EntryId {
        EntryId {
            at: self.at.clone(),
            index,
        }
    }

    /// The subject it speaks of.
    #[must_use]
    pub const fn subject(&self) -> &SubjectId {
        match &self.body {
            Body::File(body) => &body.file.subject,
            Body::Identity(commitment) => &commitment.subject,
            Body::Ballot(ballot) => &ballot.subject,
            Body::Objection(objection) => &objection.subject,
            Body::Review(review) => &review.subject,
        }
    }

    fn check_form(&self) -> Result<(), EnvelopeError> {
        let salted = self.salt.len() == 32 && self.salt.bytes().all(|b| b.is_ascii_hexdigit());
        if self.v != VERSION || !salted || self.at.seq == 0 {
            return Err(EnvelopeError::Malformed);
        }
        match &self.body {
            Body::File(body) => body.check_form(),
            Body::Identity(_) => Ok(()),
            Body::Ballot(ballot) if ballot.scores.iter().all(|s| (1..=5).contains(s)) => Ok(()),
            Body::Objection(objection) if objection.is_well_formed() => Ok(()),
            Body::Review(review) if review.is_well_formed() => Ok(()),
            Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => Err(EnvelopeError::Malformed),
        }
    }
}

/// The salt at its place in the map, whatever stands behind it.
fn peek_salt(bytes: &[u8]) -> Option<&str> {
    let mut decoder = minicbor::Decoder::new(bytes);
    decoder.map().ok()?;
    for field in 0..2 {
        (decoder.u8().ok()? == field).then_some(())?;
        decoder.skip().ok()?;
    }
    (decoder.u8().ok()? == 2).then_some(())?;
    decoder.str().ok()
}

impl FileBody {
    /// The last operation counter of this envelope: one operation an entry.
    #[must_use]
    pub fn last_op(&self) -> u64 {
        self.start_op + self.entries.len() as u64 - 1
    }

    fn check_form(&self) -> Result<(), EnvelopeError> {
        if self.entries.len() > MAX_ENTRIES || self.deps.len() > MAX_DEPS {
            return Err(EnvelopeError::TooLarge);
        }
        let sorted = self.deps.windows(2).all(|pair| pair[0] < pair[1]);
        let bounded = (1..MAX_OP - MAX_ENTRIES as u64).contains(&self.start_op);
        if self.entries.is_empty() || !sorted || !bounded {
            return Err(EnvelopeError::Malformed);
        }
        Ok(())
    }
}
