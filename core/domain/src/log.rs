//! The server's log: a Merkle tree as in RFC 6962, so that nobody can rewrite history unseen
//! (`security.md` T20).
//!
//! Leaves are hashes of salted ids and tell nothing by themselves. The server keeps a
//! [`Frontier`] and appends in O(log n); every device receives signed [`Checkpoint`]s, and a
//! consistency proof between two of them shows that nothing before the older one was changed,
//! removed or put in between.

mod tree;

use sha2::{Digest as _, Sha256};

use crate::file::chain::{SignatureError, Suite, verify};
use crate::file::envelope::CheckpointRef;
use crate::hash::Hash;
use crate::time::AtMs;

pub use tree::Tree;

/// What a leaf stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeafKind {
    /// An envelope, by its salted id.
    Envelope,
    /// Bytes that were refused and kept.
    Refusal,
    /// A decision of staff.
    Decision,
    /// A lender's query.
    Query,
    /// An export of data.
    Export,
    /// An erasure.
    Deletion,
    /// A rule pack, parameter table or register that came into force.
    Rules,
    /// A change of devices, people or keys.
    Access,
    /// A row of the audit, whatever it says.
    Audit,
    /// What rows that may change say from now on: verdicts of envelopes and decisions.
    Rows,
    /// The checkpoint that follows: its leaf is the last one that it covers.
    Checkpoint,
}

crate::subject::words!(LeafKind {
    Self::Envelope => Self::Envelope => "envelope",
    Self::Refusal => Self::Refusal => "refusal",
    Self::Decision => Self::Decision => "decision",
    Self::Query => Self::Query => "query",
    Self::Export => Self::Export => "export",
    Self::Deletion => Self::Deletion => "deletion",
    Self::Rules => Self::Rules => "rules",
    Self::Access => Self::Access => "access",
    Self::Audit => Self::Audit => "audit",
    Self::Rows => Self::Rows => "rows",
    Self::Checkpoint => Self::Checkpoint => "checkpoint",
});

/// The right edge of the tree: all that appending needs, one hash for each bit of the size.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct Frontier {
    /// Number of leaves.
    #[n(0)]
    size: u64,
    /// Roots of the perfect subtrees, largest first.
    #[n(1)]
    peaks: Vec<Hash>,
}

/// A state of the log at a time, to be signed.
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
pub struct Checkpoint {
    /// Number of leaves.
    #[n(0)]
    pub size: u64,
    /// Root of the tree.
    #[n(1)]
    pub root: Hash,
    /// When it was taken, by the server's clock.
    #[n(2)]
    pub at: AtMs,
}

/// The asked place lies outside the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log has no such place")]
pub struct ProofError;

/// The hash of a leaf: `SHA-256(0x00 ‖ kind ‖ 0x0a ‖ id)`.
#[must_use]
pub fn leaf_hash(kind: LeafKind, id: &Hash) -> Hash {
    sha(&[&[0], kind.as_str().as_bytes(), b"\n", id.as_bytes()])
}

/// The root over leaf hashes, from scratch: for a full check of the log.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    leaves
        .iter()
        .fold(Frontier::default(), Frontier::with)
        .root()
}

impl Frontier {
    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends the hash of a leaf.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            node = parent(&left, &node);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root of the tree; of an empty log the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else {
            return sha(&[]);
        };
        peaks.fold(last, |right, left| parent(&left, &right))
    }

    fn with(mut self, leaf: &Hash) -> Self {
        self.append(*leaf);
        self
    }
}

