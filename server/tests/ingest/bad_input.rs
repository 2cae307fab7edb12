//! Every kind of bad input: its own code, the rest of the page goes in, nothing is lost.

mod scope;

use itgel_domain::catalogue::Restricted;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::{Consent, Correction, Entry, EntryId};
use itgel_domain::file::envelope::{Body, Envelope, FileBody, MAX_BYTES};
use itgel_domain::item::Observation;
use itgel_domain::sync::push::Verdict;
use itgel_server::jobs::{self, JobKind};
use itgel_server::{ServiceError, ingest, store};
use jiff::civil::date;

use super::phone::{Phone, consent, file, int, observation, observed};
use super::world::{GACHA, World, cycle, subject};

/// Pushes a good envelope, the bad one that `write` appends, and a good one behind it; the good
/// ones must go in. Returns the verdict of the bad one.
pub(crate) fn between(world: &World, phone: &mut Phone, write: impl FnOnce(&mut Phone)) -> Verdict {
    let before = phone.write_sheep("hh-1", 10);
    write(phone);
    let after = phone.write_sheep("hh-2", 20);
    assert_eq!(after, before + 2, "one bad envelope between two good ones");
    let mut verdicts = world.push_all(phone, before..=after);
    let again = world.push_all(phone, before..=after);
    assert_eq!(verdicts, again, "the same verdicts at every push");
    assert!(
        verdicts.pop().unwrap().is_received(),
        "the envelope behind goes in"
    );
    let bad = verdicts.pop().unwrap();
    assert!(
        verdicts.pop().unwrap().is_received(),
        "the envelope before goes in"
    );
    let at = ChainRef {
        seq: before + 1,
        ..phone.next_place()
    };
    let kept = world
        .read(|c| store::envelope::get(c, &at))
        .expect("a place in the chain");
    assert_eq!(kept.verdict, bad);
    bad
}

pub(crate) fn quarantined(code: ErrorCode) -> Verdict {
    Verdict::Quarantined(code)
}

/// Appends an envelope of hh-1 after `change`; the phone knows what it wrote.
pub(crate) fn append_changed(
    phone: &mut Phone,
    entries: Vec<Entry>,
    change: impl FnOnce(&mut Envelope),
) {
    let mut envelope = phone.envelope(Body::File(phone.body("hh-1", entries)));
    change(&mut envelope);
    phone.append(&envelope);
}

/// The same for an envelope that does not become part of the file.
fn append_outside(phone: &mut Phone, change: impl FnOnce(&mut Envelope)) {
    let mut envelope = phone.envelope(Body::File(phone.body("hh-1", sheep())));
    change(&mut envelope);
    phone.append_bytes(envelope.to_bytes());
}

fn sheep() -> Vec<Entry> {
    vec![observed("herd.sheep", 11)]
}

#[test]
fn bytes_that_do_not_decode_are_kept_and_do_not_end_the_chain() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let truncated = between(&world, &mut phone, |phone| {
        let bytes = phone
            .envelope(Body::File(phone.body("hh-1", sheep())))
            .to_bytes();
        phone.append_bytes(bytes[..bytes.len() - 7].to_vec());
    });
    assert_eq!(truncated, Verdict::Refused(ErrorCode::EnvelopeMalformed));
    let garbage = between(&world, &mut phone, |phone| {
        phone.append_bytes(b"not an envelope at all".to_vec());
    });
    assert_eq!(garbage, Verdict::Refused(ErrorCode::EnvelopeMalformed));
    let huge = between(&world, &mut phone, |phone| {
        phone.append_bytes(vec![0xa0; MAX_BYTES + 1]);
    });
    assert_eq!(huge, Verdict::Refused(ErrorCode::EnvelopeTooLarge));
    let stray = world.read(|c| store::stray::list(c, &phone.device.id));
    assert_eq!(stray.len(), 3, "all three are kept as bytes");
}

#[test]
fn a_page_whose_head_does_not_vouch_for_it_leaves_nothing_behind() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-1", 10);
    let other = world.phone("o2");
    let refused = |page| match ingest::push(&world.service, &phone.device, page) {
        Err(ServiceError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    let mut unsigned = phone.page(1..=1);
    unsigned.head.signature = "00".repeat(64);
    assert_eq!(refused(unsigned), ErrorCode::EnvelopeSignature);
    let mut changed = phone.page(1..=1);
    let at = changed.envelopes[0].len() - 3;
    changed.envelopes[0][at] ^= 1;
    assert_eq!(refused(changed), ErrorCode::EnvelopeSignature);
    let mut foreign = phone.page(1..=1);
    foreign.head.at.device = other.device.id.clone();
    assert_eq!(refused(foreign), ErrorCode::EnvelopeForeignDevice);
    let mut empty = phone.page(1..=1);
    empty.envelopes.clear();
    assert_eq!(refused(empty), ErrorCode::RequestMalformed);
    let chain = world.read(|c| store::chain::get(c, &phone.device.id, 0));
    assert!(chain.is_none_or(|row| row.head.seq == 0));
    assert!(world.facts("hh-1").is_empty());
    assert_eq!(
        world.push_all(&phone, 1..=1),
        [Verdict::Accepted],
        "the true page goes in"
    );
}

#[test]
fn sec_t08_an_envelope_that_claims_another_place_stays_outside_the_file() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let other = world.phone("o2");
    let foreign = between(&world, &mut phone, |phone| {
        append_outside(phone, |e| e.at.device = other.device.id.clone());
    });
    assert_eq!(foreign, Verdict::Refused(ErrorCode::EnvelopeForeignDevice));
    let moved = between(&world, &mut phone, |phone| {
        append_outside(phone, |e| e.at.seq += 7);
    });
    assert_eq!(moved, Verdict::Refused(ErrorCode::EnvelopeForeignDevice));
}

