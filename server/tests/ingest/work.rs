//! What a page costs the one writer: whatever its envelopes name of each other, it is in proportion to
//! what came and what waits, never to their square.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::{Correction, Entry, EntryId};
use itgel_domain::file::envelope::Body;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::sync::push::Verdict;
use itgel_server::store;

use super::bad_input::quarantined;
use super::phone::{Phone, file, int, observed};
use super::world::{World, cycle};

fn at(phone: &Phone, seq: u64) -> ChainRef {
    ChainRef {
        seq,
        ..phone.next_place()
    }
}

/// How many envelopes the writer has read until now.
fn reads(world: &World) -> u64 {
    world.write(|_, tx| Ok(store::envelope::count_reads(tx)?))
}

/// Pushes a page; its verdicts, and how many envelopes were read for it.
fn push(
    world: &World,
    phone: &Phone,
    places: std::ops::RangeInclusive<u64>,
) -> (Vec<Verdict>, u64) {
    let before = reads(world);
    let verdicts = world.push_all(phone, places);
    (verdicts, reads(world) - before)
}

/// Writes an envelope that builds on another place and on nothing else.
fn write_on(phone: &mut Phone, id: &FileId, dep: Option<u64>) {
    let mut body = phone.body("hh-1", vec![observed("herd.sheep", 1)]);
    body.file = id.clone();
    body.deps = dep.map(|seq| at(phone, seq)).into_iter().collect();
    body.start_op = 900_000;
    let bytes = phone.envelope(Body::File(body)).to_bytes();
    phone.append_bytes(bytes);
}

#[test]
fn sec_t35_a_page_that_builds_on_a_misfit_is_read_in_proportion_and_so_is_what_comes_after_it() {
    const PAGE: u64 = 100;
    const ALL: u64 = 5 * PAGE;
    let world = World::new();
    let (mut phone, mut honest) = (world.phone("o1"), world.phone("o2"));
    let hh = file("hh-1");
    write_on(&mut phone, &hh, None);
    for seq in 2..=ALL {
        write_on(&mut phone, &hh, Some(seq - 1));
    }
    for first in (1..=ALL).step_by(100) {
        let (verdicts, read) = push(&world, &phone, first..=first + PAGE - 1);
        let (one, rest) = verdicts.split_first().unwrap();
        let blocked = quarantined(ErrorCode::EnvelopeBlocked);
        assert!(rest.iter().all(|verdict| *verdict == blocked));
        match first {
            1 => assert_eq!(*one, quarantined(ErrorCode::EnvelopeStartOp)),
            _ => assert_eq!(*one, blocked),
        }
        assert!(read <= 2 * ALL, "{read} for the page from {first} on");
    }
    // What others write there lets everything be judged again, and counts.
    honest.write_sheep("hh-1", 7);
    let (verdicts, read) = push(&world, &honest, 1..=1);
    assert!(verdicts[0].is_received(), "{verdicts:?}");
    assert!(
        (ALL - 2..=3 * ALL).contains(&read),
        "{read} for one envelope"
    );
    // Good ones between them do not let everything be tried again with each.
    let begun = phone.chain.len() as u64;
    for seq in (begun + 1..=begun + PAGE).step_by(2) {
        phone.write_sheep("hh-1", 3);
        write_on(
            &mut phone,
            &hh,
            Some(if seq == begun + 1 { begun } else { seq - 1 }),
        );
    }
    let (verdicts, read) = push(&world, &phone, begun + 1..=begun + PAGE);
    assert_eq!(verdicts[0], Verdict::Accepted);
    assert!(read <= 4 * (ALL + PAGE), "{read} for a mixed page");
}

/// An entry that corrects the first one at each of some places.
fn corrections(phone: &Phone, places: impl Iterator<Item = u64>) -> Vec<Entry> {
    let correct = |seq| {
        Entry::Correction(Correction {
            corrects: EntryId {
                at: at(phone, seq),
                index: 0,
            },
            cycle: cycle(),
            observation: int("herd.sheep", 5),
            reason: "typo".into(),
        })
    };
    places.map(correct).collect()
}

#[test]
fn sec_t35_what_refers_to_what_comes_later_is_judged_again_once_that_counts_and_not_in_rounds() {
    const WIDE: u64 = 20;
    const ALL: u64 = 120;
    let world = World::new();
    let mut phone = world.phone("o1");
    for seq in 1..=ALL {
        let entries = match seq {
            ALL => vec![observed("herd.sheep", 5)],
            seq if seq <= WIDE => corrections(&phone, WIDE + 1..=ALL),
            seq => corrections(&phone, seq + 1..=seq + 1),
        };
        phone.write("hh-1", entries);
    }
    let (verdicts, read) = push(&world, &phone, 1..=ALL);
    assert_eq!(verdicts.last(), Some(&Verdict::Accepted));
    let unknown = quarantined(ErrorCode::EntryUnknown);
    assert_eq!(
        verdicts.iter().filter(|v| **v == unknown).count() as u64,
        ALL - 1
    );
    assert!(read <= 3 * ALL, "{read} for {ALL} envelopes");
    for seq in 1..=ALL {
        let row = world.read(|c| store::envelope::get(c, &at(&phone, seq)));
        assert!(row.unwrap().verdict.counts(), "{seq} waits");
    }
}
