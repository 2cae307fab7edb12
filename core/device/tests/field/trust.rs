//! What the server states about a device, and what a device does about it: grant, keys, rules, and
//! the order to delete its store.

use itgel_device::sync::{self, SyncError, run};
use itgel_device::wipe::{self, Step};
use itgel_device::{Error, vault};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite, verify};
use itgel_domain::sync::hello::{Hello, HelloAnswer, TrustNews};
use itgel_domain::time::AtMs;
use itgel_domain::trust::jws::thumbprint;
use itgel_domain::trust::{Certificate, Coverage, Grant, Succession, WipeOrder, wiped_message};

use crate::between::{Between, signed};
use crate::server::{GACHA, Server};
use crate::world::{
    cycle, entropy, key_store, now, open, ready, server, signer, subject, value, with_secrets,
};

const DAY_MS: i64 = 86_400_000;

/// Kills at each step of a deletion (`security.md` T26).
const KILLS: usize = 200;

fn grant(seq: u64, at: AtMs) -> Grant {
    Grant {
        issuer: "https://a.example".into(),
        device: "d1".parse().unwrap(),
        officer: "o1".parse().unwrap(),
        key: thumbprint(&signer(1).public_key()),
        roles: Vec::new(),
        divisions: Vec::new(),
        packs: Vec::new(),
        seq,
        from: at,
        until: Grant::end(at),
    }
}

fn granted(server: &Server, grant: &Grant) {
    server.tell(TrustNews {
        grant: Some(grant.sign(server.signer())),
        ..TrustNews::default()
    });
}

fn order(device: &str) -> WipeOrder {
    WipeOrder {
        device: device.parse().unwrap(),
        nonce: "0123456789abcdef".into(),
        ordered_at: now(),
    }
}

pub(crate) fn ordered(server: &Server) {
    server.tell(TrustNews {
        wipe: Some(order("d1").sign(server.signer())),
        ..TrustNews::default()
    });
}

#[test]
fn sec_t25_entry_goes_on_for_a_fortnight_after_the_grant_and_sending_for_ever() {
    let (server, phone) = ready(1);
    granted(&server, &grant(1, now()));
    phone.sync(&server);
    let put = |day: i64, heads: i64| {
        let at = now().plus_ms(day * DAY_MS);
        let entered = value("herd.goat", heads);
        phone.device.put_value(&subject(1), &cycle(), entered, at)
    };
    phone.visit(1);
    for day in 0..59 {
        let at = now().plus_ms(day * DAY_MS);
        let expected = match day {
            0..45 => Coverage::Covered,
            _ => Coverage::Grace,
        };
        let coverage = phone.device.trust(at).unwrap().coverage;
        assert_eq!(coverage, Some(expected), "day {day}");
        put(day, day).unwrap();
    }
    let late = put(59, 1).unwrap_err();
    assert_eq!(late.code(), ErrorCode::GrantEnded);
    let people = phone.device.identity(&subject(1)).unwrap();
    let at = now().plus_ms(60 * DAY_MS);
    let late = phone
        .device
        .put_identity(&subject(1), people[0].people.clone(), at);
    assert_eq!(late.unwrap_err().code(), ErrorCode::GrantEnded);
    let report = run(&phone.device, &server, at, &mut |_| {}).unwrap();
    assert_eq!(
        (report.waiting, report.set_aside),
        (0, 0),
        "everything was sent"
    );
    granted(&server, &grant(2, at));
    run(&phone.device, &server, at, &mut |_| {}).unwrap();
    put(60, 2).unwrap();
}

#[test]
fn a_clock_that_was_set_wrong_does_not_end_a_grant() {
    let (server, phone) = ready(1);
    granted(&server, &grant(1, now()));
    phone.sync(&server);
    let year = 365 * DAY_MS;
    for (n, at) in [(1, year), (2, -year), (3, 0)] {
        let entered = value("herd.goat", n);
        let at = now().plus_ms(at);
        let put = phone.device.put_value(&subject(1), &cycle(), entered, at);
        assert!(put.is_ok(), "{put:?}");
    }
}

