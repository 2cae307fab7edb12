//! A disaster that is declared after the visit (`domain.md` B.9): the day on which it began decides
//! whether it reaches the standing of that visit; a rating in effect is never edited by it.

use itgel_domain::assess::Movement;
use itgel_domain::case::CaseState;
use itgel_domain::case::step::Step;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::register::{
    CreditRecord, CreditStatus, Disaster, DisasterKind, RegisterContent, RegisterRow, Spell,
};
use itgel_fixtures::Household;
use itgel_server::process::{self, CaseMovement};
use itgel_server::registers;
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::actors::{Collector, World};
use crate::world::*;

fn put(
    world: &World,
    (division, subject): (DivisionCode, Option<SubjectId>),
    (key, valid_from): (&str, Date),
    content: RegisterContent,
) {
    let row = RegisterRow {
        id: RowId::from_random(std::array::from_fn(|i| {
            u8::try_from(key.len() + i).unwrap()
        })),
        division,
        subject,
        key: key.into(),
        revision: 1,
        valid_from,
        valid_to: None,
        source: format!("示例{key}"),
        content,
    };
    world
        .transact(move |service, tx| registers::put(service, tx, &row, "test", service.now()))
        .unwrap();
    run_jobs(world);
}

/// Overdue for 40 days from the 50th day before `visited` on; the loan was extended.
fn late(world: &World, household: &Household, visited: Date) {
    let spell = Spell {
        began_on: visited.saturating_sub(50.days()),
        ended_on: Some(visited.saturating_sub(10.days())),
        days_past_due: 40,
        disaster_rescheduled: true,
    };
    let record = CreditRecord {
        status: CreditStatus::Known,
        first_loan_on: Some(visited.saturating_sub(3_000.days())),
        spells: vec![spell],
        ..CreditRecord::default()
    };
    let at = (world.gacha.code, Some(household.subject.clone()));
    let from = visited.saturating_sub(90.days());
    put(world, at, ("", from), RegisterContent::Credit(record));
}

fn declare(world: &World, document: &str, began_on: Date, ended_on: Option<Date>) {
    let disaster = Disaster {
        id: document.into(),
        kind: DisasterKind::Drought,
        issued_by: "示例旗人民政府".into(),
        began_on,
        ended_on,
    };
    let content = RegisterContent::Disaster(disaster);
    put(
        world,
        (world.banner.code, None),
        (document, began_on),
        content,
    );
}

fn movement(world: &World, household: &Household) -> CaseMovement {
    let case = world.case(household).case.id;
    let reviewer = world.officer("r-1");
    let read = |c: &_| process::case(&world.service, c, &reviewer, &case);
    world.service.store.read(read).unwrap().moved
}

/// The disasters that moved something, by their source.
fn disasters(movement: &Movement) -> Vec<&str> {
    let rows = movement.rows.iter();
    rows.filter(|row| row.register == "disaster")
        .map(|row| row.source.as_str())
        .collect()
}

#[test]
fn a_disaster_declared_after_the_visit_moves_the_standing_only_if_it_had_begun_by_then() {
    let world = world(8);
    let mut team = Collector::new("c-1", "c-2");
    let household = world.plain()[0].clone();
    let visited = world.now().on();
    late(&world, &household, visited);
    team.visit(&world, &household);
    let before = assessment_of(&world, &household.subject);
    world.pass_days(3);

    let tomorrow = visited.saturating_add(1.day());
    declare(&world, "抗灾〔2026〕1号", tomorrow, None);
    let after = assessment_of(&world, &household.subject);
    assert_eq!(after.inputs, before.inputs, "it began after the count");
    assert_eq!(disasters(&movement(&world, &household).since_seal), [""; 0]);

    let began_on = visited.saturating_sub(60.days());
    declare(&world, "抗灾〔2026〕22号", began_on, Some(visited));
    let relieved = assessment_of(&world, &household.subject);
    assert!(
        relieved.range.low_score > before.range.low_score,
        "a spell inside the disaster counts as performing"
    );
    let moved = movement(&world, &household).since_seal;
    assert_eq!(disasters(&moved), ["示例抗灾〔2026〕22号"]);
}

#[test]
fn a_disaster_declared_on_the_day_of_the_visit_reaches_it_and_edits_no_rating_in_effect() {
    let world = world(8);
    let mut team = Collector::new("c-1", "c-2");
    let household = world.plain()[0].clone();
    let visited = world.now().on();
    late(&world, &household, visited);
    team.visit(&world, &household);
    world.rate(&mut team, std::slice::from_ref(&household));
    let rated = world.case(&household);
    assert_eq!(rated.case.state(), CaseState::Effective);
    let before = assessment_of(&world, &household.subject);
    let began_on = visited.saturating_sub(60.days());
    declare(&world, "抗灾〔2026〕22号", began_on, Some(visited));
    let after = assessment_of(&world, &household.subject);
    assert!(after.range.low_score > before.range.low_score);
    let since = world.case(&household);
    assert_eq!(since.case.grade(), rated.case.grade());
    assert_eq!(since.inputs, rated.inputs, "what it rests on stays");
    assert_eq!(
        since.case.history().len(),
        rated.case.history().len(),
        "a person decides: {:?}",
        since.case.history().last().map(|event| &event.step)
    );
    assert!(!matches!(
        since.case.history().last().unwrap().step,
        Step::Watch
    ));
    let moved = movement(&world, &household).since_case.unwrap();
    assert_eq!(disasters(&moved), ["示例抗灾〔2026〕22号"]);
}
