//! A file as an Automerge document: causality, heads, history and the proof of the fold. The only
//! place that names Automerge.
//!
//! Device and server build the same change from an envelope with [`build_change`] and agree on
//! its hash; no Automerge bytes cross the wire. A change is only puts of canonical entries under
//! flat keys that never repeat, below one map that a hard-coded first change makes, so nothing is
//! ever overwritten and nothing can hide a colleague's entries (`design.md` 5).
//!
//! Nobody opens a document to read a file: that is what [`super::facts`] is for. A job rebuilds
//! documents from envelopes and [`compare`]s.

mod rebuild;

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId, Automerge, ChangeHash, ExpandedChange, ObjType, ReadDoc as _};

use super::ChainRef;
use super::FileId;
use super::entry::{Entry, EntryId};
use super::envelope::{Body, Envelope, MAX_OP};
use super::facts::causality::start_op;
use crate::hash::Hash;
use crate::sync::wire::inflate;

pub use rebuild::{Difference, compare, rebuild};

/// The map of all entries, made by the first change.
const ENTRIES: &str = "entries";

/// The version of the document's layout; a later step is a change of its own on the first one.
const SCHEMA: u64 = 1;

/// Most bytes of a stored document after decompression.
const MAX_DOCUMENT: usize = 64 << 20;

/// Compression level of a stored document: it is read more often than written.
const LEVEL: i32 = 3;

/// Who writes in a document: a device, in one file, in one incarnation of its store. Recomputed
/// by whoever builds a change, so nobody can write under a colleague's (`security.md` T08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor([u8; 16]);

/// A change of a document, built from an envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct Change(automerge::Change);

/// What a later change needs of one that it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tip {
    /// The hash of the change.
    pub hash: Hash,
    /// The counter of its last operation.
    pub last_op: u64,
}

/// A file as an Automerge document.
pub struct Document(Automerge);

/// Why a document cannot be built, read or extended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// A commitment or a ballot: nothing of it belongs in a document.
    #[error("the envelope carries no entries of a file")]
    NoEntries,
    /// The first operation does not follow from the dependencies, or leaves the range.
    #[error("the first operation does not follow from the dependencies")]
    StartOp,
    /// An envelope that this one depends on is not there.
    #[error("the envelope at {0} is missing")]
    Missing(ChainRef),
    /// Two different envelopes claim one place.
    #[error("two envelopes claim the place {0}")]
    Forked(ChainRef),
    /// Envelopes that depend on each other in a circle.
    #[error("the envelopes depend on each other in a circle")]
    Circle,
    /// No public key is known for a device.
    #[error("no key is known for the device at {0}")]
    NoKey(ChainRef),
    /// A change is not extendable or the stored bytes are none of ours.
    #[error("the document cannot be extended or read")]
    Unreadable,
    /// The library panicked. The document was thrown away.
    #[error("the document library failed")]
    Failed,
}

/// The actor of a device in a file: 16 bytes of a hash over key, file and incarnation.
#[must_use]
pub fn actor(device_public_key: &[u8], file: &FileId, incarnation: u32) -> Actor {
    let file = file.to_string();
    let parts = [
        device_public_key,
        file.as_bytes(),
        &incarnation.to_be_bytes(),
    ];
    let hash = Hash::of("itgel.actor.v1", &parts);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    Actor(bytes)
}

/// The change that every file begins with. It makes the one map that entries live in.
#[must_use]
pub fn first_change() -> Change {
    let put = |key: &str, action| Op {
        action,
        obj: ObjectId::Root,
        key: Key::Map(key.into()),
        pred: SortedVec::new(),
        insert: false,
    };
    let operations = vec![
        put(ENTRIES, OpType::Make(ObjType::Map)),
        put("schema", OpType::Put(SCHEMA.into())),
    ];
    Change::new(first_actor(), 1, NonZeroU64::MIN, Vec::new(), operations)
}

/// The change of an envelope: one put for each entry, nothing else. Device and server agree on
/// its hash; no document is loaded for it.
///
/// `actor_seq` counts the envelopes of the same chain in the same file from 1; `deps` are the
/// tips of [`super::envelope::FileBody::deps`], in any order.
///
/// # Errors
/// [`DocumentError::NoEntries`] for an envelope of another kind, [`DocumentError::StartOp`] if
/// its first operation does not follow from `deps`.
pub fn build_change(
    envelope: &Envelope,
    actor: Actor,
    actor_seq: u64,
    deps: &[Tip],
) -> Result<Change, DocumentError> {
    let Body::File(body) = &envelope.body else {
        return Err(DocumentError::NoEntries);
    };
    if body.entries.is_empty() {
        return Err(DocumentError::NoEntries);
    }
    let expected = start_op(deps.iter().map(|dep| dep.last_op));
    let counter = NonZeroU64::new(body.start_op).ok_or(DocumentError::StartOp)?;
    if body.start_op != expected || body.last_op() >= MAX_OP || actor_seq == 0 {
        return Err(DocumentError::StartOp);
    }
    let map = ObjectId::Id(OpId(1, first_actor()));
    let put = |(id, entry): (EntryId, &Entry)| Op {
        action: OpType::Put(entry.to_bytes().into()),
        obj: map.clone(),
        key: Key::Map(key(entry.kind(), &id).into()),
        pred: SortedVec::new(),
        insert: false,
    };
    let operations = envelope.identified().map(put).collect();
    let deps = match deps {
        [] => vec![first_change().tip().hash],
        _ => deps.iter().map(|dep| dep.hash).collect(),
    };
    let deps = deps
        .iter()
        .map(|hash| ChangeHash(*hash.as_bytes()))
        .collect();
    Ok(Change::new(
        actor.id(),
        actor_seq,
        counter,
        deps,
        operations,
    ))
}

