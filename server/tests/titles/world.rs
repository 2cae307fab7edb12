//! A gacha that is rated, snapshots of it, and the steps of its title.

use itgel_domain::case::title::TitleStep;
use itgel_domain::case::{Reason, TitleState};
use itgel_domain::division::DivisionCode;
use itgel_domain::register::{DivisionFacts, RegisterContent, RegisterRow};
use itgel_domain::subject::Grade;
use itgel_domain::title::TitleOutcome;
use itgel_server::store::title::TitleRow;
use itgel_server::titles::{self, SnapshotRun, TitleRequest, TitleResult, TitleView};
use itgel_server::{ServiceError, registers, store};
use jiff::civil::Date;

use crate::actors::{Collector, World};

/// A world whose gacha has rated every household that can be rated.
pub(crate) fn rated(count: u32) -> World {
    let world = World::with_households(count);
    let mut team = Collector::new("c-1", "c-2");
    let households = world.plain();
    for household in &households {
        team.visit(&world, household);
    }
    world.rate(&mut team, &households);
    world
}

pub(crate) fn snapshot(world: &World, as_of: Date) -> SnapshotRun {
    let cycle = world.cycle.id.clone();
    world
        .transact(move |service, tx| titles::snapshot(service, tx, &cycle, as_of, service.now()))
        .unwrap()
}

pub(crate) fn title_of(world: &World, division: DivisionCode) -> TitleRow {
    let cycle = &world.cycle.id;
    let read = |c: &_| store::title::get(c, division, cycle).map_err(ServiceError::from);
    world
        .service
        .store
        .read(read)
        .unwrap()
        .expect("a title was computed")
}

pub(crate) fn result_of(row: &TitleRow) -> TitleResult {
    serde_json::from_str(&row.result).unwrap()
}

pub(crate) fn step(
    world: &World,
    officer: &str,
    division: DivisionCode,
    step: TitleStep,
) -> Result<TitleView, ServiceError> {
    let actor = world.officer(officer);
    let request = TitleRequest {
        division,
        cycle: world.cycle.id.clone(),
        version: title_of(world, division).title.version(),
        step,
        reason: Reason::new("TEST", "因为测试"),
    };
    world.transact(move |service, tx| titles::step(service, tx, &actor, &request, service.now()))
}

/// Facts that make a good gacha out of any ratings, but for what ratings say.
pub(crate) fn good_facts(households: i64) -> DivisionFacts {
    DivisionFacts {
        resident_households: Some(households),
        collective_grade: Some(Grade::Aaa),
        illegal_fundraising: Some(false),
        cadre_loan_npl: Some(false),
        cadre_loan_overdue: Some(false),
        audit_passed: Some(true),
        loan_households: Some(100),
        on_time_households: Some(99),
        loan_balance_fen: Some(1_000_000_000),
        npl_fen: Some(1_000_000),
        disaster_npl_fen: Some(0),
        ..DivisionFacts::default()
    }
}

pub(crate) fn enter_facts(world: &World, id: &str, division: DivisionCode, facts: DivisionFacts) {
    let row = RegisterRow {
        id: id.parse().unwrap(),
        division,
        subject: None,
        key: String::new(),
        revision: 1,
        valid_from: "2026-01-01".parse().unwrap(),
        valid_to: None,
        source: "示例台账".into(),
        content: RegisterContent::Division(Box::new(facts)),
    };
    world
        .transact(move |service, tx| registers::put(service, tx, &row, "test", service.now()))
        .unwrap();
}

/// A gacha with a title awarded: facts by which it passes every gate.
pub(crate) fn awarded() -> World {
    let world = rated(24);
    let gacha = world.gacha.code;
    enter_facts(&world, "facts-1", gacha, good_facts(rated_in(&world)));
    snapshot(&world, world.now().on());
    let result = result_of(&title_of(&world, gacha));
    assert!(
        matches!(result.assessment.title, Some(TitleOutcome::Award { .. })),
        "the sample gacha is to pass: {:?}",
        result.assessment.gates
    );
    for (officer, title_step) in [("r-1", TitleStep::Review), ("r-1", TitleStep::Publish)] {
        step(&world, officer, gacha, title_step).unwrap();
    }
    world.pass_days(12);
    assert_eq!(titles::run_periods(&world.service).unwrap(), 1);
    for title_step in [TitleStep::Approve, TitleStep::Award] {
        step(&world, "a-1", gacha, title_step).unwrap();
    }
    assert_eq!(title_of(&world, gacha).title.state(), TitleState::Awarded);
    world
}

pub(crate) fn rated_in(world: &World) -> i64 {
    let (gacha, today) = (world.gacha.code, world.now().on());
    let read = |c: &_| store::rating::list_in_effect(c, gacha, today).map_err(ServiceError::from);
    let rated = world.service.store.read(read).unwrap();
    i64::try_from(
        rated
            .iter()
            .filter(|rating| rating.grade != Grade::N)
            .count(),
    )
    .unwrap()
}
