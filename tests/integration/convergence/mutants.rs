//! Damaged and forged bytes.

use itgel_domain::file::envelope::{Body, Envelope, EnvelopeError, MAX_BYTES};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::sync::push::Push;
use itgel_domain::sync::wire;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::writer::{cycle, every_kind, other_bodies};

/// Damages bytes in one of the ways that a bad line, a bad card or a bad actor would.
fn mutant(seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seeds.choose(random).unwrap().clone();
    for _ in 0..random.random_range(1..4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..6) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => bytes.truncate(at),
            3 => drop(bytes.splice(at..at, piece(seeds, random))),
            4 => {
                let end = (at + random.random_range(1..40)).min(bytes.len());
                drop(bytes.splice(at..end, piece(seeds, random)));
            }
            // The head of an array, map or text that claims far more than follows.
            _ => {
                let head = [0x9b, 0xbb, 0x7b, 0x5b].choose(random).unwrap();
                drop(bytes.splice(at..at, [&[*head][..], &random.random::<[u8; 8]>()].concat()));
            }
        }
    }
    bytes
}

/// A part of another envelope.
fn piece(seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let from = seeds.choose(random).unwrap();
    let start = random.random_range(0..from.len());
    let end = (start + random.random_range(1..60)).min(from.len());
    from[start..end].to_vec()
}

#[test]
fn a_damaged_envelope_is_refused_or_is_exactly_what_it_says() {
    let envelopes: Vec<Envelope> = every_kind().into_iter().chain(other_bodies()).collect();
    let seeds: Vec<Vec<u8>> = envelopes.iter().map(Envelope::to_bytes).collect();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut facts = FileFacts::default();
    let (mut decoded, mut files) = (0, 0);
    for n in 0..100_000 {
        let bytes = mutant(&seeds, &mut random);
        let id = Envelope::id_of_bytes(&bytes);
        let Ok(envelope) = Envelope::from_bytes(&bytes) else {
            continue;
        };
        decoded += 1;
        assert_eq!(envelope.to_bytes(), bytes, "mutant {n} has two forms");
        assert_eq!(envelope.id(), id, "mutant {n} has two ids");
        facts.apply(&envelope);
        files += u32::from(matches!(envelope.body, Body::File(_)));
        if matches!(envelope.body, Body::File(_)) && files % 500 == 0 {
            // The views stand what no honest device would write.
            let read = facts.facts(&cycle());
            let held = facts.held(&cycle());
            assert_eq!(read.values.len() + read.conflicts.len(), held.len());
            let links = facts.links(&envelope.at.device, envelope.at.incarnation);
            assert!(Some(links.start_op) > facts.last_op(&envelope.at));
            assert!(!facts.known_at(&envelope.at).is_empty());
            facts = FileFacts::default();
        }
    }
    assert!(
        decoded > 1_000,
        "the mutants are too far from the format: {decoded}"
    );
}

#[test]
fn a_second_way_to_write_the_same_envelope_is_refused() {
    for envelope in every_kind().iter().chain(&other_bodies()) {
        let bytes = envelope.to_bytes();
        assert_eq!(Envelope::from_bytes(&bytes).as_ref(), Ok(envelope));
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Envelope::from_bytes(&longer), Err(EnvelopeError::Malformed));
        // The version as an integer of two bytes, and the map without a length.
        let wide = [&bytes[..2], &[0x18, bytes[2]], &bytes[3..]].concat();
        assert_eq!(Envelope::from_bytes(&wide), Err(EnvelopeError::Malformed));
        let open = [&[0xbf], &bytes[1..], &[0xff]].concat();
        assert_eq!(Envelope::from_bytes(&open), Err(EnvelopeError::Malformed));
    }
    let large = vec![0; MAX_BYTES + 1];
    assert_eq!(Envelope::from_bytes(&large), Err(EnvelopeError::TooLarge));
}

#[test]
fn a_damaged_message_is_an_error_and_not_a_panic() {
    let envelopes = every_kind();
    let seeds: Vec<Vec<u8>> = envelopes.iter().map(Envelope::to_bytes).collect();
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let packed: Vec<Vec<u8>> = seeds.iter().map(wire::pack).collect();
    for _ in 0..5_000 {
        // Once inside a good frame, once as a damaged frame.
        let inside = zstd::bulk::compress(&mutant(&seeds, &mut random), 1).unwrap();
        assert!(wire::unpack::<Push>(&inside).is_err());
        assert!(wire::unpack::<Push>(&mutant(&packed, &mut random)).is_err());
    }
}
