//! What devices offer at the door and in the gacha, over the real server: lenders in a consent,
//! registrations, and what the gacha's group says.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds itself is well formed, or the test fails"
)]

use itgel_device::{Error, NewHousehold, RecordState, ReviewDraft};
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::CaseState;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Recipient;
use itgel_domain::file::envelope::Ballot;
use itgel_domain::id::{LenderId, SubjectId};
use itgel_domain::identity::Person;
use itgel_domain::sync::push::Flag;
use itgel_fixtures::Household;
use itgel_server::store::Tx;
use itgel_server::store::lender::LenderRecord;
use itgel_server::{Service, setup};
use itgel_tests::{Lender, World};
use jiff::ToSpan as _;
use serde_json::{Value, json};

/// A second lender with a contract in the whole banner.
fn other_lender(world: &World) -> (LenderRecord, Lender) {
    let (private, public) = itgel::client::key_pair(&[77; 32]);
    let record = LenderRecord {
        id: "rcc-other".parse().unwrap(),
        name: "示例另一家信用社".into(),
        name_mn: String::new(),
        valid_from: world.today().saturating_sub(30.days()),
        valid_to: None,
        division: world.sample.banner.code,
        purposes: vec![Purpose::LoanDecision],
        daily_quota: 100,
    };
    enter(world, &record);
    let (id, now) = (record.id.clone(), world.now());
    let key = move |_: &Service, tx: &Tx<'_>| setup::add_lender_key(tx, &id, &public, now);
    world.service.transact("test.lender_key", key).unwrap();
    let lender = world.lender_with_key(&record.id, &private);
    (record, lender)
}

fn enter(world: &World, record: &LenderRecord) {
    let (record, today) = (record.clone(), world.today());
    let enter = move |_: &Service, tx: &Tx<'_>| setup::add_lender(tx, &record, today);
    world.service.transact("test.lender", enter).unwrap();
}

pub(crate) fn naming(lender: &LenderId) -> Vec<Recipient> {
    vec![Recipient {
        lender: lender.clone(),
        purpose: Purpose::LoanDecision,
    }]
}

/// What a lender may ask for about a household.
pub(crate) fn rights(lender: &Lender, subject: &SubjectId) -> Vec<Value> {
    let mut all = lender.authorisations().unwrap();
    all.retain(|right| right["subject"] == json!(subject));
    all
}

#[test]
fn a_lender_that_was_ticked_at_the_door_gets_the_rating_and_no_other_until_it_is_taken_back() {
    let world = World::with_households(150);
    let household = &world.households()[0];
    let subject = &household.subject;
    let (other, machine) = other_lender(&world);
    let team = world.home_team();
    team.synchronise();
    team.identify(household);
    let offered = team.device.lenders(world.gacha().code, world.today());
    let offered: Vec<_> = offered.unwrap().into_iter().map(|l| l.lender).collect();
    assert_eq!(offered, [other.id.clone(), world.sample.lender.clone()]);

    // One of the two is ticked.
    team.ask_consent_naming(household, naming(&other.id));
    team.observe(household, &household.found);
    team.seal(household);
    team.synchronise();
    let own = rights(&machine, subject);
    assert_eq!(own.len(), 1, "{own:?}");
    assert_eq!(
        (&own[0]["purpose"], &own[0]["from"], &own[0]["revoked"]),
        (
            &json!("loan_decision"),
            &json!(world.today()),
            &json!(false)
        )
    );
    let until = world.today().saturating_add(1.year());
    assert_eq!(own[0]["until"], json!(until), "as long as the consent");
    let right = own[0]["id"].as_str().unwrap();
    let never_given = machine.report("never-given", None).unwrap_err();
    assert_eq!(
        machine.report(right, None).unwrap_err(),
        never_given,
        "nothing is effective yet"
    );

    world.rate(&team, household, (&world.reviewer(), &world.approver()));
    let report = machine.report(right, None).unwrap();
    assert_eq!(report["status"], "effective");
    let sample = world.lender();
    assert_eq!(rights(&sample, subject), Vec::<Value>::new());
    let foreign = sample.report(right, None).unwrap_err();
    assert_eq!(
        (foreign.status, foreign.code.as_str()),
        (404, "report.not_found")
    );
    assert_eq!(
        foreign, never_given,
        "absent and not authorised are one answer"
    );

    // Taken back at the door: until the server receives it nothing has changed.
    team.synchronise();
    let consent = team.device.facts(subject).unwrap().consents()[0]
        .entry
        .clone();
    team.device
        .withdraw_consent(subject, &consent, world.today(), world.now())
        .unwrap();
    assert!(machine.report(right, None).is_ok());
    team.synchronise();
    assert_eq!(machine.report(right, None).unwrap_err(), never_given);
    assert_eq!(rights(&machine, subject)[0]["revoked"], json!(true));
}