#[test]
fn sec_t08_a_colleagues_name_on_an_envelope_is_noticed() {
    let world = World::new();
    let (mut phone, _) = (world.phone("o1"), world.phone("o2"));
    let verdict = between(&world, &mut phone, |phone| {
        append_changed(phone, sheep(), |e| e.officer = "o2".parse().unwrap());
    });
    assert_eq!(verdict, quarantined(ErrorCode::EnvelopeForeignOfficer));
}

#[test]
fn values_that_the_catalogue_refuses_wait_for_a_person() {
    let world = World::new();
    let mut phone = world.phone("o1");
    for (entry, code) in [
        (observed("herd.unicorn", 1), ErrorCode::ItemUnknown),
        (
            observed("herd.sheep", 1_000_000_000),
            ErrorCode::ValueOutOfRange,
        ),
        (observed("herd.sheep", -1), ErrorCode::ValueOutOfRange),
        (observed("household.producer", 3), ErrorCode::ValueWrongType),
    ] {
        let verdict = between(&world, &mut phone, |phone| {
            append_changed(phone, vec![entry], |_| {});
        });
        assert_eq!(verdict, quarantined(code));
    }
    let future = Observation {
        observed_on: date(2026, 11, 4),
        ..int("herd.sheep", 5)
    };
    let verdict = between(&world, &mut phone, |phone| {
        append_changed(phone, vec![observation(future)], |_| {});
    });
    assert_eq!(verdict, quarantined(ErrorCode::ObservedOutOfTime));
    assert_eq!(
        world.facts("hh-1").live(&cycle()).len(),
        1,
        "the facts skip them all"
    );
}

#[test]
fn sec_t19_restricted_values_need_the_consent_that_unlocks_them() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let income = |phone: &mut Phone, ticked: &[&str]| {
        let mut entries = vec![observed("income.net_fen", 1_000_000)];
        if !ticked.is_empty() {
            entries.insert(0, Entry::Consent(consent(ticked)));
        }
        append_changed(phone, entries, |_| {});
    };
    let without = between(&world, &mut phone, |phone| income(phone, &[]));
    assert_eq!(without, quarantined(ErrorCode::ConsentMissing));
    let other = between(&world, &mut phone, |phone| income(phone, &["tax"]));
    assert_eq!(other, quarantined(ErrorCode::ConsentMissing));
    let ended = between(&world, &mut phone, |phone| {
        let mut given = consent(&["income"]);
        given.until = date(2026, 10, 31);
        let entries = vec![Entry::Consent(given), observed("income.net_fen", 1_000_000)];
        append_changed(phone, entries, |_| {});
    });
    assert_eq!(ended, quarantined(ErrorCode::ConsentEnded));
    assert!(world.push_all(&phone, 1..=1)[0].is_received());
}

#[test]
fn sec_t19_no_tick_of_another_class_and_no_other_purpose_unlocks_a_value() {
    let world = World::new();
    let mut phone = world.phone("o1");
    for (item, n, class) in [
        ("income.net_fen", 1_000_000, "income"),
        ("insurance.livestock_milli_su", 1_000, "insurance"),
        ("plot/p1/area_mu", 300, "real_estate"),
        ("visit.latitude_mdeg", 43_900, "location"),
    ] {
        let others = Restricted::ALL.iter().map(|other| other.as_str());
        let others: Vec<&str> = others.filter(|other| *other != class).collect();
        let mut verdict = |categories: &[&str], purpose: &str| {
            between(&world, &mut phone, |phone| {
                let given = Consent {
                    purposes: vec![purpose.into()],
                    ..consent(categories)
                };
                let entries = vec![Entry::Consent(given), observed(item, n)];
                append_changed(phone, entries, |_| {});
            })
        };
        let missing = quarantined(ErrorCode::ConsentMissing);
        assert_eq!(verdict(&others, "credit_rating"), missing, "{class}");
        assert_eq!(verdict(&[class], "village_statistics"), missing, "{class}");
        let unread = quarantined(ErrorCode::ConsentPurpose);
        assert_eq!(verdict(&[class], "marketing"), unread, "{class}");
        assert!(verdict(&[class], "credit_rating").is_received(), "{class}");
    }
}

