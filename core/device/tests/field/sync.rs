//! That it arrived, and what happens when it does not.

use itgel_device::sync::{Progress, Step, SyncError, run};
use itgel_device::{Error, Need, RecordState};
use itgel_domain::case::CaseState;
use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::Ballot;
use itgel_domain::hash::Hash;
use itgel_domain::sync::pull::{CaseItem, DecidedItem, PullItem, Revocation, RulesItem, TaskItem};
use itgel_domain::sync::push::Verdict;

use crate::server::{BANNER, Fault, GACHA};
use crate::world::{AS_OF, Phone, cycle, is_green, now, ready, server, subject, value};

fn state(phone: &Phone, n: u32) -> RecordState {
    phone
        .device
        .records(&subject(n), &cycle())
        .unwrap()
        .remove(0)
        .state
}

#[test]
fn a_record_turns_green_on_the_servers_receipt_and_keeps_it() {
    let (server, phone) = ready(1);
    let sealed = phone.visit(1);
    assert_eq!(state(&phone, 1), RecordState::Waiting);
    assert!(phone.device.receipt(&sealed.at).unwrap().is_none());
    let mut shown = Vec::new();
    let report = run(&phone.device, &server, now(), &mut |p| shown.push(p)).unwrap();
    assert_eq!(
        (report.received, report.set_aside, report.waiting),
        (2, 0, 0)
    );
    assert!(is_green(&phone, 1));
    let receipt = phone.device.receipt(&sealed.at).unwrap().unwrap();
    receipt.verify(&server.public_key()).unwrap();
    assert!(
        shown.contains(&Progress::Sending { done: 2, total: 2 }),
        "{shown:?}"
    );
    assert_eq!(report.clock_ahead_ms, 1_000);
}

#[test]
fn sec_t36_an_answer_that_the_server_did_not_sign_turns_nothing_green() {
    let (server, phone) = ready(1);
    phone.visit(1);
    server.fail(1, Fault::Forged);
    let error = run(&phone.device, &server, now(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, SyncError::NotTheServers(Step::Push)));
    assert_eq!(state(&phone, 1), RecordState::Waiting);
    assert!(
        phone
            .device
            .receipt(&ChainRef {
                device: "d1".parse().unwrap(),
                incarnation: 0,
                seq: 1,
            })
            .unwrap()
            .is_none()
    );
    phone.sync(&server);
    assert!(is_green(&phone, 1), "the honest answer does");
    assert_eq!(
        server.kept().count_of(&"d1".parse().unwrap()),
        2,
        "and nothing came twice"
    );
}

#[test]
fn sec_t37_a_forged_page_changes_nothing() {
    let server = server(2);
    let phone = Phone::enrolled(&server, 1);
    server.fail(1, Fault::Forged);
    let error = run(&phone.device, &server, now(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, SyncError::NotTheServers(Step::Pull)));
    assert_eq!(
        phone.device.count_subjects(GACHA.parse().unwrap()).unwrap(),
        0
    );
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
            server.list(
                GACHA,
                &PullItem::Revocation(Revocation {
                    device: "d9".parse().unwrap(),
                }),
            );
            server.fail(call, fault);
            let first = run(&phone.device, &server, now(), &mut |_| {});
            // What a kill leaves at this moment must go on as well.
            let survivor = phone.killed(90);
            server.heal();
            let second = survivor.sync(&server);
            assert_eq!(second.waiting, 0, "{fault:?} at {call}: {first:?}");
            assert!(
                is_green(&survivor, 1) && is_green(&survivor, 2),
                "{fault:?} at {call}"
            );
            assert_eq!(
                server.kept().count_of(&"d1".parse().unwrap()),
                4,
                "{fault:?} at {call}"
            );
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
    assert_eq!(
        second.device.identity(&subject(3)).unwrap()[0].people[0].full_name,
        "示例3"
    );
    assert_eq!(
        second
            .device
            .count_subjects(GACHA.parse().unwrap())
            .unwrap(),
        20
    );
}

#[test]
fn one_record_that_is_set_aside_does_not_hold_up_the_others() {
    let (server, phone) = ready(3);
    phone.visit(1);
    phone.visit(2);
    phone.visit(3);
    server.quarantine(&subject(2));
    server.quarantine_for(ErrorCode::ConsentMissing);
    let report = phone.sync(&server);
    assert_eq!(
        (report.received, report.set_aside, report.waiting),
        (4, 2, 0)
    );
    assert!(is_green(&phone, 1) && is_green(&phone, 3));
    let aside = RecordState::NeedsYou(Need::SetAside(ErrorCode::ConsentMissing));
    assert_eq!(state(&phone, 2), aside);
    assert_eq!(phone.device.needs().unwrap().len(), 2);
    assert!(
        phone
            .device
            .facts(&subject(2))
            .unwrap()
            .seals(&cycle())
            .is_empty(),
        "facts skip it"
    );
    assert!(
        phone
            .device
            .receipt(&phone.device.needs().unwrap()[0].at.clone().unwrap())
            .unwrap()
            .is_some()
    );
}