#[test]
fn a_consent_that_names_a_lender_without_a_contract_counts_under_a_mark_and_opens_nothing() {
    let world = World::with_households(150);
    let [unknown, ended] = [&world.households()[0], &world.households()[1]];
    let (team, reviewer, gacha) = (world.home_team(), world.reviewer(), world.gacha().code);
    let (mut record, machine) = other_lender(&world);
    team.synchronise();
    record.valid_to = Some(world.today().yesterday().unwrap());
    enter(&world, &record);
    for (household, lender) in [(unknown, "nobody"), (ended, "rcc-other")] {
        team.identify(household);
        team.ask_consent_naming(household, naming(&lender.parse().unwrap()));
        team.observe(household, &household.found);
        team.seal(household);
    }
    team.synchronise();
    for household in [unknown, ended] {
        let records = team.records(household);
        let flagged = records.iter().any(|record| match &record.state {
            RecordState::Received { flags, .. } => flags.contains(&Flag::LenderUncovered),
            _ => false,
        });
        assert!(flagged, "{records:?}");
        let case = reviewer.case_of(household, gacha);
        assert_eq!(case["state"], "submitted", "the visit counts");
    }
    let gone = team.device.lenders(world.gacha().code, world.today());
    assert!(gone.unwrap().iter().all(|l| l.lender != record.id));
    // And who has no contract does not even sign in.
    assert_eq!(machine.authorisations().unwrap_err().status, 401);
    record.valid_to = None;
    enter(&world, &record);
    assert_eq!(
        rights(&machine, &ended.subject),
        Vec::<Value>::new(),
        "a new contract needs a new consent"
    );
}

#[test]
fn a_registration_with_its_reason_becomes_a_household_that_a_second_device_sees() {
    let world = World::with_households(150);
    let (first, second) = (world.home_team(), world.visiting_team());
    let (reviewer, gacha) = (world.reviewer(), world.gacha().code);
    first.synchronise();
    second.synchronise();
    let known = &world.households()[0];
    first.identify(known);
    let new = NewHousehold {
        division: world.gacha().code,
        local_code: "990".into(),
        people: vec![Person {
            role: "head".into(),
            full_name: known.identity.people[0].full_name.clone(),
            name_mn: None,
            id_number: Some("11010519491231002X".into()),
            phone: None,
        }],
        place: None,
    };
    let alike: Vec<_> = first.device.alike(&new).unwrap();
    let unlike: Vec<SubjectId> = alike.into_iter().map(|one| one.id).collect();
    assert!(
        unlike.contains(&known.subject),
        "the same name is warned of"
    );
    let refused = first.device.register(&new, (&[], ""), world.now());
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    let reason = "同名不同人（示例）";
    let id = first
        .device
        .register(&new, (&unlike, reason), world.now())
        .unwrap();
    first.synchronise();
    second.synchronise();
    let home = second.device.subject(&id).unwrap();
    assert_eq!(
        (home.division, home.local_code.as_str()),
        (new.division, "990")
    );
    let records = second.device.identity(&id).unwrap();
    assert_eq!(records[0].people[0].full_name, new.people[0].full_name);
    let registration = records[0].registration.as_ref().unwrap();
    assert_eq!(registration.reason, reason);
    assert_eq!(registration.unlike, unlike);

    // It is visited like any other.
    let visited = Household {
        subject: id,
        local_code: "990".into(),
        ..known.clone()
    };
    first.visit(&visited, &known.found);
    first.synchronise();
    assert_eq!(reviewer.case_of(&visited, gacha)["state"], "submitted");
    second.synchronise();
    assert_eq!(second.case(&visited).unwrap().state, CaseState::Submitted);
}

