//! A log with every inner node kept, for whoever gives many proofs of one state of it.

use super::{ProofError, parent, root_of, split};
use crate::hash::Hash;

/// The tree over the leaves of a log. Building it costs one hash for each leaf, a proof a few
/// look-ups; [`super::inclusion_proof`] needs no such memory and reads every leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Roots of whole subtrees: of one leaf, of two, of four…
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree over these leaves.
    #[must_use]
    pub fn over(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let pairs = below.chunks_exact(2);
            let above = pairs.map(|pair| parent(&pair[0], &pair[1])).collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// The leaves.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Its root; of an empty log the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        match self.leaves().len() {
            0 => root_of(&[]),
            size => self.root_between(0, size),
        }
    }

    /// Proves that the leaf at `index` is in the tree, as [`super::inclusion_proof`] does.
    ///
    /// # Errors
    /// [`ProofError`] if there is no such leaf.
    pub fn inclusion_proof(&self, index: usize) -> Result<Vec<Hash>, ProofError> {
        let (mut low, mut high) = (0, self.leaves().len());
        if index >= high {
            return Err(ProofError);
        }
        let mut proof = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                proof.push(self.root_between(middle, high));
                high = middle;
            } else {
                proof.push(self.root_between(low, middle));
                low = middle;
            }
        }
        proof.reverse();
        Ok(proof)
    }

    /// The root over some of the leaves: a part that a split of the whole gives.
    fn root_between(&self, low: usize, high: usize) -> Hash {
        let size = high - low;
        if size.is_power_of_two() {
            let level = size.trailing_zeros();
            return self.levels[level as usize][low >> level];
        }
        let middle = low + split(size);
        parent(
            &self.root_between(low, middle),
            &self.root_between(middle, high),
        )
    }
}
