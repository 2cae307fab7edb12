//! Who must not take part, what is doubted, and what ends a case: interests found later, borrowed
//! signatures, copied values, one-sided ballots, withdrawn consent, death, a year without its
//! calendar.

use itgel_domain::case::doubt::{DoubtKind, DoubtOutcome};
use itgel_domain::case::interest::InterestKind;
use itgel_domain::case::step::Cause;
use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::{ConsentWithdrawal, Entry};
use itgel_domain::subject::Grade;
use itgel_domain::sync::pull::PullItem;
use itgel_domain::sync::push::{PushAnswer, Verdict};
use itgel_fixtures::Household;
use itgel_server::process::{self, Declaration, Declared, SettleRequest};
use itgel_server::store::doubt::DoubtRow;
use itgel_server::{ServiceError, store};

use crate::actors::{World, refusal};
use crate::world::{listed, second_team, team};

fn declare(
    world: &World,
    by: &str,
    officer: &str,
    household: &Household,
) -> Result<Declared, ServiceError> {
    let actor = world.officer(by);
    let declaration = Declaration {
        subject: household.subject.clone(),
        officer: officer.parse().unwrap(),
        kind: InterestKind::Relative,
        source: "示例申报1号".into(),
    };
    world.transact(move |service, tx| {
        process::declare(service, tx, &actor, &declaration, service.now())
    })
}

fn doubts(world: &World, reader: &str) -> Vec<DoubtRow> {
    let (actor, division, cycle) = (world.officer(reader), world.gacha.code, &world.cycle.id);
    world
        .service
        .store
        .read(|c| process::doubts(c, &actor, division, cycle))
        .unwrap()
}

fn settle(
    world: &World,
    by: &str,
    doubt: &DoubtRow,
    outcome: DoubtOutcome,
    reason: &str,
) -> Result<DoubtRow, ServiceError> {
    let (actor, id) = (world.officer(by), doubt.id.clone());
    let request = SettleRequest {
        outcome,
        reason: reason.into(),
    };
    world.transact(move |service, tx| {
        process::settle(service, tx, &actor, &id, &request, service.now())
    })
}

pub(crate) fn visits_asked_for(world: &World, household: &Household) -> usize {
    let asked = |item: &PullItem| {
        matches!(item, PullItem::Task(task)
            if task.subject == household.subject && task.text.contains("再次上门"))
    };
    listed(world).iter().filter(|item| asked(item)).count()
}

fn current_rating(world: &World, household: &Household) -> Option<Grade> {
    let subject = household.subject.clone();
    let read = |c: &_| store::rating::get_current(c, &subject).map_err(ServiceError::from);
    let rating = world.service.store.read(read).unwrap();
    rating
        .filter(|row| row.status.is_in_effect())
        .map(|row| row.grade)
}

#[test]
fn an_interest_found_after_the_approval_makes_the_case_void_and_others_visit_again() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut first = team();
    first.visit(&world, household);
    world.rate(&mut first, std::slice::from_ref(household));
    let void = world.case(household).case.id;
    assert!(current_rating(&world, household).is_some());
    assert_eq!(
        refusal(declare(&world, "c-2", "c-1", household)),
        ErrorCode::NotAllowed,
        "a collector speaks for himself alone"
    );

    let declared = declare(&world, "r-1", "c-1", household).unwrap();
    assert_eq!(declared.voided, std::slice::from_ref(&void));
    let read = |c: &_| store::case::get(c, &void).map_err(ServiceError::from);
    let case = world.service.store.read(read).unwrap().unwrap().case;
    let closed = Step::Close { cause: Cause::Void };
    assert_eq!(case.history().last().unwrap().step, closed);
    assert_eq!(
        current_rating(&world, household),
        None,
        "a lender sees nothing any more"
    );
    assert!(
        world.find_case(household).is_none(),
        "the way for another case is free"
    );
    assert_eq!(visits_asked_for(&world, household), 1);
    let doubt = &doubts(&world, "r-1")[0];
    assert_eq!(
        (doubt.kind, doubt.officer.as_str()),
        (DoubtKind::InterestFound, "c-1")
    );

    // What the related officer entered does not count: the others do not even disagree with it.
    let mut second = second_team();
    second.seal(&world, household, &household.found);
    assert_eq!(
        world.state(household),
        CaseState::PreRated,
        "its ballots stand"
    );
    let people = world.case(household).case.participants().clone();
    assert!(!people.contains_key(&"c-1".parse().unwrap()));
    assert!(
        people.contains_key(&"e-1".parse().unwrap()),
        "who voted has a part in it"
    );
    let again = declare(&world, "r-1", "c-1", household).unwrap();
    assert!(!again.is_new && again.voided.is_empty());
}

