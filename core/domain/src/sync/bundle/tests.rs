use super::*;
use crate::sync::media::Chunk;

const READER: [u8; 32] = [3; 32];

fn reader() -> SoftwareSigner {
    SoftwareSigner::from_secret(&READER)
}

fn part(n: u8) -> Part {
    Part::Chunk(Box::new(Chunk {
        subject: "hh-1".parse().unwrap(),
        content: Hash::of_file(&[n]),
        length: 5,
        offset: 0,
        bytes: vec![n; 5],
    }))
}

fn bundle(parts: &[Part]) -> Vec<u8> {
    let mut writer = Writer::new(&reader().public_key(), &[9; 32]).unwrap();
    for part in parts {
        writer.put(part);
    }
    writer.end()
}

fn read(bytes: &[u8]) -> (Vec<Part>, Result<(), BundleError>) {
    let mut parts = Vec::new();
    let mut reader = match Reader::new(bytes, &reader()) {
        Ok(reader) => reader,
        Err(error) => return (parts, Err(error)),
    };
    loop {
        match reader.next_part() {
            Ok(Some(part)) => parts.push(part),
            Ok(None) => return (parts, Ok(())),
            Err(error) => return (parts, Err(error)),
        }
    }
}

#[test]
fn what_was_read_before_a_cut_is_whole_and_the_cut_is_noticed() {
    let whole = bundle(&[part(1), part(2)]);
    assert_eq!(read(&whole), (vec![part(1), part(2)], Ok(())));
    for length in 0..whole.len() {
        let (parts, end) = read(&whole[..length]);
        assert_eq!(end, Err(BundleError::Malformed), "{length}");
        assert!(parts.iter().zip([part(1), part(2)]).all(|(a, b)| *a == b));
    }
    let more = [whole, vec![0]].concat();
    assert_eq!(read(&more).1, Err(BundleError::Malformed));
}

#[test]
fn frames_cannot_be_swapped_dropped_or_taken_from_another_bundle() {
    let whole = bundle(&[part(1), part(2)]);
    let one = bundle(&[part(1)]);
    let first = 4 + u32::from_be_bytes(*whole[HEADER..].first_chunk().unwrap()) as usize;
    let dropped = [&whole[..HEADER], &whole[HEADER + first..]].concat();
    assert_eq!(read(&dropped), (vec![], Err(BundleError::Malformed)));
    // The same ephemeral key is never used twice; even so a frame fits its own place only.
    let end = [&one[..HEADER], &whole[HEADER + first..]].concat();
    assert!(read(&end).1.is_err());
}

#[test]
fn whoever_finds_the_card_reads_nothing() {
    let bytes = bundle(&[part(7)]);
    assert!(!bytes.windows(4).any(|w| w == b"hh-1" || w == [7; 4]));
    let other = SoftwareSigner::from_secret(&[4; 32]);
    let refused = Reader::new(&bytes, &other).err();
    assert_eq!(refused, Some(BundleError::Foreign));
    assert_eq!(
        Reader::addressee(&bytes),
        Some(Hash::of_file(&reader().public_key()))
    );
}

#[test]
fn a_message_of_a_later_version_is_skipped_and_not_a_fault() {
    let later = bundle(&[part(1), Part::Unknown(99), part(2)]);
    assert_eq!(
        read(&later),
        (vec![part(1), Part::Unknown(99), part(2)], Ok(()))
    );
}
