//! The bytes of version 1, frozen: what a release once wrote must decode for ever.
//!
//! `fixtures/wire/v1` holds one of each thing that travels or is stored under a signature or a
//! hash. If a test fails here, a format changed. Before the first release that may be wanted:
//! delete the file and run this test, which writes it and fails once (what lists bring has its
//! own command in `frozen/pulls.rs`). After it, see [`HOW`]. The access token of a server is
//! frozen beside them, by `server/src/auth/token.rs`.

#![expect(
    clippy::unwrap_used,
    reason = "the frozen bytes are there, or the test fails"
)]

#[path = "frozen/messages.rs"]
mod messages;
#[path = "frozen/pulls.rs"]
mod pulls;
#[path = "frozen/samples.rs"]
mod samples;
#[path = "frozen/statements.rs"]
mod statements;
#[path = "frozen/transport.rs"]
mod transport;

use std::path::PathBuf;

use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::sync::bundle::{Opening, Part, Reader};
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::trust::{
    Certificate, Evidence, Grant, Invitation, Succession, WipeOrder, follow, proof,
};
use minicbor::{Decode, Encode};

/// What to do when a test fails here.
const HOW: &str = "a released form stays: keep reading it, give the new one a version of its own \
    (a new key of the map, a new number of the protocol, a new domain string under the \
    signature) and freeze it under fixtures/wire/v2";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/wire/v1")
}

/// The frozen files in CBOR, by name.
fn frozen() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "cbor"));
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into();
    let mut files: Vec<_> = paths
        .map(|path| (stem(&path), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Everything that has to be there, by file name.
fn wanted() -> Vec<(String, Vec<u8>)> {
    let cbor = samples::all().into_iter();
    let cbor = cbor.map(|(name, bytes)| (format!("{name}.cbor"), bytes));
    let texts = statements::all().into_iter();
    let texts = texts.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    let bundles = [
        ("bundle.itgel".to_owned(), transport::bundle()),
        ("answer.itgel".to_owned(), transport::answer()),
    ];
    cbor.chain(texts).chain(bundles).collect()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
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
        "fetch" => again::<Fetch>(bytes),
        "fetched" => again::<Fetched>(bytes),
        "chunk" => again::<Chunk>(bytes),
        "chunkanswer" => again::<ChunkAnswer>(bytes),
        "opening" => again::<Opening>(bytes),
        _ => unreachable!("{name} is of no known format"),
    }
}

#[test]
fn every_frozen_file_decodes_and_is_written_again_to_the_byte() {
    let files = frozen();
    assert!(files.len() >= samples::all().len());
    for (name, bytes) in files {
        assert_eq!(recoded(&name, &bytes), bytes, "{name}: {HOW}");
    }
}

/// Frames of bundles are compressed, so other bytes may say the same: see the test of bundles.
#[test]
fn the_same_content_still_gives_the_same_bytes() {
    for (name, bytes) in wanted() {
        if !name.ends_with(".itgel") {
            let kept = std::fs::read(folder().join(&name)).unwrap();
            assert_eq!(kept, bytes, "the form of {name} changed: {HOW}");
        }
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
    assert_eq!(items, (0..16).collect::<Vec<u8>>());
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
    let brief: PullPage = minicbor::decode(&file("page-brief")).unwrap();
    assert!(brief.verify(&server).is_ok() && brief.items[0].named().is_some());
    let picture: ChunkAnswer = minicbor::decode(&file("chunkanswer")).unwrap();
    assert!(picture.receipt.unwrap().verify(&server).is_ok());
    let restored: HelloAnswer = minicbor::decode(&file("welcome-after-restore")).unwrap();
    let hello: Hello = minicbor::decode(&file("hello-with-checkpoint")).unwrap();
    assert!(restored.verify(&server, &hello.digest()).is_ok());
    assert!(restored.restored.unwrap().verify(&server).is_ok());
    let welcome: HelloAnswer = minicbor::decode(&file("welcome")).unwrap();
    let checkpoint = welcome.signed_checkpoint();
    assert!(
        checkpoint
            .verify(&server, &welcome.checkpoint_signature)
            .is_ok()
    );
    let hello: Hello = minicbor::decode(&file("hello")).unwrap();
    assert!(welcome.verify(&server, &hello.digest()).is_ok());
}

#[test]
fn frozen_statements_still_hold() {
    let (server, device) = (
        samples::server().public_key(),
        samples::device().public_key(),
    );
    let (own, keys) = (samples::place(1).device, [server.as_slice()]);
    let certificate = Certificate::verify(&text("certificate.jws"), &keys).unwrap();
    assert_eq!(certificate.public_key, device);
    let grant = Grant::verify(&text("grant.jws"), &keys, &own, &device).unwrap();
    assert_eq!((grant.seq, grant.divisions.len()), (3, 2));
    assert!(WipeOrder::verify(&text("order.jws"), &keys, &own).is_ok());
    let next = statements::next_server().public_key();
    let succession = text("succession.jws");
    assert!(Succession::verify(&succession, &server).is_ok());
    assert_eq!(follow(&server, &[succession]), [next]);
    let proof::Asked {
        method,
        address,
        token,
        nonce,
    } = statements::ASKED;
    let proof = proof::verify(&text("proof.jws"), method, address, token, &device).unwrap();
    assert_eq!(proof.nonce, nonce);
    let invitation: Invitation = text("invitation.txt").parse().unwrap();
    assert!(invitation.is_of(&server) && invitation.address == statements::ADDRESS);
    let evidence: Evidence = serde_json::from_str(&text("evidence.json")).unwrap();
    let proven = evidence.verify(&Invitation::key_print(&server)).unwrap();
    assert_eq!((proven.at.seq, proven.officer.as_str()), (3, "o1"));
}

#[test]
fn a_frozen_bundle_opens_and_its_device_vouches_for_it() {
    let bytes = std::fs::read(folder().join("bundle.itgel")).unwrap();
    let (header, mut parts) = opened(&bytes, &samples::server());
    let Part::Opening(opening) = parts.remove(0) else {
        unreachable!("it begins with its opening")
    };
    let key = samples::device().public_key();
    assert!(opening.verify(Suite::Ed25519, &key, &header).is_ok());
    assert_eq!(opening.hello, messages::hello(), "{HOW}");
    let sent = [
        Part::Push(Box::new(messages::push())),
        Part::Chunk(Box::new(transport::chunk())),
        Part::Unknown(99),
    ];
    assert_eq!(parts, sent, "{HOW}");
    let bytes = std::fs::read(folder().join("answer.itgel")).unwrap();
    let (_, parts) = opened(&bytes, &samples::device());
    assert_eq!(parts, transport::answers(), "{HOW}");
}

/// What a bundle's opening has to name, and its parts.
fn opened(bytes: &[u8], reader: &SoftwareSigner) -> (Hash, Vec<Part>) {
    let mut reader = Reader::new(bytes, reader).unwrap();
    let parts = std::iter::from_fn(|| reader.next_part().unwrap()).collect();
    (reader.header(), parts)
}

/// A message of a later version with one field more, as this version meets it.
#[test]
fn a_field_that_this_version_does_not_know_is_skipped() {
    let known = file("hello");
    let mut later = known.clone();
    assert_eq!(later[0] & 0xe0, 0xa0, "a map of fewer than 24 fields");
    later[0] += 1;
    later.extend([0x18, 200, 0x63, b'n', b'e', b'w']);
    let read: Hello = minicbor::decode(&later).unwrap();
    assert_eq!(read, minicbor::decode(&known).unwrap());
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
    for (name, bytes) in wanted() {
        let path = folder().join(&name);
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
