//! Everything in the product that reads bytes from outside, in one list: whatever the bytes are,
//! each of them has to come back, without a panic, soon, and in little memory.
//!
//! `battery R04` feeds them mutations of good inputs; `tests/fuzz` feeds them whatever a fuzzer
//! finds. Neither looks at the answer: what an answer must be is said by the tests beside each
//! parser.

mod mutate;
mod seeds;

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use itgel_domain::assess::Worksheet;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::file::document::{Document, actor, build_change, first_change};
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::{Ballot, Body, Envelope, GroupReview};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::objection::{FiledObjection, ReceiptNumber};
use itgel_domain::identity::IdentityRecord;
use itgel_domain::log::{Checkpoint, verify_consistency};
use itgel_domain::pack::{Parameters, RulePack, shipped};
use itgel_domain::picture::Picture;
use itgel_domain::sync::bundle::Reader;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullItem, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::wire;
use itgel_domain::trust::{Certificate, Evidence, Grant, Invitation, Succession, WipeOrder, proof};
use itgel_server::auth::Tokens;
use itgel_server::exchange;
use itgel_server::keys::ServerKeys;
use itgel_server::table::{self, Encoding, Options};
use zeroize::Zeroizing;

pub use mutate::Mutator;

use crate::bed;

/// Something that reads bytes from outside.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, also of its fuzz target and corpus.
    pub name: &'static str,
    /// Good inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads; what comes of it is of no interest here.
    pub read: fn(&[u8]),
}

/// What comes from devices and goes to them.
pub const WIRE: &[Target] = &[
    Target {
        name: "envelope",
        seeds: seeds::envelopes,
        read: envelope,
    },
    Target {
        name: "change",
        seeds: seeds::envelopes,
        read: change,
    },
    Target {
        name: "identity",
        seeds: seeds::identities,
        read: identity,
    },
    Target {
        name: "hello",
        seeds: seeds::hellos,
        read: message::<Hello>,
    },
    Target {
        name: "welcome",
        seeds: seeds::welcomes,
        read: message::<HelloAnswer>,
    },
    Target {
        name: "push",
        seeds: seeds::pushes,
        read: message::<Push>,
    },
    Target {
        name: "receipt",
        seeds: seeds::receipts,
        read: receipt,
    },
    Target {
        name: "pull",
        seeds: seeds::pulls,
        read: message::<Pull>,
    },
    Target {
        name: "page",
        seeds: seeds::pages,
        read: page,
    },
    Target {
        name: "fetch",
        seeds: seeds::fetches,
        read: message::<Fetch>,
    },
    Target {
        name: "fetched",
        seeds: seeds::fetched,
        read: message::<Fetched>,
    },
    Target {
        name: "chunk",
        seeds: seeds::chunks,
        read: chunk,
    },
    Target {
        name: "chunk_answer",
        seeds: seeds::chunk_answers,
        read: message::<ChunkAnswer>,
    },
    Target {
        name: "checkpoint",
        seeds: seeds::checkpoints,
        read: checkpoint,
    },
    Target {
        name: "ballot",
        seeds: seeds::ballots,
        read: ballot,
    },
    Target {
        name: "review",
        seeds: seeds::reviews,
        read: review,
    },
    Target {
        name: "offer",
        seeds: seeds::offers,
        read: offer,
    },
    Target {
        name: "objection",
        seeds: seeds::objections,
        read: objection,
    },
    Target {
        name: "picture",
        seeds: seeds::pictures,
        read: picture,
    },
    Target {
        name: "bundle",
        seeds: seeds::bundles,
        read: bundle,
    },
];

/// What claims that somebody is somebody.
pub const TRUST: &[Target] = &[
    Target {
        name: "token",
        seeds: seeds::statements,
        read: token,
    },
    Target {
        name: "certificate",
        seeds: seeds::statements,
        read: certificate,
    },
    Target {
        name: "grant",
        seeds: seeds::statements,
        read: grant,
    },
    Target {
        name: "proof",
        seeds: seeds::statements,
        read: a_proof,
    },
    Target {
        name: "order",
        seeds: seeds::statements,
        read: order,
    },
    Target {
        name: "invitation",
        seeds: seeds::invitations,
        read: invitation,
    },
    Target {
        name: "evidence",
        seeds: seeds::evidences,
        read: evidence,
    },
];

