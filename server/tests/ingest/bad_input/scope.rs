//! Who may write what, and where: neither for the server, nor for a colleague, nor elsewhere.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::{
    Consent, Correction, Entry, EntryId, Note, Picked, Resolution, Retraction,
};
use itgel_domain::file::envelope::Body;
use itgel_domain::id::DecisionId;
use itgel_domain::item::Observation;
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_domain::time::AtMs;
use itgel_server::store;
use itgel_server::store::device::DeviceStatus;
use jiff::civil::{Date, date};

use super::{append_changed, between, quarantined};
use crate::phone::{Phone, consent, file, int, observation, observed};
use crate::world::{GACHA, NEIGHBOUR, World, cycle, household};

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
        let moved = household("hh-1", NEIGHBOUR);
        itgel_server::registers::move_subject(service, tx, &moved, date(2026, 11, 1), service.now())
    });
    assert_eq!(world.push_all(&phone, 1..=1), [Verdict::Accepted]);
    phone.now = phone.now.plus_ms(3 * 86_400_000);
    world.pass_ms(3 * 86_400_000);
    phone.count_sheep("hh-1", 12);
    assert_eq!(
        world.push_all(&phone, 2..=2),
        [quarantined(ErrorCode::ScopeOutside)]
    );
}

const DAY_MS: i64 = 86_400_000;

/// The household moves to another gacha; `on` is its last day in the old one.
fn move_to(world: &World, id: &str, gacha: &str, on: Date) {
    let moved = household(id, gacha);
    world.write(move |service, tx| {
        itgel_server::registers::move_subject(service, tx, &moved, on, service.now())
    });
}

/// A phone that was offline since the first of November; hh-1 moved out of its gacha on the fifth and
/// hh-9 into it. It synchronises on the eighth.
fn away_while_moving(world: &World) -> Phone {
    let phone = world.phone("o1");
    world.pass_ms(4 * DAY_MS);
    move_to(world, "hh-1", NEIGHBOUR, date(2026, 11, 5));
    move_to(world, "hh-9", GACHA, date(2026, 11, 5));
    world.pass_ms(3 * DAY_MS);
    phone
}

/// The same phone after it has seen a state of the log that was signed on the seventh, a day later.
fn back_since_the_move(world: &World) -> Phone {
    let mut phone = away_while_moving(world);
    world.pass_ms(-DAY_MS);
    let signed = itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    phone.checkpoint = Some(signed.checkpoint.tree());
    world.pass_ms(DAY_MS);
    phone
}

/// Pushes a count of sheep by a clock, with the day that it states, and then a note, which states
/// none; the verdicts of both.
fn by_clock(
    world: &World,
    phone: &mut Phone,
    id: &str,
    clock: Date,
    counted: Date,
) -> [Verdict; 2] {
    phone.now = AtMs(AtMs::start_of(clock).0 + 8 * 3_600_000);
    let sheep = Observation {
        observed_on: counted,
        ..int("herd.sheep", 7)
    };
    let note = Entry::Note(Note {
        text: "棚圈（示例）".into(),
    });
    [observation(sheep), note].map(|entry| {
        let envelope = phone.envelope(Body::File(phone.body(id, vec![entry])));
        let file = phone.files.entry(file(id)).or_default();
        file.apply_quarantined(&envelope);
        let seq = phone.append_bytes(envelope.to_bytes());
        world.push_all(phone, seq..=seq).pop().unwrap()
    })
}

#[test]
fn sec_t14_a_clock_set_before_a_move_opens_no_gacha_that_the_phone_has_left() {
    let world = World::new();
    let mut phone = back_since_the_move(&world);
    let nov = |day| date(2026, 11, day);
    for (clock, counted) in [
        (nov(8), nov(8)),
        (nov(2), nov(2)),
        (nov(4), nov(4)),
        (date(1970, 1, 1), date(1970, 1, 1)),
        (date(2038, 1, 19), nov(2)),
    ] {
        for verdict in by_clock(&world, &mut phone, "hh-1", clock, counted) {
            assert!(
                matches!(verdict, Verdict::Quarantined(_)),
                "{clock} {counted}: {verdict:?}"
            );
        }
    }
    let [_, note] = by_clock(&world, &mut phone, "hh-1", nov(2), nov(2));
    assert_eq!(
        note,
        quarantined(ErrorCode::ScopeOutside),
        "it had seen the seventh"
    );
    let [sheep, _] = by_clock(&world, &mut phone, "hh-1", nov(8), nov(4));
    assert_eq!(
        sheep,
        quarantined(ErrorCode::DateUnclear),
        "a notebook from before the move"
    );
}