impl Actor {
    /// The bytes of the actor id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    fn id(self) -> ActorId {
        ActorId::from(self.0)
    }
}

impl Change {
    fn new(
        actor_id: ActorId,
        seq: u64,
        start_op: NonZeroU64,
        deps: Vec<ChangeHash>,
        operations: Vec<Op>,
    ) -> Self {
        let expanded = ExpandedChange {
            operations,
            actor_id,
            hash: None,
            seq,
            start_op,
            time: 0,
            message: None,
            deps,
            extra_bytes: Vec::new(),
            author: None,
        };
        Self(expanded.into())
    }

    /// What a change that depends on this one needs.
    #[must_use]
    pub fn tip(&self) -> Tip {
        Tip {
            hash: from_change_hash(self.0.hash()),
            last_op: self.0.max_op(),
        }
    }

    /// Its bytes, uncompressed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.raw_bytes()
    }
}

impl Document {
    /// A file without entries.
    ///
    /// # Errors
    /// [`DocumentError::Failed`] if the library fails.
    pub fn new() -> Result<Self, DocumentError> {
        guarded(|| {
            let mut inner = Automerge::new();
            inner
                .apply_changes([first_change().0])
                .map_err(|_| DocumentError::Unreadable)?;
            Ok(Self(inner))
        })
    }

    /// Extends the document. Changes come after what they depend on; those that are already in
    /// it are passed over. After an error the document is gone: load or rebuild it.
    ///
    /// # Errors
    /// [`DocumentError::Unreadable`] if a dependency is missing or an actor's place is taken,
    /// [`DocumentError::Failed`] if the library fails.
    pub fn apply(self, changes: impl IntoIterator<Item = Change>) -> Result<Self, DocumentError> {
        let Self(mut inner) = self;
        let changes: Vec<automerge::Change> = changes.into_iter().map(|change| change.0).collect();
        guarded(move || {
            inner
                .apply_changes(changes)
                .map_err(|_| DocumentError::Unreadable)?;
            // What waits for a dependency would be kept aside without a word.
            if inner.get_missing_deps(&[]).is_empty() {
                Ok(Self(inner))
            } else {
                Err(DocumentError::Unreadable)
            }
        })
    }

    /// The changes that nothing else in the document depends on, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<Hash> {
        self.0
            .get_heads()
            .into_iter()
            .map(from_change_hash)
            .collect()
    }

    /// The hashes of all changes, sorted: what two documents are compared by, never their bytes.
    ///
    /// # Errors
    /// [`DocumentError::Failed`] if the library fails.
    pub fn change_hashes(&self) -> Result<Vec<Hash>, DocumentError> {
        guarded(|| {
            let metas = self.0.get_changes_meta(&[]).into_iter();
            let mut hashes: Vec<Hash> = metas.map(|meta| from_change_hash(meta.hash)).collect();
            hashes.sort();
            Ok(hashes)
        })
    }

    /// The canonical view: each entry's bytes under `kind/entry id`.
    ///
    /// # Errors
    /// [`DocumentError::Unreadable`] if something else than entries is in the map.
    pub fn entries(&self) -> Result<BTreeMap<String, Vec<u8>>, DocumentError> {
        guarded(|| {
            let found = self.0.get(automerge::ROOT, ENTRIES).ok().flatten();
            let (_, map) = found.ok_or(DocumentError::Unreadable)?;
            let items = self.0.map_range(&map, ..).map(|item| {
                let value = item.value.into_value();
                let bytes = value.as_bytes().ok_or(DocumentError::Unreadable)?;
                Ok((item.key.into_owned(), bytes.to_vec()))
            });
            items.collect()
        })
    }

    /// The bytes for the database: uncompressed columns in one zstd frame.
    ///
    /// # Errors
    /// [`DocumentError::Failed`] if the library fails.
    pub fn save(&self) -> Result<Vec<u8>, DocumentError> {
        let plain = guarded(|| Ok(self.0.save_nocompress()))?;
        zstd::bulk::compress(&plain, LEVEL).map_err(|_| DocumentError::Failed)
    }

    /// Reads what [`Document::save`] wrote.
    ///
    /// # Errors
    /// [`DocumentError::Unreadable`] for other bytes, [`DocumentError::Failed`] if the library
    /// fails on them.
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        let plain = inflate(bytes, MAX_DOCUMENT).map_err(|_| DocumentError::Unreadable)?;
        guarded(|| {
            let inner = Automerge::load(&plain).map_err(|_| DocumentError::Unreadable)?;
            let first = first_change().0.hash();
            let is_ours = inner.get_change_meta_by_hash(&first).is_some();
            is_ours
                .then_some(Self(inner))
                .ok_or(DocumentError::Unreadable)
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document(heads: {:?})", self.heads())
    }
}

/// The flat key of an entry.
fn key(kind: &str, id: &EntryId) -> String {
    format!("{kind}/{id}")
}

/// The fixed actor of the first change.
fn first_actor() -> ActorId {
    ActorId::from([0_u8; 16])
}

const fn from_change_hash(hash: ChangeHash) -> Hash {
    Hash::from_bytes(hash.0)
}

/// Runs a call into the library. It has panicked on odd documents before; such a document is
/// thrown away by its owner, so no half-changed state is ever seen.
fn guarded<T>(call: impl FnOnce() -> Result<T, DocumentError>) -> Result<T, DocumentError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(Err(DocumentError::Failed))
}

#[cfg(test)]
mod tests;
