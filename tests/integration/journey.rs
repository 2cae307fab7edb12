//! From the doorstep to the loan desk: one household, two officers who disagree, a third person
//! who decides, and a lender who can see all of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what is not there fails the test"
)]

use itgel_device::RecordState;
use itgel_domain::assess::Assessment;
use itgel_domain::case::CaseState;
use itgel_domain::id::{AuthorisationId, SubjectId};
use itgel_domain::item::{Observation, State, Value as Found};
use itgel_domain::pack::shipped;
use itgel_domain::person::mask_name;
use itgel_domain::subject::Grade;
use itgel_fixtures::Household;
use itgel_server::store;
use itgel_tests::{Collector, Lender, LossyLink, World};
use jiff::ToSpan as _;
use serde_json::{Value, json};

/// The item on which the two officers disagree.
const SHEEP: &str = "herd.sheep";

#[test]
fn a_grade_that_survived_a_disagreement_reaches_the_lender_with_its_reasons() {
    let world = World::with_households(150);
    let household = &world.households()[0];
    let gacha = world.gacha().code;

    // Two teams load the gacha; the first has been here before and knows who lives there.
    let (first, second) = (world.home_team(), world.visiting_team());
    first.synchronise();
    first.identify(household);
    first.synchronise();
    second.synchronise();

    // Out of reach of any network both visit the same household, and count differently.
    let counted_low = household.found.clone();
    let counted_high = with_sheep(&household.found, 3 * sheep_in(&household.found));
    first.ask_consent(household);
    first.observe(household, &counted_low);
    second.ask_consent(household);
    second.observe(household, &counted_high);
    assert_is_an_explained_range(&first.provisional(household));
    assert_is_an_explained_range(&second.provisional(household));
    assert_ne!(
        first.provisional(household).range,
        second.provisional(household).range
    );

    // Each seals with a colleague's signature. The slip stays with the household.
    let first_visit = first.seal(household);
    let second_visit = second.seal(household);
    assert_eq!(
        shown(&first, household),
        ["received", "waiting"],
        "the identity, then the visit"
    );

    // The first page goes through, but the link breaks before the answer is back.
    let link = LossyLink::new(&first.link);
    assert!(first.synchronise_over(&link).is_err());
    assert!(
        shown(&first, household).contains(&"waiting"),
        "nothing is green on a guess"
    );
    assert!(first.device.receipt(&first_visit.at).unwrap().is_none());
    let report = first.synchronise_over(&link).unwrap();
    assert_eq!((report.waiting, report.set_aside), (0, 0));
    second.synchronise();
    assert_has_arrived(&first, household, &first_visit);
    assert_has_arrived(&second, household, &second_visit);

    // The township sees both values, and a grade that depends on which one is true.
    let reviewer = world.reviewer();
    let case = reviewer.case_of(household, gacha);
    assert_eq!(case["state"], "conflict");
    assert_eq!(case["assessment"]["grade"], Value::Null);
    assert_ne!(
        case["assessment"]["range"]["low"],
        case["assessment"]["range"]["high"]
    );
    let open = reviewer.conflicts(gacha);
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(
        (&open[0]["item"], values_in(&open[0]).len()),
        (&json!(SHEEP), 2)
    );
    let of_first = value_of(&open[0], &first);

    // Who counted does not decide who counted right; a third person asks again, and does.
    for officer in [&first, &second] {
        let refused = officer
            .at_the_desk(&world)
            .resolve(&open[0], &of_first)
            .unwrap_err();
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (403, "policy.not_allowed")
        );
    }
    let decision = reviewer.resolve(&open[0], &of_first).unwrap();
    for officer in [&first, &second] {
        officer.synchronise();
        assert_knows_decision(officer, household, &decision, &counted_low);
    }

    // The neighbours are heard, and the engine says a grade.
    assert_eq!(reviewer.case_of(household, gacha)["state"], "submitted");
    first.collect_ballots(household, world.evaluators());
    first.synchronise();
    let case = reviewer.case_of(household, gacha);
    assert_eq!(case["state"], "pre_rated");
    let grade: Grade = case["grade"].as_str().unwrap().parse().unwrap();
    assert!(grade.is_credit(), "{grade}");

    // The township agrees; the gacha's board shows a grade, and no more of a name than it must.
    reviewer.step(&case, &json!({ "step": "review" })).unwrap();
    let published = reviewer.publish(gacha);
    assert_eq!(published["refused"], json!([]));
    let board = reviewer.publicity(gacha);
    let head = &household.identity.people[0].full_name;
    assert_eq!(board.len(), 1);
    assert_eq!(board[0]["masked_name"], json!(mask_name(head)));
    assert!(!json!(board).to_string().contains(head.as_str()));

    // Seven full days, whatever the hurry.
    let approver = world.approver();
    let closes_on = board[0]["closes_on"].as_str().unwrap().parse().unwrap();
    let posted_on = world.today();
    assert!(
        closes_on >= posted_on.saturating_add(7.days()),
        "{posted_on} to {closes_on}"
    );
    for day in [posted_on, posted_on.saturating_add(7.days()), closes_on] {
        world.wait_until(day);
        let refused = approver.approve(&world, household).unwrap_err();
        assert_eq!(refused.code, "case.period_open", "on {day}");
    }
    world.wait_until(closes_on.saturating_add(1.day()));
    world.until("the end of the publicity", || {
        approver.approve(&world, household).ok()
    });
    assert_eq!(approver.case_of(household, gacha)["state"], "effective");

    // The rating counts for the gacha, and the gacha for the sumu.
    approver.request_snapshot(world.today());
    let titles = world.until("the titles", || {
        let titles = approver.titles(world.township());
        (!titles.is_empty()).then_some(titles)
    });
    for division in [gacha, world.township()] {
        let title = title_of(&titles, &division.to_string());
        assert_eq!(title["state"], "computed");
        assert_eq!(
            title["result"]["facts"]["credit_households"], 1,
            "{division}"
        );
        assert_eq!(
            title["result"]["assessment"]["title"]["outcome"], "not_reached",
            "one is few"
        );
    }

    // A lender without a right learns nothing, not even whether there is such a household.
    let lender = world.lender();
    assert_absent_and_not_authorised_are_one_answer(&world, &lender, household);

    // With the right that the household gave, it gets the grade and everything behind it.
    let facts = first.device.facts(&household.subject).unwrap();
    let consent = facts.consents()[0].entry.to_string();
    let days = (world.today(), world.today().saturating_add(6.months()));
    let subject = household.subject.as_str();
    let right = lender
        .register(subject, days, &json!({ "consent": consent }))
        .unwrap();
    let report = lender.report(&right, None).unwrap();
    assert_tells_grade_and_reasons(&report, grade);
    assert_tells_what_was_observed(&report, &counted_low, &decision);
    assert_query_is_recorded(&world, &report, household);

    // And the officers who began it see how it ended.
    for officer in [&first, &second] {
        officer.synchronise();
        let case = officer.case(household).unwrap();
        assert_eq!(
            (case.state, case.grade),
            (CaseState::Effective, Some(grade))
        );
    }
}

