//! What a subject asks for and what goes back to it: the human decision, the repair, the receipt
//! note and the written answer; who keeps which deadline, and who stands in.

use itgel_domain::case::step::{Objection, Outcome};
use itgel_domain::case::{CaseState, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::objection::{Objector, ReceiptNumber};
use itgel_domain::log::root_of;
use itgel_domain::rights::{
    Asking, HandDecision, IdentityCheck, Relation, RequestState, RightKind,
};
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_domain::time::AtMs;
use itgel_fixtures::Household;
use itgel_server::process::{self, AbsenceRequest, DutyPage, Letter, LetterKind};
use itgel_server::rights::desk::{self, AnswerRequest, RequestView, TakeRequest};
use itgel_server::{ServiceError, store};

use crate::actors::{Collector, World, device_id, refusal};
use crate::world::{object, objection, team};

const DAY_MS: i64 = 86_400_000;

fn ask(world: &World, by: &str, household: &Household) -> Result<RequestView, ServiceError> {
    let actor = world.officer(by);
    let request = TakeRequest {
        subject: household.subject.clone(),
        asking: Asking {
            kind: RightKind::HumanDecision,
            person: "head".into(),
            relation: Relation::Own,
            proof: None,
            checked: IdentityCheck::IdCard,
            words: "请由人员重新看".into(),
            case: Some(world.case(household).case.id),
            record: None,
        },
    };
    world.transact(move |service, tx| desk::take(service, tx, &actor, &request, service.now()))
}

fn answer(
    world: &World,
    by: &str,
    asked: &RequestView,
    decision: Option<HandDecision>,
) -> Result<RequestView, ServiceError> {
    let (actor, id) = (world.officer(by), asked.id.clone());
    let request = AnswerRequest {
        ground: None,
        decision,
        amendment: None,
        words: "逐项核对后作出".into(),
    };
    world.transact(move |service, tx| {
        desk::answer(service, tx, &actor, (&id, &request), service.now())
    })
}

fn letter(
    world: &World,
    household: &Household,
    receipt: &str,
    kind: LetterKind,
) -> Result<Letter, ServiceError> {
    let (actor, case) = (world.officer("o-1"), world.case(household).case.id);
    let receipt = receipt.to_owned();
    world.transact(move |service, tx| {
        let about = (&case, receipt.as_str());
        process::letter(service, tx, &actor, about, kind, ("zh-CN", service.now()))
    })
}

fn duties(world: &World, reader: &str) -> DutyPage {
    let actor = world.officer(reader);
    let place = (&world.cycle.id, world.gacha.code);
    world
        .service
        .store
        .read(|c| process::duties(&world.service, c, &actor, place, None, 200))
        .unwrap()
}

/// A household on the board.
fn published(world: &World) -> Household {
    let household = world.plain()[0].clone();
    let mut team = team();
    team.visit(world, &household);
    team.hold_evaluation(world, &household);
    world.step("r-1", &household, Step::Review).unwrap();
    world.publish("r-1").unwrap();
    household
}

#[test]
fn a_human_decision_comes_from_somebody_who_had_no_part_and_is_not_merely_said() {
    let world = World::with_households(12);
    let household = published(&world);
    let asked = ask(&world, "o-1", &household).unwrap();
    assert!(asked.due.on > world.now().on());
    let confirmed = Some(HandDecision::Confirmed);
    assert_eq!(
        refusal(answer(&world, "r-1", &asked, confirmed)),
        ErrorCode::ActedBefore,
        "who reviewed the case does not decide again"
    );
    assert_eq!(
        refusal(answer(&world, "o-1", &asked, confirmed)),
        ErrorCode::NotAllowed
    );
    assert_eq!(
        refusal(answer(&world, "r-2", &asked, Some(HandDecision::Changed))),
        ErrorCode::RequestOutcome,
        "the case has not moved"
    );
    assert_eq!(
        refusal(answer(&world, "r-2", &asked, None)),
        ErrorCode::RequestOutcome
    );
    let done = answer(&world, "r-2", &asked, confirmed).unwrap();
    assert_eq!(done.request.unwrap().answer.unwrap().by.as_str(), "r-2");
    assert_eq!(
        refusal(answer(&world, "r-2", &asked, confirmed)),
        ErrorCode::RequestAnswered,
        "an answer is given once"
    );
    let told = world.audit("rights.answered");
    assert!(
        !told[0].detail.to_string().contains("逐项"),
        "words in the audit log"
    );
}

#[test]
fn an_open_request_stands_in_the_list_of_deadlines_until_it_is_answered() {
    let world = World::with_households(12);
    let household = published(&world);
    let asked = ask(&world, "c-1", &household).unwrap();
    let listed = |world: &World| {
        let mut items = duties(world, "r-1").items;
        items.retain(|duty| duty.request.is_some());
        items
    };
    let open = listed(&world);
    assert_eq!((open.len(), open[0].role), (1, Role::Reviewer));
    world.pass_days(30);
    let late = listed(&world).remove(0);
    assert!(late.is_overdue);
    assert_eq!(late.escalated_to[0].as_str(), "a-1");
    answer(&world, "r-2", &asked, Some(HandDecision::Confirmed)).unwrap();
    assert!(listed(&world).is_empty());
}

#[test]
fn the_receipt_note_ends_its_clock_and_the_answer_waits_for_the_decision() {
    let world = World::with_households(12);
    let household = published(&world);
    object(&world, &household, objection(&world, "Y-1"));
    let of_objection = |world: &World| -> Vec<String> {
        let items = duties(world, "o-1").items.into_iter();
        let about = items.filter(|duty| duty.receipt.as_deref() == Some("Y-1"));
        about.map(|duty| duty.deadline).collect()
    };
    let all = [
        "objection_receipt",
        "objection_target",
        "objection_escalation",
        "objection_answer",
    ];
    assert_eq!(of_objection(&world), all);
    let note = letter(&world, &household, "Y-1", LetterKind::Note).unwrap();
    assert!(note.answer.is_none() && note.until > world.now().on());
    assert_eq!(of_objection(&world), all[1..]);
    assert_eq!(
        refusal(letter(&world, &household, "Y-1", LetterKind::Answer)),
        ErrorCode::CaseObjection
    );
    assert_eq!(
        refusal(letter(&world, &household, "Y-9", LetterKind::Note)),
        ErrorCode::ObjectionUnknown
    );
    // On day 16 it stands before the approver.
    world.pass_days(16);
    let escalated = duties(&world, "o-1").items;
    let late = escalated
        .iter()
        .find(|duty| duty.deadline == "objection_escalation")
        .unwrap();
    assert!(late.is_overdue && late.people.iter().any(|officer| officer.as_str() == "a-1"));
    let decide = Step::DecideObjection {
        receipt: "Y-1".into(),
        outcome: Outcome::Rejected,
    };
    world.step("o-1", &household, decide).unwrap();
    let written = letter(&world, &household, "Y-1", LetterKind::Answer).unwrap();
    let answered = written.answer.unwrap();
    assert_eq!(
        (answered.outcome, answered.reason.as_str()),
        (Outcome::Rejected, "因为测试")
    );
    assert!(of_objection(&world).is_empty());
}

#[test]
fn who_objects_to_a_neighbours_grade_learns_nothing_of_the_neighbour() {
    let world = World::with_households(12);
    let household = published(&world);
    let report = Objection {
        of_subject: false,
        ..objection(&world, "B-1")
    };
    object(&world, &household, report);
    let decide = Step::DecideObjection {
        receipt: "B-1".into(),
        outcome: Outcome::Upheld { assessed: None },
    };
    world.step("o-1", &household, decide).unwrap();
    let written = letter(&world, &household, "B-1", LetterKind::Answer).unwrap();
    let answered = written.answer.unwrap();
    assert_eq!((answered.reason.as_str(), answered.grade), ("", None));
}

#[test]
fn a_deputy_stands_in_for_the_days_and_is_not_entered_by_himself() {
    let world = World::with_households(12);
    let household = published(&world);
    object(&world, &household, objection(&world, "Y-1"));
    world
        .transact(|_, tx| {
            let (admin, banner) = ("m-1".parse().unwrap(), "150623".parse().unwrap());
            let record = store::officer::OfficerRecord {
                id: admin,
                name: "m-1".into(),
                division: banner,
            };
            itgel_server::setup::add_officer(tx, &record, &[(Role::Administrator, banner)])
        })
        .unwrap();
    let today = world.now().on();
    let enter = |by: &str, deputy: &str, last_on: jiff::civil::Date| {
        let actor = world.officer(by);
        let request = AbsenceRequest {
            officer: "o-1".parse().unwrap(),
            first_on: today,
            last_on,
            deputy: deputy.parse().unwrap(),
        };
        world.transact(move |service, tx| {
            process::enter_absence(tx, &actor, &request, service.now())
        })
    };
    let later = today.saturating_add(jiff::Span::new().days(5));
    assert_eq!(refusal(enter("r-1", "r-2", later)), ErrorCode::NotAllowed);
    assert_eq!(refusal(enter("m-1", "m-1", later)), ErrorCode::SecondPerson);
    assert_eq!(refusal(enter("m-1", "o-1", later)), ErrorCode::AbsenceDays);
    assert_eq!(
        refusal(enter("m-1", "x-9", later)),
        ErrorCode::OfficerUnknown
    );
    enter("m-1", "u-1", later).unwrap();
    let who = |world: &World| {
        let items = duties(world, "r-1").items;
        let duty = items
            .into_iter()
            .find(|duty| duty.role == Role::ObjectionOfficer);
        duty.unwrap().people
    };
    assert_eq!(
        who(&world)[0].as_str(),
        "u-1",
        "the deputy, and not who is away"
    );
    world.pass_days(6);
    assert_eq!(who(&world)[0].as_str(), "o-1");
}

#[test]
fn the_list_of_deadlines_begins_with_the_earliest_and_pages_hold_every_case_once() {
    let world = World::with_households(15);
    let mut team = team();
    let chosen = world.plain()[..4].to_vec();
    for household in &chosen {
        team.visit(&world, household);
        world.pass_days(1);
    }
    let actor = world.officer("r-1");
    let page = |cursor: Option<&str>| {
        let place = (&world.cycle.id, world.gacha.code);
        world
            .service
            .store
            .read(|c| process::duties(&world.service, c, &actor, place, cursor, 3))
    };
    let first = page(None).unwrap();
    let second = page(first.next.as_deref()).unwrap();
    let mut cases: Vec<_> = first.items.iter().chain(&second.items).collect();
    assert!(cases.is_sorted_by_key(|duty| duty.due_on));
    cases.dedup_by_key(|duty| duty.case.clone());
    assert_eq!((cases.len(), second.next), (4, None));
    assert_eq!(refusal(page(Some("nonsense"))), ErrorCode::RequestMalformed);
}

#[test]
fn an_objection_taken_offline_on_the_last_evening_stops_what_the_rule_had_closed() {
    let world = World::with_households(12);
    let household = published(&world);
    let mut phone = Collector::new("c-3", "c-4");
    let number = phone.receipt(&world, 17);
    world.pass_days(7);
    let last_evening = AtMs::start_of(world.now().on()).plus_ms(DAY_MS - 600_000);
    world.pass_days(2);
    process::run_periods(&world.service, world.now()).unwrap();
    let closed = world.case(&household).case;
    assert!(closed.period().unwrap().is_closed, "the rule closed it");
    let given = (number, Objector::Subject);
    let answer = phone.object(&world, &household, given, last_evening);
    assert_eq!(answer.except, [], "taken, and nothing is doubted");
    let case = world.case(&household).case;
    assert_eq!(case.state(), CaseState::Disputed);
    let open = &case.open_objections()[0];
    assert_eq!(open.receipt, format!("{:04}-000017", number.device));
    assert_eq!((open.filed_at, open.of_subject), (last_evening, true));
    let until = letter(&world, &household, &open.receipt, LetterKind::Note)
        .unwrap()
        .until;
    let filed_on = last_evening.on();
    assert!(
        (until - filed_on).get_days() <= 20,
        "the clock began when it was handed in"
    );
    assert_eq!(
        refusal(world.step(
            "a-1",
            &household,
            Step::Approve {
                effective_on: world.now().on(),
                valid_to: world.now().on(),
            }
        )),
        ErrorCode::CaseStep
    );
}

#[test]
fn an_objection_is_neither_lost_nor_backdated_by_the_clock_of_a_device() {
    let world = World::with_households(12);
    let household = published(&world);
    let mut phone = Collector::new("c-3", "c-4");
    let given = |count, objector| (phone.receipt(&world, count), objector);
    let (first, report, stranger) = (
        given(1, Objector::Subject),
        given(1, Objector::Neighbour),
        given(2, Objector::Subject),
    );
    let tomorrow = world.now().plus_ms(DAY_MS);
    let answer = phone.object(&world, &household, first, tomorrow);
    let flagged = Verdict::AcceptedFlagged(vec![Flag::ClockDrift]);
    assert_eq!(answer.except[0].verdict, flagged);
    // A store that was set back gives a number out again: neither objection is lost.
    let now = world.now();
    assert_eq!(phone.object(&world, &household, report, now).except, []);
    let open = world.case(&household).case.open_objections().to_vec();
    assert_eq!(open.len(), 2);
    assert_eq!((open[0].filed_at, open[1].of_subject), (now, false));
    assert_eq!(open[1].receipt, format!("{}.0", open[0].receipt));
    // The same once more, in another envelope, is the same objection.
    let again = phone.object(&world, &household, report, now);
    assert_eq!(again.except, []);
    let foreign = ReceiptNumber {
        device: stranger.0.device + 1,
        count: 2,
    };
    let answer = phone.object(&world, &household, (foreign, Objector::Subject), now);
    let refused = Verdict::Quarantined(ErrorCode::ObjectionNumber);
    assert_eq!(answer.except[0].verdict, refused);
    assert_eq!(world.case(&household).case.open_objections().len(), 2);
    let division = world.gacha.code;
    let rows = world
        .service
        .store
        .read(|c| store::list::list(c, division, 0, 100_000).map_err(ServiceError::from));
    let is_of_phone = |row: &store::list::ListRow| match &row.content {
        store::list::Content::Item(bytes) => String::from_utf8_lossy(bytes).contains("羊数不对"),
        store::list::Content::Envelope { at, .. } => at.device == device_id("c-3"),
        _ => false,
    };
    assert!(!rows.unwrap().iter().any(is_of_phone), "nobody pulls it");
}

#[test]
fn sec_t42_what_is_over_goes_on_its_day_with_proof_and_nothing_else() {
    let world = World::with_households(12);
    let household = published(&world);
    let asked = ask(&world, "o-1", &household).unwrap();
    answer(&world, "r-2", &asked, Some(HandDecision::Confirmed)).unwrap();
    ask(&world, "o-1", &household).unwrap();
    let (subject, today) = (household.subject.clone(), world.now().on());
    let hold = store::rights::HoldRow {
        id: "hold-1".parse().unwrap(),
        subject,
        basis: "示例法院〔2026〕1号".into(),
        placed_by: "a-1".parse().unwrap(),
        placed_at: world.now(),
        lifted_at: None,
    };
    let away = |last_on| store::absence::AbsenceRow {
        officer: "o-1".parse().unwrap(),
        first_on: last_on,
        last_on,
        deputy: "u-1".parse().unwrap(),
        entered_by: "a-1".parse().unwrap(),
        entered_at: world.now(),
    };
    let (short, long) = (
        away(today),
        away(today.saturating_add(jiff::Span::new().days(9))),
    );
    world
        .transact(move |_, tx| {
            store::rights::put_hold(tx, &hold)?;
            store::absence::put(tx, &short)?;
            Ok(store::absence::put(tx, &long)?)
        })
        .unwrap();
    let three_years = today.saturating_add(jiff::Span::new().years(3)) - today;
    world.pass_days(i64::from(three_years.get_days()));
    let gone = || itgel_server::retention::run(&world.service).unwrap();
    assert_eq!(gone(), 0, "the last day still counts");
    world.pass_days(1);
    assert_eq!(
        gone(),
        1,
        "the short absence alone: the request is held by law"
    );
    assert_eq!(gone(), 0, "done twice, it finds nothing");
    world
        .transact(|service, tx| {
            let (id, by) = ("hold-1".parse().unwrap(), "a-1".parse().unwrap());
            Ok(store::rights::lift_hold(tx, &id, &by, service.now())?)
        })
        .unwrap();
    assert_eq!(
        gone(),
        1,
        "the request that was answered, and not the open one"
    );
    world.pass_days(9);
    assert_eq!(gone(), 1, "the long absence");
    let told = world.audit("retention.deleted");
    assert_eq!(told.len(), 3);
    assert!(
        !told
            .iter()
            .any(|row| row.detail.to_string().contains("o-1")),
        "names in the log"
    );
    assert_eq!(requests_of(&world, &household), [RequestState::Open]);
    let newest = world.transact(|s, tx| Ok(store::log::checkpoint(tx, &s.keys, s.now())?));
    let newest = newest.unwrap();
    let leaves = world
        .service
        .store
        .read(|c| store::log::list_leaves(c, 0).map_err(ServiceError::from));
    assert_eq!(
        newest.checkpoint.root,
        root_of(&leaves.unwrap()),
        "the log still verifies"
    );
}

fn requests_of(world: &World, household: &Household) -> Vec<RequestState> {
    let rows = world
        .service
        .store
        .read(|c| store::rights::list_of(c, &household.subject).map_err(ServiceError::from));
    rows.unwrap().iter().map(|row| row.state).collect()
}
