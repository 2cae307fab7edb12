//! The gacha's initial review list on a device: confirmed or sent back, never changed.

use itgel_domain::case::CaseState;
use itgel_domain::file::envelope::{Body, GroupReview};
use itgel_domain::sync::pull::{CaseItem, PullItem, TaskItem};

use crate::officer::{DRAWN, Officer, words};
use crate::server::GACHA;
use crate::world::{cycle, subject};

fn tell(officer: &Officer, n: u32, state: CaseState) {
    let case = CaseItem {
        subject: subject(n),
        cycle: cycle(),
        state,
        grade: None,
    };
    officer.server.list(GACHA, &PullItem::Case(case));
}

/// A member of the group, with what another officer found in two households.
fn group() -> Officer {
    let officer = Officer::at_work(3);
    for n in 1..=2 {
        officer.draft_h01(n);
        let seal = [("by", "drawing"), ("signature", DRAWN)];
        officer.post(&format!("/visit/hh-{n}/seal"), &seal);
    }
    officer.post("/sync", &[]);
    officer.wait();
    tell(&officer, 1, CaseState::Submitted);
    tell(&officer, 2, CaseState::PreRated);
    officer.post("/sync", &[]);
    officer.wait();
    officer.enrol();
    officer.wait();
    officer
}

fn say(officer: &Officer, household: &str, go: &str, reason: &str) -> String {
    let form = [
        ("gacha", GACHA),
        ("household", household),
        ("go", go),
        ("reason", reason),
    ];
    words(&officer.post("/review", &form))
}

fn reviews(officer: &Officer) -> Vec<GroupReview> {
    officer.post("/sync", &[]);
    officer.wait();
    let kept = officer.server.kept();
    let bodies = kept.envelopes.into_values().map(|envelope| envelope.body);
    bodies
        .filter_map(|body| match body {
            Body::Review(review) => Some(review),
            _ => None,
        })
        .collect()
}

#[test]
fn the_group_confirms_or_sends_back_with_a_reason_and_can_change_nothing() {
    let officer = group();
    let list = officer.get(&format!("/review?gacha={GACHA}"));
    assert!(list.contains("h-hh-1") && list.contains("h-hh-2"), "{list}");
    assert!(!list.contains("h-hh-3"), "nobody visited it");
    assert!(list.contains("暂定") && list.contains("AAA"), "{list}");
    assert!(!list.contains("name=\"v:"), "no value can be entered");
    let silent = say(&officer, "hh-1", "return", " ");
    assert!(
        silent.contains("role=\"alert\""),
        "a return says why: {silent}"
    );
    let returned = say(&officer, "hh-1", "return", "羊数与实际不符（示例）");
    assert!(returned.contains("初评组意见已存"), "{returned}");
    say(&officer, "hh-2", "confirm", "");
    let mut said = reviews(&officer);
    said.sort_by(|a, b| a.subject.cmp(&b.subject));
    let reasons: Vec<_> = said.iter().map(|one| one.returned_for.as_deref()).collect();
    assert_eq!(reasons, [Some("羊数与实际不符（示例）"), None]);
    assert!(
        !officer.get("/").contains("badge received\">"),
        "the group visited nobody"
    );
}

#[test]
fn who_visited_is_no_group_and_a_case_that_moved_on_is_not_sent_back() {
    let officer = group();
    let early = say(&officer, "hh-1", "confirm", "");
    assert!(
        early.contains("role=\"alert\""),
        "not pre-rated yet: {early}"
    );
    let late = say(&officer, "hh-2", "return", "示例");
    assert!(
        late.contains("role=\"alert\""),
        "only the reviewer may now: {late}"
    );
    officer.post("/lock", &[]);
    officer.unlock();
    let own = say(&officer, "hh-1", "return", "示例");
    assert!(own.contains("您已办过"), "{own}");
    assert_eq!(reviews(&officer), []);
}

#[test]
fn mongolian_that_is_read_does_not_lie_on_the_pages_of_the_group_and_of_what_needs_somebody() {
    let officer = group();
    let review = format!("/review?gacha={GACHA}");
    let standing = "<div class=\"reading brief\" lang=\"mn-Mong\"><p class=";
    assert!(!officer.get(&review).contains(standing), "Chinese lies");
    officer.post("/language", &[("lang", "mn-Mong"), ("at", "/")]);
    let list = officer.get(&review);
    assert!(list.contains(&format!("{standing}\"note\"")), "{list}");
    // A reviewer writes in either language, whatever the page speaks.
    let ask = |n, text: &str| {
        let task = TaskItem {
            subject: subject(n),
            cycle: cycle(),
            item: None,
            text: text.into(),
            officer: None,
        };
        officer.server.list(GACHA, &PullItem::Task(task));
    };
    ask(1, "ᠬᠣᠨᠢ ᠪᠠᠨ ᠳᠠᠬᠢᠨ ᠲᠣᠭᠠᠯᠠᠭᠠᠷᠠᠢ");
    ask(2, "请重新清点羊（示例）");
    officer.post("/sync", &[]);
    officer.wait();
    for lang in ["mn-Mong", "zh-CN"] {
        officer.post("/language", &[("lang", lang), ("at", "/")]);
        let needs = officer.get("/needs");
        assert!(
            needs.contains(&format!("{standing}\"why\">ᠬᠣᠨᠢ")),
            "{needs}"
        );
        assert!(needs.contains("<p class=\"why\">请重新清点羊"), "{needs}");
        assert_eq!(needs.matches(standing).count(), 1, "{needs}");
    }
}