#[test]
fn sec_t33_an_older_or_foreign_grant_does_not_replace_the_one_that_is_held() {
    let (server, phone) = ready(1);
    granted(&server, &grant(5, now()));
    phone.sync(&server);
    let held = phone.device.trust(now()).unwrap().granted_until;
    assert_eq!(held, Some(Grant::end(now())));
    let later = now().plus_ms(9 * DAY_MS);
    let forger = SoftwareSigner::from_secret(&[201; 32]);
    let foreign = Grant {
        device: "d2".parse().unwrap(),
        ..grant(6, later)
    };
    let other_key = Grant {
        key: thumbprint(&[1; 32]),
        ..grant(6, later)
    };
    for text in [
        grant(4, later).sign(server.signer()),
        grant(5, later).sign(server.signer()),
        grant(6, later).sign(&forger),
        foreign.sign(server.signer()),
        other_key.sign(server.signer()),
    ] {
        server.tell(TrustNews {
            grant: Some(text),
            ..TrustNews::default()
        });
        phone.sync(&server);
        assert_eq!(phone.device.trust(now()).unwrap().granted_until, held);
    }
}

#[test]
fn sec_t33_rules_older_than_the_grant_names_are_told_at_the_check() {
    let (server, phone) = ready(1);
    phone.draft_h01(1);
    let warned = || {
        let checked = phone
            .device
            .check(&subject(1), &cycle(), crate::world::AS_OF);
        let warnings = checked.unwrap().warnings.into_iter();
        warnings
            .filter(|warning| warning.code.as_str() == "warning.outdated_rules")
            .count()
    };
    assert_eq!(warned(), 0);
    let newer = Grant {
        packs: vec!["HH-NM-1/2".into()],
        ..grant(1, now())
    };
    granted(&server, &newer);
    phone.sync(&server);
    assert_eq!(warned(), 1);
}

#[test]
fn a_device_that_waits_for_its_confirmation_keeps_its_records_and_sends_them_afterwards() {
    let (server, phone) = ready(1);
    phone.visit(1);
    server.tell(TrustNews {
        pending: true,
        ..TrustNews::default()
    });
    let report = phone.sync(&server);
    assert!(report.is_pending && report.waiting > 0, "{report:?}");
    let certificate = Certificate {
        issuer: "https://a.example".into(),
        device: "d1".parse().unwrap(),
        officer: "o1".parse().unwrap(),
        suite: Suite::Ed25519,
        public_key: signer(1).public_key(),
        issued_at: now(),
    };
    server.tell(TrustNews {
        certificate: Some(certificate.sign(server.signer())),
        ..TrustNews::default()
    });
    let report = phone.sync(&server);
    assert_eq!((report.is_pending, report.waiting), (false, 0));
    assert!(phone.device.trust(now()).unwrap().is_certified);
}

#[test]
fn a_device_that_is_revoked_before_it_was_confirmed_still_sends_what_it_has() {
    let (server, phone) = ready(1);
    phone.visit(1);
    server.tell(TrustNews {
        pending: true,
        ..TrustNews::default()
    });
    assert!(phone.sync(&server).waiting > 0);
    // Revoked meanwhile: no other news, no lists, and each record to the quarantine.
    server.tell(TrustNews::default());
    server.tell_lists(false);
    server.quarantine_for(ErrorCode::DeviceRevoked);
    server.quarantine(&subject(1));
    let report = phone.sync(&server);
    assert_eq!((report.is_pending, report.waiting), (false, 0));
    assert!(report.set_aside > 0, "a person decides about it");
}

