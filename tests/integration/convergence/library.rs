//! Automerge itself as the oracle: what we build without a document is what it would write.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc as _};
use itgel_domain::file::ChainRef;
use itgel_domain::file::document::{
    Document, DocumentError, actor, build_change, first_change, rebuild,
};
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::hash::Hash;

use super::writer::{Writer, every_kind, observe};

fn key_of(at: &ChainRef) -> Option<Vec<u8>> {
    Some(at.device.to_string().into_bytes())
}

fn first() -> AutoCommit {
    let mut doc = AutoCommit::new().with_actor(ActorId::from([0_u8; 16]));
    doc.put_object(ROOT, "entries", ObjType::Map).unwrap();
    doc.put(ROOT, "schema", 1_u64).unwrap();
    commit(&mut doc);
    doc
}

fn commit(doc: &mut AutoCommit) -> Hash {
    let hash = doc
        .commit_with(CommitOptions::default().with_time(0))
        .unwrap();
    Hash::from_bytes(hash.0)
}

/// What the library writes for the entries of an envelope on top of a document.
fn write(doc: &mut AutoCommit, envelope: &Envelope) -> Hash {
    let Body::File(body) = &envelope.body else {
        unreachable!("only files here")
    };
    let key = key_of(&envelope.at).unwrap();
    let actor = actor(&key, &body.file, envelope.at.incarnation);
    doc.set_actor(ActorId::from(*actor.as_bytes()));
    let (_, map) = doc.get(ROOT, "entries").unwrap().unwrap();
    for (id, entry) in envelope.identified() {
        doc.put(&map, format!("{}/{id}", entry.kind()), entry.to_bytes())
            .unwrap();
    }
    commit(doc)
}

#[test]
fn the_first_change_is_the_one_that_the_library_writes() {
    let mut doc = first();
    let heads = doc.get_heads();
    assert_eq!(heads.len(), 1);
    assert_eq!(first_change().tip().hash, Hash::from_bytes(heads[0].0));
}

#[test]
fn changes_with_every_kind_of_entry_are_those_that_the_library_writes() {
    let all = every_kind();
    let mut written = vec![first_change().tip().hash];
    // Each envelope was written by somebody who knew exactly its past.
    let mut docs: Vec<AutoCommit> = Vec::new();
    for envelope in &all {
        let Body::File(body) = &envelope.body else {
            unreachable!("only files here")
        };
        let mut doc = first();
        for dep in &body.deps {
            let at = all.iter().position(|e| e.at == *dep).unwrap();
            doc.merge(&mut docs[at].clone()).unwrap();
        }
        written.push(write(&mut doc, envelope));
        docs.push(doc);
    }
    let mut merged = first();
    docs.iter_mut()
        .for_each(|doc| drop(merged.merge(doc).unwrap()));
    let document = rebuild(all.iter().rev(), key_of).unwrap();
    written.sort();
    assert_eq!(document.change_hashes().unwrap(), written);
    let heads: Vec<Hash> = merged
        .get_heads()
        .iter()
        .map(|h| Hash::from_bytes(h.0))
        .collect();
    assert_eq!(document.heads(), heads);
    let (_, map) = merged.get(ROOT, "entries").unwrap().unwrap();
    let entries = document.entries().unwrap();
    assert_eq!(
        entries.len(),
        merged.length(&map),
        "nobody's entry hides another's"
    );
    for (key, bytes) in entries {
        let (held, _) = merged.get(&map, key.as_str()).unwrap().unwrap();
        assert_eq!(held.as_bytes(), Some(&bytes[..]), "{key}");
    }
}

#[test]
fn a_document_that_does_not_begin_with_our_change_is_refused() {
    let mut foreign = AutoCommit::new();
    foreign.put_object(ROOT, "entries", ObjType::Map).unwrap();
    let stored = zstd::bulk::compress(&foreign.save_nocompress(), 3).unwrap();
    assert_eq!(
        Document::load(&stored).unwrap_err(),
        DocumentError::Unreadable
    );
    let ours = zstd::bulk::compress(&first().save_nocompress(), 3).unwrap();
    assert!(Document::load(&ours).is_ok());
}

#[test]
fn a_change_of_an_actor_out_of_turn_is_an_error_and_not_a_panic() {
    let envelope = Writer::new("d1", "o1").write(vec![observe("herd.sheep", 1)]);
    let Body::File(body) = &envelope.body else {
        unreachable!("only files here")
    };
    let actor = actor(b"d1", &body.file, 0);
    // The library panics on a first change with another number than one.
    let change = build_change(&envelope, actor, 9, &[]).unwrap();
    assert!(Document::new().unwrap().apply([change]).is_err());
}
