//! The queue of cases and what a reviewer is shown of one.

use itgel_domain::case::CaseState;
use itgel_domain::error::ErrorCode;
use itgel_fixtures::Twist;
use itgel_server::process::{self, QueueFilter};
use itgel_server::{registers, store};

use crate::actors::{self, World, refusal};
use crate::world::{queue_of, second_team, team, with};

#[test]
fn the_queue_shows_every_case_once_and_first_what_needs_a_person() {
    let world = World::with_households(15);
    let (mut first, mut second) = (team(), second_team());
    let conflicting = with(&world, Twist::DecisiveConflict);
    let chosen = world.plain();
    for household in &chosen[..4] {
        first.visit(&world, household);
    }
    first.hold_evaluation(&world, &chosen[0]);
    first.visit(&world, &conflicting);
    second.seal(
        &world,
        &conflicting,
        conflicting.found_again.as_ref().unwrap(),
    );

    let actor = world.officer("r-1");
    let page = |after: Option<String>| {
        let filter = queue_of(&world, after);
        world
            .service
            .store
            .read(|c| process::queue(c, &actor, &filter))
            .unwrap()
    };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = page(after);
        seen.extend(page.cases);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let states: Vec<_> = seen.iter().map(|case| case.state).collect();
    use CaseState::{Conflict, PreRated, Submitted};
    assert_eq!(
        states,
        [Conflict, PreRated, Submitted, Submitted, Submitted]
    );
    let mut ids: Vec<_> = seen.iter().map(|case| case.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);

    let search = Some(chosen[1].local_code.clone());
    let filter = QueueFilter {
        search,
        ..queue_of(&world, None)
    };
    let found = world
        .service
        .store
        .read(|c| process::queue(c, &actor, &filter))
        .unwrap();
    assert_eq!(found.cases.len(), 1);
    assert_eq!(found.cases[0].subject, chosen[1].subject);
    let nonsense = queue_of(&world, Some("1~x~y".into()));
    let refused = world
        .service
        .store
        .read(|c| process::queue(c, &actor, &nonsense));
    assert_eq!(refusal(refused), ErrorCode::RequestMalformed);

    let related = chosen[1].subject.clone();
    world
        .transact(move |service, tx| {
            let officer = "r-1".parse().unwrap();
            let own = actors::interest(&related, &officer, &officer, service.now());
            Ok(store::interest::put(tx, &own)?)
        })
        .unwrap();
    let filter = QueueFilter {
        search: Some(chosen[1].local_code.clone()),
        ..queue_of(&world, None)
    };
    let found = world
        .service
        .store
        .read(|c| process::queue(c, &actor, &filter))
        .unwrap();
    assert!(
        found.cases.is_empty(),
        "a reviewer does not see the case of a relative"
    );

    let detail = world
        .service
        .store
        .read(|c| process::case(&world.service, c, &actor, &seen[0].id))
        .unwrap();
    assert!(!detail.conflicts.is_empty() && detail.assessment.is_some());
    assert!(!detail.due.is_empty() && !detail.has_moved_on);
    assert_eq!(detail.people.len(), 4);
}

#[test]
fn a_register_row_after_the_pre_rating_is_shown_to_the_reviewer() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    let grade = world.case(household).case.grade();
    let about = household.subject.clone();
    let gacha = world.gacha.code;
    world
        .transact(move |service, tx| {
            let row = itgel_domain::register::RegisterRow {
                id: "late-row".parse().unwrap(),
                division: gacha,
                subject: Some(about),
                key: "late".into(),
                revision: 1,
                valid_from: actors::TODAY,
                valid_to: None,
                source: "示例名单".into(),
                content: itgel_domain::register::RegisterContent::Tip("TIP_ROLLOVER".into()),
            };
            registers::put(service, tx, &row, "test", service.now())
        })
        .unwrap();
    let actor = world.officer("r-1");
    let case = world.case(household).case;
    let detail = world
        .service
        .store
        .read(|c| process::case(&world.service, c, &actor, &case.id))
        .unwrap();
    assert_eq!((case.grade(), detail.has_moved_on), (grade, true));
}
