//! What devices pull: pages, digests, scope, and what is left of the erased.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::pull::{Pull, PullItem, PulledItem, empty_digest, extend_digest};
use itgel_server::sync::DeviceSession;
use itgel_server::{ServiceError, ingest, registers};
use jiff::civil::date;

use super::chain::hello;
use super::phone::Phone;
use super::world::{BANNER, GACHA, NEIGHBOUR, World, code, household, subject};

/// Pulls a list in pages of `max_bytes`, checks signatures and digests; its items.
fn pull(world: &World, phone: &Phone, division: &str, max_bytes: u32) -> Vec<PulledItem> {
    let session = DeviceSession::new(world.service.clone(), phone.device.clone());
    let (division, key) = (code(division), world.service.keys.public_key());
    let (mut items, mut digest) = (Vec::new(), empty_digest(division));
    loop {
        let after = items.last().map_or(0, |item: &PulledItem| item.position);
        let page = session
            .pull(&Pull {
                division,
                after,
                max_bytes,
                brief: None,
            })
            .unwrap();
        page.verify(&key).unwrap();
        for item in page.items {
            assert_eq!(
                item.position,
                items.len() as u64 + 1,
                "no position is left out"
            );
            digest = extend_digest(&digest, &item);
            items.push(item);
        }
        assert_eq!(digest, page.digest, "the digest of every page comes out");
        if page.is_end {
            return items;
        }
    }
}

/// Takes what the gacha's list holds into what the phone knows.
pub(crate) fn pull_all(world: &World, phone: &mut Phone) {
    for item in pull(world, phone, GACHA, 64 * 1024) {
        phone.registers_at = item.position;
        match item.item() {
            Some(PullItem::Envelope(listed)) => {
                let envelope = Envelope::from_bytes(&listed.bytes).unwrap();
                if let Body::File(body) = &envelope.body {
                    let file = phone.files.entry(body.file.clone()).or_default();
                    if listed.quarantined {
                        file.apply_quarantined(&envelope);
                    } else {
                        file.apply(&envelope);
                    }
                }
            }
            Some(PullItem::Register(row)) => phone.rows.push(row),
            _ => {}
        }
    }
}

#[test]
fn pages_of_any_size_give_the_same_list() {
    let world = World::new();
    let mut phone = world.phone("o1");
    for heads in 1..=20 {
        phone.write_sheep("hh-1", heads);
    }
    world.push_all(&phone, 1..=20);
    let whole = pull(&world, &phone, GACHA, 1 << 20);
    assert_eq!(pull(&world, &phone, GACHA, 1), whole, "one item in a page");
    assert_eq!(pull(&world, &phone, GACHA, 700), whole);
    assert!(whole.iter().all(|item| item.item().is_some()));
    let end = hello(&world.service, &phone)
        .lists
        .into_iter()
        .find(|l| l.division == code(GACHA));
    assert_eq!(end.unwrap().position, whole.len() as u64);
    let banner = pull(&world, &phone, BANNER, 64 * 1024);
    let kinds: Vec<_> = banner
        .iter()
        .filter_map(PulledItem::item)
        .map(|i| i.kind())
        .collect();
    assert!(
        kinds.contains(&4) && kinds.contains(&5),
        "packs and parameters: {kinds:?}"
    );
}

#[test]
fn another_device_comes_to_the_same_file() {
    let world = World::new();
    let (mut mine, mut theirs) = (world.phone("o1"), world.phone("o2"));
    mine.visit("hh-1", &[], None);
    mine.write("hh-1", vec![super::phone::observed("herd.unicorn", 1)]);
    world.push_all(&mine, 1..=2);
    pull_all(&world, &mut theirs);
    let file = super::phone::file("hh-1");
    assert_eq!(theirs.files[&file].digest(), world.facts("hh-1").digest());
    theirs.write_sheep("hh-1", 5);
    let verdicts = world.push_all(&theirs, 1..=1);
    assert!(
        verdicts[0].is_received(),
        "it builds on what it pulled: {verdicts:?}"
    );
}

#[test]
fn a_list_outside_the_scope_is_not_given() {
    let world = World::new();
    let phone = world.phone("o1");
    let session = DeviceSession::new(world.service.clone(), phone.device.clone());
    for division in [NEIGHBOUR, "150624", "150623200"] {
        let request = Pull {
            division: code(division),
            after: 0,
            max_bytes: 1_000,
            brief: None,
        };
        match session.pull(&request) {
            Err(ServiceError::Refused { code, .. }) => assert_eq!(code, ErrorCode::ScopeOutside),
            other => panic!("{division}: {other:?}"),
        }
    }
    let group = world.phone_of("o7", "o7", "150623", Role::VillageGroup);
    let lists = hello(&world.service, &group).lists;
    assert_eq!(
        lists.len(),
        3,
        "a grant for the banner: both gachas and the banner"
    );
}

