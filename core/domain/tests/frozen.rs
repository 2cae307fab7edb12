//! The bytes of version 1, frozen: what a release once wrote must decode for ever.
//!
//! `fixtures/wire/v1` holds one of each thing that travels or is stored under a signature or a
//! hash. If a test fails here, a format changed. Before the first release that may be wanted:
//! delete the file and run the writer. After it, the old form stays and the new one gets a version
//! of its own beside it.

#![expect(
    clippy::unwrap_used,
    reason = "the frozen bytes are there, or the test fails"
)]

#[path = "frozen/messages.rs"]
mod messages;
#[path = "frozen/samples.rs"]
mod samples;

use std::path::PathBuf;

use itgel_domain::file::chain::{DeviceSigner as _, Suite};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use minicbor::{Decode, Encode};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/wire/v1")
}

/// The frozen files, by name.
fn frozen() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into(),
                std::fs::read(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name).with_extension("cbor")).unwrap()
}

/// Decodes what a file of this name holds and writes it again.
fn recoded(name: &str, bytes: &[u8]) -> Vec<u8> {
    fn again<T: for<'b> Decode<'b, ()> + Encode<()>>(bytes: &[u8]) -> Vec<u8> {
        minicbor::to_vec(minicbor::decode::<T>(bytes).unwrap()).unwrap()
    }
    match name.split('-').next().unwrap() {
        "envelope" => Envelope::from_bytes(bytes).unwrap().to_bytes(),
        "identity" => IdentityRecord::from_bytes(bytes).unwrap().to_bytes(),
        "hello" => again::<Hello>(bytes),
        "welcome" => again::<HelloAnswer>(bytes),
        "push" => again::<Push>(bytes),
        "receipt" => again::<PushAnswer>(bytes),
        "pull" => again::<Pull>(bytes),
        "page" => again::<PullPage>(bytes),
        _ => unreachable!("{name} is of no known format"),
    }
}

#[test]
fn every_frozen_file_decodes_and_is_written_again_to_the_byte() {
    let files = frozen();
    assert!(files.len() >= samples::all().len());
    for (name, bytes) in files {
        assert_eq!(recoded(&name, &bytes), bytes, "{name}");
    }
}

#[test]
fn the_same_content_still_gives_the_same_bytes() {
    for (name, bytes) in samples::all() {
        assert_eq!(file(&name), bytes, "the form of {name} changed");
    }
}

#[test]
fn every_kind_of_entry_body_and_item_is_frozen() {
    let frozen = frozen();
    let names: Vec<&str> = frozen.iter().map(|(name, _)| name.as_str()).collect();
    let kinds: std::collections::BTreeSet<&str> = samples::entries()
        .iter()
        .map(|(_, entry)| entry.kind())
        .collect();
    assert_eq!(kinds.len(), 11);
    for (name, _) in samples::entries() {
        assert!(
            names.contains(&format!("envelope-{name}").as_str()),
            "{name}"
        );
    }
    let page: PullPage = minicbor::decode(&file("page-every-kind")).unwrap();
    let items: Vec<u8> = page
        .items
        .iter()
        .map(|item| item.item().unwrap().kind())
        .collect();
    assert_eq!(items, (0..12).collect::<Vec<u8>>());
}

#[test]
fn frozen_signatures_still_verify() {
    let (server, device) = (
        samples::server().public_key(),
        samples::device().public_key(),
    );
    let receipt: PushAnswer = minicbor::decode(&file("receipt-every-verdict")).unwrap();
    assert!(receipt.verify(&server).is_ok());
    let push: Push = minicbor::decode(&file("push")).unwrap();
    assert!(push.head.verify(Suite::Ed25519, &device).is_ok());
    let page: PullPage = minicbor::decode(&file("page-every-kind")).unwrap();
    assert!(page.verify(&server).is_ok());
    let welcome: HelloAnswer = minicbor::decode(&file("welcome")).unwrap();
    let checkpoint = welcome.signed_checkpoint();
    assert!(
        checkpoint
            .verify(&server, &welcome.checkpoint_signature)
            .is_ok()
    );
}

#[test]
fn an_id_computed_from_frozen_bytes_never_changes() {
    let bytes = file("envelope-observation");
    let id = Envelope::from_bytes(&bytes).unwrap().id();
    assert_eq!(Envelope::id_of_bytes(&bytes), id);
    assert_eq!(
        id.to_string(),
        "a6144cc71582c8f0199fcd3b32941e4d313fcc9462a362006525a2c306828ed5"
    );
    let record = IdentityRecord::from_bytes(&file("identity")).unwrap();
    let commitment = record.commitment("00112233445566778899aabbccddeeff");
    assert_eq!(
        commitment.to_string(),
        "4621f7a38b52bc6c9ef1ddce8c3c599d935f18bf4b579933cedf12cd4b1e9893"
    );
}

/// A format that has no frozen bytes yet gets them once, and the test fails until somebody has
/// looked at them and committed them. A file that is there is never overwritten.
#[test]
fn every_format_has_its_frozen_bytes() {
    let mut written = Vec::new();
    for (name, bytes) in samples::all() {
        let path = folder().join(&name).with_extension("cbor");
        if !path.exists() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(path, bytes).unwrap();
            written.push(name);
        }
    }
    assert!(
        written.is_empty(),
        "written for the first time, look at them and commit: {written:?}"
    );
}