#[test]
fn sec_t14_honest_work_before_and_behind_a_move_counts_whatever_the_clock_shows() {
    let world = World::new();
    let mut phone = away_while_moving(&world);
    let nov = |day| date(2026, 11, day);
    let late = || Verdict::AcceptedFlagged(vec![Flag::LateArrival]);
    let outside = quarantined(ErrorCode::ScopeOutside);
    let unclear = quarantined(ErrorCode::DateUnclear);
    let rows = [
        // Offline, and the household moved meanwhile: as it was before the move.
        (
            "hh-1",
            nov(3),
            nov(3),
            [Verdict::Accepted, Verdict::Accepted],
        ),
        ("hh-1", nov(7), nov(7), [outside.clone(), outside]),
        (
            "hh-9",
            nov(7),
            nov(7),
            [Verdict::Accepted, Verdict::Accepted],
        ),
        // A clock that cannot be right says nothing: the day that the officer states does, and where
        // he states none a person is asked.
        ("hh-1", date(2025, 11, 3), nov(3), [late(), unclear.clone()]),
        ("hh-9", date(2025, 11, 7), nov(7), [late(), unclear]),
        ("hh-2", date(2025, 11, 7), nov(7), [late(), late()]),
    ];
    for (id, clock, counted, expected) in rows {
        let verdicts = by_clock(&world, &mut phone, id, clock, counted);
        assert_eq!(verdicts, expected, "{id} by a clock at {clock}");
    }
    // Once the phone has seen the log since the move, nothing is open any more.
    let mut phone = {
        let signed = itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
        phone.checkpoint = Some(signed.checkpoint.tree());
        phone
    };
    let verdicts = by_clock(&world, &mut phone, "hh-9", date(2025, 11, 8), nov(8));
    assert_eq!(verdicts, [late(), late()], "a clock a year behind");
}

#[test]
fn sec_t04_a_clock_set_before_the_end_of_a_consent_does_not_prolong_it() {
    let world = World::new();
    let mut phone = back_since_the_move(&world);
    let nov = |day| date(2026, 11, day);
    let mut income = |until: Date, clock: Date, counted: Date| {
        phone.now = AtMs(AtMs::start_of(clock).0 + 8 * 3_600_000);
        let given = Consent {
            until,
            ..consent(&["income"])
        };
        let value = Observation {
            observed_on: counted,
            ..int("income.net_fen", 1_000_000)
        };
        let entries = vec![Entry::Consent(given), observation(value)];
        let envelope = phone.envelope(Body::File(phone.body("hh-2", entries)));
        let file = phone.files.entry(file("hh-2")).or_default();
        file.apply_quarantined(&envelope);
        let seq = phone.append_bytes(envelope.to_bytes());
        world.push_all(&phone, seq..=seq).pop().unwrap()
    };
    let unclear = quarantined(ErrorCode::DateUnclear);
    // The phone has seen the seventh, and it is the eighth.
    assert_eq!(
        income(nov(7), nov(8), nov(8)),
        quarantined(ErrorCode::ConsentEnded)
    );
    assert_eq!(
        income(nov(7), nov(7), nov(7)),
        Verdict::Accepted,
        "on its last day"
    );
    assert_eq!(
        income(nov(7), nov(7), nov(8)),
        unclear,
        "observed behind its end"
    );
    assert_eq!(
        income(nov(7), nov(2), nov(7)),
        unclear,
        "a clock that cannot be right"
    );
    let late = Verdict::AcceptedFlagged(vec![Flag::LateArrival]);
    assert_eq!(
        income(nov(8), date(1970, 1, 1), nov(7)),
        late,
        "any day is one of its own"
    );
}
