//! What the answer to a hello is worth: everything that a device does follows from it.

use std::cell::RefCell;

use data_encoding::HEXLOWER;
use itgel_device::sync::{Step, SyncError, run};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::hash::Hash;
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::bundle::{Part, Reader, Writer};
use itgel_domain::sync::hello::{Hello, HelloAnswer, TrustNews};

use crate::between::{Between, signed};
use crate::server::{Fault, GACHA, Server};
use crate::world::{Phone, cycle, is_green, now, ready, server, subject};

const YEAR_MS: i64 = 365 * 86_400_000;

/// A way to change an answer, and what it is called.
type Forgery = (&'static str, fn(&mut HelloAnswer));

/// One for each thing that an answer says.
const FORGERIES: &[Forgery] = &[
    ("epoch", |a| a.epoch += 1),
    ("incarnation", |a| a.incarnation = u32::MAX),
    ("head", |a| {
        a.head = ChainHead::start(&"d9".parse().unwrap(), 0);
    }),
    ("end of a list", |a| a.lists[0].position = 0),
    ("digest of a list", |a| {
        a.lists[0].digest = Hash::of_file(b"other");
    }),
    ("clock", |a| a.clock = a.clock.plus_ms(YEAR_MS)),
    ("checkpoint", |a| {
        a.checkpoint.root = Hash::of_file(b"other")
    }),
    ("its signature", |a| a.checkpoint_signature.clear()),
    ("its time", |a| {
        a.checkpoint_at = a.checkpoint_at.plus_ms(YEAR_MS);
    }),
    ("trust", |a| {
        a.trust = Some(TrustNews {
            pending: true,
            ..TrustNews::default()
        });
    }),
    ("growth", |a| a.consistency = None),
    ("break", |a| a.restored = None),
    ("names", |a| a.names = None),
    ("signature", |a| a.signature.clear()),
];

/// What an officer can see of a device's state.
fn seen(phone: &Phone) -> String {
    let device = &phone.device;
    format!(
        "{:?}",
        (
            device.summary().unwrap(),
            device.trust(now()).unwrap(),
            device.division_names().unwrap(),
            device.log_alarms().unwrap(),
            device.own_envelopes().unwrap(),
            device.records(&subject(1), &cycle()).unwrap(),
            device.count_subjects(GACHA.parse().unwrap()).unwrap(),
        )
    )
}

/// Synchronises over a way on which hello's answers are changed; why it stopped.
fn stopped(phone: &Phone, server: &Server, change: impl Fn(&Hello, HelloAnswer) -> HelloAnswer) {
    let way = Between { server, change };
    let error = run(&phone.device, &way, now(), &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::AnswerUnsigned), "{error}");
    assert!(matches!(error, SyncError::NotTheServers(Step::Hello)));
}

/// A device with a sent and a waiting visit, and a server that was restored before and has news.
fn between_two_visits() -> (Server, Phone) {
    let (server, phone) = ready(2);
    server.restore(server.kept());
    phone.visit(1);
    phone.sync(&server);
    phone.sync(&server);
    phone.visit(2);
    server.call(GACHA, "示例嘎查", None);
    (server, phone)
}

/// The server's answer to a card, whose greeting is changed.
fn answered(
    server: &Server,
    card: &[u8],
    change: impl Fn(&Hello, HelloAnswer) -> HelloAnswer,
) -> Vec<u8> {
    let mut reader = Reader::new(card, server.signer()).unwrap();
    let Some(Part::Opening(opening)) = reader.next_part().unwrap() else {
        panic!("a card opens with a hello");
    };
    let reply_key = HEXLOWER.decode(opening.reply_key.as_bytes()).unwrap();
    let mut writer = Writer::new(&reply_key, &[5; 32]).unwrap();
    let welcome = change(&opening.hello, server.hello(&opening.hello).unwrap());
    writer.put(&Part::Welcome(Box::new(welcome)));
    while let Some(part) = reader.next_part().unwrap() {
        if let Part::Push(page) = part {
            let receipt = server.push(&page).unwrap();
            writer.put(&Part::Receipt(Box::new(receipt)));
        }
    }
    writer.end()
}

#[test]
fn sec_t36_a_forged_hello_changes_nothing() {
    let (server, phone) = between_two_visits();
    let before = seen(&phone);
    for (what, forge) in FORGERIES {
        stopped(&phone, &server, |_, mut answer| {
            let honest = answer.clone();
            forge(&mut answer);
            assert_ne!(answer, honest, "{what}");
            answer
        });
        assert_eq!(seen(&phone), before, "{what}");
    }
    server.fail(0, Fault::Forged);
    stopped(&phone, &server, |_, answer| answer);
    assert_eq!(seen(&phone), before, "signed by somebody else");
    let report = phone.sync(&server);
    assert!(!report.epoch_changed && !report.log_forked && !report.log_unsigned);
    assert_eq!((report.new_incarnation, report.waiting), (None, 0));
    assert!(report.mismatches.is_empty() && is_green(&phone, 2));
}