#[test]
fn an_interest_bars_in_every_step_and_ends_by_another_persons_word_alone() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    let own = declare(&world, "r-1", "r-1", household).unwrap();
    assert_eq!(
        (own.is_new, own.voided.len()),
        (true, 0),
        "he had no part in it yet"
    );
    assert_eq!(
        refusal(world.step("r-1", household, Step::Review)),
        ErrorCode::ConflictOfInterest
    );
    let end = |by: &str| {
        let (actor, subject) = (world.officer(by), household.subject.clone());
        let officer = "r-1".parse().unwrap();
        world.transact(move |service, tx| {
            let key = (&subject, &officer, InterestKind::Relative);
            process::interest::end(service, tx, &actor, key, service.now())
        })
    };
    assert_eq!(refusal(end("r-1")), ErrorCode::NotAllowed);
    end("a-1").unwrap();
    assert_eq!(refusal(end("a-1")), ErrorCode::InterestUnknown);
    let own = world.officer("r-1");
    let history = world
        .service
        .store
        .read(|c| process::interests(c, &own, None, Some(&own.officer)))
        .unwrap();
    assert!(
        history.len() == 1 && history[0].ended_at.is_some(),
        "it stays as history"
    );
    world.step("r-1", household, Step::Review).unwrap();
}

#[test]
fn the_ballot_of_a_relative_who_was_found_later_is_struck() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut first = team();
    first.visit(&world, household);
    first.hold_evaluation(&world, household);
    let declared = declare(&world, "o-1", "e-1", household).unwrap();
    assert_eq!(declared.voided.len(), 1);
    let mut second = second_team();
    second.seal(&world, household, &household.found);
    let state = world.state(household);
    assert!(
        matches!(state, CaseState::Submitted | CaseState::Conflict),
        "four ballots are no evaluation: {state}"
    );
    first.ballot(&world, household, "e-6", household.ballots[0]);
    let people = world.case(household).case.participants().clone();
    assert!(!people.contains_key(&"e-1".parse().unwrap()));
}

#[test]
fn two_signatures_within_ten_seconds_are_doubted_and_settled_by_a_person_with_words() {
    let world = World::with_households(12);
    let (borrowed, slow) = (&world.plain()[0], &world.plain()[1]);
    let mut team = team();
    team.signed_apart_ms = Some(9_999);
    team.visit(&world, borrowed);
    team.signed_apart_ms = Some(10_000);
    team.visit(&world, slow);
    let found = doubts(&world, "r-1");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, DoubtKind::SignedAtOnce);
    assert_eq!(found[0].subject.as_ref(), Some(&borrowed.subject));
    assert_eq!(
        world.state(borrowed),
        CaseState::Submitted,
        "nothing follows by itself"
    );

    let explained = DoubtOutcome::Explained;
    assert_eq!(
        refusal(settle(&world, "r-1", &found[0], explained, " ")),
        ErrorCode::CaseReason
    );
    assert_eq!(
        refusal(settle(&world, "c-2", &found[0], explained, "无")),
        ErrorCode::NotAllowed
    );
    settle(
        &world,
        "r-1",
        &found[0],
        DoubtOutcome::SecondVisit,
        "另派两人核实",
    )
    .unwrap();
    assert_eq!(visits_asked_for(&world, borrowed), 1);
    assert_eq!(
        refusal(settle(&world, "r-1", &found[0], explained, "无")),
        ErrorCode::DoubtUnknown,
        "what is settled is not settled again"
    );
}

