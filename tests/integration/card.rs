//! Without a network: a card goes to the server and back, beside what the network brings.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

use itgel_device::RecordState;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::sync::bundle::{Part, Writer};
use itgel_fixtures::Household;
use itgel_server::keys::RetiredKeyDays;
use itgel_server::store::intake_count::IntakeCount;
use itgel_server::{ServiceError, bundle, status, store};
use itgel_tests::scan::scan;
use itgel_tests::{Collector, World};

/// Two households were visited far from any signal, one of them with a photo.
fn visited(world: &World) -> (Collector, [&Household; 2]) {
    let crew = world.home_team();
    crew.synchronise();
    let households = [&world.households()[0], &world.households()[1]];
    for household in households {
        crew.identify(household);
        crew.visit(household, &household.found);
    }
    let items = vec!["herd.sheep".parse().unwrap()];
    let shown =
        crew.device
            .put_evidence(&households[0].subject, items, &scan(3, 2_200), world.now());
    shown.unwrap();
    (crew, households)
}

fn is_green(crew: &Collector, household: &Household) -> bool {
    let records = crew.records(household).into_iter();
    let mut sealed = records.filter(|record| record.at.is_some());
    sealed.all(|record| matches!(record.state, RecordState::Received { .. }))
}

fn refused(taken: Result<bundle::Taken, ServiceError>) -> ErrorCode {
    match taken {
        Err(ServiceError::Refused { code, .. }) => code,
        other => panic_with(&format!("{other:?}")),
    }
}

#[expect(clippy::panic, reason = "a test that cannot go on fails")]
fn panic_with(what: &str) -> ! {
    panic!("{what}")
}

#[test]
fn a_card_brings_everything_once_and_its_answer_turns_it_green() {
    let world = World::with_households(40);
    let (crew, households) = visited(&world);
    let card = crew.device.write_bundle(world.now()).unwrap();
    assert!(
        !is_green(&crew, households[0]),
        "a file alone is no receipt"
    );
    let names: Vec<&str> = households
        .iter()
        .map(|h| h.identity.people[0].full_name.as_str())
        .collect();
    for name in names {
        let found = card.windows(name.len()).any(|w| w == name.as_bytes());
        assert!(!found, "whoever finds the card reads no name");
    }
    let taken = bundle::take(&world.service, &card).unwrap();
    assert!(taken.is_whole && taken.refused.is_empty(), "{taken:?}");
    assert_eq!((taken.except, taken.pictures), (0, 1));
    let leaves = |world: &World| {
        let all = world.service.store.read(|c| store::log::list_leaves(c, 0));
        all.unwrap().len()
    };
    let before = leaves(&world);
    let report = crew.device.take_answer(&taken.answer).unwrap();
    assert_eq!(report.received, taken.records);
    assert!(report.is_whole && report.pulled > 0 && report.pictures == 1);
    assert!(households.iter().all(|h| is_green(&crew, h)));
    // The same card again, and the network after it.
    let again = bundle::take(&world.service, &card).unwrap();
    assert_eq!(again.records, taken.records);
    assert_eq!(leaves(&world), before, "no leaf twice");
    let repeated = crew.device.take_answer(&again.answer).unwrap();
    assert_eq!((repeated.received, repeated.pictures), (0, 1));
    let report = crew.synchronise();
    assert_eq!((report.received, report.pictures), (0, 0));
}

#[test]
fn a_card_that_comes_after_the_network_changes_nothing() {
    let world = World::with_households(40);
    let (crew, households) = visited(&world);
    let card = crew.device.write_bundle(world.now()).unwrap();
    crew.synchronise();
    assert!(households.iter().all(|h| is_green(&crew, h)));
    let taken = bundle::take(&world.service, &card).unwrap();
    assert_eq!(taken.except, 0);
    let report = crew.device.take_answer(&taken.answer).unwrap();
    assert_eq!(report.received, 0);
    assert!(crew.synchronise().mismatches.is_empty());
}

#[test]
fn of_a_card_that_was_cut_the_part_before_the_cut_arrives_and_the_rest_waits() {
    let world = World::with_households(40);
    let (crew, households) = visited(&world);
    let card = crew.device.write_bundle(world.now()).unwrap();
    let cut = &card[..card.len() - 40_000];
    let taken = bundle::take(&world.service, cut).unwrap();
    assert!(!taken.is_whole && taken.records > 0 && taken.pictures == 0);
    crew.device.take_answer(&taken.answer).unwrap();
    assert!(is_green(&crew, households[1]));
    assert_eq!(crew.synchronise().pictures, 1);
}

