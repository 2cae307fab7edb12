use super::*;

#[test]
fn an_erased_item_keeps_the_digest_and_says_nothing() {
    let bytes = PullItem::Revocation(Revocation {
        device: "d1".parse().unwrap(),
    })
    .to_bytes();
    let item = PulledItem {
        position: 7,
        kind: 8,
        bytes,
    };
    let gone = PulledItem::gone(7, 8, &item_hash(&item.bytes));
    let start = empty_digest("150623200201".parse().unwrap());
    assert_eq!(extend_digest(&start, &item), extend_digest(&start, &gone));
    assert!(item.item().is_some() && gone.item().is_none());
    let moved = PulledItem {
        position: 8,
        ..gone
    };
    assert_ne!(extend_digest(&start, &item), extend_digest(&start, &moved));
}

#[test]
fn a_deferred_item_keeps_the_digest_and_names_whose_it_is() {
    let hash = Hash::of_file(b"an envelope");
    let start = empty_digest("150623200201".parse().unwrap());
    let subject = "hh-1".parse().unwrap();
    let deferred = PulledItem::deferred(4, 0, &hash, &subject);
    let gone = PulledItem::gone(4, 0, &hash);
    assert_eq!(
        extend_digest(&start, &deferred),
        extend_digest(&start, &gone)
    );
    assert_eq!(deferred.named(), Some(Named { subject, hash }));
    assert!(gone.named().is_none() && deferred.item().is_none());
    let short = PulledItem {
        bytes: vec![0; 7],
        ..deferred
    };
    assert!(short.named().is_none());
}

#[test]
fn an_item_that_names_another_kind_than_it_is_does_not_decode() {
    let bytes = PullItem::Revocation(Revocation {
        device: "d1".parse().unwrap(),
    })
    .to_bytes();
    assert!(
        PulledItem {
            position: 1,
            kind: 2,
            bytes
        }
        .item()
        .is_none()
    );
}
