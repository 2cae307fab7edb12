//! A device that is left alone locks itself, and nothing that was written is lost by it.

use itgel_field::IDLE_MS;

use crate::officer::{Officer, words};

const PEOPLE: &str = "/visit/hh-1/people";

#[test]
fn sec_t01_a_device_that_is_left_alone_for_five_minutes_shows_nobody_to_its_finder() {
    let officer = Officer::at_work(1);
    officer.identify(1, "示例户主", "13900000001");
    officer.pass(IDLE_MS - 1);
    assert!(officer.get("/").contains("示例户主"), "not yet");
    // A page that asks by itself is nobody's use.
    for _ in 0..5 {
        officer.pass(IDLE_MS / 5);
        officer.get("/api/jobs/sync");
        officer.get("/api/lock");
        officer.get("/assets/field.css");
        officer.post("/api/network", &[]);
        officer.app.synchronise_if_due();
    }
    assert!(officer.get("/api/lock").contains("true"));
    for path in ["/", PEOPLE, "/visit/hh-1", "/sync", "/needs", "/device"] {
        let page = officer.get(path);
        assert!(
            page.contains("自动锁定") && !page.contains("示例户主"),
            "{path}: {page}"
        );
    }
    assert!(!officer.app.synchronise_if_due(), "the store is closed");
}

#[test]
fn sec_t01_neither_a_sleeping_device_nor_a_clock_set_back_keeps_a_store_open() {
    let officer = Officer::at_work(1);
    officer.sleep(IDLE_MS);
    assert!(officer.get("/").contains("自动锁定"), "asleep");
    officer.unlock();
    officer.set_back(86_400_000);
    officer.pass(IDLE_MS);
    assert!(officer.get("/").contains("自动锁定"), "set back");
}

#[test]
fn a_keeper_locks_without_any_page_that_asks() {
    let officer = Officer::at_work(1);
    officer.pass(IDLE_MS);
    assert!(officer.app.lock_if_idle());
    assert!(!officer.app.lock_if_idle(), "locked already");
}

#[test]
fn an_officer_comes_back_to_the_page_where_they_were() {
    let officer = Officer::at_work(1);
    officer.pass(IDLE_MS);
    let door = officer.get("/visit/hh-1/section/herd");
    let opened = officer.unlock_at(&door, 0);
    assert_eq!(opened.location.as_deref(), Some("/visit/hh-1/section/herd"));
    assert!(words(&opened).contains("id=\"entry\""));
    officer.post("/lock", &[]);
    let nowhere = officer.unlock_at(&officer.get("/visit/hh-9"), 0);
    assert_eq!(nowhere.location.as_deref(), Some("/"), "no page there");
}

#[test]
fn a_form_that_is_sent_too_late_is_entered_after_the_pin() {
    let officer = Officer::at_work(1);
    officer.pass(IDLE_MS);
    let kept = officer.fill(1, "household.members", "4");
    assert!(kept.is_empty(), "the script is told that nothing was kept");
    let form = [("head:name", "示例户主"), ("go", "next")];
    for _ in 0..2 {
        let door = officer.post(PEOPLE, &form);
        assert_eq!(door.status, 401);
        assert!(!words(&door).contains("示例户主"), "not on the page");
    }
    let door = officer.get("/");
    assert!(door.contains("name=\"held\" value=\"1\" checked"), "{door}");
    let wrong = officer.post("/unlock", &[("officer", "none"), ("pin", "000000")]);
    assert!(words(&wrong).contains("name=\"held\""), "it waits on");
    let opened = officer.unlock_at(&door, 0);
    assert_eq!(opened.location.as_deref(), Some("/visit/hh-1/consent"));
    assert!(officer.get("/").contains("示例户主"));
    officer.post("/lock", &[]);
    assert!(!officer.get("/").contains("name=\"held\""), "entered once");
}

#[test]
fn what_the_script_brings_to_the_door_stands_in_its_form_again() {
    let officer = Officer::at_work(1);
    officer.pass(IDLE_MS);
    // As a change of language does: written, not sent off.
    let form = [("head:name", "示例户主"), ("lang", "zh-CN")];
    officer.post(PEOPLE, &form);
    let opened = officer.unlock_at(&officer.get("/"), 0);
    assert!(words(&opened).contains("value=\"示例户主\""));
    assert!(!officer.get("/").contains("示例户主"), "no record yet");
}

#[test]
fn what_waits_for_one_officer_is_not_entered_for_another_or_against_their_will() {
    let officer = Officer::at_work(1);
    officer.post("/lock", &[]);
    officer.enrol();
    officer.wait();
    let form = [("head:name", "示例户主"), ("go", "next")];
    officer.pass(IDLE_MS);
    officer.post(PEOPLE, &form);
    let door = officer.get("/");
    officer.unlock_at(&door, 0);
    assert!(!officer.get("/").contains("示例户主"), "another officer");
    officer.post("/lock", &[]);
    let door = officer.get("/");
    assert!(door.contains("name=\"held\""), "it waits on");
    officer.unlock_at(&door.replace("name=\"held\"", ""), 1);
    assert!(!officer.get("/").contains("示例户主"), "refused");
}

#[test]
fn a_synchronisation_is_not_torn_by_the_lock_and_is_met_again_after_the_pin() {
    let officer = Officer::at_work(1);
    officer.visit(1);
    officer.link.hold(true);
    assert!(officer.app.synchronise_if_due());
    officer.is_sending();
    officer.pass(IDLE_MS);
    let door = officer.get("/");
    assert!(door.contains("自动锁定"));
    let refused = officer.post("/unlock", &[("officer", "none"), ("pin", "000000")]);
    assert_eq!(refused.status, 401);
    let opened = officer.unlock_at(&door, 0);
    assert!(words(&opened).contains("正在发送 0 / 2"), "it goes on");
    assert_eq!(officer.link.tries(), 2, "and no other began");
    officer.link.hold(false);
    officer.wait();
    let records = officer.get("/visit/hh-1/records");
    assert!(records.contains("badge received"), "{records}");
}
