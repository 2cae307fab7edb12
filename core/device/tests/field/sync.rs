//! That it arrived, and what happens when it does not.

use itgel_device::sync::{Progress, Step, SyncError, run};
use itgel_device::{Need, RecordState};
use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::{Ballot, Body};
use itgel_domain::item::ItemPath;
use itgel_domain::sync::pull::{CaseItem, PullItem, Revocation, RulesItem, TaskItem, Tombstone};
use itgel_domain::case::CaseState;
use itgel_domain::hash::Hash;

use crate::server::{BANNER, Fault, GACHA, Server};
use crate::world::{AS_OF, Phone, cycle, now, server, subject, value};

fn ready(households: u32) -> (Server, Phone) {
    let server = server(households);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    (server, phone)
}

fn state(phone: &Phone, n: u32) -> RecordState {
    phone.device.records(&subject(n), &cycle()).unwrap().remove(0).state
}

fn is_green(phone: &Phone, n: u32) -> bool {
    let records = phone.device.records(&subject(n), &cycle()).unwrap();
    records.iter().all(|r| matches!(r.state, RecordState::Received { .. }))
}

fn entries_of(server: &Server, n: u32) -> usize {
    let kept = server.kept();
    kept.envelopes.values().filter(|e| *e.subject() == subject(n)).map(|e| e.entries().len()).sum()
}

#[test]
fn a_record_turns_green_on_the_servers_receipt_and_keeps_it() {
    let (server, phone) = ready(1);
    let sealed = phone.visit(1);
    assert_eq!(state(&phone, 1), RecordState::Waiting);
    assert!(phone.device.receipt(&sealed.at).unwrap().is_none());
    let mut shown = Vec::new();
    let report = run(&phone.device, &server, now(), &mut |p| shown.push(p)).unwrap();
    assert_eq!((report.received, report.set_aside, report.waiting), (2, 0, 0));
    assert!(is_green(&phone, 1));
    let receipt = phone.device.receipt(&sealed.at).unwrap().unwrap();
    receipt.verify(&server.public_key()).unwrap();
    assert!(shown.contains(&Progress::Sending { done: 2, total: 2 }), "{shown:?}");
    assert_eq!(report.clock_ahead_ms, 1_000);
}

#[test]
fn an_answer_that_the_server_did_not_sign_turns_nothing_green() {
    let (server, phone) = ready(1);
    phone.visit(1);
    server.fail(1, Fault::Forged);
    let error = run(&phone.device, &server, now(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, SyncError::NotTheServers(Step::Push)));
    assert_eq!(state(&phone, 1), RecordState::Waiting);
    assert!(phone.device.receipt(&ChainRef {
        device: "d1".parse().unwrap(),
        incarnation: 0,
        seq: 1,
    }).unwrap().is_none());
    phone.sync(&server);
    assert!(is_green(&phone, 1), "the honest answer does");
    assert_eq!(server.kept().count_of(&"d1".parse().unwrap()), 2, "and nothing came twice");
}

#[test]
fn a_forged_page_changes_nothing() {
    let server = server(2);
    let phone = Phone::enrolled(&server, 1);
    server.fail(1, Fault::Forged);
    let error = run(&phone.device, &server, now(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, SyncError::NotTheServers(Step::Pull)));
    assert_eq!(phone.device.count_subjects(GACHA.parse().unwrap()).unwrap(), 0);
    assert!(phone.device.cycles().unwrap().is_empty());
}

#[test]
fn with_nothing_to_do_one_question_is_asked() {
    let (server, phone) = ready(3);
    let before = server.calls();
    let report = phone.sync(&server);
    assert_eq!(server.calls() - before, 1);
    assert_eq!((report.pulled, report.received), (0, 0));
}

