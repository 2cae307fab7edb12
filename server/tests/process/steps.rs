//! The way of a case to its grade in effect: which step follows, who takes it, and what a stale or
//! foreign reader is told.

use itgel_domain::case::step::{Assessed, Peer};
use itgel_domain::case::{CaseState, Reason, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::DeviceSigner as _;
use itgel_domain::hash::Hash;
use itgel_domain::subject::Grade;
use itgel_domain::sync::pull::PullItem;
use itgel_fixtures::Household;
use itgel_server::process::{self, Countersigned, StepRequest};
use itgel_server::{ServiceError, store};

use crate::actors::{World, device_id, refusal, request, signer_of};
use crate::world::{assert_boards_count_ratings, listed, listed_in, move_to, queue_of, team};

#[test]
fn a_case_waits_for_its_ballots_and_nobody_can_hand_in_a_grade() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    assert!(world.find_case(household).is_none());
    team.visit(&world, household);
    assert_eq!(world.state(household), CaseState::Submitted);

    let assessed = Assessed {
        assessment: Hash::of_file(b"mine"),
        grade: Grade::Aaa,
        cap: None,
    };
    let wish = Step::PreRate {
        assessed,
        peer: Peer::Held,
    };
    assert_eq!(
        refusal(world.step("g-1", household, wish)),
        ErrorCode::CasePeerPending
    );

    team.hold_evaluation(&world, household);
    let row = world.case(household);
    assert_eq!(row.case.state(), CaseState::PreRated);
    let stored = world
        .service
        .store
        .read(|c| store::assessment::get(c, &row.inputs.unwrap()).map_err(ServiceError::from))
        .unwrap()
        .expect("the assessment that the case rests on is kept");
    let assessment: itgel_domain::assess::Assessment =
        serde_json::from_str(&stored.result).unwrap();
    assert_eq!(row.case.grade(), assessment.grade);
    assert_eq!(row.case.assessed().unwrap().assessment, assessment.hash());
}

#[test]
fn no_rating_is_in_effect_without_seven_full_days_and_two_more_people() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    let approve = || {
        let effective_on = world.now().on();
        Step::Approve {
            effective_on,
            valid_to: effective_on.saturating_add(jiff::Span::new().years(1)),
        }
    };
    assert_eq!(
        refusal(world.step("a-1", household, approve())),
        ErrorCode::CaseStep
    );
    world.step("r-1", household, Step::Review).unwrap();
    world.publish("r-1").unwrap();
    // Day 7 is over at midnight, not before.
    world.pass_days(7);
    process::run_periods(&world.service, world.now()).unwrap();
    assert_eq!(
        refusal(world.step("a-1", household, approve())),
        ErrorCode::CasePeriodOpen
    );
    world.pass_days(1);
    process::run_periods(&world.service, world.now()).unwrap();
    assert_eq!(
        refusal(world.step("r-1", household, approve())),
        ErrorCode::NotAllowed
    );
    world.step("a-1", household, approve()).unwrap();
    assert_eq!(world.state(household), CaseState::Effective);

    let subject = household.subject.clone();
    let rating = world
        .service
        .store
        .read(|c| store::rating::get_current(c, &subject).map_err(ServiceError::from))
        .unwrap()
        .expect("a rating is in effect");
    assert_eq!(Some(rating.grade), world.case(household).case.grade());
    assert_boards_count_ratings(&world);
    let told = listed(&world).into_iter().filter_map(|item| match item {
        PullItem::Case(case) if case.subject == household.subject => Some((case.state, case.grade)),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told.last(),
        Some(&(CaseState::Effective, Some(rating.grade)))
    );
    let early = told
        .iter()
        .filter(|(state, _)| *state != CaseState::Effective);
    assert!(early.clone().count() > 3 && early.clone().all(|(_, grade)| grade.is_none()));
}

#[test]
fn what_was_read_before_somebody_else_acted_is_stale() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    let case = world.case(household).case;
    let read = request(case.id.clone(), case.version(), Step::Review);
    world.request("r-2", read.clone()).unwrap();
    let late = world.request(
        "r-1",
        StepRequest {
            step: Step::Return,
            ..read
        },
    );
    assert_eq!(refusal(late), ErrorCode::CaseStale);
    assert_eq!(world.state(household), CaseState::Reviewed);
}

