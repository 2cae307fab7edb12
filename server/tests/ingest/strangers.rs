//! What devices send that have no business there: it is kept for a person, no other device hears of it,
//! and it holds up nobody.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::identity::{IdentityRecord, Person};
use itgel_domain::sync::push::{IdentityPush, Verdict};
use itgel_server::auth::{self, LiftRequest};
use itgel_server::store::device::DeviceStatus;
use itgel_server::store::held::HeldPage;
use itgel_server::store::list::Content;
use itgel_server::{ServiceError, contents, ingest, registers, store};
use jiff::civil::date;

use super::bad_input::quarantined;
use super::phone::{Phone, file, observed};
use super::quarantine::{reject, release, reviewer};
use super::world::{BANNER, GACHA, NEIGHBOUR, World, code, cycle, household, subject};

fn set_status(world: &World, phone: &Phone, status: DeviceStatus) {
    let device = phone.device.id.clone();
    world.write(move |_, tx| Ok(store::device::set_status(tx, &device, status)?));
}

fn at(phone: &Phone, seq: u64) -> ChainRef {
    ChainRef {
        seq,
        ..phone.next_place()
    }
}

/// What the list of a gacha tells of a file, and the places of the envelopes that it names.
fn told(world: &World, gacha: &str, id: &str) -> (FileFacts, Vec<ChainRef>) {
    let (mut facts, mut places) = (FileFacts::default(), Vec::new());
    for row in world.read(|c| store::list::list(c, code(gacha), 0, 10_000)) {
        let Content::Envelope {
            at, quarantined, ..
        } = row.content
        else {
            continue;
        };
        let read = |c: &rusqlite::Connection| contents::envelope_bytes(&world.service, c, &at);
        let bytes = world.service.store.read(read).unwrap().unwrap();
        let envelope = Envelope::from_bytes(&bytes).unwrap();
        let Body::File(body) = &envelope.body else {
            continue;
        };
        if body.file != file(id) {
            continue;
        }
        match quarantined {
            true => facts.apply_quarantined(&envelope),
            false => facts.apply(&envelope),
        }
        places.push(at);
    }
    (facts, places)
}

/// Devices that follow the list know of the file what the server knows.
fn agree(world: &World, gacha: &str, id: &str) {
    let (facts, _) = told(world, gacha, id);
    assert_eq!(facts.digest(), world.facts(id).digest(), "{id} in {gacha}");
}

#[test]
fn sec_t35_what_a_revoked_frozen_or_foreign_device_sends_reaches_no_other_device() {
    let world = World::new();
    let ends = [
        ("r1", DeviceStatus::Revoked, ErrorCode::DeviceRevoked),
        ("f1", DeviceStatus::Frozen, ErrorCode::EnvelopeFork),
    ];
    for (name, status, code) in ends {
        let mut phone = world.phone(name);
        let before = phone.write_sheep("hh-1", 10);
        world.push_all(&phone, before..=before);
        set_status(&world, &phone, status);
        for heads in 0..20 {
            phone.write_sheep("hh-1", heads);
        }
        let junk = phone.write("hh-2", vec![observed("herd.unicorn", 1)]);
        let verdicts = world.push_all(&phone, before + 1..=junk);
        let (last, rest) = verdicts.split_last().unwrap();
        assert!(rest.iter().all(|verdict| *verdict == quarantined(code)));
        assert_eq!(
            *last,
            quarantined(ErrorCode::ItemUnknown),
            "as it is for all"
        );
        let (_, places) = told(&world, GACHA, "hh-1");
        assert!(places.contains(&at(&phone, before)));
        assert!(
            places
                .iter()
                .all(|place| place.device != phone.device.id || place.seq == before)
        );
        assert_eq!(told(&world, GACHA, "hh-2").1, []);
        agree(&world, GACHA, "hh-1");
        for seq in before + 1..=junk {
            let kept = world.read(|c| store::envelope::get_sealed(c, &at(&phone, seq)));
            assert!(!kept.unwrap().sealed.is_empty(), "{seq} is kept");
        }
    }
    let mut outside = world.phone("o1");
    outside.write_sheep("hh-9", 1);
    let verdicts = world.push_all(&outside, 1..=1);
    assert_eq!(verdicts, [quarantined(ErrorCode::ScopeOutside)]);
    assert_eq!(told(&world, NEIGHBOUR, "hh-9").1, []);
    agree(&world, NEIGHBOUR, "hh-9");
    let mut evaluator = world.phone_of("e1", "e1", NEIGHBOUR, Role::Evaluator);
    evaluator.write_sheep("hh-9", 1);
    let verdicts = world.push_all(&evaluator, 1..=1);
    assert_eq!(verdicts, [quarantined(ErrorCode::NotAllowed)]);
    assert_eq!(told(&world, NEIGHBOUR, "hh-9").1, []);
}

