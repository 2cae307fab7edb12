//! Changes of good inputs, drawn from a seed: the same seed gives the same changes.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::MOST;

/// What readers stumble over: lengths of CBOR that promise more than there is, ends of containers,
/// marks of text and tables.
const PIECES: &[&[u8]] = &[
    &[0x9f],
    &[0xbf],
    &[0xff],
    &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    &[0x7a, 0x40, 0, 0, 0],
    &[0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    b"\0",
    b"\"",
    b"\r\n",
    b",,,,,,,,",
    b"[[",
    b"]]",
    b"{",
    b"= ",
    b"99999999999999999999",
    b"-0.000000001",
    b"2026-02-30",
    b"../",
    "\u{feff}".as_bytes(),
    "\u{1820}".as_bytes(),
    "户".as_bytes(),
    &[0x81, 0x30, 0x81, 0x30],
];

/// Gives changed inputs, one after the other.
pub struct Mutator {
    rng: ChaCha8Rng,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// Changes of these inputs. There must be one.
    #[must_use]
    pub fn new(seeds: Vec<Vec<u8>>, seed: u64) -> Self {
        assert!(!seeds.is_empty(), "nothing to change");
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { rng, seeds }
    }

    /// The next one, of at most [`MOST`] bytes.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut bytes = self.any_seed().to_vec();
        for _ in 0..self.rng.random_range(1..=6) {
            self.change(&mut bytes);
        }
        bytes.truncate(MOST);
        bytes
    }

    fn any_seed(&mut self) -> &[u8] {
        let place = self.rng.random_range(0..self.seeds.len());
        &self.seeds[place]
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.place(bytes);
        let end = (at + self.rng.random_range(1..=16)).min(bytes.len());
        match self.rng.random_range(0..9_u8) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << self.rng.random_range(0..8),
            2 if at < bytes.len() => bytes[at] = self.rng.random(),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                let to = self.place(bytes);
                drop(bytes.splice(to..to, again));
            }
            5 => bytes.truncate(at),
            6 => {
                let other = self.any_seed().to_vec();
                let (from, to) = (self.place(&other), self.place(&other));
                let piece = other[from.min(to)..from.max(to)].to_vec();
                drop(bytes.splice(at..end, piece));
            }
            7 => {
                let noise: [u8; 4] = self.rng.random();
                drop(bytes.splice(at..at, noise));
            }
            _ => {
                let piece = PIECES[self.rng.random_range(0..PIECES.len())];
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
        }
    }

    fn place(&mut self, bytes: &[u8]) -> usize {
        self.rng.random_range(0..=bytes.len())
    }
}