#[test]
fn a_case_of_another_sumu_does_not_exist_for_a_reviewer() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    team().visit(&world, household);
    world
        .transact(|_, tx| {
            let id: itgel_domain::id::OfficerId = "r-9".parse().unwrap();
            let sumu = "150623101".parse().unwrap();
            let name = "r-9".to_owned();
            let record = store::officer::OfficerRecord {
                id: id.clone(),
                name,
                division: sumu,
            };
            store::officer::put(tx, &record)?;
            Ok(store::officer::grant(tx, &id, Role::Reviewer, sumu)?)
        })
        .unwrap();
    assert_eq!(
        refusal(world.step("r-9", household, Step::Return)),
        ErrorCode::CaseUnknown
    );
    let actor = world.officer("r-9");
    let id = world.case(household).case.id;
    let read = world
        .service
        .store
        .read(|c| process::case(&world.service, c, &actor, &id));
    assert_eq!(refusal(read), ErrorCode::CaseUnknown);
    let filter = queue_of(&world, None);
    let queue = world
        .service
        .store
        .read(|c| process::queue(c, &actor, &filter));
    assert_eq!(refusal(queue), ErrorCode::ScopeOutside);
}

#[test]
fn a_returned_case_asks_for_a_visit_and_comes_back_with_the_next_seal() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    let case = world.case(household).case;
    let mut asked = request(case.id.clone(), case.version(), Step::Return);
    asked.item = Some("herd.sheep".parse().unwrap());
    asked.reason = Reason::new("COUNT", "请重新清点羊只");
    let wordless = StepRequest {
        reason: Reason::code("COUNT"),
        ..asked.clone()
    };
    assert_eq!(
        refusal(world.request("r-1", wordless)),
        ErrorCode::CaseReason
    );
    world.request("r-1", asked).unwrap();
    let task = listed(&world)
        .into_iter()
        .rev()
        .find_map(|item| match item {
            PullItem::Task(task) => Some(task),
            _ => None,
        });
    let task = task.expect("devices of the gacha learn what to make good");
    assert_eq!(
        (task.text.as_str(), task.subject),
        ("请重新清点羊只", household.subject.clone())
    );
    assert_eq!(task.item.unwrap().as_str(), "herd.sheep");

    team.seal(&world, household, &household.found);
    assert_eq!(world.state(household), CaseState::Submitted);
    team.hold_evaluation(&world, household);
    assert_eq!(world.state(household), CaseState::PreRated);
}

#[test]
fn the_new_gacha_of_a_household_heard_nothing_of_what_the_old_one_was_asked() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    team().visit(&world, household);
    let case = world.case(household).case;
    let mut asked = request(case.id.clone(), case.version(), Step::Return);
    asked.reason = Reason::new("COUNT", "请重新清点羊只");
    world.request("r-1", asked).unwrap();
    let (old, new) = (world.gacha.code, world.banner.gachas[4].code);
    move_to(&world, household, new);
    let of_case = |division| -> Vec<PullItem> {
        let items = listed_in(&world, division).into_iter();
        let of = |item: &PullItem| match item {
            PullItem::Case(case) => case.subject == household.subject,
            PullItem::Task(task) => task.subject == household.subject,
            _ => false,
        };
        items.filter(of).collect()
    };
    let told = of_case(new);
    assert!(
        matches!(&told[..], [PullItem::Case(case), PullItem::Task(task)]
            if case.state == CaseState::Returned && task.text == "请重新清点羊只"),
        "{told:?}"
    );
    assert_eq!(of_case(old), []);
}

