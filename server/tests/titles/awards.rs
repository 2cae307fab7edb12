//! From ratings in effect to a plate, and what becomes of it.

use itgel_domain::case::TitleState;
use itgel_domain::case::title::{CancelGround, TitleStep};
use itgel_domain::error::ErrorCode;
use itgel_domain::register::DivisionFacts;
use itgel_domain::subject::Grade;
use itgel_domain::title::{GateState, TitleLevel, TitleOutcome};
use itgel_fixtures::Household;
use itgel_server::titles::{self, SnapshotRun};
use itgel_server::{ServiceError, jobs, store};

use crate::actors::{Collector, World, refusal};
use crate::world::{
    awarded, enter_facts, good_facts, rated, rated_in, result_of, snapshot, step, title_of,
};

#[test]
fn a_snapshot_counts_ratings_in_effect_and_nothing_that_is_still_under_way() {
    let world = rated(24);
    let mut team = Collector::new("c-3", "c-4");
    let unfinished = world.households.iter().find(|h| h.twist.is_some()).unwrap();
    team.seal(&world, unfinished, &unfinished.found);
    let run = snapshot(&world, world.now().on());
    assert!(run.computed > 14, "every gacha and every sumu: {run:?}");
    let facts = result_of(&title_of(&world, world.gacha.code)).facts;
    let filed = world
        .households
        .iter()
        .filter(|h| h.twist.is_none())
        .count()
        + 1;
    assert_eq!(facts.filed_households, i64::try_from(filed).ok());
    assert_eq!(facts.rated_households, Some(rated_in(&world)));
    let (gacha, today) = (world.gacha.code, world.now().on());
    let read = |c: &_| store::rating::list_in_effect(c, gacha, today).map_err(ServiceError::from);
    let in_effect = world.service.store.read(read).unwrap();
    let credit = in_effect
        .iter()
        .filter(|rating| rating.grade.is_credit())
        .count();
    assert_eq!(facts.credit_households, i64::try_from(credit).ok());
    assert!(
        facts
            .loan_households
            .is_some_and(|n| n > 0 && n <= rated_in(&world))
    );
    assert!(facts.on_time_households <= facts.loan_households);
    assert!(
        facts.grazing_households.is_some_and(|n| n > 0),
        "the sample gacha grazes"
    );
    assert!(facts.compliant_grazing_households <= facts.grazing_households);
    let sumu = result_of(&title_of(&world, gacha.parent().unwrap())).facts;
    assert_eq!(
        sumu.rated_households, facts.rated_households,
        "its other gachas rated nobody"
    );
    assert!(sumu.villages.is_some_and(|n| n > 1));
}

#[test]
fn the_same_snapshot_again_writes_nothing_and_another_day_does() {
    let world = rated(24);
    let today = world.now().on();
    let first = snapshot(&world, today);
    assert_eq!(first.written, first.computed);
    let before = title_of(&world, world.gacha.code);
    assert_eq!(
        snapshot(&world, today),
        SnapshotRun {
            written: 0,
            ..first
        }
    );
    assert_eq!(title_of(&world, world.gacha.code), before);
    world.pass_days(1);
    assert!(snapshot(&world, world.now().on()).written > 0);
}

#[test]
fn a_gacha_that_fails_a_gate_says_which_and_gets_no_title() {
    let world = rated(24);
    let gacha = world.gacha.code;
    let facts = DivisionFacts {
        audit_passed: Some(true),
        ..good_facts(rated_in(&world))
    };
    enter_facts(
        &world,
        "facts-1",
        gacha,
        DivisionFacts {
            npl_fen: Some(40_000_000),
            ..facts
        },
    );
    snapshot(&world, world.now().on());
    let row = title_of(&world, gacha);
    let result = result_of(&row);
    let failing: Vec<_> = result
        .assessment
        .gates
        .iter()
        .filter(|gate| gate.entry != GateState::Pass)
        .map(|gate| gate.code.as_str())
        .collect();
    assert_eq!(failing, ["G-N"]);
    assert_eq!(row.level, None);
    assert_eq!(
        refusal(step(&world, "r-1", gacha, TitleStep::Review)),
        ErrorCode::CasePath
    );

    let board = world
        .service
        .store
        .read(|c| {
            let actor = itgel_server::auth::officer_actor(c, &"r-1".parse().unwrap())?;
            let (sumu, today) = (gacha.parent().unwrap(), world.now().on());
            titles::board(c, &actor, sumu, &world.cycle.id, today)
        })
        .unwrap();
    let line = board
        .parts
        .iter()
        .find(|part| part.division.code == gacha)
        .unwrap();
    let shown: Vec<_> = line
        .title
        .as_ref()
        .unwrap()
        .failing
        .iter()
        .map(|g| &g.code)
        .collect();
    assert_eq!(shown, ["G-N"]);
    assert_eq!(
        line.counts.effective.values().sum::<i64>(),
        rated_in(&world)
    );
}

