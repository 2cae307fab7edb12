//! Messages beside data: what later versions added to a greeting, pictures, a bundle.

use itgel_domain::file::chain::DeviceSigner as _;
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::sync::bundle::{Opening, Part, Writer};
use itgel_domain::sync::hello::{EpochStart, Hello, HelloAnswer, Restored, TrustHeld, TrustNews};
use itgel_domain::sync::media::{Chunk, ChunkAnswer, MediaReceipt};
use itgel_domain::trust::Invitation;

use super::messages::{hello, push, receipt, signed, welcome};
use super::pulls::page;
use super::samples::{AT, device, hash, hex, id, server};
use super::statements::{certificate, grant, succession, wipe_order};

fn tree() -> CheckpointRef {
    CheckpointRef {
        size: 9,
        root: hash("root"),
    }
}

/// A greeting with everything that it may say.
pub(super) fn hello_with_checkpoint() -> Hello {
    Hello {
        trust: Some(TrustHeld {
            server: Invitation::key_print(&server().public_key()),
            grant_seq: 3,
            certified: true,
        }),
        checkpoint: Some(tree()),
        names: None,
        ..hello()
    }
}

/// An answer with everything that it may say: news of trust, the growth of the log, a break.
pub(super) fn welcome_after_restore() -> HelloAnswer {
    let mut restored = Restored {
        epoch: 4,
        log: tree(),
        at: AT,
        signature: String::new(),
        lineage: vec![
            EpochStart { epoch: 0, size: 0 },
            EpochStart { epoch: 3, size: 2 },
        ],
    };
    restored.signature = hex(&server().sign(&restored.message()));
    let welcome = HelloAnswer {
        trust: Some(TrustNews {
            pending: true,
            certificate: Some(certificate()),
            grant: Some(grant()),
            keys: vec![succession()],
            wipe: Some(wipe_order()),
        }),
        consistency: Some(vec![hash("left"), hash("right")]),
        restored: Some(restored),
        names: None,
        ..welcome()
    };
    signed(welcome, &hello_with_checkpoint())
}

pub(super) fn chunk() -> Chunk {
    Chunk {
        subject: id("hh-1"),
        content: hash("photo"),
        length: 48_213,
        offset: 32_768,
        bytes: vec![7; 40],
    }
}

pub(super) fn chunk_answer() -> ChunkAnswer {
    let mut receipt = MediaReceipt {
        subject: id("hh-1"),
        content: hash("photo"),
        received_at: AT,
        signature: String::new(),
    };
    receipt.signature = hex(&server().sign(&receipt.message()));
    ChunkAnswer {
        content: hash("photo"),
        received: 48_213,
        receipt: Some(receipt),
    }
}

pub(super) fn opening() -> Opening {
    let reply_key = device().public_key();
    Opening::sign(hello(), &reply_key, &hash("header"), &device())
}

/// A bundle of a device for the server.
pub(super) fn bundle() -> Vec<u8> {
    let mut writer = Writer::new(&server().public_key(), &[9; 32]).unwrap();
    let reply_key = device().public_key();
    let opening = Opening::sign(hello(), &reply_key, &writer.header(), &device());
    writer.put(&Part::Opening(Box::new(opening)));
    writer.put(&Part::Push(Box::new(push())));
    writer.put(&Part::Chunk(Box::new(chunk())));
    writer.put(&Part::Unknown(99));
    writer.end()
}

/// What the server puts into the answer to a bundle.
pub(super) fn answers() -> Vec<Part> {
    vec![
        Part::Welcome(Box::new(welcome())),
        Part::Receipt(Box::new(receipt())),
        Part::Page(Box::new(page())),
        Part::ChunkAnswer(Box::new(chunk_answer())),
    ]
}

/// The answer, for the device.
pub(super) fn answer() -> Vec<u8> {
    let mut writer = Writer::new(&device().public_key(), &[8; 32]).unwrap();
    answers().iter().for_each(|part| writer.put(part));
    writer.end()
}
