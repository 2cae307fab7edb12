//! The fingerprint of a device's key: six words that two people compare (`security.md` T28).
//!
//! Here it is six numbers; `itgel-text` has a word for each. The words are those of BIP-39 (MIT):
//! 2,048 of them, chosen to be told apart, so six carry 66 bits, and a stranger who wants a key
//! with the same words has to try 2⁶⁶.

use crate::hash::Hash;

/// Words of a fingerprint.
pub const WORDS: usize = 6;

/// Words of a list.
pub const LIST: usize = 2_048;

/// Bits of one word.
const BITS: usize = 11;

/// A fingerprint: the places of its words in their list.
pub type Fingerprint = [u16; WORDS];

/// The fingerprint of a public key.
#[must_use]
pub fn of(public_key: &[u8]) -> Fingerprint {
    let hash = Hash::of("itgel.fingerprint.v1", &[public_key]);
    std::array::from_fn(|word| {
        let bits = (word * BITS..(word + 1) * BITS).map(|bit| {
            let byte = hash.as_bytes()[bit / 8];
            u16::from(byte >> (7 - bit % 8) & 1)
        });
        bits.fold(0, |number, bit| number << 1 | bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_always_has_the_same_words_and_one_bit_changes_them() {
        let words = of(&[7; 32]);
        assert_eq!(words, of(&[7; 32]));
        assert!(words.iter().all(|word| usize::from(*word) < LIST));
        let mut seen = std::collections::BTreeSet::from([words]);
        for bit in 0..256 {
            let mut key = [7; 32];
            key[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(of(&key)), "bit {bit}");
        }
        // Frozen: what stands on paper must stay comparable.
        assert_eq!(of(&[0; 32]), FROZEN);
    }

    const FROZEN: Fingerprint = [1365, 388, 1705, 1539, 140, 1279];
}
