//! Two teams that found different values: a third person settles what decides the grade.

use itgel_domain::case::{CaseState, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Picked;
use itgel_domain::sync::pull::PullItem;
use itgel_fixtures::{Household, Twist};
use itgel_server::process::{self, ResolveRequest};
use itgel_server::{ServiceError, store};

use crate::actors::{World, refusal};
use crate::world::{listed, second_team, team, with};

fn resolve(
    world: &World,
    officer: &str,
    household: &Household,
    conflict: &store::conflict::ConflictRow,
    picked: Picked,
) -> Result<(), ServiceError> {
    let actor = world.officer(officer);
    let request = ResolveRequest {
        subject: household.subject.clone(),
        cycle: world.cycle.id.clone(),
        item: conflict.item.clone(),
        picked,
        reason: "第三次上门清点".into(),
    };
    world
        .transact(move |service, tx| {
            process::resolve_conflict(service, tx, &actor, &request, service.now())
        })
        .map(drop)
}

fn conflicts(world: &World, household: &Household) -> Vec<store::conflict::ConflictRow> {
    let (subject, cycle) = (&household.subject, &world.cycle.id);
    let read = |c: &_| store::conflict::list(c, subject, cycle).map_err(ServiceError::from);
    let mut rows = world.service.store.read(read).unwrap();
    rows.retain(|row| row.decision.is_none());
    rows
}

#[test]
fn values_that_decide_the_grade_stop_the_case_until_a_third_person_has_settled_them() {
    let world = World::with_households(15);
    let household = &with(&world, Twist::DecisiveConflict);
    let (mut first, mut second) = (team(), second_team());
    first.visit(&world, household);
    second.seal(&world, household, household.found_again.as_ref().unwrap());
    first.hold_evaluation(&world, household);
    assert_eq!(world.state(household), CaseState::Conflict);
    assert!(!conflicts(&world, household).is_empty());

    let open = conflicts(&world, household);
    let tasks = listed(&world).into_iter().filter_map(|item| match item {
        PullItem::Task(task) if task.subject == household.subject => task.item,
        _ => None,
    });
    let items: Vec<_> = open.iter().map(|conflict| conflict.item.clone()).collect();
    assert_eq!(
        tasks.collect::<Vec<_>>(),
        items,
        "the gacha learns what to count again"
    );
    let mine = Picked::Entry(open[0].values[0].entry.clone());
    // Nobody who collected decides, whatever roles he has besides.
    world
        .transact(|_, tx| {
            let (officer, sumu) = ("c-3".parse().unwrap(), "150623100".parse().unwrap());
            Ok(store::officer::grant(tx, &officer, Role::Reviewer, sumu)?)
        })
        .unwrap();
    let by_author = resolve(&world, "c-3", household, &open[0], mine.clone());
    assert_eq!(refusal(by_author), ErrorCode::ActedBefore);
    let by_collector = resolve(&world, "c-1", household, &open[0], mine.clone());
    assert_eq!(refusal(by_collector), ErrorCode::NotAllowed);
    assert_eq!(
        refusal(world.step("r-1", household, Step::ResolveConflict)),
        ErrorCode::CaseConflict,
        "the step alone settles nothing"
    );
    for conflict in &open {
        let picked = Picked::Entry(conflict.values[0].entry.clone());
        resolve(&world, "r-1", household, conflict, picked).unwrap();
    }
    assert_eq!(
        world.state(household),
        CaseState::PreRated,
        "it goes on by itself"
    );
    assert!(conflicts(&world, household).is_empty());
    assert_eq!(
        refusal(resolve(&world, "r-1", household, &open[0], mine)),
        ErrorCode::ConflictUnknown,
        "what is settled is not settled again"
    );
    assert_eq!(
        world.case(household).case.role_of(&"c-4".parse().unwrap()),
        Some(Role::Collector)
    );
}

#[test]
fn a_second_visit_that_leaves_the_grade_does_not_stop_the_case() {
    let world = World::with_households(15);
    let (mut first, mut second) = (team(), second_team());
    for twist in [Twist::HarmlessConflict, Twist::SecondVisitAgrees] {
        let household = &with(&world, twist);
        first.visit(&world, household);
        second.seal(&world, household, household.found_again.as_ref().unwrap());
        first.hold_evaluation(&world, household);
        let case = world.case(household).case;
        assert_eq!(case.state(), CaseState::PreRated, "{twist:?}");
        let confirmed = |step: &Step| matches!(step, Step::ConfirmSeal { .. });
        assert_eq!(
            case.history()
                .iter()
                .filter(|event| confirmed(&event.step))
                .count(),
            1
        );
        let open = conflicts(&world, household).len();
        assert_eq!(
            open > 0,
            twist == Twist::HarmlessConflict,
            "differences stay on a list"
        );
    }
}