#[test]
fn what_the_gachas_group_says_on_its_device_moves_the_cases() {
    let world = World::with_households(150);
    let [returned, confirmed] = [&world.households()[0], &world.households()[1]];
    let (reviewer, gacha) = (world.reviewer(), world.gacha().code);
    let team = world.home_team();
    team.synchronise();
    for household in [returned, confirmed] {
        team.identify(household);
        team.visit(household, &household.found);
    }
    team.synchronise();
    team.collect_ballots(confirmed, world.evaluators());
    team.synchronise();
    assert_eq!(team.device.is_group_member(gacha).unwrap(), Some(false));
    let draft = |household: &Household, reason: Option<&str>| ReviewDraft {
        subject: household.subject.clone(),
        cycle: world.cycle().clone(),
        returned_for: reason.map(str::to_owned),
    };
    let refused = team
        .device
        .put_review(draft(returned, Some("示例")), world.now());
    assert_eq!(codes(refused)[0], ErrorCode::GroupUnlisted);

    let group = world.group();
    group.synchronise();
    assert_eq!(group.device.is_group_member(gacha).unwrap(), Some(true));
    let due = group
        .device
        .reviews(gacha, world.cycle(), world.today(), (0, 20))
        .unwrap();
    let mut due: Vec<_> = due.into_iter().map(|one| (one.id, one.state)).collect();
    due.sort();
    let mut expected = [
        (returned.subject.clone(), CaseState::Submitted),
        (confirmed.subject.clone(), CaseState::PreRated),
    ];
    expected.sort();
    assert_eq!(due, expected);
    let reason = "羊数与实际不符（示例）";
    let say = |draft| group.device.put_review(draft, world.now()).unwrap();
    say(draft(returned, Some(reason)));
    say(draft(confirmed, None));
    group.synchronise();
    let case = reviewer.case_of(returned, gacha);
    assert_eq!(case["state"], "returned");
    let text = case["history"].as_array().unwrap().last().unwrap()["reason"]["text"].clone();
    assert_eq!(text, json!(reason));
    assert_eq!(reviewer.case_of(confirmed, gacha)["state"], "pre_rated");
    team.synchronise();
    assert_eq!(team.case(returned).unwrap().state, CaseState::Returned);
    let asked: Vec<_> = team.device.needs().unwrap();
    assert!(!asked.is_empty(), "who visited is asked to go again");
}

#[test]
fn an_evaluator_who_is_on_no_roll_is_refused_before_anything_is_written() {
    let world = World::with_households(150);
    let household = &world.households()[0];
    let team = world.home_team();
    team.synchronise();
    team.identify(household);
    team.visit(household, &household.found);
    let stranger = "group-stranger".parse().unwrap();
    let ballot = Ballot {
        subject: household.subject.clone(),
        cycle: world.cycle().clone(),
        evaluator: stranger,
        scores: [5; 4],
    };
    let refused = team.device.put_ballot(ballot, world.now());
    assert_eq!(codes(refused), [ErrorCode::EvaluatorUnlisted]);
    team.collect_ballots(household, world.evaluators().take(1));
    team.synchronise();
}

fn codes<T>(answer: Result<T, Error>) -> Vec<ErrorCode> {
    match answer {
        Err(Error::Invalid(wrong)) => wrong.into_iter().map(|one| one.code).collect(),
        _ => Vec::new(),
    }
}