#[test]
fn a_fault_at_any_step_loses_nothing_and_sends_nothing_twice() {
    for fault in [Fault::Cut, Fault::AnswerLost] {
        for call in 0..9 {
            let server = server(3);
            let phone = Phone::enrolled(&server, 1);
            phone.sync(&server);
            phone.visit(1);
            phone.visit(2);
            server.list(GACHA, &PullItem::Revocation(Revocation { device: "d9".parse().unwrap() }));
            server.fail(call, fault);
            let first = run(&phone.device, &server, now(), &mut |_| {});
            // What a kill leaves at this moment must go on as well.
            let survivor = phone.killed(90);
            server.heal();
            let second = survivor.sync(&server);
            assert_eq!(second.waiting, 0, "{fault:?} at {call}: {first:?}");
            assert!(is_green(&survivor, 1) && is_green(&survivor, 2), "{fault:?} at {call}");
            assert_eq!(server.kept().count_of(&"d1".parse().unwrap()), 4, "{fault:?} at {call}");
            // The own envelopes come down once, then all lists are at their end.
            survivor.sync(&server);
            assert_eq!(survivor.sync(&server).pulled, 0, "{fault:?} at {call}");
        }
    }
}

#[test]
fn repeated_pages_give_the_same_store() {
    let server = server(20);
    let first = Phone::enrolled(&server, 1);
    first.sync(&server);
    first.visit(3);
    first.sync(&server);
    server.repeat_items();
    let second = Phone::enrolled(&server, 2);
    let report = second.sync(&server);
    assert!(report.mismatches.is_empty());
    let facts = |phone: &Phone| phone.device.facts(&subject(3)).unwrap().digest();
    assert_eq!(facts(&first), facts(&second));
    assert_eq!(second.device.identity(&subject(3)).unwrap()[0].people[0].full_name, "示例3");
    assert_eq!(second.device.count_subjects(GACHA.parse().unwrap()).unwrap(), 20);
}

#[test]
fn one_record_that_is_set_aside_does_not_hold_up_the_others() {
    let (server, phone) = ready(3);
    phone.visit(1);
    phone.visit(2);
    phone.visit(3);
    server.quarantine(&subject(2));
    let report = phone.sync(&server);
    assert_eq!((report.received, report.set_aside, report.waiting), (4, 2, 0));
    assert!(is_green(&phone, 1) && is_green(&phone, 3));
    let aside = RecordState::NeedsYou(Need::SetAside(ErrorCode::ScopeOutside));
    assert_eq!(state(&phone, 2), aside);
    assert_eq!(phone.device.needs().unwrap().len(), 2);
    assert!(phone.device.facts(&subject(2)).unwrap().seals(&cycle()).is_empty(), "facts skip it");
    assert!(phone.device.receipt(&phone.device.needs().unwrap()[0].at.clone().unwrap()).unwrap().is_some());
}

#[test]
fn two_officers_values_are_both_kept_and_open_the_grade() {
    let server = server(1);
    let (first, second) = (Phone::enrolled(&server, 1), Phone::enrolled(&server, 2));
    first.sync(&server);
    second.sync(&server);
    first.visit(1);
    second.identify(1, "示例");
    second.draft_h01(1);
    second.device.put_value(&subject(1), &cycle(), value("herd.sheep", 120), now()).unwrap();
    second.seal(1).unwrap();
    for phone in [&first, &second, &first] {
        phone.sync(&server);
    }
    let digest = |phone: &Phone| phone.device.facts(&subject(1)).unwrap().digest();
    assert_eq!(digest(&first), digest(&second));
    let conflicts = first.device.facts(&subject(1)).unwrap().conflicts(&cycle());
    let items: Vec<String> = conflicts.iter().map(|c| c.item.to_string()).collect();
    assert_eq!(items, ["herd.sheep"]);
    let assessment = first.device.assess_provisional(&subject(1), &cycle(), AS_OF).unwrap();
    assert!(assessment.range.combinations > 1);
}