fn sheep_in(found: &[Observation]) -> i64 {
    let sheep = found.iter().find(|o| o.item.as_str() == SHEEP).unwrap();
    sheep.state.value().unwrap().as_int().unwrap()
}

fn with_sheep(found: &[Observation], heads: i64) -> Vec<Observation> {
    let mut found = found.to_vec();
    let sheep = found.iter_mut().find(|o| o.item.as_str() == SHEEP).unwrap();
    sheep.state = State::Known(Found::Int(heads));
    found
}

/// A range while the neighbours have not been heard, with reasons that the pack has words for.
fn assert_is_an_explained_range(assessment: &Assessment) {
    assert_eq!(assessment.grade, None);
    assert!(
        assessment.range.low != assessment.range.high,
        "{:?}",
        assessment.range
    );
    assert_eq!(assessment.pending, ["peer_evaluation"]);
    assert!(!assessment.reasons.is_empty());
    let pack = shipped::rules()
        .packs()
        .iter()
        .find(|p| p.hash() == assessment.pack)
        .unwrap();
    for reason in &assessment.reasons {
        assert!(
            !pack.reason_text(&reason.code).unwrap().text.zh.is_empty(),
            "{}",
            reason.code
        );
    }
}

/// What an officer sees of each record of the household, in the order of the chain.
fn shown(officer: &Collector, household: &Household) -> Vec<&'static str> {
    let records = officer.records(household);
    let word = |state: &RecordState| match state {
        RecordState::Draft => "draft",
        RecordState::Waiting => "waiting",
        RecordState::Sending => "sending",
        RecordState::Received { .. } => "received",
        RecordState::NeedsYou(_) => "needs you",
    };
    records
        .iter()
        .rev()
        .map(|record| word(&record.state))
        .collect()
}

/// Green, by a receipt under the pinned key that speaks of this very chain; and the server
/// computed what the device had computed.
fn assert_has_arrived(officer: &Collector, household: &Household, visit: &itgel_device::Sealed) {
    let receipt = officer.device.receipt(&visit.at).unwrap().unwrap();
    receipt.verify(&officer.server_key).unwrap();
    assert!(receipt.verdict(visit.at.seq).unwrap().is_received());
    assert_eq!(receipt.head, visit.head.hash);
    let record = officer
        .records(household)
        .into_iter()
        .find(|r| r.at.as_ref() == Some(&visit.at));
    match record.unwrap().state {
        RecordState::Received { flags, .. } => assert_eq!(flags, []),
        other => panic!("{other:?}"),
    }
}

fn values_in(conflict: &Value) -> &[Value] {
    conflict["values"].as_array().unwrap()
}