/// What officials and operators hand in as files.
pub const FILES: &[Target] = &[
    Target {
        name: "csv",
        seeds: seeds::csv,
        read: csv,
    },
    Target {
        name: "csv_gb18030",
        seeds: seeds::csv_gb18030,
        read: csv_gb18030,
    },
    Target {
        name: "xlsx",
        seeds: seeds::xlsx,
        read: csv,
    },
    Target {
        name: "manifest",
        seeds: seeds::manifests,
        read: manifest,
    },
    Target {
        name: "mapping",
        seeds: seeds::mappings,
        read: mapping,
    },
    Target {
        name: "parameters",
        seeds: seeds::parameters,
        read: parameters,
    },
    Target {
        name: "pack",
        seeds: seeds::packs,
        read: pack,
    },
    Target {
        name: "worksheet",
        seeds: seeds::worksheets,
        read: worksheet,
    },
];

/// The target with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    let all = WIRE.iter().chain(TRUST).chain(FILES);
    all.into_iter().find(|target| target.name == name)
}

/// Feeds bytes to the target with this name.
///
/// # Panics
/// If there is none, or as its reader does.
pub fn feed(name: &str, bytes: &[u8]) {
    let Some(target) = find(name) else {
        unreachable!("no target {name}")
    };
    (target.read)(bytes);
}

/// The kept inputs of a target: good ones, and what a fuzzer once found.
#[must_use]
pub fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// Most bytes that are fed to a target: more are refused by every reader before they are read.
pub const MOST: usize = 64 * 1024;

// Devices -----------------------------------------------------------------------------------

fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert_eq!(envelope.to_bytes(), bytes, "two byte forms of one envelope");
        let mut facts = FileFacts::default();
        facts.apply(&envelope);
        let _ = facts.digest();
    }
    drop(minicbor::decode::<Entry>(bytes));
}

fn change(bytes: &[u8]) {
    let Ok(envelope) = Envelope::from_bytes(bytes) else {
        return;
    };
    let Body::File(body) = &envelope.body else {
        return;
    };
    let actor = actor(&[7; 32], &body.file, envelope.at.incarnation);
    let tips = [first_change().tip()];
    if let Ok(change) = build_change(&envelope, actor, envelope.at.seq, &tips) {
        let document = Document::new().and_then(|document| document.apply([change]));
        drop(document.and_then(|document| document.entries()));
    }
}

fn identity(bytes: &[u8]) {
    drop(IdentityRecord::from_bytes(bytes));
}

/// A message in its frame, and without it: behind the frame stand most of the errors.
fn message<T: for<'b> minicbor::Decode<'b, ()>>(bytes: &[u8]) {
    drop(wire::unpack::<T>(bytes));
    drop(minicbor::decode::<T>(bytes));
}

fn receipt(bytes: &[u8]) {
    if let Ok(answer) = minicbor::decode::<PushAnswer>(bytes) {
        let _ = answer.verify(&[7; 32]);
        drop((1..20).map(|seq| answer.verdict(seq)).collect::<Vec<_>>());
    }
    drop(wire::unpack::<PushAnswer>(bytes));
}

fn page(bytes: &[u8]) {
    if let Ok(page) = minicbor::decode::<PullPage>(bytes) {
        let _ = page.verify(&[7; 32]);
        drop(
            page.items
                .iter()
                .map(|item| item.item())
                .collect::<Vec<_>>(),
        );
    }
    drop(wire::unpack::<PullPage>(bytes));
}

fn checkpoint(bytes: &[u8]) {
    let Ok(checkpoint) = minicbor::decode::<Checkpoint>(bytes) else {
        return;
    };
    let _ = checkpoint.verify(&[7; 32], "00");
    let proof = vec![checkpoint.root; bytes.len() % 70];
    let mut older = checkpoint.tree();
    older.size /= 2;
    let _ = verify_consistency(older, checkpoint.tree(), &proof);
}

fn chunk(bytes: &[u8]) {
    message::<Chunk>(bytes);
    if let Ok(chunk) = minicbor::decode::<Chunk>(bytes) {
        drop(Picture::read(&chunk.bytes));
    }
}

/// An envelope of the kind that the server alone keeps and never lists.
fn ballot(bytes: &[u8]) {
    drop(minicbor::decode::<Ballot>(bytes));
    envelope(bytes);
}

fn review(bytes: &[u8]) {
    if let Ok(review) = minicbor::decode::<GroupReview>(bytes) {
        let _ = review.is_well_formed();
    }
    envelope(bytes);
}

/// A lender or a roll, and what a device asks of it.
fn offer(bytes: &[u8]) {
    match minicbor::decode::<PullItem>(bytes) {
        Ok(PullItem::Lender(lender)) => {
            let _ = lender.serves(lender.division, lender.valid_from);
        }
        Ok(PullItem::Roll(roll)) => {
            let Ok(officer) = "e1".parse() else { return };
            let _ = (roll.has_evaluator(&officer), roll.has_member(&officer));
        }
        _ => {}
    }
}