#[test]
fn values_of_the_year_before_ask_for_a_second_visit() {
    let mut world = World::with_households(12);
    let household = world.plain()[0].clone();
    let present = world.cycle.clone();
    let mut before = present.clone();
    before.id = "2025".parse().unwrap();
    before.opens_on = present.opens_on.saturating_sub(jiff::Span::new().years(1));
    let opened = before.clone();
    world
        .transact(move |_, tx| itgel_server::setup::add_cycle(tx, &opened))
        .unwrap();
    world.cycle = before;
    let mut team = team();
    team.visit(&world, &household);
    assert!(doubts(&world, "r-1").is_empty(), "there is no year before");
    world.cycle = present;
    team.seal(&world, &household, &household.found);
    let found = doubts(&world, "r-1");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, DoubtKind::CopiedValues);
    assert_eq!(found[0].detail["same"], found[0].detail["of"]);
    assert_eq!(visits_asked_for(&world, &household), 1);
}

#[test]
fn an_evaluator_who_lifts_some_households_is_doubted_and_his_ballots_can_be_struck() {
    let world = World::with_households(24);
    let mut team = team();
    let clan = world.plain()[..3].to_vec();
    for household in &clan {
        team.visit(&world, household);
        team.ballot(&world, household, "e-1", [5; 4]);
        for evaluator in ["e-2", "e-3", "e-4"] {
            team.ballot(&world, household, evaluator, [3; 4]);
        }
    }
    // The check runs at each ballot: his last one came before those of the others.
    let extra = &world.plain()[3];
    team.visit(&world, extra);
    team.ballot(&world, extra, "e-1", [4; 4]);
    let found = doubts(&world, "r-1");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].kind, found[0].officer.as_str()),
        (DoubtKind::OneSidedBallots, "e-1")
    );
    assert!(
        found[0].subject.is_none(),
        "no single ballot can be told from it"
    );

    settle(
        &world,
        "r-1",
        &found[0],
        DoubtOutcome::Redraw,
        "重新抽取评议员",
    )
    .unwrap();
    for household in &clan {
        let (subject, cycle) = (&household.subject, &world.cycle.id);
        let read = |c: &_| store::ballot::list_means(c, subject, cycle).map_err(ServiceError::from);
        assert_eq!(world.service.store.read(read).unwrap(), [300, 300, 300]);
    }
}

#[test]
fn consent_withdrawn_during_publicity_closes_the_case_and_clears_the_board() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    let consent = team.visit(&world, household)[0].clone();
    team.hold_evaluation(&world, household);
    world.step("r-1", household, Step::Review).unwrap();
    let is_posted = world.publish("r-1").unwrap().posted.len() == 1;
    assert!(is_posted, "the sample's first household has a credit grade");
    let case = world.case(household).case.id;
    let withdrawal = Entry::ConsentWithdrawal(ConsentWithdrawal {
        consent,
        withdrawn_on: world.now().on(),
    });
    team.write(&world, household, vec![withdrawal]);
    let read = |c: &_| store::case::get(c, &case).map_err(ServiceError::from);
    let row = world.service.store.read(read).unwrap().unwrap();
    let withdrawn = Step::Close {
        cause: Cause::ConsentWithdrawn,
    };
    assert_eq!(row.case.history().last().unwrap().step, withdrawn);
    let (gacha, cycle) = (world.gacha.code, &world.cycle.id);
    let board = |c: &_| store::publicity::list(c, gacha, cycle).map_err(ServiceError::from);
    assert!(world.service.store.read(board).unwrap().is_empty());
    assert!(world.find_case(household).is_none());

    // Consent can be given again: a new visit opens another case.
    team.seal(&world, household, &household.found);
    assert_ne!(world.case(household).case.id, case);
    assert_eq!(world.state(household), CaseState::PreRated);
}