/// Proves that the leaf at `index` is in the tree over `leaves`.
///
/// # Errors
/// [`ProofError`] if there is no such leaf.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Result<Vec<Hash>, ProofError> {
    if index >= leaves.len() {
        return Err(ProofError);
    }
    let (mut rest, mut at, mut proof) = (leaves, index, Vec::new());
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if at < left.len() {
            proof.push(root_of(right));
            rest = left;
        } else {
            proof.push(root_of(left));
            at -= left.len();
            rest = right;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Whether `proof` shows that `leaf` stands at `index` in the tree with this size and root.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, tree: CheckpointRef, proof: &[Hash]) -> bool {
    if index >= tree.size {
        return false;
    }
    let (mut at, mut last, mut node) = (index, tree.size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            node = parent(step, &node);
            // Climb past the levels where this node has no sibling.
            while at % 2 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            node = parent(&node, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && node == tree.root
}

/// Proves that the tree over `leaves` extends the tree over its first `old_size` leaves.
///
/// # Errors
/// [`ProofError`] if the log is shorter than that.
pub fn consistency_proof(leaves: &[Hash], old_size: usize) -> Result<Vec<Hash>, ProofError> {
    if old_size > leaves.len() {
        return Err(ProofError);
    }
    if old_size == 0 || old_size == leaves.len() {
        return Ok(Vec::new());
    }
    let (mut rest, mut old, mut proof) = (leaves, old_size, Vec::new());
    // Whether the old tree so far is this very subtree, whose root the verifier then knows.
    let mut is_old_root = true;
    while old != rest.len() {
        let (left, right) = rest.split_at(split(rest.len()));
        if old <= left.len() {
            proof.push(root_of(right));
            rest = left;
        } else {
            proof.push(root_of(left));
            old -= left.len();
            rest = right;
            is_old_root = false;
        }
    }
    if !is_old_root {
        proof.push(root_of(rest));
    }
    proof.reverse();
    Ok(proof)
}

/// The same proof from the right edge of the old tree and the leaves that came after it: a log of
/// millions of leaves need not be read to prove that it grew by a few.
#[must_use]
pub fn growth_proof(old: &Frontier, newer: &[Hash]) -> Vec<Hash> {
    if old.size == 0 || newer.is_empty() {
        return Vec::new();
    }
    let old_size = usize::try_from(old.size).unwrap_or(usize::MAX);
    let (mut low, mut high) = (0, old_size.saturating_add(newer.len()));
    let (mut peaks, mut proof, mut is_old_root) = (old.peaks.iter(), Vec::new(), true);
    while old_size != high {
        let middle = low + split(high - low);
        if old_size <= middle {
            let right = newer.get(middle - old_size..high - old_size);
            proof.push(root_of(right.unwrap_or_default()));
            high = middle;
        } else {
            // Perfect and wholly old, so it is the next of the old peaks.
            proof.extend(peaks.next());
            low = middle;
            is_old_root = false;
        }
    }
    if !is_old_root {
        proof.extend(peaks.next());
    }
    proof.reverse();
    proof
}

/// Whether `proof` shows that the `new` tree extends the `old` one.
#[must_use]
pub fn verify_consistency(old: CheckpointRef, new: CheckpointRef, proof: &[Hash]) -> bool {
    if old.size == new.size {
        return proof.is_empty() && old.root == new.root;
    }
    if old.size == 0 {
        return proof.is_empty() && old.root == sha(&[]);
    }
    if old.size > new.size {
        return false;
    }
    let mut steps = proof.iter();
    let (mut at, mut last) = (old.size - 1, new.size - 1);
    while at % 2 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    // A perfect old tree is a node of the new one; else the proof starts with such a node.
    let first = if at == 0 {
        Some(&old.root)
    } else {
        steps.next()
    };
    let Some(first) = first else { return false };
    let (mut old_node, mut new_node) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            old_node = parent(step, &old_node);
            new_node = parent(step, &new_node);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new_node = parent(&new_node, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && old_node == old.root && new_node == new.root
}

impl Checkpoint {
    /// The state of the log as it stands.
    #[must_use]
    pub fn of(frontier: &Frontier, at: AtMs) -> Self {
        Self {
            size: frontier.size,
            root: frontier.root(),
            at,
        }
    }

    /// Size and root without the time.
    #[must_use]
    pub const fn tree(&self) -> CheckpointRef {
        CheckpointRef {
            size: self.size,
            root: self.root,
        }
    }

    /// What the server signs.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let Self { size, root, at } = self;
        format!("itgel.checkpoint.v1\n{size}\n{root}\n{}", at.0).into_bytes()
    }

    /// Checks the server's signature, hexadecimal.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this checkpoint.
    pub fn verify(&self, server_key: &[u8], signature: &str) -> Result<(), SignatureError> {
        let signature = data_encoding::HEXLOWER
            .decode(signature.as_bytes())
            .map_err(|_| SignatureError)?;
        verify(Suite::Ed25519, server_key, &self.message(), &signature)
    }
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
fn parent(left: &Hash, right: &Hash) -> Hash {
    sha(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// Leaves of the left subtree: the largest power of two below `size`, which is at least 2.
const fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

/// Plain SHA-256 of the parts one after another, as the RFC has it.
fn sha(parts: &[&[u8]]) -> Hash {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part);
    }
    Hash::from_bytes(sha.finalize().into())
}

#[cfg(test)]
mod tests;
