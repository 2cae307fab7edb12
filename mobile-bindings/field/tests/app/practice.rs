//! Practice: invented, marked, and never sent.

use crate::officer::{Officer, words};

const MARK: &str = "练习：农牧户是编造的";

fn practising() -> Officer {
    let mut officer = Officer::with_a_new_device(1);
    officer.household = "practice";
    let list = words(&officer.post("/practice", &[]));
    assert!(
        list.contains("示例·巴特尔") && list.contains("/visit/practice-1\""),
        "{list}"
    );
    officer
}

#[test]
fn whoever_practises_needs_no_enrolment_and_sees_the_mark_on_every_page() {
    let officer = Officer::with_a_new_device(1);
    let door = officer.get("/");
    assert!(door.contains("action=\"/practice\"") && !door.contains(MARK));
    let officer = practising();
    for page in [
        "/",
        "/needs",
        "/sync",
        "/device",
        "/visit/practice-1",
        "/visit/practice-1/people",
        "/visit/practice-1/section/herd",
        "/visit/practice-1/records",
    ] {
        let html = officer.get(page);
        assert!(
            html.contains(MARK) && html.contains("<body class=\"practice\""),
            "{page}"
        );
    }
}

#[test]
fn a_grade_in_practice_is_the_grade_that_the_rules_give_in_earnest() {
    let officer = practising();
    officer.draft_h01(1);
    let page = officer.get("/visit/practice-1/grade");
    assert!(page.contains("90.00 至 98.00"), "{page}");
}

#[test]
fn nothing_of_practice_is_ever_sent_by_button_schedule_or_card() {
    let officer = practising();
    officer.visit(1);
    let records = officer.get("/visit/practice-1/records");
    assert!(records.contains("练习记录，不上传"), "{records}");
    let photos = officer.get("/visit/practice-1/photos");
    assert!(!photos.contains("等待上传"), "{photos}");
    assert!(!officer.get("/").contains("已封存待传</span></a>"));
    assert!(!officer.app.synchronise_if_due());
    officer.post("/sync", &[]);
    officer.wait();
    assert!(
        !officer
            .get("/sync")
            .contains("<form method=\"post\" action=\"/sync\"")
    );
    assert_eq!(
        officer.server.kept().count_of(&"practice".parse().unwrap()),
        0
    );
    assert!(officer.server.asked().is_empty());
    let card = officer.app.handle("GET", "/sync/bundle", b"");
    assert!(
        card.status == 422 && words(&card).contains("不能上传"),
        "{}",
        words(&card)
    );
}

#[test]
fn practice_is_deleted_by_one_button_and_nothing_real_with_it() {
    let officer = Officer::at_work(1);
    officer.fill(1, "household.members", "4");
    officer.post("/lock", &[]);
    officer.post("/practice", &[]);
    assert!(officer.data().join("practice").exists());
    assert!(!officer.get("/").contains("/visit/hh-1\""));
    let door = words(&officer.post("/practice/delete", &[]));
    assert!(
        door.contains("action=\"/unlock\"") && !door.contains(MARK),
        "{door}"
    );
    assert!(!officer.data().join("practice").exists());
    officer.unlock();
    let members = officer.get("/visit/hh-1/section/household");
    assert!(members.contains("name=\"v:household.members\" value=\"4\""));
    assert!(!members.contains(MARK));
}

#[test]
fn what_was_practised_is_there_on_the_next_day_and_in_the_next_year() {
    let mut officer = practising();
    officer.fill(1, "household.members", "４");
    officer.restart();
    officer.post("/practice", &[]);
    let page = officer.get("/visit/practice-1/section/household");
    assert!(
        page.contains("name=\"v:household.members\" value=\"4\""),
        "{page}"
    );
    officer.pass(200 * 86_400_000);
    let list = words(&officer.post("/practice", &[]));
    assert!(
        list.contains("练习 2027") && list.contains("/visit/practice-8\""),
        "{list}"
    );
}
