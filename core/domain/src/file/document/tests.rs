use super::*;
use crate::file::facts::FileFacts;
use crate::file::facts::causality::FIRST_OPS;
use crate::file::sample::*;
use std::collections::BTreeSet;

const SHEEP: &str = "herd.sheep";

/// Every device of these tests signs with a key that is its name.
fn key_of(at: &ChainRef) -> Option<Vec<u8>> {
    Some(at.device.to_string().into_bytes())
}

fn actor_of(envelope: &Envelope) -> Actor {
    let body = body_of(envelope);
    actor(
        &key_of(&envelope.at).unwrap(),
        &body.file,
        envelope.at.incarnation,
    )
}

/// Three devices over two rounds of mutual hearing, the last envelope with several kinds.
fn story() -> Vec<Envelope> {
    let mut writers = [
        Writer::new("d1", "o1"),
        Writer::new("d2", "o2"),
        Writer::new("d3", "o3"),
    ];
    let mut all: Vec<Envelope> = Vec::new();
    for round in 0..2 {
        let from = all.len();
        for (n, writer) in (10..).zip(&mut writers) {
            all.push(writer.write(vec![observe(SHEEP, n), observe("herd.goat", round)]));
        }
        for writer in &mut writers {
            all[from..].iter().for_each(|e| writer.hear(e));
        }
    }
    let first = all[0].entry_id(0);
    all.push(writers[0].write(vec![
        correct(&first, SHEEP, 77),
        seal(),
        consent(day(1), day(9)),
    ]));
    all
}

fn facts_of(envelopes: &[Envelope]) -> FileFacts {
    let mut facts = FileFacts::default();
    envelopes.iter().for_each(|e| facts.apply(e));
    facts
}

#[test]
fn the_first_change_never_moves() {
    let first = first_change();
    assert_eq!(first.tip().last_op, FIRST_OPS);
    assert_eq!(
        first.tip().hash.to_string(),
        "b3d2c1c1e3957e3e47605406b4ae02d73c2ff1fe1efc68f9210037cb438ed854"
    );
    assert_eq!(
        data_encoding::HEXLOWER.encode(first.bytes()),
        "856f4a83b3d2c1c1013e0010000000000000000000000000000000000101000000061510340142035603570170027e07656e747269657306736368656d61027e00017e0013010200"
    );
}

#[test]
fn any_order_and_doubles_give_the_same_document_and_the_fold_agrees() {
    let all = story();
    let document = rebuild(&all, key_of).unwrap();
    let again = rebuild(all.iter().rev().chain(&all), key_of).unwrap();
    assert_eq!(document.heads(), again.heads());
    assert_eq!(
        document.change_hashes().unwrap(),
        again.change_hashes().unwrap()
    );
    assert_eq!(document.entries().unwrap().len(), 15);
    assert_eq!(
        compare(&document, &facts_of(&all), &BTreeSet::new()),
        Ok(Vec::new())
    );
}

#[test]
fn a_fold_that_lost_or_changed_an_entry_is_found_out() {
    let all = story();
    let document = rebuild(&all, key_of).unwrap();
    let none = BTreeSet::new();
    let lost = compare(&document, &facts_of(&all[1..]), &none).unwrap();
    let key = |n| key("observation", &all[0].entry_id(n));
    let lost_both = [
        Difference::OnlyInDocument(key(0)),
        Difference::OnlyInDocument(key(1)),
    ];
    assert_eq!(lost, lost_both);
    let shorter = rebuild(&all[..6], key_of).unwrap();
    assert_eq!(compare(&shorter, &facts_of(&all), &none).unwrap().len(), 3);
    let mut changed = all.clone();
    let body = body_mut(&mut changed[0]);
    body.entries[1] = observe("herd.goat", 9);
    let differs = compare(&document, &facts_of(&changed), &none).unwrap();
    assert_eq!(differs, [Difference::Differs(key(1))]);
    let mut facts = facts_of(&all[1..]);
    facts.apply_quarantined(&all[0]);
    let quarantined = BTreeSet::from([all[0].at.clone()]);
    assert_eq!(compare(&document, &facts, &quarantined), Ok(Vec::new()));
}

