//! The end of a file reaches the devices: what the server deleted when its term was over leaves the
//! phones too, and nothing of it that still waits is deleted before its receipt.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

use itgel_device::OwnState;
use itgel_domain::id::SubjectId;
use itgel_server::{retention, store};
use itgel_tests::scan::scan;
use itgel_tests::{Collector, LossyLink, World};
use jiff::civil::date;

/// Words that must be found nowhere afterwards.
const CANARY: &str = "金丝雀备注四七一二";

/// Writes a remark and photographs something.
fn write(crew: &Collector, subject: &SubjectId, now: itgel_domain::time::AtMs) {
    crew.device.put_note(subject, CANARY, now).unwrap();
    let items = vec!["herd.sheep".parse().unwrap()];
    let shown = crew.device.put_evidence(subject, items, &scan(9, 60), now);
    shown.unwrap();
}

fn is_empty(crew: &Collector, subject: &SubjectId) -> bool {
    let own = crew.device.own_envelopes().unwrap();
    crew.device.facts(subject).unwrap().is_empty()
        && crew.device.pictures(subject).unwrap().is_empty()
        && own.iter().all(|own| own.state == OwnState::Erased)
}

/// Envelopes that the server received of a device.
fn received(world: &World, crew: &Collector) -> u64 {
    let own = crew.device.own_envelopes().unwrap();
    let device = &own[0].at.device;
    let read = |c: &_| store::chain::get(c, device, 0);
    let row = world.service.store.read(read).unwrap();
    row.map_or(0, |row| row.head.seq)
}

#[test]
fn sec_t42_a_year_that_ended_leaves_the_devices_once_everything_of_it_has_its_receipt() {
    let world = World::with_households(60);
    let (near, far) = (world.home_team(), world.visiting_team());
    let subject = world.households()[0].subject.clone();
    near.synchronise();
    far.synchronise();
    write(&near, &subject, world.now());
    near.synchronise();
    far.synchronise();
    // Five years without a network follow.
    far.device.put_note(&subject, CANARY, world.now()).unwrap();
    assert!(!is_empty(&near, &subject) && !is_empty(&far, &subject));

    world.wait_until(date(2031, 12, 31));
    retention::run(&world.service).unwrap();
    near.synchronise();
    assert!(!is_empty(&near, &subject), "its last day still counts");
    world.wait_until(date(2032, 1, 1));
    retention::run(&world.service).unwrap();
    near.synchronise();
    assert!(
        is_empty(&near, &subject),
        "received by the server, and over"
    );
    let known = near.device.subject(&subject);
    assert!(known.is_ok(), "who lives there is no matter of a year");

    let before = received(&world, &far);
    let cut = far.synchronise_over(&LossyLink::new(&far.link));
    assert!(cut.is_err());
    let own = far.device.own_envelopes().unwrap();
    let waits = own.iter().any(|own| own.state == OwnState::Waiting);
    assert!(waits, "the device knows of no receipt, and keeps it");
    far.synchronise_over(&far.link).unwrap();
    assert_eq!(received(&world, &far), before + 1, "it arrived");
    assert!(is_empty(&far, &subject), "and is over");

    // The next year's file goes on behind the gap.
    near.device
        .put_note(&subject, "新的一年", world.now())
        .unwrap();
    near.synchronise();
    assert!(!near.device.facts(&subject).unwrap().is_empty());
}
