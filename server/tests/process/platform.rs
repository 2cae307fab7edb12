//! What waits for the platforms stands among the deadlines until it has gone (`domain.md` D.3, L-32).

use itgel_domain::id::RowId;
use itgel_domain::register::{PublicRecord, PublicityKind, RegisterContent, RegisterRow};
use itgel_server::registers;
use jiff::civil::{Date, date};

use crate::actors::World;
use crate::actors::platform::example;
use crate::world::team;

#[test]
fn approved_ratings_wait_for_the_platform_until_an_export_that_it_can_read() {
    let world = World::with_households(12);
    let households = world.plain();
    let mut team = team();
    let first = &households[..2];
    for household in first {
        team.visit(&world, household);
    }
    assert_eq!(world.due("push").len(), 0);
    world.rate(&mut team, first);
    let approved_on = world.now().on();
    assert_eq!(approved_on, date(2026, 10, 27), "a Tuesday");
    let [duty] = &world.due("push")[..] else {
        panic!("one line for both");
    };
    assert_eq!((duty.waiting, duty.since_on), (Some(2), Some(approved_on)));
    // The seventh working day after it, over one weekend.
    assert_eq!(duty.due_on, date(2026, 11, 5));
    assert!(duty.people.iter().any(|officer| officer.as_str() == "a-1"));
    assert!(!duty.is_overdue);
    world.pass_days(10);
    assert!(world.due("push")[0].is_overdue);
    world.export(None);
    assert_eq!(
        world.due("push").len(),
        1,
        "a copy for the office is no report to a platform"
    );
    world.pass_days(1);
    world.export(Some(&example()));
    assert_eq!(world.due("push").len(), 0);
    world.pass_days(1);
    let later = &households[2..3];
    team.visit(&world, &later[0]);
    world.rate(&mut team, later);
    let again = world.due("push");
    let told = (again[0].waiting, again[0].since_on);
    assert_eq!(told, (Some(1), Some(world.now().on())));
}

fn decide(world: &World, id: &str, decided_on: Date, reported_on: Option<Date>) {
    let household = world.plain()[0].clone();
    let record = PublicRecord {
        reference: "示例〔2026〕1号".into(),
        kind: Some(PublicityKind::Licence),
        catalogue_item: Some("示例目录项".into()),
        catalogue_version: Some("2024".into()),
        recorded_by: "示例旗林草局".into(),
        decided_on: Some(decided_on),
        reported_on,
        ..PublicRecord::default()
    };
    let row = RegisterRow {
        id: RowId::from_random(std::array::from_fn(|i| u8::try_from(i + id.len()).unwrap())),
        division: world.gacha.code,
        subject: Some(household.subject),
        key: "示例〔2026〕1号".into(),
        revision: 1,
        valid_from: decided_on,
        valid_to: None,
        source: "示例旗林草局".into(),
        content: RegisterContent::PublicRecord(record),
    };
    world
        .transact(move |service, tx| registers::put(service, tx, &row, "test", service.now()))
        .unwrap();
}

#[test]
fn a_decision_that_is_not_reported_stands_among_the_deadlines_with_its_department() {
    let world = World::with_households(12);
    let decided_on = date(2026, 9, 28);
    decide(&world, "a", decided_on, None);
    let [duty] = &world.due("publicity_report")[..] else {
        panic!("one department");
    };
    assert_eq!(duty.body.as_deref(), Some("示例旗林草局"));
    assert_eq!((duty.waiting, duty.since_on), (Some(1), Some(decided_on)));
    // Two working days, the holiday of the first week of October, then the worked Saturday with it.
    assert_eq!(duty.due_on, date(2026, 10, 13));
    assert!(duty.is_overdue);
    decide(&world, "bb", decided_on, Some(date(2026, 10, 12)));
    assert_eq!(world.due("publicity_report").len(), 0);
}
