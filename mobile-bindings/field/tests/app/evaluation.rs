//! The peer evaluation on the officer's device: one evaluator after another, each alone with their
//! own form.

use itgel_domain::file::envelope::Body;
use itgel_domain::register::{BarredOfficers, RegisterContent};
use itgel_domain::sync::pull::PullItem;

use crate::officer::{DRAWN, Officer, words};
use crate::server::GACHA;
use crate::world::row;

const QUESTIONS: [&str; 4] = ["promises", "diligence", "loans", "rules"];

fn visited(households: u32) -> Officer {
    let officer = Officer::at_work(households);
    for n in 1..=households {
        officer.draft_h01(n);
        let sealed = officer.post(
            &format!("/visit/hh-{n}/seal"),
            &[("by", "drawing"), ("signature", DRAWN)],
        );
        assert!(words(&sealed).contains("短码"), "{}", words(&sealed));
    }
    officer
}

fn start(officer: &Officer, evaluator: &str) -> String {
    let form = [("evaluator", evaluator), ("go", "start")];
    words(&officer.post("/round", &form))
}

fn cast(officer: &Officer, evaluator: &str, household: &str, score: &str) -> String {
    let mut form = vec![
        ("evaluator", evaluator),
        ("household", household),
        ("go", "cast"),
    ];
    form.extend(QUESTIONS.map(|question| (question, score)));
    words(&officer.post("/round", &form))
}

#[test]
fn a_household_whose_neighbours_voted_is_not_taken_for_a_visited_one() {
    let officer = Officer::at_work(2);
    officer.post("/visit/hh-1/evaluation", &[]);
    start(&officer, "e1");
    cast(&officer, "e1", "hh-1", "4");
    officer.unlock();
    let here = officer.get("/");
    assert!(here.contains("待入户</span> 2"), "{here}");
    officer.post("/sync", &[]);
    officer.wait();
    let list = officer.get("/");
    assert!(list.contains("待入户</span> 2"), "{list}");
    assert!(!list.contains("badge received\">"), "{list}");
}

#[test]
fn while_evaluators_hold_the_device_nothing_but_their_form_is_open() {
    let officer = visited(1);
    let handed = words(&officer.post("/visit/hh-1/evaluation", &[]));
    assert!(handed.contains("name=\"evaluator\"") && !handed.contains("<nav>"));
    for path in [
        "/",
        "/visit/hh-1",
        "/visit/hh-1/records",
        "/visit/hh-1/section/herd",
        "/evaluation?gacha=150623200201",
        "/sync",
        "/device",
    ] {
        let page = officer.get(path);
        assert!(page.contains("name=\"pin\""), "{path}");
        assert!(!page.contains("section/herd"), "{path}");
    }
    assert_eq!(officer.post("/visit/hh-1/field", &[]).status, 401);
    let slipped = officer.post("/visit/hh-1/people", &[("head:name", "示例别人")]);
    assert!(
        !words(&slipped).contains("name=\"held\""),
        "nothing of theirs waits for the officer's PIN"
    );
    officer.pass(2 * itgel_field::IDLE_MS);
    assert!(
        officer.get("/round").contains("name=\"evaluator\""),
        "a ballot is not cut off by the lock"
    );
    officer.unlock();
    assert!(officer.get("/visit/hh-1").contains("section/herd"));
    let form = start(&officer, "e1");
    assert!(
        !form.contains("name=\"promises\""),
        "the round is over: {form}"
    );
}

#[test]
fn an_evaluator_sees_only_the_own_form_and_the_officer_only_how_many_voted() {
    let officer = visited(1);
    officer.post("/visit/hh-1/evaluation", &[]);
    for evaluator in ["e1", "e2", "e3"] {
        let form = start(&officer, evaluator);
        assert!(form.contains("name=\"promises\" value=\"5\""), "{form}");
        assert!(!form.contains(" checked"), "what another gave: {form}");
        let next = cast(&officer, evaluator, "hh-1", "5");
        assert!(
            next.contains("请把设备交给下一位") && !next.contains("name=\"promises\""),
            "{next}"
        );
    }
    officer.unlock();
    let count = officer.get("/visit/hh-1/evaluation");
    assert!(
        count.contains("本机已收 3 位评议员，至少要 5 位"),
        "{count}"
    );
    for path in [
        "/visit/hh-1/evaluation",
        "/visit/hh-1/records",
        "/visit/hh-1/grade",
    ] {
        let page = officer.get(path);
        assert!(
            !page.contains("e2") && !page.contains("name=\"promises\""),
            "{path}"
        );
    }
    assert!(officer.get("/visit/hh-1/grade").contains("还缺：民主评议"));
    officer.post("/sync", &[]);
    officer.wait();
    let kept = officer.server.kept();
    let ballots = kept
        .envelopes
        .values()
        .filter(|e| matches!(e.body, Body::Ballot(_)));
    assert_eq!(ballots.count(), 3);
}