#[test]
fn a_title_under_review_is_frozen_and_a_later_snapshot_does_not_touch_it() {
    let world = rated(24);
    let gacha = world.gacha.code;
    enter_facts(&world, "facts-1", gacha, good_facts(rated_in(&world)));
    snapshot(&world, world.now().on());
    step(&world, "r-1", gacha, TitleStep::Review).unwrap();
    let before = title_of(&world, gacha);
    enter_facts(
        &world,
        "facts-2",
        gacha,
        DivisionFacts {
            npl_fen: Some(900_000_000),
            ..good_facts(rated_in(&world))
        },
    );
    world.pass_days(1);
    snapshot(&world, world.now().on());
    assert_eq!(title_of(&world, gacha), before);
}

#[test]
fn a_holder_below_entry_is_warned_and_a_holder_below_exit_loses_the_title_only_after_a_hearing() {
    let world = awarded();
    let gacha = world.gacha.code;
    let level = title_of(&world, gacha).level;
    let facts = |npl_fen| DivisionFacts {
        npl_fen: Some(npl_fen),
        ..good_facts(rated_in(&world))
    };
    enter_facts(&world, "facts-2", gacha, facts(40_000_000));
    world.pass_days(80);
    let check = world.now().on();
    snapshot(&world, check);
    let warned = title_of(&world, gacha);
    assert_eq!(
        (warned.title.state(), warned.level),
        (TitleState::Warning, level)
    );
    snapshot(&world, check);
    assert_eq!(
        title_of(&world, gacha),
        warned,
        "the same check again warns no further"
    );
    let hasty = TitleStep::Cancel {
        ground: CancelGround::NotCorrected,
        heard_on: check,
    };
    assert_eq!(
        refusal(step(&world, "a-1", gacha, hasty)),
        ErrorCode::CasePath
    );
    assert_eq!(
        refusal(step(&world, "a-1", gacha, TitleStep::Keep)),
        ErrorCode::CasePath
    );

    enter_facts(&world, "facts-3", gacha, facts(60_000_000));
    world.pass_days(10);
    let heard_on = world.now().on();
    snapshot(&world, heard_on);
    let below_exit = result_of(&title_of(&world, gacha)).assessment.title;
    assert!(
        matches!(below_exit, Some(TitleOutcome::Cancel { .. })),
        "{below_exit:?}"
    );
    assert!(
        title_of(&world, gacha).title.state().is_held(),
        "no job takes a title away"
    );
    let cancel = TitleStep::Cancel {
        ground: CancelGround::BelowExit,
        heard_on,
    };
    assert_eq!(
        refusal(step(&world, "r-1", gacha, cancel.clone())),
        ErrorCode::NotAllowed
    );
    step(&world, "a-1", gacha, cancel).unwrap();
    assert_eq!(title_of(&world, gacha).title.state(), TitleState::Cancelled);
    let held = world
        .service
        .store
        .read(|c| store::title::list_held(c, gacha).map_err(ServiceError::from))
        .unwrap();
    assert!(held.is_empty());
}

#[test]
fn a_sumu_is_not_approved_on_titles_that_its_gachas_do_not_hold_yet() {
    let world = rated(24);
    let gacha = world.gacha.code;
    let sumu = gacha.parent().unwrap();
    enter_facts(&world, "facts-1", gacha, good_facts(rated_in(&world)));
    // The two other gachas of the sumu are not looked at: half of one is enough.
    let drop_others = world
        .banner
        .divisions
        .iter()
        .filter(|d| d.code != gacha && d.code.parent() == Some(sumu));
    let others: Vec<_> = drop_others.cloned().collect();
    world
        .transact(move |_, tx| {
            for mut other in others {
                other.valid_to = Some("2026-01-01".parse().unwrap());
                store::division::put(tx, &other)?;
            }
            Ok(())
        })
        .unwrap();
    snapshot(&world, world.now().on());
    let result = result_of(&title_of(&world, sumu));
    assert_eq!(
        (result.facts.villages, result.facts.credit_villages),
        (Some(1), Some(1))
    );
    assert!(
        matches!(result.assessment.title, Some(TitleOutcome::Award { .. })),
        "{:?}",
        result.assessment.gates
    );
    step(&world, "r-1", sumu, TitleStep::Review).unwrap();
    step(&world, "r-1", sumu, TitleStep::Publish).unwrap();
    world.pass_days(12);
    titles::run_periods(&world.service).unwrap();
    assert_eq!(
        refusal(step(&world, "a-1", sumu, TitleStep::Approve)),
        ErrorCode::CasePath
    );
}

