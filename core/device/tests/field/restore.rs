//! Copies, backups and erasure: the chain goes on, and nothing is lost or comes back.

use itgel_device::sync::run;
use itgel_device::{Need, Record, RecordKind, RecordState};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::Body;
use itgel_domain::id::RowId;
use itgel_domain::item::ItemPath;
use itgel_domain::sync::pull::{DeletedRows, PullItem, Revocation, Tombstone};

use crate::server::{Fault, GACHA, Server};
use crate::world::{AS_OF, Phone, cycle, is_green, now, ready, server, subject, value};

/// How many entries of a subject the server holds.
fn entries_of(server: &Server, n: u32) -> usize {
    let kept = server.kept();
    let of_subject = kept
        .envelopes
        .values()
        .filter(|e| *e.subject() == subject(n));
    of_subject.map(|e| e.entries().len()).sum()
}

#[test]
fn a_deleted_register_row_is_gone_from_the_device_and_only_the_server_deletes() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    phone.sync(&server);
    let known = || {
        let seen = phone
            .device
            .assess_provisional(&subject(1), &cycle(), AS_OF);
        seen.unwrap().inputs
    };
    let before = known();
    let rows: Vec<RowId> = vec!["credit-1".parse().unwrap()];
    let forged = DeletedRows {
        signature: "00".repeat(64),
        rows: rows.clone(),
    };
    server.list(GACHA, &PullItem::Deleted(forged));
    phone.sync(&server);
    assert_eq!(known(), before, "nobody else can delete");
    let signature = server.sign(&DeletedRows::message(&rows));
    server.list(GACHA, &PullItem::Deleted(DeletedRows { rows, signature }));
    phone.sync(&server);
    assert_ne!(known(), before, "the row is used no more");
    assert!(phone.device.subject(&subject(1)).is_ok());
}

#[test]
fn sec_t36_an_erasure_from_before_a_rotation_is_no_fault_for_a_device_that_came_after_it() {
    let (mut server, phone) = ready(2);
    phone.visit(1);
    phone.sync(&server);
    // What the list says was signed by a key that this device never knew.
    server.sign_with([77; 32]);
    let rows: Vec<RowId> = vec!["credit-77".parse().unwrap()];
    let deleted = PullItem::Deleted(DeletedRows {
        signature: server.sign(&DeletedRows::message(&rows)),
        rows,
    });
    let (elsewhere, here) = (
        server.tombstone(&subject(77)),
        server.tombstone(&subject(1)),
    );
    server.sign_with([200; 32]);
    server.list(GACHA, &deleted);
    server.list(GACHA, &elsewhere);
    assert_eq!(
        phone.sync(&server).refused,
        0,
        "nothing of them was ever here"
    );
    let noted = phone.device.subject(&subject(77)).unwrap_err();
    assert_eq!(noted.code(), ErrorCode::SubjectErased);
    // A key that nobody named deletes nothing that is here.
    server.list(GACHA, &here);
    assert_eq!(phone.sync(&server).refused, 1);
    assert!(phone.device.subject(&subject(1)).is_ok());
}

#[test]
fn an_erased_subject_leaves_the_device_and_the_rest_still_arrives() {
    let (server, phone) = ready(3);
    phone.visit(1);
    phone.sync(&server);
    // Unsent: the second visit of the erased subject, between two others.
    phone.visit(2);
    phone
        .device
        .put_correction(&subject(1), &cycle(), value("herd.sheep", 1), "重数", now())
        .unwrap();
    phone.seal(1).unwrap();
    phone.visit(3);
    let forged = PullItem::Tombstone(Tombstone {
        subject: subject(2),
        signature: "00".repeat(64),
    });
    server.list(GACHA, &forged);
    server.list(GACHA, &server.tombstone(&subject(1)));
    // The push is cut, the list comes through.
    server.fail(1, Fault::Cut);
    run(&phone.device, &server, now(), &mut |_| {}).unwrap_err();
    let gone = phone.device.subject(&subject(1)).unwrap_err();
    assert_eq!(gone.code(), ErrorCode::SubjectErased);
    assert!(phone.device.facts(&subject(1)).unwrap().is_empty());
    assert!(phone.device.identity(&subject(1)).unwrap().is_empty());
    assert!(
        phone
            .device
            .records(&subject(1), &cycle())
            .unwrap()
            .is_empty()
    );
    assert!(
        phone.device.subject(&subject(2)).is_ok(),
        "nobody else can erase"
    );
    let report = phone.sync(&server);
    assert_eq!(
        (report.waiting, report.received),
        (0, 4),
        "the others, in a chain of their own"
    );
    assert!(is_green(&phone, 2) && is_green(&phone, 3));
    let put = phone
        .device
        .put_value(&subject(1), &cycle(), value("herd.sheep", 2), now());
    assert_eq!(put.unwrap_err().code(), ErrorCode::SubjectErased);
    let seals = entries_of(&server, 1);
    phone.sync(&server);
    assert_eq!(
        entries_of(&server, 1),
        seals,
        "nothing more of it is ever sent"
    );
}

