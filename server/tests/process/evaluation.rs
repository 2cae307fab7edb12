//! What the gacha has a say in: its group's review and the peer evaluation.

use itgel_domain::case::{CaseState, Role};
use itgel_domain::error::ErrorCode;
use itgel_domain::sync::push::Verdict;
use itgel_server::{process, store};

use crate::actors::{self, Collector, World, refusal};
use crate::world::team;

#[test]
fn the_gachas_group_sends_a_visit_back_from_its_device_and_confirms_what_was_pre_rated() {
    let world = World::with_households(12);
    let [first, second] = [&world.plain()[0], &world.plain()[1]];
    let mut team = team();
    team.visit(&world, first);
    team.visit(&world, second);
    let mut group = Collector::new("g-1", "c-4");
    let refused = |answer: &itgel_domain::sync::push::PushAnswer| {
        answer.except.first().map(|except| except.verdict.clone())
    };
    let own = team.review(&world, first, Some("示例"));
    let not_theirs = Verdict::Quarantined(ErrorCode::GroupUnlisted);
    assert_eq!(refused(&own), Some(not_theirs), "a collector is no group");
    let early = group.review(&world, second, None);
    let step = Verdict::Quarantined(ErrorCode::CaseStep);
    assert_eq!(refused(&early), Some(step), "nothing is computed yet");

    let answer = group.review(&world, first, Some("羊数与实际不符（示例）"));
    assert_eq!(refused(&answer), None);
    assert_eq!(world.state(first), CaseState::Returned);
    let case = world.case(first).case;
    let last = case.history().last().unwrap();
    assert_eq!(last.reason.text, "羊数与实际不符（示例）");

    team.hold_evaluation(&world, second);
    assert_eq!(world.state(second), CaseState::PreRated);
    let late = group.review(&world, second, Some("示例"));
    let not_now = Verdict::Quarantined(ErrorCode::NotAllowed);
    assert_eq!(
        refused(&late),
        Some(not_now),
        "the reviewer alone sends back"
    );
    assert_eq!(refused(&group.review(&world, second, None)), None);
    assert_eq!(world.state(second), CaseState::PreRated);
    assert_eq!(world.audit("case.group_confirmed").len(), 1);
}

#[test]
fn who_collected_or_is_related_does_not_vote() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    let subject = household.subject.clone();
    world
        .transact(move |service, tx| {
            let (brother, admin) = ("e-6".parse().unwrap(), "a-1".parse().unwrap());
            let relative = actors::interest(&subject, &brother, &admin, service.now());
            store::interest::put(tx, &relative)?;
            let (collector, gacha) = ("c-2".parse().unwrap(), "150623100201".parse().unwrap());
            Ok(store::officer::grant(
                tx,
                &collector,
                Role::Evaluator,
                gacha,
            )?)
        })
        .unwrap();
    for evaluator in ["e-6", "c-2"] {
        let answer = team.try_ballot(&world, household, evaluator, [5; 4]);
        let verdict = &answer.except.first().expect("not accepted").verdict;
        assert!(
            matches!(verdict, Verdict::Quarantined(_)),
            "{evaluator}: {verdict:?}"
        );
    }
    team.hold_evaluation(&world, household);
    assert_eq!(world.state(household), CaseState::PreRated);
    let interested = "e-6".parse().unwrap();
    assert_eq!(world.case(household).case.role_of(&interested), None);
}

#[test]
fn too_few_ballots_do_not_hold_a_case_for_ever() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    for evaluator in ["e-1", "e-2", "e-3"] {
        team.ballot(&world, household, evaluator, [5; 4]);
    }
    assert_eq!(world.state(household), CaseState::Submitted);
    let end = |officer: &str| {
        let (actor, subject, cycle) = (
            world.officer(officer),
            household.subject.clone(),
            world.cycle.id.clone(),
        );
        world.transact(move |service, tx| {
            process::end_evaluation(service, tx, &actor, &subject, &cycle, service.now())
        })
    };
    assert_eq!(refusal(end("c-1")), ErrorCode::NotAllowed);
    end("g-1").unwrap();
    let case = world.case(household).case;
    assert_eq!(case.state(), CaseState::PreRated);
    assert_eq!(refusal(end("g-1")), ErrorCode::CaseStep);
}