#[test]
fn who_visited_who_is_related_and_who_voted_does_not_vote() {
    let officer = visited(1);
    let relative = "e-relative".parse().unwrap();
    let barred = BarredOfficers::of("aa".into(), [&relative]);
    officer.server.list(
        GACHA,
        &PullItem::Register(row(1, RegisterContent::Barred(barred))),
    );
    officer.post("/sync", &[]);
    officer.wait();
    officer.post("/visit/hh-1/evaluation", &[]);
    for (evaluator, why) in [
        ("e-relative", "应当回避"),
        ("o1", "您已办过"),
        ("", "请填写评议员编号"),
        ("评议员", "请填写评议员编号"),
    ] {
        let refused = start(&officer, evaluator);
        assert!(
            refused.contains(why) && !refused.contains("name=\"promises\""),
            "{evaluator}: {refused}"
        );
    }
    let forced = cast(&officer, "e-relative", "hh-1", "5");
    assert!(forced.contains("应当回避"), "{forced}");
    cast(&officer, "e1", "hh-1", "3");
    let twice = cast(&officer, "e1", "hh-1", "5");
    assert!(twice.contains("已经评过这一户"), "{twice}");
    officer.unlock();
    let count = officer.get("/visit/hh-1/evaluation");
    assert!(count.contains("本机已收 1 位"), "{count}");
}

#[test]
fn a_question_without_a_score_is_named_and_the_others_stay() {
    let officer = visited(1);
    officer.post("/visit/hh-1/evaluation", &[]);
    let form = [
        ("evaluator", "e1"),
        ("household", "hh-1"),
        ("promises", "4"),
        ("loans", "2"),
        ("go", "cast"),
    ];
    let again = words(&officer.post("/round", &form));
    assert_eq!(again.matches("请给这一项打分").count(), 2, "{again}");
    assert!(again.contains("name=\"loans\" value=\"2\" checked"));
    let other = [("lang", "mn-Mong"), form[0], form[1], form[2]];
    let other = words(&officer.post("/round", &other));
    assert!(other.contains("<html lang=\"mn-Mong\">"), "{other}");
    assert!(other.contains("name=\"promises\" value=\"4\" checked"));
}

#[test]
fn a_round_goes_from_household_to_household_and_passes_over_what_is_not_to_be_judged() {
    let officer = visited(3);
    let gacha = [("gacha", GACHA)];
    let list = officer.get(&format!("/evaluation?gacha={GACHA}"));
    assert!(list.contains("/visit/hh-3/evaluation"), "{list}");
    officer.post("/evaluation", &gacha);
    let asks_for = |page: &str, household: &str| {
        page.contains(&format!("name=\"household\" value=\"{household}\""))
    };
    assert!(asks_for(&start(&officer, "e1"), "hh-1"));
    let second = cast(&officer, "e1", "hh-1", "4");
    assert!(asks_for(&second, "hh-2"), "{second}");
    let pass = [
        ("evaluator", "e1"),
        ("household", "hh-2"),
        ("cast", "1"),
        ("go", "pass"),
    ];
    let third = words(&officer.post("/round", &pass));
    assert!(
        asks_for(&third, "hh-3") && third.contains("name=\"skip\" value=\"hh-2\""),
        "{third}"
    );
    let form = [
        ("evaluator", "e1"),
        ("household", "hh-3"),
        ("skip", "hh-2"),
        ("go", "cast"),
        ("promises", "5"),
        ("diligence", "5"),
        ("loans", "5"),
        ("rules", "5"),
    ];
    let done = words(&officer.post("/round", &form));
    assert!(done.contains("您的评议已收好"), "{done}");
    assert!(
        asks_for(&start(&officer, "e1"), "hh-2"),
        "what was passed over is asked again when the evaluator comes back"
    );
}