#[test]
fn a_restored_copy_of_a_phone_opens_a_new_chain_and_loses_nothing() {
    let (server, phone) = ready(4);
    phone.visit(1);
    let copy = phone.killed(90);
    phone.visit(2);
    phone.sync(&server);
    // The copy knows nothing of the second visit and makes another one.
    copy.visit(3);
    copy.count_again(1, 280);
    let report = copy.sync(&server);
    assert_eq!((report.new_incarnation, report.waiting), (Some(1), 0));
    for n in [1, 2, 3] {
        assert!(is_green(&copy, n), "{n}");
        let facts = copy.device.facts(&subject(n)).unwrap();
        assert!(!facts.seals(&cycle()).is_empty(), "{n}");
    }
    let facts = copy.device.facts(&subject(1)).unwrap();
    assert_eq!(
        facts.seals(&cycle()).len(),
        2,
        "what the server had was not sent again"
    );
    let sheep: ItemPath = "herd.sheep".parse().unwrap();
    assert_eq!(
        facts.facts(&cycle()).values[&sheep].state,
        value("herd.sheep", 280).state
    );
    let kept = server.kept();
    let moved = kept.envelopes.values().filter(|e| e.at.incarnation == 1);
    assert!(moved.clone().count() >= 3);
    for envelope in moved {
        let Body::File(body) = &envelope.body else {
            continue;
        };
        assert!(
            body.deps.iter().all(|dep| kept.envelopes.contains_key(dep)),
            "{:?}",
            body.deps
        );
        for entry in &body.entries {
            if let Entry::Correction(c) = entry {
                assert!(
                    kept.envelopes.contains_key(&c.corrects.at),
                    "{:?}",
                    c.corrects
                );
            }
        }
    }
    copy.sync(&server);
    let quiet = copy.sync(&server);
    assert_eq!((quiet.pulled, quiet.new_incarnation), (0, None));
}

#[test]
fn a_restored_copy_whose_download_broke_off_does_not_write_over_its_earlier_life() {
    let (server, phone) = ready(6);
    let copy = phone.killed(90);
    for n in [1, 2, 3, 4] {
        phone.visit(n);
    }
    phone.sync(&server);
    copy.visit(5);
    // Some of what the earlier life sent is here, and the new chain is not open yet.
    server.page_items(1);
    server.fail(4, Fault::Cut);
    run(&copy.device, &server, now(), &mut |_| {}).unwrap_err();
    copy.visit(6);
    let report = copy.sync(&server);
    assert_eq!((report.new_incarnation, report.waiting), (Some(1), 0));
    for n in 1..=6 {
        let facts = copy.device.facts(&subject(n)).unwrap();
        assert!(!facts.seals(&cycle()).is_empty(), "{n}");
        assert!(entries_of(&server, n) > 0, "{n}");
    }
    assert!(is_green(&copy, 5) && is_green(&copy, 6));
}