/// The value that an officer entered.
fn value_of(conflict: &Value, officer: &Collector) -> Value {
    let own = values_in(conflict)
        .iter()
        .find(|v| v["officer"] == json!(officer.officer));
    own.unwrap().clone()
}

/// The device has the decision, the value that it left, and no conflict.
fn assert_knows_decision(
    officer: &Collector,
    household: &Household,
    decision: &str,
    expected: &[Observation],
) {
    let cycle = officer.case(household).unwrap().cycle;
    let facts = officer.device.facts(&household.subject).unwrap();
    assert_eq!(facts.conflicts(&cycle), []);
    let decisions: Vec<_> = facts.resolutions(&cycle).into_values().flatten().collect();
    assert_eq!(decisions.len(), 1);
    assert!(decisions[0].in_force);
    assert_eq!(decisions[0].resolution.decision.as_str(), decision);
    let held = &facts.facts(&cycle).values[SHEEP];
    assert_eq!(held.state, State::Known(Found::Int(sheep_in(expected))));
}

fn title_of<'a>(titles: &'a [Value], division: &str) -> &'a Value {
    titles
        .iter()
        .find(|title| title["division"] == division)
        .unwrap()
}

/// No such authorisation, no such household, another person's household, no such consent: one
/// answer to the letter.
fn assert_absent_and_not_authorised_are_one_answer(
    world: &World,
    lender: &Lender,
    household: &Household,
) {
    let days = (world.today(), world.today().saturating_add(6.months()));
    let own_evidence = json!({ "lender_evidence": itgel_domain::hash::Hash::of_file(b"a scan") });
    let anybody = Some(("某某", "11010519491231002X"));
    let no_such_right = AuthorisationId::from_random([7; 16]);
    let no_such_household = SubjectId::from_random([7; 16]);
    let of_nobody = lender
        .register(no_such_household.as_str(), days, &own_evidence)
        .unwrap();
    let of_another = lender
        .register(household.subject.as_str(), days, &own_evidence)
        .unwrap();
    let answers = [
        lender.report(no_such_right.as_str(), None).unwrap_err(),
        lender.report(&of_nobody, anybody).unwrap_err(),
        lender.report(&of_another, anybody).unwrap_err(),
    ];
    assert_eq!(
        (answers[0].status, answers[0].code.as_str()),
        (404, "report.not_found")
    );
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:#?}"
    );
    let incomplete = [&of_nobody, &of_another].map(|right| lender.report(right, None).unwrap_err());
    assert_eq!(incomplete[0], incomplete[1]);
}

fn assert_tells_grade_and_reasons(report: &Value, grade: Grade) {
    assert_eq!(
        (&report["status"], &report["rating"]["grade"]),
        (&json!("effective"), &json!(grade))
    );
    let reasons = report["rating"]["reasons"].as_array().unwrap();
    assert!(!reasons.is_empty());
    for reason in reasons {
        assert!(
            !reason["text"]["zh-CN"]
                .as_str()
                .unwrap_or_default()
                .is_empty(),
            "{reason}"
        );
    }
    let pack = report["rating"]["rules"]["pack"].as_str().unwrap();
    let packs = shipped::rules().packs();
    assert!(
        packs.iter().any(|known| known.hash().to_string() == pack),
        "{pack}"
    );
}

fn assert_tells_what_was_observed(report: &Value, found: &[Observation], decision: &str) {
    let lines = report["body"]["lines"].as_array().unwrap();
    let sheep: Vec<_> = lines.iter().filter(|line| line["item"] == SHEEP).collect();
    assert_eq!(
        sheep.len(),
        1,
        "the value that was decided against is not told: {sheep:?}"
    );
    let observed = found.iter().find(|o| o.item.as_str() == SHEEP).unwrap();
    assert_eq!(sheep[0]["state"], json!(observed.state));
    assert_eq!(sheep[0]["evidence"], json!(observed.evidence));
    assert_eq!(sheep[0]["observed_on"], json!(observed.observed_on));
    assert_eq!(sheep[0]["recorded_by"], "field_visit");
    let certainty = &report["rating"]["certainty"];
    assert_eq!(certainty["open_conflicts"], json!([]));
    let settled = certainty["settled_conflicts"].as_array().unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!(
        (&settled[0]["item"], &settled[0]["decision"]),
        (&json!(SHEEP), &json!(decision))
    );
}

fn assert_query_is_recorded(world: &World, report: &Value, household: &Household) {
    let resource = format!("report:{}", report["issue"]["report"].as_str().unwrap());
    let rows = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, u32::MAX))
        .unwrap();
    let given: Vec<_> = rows.iter().filter(|row| row.resource == resource).collect();
    assert_eq!(given.len(), 1);
    assert_eq!(
        (given[0].action.as_str(), given[0].at),
        ("report.given", world.now())
    );
    assert_eq!(given[0].detail["subject"], json!(household.subject));
}
