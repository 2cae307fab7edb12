//! Titles when gachas are merged and divided, and when codes change (`domain.md` G 52, 53).

use std::collections::BTreeSet;

use itgel_domain::case::title::{EndGround, TitleStep};
use itgel_domain::case::{CaseState, Step, TitleState};
use itgel_domain::division::succession::{Succession, SuccessionKind};
use itgel_domain::division::{DivisionCode, DivisionKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_server::divisions::{self, DivisionChange};
use itgel_server::titles::{self, TitleTask};
use itgel_server::{ServiceError, process, registers, store};

use crate::actors::{Collector, World, refusal};
use crate::world::{
    awarded, enter_facts, good_facts, rated_in, result_of, snapshot, step, title_of,
};

/// Another gacha of the same sumu.
fn neighbour(world: &World) -> DivisionCode {
    let gacha = world.gacha.code;
    let mut others = world.banner.divisions.iter().map(|d| d.code);
    others
        .find(|code| *code != gacha && code.parent() == gacha.parent())
        .unwrap()
}

fn carry_out(world: &World, from: DivisionCode, into: DivisionCode, kind: SuccessionKind) {
    let change = DivisionChange {
        edge: Succession {
            from,
            into,
            on: world.now().on(),
            kind,
        },
        name: Some("新嘎查（示例）".into()),
        civil_code: None,
        kind: None,
        ends: false,
        source: "示例批复〔2026〕2号".into(),
    };
    let done = world.transact(move |service, tx| {
        divisions::change(service, tx, &change, "admin", service.now())
    });
    assert!(done.unwrap());
}

fn free(world: &World) -> DivisionCode {
    let sumu = world.gacha.code.parent().unwrap();
    format!("{sumu}299").parse().unwrap()
}

fn held(world: &World, code: DivisionCode) -> bool {
    let read = |c: &_| store::title::get_held(c, code).map_err(ServiceError::from);
    world.service.store.read(read).unwrap().is_some()
}

fn queue(world: &World) -> Vec<TitleTask> {
    let actor = world.officer("a-1");
    let read = |c: &_| titles::queue(&world.service, c, &actor, world.banner.code);
    world.service.store.read(read).unwrap()
}

#[test]
fn a_title_does_not_follow_the_code_that_another_gacha_is_merged_into() {
    let world = awarded();
    let gacha = world.gacha.code;
    assert!(held(&world, gacha));
    world.pass_days(1);
    carry_out(&world, neighbour(&world), gacha, SuccessionKind::Merged);
    assert!(!held(&world, gacha), "none until computed on the union");
    let old = title_of(&world, gacha);
    assert_eq!(old.title.state(), TitleState::Ended);
    let last = old.title.history().last().unwrap();
    let ground = EndGround::Merged;
    assert_eq!(last.step, TitleStep::End { ground }, "the history stays");

    world.pass_days(1);
    enter_facts(&world, "facts-union", gacha, good_facts(rated_in(&world)));
    snapshot(&world, world.now().on());
    let new = title_of(&world, gacha);
    assert_eq!(new.title.state(), TitleState::Computed);
    assert!(new.held.is_none() && new.holder.formed_on.is_some());
    assert!(
        !held(&world, gacha),
        "it goes through review and publicity again"
    );
    let actor = world.officer("a-1");
    let all = |c: &_| titles::list(c, &actor, gacha, &world.cycle.id);
    let all = world.service.store.read(all).unwrap();
    let states: Vec<_> = all.iter().map(|title| title.state).collect();
    assert_eq!(states, [TitleState::Ended, TitleState::Computed]);
}

#[test]
fn the_union_inherits_no_title_of_one_half_and_neither_half_that_of_the_whole() {
    for kind in [SuccessionKind::Merged, SuccessionKind::Split] {
        let world = awarded();
        let (gacha, new) = (world.gacha.code, free(&world));
        world.pass_days(1);
        carry_out(&world, gacha, new, kind);
        assert!(!held(&world, gacha) && !held(&world, new), "{kind}");
        assert_eq!(title_of(&world, gacha).title.state(), TitleState::Ended);
        world.pass_days(1);
        snapshot(&world, world.now().on());
        assert!(title_of(&world, new).held.is_none(), "{kind}");
    }
}

#[test]
fn a_title_on_the_board_ends_when_its_gacha_is_merged() {
    let world = crate::world::rated(24);
    let gacha = world.gacha.code;
    enter_facts(&world, "facts-1", gacha, good_facts(rated_in(&world)));
    snapshot(&world, world.now().on());
    step(&world, "r-1", gacha, TitleStep::Review).unwrap();
    step(&world, "r-1", gacha, TitleStep::Publish).unwrap();
    assert_eq!(
        queue(&world),
        [],
        "nobody has to do anything while it hangs"
    );
    world.pass_days(3);
    carry_out(&world, gacha, free(&world), SuccessionKind::Merged);
    world.pass_days(10);
    assert_eq!(titles::run_periods(&world.service).unwrap(), 0);
    let late = step(&world, "a-1", gacha, TitleStep::Approve);
    assert_eq!(refusal(late), ErrorCode::CaseStep);
}

#[test]
fn another_code_is_the_same_place_and_its_title_goes_on_there() {
    let world = awarded();
    let (gacha, new) = (world.gacha.code, free(&world));
    let before = title_of(&world, gacha);
    world.pass_days(1);
    carry_out(&world, gacha, new, SuccessionKind::Recoded);
    assert!(held(&world, new) && !held(&world, gacha));
    let carried = title_of(&world, new);
    assert_eq!(carried.title.history(), before.title.history());
    assert_eq!(
        (carried.level, carried.carried_from),
        (before.level, Some(gacha))
    );
    assert_eq!(title_of(&world, gacha).title.state(), TitleState::Ended);

    enter_facts(&world, "facts-new", new, good_facts(rated_in(&world)));
    world.pass_days(80);
    snapshot(&world, world.now().on());
    let checked = title_of(&world, new);
    assert!(checked.held.is_some(), "the next check sees what is held");
    assert!(checked.title.state().is_held());
}

#[test]
fn a_sumu_that_becomes_a_town_counts_its_gachas_from_that_day_on() {
    let world = World::with_households(2);
    let sumu = world.gacha.code.parent().unwrap();
    let banner = world.banner.code;
    let town: DivisionCode = format!("{banner}199").parse().unwrap();
    let before = world.now().on();
    world.pass_days(1);
    let gachas: Vec<_> = world
        .banner
        .divisions
        .iter()
        .map(|d| d.code)
        .filter(|code| code.parent() == Some(sumu))
        .collect();
    carry_out(&world, sumu, town, SuccessionKind::Recoded);
    for gacha in &gachas {
        let last = gacha.to_string().split_off(9);
        let new = format!("{town}{last}").parse().unwrap();
        carry_out(&world, *gacha, new, SuccessionKind::Recoded);
    }
    let today = world.now().on();
    let found = |c: &_| store::division::get(c, town, today).map_err(ServiceError::from);
    let found = world.service.store.read(found).unwrap().unwrap();
    assert_eq!(found.kind, DivisionKind::Town);
    snapshot(&world, before);
    let villages = |code| result_of(&title_of(&world, code)).facts.villages;
    let all = i64::try_from(gachas.len()).ok();
    assert_eq!(villages(sumu), all);
    snapshot(&world, today);
    assert_eq!(villages(town), all);
    assert_eq!(title_of(&world, sumu).as_of, before, "it is there no more");
}

#[test]
fn two_households_with_one_number_stay_two_when_their_gachas_are_merged() {
    let world = World::with_households(3);
    let (gacha, other) = (world.gacha.code, neighbour(&world));
    let taken = world.households[0].local_code.clone();
    let same = Subject {
        id: "same-number".parse().unwrap(),
        kind: SubjectKind::Household,
        division: other,
        local_code: taken.clone(),
    };
    world
        .transact(move |service, tx| registers::put_subject(service, tx, &same))
        .unwrap();
    carry_out(&world, other, gacha, SuccessionKind::Merged);
    let living = |c: &_| store::subject::list(c, gacha, None).map_err(ServiceError::from);
    let living = world.service.store.read(living).unwrap();
    let numbers: BTreeSet<_> = living.iter().map(|s| s.local_code.clone()).collect();
    assert_eq!((living.len(), numbers.len()), (4, 4));
    let actor = world.officer("a-1");
    let today = world.now().on();
    let told = |c: &_| divisions::history(c, &actor, gacha, today);
    let told = world.service.store.read(told).unwrap();
    let [renumbered] = &told.renumbered[..] else {
        panic!("{:?}", told.renumbered);
    };
    assert_eq!((renumbered.from, &renumbered.before), (other, &taken));
    assert!(numbers.contains(&renumbered.now) && renumbered.now.ends_with(&taken));
    let changed = world.audit("division.changed");
    assert_eq!(changed[0].detail["renumbered"], 1);
}

#[test]
fn a_case_on_the_board_goes_on_with_its_days_when_the_gacha_is_merged() {
    let world = World::with_households(8);
    let mut team = Collector::new("c-1", "c-2");
    let visited = world.plain();
    for household in &visited {
        team.visit(&world, household);
        team.hold_evaluation(&world, household);
        world.step("r-1", household, Step::Review).unwrap();
    }
    world.publish("r-1").unwrap();
    let hung = visited
        .iter()
        .find(|h| world.state(h) == CaseState::InPublicity)
        .unwrap();
    world.pass_days(3);
    let new = free(&world);
    carry_out(&world, world.gacha.code, new, SuccessionKind::Merged);
    assert_eq!(world.case(hung).case.division, new);
    let board = |gacha| {
        let cycle = &world.cycle.id;
        let read = |c: &_| store::publicity::list(c, gacha, cycle).map_err(ServiceError::from);
        world.service.store.read(read).unwrap()
    };
    assert!(
        board(world.gacha.code).is_empty(),
        "nobody looks there any more"
    );
    assert!(board(new).iter().any(|line| line.subject == hung.subject));
    world.pass_days(9);
    process::run_periods(&world.service, world.now()).unwrap();
    world.approve(hung);
    assert_eq!(world.state(hung), CaseState::Effective);
}

#[test]
fn a_state_farm_without_gachas_is_assessed_like_one() {
    let world = World::with_households(1);
    let farm: DivisionCode = format!("{}450", world.banner.code).parse().unwrap();
    let mut division = world.banner.divisions[0].clone();
    division.code = farm;
    division.kind = DivisionKind::StateFarm;
    division.name = "示例农牧场".into();
    let living = Subject {
        id: "on-the-farm".parse().unwrap(),
        kind: SubjectKind::Household,
        division: farm,
        local_code: "1".into(),
    };
    world
        .transact(move |service, tx| {
            registers::put_division(service, tx, &division)?;
            registers::put_subject(service, tx, &living)
        })
        .unwrap();
    snapshot(&world, world.now().on());
    let facts = result_of(&title_of(&world, farm)).facts;
    assert_eq!((facts.resident_households, facts.villages), (Some(1), None));
}

#[test]
fn a_warning_stands_in_the_queue_with_its_last_day_and_a_lost_gate_before_it() {
    let world = awarded();
    let gacha = world.gacha.code;
    let mut facts = good_facts(rated_in(&world));
    facts.npl_fen = Some(40_000_000);
    enter_facts(&world, "facts-2", gacha, facts.clone());
    world.pass_days(30);
    let warned_on = world.now().on();
    snapshot(&world, warned_on);
    let [task] = &queue(&world)[..] else {
        panic!("{:?}", queue(&world));
    };
    assert_eq!(
        (task.task.as_str(), &task.failing[..]),
        ("correct", &["G-N".to_owned()][..])
    );
    let ninety = warned_on.saturating_add(jiff::Span::new().days(90));
    assert_eq!(task.due.map(|due| due.on), Some(ninety));

    facts.npl_fen = Some(60_000_000);
    enter_facts(&world, "facts-3", gacha, facts.clone());
    world.pass_days(5);
    snapshot(&world, world.now().on());
    assert_eq!(queue(&world)[0].task.as_str(), "hear");

    facts.npl_fen = Some(1_000_000);
    enter_facts(&world, "facts-4", gacha, facts);
    world.pass_days(5);
    snapshot(&world, world.now().on());
    assert_eq!(queue(&world)[0].task.as_str(), "keep");
    step(&world, "a-1", gacha, TitleStep::Keep).unwrap();
    assert_eq!(queue(&world), []);
}
