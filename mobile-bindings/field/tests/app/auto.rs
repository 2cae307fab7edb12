//! Synchronising by itself, and what an officer must see in time.

use std::sync::Arc;
use std::time::Duration;

use itgel_domain::hash::Hash;
use itgel_domain::sync::hello::TrustNews;
use itgel_domain::trust::Grant;
use itgel_field::Disk;

use crate::officer::{Officer, words};
use crate::world::now;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// An officer whose visit of the first household stands still on its way to the server.
fn with_a_visit_on_its_way(households: u32) -> Officer {
    let officer = Officer::at_work(households);
    officer.visit(1);
    officer.link.hold(true);
    assert!(officer.app.synchronise_if_due());
    officer.is_sending();
    officer
}

fn arrived(officer: &Officer) {
    let records = officer.get("/visit/hh-1/records");
    assert!(records.contains("badge received"), "{records}");
}

#[test]
fn what_was_sealed_is_not_left_waiting_for_somebody_to_press_a_button() {
    let officer = Officer::at_work(1);
    assert!(!officer.app.synchronise_if_due(), "nothing new");
    officer.visit(1);
    assert!(officer.app.synchronise_if_due());
    officer.wait();
    let records = officer.get("/visit/hh-1/records");
    assert!(
        records.contains("badge received") && !records.contains("badge waiting"),
        "{records}"
    );
    assert!(!officer.app.synchronise_if_due(), "everything arrived");
    officer.pass(HOUR_MS);
    assert!(officer.app.synchronise_if_due(), "news every hour");
    officer.wait();
}

#[test]
fn without_signal_it_tries_later_and_later_and_at_once_when_the_network_is_back() {
    let officer = Officer::at_work(1);
    officer.link.set_off(true);
    officer.visit(1);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let mut pause = 0;
        while !officer.app.synchronise_if_due() {
            officer.pass(1_000);
            pause += 1;
        }
        officer.wait();
        pauses.push(pause);
    }
    assert_eq!(pauses[0], 0, "new work is sent at once");
    assert!(
        pauses[1] >= 15 && pauses[1..].windows(2).all(|p| p[1] > p[0] * 3 / 2),
        "{pauses:?}"
    );
    let sync = officer.get("/sync");
    assert!(
        sync.contains("没有信号") && sync.contains("分钟后再试"),
        "{sync}"
    );
    officer.link.set_off(false);
    assert!(!officer.app.synchronise_if_due(), "not due yet");
    officer.post("/api/network", &[]);
    officer.wait();
    arrived(&officer);
}

#[test]
fn a_clock_that_is_set_back_a_year_does_not_keep_records_from_being_sent() {
    let officer = Officer::at_work(1);
    officer.set_back(366 * DAY_MS);
    officer.visit(1);
    assert!(officer.app.synchronise_if_due());
    officer.wait();
    officer.pass(HOUR_MS);
    assert!(officer.app.synchronise_if_due());
    officer.wait();
}

#[test]
fn the_button_and_the_schedule_never_synchronise_at_the_same_time() {
    let officer = with_a_visit_on_its_way(2);
    let tries = officer.link.tries();
    officer.stay(2 * HOUR_MS);
    officer.visit(2);
    assert!(!officer.app.synchronise_if_due());
    officer.post("/sync", &[]);
    assert_eq!(officer.link.tries(), tries);
    officer.link.hold(false);
    officer.wait();
    arrived(&officer);
}

#[test]
fn a_record_on_its_way_says_how_far_the_sending_is() {
    let officer = with_a_visit_on_its_way(1);
    let (list, records) = (officer.get("/"), officer.get("/visit/hh-1/records"));
    officer.link.hold(false);
    assert!(list.contains("正在发送 0 / 2</span>"), "{list}");
    assert!(records.contains("正在发送 0 / 2"), "{records}");
    assert!(records.contains("data-job=\"/api/jobs/sync\""));
    officer.wait();
    assert!(officer.get("/").contains("badge received"));
}