#[test]
fn the_death_of_the_head_closes_the_case_for_good() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    let death = Step::Close {
        cause: Cause::Death,
    };
    assert_eq!(
        refusal(world.step("c-1", household, death.clone())),
        ErrorCode::NotAllowed
    );
    world.step("r-1", household, death).unwrap();
    team.seal(&world, household, &household.found);
    assert_eq!(
        world.state(household),
        CaseState::Closed,
        "no other case takes its place"
    );
    assert_eq!(
        refusal(world.step("r-1", household, Step::Review)),
        ErrorCode::CaseStep
    );
}

#[test]
fn a_day_of_a_year_without_its_calendar_is_provisional_and_reckoned_again() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    // The year of the sample is forgotten, as one that nobody has published yet.
    world
        .transact(|_, tx| {
            Ok(tx
                .execute("delete from calendar", [])
                .map_err(store::StoreError::from)?)
        })
        .unwrap();
    let mut team = team();
    team.visit(&world, household);
    team.hold_evaluation(&world, household);
    world.step("r-1", household, Step::Review).unwrap();
    let posted = world.publish("r-1").unwrap().posted.remove(0);
    assert!(posted.is_provisional);
    let (actor, id) = (world.officer("r-1"), world.case(household).case.id);
    let due = |world: &World| {
        let read = world
            .service
            .store
            .read(|c| process::case(&world.service, c, &actor, &id));
        read.unwrap().due[0].clone()
    };
    assert!(due(&world).provisional && due(&world).on == posted.closes_on);
    let closes = posted.closes_on;
    let next = |days: i64| closes.saturating_add(jiff::Span::new().days(days));
    let text = format!(
        "year = {}\nsource = \"示例\"\n[[holiday]]\nname = \"示例\"\nfirst = \"{closes}\"\n\
         last = \"{}\"\nworkdays = []",
        closes.year(),
        next(1)
    );
    world
        .transact(move |service, tx| process::enter_calendar(service, tx, &text, service.now()))
        .unwrap();
    assert!(!due(&world).provisional && due(&world).on > closes);
    let (gacha, cycle) = (world.gacha.code, &world.cycle.id);
    let board = |c: &_| store::publicity::list(c, gacha, cycle).map_err(ServiceError::from);
    let line = world.service.store.read(board).unwrap().remove(0);
    assert_eq!(
        (line.closes_on, line.is_provisional),
        (due(&world).on, false)
    );
}

#[test]
fn a_review_of_who_is_no_member_or_in_a_members_name_is_set_aside_and_moves_no_case() {
    let world = World::with_households(12);
    let household = &world.plain()[0];
    let mut team = team();
    team.visit(&world, household);
    let verdict = |answer: &PushAnswer| answer.except.first().map(|e| e.verdict.clone());
    let member = "g-1".parse().unwrap();
    for reason in [Some("示例"), None] {
        let own = team.review(&world, household, reason);
        let not_theirs = Verdict::Quarantined(ErrorCode::GroupUnlisted);
        assert_eq!(verdict(&own), Some(not_theirs));
        let forged = team.review_as(&world, household, &member, reason);
        let another = Verdict::Quarantined(ErrorCode::EnvelopeForeignOfficer);
        assert_eq!(verdict(&forged), Some(another));
    }
    assert_eq!(world.state(household), CaseState::Submitted);
    assert_eq!(world.audit("case.group_confirmed").len(), 0);
    let moved = world.case(household).case;
    assert!(
        moved
            .history()
            .iter()
            .all(|event| event.reason.text != "示例")
    );
}
