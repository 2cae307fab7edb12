//! The public board and the objections that stop its clock.

use itgel_domain::case::step::{Assessed, Objection, ObjectionChannel, Outcome};
use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::subject::Grade;
use itgel_server::process;

use crate::actors::{World, refusal};
use crate::world::{object, objection, team};

#[test]
fn the_board_of_a_gacha_shows_masked_names_and_credit_grades_and_nothing_else() {
    let world = World::with_households(24);
    let mut team = team();
    let households = world.households.clone();
    for household in &households {
        team.visit(&world, household);
        team.hold_evaluation(&world, household);
        if world.state(household) == CaseState::PreRated {
            world.step("r-1", household, Step::Review).unwrap();
        }
    }
    let publication = world.publish("r-1").unwrap();
    assert!(publication.refused.is_empty() && publication.resumed.is_empty());
    let reviewed = publication.posted.len() + publication.noticed.len();
    assert!(!publication.posted.is_empty() && !publication.noticed.is_empty());

    let json = serde_json::to_string(&publication.posted).unwrap();
    for household in &households {
        let case = world.case(household).case;
        let is_posted = publication
            .posted
            .iter()
            .any(|line| line.subject == household.subject);
        let is_credit = case.grade().is_some_and(Grade::is_credit);
        assert_eq!(is_posted, is_credit, "{:?}", case.grade());
        let person = household.identity.head().unwrap();
        assert!(!json.contains(&person.full_name), "a name on the board");
        assert!(
            !json.contains(household.subject.as_str()),
            "an identifier on the board"
        );
        let line = publication
            .posted
            .iter()
            .find(|line| line.subject == household.subject);
        if let Some(line) = line {
            let first = person.full_name.chars().next().unwrap();
            assert!(line.masked_name.starts_with(first) && line.masked_name.ends_with('＊'));
            assert_eq!(case.state(), CaseState::InPublicity);
        }
    }
    let again = world.publish("r-1").unwrap();
    assert_eq!(
        again.posted.len() + again.noticed.len() + again.refused.len(),
        0
    );
    assert_eq!(
        households.len(),
        reviewed,
        "every case was reviewed and published"
    );
    let by_outsider = world.publish("a-1");
    assert_eq!(refusal(by_outsider), ErrorCode::NotAllowed);
}

#[test]
fn an_objection_stops_the_clock_until_it_is_answered() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    world.step("r-1", household, Step::Review).unwrap();
    world.publish("r-1").unwrap();
    world.pass_days(3);
    let by_phone = Objection {
        channel: ObjectionChannel::Hotline12345,
        ..objection(&world, "Y-1")
    };
    object(&world, household, by_phone);
    world.pass_days(20);
    let run = process::run_periods(&world.service, world.now()).unwrap();
    assert_eq!(
        (run.closed, world.state(household)),
        (0, CaseState::Disputed)
    );
    // What a corrected grade would be is never taken from the request.
    let grade = Grade::Aaa;
    let assessed = Some(Assessed {
        assessment: Hash::of_file(b"mine"),
        grade,
        cap: None,
    });
    let before = world.case(household).case.grade();
    let outcome = Outcome::Upheld { assessed };
    let decide = Step::DecideObjection {
        receipt: "Y-1".into(),
        outcome,
    };
    world.step("o-1", household, decide).unwrap();
    let case = world.case(household).case;
    assert_eq!((case.state(), case.grade()), (CaseState::Reviewed, before));
    let publication = world.publish("r-1").unwrap();
    assert_eq!(
        publication.resumed,
        [case.id],
        "nothing changed in public: the period runs on"
    );
    process::run_periods(&world.service, world.now()).unwrap();
    world.approve(household);
    assert_eq!(world.state(household), CaseState::Effective);
}