#[test]
fn sec_t36_an_earlier_answer_is_none_to_a_later_hello() {
    let (server, phone) = between_two_visits();
    let (first, before) = (RefCell::new(None), seen(&phone));
    // The same instant by the device's clock, and nothing happened on the device.
    let lost = |_: &Hello, answer: HelloAnswer| {
        first.borrow_mut().get_or_insert(answer.clone());
        HelloAnswer {
            signature: String::new(),
            ..answer
        }
    };
    stopped(&phone, &server, lost);
    server.restore(server.kept());
    let held = first.into_inner().unwrap();
    stopped(&phone, &server, |_, _| held.clone());
    assert_eq!(seen(&phone), before);
    assert!(phone.sync(&server).epoch_changed, "the server of now");
}

#[test]
fn sec_t36_an_epoch_without_the_servers_break_is_believed_neither_on_the_line_nor_on_a_card() {
    let (server, phone) = between_two_visits();
    let before = seen(&phone);
    let unbroken: [fn(HelloAnswer) -> HelloAnswer; 3] = [
        // The break of the epoch before, none at all, and one that somebody made up.
        |answer| HelloAnswer {
            epoch: answer.epoch + 1,
            ..answer
        },
        |answer| HelloAnswer {
            epoch: answer.epoch + 1,
            restored: None,
            ..answer
        },
        |mut answer| {
            answer.epoch += 1;
            let restored = answer.restored.as_mut().unwrap();
            restored.epoch = answer.epoch;
            answer
        },
    ];
    let card = phone.device.write_bundle(now()).unwrap();
    for change in unbroken {
        let say = |asked: &Hello, answer| signed(&server, asked, change(answer));
        stopped(&phone, &server, say);
        let told = answered(&server, &card, say);
        let report = phone.device.take_answer(&told).unwrap();
        assert_eq!((report.received, report.passed_over), (0, 1));
        assert_eq!(seen(&phone), before);
    }
    server.restore(server.kept());
    assert!(phone.sync(&server).epoch_changed, "under its break it is");
}

#[test]
fn sec_t36_the_answer_on_a_card_is_one_to_this_card() {
    let (server, phone) = between_two_visits();
    let before = seen(&phone);
    let earlier = phone.device.write_bundle(now()).unwrap();
    let asked = RefCell::new(None);
    answered(&server, &earlier, |hello, answer| {
        asked.borrow_mut().get_or_insert(hello.clone());
        answer
    });
    let asked = asked.into_inner().unwrap();
    let card = phone.device.write_bundle(now()).unwrap();
    let replayed = answered(&server, &card, |_, _| server.hello(&asked).unwrap());
    let report = phone.device.take_answer(&replayed).unwrap();
    assert_eq!((report.received, report.passed_over), (0, 1));
    assert_eq!(seen(&phone), before);
    let honest = answered(&server, &card, |_, answer| answer);
    let report = phone.device.take_answer(&honest).unwrap();
    assert_eq!((report.received, report.passed_over), (2, 0));
    assert!(is_green(&phone, 2));
}

#[test]
fn no_incarnation_is_opened_after_the_last_number() {
    let (server, phone) = between_two_visits();
    stopped(&phone, &server, |asked, answer| {
        let last = HelloAnswer {
            incarnation: u32::MAX,
            ..answer
        };
        signed(&server, asked, last)
    });
    assert_eq!(phone.sync(&server).waiting, 0);
}

#[test]
fn what_others_write_between_hello_and_pull_is_no_fault_of_a_list() {
    let server = server(4);
    let (phone, other) = (Phone::enrolled(&server, 1), Phone::enrolled(&server, 2));
    phone.sync(&server);
    other.sync(&server);
    let yesterday = server.kept();
    other.visit(1);
    other.sync(&server);
    phone.sync(&server);
    server.restore(yesterday);
    other.visit(2);
    // The other one sends again what was lost, just when this one has been told where lists end.
    let hellos = RefCell::new(0);
    let way = Between {
        server: &server,
        change: |_: &Hello, answer| {
            *hellos.borrow_mut() += 1;
            if *hellos.borrow() == 2 {
                other.sync(&server);
            }
            answer
        },
    };
    let pulled_before = server.asked().len();
    let report = run(&phone.device, &way, now(), &mut |_| {}).unwrap();
    assert!(report.epoch_changed && *hellos.borrow() == 2, "{report:?}");
    assert_eq!(report.mismatches, []);
    let items: u64 = server.kept().lists.values().map(|l| l.len() as u64).sum();
    assert_eq!(report.pulled, items, "each item came down once");
    assert!(server.asked().len() > pulled_before);
    let facts = phone.device.facts(&subject(2)).unwrap();
    assert!(!facts.seals(&cycle()).is_empty(), "what was just written");
}

#[test]
fn a_list_that_became_shorter_is_read_again() {
    let (server, phone) = ready(3);
    phone.visit(1);
    phone.sync(&server);
    phone.sync(&server);
    let mut shorter = server.kept();
    let gacha = GACHA.parse().unwrap();
    shorter.lists.get_mut(&gacha).unwrap().pop();
    server.rewrite(shorter);
    assert_eq!(phone.sync(&server).mismatches, [gacha]);
    assert!(phone.sync(&server).mismatches.is_empty());
}
