//! One of each message that greets and pushes.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead};
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::log::Checkpoint;
use itgel_domain::sync::hello::{Cursor, Hello, HelloAnswer, ListEnd};
use itgel_domain::sync::push::{Exception, Flag, IdentityPush, Push, PushAnswer, Verdict};

use super::samples::{AT, device, entries, envelope, file, hash, hex, id, identity, place, server};

fn head() -> ChainHead {
    let ids = entries()
        .into_iter()
        .take(3)
        .map(|(_, e)| envelope(file(vec![e])).id());
    ids.fold(ChainHead::start(&id("d1"), 1), |head, id| head.extend(&id))
}

pub(super) fn hello() -> Hello {
    Hello {
        protocol: 1,
        device: id("d1"),
        incarnation: 1,
        head: head(),
        epoch: 4,
        cursors: vec![Cursor {
            division: id("150623200201"),
            position: 7,
        }],
        clock: AT,
        trust: None,
        checkpoint: None,
        names: None,
        nonce: [7; 16],
    }
}

pub(super) fn welcome() -> HelloAnswer {
    let checkpoint = Checkpoint {
        size: 9,
        root: hash("root"),
        at: AT,
    };
    let welcome = HelloAnswer {
        protocol: 1,
        epoch: 4,
        incarnation: 1,
        head: head(),
        lists: vec![ListEnd {
            division: id("150623200201"),
            position: 11,
            digest: hash("list"),
        }],
        clock: AT,
        checkpoint: checkpoint.tree(),
        checkpoint_signature: hex(&server().sign(&checkpoint.message())),
        checkpoint_at: AT,
        trust: None,
        consistency: None,
        restored: None,
        names: None,
        signature: String::new(),
    };
    signed(welcome, &hello())
}

/// An answer under the server's signature.
pub(super) fn signed(mut welcome: HelloAnswer, asked: &Hello) -> HelloAnswer {
    welcome.signature = hex(&server().sign(&welcome.message(&asked.digest())));
    welcome
}

pub(super) fn push() -> Push {
    Push {
        head: SignedHead::sign(&id("d1"), 1, head(), &device()),
        envelopes: entries()
            .into_iter()
            .take(3)
            .map(|(_, e)| envelope(file(vec![e])).to_bytes())
            .collect(),
        identities: vec![IdentityPush {
            seq: 3,
            record: identity(),
        }],
    }
}

pub(super) fn receipt() -> PushAnswer {
    let flags = vec![
        Flag::DrawnSignature,
        Flag::AssessmentDiffers,
        Flag::LateArrival,
        Flag::ClockDrift,
        Flag::OutdatedPack,
    ];
    let verdicts = [
        Verdict::AcceptedFlagged(flags),
        Verdict::Quarantined(ErrorCode::EnvelopeTooLarge),
        Verdict::Held,
        Verdict::Refused(ErrorCode::EnvelopeMalformed),
        Verdict::Accepted,
    ];
    let except = (2..)
        .zip(verdicts)
        .map(|(seq, verdict)| Exception { seq, verdict });
    let mut receipt = PushAnswer {
        up_to: place(7),
        head: head().hash,
        except: except.collect(),
        from_seq: 1,
        received_at: AT,
        checkpoint: CheckpointRef {
            size: 9,
            root: hash("root"),
        },
        signature: String::new(),
    };
    receipt.signature = hex(&server().sign(&receipt.message()));
    receipt
}