#[test]
fn a_document_survives_the_database() {
    let document = rebuild(&story(), key_of).unwrap();
    let saved = document.save().unwrap();
    let loaded = Document::load(&saved).unwrap();
    assert_eq!(loaded.heads(), document.heads());
    assert_eq!(loaded.entries().unwrap(), document.entries().unwrap());
    for cut in 0..saved.len() {
        assert!(Document::load(&saved[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn stored_bytes_that_rotted_are_an_error_and_not_a_panic() {
    let plain = rebuild(&story(), key_of).unwrap().0.save_nocompress();
    for bit in (0..plain.len() * 8).step_by(7) {
        let mut rotten = plain.clone();
        rotten[bit / 8] ^= 1 << (bit % 8);
        let packed = zstd::bulk::compress(&rotten, 1).unwrap();
        assert!(Document::load(&packed).is_err(), "bit {bit}");
    }
}

#[test]
fn an_envelope_cannot_write_at_an_operation_that_is_taken() {
    let mut all = story();
    let body = body_mut(&mut all[6]);
    body.start_op -= 1;
    assert_eq!(rebuild(&all, key_of).unwrap_err(), DocumentError::StartOp);
    // Without its own past among the dependencies its counters would begin again.
    let body = body_mut(&mut all[6]);
    (body.deps, body.start_op) = (Vec::new(), 3);
    assert_eq!(rebuild(&all, key_of).unwrap_err(), DocumentError::StartOp);
}

#[test]
fn a_missing_forked_or_circular_past_is_named() {
    let all = story();
    let missing = rebuild(&all[1..], key_of).unwrap_err();
    assert_eq!(missing, DocumentError::Missing(all[0].at.clone()));
    let mut forked = all[0].clone();
    forked.salt = "f".repeat(32);
    let error = rebuild(all.iter().chain([&forked]), key_of).unwrap_err();
    assert_eq!(error, DocumentError::Forked(all[0].at.clone()));
    let mut circle = all.clone();
    let last = circle[6].at.clone();
    let body = body_mut(&mut circle[1]);
    body.deps = vec![last];
    assert_eq!(rebuild(&circle, key_of).unwrap_err(), DocumentError::Circle);
    let error = rebuild(&all, |_| None).unwrap_err();
    assert_eq!(error, DocumentError::NoKey(all[0].at.clone()));
}

#[test]
fn a_change_without_its_past_is_refused_and_not_kept_aside() {
    let all = story();
    let later = build_change(&all[3], actor_of(&all[3]), 2, &[]);
    assert_eq!(
        later.unwrap_err(),
        DocumentError::StartOp,
        "its dependencies were left out"
    );
    let mut alone = Writer::new("d1", "o1");
    let (x, y) = (
        alone.write(vec![observe(SHEEP, 1)]),
        alone.write(vec![observe(SHEEP, 2)]),
    );
    let x = build_change(&x, actor_of(&x), 1, &[]).unwrap();
    let y = build_change(&y, actor_of(&y), 2, &[x.tip()]).unwrap();
    let error = Document::new().unwrap().apply([y.clone()]).unwrap_err();
    assert_eq!(error, DocumentError::Unreadable);
    let document = Document::new()
        .unwrap()
        .apply([x.clone(), y.clone(), x.clone()])
        .unwrap();
    assert_eq!(document.apply([y.clone()]).unwrap().heads(), [y.tip().hash]);
}

#[test]
fn sec_t08_an_actor_belongs_to_one_device_one_file_and_one_incarnation() {
    let base = actor(b"key", &file(), 0);
    assert_eq!(base, actor(b"key", &file(), 0));
    let others = [
        actor(b"kez", &file(), 0),
        actor(b"key", &id("hh-1/2027"), 0),
        actor(b"key", &file(), 1),
        actor(b"keyh", &id("h-1/2026"), 0),
    ];
    assert!(others.iter().all(|other| *other != base));
}

#[test]
fn a_panic_of_the_library_is_an_error() {
    let failed: Result<(), DocumentError> = guarded(|| unreachable!("as the library would"));
    assert_eq!(failed, Err(DocumentError::Failed));
}