#[test]
fn sec_t37_only_the_device_itself_can_bring_a_card_and_only_it_reads_the_answer() {
    let world = World::with_households(40);
    let (crew, _) = visited(&world);
    let other = world.visiting_team();
    let card = crew.device.write_bundle(world.now()).unwrap();
    let answer = bundle::take(&world.service, &card).unwrap().answer;
    let foreign = other.device.take_answer(&answer).unwrap_err();
    assert_eq!(foreign.code(), ErrorCode::BundleForeign);
    // Somebody who knows the server's public key seals what another device once opened with.
    let key = world.service.keys.public_key();
    let mut reader = world
        .service
        .keys
        .open_bundle(&card, world.service.now(), RetiredKeyDays::default())
        .unwrap();
    let opening = reader.next_part().unwrap().unwrap();
    let mut forged = Writer::new(&key, &[77; 32]).unwrap();
    forged.put(&opening);
    let code = refused(bundle::take(&world.service, &forged.end()));
    assert_eq!(code, ErrorCode::BundleForeign);
    let mut empty = Writer::new(&key, &[78; 32]).unwrap();
    empty.put(&Part::Unknown(9));
    let code = refused(bundle::take(&world.service, &empty.end()));
    assert_eq!(code, ErrorCode::BundleMalformed);
    let other_server = Writer::new(&crew_key(), &[79; 32]).unwrap().end();
    let code = refused(bundle::take(&world.service, &other_server));
    assert_eq!(code, ErrorCode::BundleForeign);
}

#[test]
fn what_comes_twice_and_cards_that_are_refused_are_counted_for_the_operator() {
    let world = World::with_households(40);
    let (crew, _) = visited(&world);
    let count = |verdict: &str, reason: &str| {
        let counts = status::read(&world.service).unwrap().intake;
        let of = |c: &&IntakeCount| c.verdict == verdict && c.reason == reason;
        counts.iter().find(of).map_or(0, |c| c.n)
    };
    let card = crew.device.write_bundle(world.now()).unwrap();
    let records = bundle::take(&world.service, &card).unwrap().records;
    assert_eq!(count("again", ""), 0);
    bundle::take(&world.service, &card).unwrap();
    assert!(records > 0);
    assert_eq!(count("again", ""), records);
    let elsewhere = Writer::new(&crew_key(), &[79; 32]).unwrap().end();
    for times in 1..=2 {
        refused(bundle::take(&world.service, &elsewhere));
        assert_eq!(count("bundle_refused", "bundle.foreign"), times);
    }
    refused(bundle::take(&world.service, b"no card"));
    assert_eq!(count("bundle_refused", "bundle.malformed"), 1);
}

/// A key that is no server's.
fn crew_key() -> Vec<u8> {
    use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
    SoftwareSigner::from_secret(&[5; 32]).public_key()
}

#[test]
fn sec_t37_a_mutated_card_ends_in_an_answer_or_a_refusal_and_in_nothing_else() {
    let world = World::with_households(40);
    let (crew, _) = visited(&world);
    let card = crew.device.write_bundle(world.now()).unwrap();
    let whole = bundle::take(&world.service, &card).unwrap();
    let leaves = |world: &World| {
        let all = world.service.store.read(|c| store::log::list_leaves(c, 0));
        all.unwrap()
    };
    let before = leaves(&world);
    for n in 0..300_u64 {
        for bytes in [mutated(&card, n), mutated(&whole.answer, n)] {
            match bundle::take(&world.service, &bytes) {
                Ok(taken) => assert!(!taken.is_whole || bytes == card),
                Err(ServiceError::Refused { code, .. }) => assert!(
                    matches!(code, ErrorCode::BundleMalformed | ErrorCode::BundleForeign),
                    "{code}"
                ),
                Err(other) => panic_with(&format!("{other:?}")),
            }
            if let Ok(report) = crew.device.take_answer(&bytes) {
                assert!(!report.is_whole || bytes == whole.answer);
            }
        }
    }
    assert_eq!(
        leaves(&world),
        before,
        "nothing came in twice or from nowhere"
    );
}

/// The bytes with one thing wrong: a bit, a cut, something too much, a piece moved.
fn mutated(bytes: &[u8], n: u64) -> Vec<u8> {
    let random = Hash::of("card.mutation", &[&n.to_be_bytes()]);
    let pick = |at: usize, below: usize| {
        let four: [u8; 4] = random.as_bytes()[at..at + 4].try_into().unwrap();
        usize::try_from(u32::from_be_bytes(four)).unwrap() % below
    };
    // Every second one hits the header or the first frame, where most of the reading is.
    let near = if n.is_multiple_of(2) {
        300
    } else {
        bytes.len()
    };
    let at = pick(0, near.min(bytes.len()));
    let mut out = bytes.to_vec();
    match pick(4, 4) {
        0 => out[at] ^= 1 << pick(8, 8),
        1 => out.truncate(at),
        2 => out.insert(at, random.as_bytes()[12]),
        _ => {
            let length = pick(16, 64).min(out.len() - at);
            out[at..at + length].rotate_left(length / 2);
            out[at] = out[at].wrapping_add(1);
        }
    }
    out
}