#[test]
fn an_erased_subject_leaves_the_device_and_the_rest_still_arrives() {
    let (server, phone) = ready(3);
    phone.visit(1);
    phone.sync(&server);
    // Unsent: the second visit of the erased subject, between two others.
    phone.visit(2);
    phone.device.put_correction(&subject(1), &cycle(), value("herd.sheep", 1), "重数", now()).unwrap();
    phone.seal(1).unwrap();
    phone.visit(3);
    let forged = PullItem::Tombstone(Tombstone { subject: subject(2), signature: "00".repeat(64) });
    server.list(GACHA, &forged);
    server.list(GACHA, &server.tombstone(&subject(1)));
    // The push is cut, the list comes through.
    server.fail(1, Fault::Cut);
    run(&phone.device, &server, now(), &mut |_| {}).unwrap_err();
    let gone = phone.device.subject(&subject(1)).unwrap_err();
    assert_eq!(gone.code(), ErrorCode::SubjectErased);
    assert!(phone.device.facts(&subject(1)).unwrap().is_empty());
    assert!(phone.device.identity(&subject(1)).unwrap().is_empty());
    assert!(phone.device.records(&subject(1), &cycle()).unwrap().is_empty());
    assert!(phone.device.subject(&subject(2)).is_ok(), "nobody else can erase");
    let report = phone.sync(&server);
    assert_eq!((report.waiting, report.received), (0, 4), "the others, in a chain of their own");
    assert!(is_green(&phone, 2) && is_green(&phone, 3));
    let put = phone.device.put_value(&subject(1), &cycle(), value("herd.sheep", 2), now());
    assert_eq!(put.unwrap_err().code(), ErrorCode::SubjectErased);
    let seals = entries_of(&server, 1);
    phone.sync(&server);
    assert_eq!(entries_of(&server, 1), seals, "nothing more of it is ever sent");
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
    copy.device.put_correction(&subject(1), &cycle(), value("herd.sheep", 280), "重数", now()).unwrap();
    copy.seal(1).unwrap();
    let report = copy.sync(&server);
    assert_eq!((report.new_incarnation, report.waiting), (Some(1), 0));
    for n in [1, 2, 3] {
        assert!(is_green(&copy, n), "{n}");
        let facts = copy.device.facts(&subject(n)).unwrap();
        assert!(!facts.seals(&cycle()).is_empty(), "{n}");
    }
    let facts = copy.device.facts(&subject(1)).unwrap();
    assert_eq!(facts.seals(&cycle()).len(), 2, "what the server had was not sent again");
    let sheep: ItemPath = "herd.sheep".parse().unwrap();
    assert_eq!(facts.facts(&cycle()).values[&sheep].state, value("herd.sheep", 280).state);
    let kept = server.kept();
    let moved = kept.envelopes.values().filter(|e| e.at.incarnation == 1);
    assert!(moved.clone().count() >= 3);
    for envelope in moved {
        let Body::File(body) = &envelope.body else { continue };
        assert!(body.deps.iter().all(|dep| kept.envelopes.contains_key(dep)), "{:?}", body.deps);
        for entry in &body.entries {
            if let Entry::Correction(c) = entry {
                assert!(kept.envelopes.contains_key(&c.corrects.at), "{:?}", c.corrects);
            }
        }
    }
    copy.sync(&server);
    let quiet = copy.sync(&server);
    assert_eq!((quiet.pulled, quiet.new_incarnation), (0, None));
}

