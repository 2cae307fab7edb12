//! Clocks that lie and pages that come again.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::{Body, CheckpointRef};
use itgel_domain::hash::Hash;
use itgel_domain::item::Observation;
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_domain::time::AtMs;
use itgel_server::store;
use jiff::civil::Date;

use super::{DAY_MS, Dice, push_from};
use crate::phone::{Phone, int, observation};
use crate::world::{GACHA, World, code};

#[test]
fn sec_t11_no_clock_of_a_device_moves_the_order_or_loses_anything() {
    let world = World::new();
    let (mut one, mut two) = (world.phone("o1"), world.phone("o2"));
    let mut dice = Dice(11);
    let mut expected = Vec::new();
    for round in 0_i64..100 {
        let phone = if dice.below(2) == 0 {
            &mut one
        } else {
            &mut two
        };
        phone.now = match dice.below(4) {
            0 => AtMs(i64::from(i32::MAX) * 1_000 + round),
            1 => AtMs(0),
            _ => AtMs(world.now().0 + dice.signed_below(730 * 86_400_000) - 365 * DAY_MS),
        };
        // The year of entry may be another one: the file follows the device's clock.
        let seq = phone.write_sheep("hh-1", round);
        let verdict = world.push_all(phone, seq..=seq).pop().unwrap();
        assert!(verdict.is_received(), "{round}: {verdict:?}");
        let skew_ms = (phone.now.0 - world.now().0).abs();
        if skew_ms > 16 * DAY_MS {
            assert!(matches!(verdict, Verdict::AcceptedFlagged(_)), "{round}");
        }
        expected.push(ChainRef {
            seq,
            ..phone.next_place()
        });
        world.pass_ms(1_000);
    }
    let listed = world.read(|c| store::list::list(c, code(GACHA), 0, 1_000));
    let order: Vec<ChainRef> = listed
        .into_iter()
        .filter_map(|row| match row.content {
            store::list::Content::Envelope { at, .. } => Some(at),
            _ => None,
        })
        .collect();
    assert_eq!(order, expected, "the order is that of the server's commits");
}

#[test]
fn sec_t12_replayed_pages_in_any_order_change_nothing() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let mut dice = Dice(12);
    for heads in 1..=30 {
        phone.write_sheep("hh-1", heads);
    }
    push_from(&world, &phone, 1);
    let state = |world: &World| {
        let leaves = world.read(|c| store::log::list_leaves(c, 0)).len();
        let list = world
            .read(|c| store::list::list(c, code(GACHA), 0, 1_000))
            .len();
        (world.facts("hh-1").digest(), leaves, list)
    };
    let before = state(&world);
    for _ in 0..100 {
        let from = dice.below(30) + 1;
        let to = from + dice.below(31 - from);
        let verdicts = world.push_all(&phone, from..=to);
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Accepted));
    }
    assert_eq!(state(&world), before);
}

#[test]
fn sec_t04_a_day_outside_the_sandwich_of_checkpoint_and_arrival_waits_for_a_person() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.checkpoint = Some(signed_state(&world));
    let seen_on = world.now().on();
    world.pass_ms(10 * DAY_MS);
    phone.now = world.now();
    for days in -8_i64..=14 {
        let verdict = counted_on(&world, &mut phone, shifted(seen_on, days));
        let expected = match days {
            0..=11 => Verdict::Accepted,
            -3..=-1 => Verdict::AcceptedFlagged(vec![Flag::LateArrival]),
            _ => Verdict::Quarantined(ErrorCode::ObservedOutOfTime),
        };
        assert_eq!(verdict, expected, "{days} days after the checkpoint");
    }
}