#[test]
fn what_a_revoked_device_sent_counts_in_whatever_order_it_is_released() {
    let world = World::new();
    let by = reviewer(&world, "r1");
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-1", 1);
    world.push_all(&phone, 1..=1);
    set_status(&world, &phone, DeviceStatus::Revoked);
    for heads in 2..=5 {
        phone.write_sheep("hh-1", heads);
    }
    world.push_all(&phone, 2..=5);
    let counts = |seq| {
        let row = world.read(|c| store::envelope::get(c, &at(&phone, seq)));
        row.unwrap().verdict.counts()
    };
    release(&world, &by, &at(&phone, 4)).unwrap();
    assert!(counts(4) && !counts(2) && !counts(3) && !counts(5));
    agree(&world, GACHA, "hh-1");
    // What it builds on has its place, and what came behind is on no list.
    let (_, places) = told(&world, GACHA, "hh-1");
    assert!(places.contains(&at(&phone, 2)) && !places.contains(&at(&phone, 5)));
    reject(&world, &by, &at(&phone, 2)).unwrap();
    release(&world, &by, &at(&phone, 3)).unwrap();
    release(&world, &by, &at(&phone, 5)).unwrap();
    assert!(!counts(2) && counts(3) && counts(4) && counts(5));
    agree(&world, GACHA, "hh-1");
    assert!(itgel_server::jobs::is_sound(&world.service, &file("hh-1")).unwrap());
}

#[test]
fn what_an_officer_rightly_writes_behind_what_lay_outside_of_his_gacha_is_not_held_up() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-9", 1);
    phone.write_sheep("hh-9", 2);
    let outside = quarantined(ErrorCode::ScopeOutside);
    assert_eq!(world.push_all(&phone, 1..=2), [outside.clone(), outside]);
    world.pass_ms(5 * 86_400_000);
    phone.now = world.now();
    world.write(|service, tx| {
        let moved = household("hh-9", GACHA);
        registers::move_subject(service, tx, &moved, date(2026, 11, 3), service.now())
    });
    // The phone holds them in the file of a household that it hears of now.
    assert_eq!(
        told(&world, GACHA, "hh-9").1,
        [at(&phone, 1), at(&phone, 2)]
    );
    agree(&world, GACHA, "hh-9");
    phone.count_sheep("hh-9", 3);
    assert_eq!(world.push_all(&phone, 3..=3), [Verdict::Accepted]);
    agree(&world, GACHA, "hh-9");
}

