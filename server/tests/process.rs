//! The process of a rating over a real database, through the functions that routes and devices
//! call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod actors;
#[path = "process/households.rs"]
mod households;
#[path = "process/integrity.rs"]
mod integrity;
#[path = "process/platform.rs"]
mod platform;
#[path = "process/retention.rs"]
mod retention;
#[path = "process/rights.rs"]
mod rights;

use actors::{Collector, World, device_id, refusal, request, signer_of};
use itgel_domain::case::step::{
    Assessed, Cause, Objection, ObjectionChannel, ObjectionGround, Outcome, Peer,
};
use itgel_domain::case::{CaseState, Reason, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::DeviceSigner as _;
use itgel_domain::file::entry::Picked;
use itgel_domain::hash::Hash;
use itgel_domain::subject::Grade;
use itgel_domain::sync::pull::PullItem;
use itgel_domain::sync::push::Verdict;
use itgel_fixtures::{Household, Twist};
use itgel_server::process::{self, Countersigned, QueueFilter, ResolveRequest, StepRequest};
use itgel_server::store::board::Counts;
use itgel_server::{ServiceError, registers, store};

/// Households that nothing sets apart.
fn plain(world: &World) -> Vec<Household> {
    world
        .households
        .iter()
        .filter(|h| h.twist.is_none())
        .cloned()
        .collect()
}

fn with(world: &World, twist: Twist) -> Household {
    world
        .households
        .iter()
        .find(|h| h.twist == Some(twist))
        .unwrap()
        .clone()
}

fn team() -> Collector {
    Collector::new("c-1", "c-2")
}

fn second_team() -> Collector {
    Collector::new("c-3", "c-4")
}

/// What devices of the gacha find at the end of their list.
fn listed(world: &World) -> Vec<PullItem> {
    let division = world.gacha.code;
    let rows = world
        .service
        .store
        .read(|c| store::list::list(c, division, 0, 100_000).map_err(ServiceError::from))
        .unwrap();
    let item = |row: store::list::ListRow| match row.content {
        store::list::Content::Item(bytes) => minicbor::decode(&bytes).ok(),
        _ => None,
    };
    rows.into_iter().filter_map(item).collect()
}

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

/// The grades in effect as the ratings say, against the counters of every board above them.
fn assert_boards_count_ratings(world: &World) {
    let (gacha, cycle) = (world.gacha.code, &world.cycle.id);
    let today = world.now().on();
    let (counted, expected) = world
        .service
        .store
        .read(|c| {
            let mut expected = Counts::default();
            for rated in store::rating::list_in_effect(c, gacha, today)? {
                expected.add(&Counts::of_effective(rated.grade));
            }
            let boards = [Some(gacha), gacha.parent(), Some(world.banner.code)];
            let counts = boards
                .into_iter()
                .flatten()
                .map(|board| store::board::get(c, board, cycle));
            Ok::<_, ServiceError>((counts.collect::<Result<Vec<_>, _>>()?, expected))
        })
        .unwrap();
    for counts in counted {
        assert_eq!(counts.effective, expected.effective);
    }
}

#[test]
fn a_case_waits_for_its_ballots_and_nobody_can_hand_in_a_grade() {
    let world = World::with_households(12);
    let household = &plain(&world)[0];
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
    let household = &plain(&world)[0];
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

#[test]
fn what_was_read_before_somebody_else_acted_is_stale() {
    let world = World::with_households(12);
    let household = &plain(&world)[0];
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
    let household = &plain(&world)[0];
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
    let household = &plain(&world)[0];
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
fn one_bad_case_of_a_batch_never_blocks_the_others() {
    let world = World::with_households(12);
    let mut team = team();
    let chosen = plain(&world);
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
    let household = &plain(&world)[0];
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
fn a_newer_rating_takes_the_place_of_the_older_one_and_is_counted_once() {
    let mut world = World::with_households(12);
    let household = plain(&world)[0].clone();
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
    let household = &plain(&world)[0];
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
fn an_objection_stops_the_clock_until_it_is_answered() {
    let world = World::with_households(12);
    let household = &plain(&world)[0];
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    world.step("r-1", household, Step::Review).unwrap();
    world.publish("r-1").unwrap();
    world.pass_days(3);
    let objection = Objection {
        channel: ObjectionChannel::Hotline12345,
        receipt: "Y-1".into(),
        ground: ObjectionGround::WrongOrMissing,
        of_subject: true,
        filed_at: world.now(),
    };
    world
        .step("o-1", household, Step::Object { objection })
        .unwrap();
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

#[test]
fn the_gachas_group_sends_a_visit_back_from_its_device_and_confirms_what_was_pre_rated() {
    let world = World::with_households(12);
    let [first, second] = [&plain(&world)[0], &plain(&world)[1]];
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
    let household = &plain(&world)[0];
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
    let household = &plain(&world)[0];
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

fn queue_of(world: &World, after: Option<String>) -> QueueFilter {
    QueueFilter {
        cycle: world.cycle.id.clone(),
        division: world.gacha.code,
        state: None,
        search: None,
        after,
        limit: Some(2),
    }
}

#[test]
fn the_queue_shows_every_case_once_and_first_what_needs_a_person() {
    let world = World::with_households(15);
    let (mut first, mut second) = (team(), second_team());
    let conflicting = with(&world, Twist::DecisiveConflict);
    let chosen = plain(&world);
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
fn an_erased_household_leaves_no_words_and_is_on_no_board() {
    let world = World::with_households(12);
    let household = &plain(&world)[0];
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
fn every_step_is_in_the_audit_log_with_its_leaf() {
    let world = World::with_households(12);
    let household = &plain(&world)[0];
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

#[test]
fn a_register_row_after_the_pre_rating_is_shown_to_the_reviewer() {
    let world = World::with_households(12);
    let household = &plain(&world)[0];
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

#[test]
fn a_household_that_moves_takes_its_case_and_its_rating_along() {
    let world = World::with_households(12);
    let household = &plain(&world)[0];
    let mut team = team();
    team.visit(&world, household);
    world.rate(&mut team, std::slice::from_ref(household));
    let (old, new) = (world.gacha.code, world.banner.gachas[4].code);
    let moved = itgel_domain::subject::Subject {
        id: household.subject.clone(),
        kind: itgel_domain::subject::SubjectKind::Household,
        division: new,
        local_code: "900".into(),
    };
    world
        .transact(move |service, tx| {
            registers::move_subject(service, tx, &moved, actors::TODAY, service.now())
        })
        .unwrap();
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