#[test]
fn sec_t04_no_way_to_name_an_older_state_of_the_log_opens_the_days_before_a_newer_one() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let oldest = signed_state(&world);
    world.pass_ms(20 * DAY_MS);
    let newest = signed_state(&world);
    let seen_on = world.now().on();
    (phone.checkpoint, phone.now) = (Some(newest), world.now());
    assert_eq!(
        counted_on(&world, &mut phone, seen_on),
        Verdict::Accepted,
        "the newest state was named once"
    );
    world.pass_ms(2 * DAY_MS);
    phone.now = world.now();
    let beyond = CheckpointRef {
        size: newest.size + 1_000,
        ..newest
    };
    let forged = CheckpointRef {
        root: Hash::of_file(b"another log"),
        ..newest
    };
    let mixed = CheckpointRef {
        root: oldest.root,
        ..newest
    };
    let evasions = [
        ("none", None),
        ("the first one", Some(oldest)),
        ("one beyond the log", Some(beyond)),
        ("one with another root", Some(forged)),
        ("the size of one with the root of another", Some(mixed)),
    ];
    let waits = Verdict::Quarantined(ErrorCode::ObservedOutOfTime);
    for incarnation in 0..=1 {
        if incarnation == 1 {
            (phone.incarnation, phone.chain) = (1, Vec::new());
        }
        for (what, named) in evasions {
            phone.checkpoint = named;
            let before = counted_on(&world, &mut phone, shifted(seen_on, -8));
            assert_eq!(before, waits, "{what}, in incarnation {incarnation}");
            let today = counted_on(&world, &mut phone, world.now().on());
            assert_eq!(today, Verdict::Accepted, "{what}: honest work counts");
        }
    }
}

#[test]
fn sec_t04_a_phone_that_never_names_a_state_states_no_day_before_it_was_enrolled() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let enrolled_on = world.now().on();
    world.pass_ms(40 * DAY_MS);
    phone.now = world.now();
    for (days, expected) in [
        (-4, Verdict::Quarantined(ErrorCode::ObservedOutOfTime)),
        (-3, Verdict::AcceptedFlagged(vec![Flag::LateArrival])),
        (0, Verdict::Accepted),
        (40, Verdict::Accepted),
    ] {
        let verdict = counted_on(&world, &mut phone, shifted(enrolled_on, days));
        assert_eq!(verdict, expected, "{days} days after it was enrolled");
    }
}

#[test]
fn sec_t04_what_comes_before_a_newer_state_was_named_is_not_bound_by_it_when_it_is_judged_again() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let counted = world.now().on();
    // Its household is not in the register yet.
    phone.write("hh-new", vec![observation(int("herd.sheep", 5))]);
    assert_eq!(
        world.push_all(&phone, 1..=1),
        [Verdict::Quarantined(ErrorCode::SubjectUnknown)]
    );
    world.pass_ms(30 * DAY_MS);
    (phone.checkpoint, phone.now) = (Some(signed_state(&world)), world.now());
    let today = world.now().on();
    assert_eq!(counted_on(&world, &mut phone, today), Verdict::Accepted);
    world.write(|service, tx| {
        let household = crate::world::household("hh-new", GACHA);
        itgel_server::registers::put_subject(service, tx, &household)
    });
    itgel_server::jobs::run_due(&world.service).unwrap();
    let live = world.facts("hh-new").live(&crate::world::cycle());
    let days: Vec<Date> = live
        .into_values()
        .flatten()
        .map(|value| value.observation.observed_on)
        .collect();
    assert_eq!(days, [counted]);
}

/// What a colleague's record leads to: a new signed state of the log.
fn signed_state(world: &World) -> CheckpointRef {
    let name = format!("s{}", world.now().0);
    let mut other = world.phone(&name);
    other.write_sheep("hh-2", 1);
    world.push_all(&other, 1..=1);
    let signed = itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    signed.checkpoint.tree()
}

fn shifted(day: Date, days: i64) -> Date {
    day.saturating_add(jiff::Span::new().days(days))
}

/// Pushes sheep that were counted on a day; the phone goes on as if they were set aside.
fn counted_on(world: &World, phone: &mut Phone, day: Date) -> Verdict {
    let stated = Observation {
        observed_on: day,
        ..int("herd.sheep", 100)
    };
    let envelope = phone.envelope(Body::File(phone.body("hh-1", vec![observation(stated)])));
    let file = phone.files.entry(crate::phone::file("hh-1")).or_default();
    file.apply_quarantined(&envelope);
    let seq = phone.append_bytes(envelope.to_bytes());
    world.push_all(phone, seq..=seq).pop().unwrap()
}
