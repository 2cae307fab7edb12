//! The server's log as devices see it: it grows, and whoever rewrites it is found.

use itgel_device::sync::run;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::log::root_of;
use itgel_domain::sync::hello::{Hello, HelloAnswer};

use crate::between::{Between, signed};
use crate::server::{BANNER, GACHA};
use crate::world::{Phone, is_green, now, ready};

#[test]
fn a_log_that_only_grew_raises_no_alarm() {
    let (server, phone) = ready(6);
    for n in 1..=6 {
        phone.visit(n);
        let report = phone.sync(&server);
        assert!(!report.log_forked && !report.log_went_back, "{n}");
    }
    assert!(phone.device.log_alarms().unwrap().is_empty());
}

#[test]
fn sec_t20_a_fork_of_the_log_is_found_by_the_next_device_and_kept_as_proof() {
    let (server, phone) = ready(3);
    phone.visit(1);
    phone.sync(&server);
    phone.sync(&server);
    // Somebody takes an envelope out of the log and goes on from there, longer than before.
    let mut other = server.kept();
    other.leaves[0] = Hash::of_file(b"something else");
    other.leaves.push(Hash::of_file(b"and more"));
    let held = root_of(&server.kept().leaves);
    server.rewrite(other);
    phone.visit(2);
    let report = phone.sync(&server);
    assert!(report.log_forked && !report.log_went_back);
    assert!(is_green(&phone, 2), "data goes on arriving");
    let alarms = phone.device.log_alarms().unwrap();
    assert_eq!(alarms[0].code, ErrorCode::LogForked);
    assert_eq!(alarms[0].held.unwrap().root, held);
    let proof = alarms[0]
        .shown
        .verify(&server.public_key(), &alarms[0].signature);
    assert!(proof.is_ok(), "signed by the server itself");
    assert!(phone.sync(&server).log_forked, "it is not forgotten");
}

#[test]
fn sec_t20_a_checkpoint_without_signature_is_told() {
    let (server, phone) = ready(2);
    phone.visit(1);
    phone.sync(&server);
    phone.sync(&server);
    // Somebody rewrites the log and shows the new one to nobody who could prove it.
    let mut other = server.kept();
    other.leaves[0] = Hash::of_file(b"something else");
    other.leaves.push(Hash::of_file(b"and more"));
    server.rewrite(other);
    let unsigned = Between {
        server: &server,
        change: |asked: &Hello, mut answer: HelloAnswer| {
            answer.checkpoint_signature = "00".repeat(64);
            signed(&server, asked, answer)
        },
    };
    phone.visit(2);
    let fresh = Phone::enrolled(&server, 2);
    for device in [&phone, &phone, &fresh] {
        let report = run(&device.device, &unsigned, now(), &mut |_| {}).unwrap();
        assert!(report.log_unsigned && !report.log_forked && report.waiting == 0);
        let told = device.device.log_alarms().unwrap();
        assert_eq!(told[0].code, ErrorCode::LogUnsigned);
    }
    assert!(is_green(&phone, 2), "data goes on arriving");
    assert_eq!(fresh.device.log_alarms().unwrap()[0].held, None);
    // What came unsigned was not taken for a state of the log.
    assert!(phone.sync(&server).log_forked);
}

#[test]
fn sec_t20_a_log_that_became_shorter_without_a_restore_is_reported() {
    let (server, phone) = ready(2);
    let before = server.kept();
    phone.visit(1);
    phone.sync(&server);
    phone.sync(&server);
    let mut shorter = server.kept();
    shorter.leaves = before.leaves;
    server.rewrite(shorter);
    let report = phone.sync(&server);
    assert!(report.log_went_back && !report.log_forked);
    let alarms = phone.device.log_alarms().unwrap();
    assert_eq!(alarms[0].code, ErrorCode::LogWentBack);
}

#[test]
fn a_restore_that_is_declared_is_no_alarm_and_hides_nothing_before_it() {
    let (server, phone) = ready(4);
    phone.visit(1);
    phone.sync(&server);
    phone.sync(&server);
    let yesterday = server.kept();
    phone.visit(2);
    phone.sync(&server);
    phone.sync(&server);
    server.restore(yesterday.clone());
    let report = phone.sync(&server);
    assert!(report.epoch_changed && !report.log_forked && !report.log_went_back);
    assert!(is_green(&phone, 2));
    // A restore is no cover for changing what stood before the backup.
    let mut other = yesterday;
    other.leaves[0] = Hash::of_file(b"something else");
    server.restore(other);
    let report = phone.sync(&server);
    assert!(report.epoch_changed && report.log_forked, "{report:?}");
}

#[test]
fn a_newer_backup_that_is_restored_after_an_older_one_is_no_forged_history() {
    let (server, phone) = ready(4);
    phone.visit(1);
    phone.sync(&server);
    phone.sync(&server);
    let older = server.kept();
    phone.visit(2);
    phone.sync(&server);
    phone.visit(3);
    phone.sync(&server);
    phone.sync(&server);
    let newer = server.kept();
    server.restore(older.clone());
    // What the log says from here on stands in neither backup.
    phone.sync(&server);
    phone.sync(&server);
    for backup in [newer, older] {
        server.restore(backup);
        for _ in 0..2 {
            let report = phone.sync(&server);
            assert!(!report.log_forked && !report.log_went_back, "{report:?}");
        }
        assert!((1..=3).all(|n| is_green(&phone, n)));
    }
}

#[test]
fn a_gacha_that_was_renamed_keeps_its_old_name_on_no_device() {
    let (server, phone) = ready(1);
    let called = || {
        phone.sync(&server);
        let names = phone.device.division_names().unwrap().into_iter();
        names.map(|one| one.name).collect::<Vec<_>>()
    };
    assert!(called().is_empty());
    server.call(GACHA, "示例旧嘎查", None);
    server.call(BANNER, "示例旗", None);
    assert_eq!(called(), ["示例旗", "示例旧嘎查"]);
    server.call(GACHA, "示例新嘎查", None);
    assert_eq!(called(), ["示例旗", "示例新嘎查"]);
}
