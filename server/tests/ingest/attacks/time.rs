//! Clocks that lie and pages that come again.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::Body;
use itgel_domain::item::Observation;
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_domain::time::AtMs;
use itgel_server::store;
use jiff::civil::Date;

use super::{DAY_MS, Dice, push_from};
use crate::phone::{int, observation};
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
    let mut other = world.phone("o2");
    other.write_sheep("hh-2", 1);
    world.push_all(&other, 1..=1);
    let signed = itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    phone.checkpoint = Some(signed.checkpoint.tree());
    let seen_on = world.now().on();
    world.pass_ms(10 * DAY_MS);
    phone.now = world.now();
    let shifted = |days: i64| -> Date { seen_on.saturating_add(jiff::Span::new().days(days)) };
    for days in -8_i64..=14 {
        let stated = Observation {
            observed_on: shifted(days),
            ..int("herd.sheep", 100 + days)
        };
        let envelope = phone.envelope(Body::File(phone.body("hh-1", vec![observation(stated)])));
        phone
            .files
            .entry(crate::phone::file("hh-1"))
            .or_default()
            .apply_quarantined(&envelope);
        let seq = phone.append_bytes(envelope.to_bytes());
        let verdict = world.push_all(&phone, seq..=seq).pop().unwrap();
        let expected = match days {
            0..=11 => Verdict::Accepted,
            -3..=-1 => Verdict::AcceptedFlagged(vec![Flag::LateArrival]),
            _ => Verdict::Quarantined(ErrorCode::ObservedOutOfTime),
        };
        assert_eq!(verdict, expected, "{days} days after the checkpoint");
    }
}