#[test]
fn what_was_let_count_later_does_not_stay_red_on_its_device() {
    let (server, phone) = ready(1);
    server.quarantine(&subject(1));
    phone.identify(1, "示例");
    phone.sync(&server);
    let at = phone.device.needs().unwrap()[0].at.clone().unwrap();
    let own = phone.device.own_envelopes().unwrap();
    let id = own.iter().find(|own| own.at == at).unwrap().id;
    let tell = |id| {
        let item = DecidedItem {
            at: at.clone(),
            id,
            verdict: Verdict::Accepted,
        };
        server.list(BANNER, &PullItem::Decided(item));
        phone.sync(&server);
    };
    tell(Hash::of_file(b"what another life of the phone wrote there"));
    assert_eq!(phone.device.needs().unwrap().len(), 1);
    tell(id);
    assert!(phone.device.needs().unwrap().is_empty());
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
    second
        .device
        .put_value(&subject(1), &cycle(), value("herd.sheep", 120), now())
        .unwrap();
    second.seal(1).unwrap();
    for phone in [&first, &second, &first] {
        phone.sync(&server);
    }
    let digest = |phone: &Phone| phone.device.facts(&subject(1)).unwrap().digest();
    assert_eq!(digest(&first), digest(&second));
    let conflicts = first.device.facts(&subject(1)).unwrap().conflicts(&cycle());
    let items: Vec<String> = conflicts.iter().map(|c| c.item.to_string()).collect();
    assert_eq!(items, ["herd.sheep"]);
    let assessment = first
        .device
        .assess_provisional(&subject(1), &cycle(), AS_OF)
        .unwrap();
    assert!(assessment.range.combinations > 1);
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
        officer: None,
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
        PullItem::Case(CaseItem {
            subject: subject(1),
            cycle: cycle(),
            state,
            grade: None,
        })
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
    assert!(
        report.mismatches.is_empty(),
        "the list as it is now was taken"
    );
    assert!(
        phone.device.subject(&subject(1)).is_ok(),
        "nothing was deleted for it"
    );
}

#[test]
fn sec_t33_rules_that_are_not_what_their_hash_says_are_not_taken() {
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
    server.list(
        BANNER,
        &PullItem::Revocation(Revocation {
            device: "d1".parse().unwrap(),
        }),
    );
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
    assert!(
        phone
            .device
            .put_ballot(ballot([5, 6, 4, 4]), now())
            .is_err()
    );
    phone
        .device
        .put_ballot(ballot([5, 4, 4, 5]), now())
        .unwrap();
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
            run(&phone.device, &server, now(), &mut |_| {})
                .unwrap_err()
                .kind()
        });
        // Entry goes on meanwhile.
        phone
            .device
            .put_value(&subject(1), &cycle(), value("herd.sheep", 5), now())
            .unwrap();
    })
    .unwrap();
    assert_eq!(second, Some(Kind::Unavailable));
}

#[test]
fn a_store_that_is_being_closed_asks_for_no_further_page_and_keeps_what_came() {
    let server = server(3);
    let phone = Phone::enrolled(&server, 1);
    server.page_items(1);
    let ended = run(&phone.device, &server, now(), &mut |_| {
        phone.device.end_sync();
    });
    assert!(matches!(ended, Err(SyncError::Device(Error::Ended))));
    assert_eq!(server.asked().len(), 1, "one page, and no other");
    let again = run(&phone.device, &server, now(), &mut |_| {});
    assert!(matches!(again, Err(SyncError::Device(Error::Ended))));
    let opened = phone.killed(9);
    assert!(opened.sync(&server).pulled > 0);
    assert_eq!(
        opened
            .device
            .count_subjects(GACHA.parse().unwrap())
            .unwrap(),
        3
    );
}

#[test]
fn the_last_contact_is_known_by_the_clock_of_the_server() {
    let (server, phone) = ready(1);
    let heard = phone.device.trust(now()).unwrap().last_contact;
    assert_eq!(heard, Some(now().plus_ms(1_000)));
    let fresh = Phone::enrolled(&server, 2);
    assert_eq!(fresh.device.trust(now()).unwrap().last_contact, None);
}

#[test]
fn a_screen_that_goes_down_while_it_listens_loses_nothing_and_blocks_nothing() {
    let (server, phone) = ready(1);
    phone.visit(1);
    let listened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut heard = |_| std::panic::panic_any("the screen is gone");
        drop(run(&phone.device, &server, now(), &mut heard));
    }));
    assert!(listened.is_err());
    let report = run(&phone.device, &server, now(), &mut |_| {}).unwrap();
    assert_eq!((report.set_aside, report.waiting), (0, 0));
    assert!(is_green(&phone, 1));
}