#[test]
fn sec_t36_a_device_follows_the_servers_next_key_once_it_signs_and_no_stranger() {
    let (mut server, phone) = ready(1);
    let next = SoftwareSigner::from_secret(&[202; 32]);
    let announced = Succession::sign(server.signer(), &next.public_key(), now());
    let stranger = SoftwareSigner::from_secret(&[201; 32]);
    let stolen = Succession::sign(&stranger, &stranger.public_key(), now());
    server.tell(TrustNews {
        keys: vec![stolen, announced.clone()],
        ..TrustNews::default()
    });
    phone.visit(1);
    assert_eq!(
        phone.sync(&server).waiting,
        0,
        "announced, and the old key signs"
    );
    server.sign_with([202; 32]);
    // Without the statement that names it, nobody can know whose key this is.
    let silent = Between {
        server: &server,
        change: |asked: &Hello, answer| {
            let untold = HelloAnswer {
                trust: None,
                ..answer
            };
            signed(&server, asked, untold)
        },
    };
    let stopped = run(&phone.device, &silent, now(), &mut |_| {}).unwrap_err();
    assert!(matches!(
        stopped,
        SyncError::NotTheServers(sync::Step::Hello)
    ));
    server.tell(TrustNews {
        keys: vec![announced],
        ..TrustNews::default()
    });
    phone.identify(1, "示例改名");
    assert_eq!(
        phone.sync(&server).waiting,
        0,
        "receipts of the new key count"
    );
}

#[test]
fn what_the_server_signed_before_its_keys_were_handed_on_is_still_obeyed() {
    let (mut server, phone) = ready(3);
    phone.visit(1);
    phone.sync(&server);
    let first = server.tombstone(&subject(1));
    let secrets = [[202; 32], [203; 32]];
    let [second, third] = secrets.map(|secret| SoftwareSigner::from_secret(&secret));
    let keys = vec![
        Succession::sign(server.signer(), &second.public_key(), now()),
        Succession::sign(&second, &third.public_key(), now()),
    ];
    server.sign_with(secrets[0]);
    let between = server.tombstone(&subject(2));
    server.sign_with(secrets[1]);
    // The device was away while the key was handed on twice.
    server.list(GACHA, &first);
    server.list(GACHA, &between);
    server.tell(TrustNews {
        keys,
        ..TrustNews::default()
    });
    let report = phone.sync(&server);
    assert_eq!((report.waiting, report.refused), (0, 0), "{report:?}");
    for n in [1, 2] {
        let gone = phone.device.subject(&subject(n)).unwrap_err();
        assert_eq!(gone.code(), ErrorCode::SubjectErased, "{n}");
    }
    assert!(phone.device.subject(&subject(3)).is_ok());
}

#[test]
fn sec_t26_a_deletion_killed_at_any_step_never_comes_before_the_receipts() {
    let (server, phone) = ready(2);
    phone.visit(1);
    ordered(&server);
    let unsent = phone.killed(60);
    let report = phone.sync(&server);
    assert!(report.wipe_ordered && report.waiting == 0);
    for step in [Step::Closed, Step::Signed, Step::Destroyed, Step::Deleted] {
        for n in 0..KILLS {
            let copy = phone.killed(u8::try_from(n % 100).unwrap());
            let path = copy.path.clone();
            let killed = copy.device.obey_wipe_between(&mut |done| {
                if done == step {
                    Err(Error::Busy)
                } else {
                    Ok(())
                }
            });
            assert!(matches!(killed, Err(Error::Busy)), "{step:?}");
            if step == Step::Closed {
                // Nothing was deleted; nothing more is entered, and the order still stands.
                let again = open(&path, 1, 9).unwrap();
                let late = again.put_value(&subject(1), &cycle(), value("herd.goat", 1), now());
                assert_eq!(late.unwrap_err().code(), ErrorCode::DeviceWiping);
                again.obey_wipe().unwrap();
            } else {
                assert!(matches!(open(&path, 1, 9), Err(Error::Wiped)), "{step:?}");
            }
            let word = wipe::resume(&path, key_store(&path).as_ref())
                .unwrap()
                .expect("the word is kept");
            let message = wiped_message(&word.nonce, &word.device);
            let signature = data_encoding::HEXLOWER
                .decode(word.signature.as_bytes())
                .unwrap();
            let key = signer(1).public_key();
            verify(Suite::Ed25519, &key, &message, &signature).unwrap();
            assert!(!path.exists(), "{step:?}");
            wipe::told(&path).unwrap();
            assert_eq!(
                wipe::resume(&path, key_store(&path).as_ref()).unwrap(),
                None
            );
        }
    }
    // A copy that had heard nothing yet still holds its record and deletes nothing.
    let path = unsent.path.clone();
    assert!(matches!(unsent.device.obey_wipe(), Err(Error::NoOrder)));
    assert!(path.exists());
}

