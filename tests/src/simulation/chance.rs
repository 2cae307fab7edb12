//! All chance of a run comes from its seed: one stream for each purpose.

use std::sync::{Arc, Mutex, PoisonError};

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Draws from a seed.
#[derive(Debug, Clone)]
pub struct Chance(ChaCha8Rng);

/// A stream of a seed as random bytes for devices and the server.
pub struct Bytes(Mutex<ChaCha8Rng>);

impl Chance {
    /// The stream with this number.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(rng(seed, stream))
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end.max(1))
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high.max(low))
    }

    /// Whether something happens that happens so many times in a thousand.
    pub fn per_mille(&mut self, often: u32) -> bool {
        self.0.random_range(0..1_000) < often
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        values.get(self.below(values.len())).copied()
    }

    /// Puts these into any order.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

impl Bytes {
    /// The stream with this number.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(rng(seed, stream))))
    }

    /// So many of them.
    #[must_use]
    pub fn take<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.draw(&mut out);
        out
    }

    fn draw(&self, out: &mut [u8]) {
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rng.fill_bytes(out);
    }
}

impl itgel_device::Entropy for Bytes {
    fn fill(&self, out: &mut [u8]) -> Result<(), itgel_device::EntropyError> {
        self.draw(out);
        Ok(())
    }
}

impl itgel_server::entropy::Entropy for Bytes {
    fn fill(&self, out: &mut [u8]) {
        self.draw(out);
    }
}

fn rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}
