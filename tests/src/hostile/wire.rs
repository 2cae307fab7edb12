//! What comes from devices and goes to them.

use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::file::document::{Document, actor, build_change, first_change};
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::{Ballot, Body, Envelope, GroupReview};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::objection::{FiledObjection, ReceiptNumber};
use itgel_domain::hash::Hash;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::log::{Checkpoint, verify_consistency};
use itgel_domain::picture::Picture;
use itgel_domain::sync::bundle::Reader;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullItem, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::wire;

use super::{Target, seeds, text};

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
        read: welcome,
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

fn welcome(bytes: &[u8]) {
    if let Ok(answer) = minicbor::decode::<HelloAnswer>(bytes) {
        let _ = answer.verify(&[7; 32], &Hash::of_file(b"asked"));
    }
    drop(wire::unpack::<HelloAnswer>(bytes));
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
