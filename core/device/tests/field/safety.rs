//! What a lost phone, a wrong PIN and a sudden end must not do.

use itgel_device::vault::VaultError;
use itgel_device::{Error, StoreError};
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
    let again = with_secrets(&phone.path, PIN, |secrets| {
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
fn a_store_with_one_changed_bit_is_not_called_sound() {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    phone.draft_h01(1);
    assert!(phone.device.is_sound().unwrap());
    // Now all of it is in the file. In the last page, which no opening of the store needs.
    let mut bytes = std::fs::read(&phone.path).unwrap();
    let near_end = bytes.len() - 1_000;
    bytes[near_end] ^= 1;
    std::fs::write(&phone.path, bytes).unwrap();
    let after = phone.killed(90);
    assert!(!after.device.is_sound().unwrap());
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