fn objection(bytes: &[u8]) {
    if let Ok(filed) = minicbor::decode::<FiledObjection>(bytes) {
        let _ = (filed.is_well_formed(), filed.receipt.to_string());
    }
    drop(text(bytes).parse::<ReceiptNumber>());
    envelope(bytes);
}

fn picture(bytes: &[u8]) {
    drop(Picture::read(bytes));
}

/// A card as the server opens it, and as a device does; what lies behind the seal is read by the
/// targets of the messages.
fn bundle(bytes: &[u8]) {
    let _ = Reader::addressee(bytes);
    for secret in [[1; 32], [2; 32]] {
        let own = SoftwareSigner::from_secret(&secret);
        if let Ok(mut reader) = Reader::new(bytes, &own) {
            let _ = reader.header();
            while let Ok(Some(part)) = reader.next_part() {
                drop(part);
            }
        }
    }
}

// Trust -------------------------------------------------------------------------------------

static KEYS: LazyLock<(ServerKeys, Tokens)> = LazyLock::new(|| {
    let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
    let keys = ServerKeys::from_random(&random);
    let tokens = Tokens::new(&keys, "http://localhost").unwrap();
    (keys, tokens)
});

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn token(bytes: &[u8]) {
    if let Ok(claims) = KEYS.1.verify(&text(bytes), bed::now()) {
        drop(claims.principal());
    }
}

fn certificate(bytes: &[u8]) {
    drop(Certificate::verify(&text(bytes), &[&KEYS.0.public_key()]));
}

fn grant(bytes: &[u8]) {
    let (device, key) = (bed::device_id(0), KEYS.0.public_key());
    drop(Grant::verify(&text(bytes), &[&key], &device, &key));
}

fn a_proof(bytes: &[u8]) {
    let key = KEYS.0.public_key();
    drop(proof::verify(
        &text(bytes),
        "POST",
        "http://localhost",
        "",
        &key,
    ));
}

fn order(bytes: &[u8]) {
    let (device, key) = (bed::device_id(0), KEYS.0.public_key());
    drop(WipeOrder::verify(&text(bytes), &[&key], &device));
    drop(Succession::verify(&text(bytes), &key));
}

fn invitation(bytes: &[u8]) {
    if let Ok(invitation) = text(bytes).parse::<Invitation>() {
        let _ = invitation.is_of(&KEYS.0.public_key());
    }
}

fn evidence(bytes: &[u8]) {
    if let Ok(evidence) = serde_json::from_slice::<Evidence>(bytes) {
        let key = SoftwareSigner::from_secret(&[1; 32]).public_key();
        drop(evidence.verify(&Invitation::key_print(&key)));
    }
}

// Files -------------------------------------------------------------------------------------

/// Most rows that are read of one input: what a row can do wrong the first ones do.
const ROWS: u32 = 200;

fn csv(bytes: &[u8]) {
    read_table(bytes, None);
}

fn csv_gb18030(bytes: &[u8]) {
    read_table(bytes, Some(Encoding::Gb18030));
}

fn read_table(bytes: &[u8], encoding: Option<Encoding>) {
    let options = Options {
        encoding,
        sheet: None,
        max_rows: Some(ROWS),
    };
    let Ok(mut source) = table::open(Cursor::new(bytes), &options) else {
        return;
    };
    let Ok(table) = source.table(&|head| head.contains('户')) else {
        return;
    };
    for row in table {
        let Ok(row) = row else { break };
        let _ = (0..40).filter_map(|n| row.cell(n).text()).count();
    }
}

fn manifest(bytes: &[u8]) {
    thread_local! {
        static FOLDER: tempfile::TempDir = tempfile::tempdir().unwrap();
    }
    FOLDER.with(|folder| {
        let path = folder.path().join(exchange::manifest::FILE);
        let mut file = std::fs::File::create(path).unwrap();
        file.write_all(bytes).unwrap();
        drop(exchange::Manifest::read(folder.path()));
    });
}

fn mapping(bytes: &[u8]) {
    drop(exchange::export::read_mapping("mapping.toml", &text(bytes)));
}

fn parameters(bytes: &[u8]) {
    drop(Parameters::parse("parameters.toml", bytes));
}

fn pack(bytes: &[u8]) {
    drop(RulePack::parse("pack.toml", bytes));
}

fn worksheet(bytes: &[u8]) {
    drop(Worksheet::read_all(
        "sheet.toml",
        &text(bytes),
        shipped::rules(),
    ));
}