#[test]
fn sec_t09_dependencies_and_counters_that_do_not_fit_get_no_place_in_the_document() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let change = |phone: &mut Phone, change: fn(&mut FileBody)| {
        append_outside(phone, |envelope| {
            if let Body::File(body) = &mut envelope.body {
                change(body);
            }
        });
    };
    let unknown = between(&world, &mut phone, |phone| {
        change(phone, |body| {
            body.deps = vec!["phone-x~0~9".parse().unwrap()];
        });
    });
    assert_eq!(unknown, quarantined(ErrorCode::EnvelopeUnknownDep));
    let wrongs: [fn(&mut FileBody); 3] = [
        |body| body.start_op += 1,
        |body| body.start_op = 1 << 23,
        |body| (body.deps, body.start_op) = (Vec::new(), 3),
    ];
    for wrong in wrongs {
        let verdict = between(&world, &mut phone, |phone| change(phone, wrong));
        assert_eq!(verdict, quarantined(ErrorCode::EnvelopeStartOp));
    }
    let blocked = between(&world, &mut phone, |phone| {
        let bad = ChainRef {
            seq: 2,
            ..phone.next_place()
        };
        append_outside(phone, |envelope| {
            if let Body::File(body) = &mut envelope.body {
                body.deps = vec![bad];
            }
        });
    });
    assert_eq!(
        blocked,
        quarantined(ErrorCode::EnvelopeBlocked),
        "it builds on the first one"
    );
}

#[test]
fn what_refers_to_a_quarantined_entry_waits_with_it() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let bad = phone.write("hh-1", vec![observed("herd.sheep", -1)]);
    let corrects = EntryId {
        at: ChainRef {
            seq: bad,
            ..phone.next_place()
        },
        index: 0,
    };
    phone.write(
        "hh-1",
        vec![Entry::Correction(Correction {
            corrects,
            cycle: cycle(),
            observation: int("herd.sheep", 12),
            reason: "typo".into(),
        })],
    );
    phone.write("hh-1", vec![observed("herd.goat", 3)]);
    let verdicts = world.push_all(&phone, 1..=3);
    assert_eq!(verdicts[0], quarantined(ErrorCode::ValueOutOfRange));
    assert_eq!(verdicts[1], quarantined(ErrorCode::EnvelopeBlocked));
    assert_eq!(
        verdicts[2],
        Verdict::Accepted,
        "what only depends on it in time is free"
    );
}

#[test]
fn nothing_is_kept_of_an_erased_subject() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.visit("hh-1", &[], None);
    world.push_all(&phone, 1..=1);
    assert_eq!(world.board(GACHA).filed, 1);
    world.write(|service, tx| ingest::erase(service, tx, &subject("hh-1"), "o9", service.now()));
    assert_eq!(
        (world.board(GACHA).filed, world.standing("hh-1")),
        (0, None)
    );
    let verdict = between_two(&world, &mut phone);
    assert_eq!(verdict, quarantined(ErrorCode::SubjectErased));
    let at = ChainRef {
        seq: 3,
        ..phone.next_place()
    };
    let kept = world.read(|c| store::envelope::get_sealed(c, &at)).unwrap();
    assert!(kept.sealed.is_empty() && world.facts("hh-1").is_empty());
    let key = world.read(|c| store::content_key::get(c, "file", &file("hh-1").to_string()));
    assert!(key.is_none(), "the key is gone");
}

/// Writes hh-2, hh-1, hh-2; the verdict of the one in the middle.
fn between_two(world: &World, phone: &mut Phone) -> Verdict {
    let first = phone.write_sheep("hh-2", 1);
    phone.write_sheep("hh-1", 2);
    let last = phone.write_sheep("hh-2", 3);
    let verdicts = world.push_all(phone, first..=last);
    assert!(verdicts[0].is_received() && verdicts[2].is_received());
    verdicts[1].clone()
}

#[test]
fn a_file_full_of_quarantine_can_still_be_rebuilt_from_its_envelopes() {
    let world = World::new();
    let (mut phone, mut other) = (world.phone("o1"), world.phone("o2"));
    phone.visit("hh-1", &[], None);
    append_changed(&mut phone, vec![observed("herd.unicorn", 1)], |_| {});
    append_outside(&mut phone, |envelope| {
        if let Body::File(body) = &mut envelope.body {
            body.start_op += 5;
        }
    });
    append_changed(&mut phone, sheep(), |e| e.officer = "o2".parse().unwrap());
    phone.append_bytes(b"garbage".to_vec());
    phone.write_sheep("hh-1", 12);
    world.push_all(&phone, 1..=6);
    super::pulls::pull_all(&world, &mut other);
    other.write_sheep("hh-1", 13);
    assert!(world.push_all(&other, 1..=1)[0].is_received());
    world.write(|service, tx| {
        let nothing = serde_json::Value::Null;
        jobs::enqueue(tx, JobKind::RebuildFiles, "", &nothing, service.now())
    });
    assert_eq!(jobs::run_due(&world.service).unwrap(), 1);
    assert!(world.audited("alarm.file_differs").is_empty());
}
