//! A device's data directory as whoever steals the phone has it, after a season of work.

use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, GB18030, UTF_8};
use itgel_device::vault::{self, VaultError};
use itgel_fixtures::canary;

use crate::world::{Phone, cycle, now, open, ready, subject, value, with_secrets};

/// A page of the store, and what stands before each one in its log.
const PAGE: usize = 4096;
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// A text as it could stand on a disk.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
    let in_encoding = |encoding: &'static Encoding| encoding.encode(text).0.into_owned();
    vec![
        in_encoding(UTF_8),
        in_encoding(GB18030),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ]
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_none_or(|end| end != "secret") {
            // Those are in the key store of the platform, which no image of the storage has.
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

/// The first of the needles that stands in the bytes.
fn first_hit<'a>(bytes: &[u8], needles: &'a [Vec<u8>]) -> Option<&'a [u8]> {
    // By their first four bytes, so that one pass is enough for all of them.
    let mut by_start: std::collections::BTreeMap<&[u8], Vec<&[u8]>> = Default::default();
    for needle in needles {
        by_start.entry(&needle[..4]).or_default().push(needle);
    }
    bytes.windows(4).enumerate().find_map(|(at, start)| {
        let all = by_start.get(start)?;
        all.iter()
            .find(|needle| bytes[at..].starts_with(needle))
            .copied()
    })
}

/// Whether the bytes of a page look drawn at random: each value stands there about 16 times.
fn looks_random(page: &[u8]) -> bool {
    let mut counts = [0_u32; 256];
    for byte in page {
        counts[usize::from(*byte)] += 1;
    }
    let deviation: u32 = counts.iter().map(|count| count.abs_diff(16).pow(2)).sum();
    // Expected are 4,080 with a deviation of about 360; text, zeros and B-trees have 50,000 on.
    deviation < 8_000
}

/// The pages of the store and of its log.
fn pages(path: &Path, bytes: &[u8]) -> Vec<Vec<u8>> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    if name.ends_with("-wal") {
        let frames = bytes.get(LOG_HEAD..).unwrap_or(&[]);
        let frames = frames.chunks_exact(FRAME_HEAD + PAGE);
        frames.map(|frame| frame[FRAME_HEAD..].to_vec()).collect()
    } else if name.ends_with("-shm") || name.ends_with(".key") {
        Vec::new()
    } else {
        assert_eq!(bytes.len() % PAGE, 0, "{name}");
        bytes.chunks_exact(PAGE).map(<[u8]>::to_vec).collect()
    }
}

/// Nothing of the people and nothing of a database can be seen in the folder; how many pages
/// were looked at.
fn assert_dark(folder: &Path, needles: &[Vec<u8>]) -> usize {
    let mut count = 0;
    for (path, bytes) in files(folder) {
        let hit = first_hit(&bytes, needles);
        assert!(hit.is_none(), "{path:?} shows {hit:?}");
        for page in pages(&path, &bytes) {
            assert!(looks_random(&page), "a page of {path:?} has a structure");
            count += 1;
        }
    }
    count
}

#[test]
fn sec_t01_an_image_of_the_storage_shows_nobody_and_opens_for_nobody() {
    let people = canary::people();
    let others = [
        "SQLite format 3",
        "herd.sheep",
        "create table",
        "金丝雀备注",
    ]
    .map(str::to_owned);
    let texts = canary::texts().into_iter().chain(others);
    let needles: Vec<Vec<u8>> = texts.flat_map(|text| forms(&text)).collect();

    let (server, phone) = ready(canary::PEOPLE);
    let folder = phone.path.parent().unwrap().to_owned();
    for (n, person) in (1..).zip(&people) {
        let person = vec![person.clone()];
        phone
            .device
            .put_identity(&subject(n), person, now())
            .unwrap();
        let sheep = value("herd.sheep", i64::from(n));
        phone
            .device
            .put_value(&subject(n), &cycle(), sheep, now())
            .unwrap();
    }
    phone.draft_h01(1);
    phone
        .device
        .put_note(&subject(1), "金丝雀备注", now())
        .unwrap();
    phone.seal(1).unwrap();
    let open_pages = assert_dark(&folder, &needles);
    phone.sync(&server);
    assert!(assert_dark(&folder, &needles) > 0);

    // The same image with the program ended, and the store whole in one file.
    let Phone { device, path, .. } = &phone;
    let shown = device.identity(&subject(7)).unwrap();
    assert_eq!(shown[0].people[0], people[6], "it was there all the time");
    let copy = phone.killed(90);
    let copied = copy.path.clone();
    drop(copy.device);
    let closed_pages = assert_dark(copied.parent().unwrap(), &needles);
    assert!(
        open_pages > 20 && closed_pages > 20,
        "{open_pages} and {closed_pages} pages"
    );

    // The needles do find what is there.
    let plain = forms(&people[6].full_name).concat();
    assert!(first_hit(&plain, &needles).is_some());
    assert!(!looks_random(&plain.repeat(PAGE / plain.len() + 1)[..PAGE]));

    for left in (1..=9).rev() {
        let tried = with_secrets(path, "000000", |secrets| vault::unlock(path, secrets));
        assert!(matches!(tried, Err(VaultError::WrongPin { left: l }) if l == left));
    }
    let last = with_secrets(path, "000000", |secrets| vault::unlock(path, secrets));
    assert!(matches!(last, Err(VaultError::Destroyed)));
    assert!(open(path, 1, 9).is_err(), "the right PIN comes too late");
    assert!(
        assert_dark(&folder, &needles) > 20,
        "what is left is dark, too"
    );
}