#[test]
fn an_erased_subject_leaves_hashes_and_a_tombstone() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.visit("hh-1", &[], None);
    phone.write_sheep("hh-2", 4);
    world.push_all(&phone, 1..=2);
    let before = pull(&world, &phone, GACHA, 64 * 1024);
    world.write(|service, tx| ingest::erase(service, tx, &subject("hh-1"), "o9", service.now()));
    let after = pull(&world, &phone, GACHA, 64 * 1024);
    assert_eq!(
        after.len(),
        before.len() + 2,
        "the end of its case, and the tombstone"
    );
    let gone = after
        .iter()
        .filter(|item| item.kind == PulledItem::GONE)
        .count();
    assert!(gone >= 2, "its entry in the list and its envelope");
    let last = after.last().and_then(PulledItem::item);
    assert!(matches!(last, Some(PullItem::Tombstone(t)) if t.subject == subject("hh-1")));
    let left = after
        .iter()
        .filter_map(PulledItem::item)
        .filter(|i| matches!(i, PullItem::Envelope(_)));
    assert_eq!(left.count(), 1, "the neighbour's envelope is still there");
}

#[test]
fn a_subject_that_moves_takes_its_file_along() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.visit("hh-1", &[], None);
    world.push_all(&phone, 1..=1);
    world.write(|service, tx| {
        let moved = household("hh-1", NEIGHBOUR);
        registers::move_subject(service, tx, &moved, date(2026, 11, 1), service.now())
    });
    let there = world.phone_of("o3", "o3", NEIGHBOUR, Role::Collector);
    let items = pull(&world, &there, NEIGHBOUR, 64 * 1024);
    let items: Vec<_> = items.iter().filter_map(PulledItem::item).collect();
    let named = |i: &&PullItem| matches!(i, PullItem::Subject(s) if s.subject == subject("hh-1"));
    assert_eq!(items.iter().filter(named).count(), 1);
    assert_eq!(
        items
            .iter()
            .filter(|i| matches!(i, PullItem::Envelope(_)))
            .count(),
        1
    );
}

#[test]
fn the_list_that_a_household_left_said_how_its_file_had_stood_before() {
    let world = World::new();
    let (mut phone, colleague) = (world.phone("o1"), world.phone("o2"));
    phone.visit("hh-1", &[], None);
    world.push_all(&phone, 1..=1);
    world.write(|service, tx| {
        let moved = household("hh-1", NEIGHBOUR);
        registers::move_subject(service, tx, &moved, date(2026, 11, 1), service.now())
    });
    let told = |phone: &Phone| -> Vec<PullItem> {
        let items = pull(&world, phone, GACHA, 64 * 1024);
        let items = items.iter().filter_map(PulledItem::item);
        let of = |item: &PullItem| match item {
            PullItem::Subject(s) => s.subject == subject("hh-1"),
            PullItem::Case(case) => case.subject == subject("hh-1"),
            PullItem::Envelope(_) => true,
            _ => false,
        };
        items.filter(of).collect()
    };
    let where_to =
        |item: &PullItem| matches!(item, PullItem::Subject(s) if s.division == code(NEIGHBOUR));
    let of_colleague = told(&colleague);
    assert!(
        of_colleague.len() == 1 && where_to(&of_colleague[0]),
        "{of_colleague:?}"
    );
    // A phone that was put back finds there what it had sent.
    let of_author = told(&phone);
    assert_eq!(of_author.len(), 2, "{of_author:?}");
    assert!(matches!(of_author[0], PullItem::Envelope(_)) && where_to(&of_author[1]));
}

#[test]
fn a_gacha_into_which_a_household_was_moved_by_mistake_kept_it() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.visit("hh-1", &[], None);
    world.push_all(&phone, 1..=1);
    // Put right on the same day.
    for to in [NEIGHBOUR, GACHA] {
        world.write(move |service, tx| {
            let moved = household("hh-1", to);
            registers::move_subject(service, tx, &moved, date(2026, 11, 1), service.now())
        });
    }
    let there = world.phone_of("o3", "o3", NEIGHBOUR, Role::Collector);
    let told = pull(&world, &there, NEIGHBOUR, 64 * 1024);
    let told: Vec<_> = told.iter().filter_map(PulledItem::item).collect();
    let home = |item: &PullItem| match item {
        PullItem::Subject(s) if s.subject == subject("hh-1") => Some(s.division),
        _ => None,
    };
    let homes: Vec<_> = told.iter().filter_map(home).collect();
    assert_eq!(homes, [code(GACHA)]);
    let has_files = told
        .iter()
        .any(|item| matches!(item, PullItem::Envelope(_)));
    assert!(!has_files, "{told:?}");
    world.write(|service, tx| ingest::erase(service, tx, &subject("hh-1"), "o9", service.now()));
    let last = pull(&world, &there, NEIGHBOUR, 64 * 1024).pop();
    let last = last.as_ref().and_then(PulledItem::item);
    assert!(matches!(last, Some(PullItem::Tombstone(t)) if t.subject == subject("hh-1")));
}