#[test]
fn sec_t26_an_ordered_deletion_waits_for_what_has_no_receipt() {
    let (server, phone) = ready(1);
    ordered(&server);
    assert!(phone.sync(&server).wipe_ordered);
    phone.visit(1);
    let copy = phone.killed(70);
    let path = copy.path.clone();
    assert!(matches!(
        copy.device.obey_wipe(),
        Err(Error::Unreceipted(_))
    ));
    let again = open(&path, 1, 9).unwrap();
    assert!(
        again
            .put_value(&subject(1), &cycle(), value("herd.goat", 1), now())
            .is_ok()
    );
    assert_eq!(phone.sync(&server).waiting, 0);
    phone.device.obey_wipe().unwrap();
}

#[test]
fn sec_t27_of_a_thousand_forged_orders_none_is_obeyed() {
    let (server, phone) = ready(1);
    let good = order("d1").sign(server.signer());
    let mut forged: Vec<String> = Vec::new();
    for n in 0..=255_u8 {
        forged.push(order("d1").sign(&SoftwareSigner::from_secret(&[n; 32])));
        forged.push(order(&format!("d{}", u32::from(n) + 2)).sign(server.signer()));
    }
    // The server's own key signs other things; none of them is an order.
    forged.push(grant(1, now()).sign(server.signer()));
    for at in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(changed).unwrap());
        forged.push(good[..at].to_owned());
    }
    let own = SoftwareSigner::from_secret(&[200; 32]);
    assert_eq!(own.public_key(), server.public_key());
    // The 201st secret is the server's own, under which the order is a good one.
    forged.retain(|text| *text != good);
    assert!(forged.len() >= 1_000, "{}", forged.len());
    for text in forged {
        server.tell(TrustNews {
            wipe: Some(text.clone()),
            ..TrustNews::default()
        });
        let report = phone.sync(&server);
        assert!(!report.wipe_ordered, "{text}");
    }
    assert!(matches!(phone.device.obey_wipe(), Err(Error::NoOrder)));
    assert!(phone.path.exists());
}

#[test]
fn sec_t02_two_officers_on_one_device_have_stores_that_know_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(1);
    let make = |seed: u8, pin: &str| {
        let path = folder.path().join(format!("o{seed}.db"));
        let enrolment = itgel_device::Enrolment {
            device: format!("d{seed}").parse().unwrap(),
            officer: format!("o{seed}").parse().unwrap(),
            server_key: server.public_key(),
            number: 1,
        };
        server.admit(&enrolment.device, signer(seed).public_key());
        let device = with_secrets(&path, pin, |secrets| {
            itgel_device::Device::create(&path, secrets, &enrolment, signer(seed), entropy(seed))
        });
        (path, device.unwrap())
    };
    let ((first, one), (second, two)) = (make(1, "135790"), make(2, "246802"));
    assert_ne!(one.id().unwrap(), two.id().unwrap());
    drop((one, two));
    let unlock = |path: &std::path::Path, pin: &str| {
        with_secrets(path, pin, |secrets| vault::unlock(path, secrets))
    };
    assert!(unlock(&second, "135790").is_err(), "the colleague's PIN");
    for _ in 0..10 {
        assert!(unlock(&first, "000000").is_err());
    }
    assert!(matches!(
        unlock(&first, "135790"),
        Err(vault::VaultError::Destroyed)
    ));
    assert!(unlock(&second, "246802").is_ok(), "the other store stands");
}

#[test]
fn a_real_store_takes_nothing_invented() {
    let (_, phone) = ready(1);
    assert!(!phone.device.is_practice().unwrap());
    assert!(matches!(phone.device.invent(&[]), Err(Error::Practice)));
}