#[test]
fn references_follow_what_is_written_again() {
    let (server, phone) = ready(2);
    let copy = phone.killed(90);
    phone.visit(2);
    phone.sync(&server);
    // Two unsent visits of one subject: the second corrects the first.
    copy.visit(1);
    copy.count_again(1, 280);
    copy.sync(&server);
    let kept = server.kept();
    let corrections: Vec<_> = kept
        .envelopes
        .values()
        .flat_map(|e| e.entries())
        .filter_map(|e| {
            if let Entry::Correction(c) = e {
                Some(c)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(corrections.len(), 1);
    assert_eq!(corrections[0].corrects.at.incarnation, 1);
    let seals = copy.device.facts(&subject(1)).unwrap();
    for view in seals.seals(&cycle()) {
        assert!(
            view.seal
                .consents
                .iter()
                .all(|id| seals.entry(id).is_some())
        );
    }
}

#[test]
fn a_server_restored_from_yesterday_gets_everything_again() {
    let (server, phone) = ready(4);
    phone.visit(1);
    phone.sync(&server);
    let yesterday = server.kept();
    phone.visit(2);
    phone.sync(&server);
    phone.visit(3);
    phone.sync(&server);
    server.restore(yesterday);
    // Positions are given anew meanwhile: other things stand where the device had been.
    server.list(
        GACHA,
        &PullItem::Revocation(Revocation {
            device: "d8".parse().unwrap(),
        }),
    );
    phone.visit(4);
    let report = phone.sync(&server);
    assert!(report.epoch_changed && report.waiting == 0);
    for n in 1..=4 {
        assert!(is_green(&phone, n), "{n}");
        assert!(entries_of(&server, n) > 0, "{n}");
    }
    assert_eq!(server.kept().count_of(&"d1".parse().unwrap()), 8);
    assert!(phone.sync(&server).mismatches.is_empty());
    let assessed = phone
        .device
        .assess_provisional(&subject(2), &cycle(), AS_OF);
    assert!(assessed.is_ok(), "rules and registers are back");
}

#[test]
fn who_lives_somewhere_is_not_known_from_what_a_restored_server_lost() {
    let server = server(1);
    let (first, second) = (Phone::enrolled(&server, 1), Phone::enrolled(&server, 2));
    first.sync(&server);
    second.sync(&server);
    let yesterday = server.kept();
    first.identify(1, "示例");
    first.sync(&server);
    second.sync(&server);
    assert_eq!(second.device.identity(&subject(1)).unwrap().len(), 1);
    server.restore(yesterday);
    // A seal of now would rest on what the server knows of nobody.
    second.sync(&server);
    assert!(second.device.identity(&subject(1)).unwrap().is_empty());
    first.sync(&server);
    second.sync(&server);
    assert_eq!(second.device.identity(&subject(1)).unwrap().len(), 1);
}

#[test]
fn an_officer_hears_of_what_lies_on_his_device_alone_until_it_is_back_or_he_was_there() {
    let server = server(2);
    let (first, second) = (Phone::enrolled(&server, 1), Phone::enrolled(&server, 2));
    first.sync(&server);
    second.sync(&server);
    let yesterday = server.kept();
    first.visit(1);
    first.visit(2);
    first.sync(&server);
    second.sync(&server);
    let only_here = || second.device.only_here().unwrap();
    assert!(only_here().is_empty());
    server.restore(yesterday);
    second.sync(&server);
    let lost = only_here();
    let told = |n, kind| {
        let of = |r: &&Record| r.subject == subject(n) && r.kind == kind;
        lost.iter().find(of).map(|record| record.state.clone())
    };
    let one = RecordState::NeedsYou(Need::OnlyHere {
        by: Some("o1".parse().unwrap()),
        count: 1,
    });
    for n in [1, 2] {
        assert_eq!(told(n, RecordKind::File), Some(one.clone()), "{lost:?}");
        assert_eq!(told(n, RecordKind::Identity), Some(one.clone()), "{lost:?}");
    }
    let of_one = second.device.records(&subject(1), &cycle()).unwrap();
    assert_eq!(of_one.len(), 2, "{of_one:?}");
    // The second officer goes to one of the households himself.
    second.visit(1);
    let left = only_here();
    assert!(left.iter().all(|r| r.subject == subject(2)), "{left:?}");
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(second.device.summary().unwrap().needs_you, 0);
    // The other is sent again by the device on which it was written.
    first.sync(&server);
    second.sync(&server);
    assert!(only_here().is_empty());
}

#[test]
fn a_restored_server_gets_earlier_incarnations_too() {
    let (server, phone) = ready(3);
    let empty = server.kept();
    let copy = phone.killed(90);
    phone.visit(1);
    phone.sync(&server);
    copy.visit(2);
    assert_eq!(copy.sync(&server).new_incarnation, Some(1));
    copy.visit(3);
    copy.sync(&server);
    server.restore(empty);
    let report = copy.sync(&server);
    assert!(report.epoch_changed && report.waiting == 0, "{report:?}");
    assert!(entries_of(&server, 2) > 0 && entries_of(&server, 3) > 0);
}

#[test]
fn a_phone_neither_counts_nor_signs_what_it_knows_of_an_earlier_life_from_a_lost_list() {
    let (server, phone) = ready(2);
    let empty = server.kept();
    let copy = phone.killed(90);
    phone.visit(1);
    phone.sync(&server);
    // The phone is put back to before the visit, and hears of it from the server alone.
    copy.sync(&server);
    let facts = || copy.device.facts(&subject(1)).unwrap();
    assert!(!facts().is_empty());
    server.restore(empty);
    let report = copy.sync(&server);
    assert!(report.epoch_changed && report.waiting == 0, "{report:?}");
    assert!(facts().is_empty(), "the server has nothing of it");
    assert!(copy.device.identity(&subject(1)).unwrap().is_empty());
    // Whoever keeps the server's key could list anything as this phone's.
    assert!(copy.device.own_envelopes().unwrap().is_empty());
    assert_eq!(entries_of(&server, 1), 0);
    let quiet = copy.sync(&server);
    assert_eq!((quiet.pulled, quiet.new_incarnation), (0, None));
}

#[test]
fn a_stopped_phone_does_not_take_what_it_is_not_told_for_lost() {
    let server = server(1);
    let (first, second) = (Phone::enrolled(&server, 1), Phone::enrolled(&server, 2));
    first.sync(&server);
    first.visit(1);
    first.sync(&server);
    second.sync(&server);
    let yesterday = server.kept();
    server.restore(yesterday);
    server.tell_lists(false);
    second.sync(&server);
    assert!(!second.device.facts(&subject(1)).unwrap().is_empty());
    assert_eq!(second.device.identity(&subject(1)).unwrap().len(), 1);
    // Let go again, it hears of everything anew.
    server.tell_lists(true);
    second.sync(&server);
    assert!(!second.device.facts(&subject(1)).unwrap().is_empty());
}

#[test]
fn who_people_are_is_not_written_again_once_an_earlier_life_has_sent_it() {
    let (server, phone) = ready(2);
    phone.identify(1, "示例甲");
    let copy = phone.killed(90);
    phone.identify(1, "示例乙");
    phone.sync(&server);
    copy.visit(2);
    copy.sync(&server);
    let versions = |n| {
        let kept = server.kept().identities;
        let of = kept
            .into_iter()
            .filter(|record| record.subject == subject(n));
        of.map(|record| record.version).collect::<Vec<_>>()
    };
    assert_eq!(versions(1), [1, 2], "the old name must not stand again");
    assert_eq!(versions(2), [1]);
    let known = copy.device.identity(&subject(1)).unwrap();
    assert_eq!(known.len(), 1, "{known:?}");
}

#[test]
fn a_version_that_is_written_again_still_stands_on_the_one_before_it() {
    let (server, phone) = ready(2);
    let copy = phone.killed(90);
    phone.visit(2);
    phone.sync(&server);
    copy.identify(1, "示例甲");
    copy.identify(1, "示例乙");
    assert_eq!(copy.sync(&server).new_incarnation, Some(1));
    let kept = server.kept();
    let second = kept.identities.iter().find(|record| record.version == 2);
    let based_on = &second.unwrap().based_on;
    let is_there = kept.envelopes.values().any(|envelope| {
        matches!(&envelope.body, Body::Identity(identity) if based_on == &[identity.commitment])
    });
    assert!(is_there, "two versions would stand beside each other");
    assert_eq!(copy.device.identity(&subject(1)).unwrap().len(), 1);
}
