//! Ratings in effect: how they begin and end, and what follows when a household moves, is erased
//! or runs a ranch.

use itgel_domain::case::step::Cause;
use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_fixtures::Household;
use itgel_server::{ServiceError, process, store};

use crate::actors::{Collector, World, refusal};
use crate::world::{assert_boards_count_ratings, move_to, team};

#[test]
fn a_newer_rating_takes_the_place_of_the_older_one_and_is_counted_once() {
    let mut world = World::with_households(12);
    let household = world.plain()[0].clone();
    let mut team = team();
    team.visit(&world, &household);
    world.rate(&mut team, std::slice::from_ref(&household));
    let older = world.case(&household).case.id;
    assert_eq!(world.state(&household), CaseState::Effective);

    let mut again = world.cycle.clone();
    again.id = "2026-event".parse().unwrap();
    again.kind = itgel_domain::case::cycle::CycleKind::Event;
    let opened = again.clone();
    world
        .transact(move |_, tx| itgel_server::setup::add_cycle(tx, &opened))
        .unwrap();
    let first_cycle = std::mem::replace(&mut world.cycle, again);
    team.seal(&world, &household, &household.found);
    world.rate(&mut team, std::slice::from_ref(&household));
    assert_eq!(world.state(&household), CaseState::Effective);
    let superseded = world
        .service
        .store
        .read(|c| store::case::get(c, &older).map_err(ServiceError::from))
        .unwrap()
        .unwrap();
    assert_eq!(superseded.case.state(), CaseState::Superseded);
    let division = world.gacha.code;
    let counted = |cycle: &itgel_domain::id::CycleId| {
        let read = |c: &_| store::board::get(c, division, cycle).map_err(ServiceError::from);
        world
            .service
            .store
            .read(read)
            .unwrap()
            .effective
            .values()
            .sum::<i64>()
    };
    assert_eq!((counted(&first_cycle.id), counted(&world.cycle.id)), (0, 1));
}

#[test]
fn a_rating_ends_when_its_last_day_has_passed_and_not_on_it() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    world.rate(&mut team, std::slice::from_ref(household));
    let valid_to = world.case(household).case.validity().unwrap().valid_to;
    let days = i64::from((valid_to - world.now().on()).get_days());
    world.pass_days(days);
    assert_eq!(
        process::run_periods(&world.service, world.now())
            .unwrap()
            .expired,
        0
    );
    world.pass_days(1);
    assert_eq!(
        process::run_periods(&world.service, world.now())
            .unwrap()
            .expired,
        1
    );
    assert_eq!(world.state(household), CaseState::Expired);
    assert_boards_count_ratings(&world);
}

#[test]
fn an_erased_household_leaves_no_words_and_is_on_no_board() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    world.rate(&mut team, std::slice::from_ref(household));
    let subject = household.subject.clone();
    let id = world.case(household).case.id;
    world
        .transact(move |service, tx| process::erase(service, tx, &subject, service.now()))
        .unwrap();
    let read = |c: &_| store::case::get(c, &id).map_err(ServiceError::from);
    let case = world.service.store.read(read).unwrap().unwrap().case;
    assert_eq!(case.state(), CaseState::Closed);
    assert!(
        case.history()
            .iter()
            .all(|event| event.reason.text.is_empty())
    );
    let closed = Step::Close {
        cause: Cause::ConsentWithdrawn,
    };
    assert_eq!(case.history().last().unwrap().step, closed);
    let (gacha, cycle) = (world.gacha.code, world.cycle.id.clone());
    let (lines, counts) = world
        .service
        .store
        .read(|c| {
            let lines = store::publicity::list(c, gacha, &cycle)?;
            Ok::<_, ServiceError>((lines, store::board::get(c, gacha, &cycle)?))
        })
        .unwrap();
    assert!(lines.is_empty() && counts.effective.is_empty());
}

#[test]
fn a_household_that_moves_takes_its_case_and_its_rating_along() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    world.rate(&mut team, std::slice::from_ref(household));
    let (old, new) = (world.gacha.code, world.banner.gachas[4].code);
    move_to(&world, household, new);
    assert_eq!(world.case(household).case.division, new);
    let cycle = &world.cycle.id;
    let counts = |division| {
        let read = |c: &_| store::board::get(c, division, cycle).map_err(ServiceError::from);
        world
            .service
            .store
            .read(read)
            .unwrap()
            .effective
            .values()
            .sum::<i64>()
    };
    assert_eq!(
        (counts(old), counts(new), counts(world.banner.code)),
        (0, 1, 1)
    );
}

#[test]
fn the_animals_of_a_family_are_not_rated_in_its_household_and_in_its_ranch() {
    let world = World::with_households(6);
    let mut team = Collector::new("c-1", "c-2");
    let with_herd = |h: &&Household| h.twist.is_none();
    let mut found = world.households.iter().filter(with_herd);
    let (first, second) = (found.next().unwrap(), found.next().unwrap());
    for household in [first, second] {
        team.visit(&world, household);
        team.hold_evaluation(&world, household);
    }
    let linked = store::entity::EntityRow {
        subject: second.subject.clone(),
        registered_in: world.gacha.code,
        directory_code: Some("150623202600001".into()),
        run_by: Some(first.subject.clone()),
        source: "示例台账".into(),
    };
    world
        .transact(move |_, tx| Ok(store::entity::put(tx, &linked)?))
        .unwrap();
    for household in [first, second] {
        let review = world.step("r-1", household, Step::Review);
        assert_eq!(refusal(review), ErrorCode::EntityAnimals);
    }
    let unlinked = first.subject.clone();
    world
        .transact(move |_, tx| Ok(store::entity::delete(tx, &unlinked)?))
        .unwrap();
    world.step("r-1", first, Step::Review).unwrap();
}