#[test]
fn references_follow_what_is_written_again() {
    let (server, phone) = ready(2);
    let copy = phone.killed(90);
    phone.visit(2);
    phone.sync(&server);
    // Two unsent visits of one subject: the second corrects the first.
    copy.visit(1);
    copy.device.put_correction(&subject(1), &cycle(), value("herd.sheep", 280), "重数", now()).unwrap();
    copy.seal(1).unwrap();
    copy.sync(&server);
    let kept = server.kept();
    let corrections: Vec<_> = kept
        .envelopes
        .values()
        .flat_map(|e| e.entries())
        .filter_map(|e| if let Entry::Correction(c) = e { Some(c) } else { None })
        .collect();
    assert_eq!(corrections.len(), 1);
    assert_eq!(corrections[0].corrects.at.incarnation, 1);
    let seals = copy.device.facts(&subject(1)).unwrap();
    for view in seals.seals(&cycle()) {
        assert!(view.seal.consents.iter().all(|id| seals.entry(id).is_some()));
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
    server.list(GACHA, &PullItem::Revocation(Revocation { device: "d8".parse().unwrap() }));
    phone.visit(4);
    let report = phone.sync(&server);
    assert!(report.epoch_changed && report.waiting == 0);
    for n in 1..=4 {
        assert!(is_green(&phone, n), "{n}");
        assert!(entries_of(&server, n) > 0, "{n}");
    }
    assert_eq!(server.kept().count_of(&"d1".parse().unwrap()), 8);
    assert!(phone.sync(&server).mismatches.is_empty());
    let assessed = phone.device.assess_provisional(&subject(2), &cycle(), AS_OF);
    assert!(assessed.is_ok(), "rules and registers are back");
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
fn what_this_version_does_not_know_is_kept_and_does_not_stop_the_rest() {
    let (server, phone) = ready(1);
    server.list_unknown(GACHA, 77, vec![0x80]);
    let task = TaskItem {
        subject: subject(1),
        cycle: cycle(),
        item: Some("herd.sheep".parse().unwrap()),
        text: "请复核羊数".into(),
    };
    server.list(GACHA, &PullItem::Task(task));
    let report = phone.sync(&server);
    assert_eq!((report.unknown, report.pulled), (1, 2));
    let asked = RecordState::NeedsYou(Need::Task {
        item: Some("herd.sheep".parse().unwrap()),
        text: "请复核羊数".into(),
    });
    assert_eq!(state(&phone, 1), asked);
    let case = |state| {
        PullItem::Case(CaseItem { subject: subject(1), cycle: cycle(), state, grade: None })
    };
    server.list(GACHA, &case(CaseState::Submitted));
    phone.sync(&server);
    assert!(phone.device.needs().unwrap().is_empty(), "the case went on");
    let shown = phone.device.case(&subject(1), &cycle()).unwrap().unwrap();
    assert_eq!(shown.state, CaseState::Submitted);
}

#[test]
fn a_list_that_was_changed_behind_the_devices_back_is_reported_and_read_again() {
    let (server, phone) = ready(2);
    server.tamper(GACHA, 1);
    let report = phone.sync(&server);
    assert_eq!(report.mismatches, [GACHA.parse().unwrap()]);
    let report = phone.sync(&server);
    assert!(report.mismatches.is_empty(), "the list as it is now was taken");
    assert!(phone.device.subject(&subject(1)).is_ok(), "nothing was deleted for it");
}

#[test]
fn rules_that_are_not_what_their_hash_says_are_not_taken() {
    let (server, phone) = ready(1);
    let wrong = RulesItem {
        hash: Hash::of_file(b"another file"),
        name: "x.toml".into(),
        text: "pack_id = \"X\"".into(),
    };
    server.list(BANNER, &PullItem::Pack(wrong));
    assert_eq!(phone.sync(&server).refused, 1);
}

#[test]
fn a_revoked_device_knows_it_and_still_uploads() {
    let (server, phone) = ready(1);
    phone.visit(1);
    server.list(BANNER, &PullItem::Revocation(Revocation { device: "d1".parse().unwrap() }));
    let report = phone.sync(&server);
    assert!(phone.device.is_revoked().unwrap());
    assert_eq!(report.received, 2);
}

#[test]
fn a_ballot_goes_up_and_never_comes_down() {
    let (server, phone) = ready(1);
    let ballot = |scores| Ballot {
        subject: subject(1),
        cycle: cycle(),
        evaluator: "e1".parse().unwrap(),
        scores,
    };
    assert!(phone.device.put_ballot(ballot([5, 6, 4, 4]), now()).is_err());
    phone.device.put_ballot(ballot([5, 4, 4, 5]), now()).unwrap();
    assert_eq!(phone.sync(&server).received, 1);
    let other = Phone::enrolled(&server, 2);
    other.sync(&server);
    let facts = other.device.facts(&subject(1)).unwrap();
    assert!(facts.is_empty());
}

#[test]
fn two_synchronisations_do_not_run_into_each_other() {
    let (server, phone) = ready(1);
    phone.visit(1);
    let mut second = None;
    run(&phone.device, &server, now(), &mut |_| {
        second.get_or_insert_with(|| {
            run(&phone.device, &server, now(), &mut |_| {}).unwrap_err().kind()
        });
        // Entry goes on meanwhile.
        phone.device.put_value(&subject(1), &cycle(), value("herd.sheep", 5), now()).unwrap();
    })
    .unwrap();
    assert_eq!(second, Some(Kind::Unavailable));
}
