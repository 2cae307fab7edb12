use jiff::civil::date;

use super::*;
use crate::case::terms::Timetable;

fn asking(kind: RightKind, relation: Relation) -> Asking {
    Asking {
        kind,
        person: "head".into(),
        relation,
        proof: (relation != Relation::Own).then(|| Hash::of_file(b"proof")),
        checked: IdentityCheck::IdCard,
        words: "示例".into(),
        case: None,
        record: None,
    }
}

fn taken(kind: RightKind) -> Request {
    let at = AtMs::start_of(date(2026, 11, 2));
    Request::take(asking(kind, Relation::Own), "o1".parse().unwrap(), at).unwrap()
}

fn answered(ground: Option<&str>, words: &str) -> Answer {
    Answer {
        by: "o2".parse().unwrap(),
        at: AtMs::start_of(date(2026, 11, 3)),
        ground: ground.map(str::to_owned),
        decision: None,
        words: words.into(),
    }
}

#[test]
fn no_right_is_without_term_law_and_a_ground_of_refusal() {
    for kind in RightKind::ALL {
        let right = Rights::builtin().get(*kind).unwrap();
        let from = date(2026, 11, 2);
        let due = right.term.due(from, &Timetable::shipped());
        assert!(
            (1..=30).contains(&(due.on - from).get_days()),
            "{kind}: GB/T 35273 allows thirty days"
        );
        assert!(!right.basis.is_empty());
        assert!(Rights::builtin().grounds(*kind).next().is_some(), "{kind}");
    }
}

#[test]
fn a_request_is_late_on_the_day_after_its_last_day_and_not_before() {
    let request = taken(RightKind::Correct);
    let term = Rights::builtin().get(RightKind::Correct).unwrap().term;
    let due = term.due(request.taken_at.on(), &Timetable::shipped());
    assert_eq!(due.on, date(2026, 11, 22));
    assert!(!request.state.is_late(due.on, date(2026, 11, 22)));
    assert!(request.state.is_late(due.on, date(2026, 11, 23)));
}

#[test]
fn a_decision_by_hand_and_a_repair_keep_the_working_days_of_the_process() {
    for kind in [RightKind::HumanDecision, RightKind::Repair] {
        let term = Rights::builtin().get(kind).unwrap().term;
        // 28 September: two working days, the National Day, then 8, 9 and the worked 10 October.
        let due = term.due(date(2026, 9, 28), &Timetable::shipped());
        assert_eq!(due.on, date(2026, 10, 16), "{kind}");
    }
}

#[test]
fn a_decision_by_hand_is_said_in_words_and_of_nothing_else() {
    let by_hand = |words: &str| Answer {
        decision: Some(HandDecision::Confirmed),
        ..answered(None, words)
    };
    let outcome = Err(ErrorCode::RequestOutcome);
    let mut request = taken(RightKind::HumanDecision);
    assert_eq!(request.answer(answered(None, "已核对")), outcome);
    assert_eq!(request.answer(by_hand(" ")), outcome);
    assert_eq!(taken(RightKind::Repair).answer(by_hand("已核对")), outcome);
    request.answer(by_hand("逐项核对")).unwrap();
    assert_eq!(request.state, RequestState::Done);
}

#[test]
fn a_refusal_without_a_known_ground_and_words_is_none() {
    let refused = |ground, words| taken(RightKind::Delete).answer(answered(ground, words));
    assert_eq!(
        refused(Some("held_by_law"), "贷款未结清，保存期未满"),
        Ok(())
    );
    assert_eq!(
        refused(Some("held_by_law"), " "),
        Err(ErrorCode::RefusalGround)
    );
    assert_eq!(
        refused(Some("because"), "理由"),
        Err(ErrorCode::RefusalGround)
    );
    let of_another = refused(Some("found_correct"), "理由");
    assert_eq!(
        of_another,
        Err(ErrorCode::RefusalGround),
        "a ground of another right"
    );
}

#[test]
fn nobody_answers_twice_and_an_erasure_waits_for_the_second_person() {
    let mut request = taken(RightKind::Delete);
    request.answer(answered(None, "")).unwrap();
    assert_eq!(request.state, RequestState::Granted);
    let again = request.answer(answered(Some("held_by_law"), "理由"));
    assert_eq!(again, Err(ErrorCode::RequestAnswered));
    request.carry_out("o3".parse().unwrap()).unwrap();
    assert_eq!(
        request.carry_out("o3".parse().unwrap()),
        Err(ErrorCode::RequestAnswered)
    );
    let mut copy = taken(RightKind::Copy);
    copy.answer(answered(None, "")).unwrap();
    assert_eq!(copy.state, RequestState::Done);
}

#[test]
fn relatives_ask_with_proof_and_only_for_what_the_law_gives_them() {
    let at = AtMs::start_of(date(2026, 11, 2));
    let ask = |asking| Request::take(asking, "o1".parse().unwrap(), at);
    assert!(ask(asking(RightKind::Delete, Relation::NearRelative)).is_ok());
    let codes = |result: Result<Request, Vec<Violation>>| -> Vec<ErrorCode> {
        result.unwrap_err().iter().map(|v| v.code).collect()
    };
    let beyond = ask(asking(RightKind::HumanDecision, Relation::NearRelative));
    assert_eq!(codes(beyond), [ErrorCode::RightNotOfRelatives]);
    let unproven = Asking {
        proof: None,
        ..asking(RightKind::Copy, Relation::Agent)
    };
    assert_eq!(codes(ask(unproven)), [ErrorCode::ValueMissing]);
}