#[test]
fn a_locked_store_sends_nothing_more_and_no_second_run_begins_beside_the_ending_one() {
    let officer = with_a_visit_on_its_way(1);
    officer.post("/lock", &[]);
    officer.pass(2 * HOUR_MS);
    assert!(!officer.app.synchronise_if_due(), "locked");
    officer.unlock();
    assert!(
        !officer.app.synchronise_if_due(),
        "the run of before has not ended"
    );
    let had = officer.server.kept().count_of(&"d1".parse().unwrap());
    officer.link.hold(false);
    while !officer.app.synchronise_if_due() {
        assert_eq!(officer.server.kept().count_of(&"d1".parse().unwrap()), had);
        std::thread::yield_now();
    }
    officer.wait();
    arrived(&officer);
}

#[test]
fn a_program_that_ends_has_locked_its_store() {
    let officer = Officer::at_work(1);
    officer.visit(1);
    let keeper = officer.app.keep_synchronised(Duration::from_millis(1));
    while !officer
        .get("/visit/hh-1/records")
        .contains("badge received")
    {
        std::thread::yield_now();
    }
    drop(keeper);
    assert!(!officer.get("/").contains("/visit/hh-1\""));
}

#[test]
fn sec_t25_a_grant_that_ends_is_told_ten_days_before_and_after_its_end() {
    let officer = Officer::at_work(1);
    let key = officer.link.key();
    let grant = Grant {
        issuer: "https://xinyong.example.cn".into(),
        device: "d1".parse().unwrap(),
        officer: "o1".parse().unwrap(),
        key: itgel_domain::trust::jws::thumbprint(&key),
        roles: Vec::new(),
        divisions: Vec::new(),
        packs: Vec::new(),
        seq: 1,
        from: now(),
        until: now().plus_ms(45 * i64::try_from(DAY_MS).unwrap()),
    };
    officer.server.tell(TrustNews {
        grant: Some(grant.sign(officer.server.signer())),
        ..TrustNews::default()
    });
    officer.post("/sync", &[]);
    officer.wait();
    let page = |days: u64| {
        officer.pass(days * DAY_MS);
        officer.unlock();
        // Time of use counts, not time by the calendar.
        officer.fill(1, "household.members", &format!("{}", days % 9));
        officer.get("/")
    };
    assert!(!page(10).contains("class=\"notice\""));
    assert!(!page(14).contains("class=\"notice\""));
    let late = page(13);
    assert!(late.contains("离线授权还有 8 天到期"), "{late}");
    assert!(page(10).contains("还可以录入 12 天"));
    assert!(page(13).contains("只能查看和上传"));
    assert!(officer.get("/device").contains("上次同步："));
}

/// A disk with so much room.
struct Room(u64);

impl Disk for Room {
    fn free_bytes(&self, _: &std::path::Path) -> Option<u64> {
        Some(self.0)
    }
}

#[test]
fn a_disk_that_fills_up_is_told_on_every_page_before_it_is_full() {
    let officer = Officer::at_work(1);
    officer.app.watch_disk(Arc::new(Room(5 << 30)));
    assert!(!officer.get("/").contains("快满了"));
    let device = officer.get("/device");
    assert!(
        device.contains("磁盘剩余 5120 MB") && device.contains("本机数据 "),
        "{device}"
    );
    officer.app.watch_disk(Arc::new(Room(90 << 20)));
    for path in ["/", "/visit/hh-1/section/herd", "/sync"] {
        let page = officer.get(path);
        assert!(page.contains("磁盘只剩 90 MB，快满了"), "{path}: {page}");
    }
    let locked = words(&officer.post("/lock", &[]));
    assert!(
        !locked.contains("快满了"),
        "who is locked out can do nothing"
    );
}

#[test]
fn sec_t20_an_officer_is_told_when_the_servers_history_was_changed() {
    let officer = Officer::at_work(1);
    let synchronise = || {
        officer.post("/sync", &[]);
        officer.wait();
        officer.get("/sync")
    };
    officer.visit(1);
    synchronise();
    assert!(!synchronise().contains("审计员"));
    let mut other = officer.server.kept();
    other.leaves[0] = Hash::of_file(b"something else");
    other.leaves.push(Hash::of_file(b"and more"));
    officer.server.rewrite(other);
    for _ in 0..2 {
        let page = synchronise();
        assert_eq!(page.matches("告知审计员").count(), 1, "{page}");
    }
}
