//! What a lost phone, a wrong PIN and a sudden end must not do.

use itgel_device::vault::VaultError;
use itgel_device::{Error, GivenSecret, Secrets, StoreError, vault};
use itgel_domain::error::ErrorCode;

use crate::world::{
    PIN, Phone, cycle, entropy, h01, now, open, server, signer, subject, value, with_secrets,
};

const CANARY: &str = "金丝雀巴特尔";

#[test]
fn sec_t01_nothing_an_officer_entered_can_be_read_from_the_disk() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    phone.identify(1, CANARY);
    phone.draft_h01(1);
    phone.seal(1).unwrap();
    phone
        .device
        .put_value(&subject(1), &cycle(), value("herd.goat", 987_654), now())
        .unwrap();
    let shown = phone.device.identity(&subject(1)).unwrap();
    assert_eq!(shown[0].people[0].full_name, CANARY);
    for entry in std::fs::read_dir(phone.path.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
        assert!(!bytes.is_empty());
        assert!(
            !has(CANARY.as_bytes()) && !has(b"hh-1") && !has(b"herd.goat"),
            "{path:?}"
        );
        assert!(!has(b"SQLite format 3"), "{path:?} is not encrypted");
    }
}

#[test]
fn sec_t01_ten_wrong_pins_destroy_the_way_to_the_store() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    let try_pin = |pin: &str| with_secrets(pin, |secrets| vault::unlock(&phone.path, secrets));
    for left in [9, 8, 7] {
        assert!(matches!(try_pin("000000"), Err(VaultError::WrongPin { left: l }) if l == left));
    }
    assert!(try_pin(PIN).is_ok(), "a right one starts the count again");
    for left in (1..=9).rev() {
        assert!(matches!(try_pin("000000"), Err(VaultError::WrongPin { left: l }) if l == left));
    }
    assert!(matches!(try_pin("000000"), Err(VaultError::Destroyed)));
    assert!(
        matches!(try_pin(PIN), Err(VaultError::Destroyed)),
        "not even the right one"
    );
    assert!(open(&phone.path, 1, 9).is_err());
}

#[test]
fn sec_t02_killing_the_program_does_not_win_a_try() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    let key_file = phone.path.with_extension("db.key");
    let tries = || {
        let text = std::fs::read_to_string(&key_file).unwrap();
        text.split("\"tries\":")
            .nth(1)
            .unwrap()
            .trim_end_matches('}')
            .parse::<u32>()
            .unwrap()
    };
    for n in 1..=4 {
        let wrong = with_secrets("999999", |secrets| vault::unlock(&phone.path, secrets));
        assert!(wrong.is_err());
        assert_eq!(tries(), n, "counted on the disk");
    }
    // A program that is killed while it tries has counted before: the file says so already.
    let text = std::fs::read_to_string(&key_file)
        .unwrap()
        .replace("\"tries\":4", "\"tries\":10");
    std::fs::write(&key_file, text).unwrap();
    let last = with_secrets(PIN, |secrets| vault::unlock(&phone.path, secrets));
    assert!(
        matches!(last, Err(VaultError::Destroyed)),
        "the tenth try was used up by the kill"
    );
}

#[test]
fn sec_t02_the_right_pin_on_another_phone_opens_nothing() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    let other = GivenSecret::new([7; 32]);
    with_secrets(PIN, |secrets| {
        let moved = Secrets {
            platform: &other,
            ..*secrets
        };
        assert!(matches!(
            vault::unlock(&phone.path, &moved),
            Err(VaultError::WrongPin { .. })
        ));
        assert!(vault::unlock(&phone.path, secrets).is_ok());
    });
}

#[test]
fn a_changed_pin_keeps_the_data_and_a_short_one_is_refused() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    with_secrets(PIN, |secrets| {
        let entropy = entropy(50);
        let short = vault::change_pin(&phone.path, secrets, "12345", entropy.as_ref());
        assert!(matches!(short, Err(VaultError::PinTooShort)));
        vault::change_pin(&phone.path, secrets, "246802", entropy.as_ref()).unwrap();
    });
    assert!(open(&phone.path, 1, 9).is_err());
    let device = with_secrets("246802", |secrets| {
        itgel_device::Device::open(&phone.path, secrets, signer(1), entropy(9)).unwrap()
    });
    assert!(device.subject(&subject(1)).is_ok());
}

#[test]
fn a_store_does_not_open_under_another_signing_key_and_is_not_made_twice() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    assert!(matches!(open(&phone.path, 2, 9), Err(Error::ForeignKey)));
    let enrolment = itgel_device::Enrolment {
        device: "d1".parse().unwrap(),
        officer: "o1".parse().unwrap(),
        server_key: server.public_key(),
        number: 42,
    };
    let again = with_secrets(PIN, |secrets| {
        itgel_device::Device::create(&phone.path, secrets, &enrolment, signer(1), entropy(9))
    });
    assert!(matches!(again, Err(Error::Store(StoreError::Exists))));
}

#[test]
fn a_kill_after_any_field_loses_no_field() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    for (n, observation) in h01().into_iter().enumerate() {
        phone
            .device
            .put_value(&subject(1), &cycle(), observation, now())
            .unwrap();
        if n % 5 == 0 {
            let survivor = phone.killed(90);
            assert_eq!(
                survivor.device.draft(&subject(1), &cycle()).unwrap().len(),
                n + 1
            );
        }
    }
    phone
        .device
        .clear_value(&subject(1), &cycle(), &"herd.sheep".parse().unwrap())
        .unwrap();
    let survivor = phone.killed(90);
    let left = survivor.device.draft(&subject(1), &cycle()).unwrap();
    assert_eq!(left.len(), h01().len() - 1);
    assert_eq!(
        survivor.device.summary().unwrap().waiting,
        0,
        "a draft is no entry"
    );
}

#[test]
fn a_kill_after_the_seal_keeps_the_seal_and_before_it_the_draft() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let before = phone.killed(90);
    let sealed = phone.seal(1).unwrap();
    let after = phone.killed(91);
    assert!(
        !before
            .device
            .draft(&subject(1), &cycle())
            .unwrap()
            .is_empty()
    );
    assert!(
        before
            .device
            .facts(&subject(1))
            .unwrap()
            .seals(&cycle())
            .is_empty()
    );
    assert!(
        after
            .device
            .draft(&subject(1), &cycle())
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        after
            .device
            .facts(&subject(1))
            .unwrap()
            .seals(&cycle())
            .len(),
        1
    );
    assert_eq!(
        after.device.signed_head(&sealed.at).unwrap(),
        Some(sealed.head)
    );
    assert_eq!(
        after.sync(&server).received,
        2,
        "what was sealed before the kill arrives"
    );
    assert_eq!(
        after.device.subject(&subject(9)).unwrap_err().code(),
        ErrorCode::NotFound
    );
}

#[test]
fn sec_t26_nothing_is_wiped_before_its_receipt() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    phone.visit(1);
    let path = phone.path.clone();
    let copy = phone.killed(90);
    assert!(matches!(phone.device.wipe(), Err(Error::Unreceipted(2))));
    assert!(path.exists() && open(&path, 1, 9).is_ok());
    copy.sync(&server);
    let copied = copy.path.clone();
    copy.device.wipe().unwrap();
    assert!(!copied.exists());
    assert!(matches!(
        open(&copied, 1, 9),
        Err(Error::Vault(VaultError::Destroyed))
    ));
}
