//! Enrolling, unlocking, and what must not open.

use itgel_domain::sync::hello::TrustNews;
use itgel_domain::trust::WipeOrder;

use crate::officer::{Officer, PIN, words};
use crate::world::now;

#[test]
fn an_enrolled_officer_sees_the_six_words_and_then_the_gacha() {
    let officer = Officer::with_a_new_device(3);
    let enrolled = officer.enrol();
    assert_eq!(enrolled.location.as_deref(), Some("/device"));
    assert!(words(&enrolled).contains("六个字"));
    officer.wait();
    let list = officer.get("/");
    for n in 1..=3 {
        assert!(list.contains(&format!("/visit/hh-{n}\"")), "{list}");
    }
}

#[test]
fn a_text_that_is_no_invitation_leaves_nothing_behind_and_stays_in_its_field() {
    let officer = Officer::with_a_new_device(1);
    let form = [
        ("invitation", "itgel:1:hello"),
        ("pin", PIN),
        ("again", PIN),
    ];
    let refused = officer.post("/enrol", &form);
    assert_eq!(refused.status, 422);
    assert!(words(&refused).contains("这不是登记邀请"));
    assert!(words(&refused).contains("itgel:1:hello"));
    let folder = officer.data().join("officers");
    let left = std::fs::read_dir(folder).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn a_picture_without_an_invitation_says_what_to_do_instead() {
    let officer = Officer::with_a_new_device(1);
    let form = [("grey", "AAAA"), ("width", "1"), ("height", "3")];
    let page = words(&officer.post("/enrol/scan", &form));
    assert!(page.contains("图中没有找到登记邀请") && page.contains("name=\"invitation\""));
}

#[test]
fn two_pins_that_differ_and_one_that_is_short_enrol_nobody() {
    let officer = Officer::with_a_new_device(1);
    let invitation = officer.invitation();
    let tried = |pin: &str, again: &str| {
        let form = [
            ("invitation", invitation.as_str()),
            ("pin", pin),
            ("again", again),
        ];
        words(&officer.post("/enrol", &form))
    };
    assert!(tried("135790", "135791").contains("两次输入的 PIN 不一样"));
    assert!(tried("1357", "1357").contains("至少要 6 位"));
}

#[test]
fn a_changed_pin_opens_the_store_and_the_old_one_nothing() {
    let mut officer = Officer::at_work(1);
    assert!(officer.get("/device").contains("href=\"/pin\""));
    let tried = |pin: &str, new: &str, again: &str| {
        officer.post("/pin", &[("old", pin), ("pin", new), ("again", again)])
    };
    let wrong = tried("000000", "246802", "246802");
    assert_eq!(wrong.status, 422);
    assert!(words(&wrong).contains("还可以试 9 次"), "{}", words(&wrong));
    assert!(words(&tried(PIN, "246802", "246803")).contains("两次输入的 PIN 不一样"));
    assert!(words(&tried(PIN, "2468", "2468")).contains("至少要 6 位"));
    let changed = tried(PIN, "246802", "246802");
    assert_eq!(changed.status, 200);
    assert!(words(&changed).contains("PIN 已更改"));
    officer.restart();
    assert_eq!(officer.unlock().status, 401, "the old one");
    let door = officer.get("/");
    let folder = door.split("name=\"officer\" value=\"").nth(1).unwrap();
    let folder = folder.split('"').next().unwrap();
    let opened = officer.post("/unlock", &[("officer", folder), ("pin", "246802")]);
    assert_eq!(opened.status, 200);
    assert!(officer.get("/").contains("/visit/hh-1\""));
}

#[test]
fn a_wrong_pin_says_how_many_tries_are_left_and_opens_nothing() {
    let mut officer = Officer::at_work(1);
    officer.restart();
    let door = officer.get("/");
    let folder = door.split("name=\"officer\" value=\"").nth(1).unwrap();
    let folder = folder.split('"').next().unwrap();
    let refused = officer.post("/unlock", &[("officer", folder), ("pin", "000000")]);
    assert_eq!(refused.status, 401);
    assert!(
        words(&refused).contains("还可以试 9 次"),
        "{}",
        words(&refused)
    );
    assert!(
        !officer.get("/visit/hh-1").contains("section/herd"),
        "locked"
    );
    // Without any network.
    assert!(words(&officer.unlock()).contains("/visit/hh-1\""));
}

#[test]
fn a_second_officer_has_a_store_of_their_own() {
    let officer = Officer::at_work(1);
    officer.fill(1, "household.members", "4");
    officer.enrol();
    officer.wait();
    let members = officer.get("/visit/hh-1/section/household");
    assert!(!members.contains("value=\"4\""), "another officer's draft");
    officer.post("/lock", &[]);
    let door = officer.get("/");
    assert!(door.contains(">o1<") && door.contains(">o2<"), "{door}");
}

#[test]
fn a_store_that_the_server_ordered_away_is_deleted_and_its_officer_forgotten() {
    let officer = Officer::at_work(1);
    let order = WipeOrder {
        device: "d1".parse().unwrap(),
        nonce: "0123456789abcdef".into(),
        ordered_at: now(),
    };
    officer.server.tell(TrustNews {
        wipe: Some(order.sign(officer.server.signer())),
        ..TrustNews::default()
    });
    officer.post("/sync", &[]);
    officer.wait();
    let folder = officer.data().join("officers");
    let left = || {
        let mut left = std::fs::read_dir(&folder).unwrap();
        Some(left.next()?.unwrap().file_name().into_string().unwrap())
    };
    for attempt in 1..20_000 {
        let Some(name) = left() else {
            break;
        };
        // Where a page was just being answered, unlocking obeys.
        if attempt % 2_000 == 0 {
            officer.post("/unlock", &[("officer", &name), ("pin", PIN)]);
        }
        std::thread::yield_now();
    }
    assert_eq!(left(), None);
    assert!(officer.get("/").contains("登记邀请"));
}
