//! Who may write what, and where: neither for the server, nor for a colleague, nor elsewhere.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::{Correction, Entry, EntryId, Picked, Resolution, Retraction};
use itgel_domain::id::DecisionId;
use itgel_domain::sync::push::Verdict;
use itgel_server::store;
use itgel_server::store::device::DeviceStatus;
use jiff::civil::date;

use super::{append_changed, between, quarantined};
use crate::phone::{int, observed};
use crate::world::{GACHA, NEIGHBOUR, World, cycle};

#[test]
fn sec_t03_a_device_cannot_write_what_only_the_server_decides() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let resolution = Resolution {
        cycle: cycle(),
        item: "herd.sheep".parse().unwrap(),
        settles: Vec::new(),
        picked: Picked::Value(int("herd.sheep", 1)),
        decision: DecisionId::from_random([1; 16]),
        reviewer: "o1".parse().unwrap(),
        reason: "forged".into(),
    };
    let import = match observed("herd.sheep", 1) {
        Entry::Observation(entry) => Entry::Import(entry),
        other => other,
    };
    for entry in [Entry::Resolution(resolution), import] {
        let verdict = between(&world, &mut phone, |phone| {
            append_changed(phone, vec![entry], |_| {});
        });
        assert_eq!(verdict, quarantined(ErrorCode::EntryForbidden));
    }
}

#[test]
fn sec_t05_nobody_corrects_what_a_colleague_wrote() {
    let world = World::new();
    let (mut mine, mut theirs) = (world.phone("o1"), world.phone("o2"));
    theirs.write_sheep("hh-1", 50);
    world.push_all(&theirs, 1..=1);
    mine.files = theirs.files.clone();
    let id = EntryId {
        at: ChainRef {
            seq: 1,
            ..theirs.next_place()
        },
        index: 0,
    };
    let correction = |corrects: EntryId| {
        Entry::Correction(Correction {
            corrects,
            cycle: cycle(),
            observation: int("herd.sheep", 51),
            reason: "typo".into(),
        })
    };
    let retraction = Entry::Retraction(Retraction {
        retracts: id.clone(),
        reason: "no".into(),
    });
    for entry in [correction(id), retraction] {
        let verdict = between(&world, &mut mine, |phone| {
            append_changed(phone, vec![entry], |_| {})
        });
        assert_eq!(verdict, quarantined(ErrorCode::EntryNotOwn));
    }
    let nowhere = EntryId {
        at: ChainRef {
            seq: 77,
            ..theirs.next_place()
        },
        index: 0,
    };
    let verdict = between(&world, &mut mine, |phone| {
        append_changed(phone, vec![correction(nowhere)], |_| {});
    });
    assert_eq!(verdict, quarantined(ErrorCode::EntryUnknown));
}

#[test]
fn sec_t26_a_revoked_device_is_heard_but_nothing_of_it_counts() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let device = phone.device.id.clone();
    world.write(move |_, tx| {
        Ok(store::device::set_status(
            tx,
            &device,
            DeviceStatus::Revoked,
        )?)
    });
    phone.write_sheep("hh-1", 10);
    phone.write("hh-1", vec![observed("herd.unicorn", 1)]);
    let verdicts = world.push_all(&phone, 1..=2);
    assert_eq!(verdicts[0], quarantined(ErrorCode::DeviceRevoked));
    assert_eq!(verdicts[1], quarantined(ErrorCode::ItemUnknown));
    assert!(world.facts("hh-1").live(&cycle()).is_empty());
}

#[test]
fn sec_t13_an_officer_writes_in_the_own_gacha_only() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let outside = between(&world, &mut phone, |phone| {
        phone.write_sheep("hh-9", 10);
    });
    assert_eq!(outside, quarantined(ErrorCode::ScopeOutside));
    let mut evaluator = world.phone_of("o5", "o5", GACHA, Role::Evaluator);
    evaluator.write_sheep("hh-1", 3);
    let verdicts = world.push_all(&evaluator, 1..=1);
    assert_eq!(verdicts, [quarantined(ErrorCode::NotAllowed)]);
    let unknown = between(&world, &mut phone, |phone| {
        phone.write_sheep("hh-unknown", 10);
    });
    assert_eq!(unknown, quarantined(ErrorCode::SubjectUnknown));
}

#[test]
fn sec_t14_what_was_entered_before_a_move_is_judged_by_the_old_home() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-1", 10);
    world.write(|service, tx| {
        let moved = crate::world::household("hh-1", NEIGHBOUR);
        itgel_server::registers::move_subject(service, tx, &moved, date(2026, 11, 1), service.now())
    });
    assert_eq!(world.push_all(&phone, 1..=1), [Verdict::Accepted]);
    phone.now = phone.now.plus_ms(3 * 86_400_000);
    world.pass_ms(3 * 86_400_000);
    phone.write_sheep("hh-1", 12);
    assert_eq!(
        world.push_all(&phone, 2..=2),
        [quarantined(ErrorCode::ScopeOutside)]
    );
}
