//! Households that change as such: heirs, a split, a merger. Animals must balance.

use itgel_domain::case::household::{Heads, HouseholdChange, HouseholdChangeKind, Share};
use itgel_domain::case::step::Cause;
use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_fixtures::Household;
use itgel_server::{ServiceError, process, store};

use crate::actors::{World, refusal};
use crate::integrity::visits_asked_for;
use crate::world::team;

/// What a household's newest visit counted.
fn counted(world: &World, household: &Household) -> Heads {
    let subject = household.subject.clone();
    let read = |c: &_| itgel_server::fold::facts(c, &subject);
    world.service.store.read(read).unwrap().newest_stock()
}

fn change(
    world: &World,
    kind: HouseholdChangeKind,
    from: &[&Household],
    into: Vec<(&Household, Heads)>,
) -> Result<(), ServiceError> {
    let actor = world.officer("r-1");
    let share = |(household, heads): (&Household, Heads)| Share {
        subject: household.subject.clone(),
        heads,
    };
    let change = HouseholdChange {
        kind,
        on: world.now().on(),
        document: "示例分户协议1号".into(),
        from: from
            .iter()
            .map(|household| household.subject.clone())
            .collect(),
        into: into.into_iter().map(share).collect(),
    };
    world
        .transact(move |service, tx| {
            process::household::change(service, tx, &actor, &change, service.now())
        })
        .map(drop)
}

#[test]
fn a_split_that_does_not_balance_is_refused_and_a_new_household_is_young() {
    let world = World::with_households(12);
    let (old, new) = (&world.plain()[0], &world.plain()[1]);
    let mut team = team();
    team.visit(&world, old);
    world.rate(&mut team, std::slice::from_ref(old));
    let all = counted(&world, old);
    assert!(!all.is_empty());
    let split = HouseholdChangeKind::Split;
    let doubled = change(
        &world,
        split,
        &[old],
        vec![(old, all.clone()), (new, all.clone())],
    );
    assert_eq!(refusal(doubled), ErrorCode::HouseholdBalance);
    let half: Heads = all
        .iter()
        .map(|(class, heads)| (*class, heads / 2))
        .collect();
    let rest = all
        .iter()
        .map(|(class, heads)| (*class, heads - heads / 2))
        .collect();
    change(&world, split, &[old], vec![(old, half), (new, rest)]).unwrap();
    assert_eq!(
        world.state(old),
        CaseState::Watch,
        "rated again, and in effect till then"
    );
    assert_eq!(visits_asked_for(&world, old), 1);
    let subject = new.subject.clone();
    let read = |c: &_| store::register::get_of(c, &subject, "founded", "");
    let founded = world
        .service
        .store
        .read(|c| read(c).map_err(ServiceError::from))
        .unwrap();
    assert!(founded.is_some(), "the cap of young households applies");
}

#[test]
fn heirs_open_a_new_household_and_the_dead_ones_case_ends() {
    let world = World::with_households(12);
    let (dead, heir) = (&world.plain()[0], &world.plain()[1]);
    let mut team = team();
    team.visit(&world, dead);
    team.hold_evaluation(&world, dead);
    let succession = HouseholdChangeKind::Succession;
    let heads = counted(&world, dead);
    change(&world, succession, &[dead], vec![(heir, heads.clone())]).unwrap();
    let closed = Step::Close {
        cause: Cause::Death,
    };
    assert_eq!(world.case(dead).case.history().last().unwrap().step, closed);
    let again = change(&world, succession, &[dead], vec![(heir, heads)]);
    assert_eq!(
        refusal(again),
        ErrorCode::HouseholdParties,
        "it has ended before"
    );
}

#[test]
fn the_ratings_of_two_that_merge_are_superseded_by_that_of_the_new_household() {
    let world = World::with_households(15);
    let parts = world.plain()[..2].to_vec();
    let new = world.plain()[2].clone();
    let mut team = team();
    for part in &parts {
        team.visit(&world, part);
    }
    world.rate(&mut team, &parts);
    let mut heads = counted(&world, &parts[0]);
    for (class, more) in counted(&world, &parts[1]) {
        *heads.entry(class).or_insert(0) += more;
    }
    let merge = HouseholdChangeKind::Merge;
    change(&world, merge, &[&parts[0], &parts[1]], vec![(&new, heads)]).unwrap();
    assert_eq!(world.state(&parts[0]), CaseState::Watch);
    team.visit(&world, &new);
    world.rate(&mut team, std::slice::from_ref(&new));
    let states = parts.iter().map(|part| world.state(part));
    assert_eq!(states.collect::<Vec<_>>(), [CaseState::Superseded; 2]);
    assert_eq!(world.state(&new), CaseState::Effective);
}