#[test]
fn one_bad_case_of_a_batch_never_blocks_the_others() {
    let world = World::with_households(12);
    let mut team = team();
    let chosen = world.plain();
    for household in &chosen[..3] {
        team.visit(&world, household);
        team.hold_evaluation(&world, household);
    }
    let ask = |household: &Household, version: u64| {
        request(world.case(household).case.id, version, Step::Review)
    };
    let version = world.case(&chosen[0]).case.version();
    let unknown = request("nowhere".parse().unwrap(), 1, Step::Review);
    let batch = vec![
        ask(&chosen[0], version),
        ask(&chosen[1], 1),
        unknown,
        ask(&chosen[2], version),
    ];
    let actor = world.officer("r-1");
    let results = process::step_batch(&world.service, &actor, batch, world.now()).unwrap();
    let codes: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().err().map(ServiceError::code))
        .collect();
    let expected = [
        None,
        Some(ErrorCode::CaseStale),
        Some(ErrorCode::CaseUnknown),
        None,
    ];
    assert_eq!(codes, expected);
    let states: Vec<_> = chosen[..3]
        .iter()
        .map(|household| world.state(household))
        .collect();
    assert_eq!(
        states,
        [
            CaseState::Reviewed,
            CaseState::PreRated,
            CaseState::Reviewed
        ]
    );
    let many = vec![ask(&chosen[1], 1); process::MAX_BATCH + 1];
    let refused = process::step_batch(&world.service, &actor, many, world.now());
    assert_eq!(refusal(refused), ErrorCode::RequestTooLarge);
}

#[test]
fn a_grade_moves_by_one_notch_only_with_a_second_reviewers_own_signature() {
    let world = World::with_households(24);
    let mut team = team();
    let household = &world.plain()[0];
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    let case = world.case(household).case;
    let computed = case.grade().unwrap();
    let place = Grade::SCORED.iter().position(|g| *g == computed).unwrap();
    let wanted = Grade::SCORED[if place == 0 { 1 } else { place - 1 }];
    let second = "r-2".parse().unwrap();
    let mut asked = request(
        case.id.clone(),
        case.version(),
        Step::Override {
            grade: wanted,
            second,
        },
    );
    assert_eq!(
        refusal(world.request("r-1", asked.clone())),
        ErrorCode::CaseOverride
    );

    let sign = |signer: &str, grade: Grade| {
        let message = process::override_message(&case.id, case.version(), grade, &asked.reason);
        data_encoding::HEXLOWER.encode(&signer_of(signer).sign(&message))
    };
    let signed = |device: &str, signature: String| {
        Some(Countersigned {
            device: device_id(device),
            signature,
        })
    };
    let forged = [
        signed("r-2", sign("r-1", wanted)),   // with another key
        signed("r-2", sign("r-2", computed)), // for another grade
        signed("r-1", sign("r-1", wanted)),   // of the first reviewer
    ];
    let genuine = signed("r-2", sign("r-2", wanted));
    for countersignature in forged {
        let attempt = StepRequest {
            countersignature,
            ..asked.clone()
        };
        assert_eq!(
            refusal(world.request("r-1", attempt)),
            ErrorCode::CaseOverride
        );
    }
    asked.countersignature = genuine;
    let done = world.request("r-1", asked).unwrap();
    assert_eq!(done.grade, Some(wanted));
    assert!(world.case(household).case.is_overridden());
}

#[test]
fn every_step_is_in_the_audit_log_with_its_leaf() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    world.rate(&mut team, std::slice::from_ref(household));
    let case = world.case(household).case;
    let leaves = world
        .service
        .store
        .read(|c| store::log::list_leaves(c, 0).map_err(ServiceError::from))
        .unwrap();
    for event in case.history() {
        let rows = world.audit(&format!("case.{}", event.step.kind()));
        let row = rows
            .iter()
            .find(|row| row.resource == format!("case/{}", case.id) && row.detail["n"] == event.n)
            .unwrap_or_else(|| panic!("{:?} is not in the audit log", event.step));
        let leaf: Hash = row.detail["leaf"].as_str().unwrap().parse().unwrap();
        let hashed = itgel_domain::log::leaf_hash(itgel_domain::log::LeafKind::Decision, &leaf);
        assert!(leaves.contains(&hashed));
        assert!(
            !row.detail.to_string().contains("因为测试"),
            "words in the audit log"
        );
    }
}