#[test]
fn what_a_frozen_device_holds_has_its_place_in_the_file_once_it_works_again() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-1", 1);
    phone.write_sheep("hh-9", 1);
    world.push_all(&phone, 1..=2);
    set_status(&world, &phone, DeviceStatus::Frozen);
    phone.write_sheep("hh-1", 2);
    phone.write_sheep("hh-1", 3);
    phone.write_sheep("hh-9", 2);
    world.push_all(&phone, 3..=5);
    assert_eq!(told(&world, GACHA, "hh-1").1, [at(&phone, 1)]);
    let administrator = world.phone_of("a1", "a1", BANNER, Role::Administrator);
    let read = |c: &rusqlite::Connection| auth::officer_actor(c, &administrator.device.officer);
    let by = world.service.store.read(read).unwrap();
    let request = LiftRequest {
        reason: "手机从备份恢复，已与本人核对".into(),
    };
    let device = (&phone.device.id, &request);
    auth::lift_freeze(&world.service, &by, device, world.now()).unwrap();
    let (facts, places) = told(&world, GACHA, "hh-1");
    assert_eq!(places, [at(&phone, 1), at(&phone, 3), at(&phone, 4)]);
    assert!(facts.counts(&at(&phone, 1)) && !facts.counts(&at(&phone, 4)));
    agree(&world, GACHA, "hh-1");
    assert_eq!(
        told(&world, NEIGHBOUR, "hh-9").1,
        [],
        "it hears nothing of that gacha"
    );
    agree(&world, NEIGHBOUR, "hh-9");
}

#[test]
fn a_colleague_who_had_it_by_card_does_not_wait_for_what_a_revoked_device_sent() {
    let world = World::new();
    let (mut revoked, mut colleague) = (world.phone("o1"), world.phone("o2"));
    revoked.write_sheep("hh-1", 10);
    revoked.write_sheep("hh-1", 11);
    colleague.files = revoked.files.clone();
    colleague.write("hh-1", vec![observed("herd.goat", 3)]);
    set_status(&world, &revoked, DeviceStatus::Revoked);
    let unknown = quarantined(ErrorCode::EnvelopeUnknownDep);
    assert_eq!(world.push_all(&colleague, 1..=1), [unknown]);
    world.push_all(&revoked, 1..=2);
    let verdict = world.push_all(&colleague, 1..=1);
    assert!(verdict[0].is_received(), "{verdict:?}");
    agree(&world, GACHA, "hh-1");
    let live = world.facts("hh-1").live(&cycle());
    assert_eq!(live.len(), 1, "the colleague's alone counts");
}

#[test]
fn sec_t35_pages_that_wait_for_a_gap_take_room_with_the_records_that_they_bring() {
    let world = World::new();
    let (mut phone, mut other) = (world.phone("o1"), world.phone("o2"));
    for heads in 1..=4 {
        phone.write_sheep("hh-1", heads);
    }
    // Another chain of it waits already, and leaves room for a mebibyte.
    let device = phone.device.id.clone();
    let waiting = HeldPage {
        first_seq: 9,
        head: "00".into(),
        sealed: vec![0; usize::try_from(ingest::MAX_ASIDE_BYTES).unwrap() - (1 << 20)],
    };
    world.write(move |service, tx| Ok(store::held::put(tx, &device, 7, &waiting, service.now())?));
    let record = IdentityRecord {
        subject: subject("hh-1"),
        version: 1,
        based_on: Vec::new(),
        people: vec![Person {
            role: "head".into(),
            full_name: "x".repeat(1 << 20),
            name_mn: None,
            id_number: None,
            phone: None,
        }],
        author: phone.device.officer.clone(),
        registration: None,
    };
    let mut page = phone.page(3..=3);
    page.identities.push(IdentityPush { seq: 3, record });
    match ingest::push(&world.service, &phone.device, page) {
        Err(ServiceError::Refused { code, .. }) => assert_eq!(code, ErrorCode::QuarantineFull),
        other => panic!("{other:?}"),
    }
    let answer = world.push(&phone, phone.page(3..=3));
    assert_eq!(answer.verdict(3), Some(Verdict::Held));
    let load = || world.read(|c| store::quarantine::load(c, &phone.device.id));
    assert_eq!(load().envelopes, 2, "both pages");
    other.write_sheep("hh-2", 1);
    let verdicts = world.push_all(&other, 1..=1);
    assert_eq!(verdicts, [Verdict::Accepted], "others go on");
    // The gap closes: what waited for it takes no room any more, and nothing was lost.
    for places in [1..=2, 3..=4] {
        let verdicts = world.push_all(&phone, places);
        assert!(verdicts.iter().all(Verdict::is_received), "{verdicts:?}");
        assert_eq!(load().envelopes, 1);
    }
}