#[test]
fn a_snapshot_that_staff_ask_for_is_made_by_a_job() {
    let world = rated(24);
    let ask = |officer: &str| {
        let (actor, cycle) = (world.officer(officer), world.cycle.id.clone());
        world.transact(move |service, tx| {
            let today = service.now().on();
            titles::request_snapshot(service, tx, &actor, &cycle, today, service.now())
        })
    };
    assert_eq!(refusal(ask("r-1")), ErrorCode::NotAllowed);
    ask("a-1").unwrap();
    ask("a-1").unwrap();
    while jobs::run_due(&world.service).unwrap() > 0 {}
    assert_eq!(world.audit("title.snapshot").len(), 1);
    let actor = world.officer("u-1");
    let seen = world
        .service
        .store
        .read(|c| titles::list(c, &actor, world.banner.code, &world.cycle.id))
        .unwrap();
    assert!(seen.len() > 14 && seen.iter().all(|title| title.state == TitleState::Computed));
    let missing: Option<TitleLevel> = seen.iter().find_map(|title| title.level);
    assert!(missing.is_none(), "nobody else has rated anybody");
}

#[test]
fn what_reviewers_moved_is_shown_beside_what_the_engine_said() {
    let world = World::with_households(24);
    let mut team = Collector::new("c-1", "c-2");
    let households = world.plain();
    for household in &households {
        team.visit(&world, household);
        team.hold_evaluation(&world, household);
    }
    let grade_of = |household: &Household| world.case(household).case.grade().unwrap();
    let moved = households
        .iter()
        .find(|h| grade_of(h) == Grade::A)
        .expect("an A in the sample");
    world.override_grade(moved, Grade::B);
    world.rate_on(&households);
    snapshot(&world, world.now().on());
    let result = result_of(&title_of(&world, world.gacha.code));
    let plain = result.without_overrides.expect("one grade was moved");
    assert_eq!(plain.overrides, 1);
    let share = |gates: &[itgel_domain::title::GateResult]| {
        gates
            .iter()
            .find(|gate| gate.code == "G-S")
            .unwrap()
            .value
            .clone()
    };
    assert_ne!(share(&plain.gates), share(&result.assessment.gates));
}

#[test]
fn the_next_review_ends_a_warning_and_sees_the_same_when_it_is_made_again() {
    let mut world = awarded();
    let gacha = world.gacha.code;
    let bad = DivisionFacts {
        npl_fen: Some(40_000_000),
        ..good_facts(rated_in(&world))
    };
    enter_facts(&world, "facts-2", gacha, bad);
    world.pass_days(30);
    snapshot(&world, world.now().on());
    let warned = title_of(&world, gacha);
    assert_eq!(warned.title.state(), TitleState::Warning);

    world.pass_days(120);
    let mut next = world.banner.cycle(world.now().on());
    next.id = "2027".parse().unwrap();
    let opened = next.clone();
    world
        .transact(move |_, tx| itgel_server::setup::add_cycle(tx, &opened))
        .unwrap();
    world.cycle = next;
    let today = world.now().on();
    snapshot(&world, today);
    let reviewed = title_of(&world, gacha);
    assert_eq!(reviewed.title, warned.title, "the title itself goes on");
    let outcome = result_of(&reviewed).assessment.title;
    assert!(
        matches!(outcome, Some(TitleOutcome::Cancel { .. })),
        "{outcome:?}"
    );
    assert_eq!(snapshot(&world, today).written, 0);
    let cancel = TitleStep::Cancel {
        ground: CancelGround::NotCorrected,
        heard_on: today,
    };
    step(&world, "a-1", gacha, cancel).unwrap();
    assert_eq!(title_of(&world, gacha).title.state(), TitleState::Cancelled);
}
