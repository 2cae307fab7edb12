//! One of each message of the protocol.

use itgel_domain::case::CaseState;
use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead};
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::log::Checkpoint;
use itgel_domain::register::{RegisterContent, RegisterRow};
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_domain::sync::hello::{Cursor, Hello, HelloAnswer, ListEnd};
use itgel_domain::sync::pull::{
    CaseItem, DeletedRows, EnvelopeItem, IdentityItem, PullItem, PullPage, PulledItem, Revocation,
    RulesItem, SubjectItem, TaskItem, Tombstone, empty_digest, extend_digest,
};
use itgel_domain::sync::push::{Exception, Flag, IdentityPush, Push, PushAnswer, Verdict};
use jiff::civil::date;

use super::samples::{
    AT, DAY, device, entries, envelope, file, hash, hex, id, identity, place, server,
};

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
    }
}

pub(super) fn welcome() -> HelloAnswer {
    let checkpoint = Checkpoint {
        size: 9,
        root: hash("root"),
        at: AT,
    };
    HelloAnswer {
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
    }
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

pub(super) fn page() -> PullPage {
    let division = id("150623200201");
    let mut digest = empty_digest(division);
    let mut items = Vec::new();
    for (position, item) in (1..).zip(pull_items()) {
        let item = PulledItem {
            position,
            kind: item.kind(),
            bytes: item.to_bytes(),
        };
        digest = extend_digest(&digest, &item);
        items.push(item);
    }
    let mut page = PullPage {
        division,
        items,
        is_end: true,
        digest,
        signature: String::new(),
    };
    page.signature = hex(&server().sign(&page.message()));
    page
}

fn pull_items() -> Vec<PullItem> {
    let division = id("150623200201");
    let rules = || RulesItem {
        hash: hash("text"),
        name: "hh-nm-1.toml".into(),
        text: "text".into(),
    };
    let (_, first) = entries().remove(0);
    vec![
        PullItem::Envelope(EnvelopeItem {
            bytes: envelope(file(vec![first])).to_bytes(),
            quarantined: true,
        }),
        PullItem::Identity(IdentityItem {
            record: identity(),
            commitment: hash("commitment"),
        }),
        PullItem::Case(CaseItem {
            subject: id("hh-1"),
            cycle: id("c-2026"),
            state: CaseState::Effective,
            grade: Some(Grade::Aa),
        }),
        PullItem::Task(TaskItem {
            subject: id("hh-1"),
            cycle: id("c-2026"),
            item: Some(id("herd.sheep")),
            text: "请复核羊只数量".into(),
            officer: None,
        }),
        PullItem::Pack(rules()),
        PullItem::Parameters(rules()),
        PullItem::Register(RegisterRow {
            id: id("row-1"),
            division,
            subject: Some(id("hh-1")),
            key: "p1".into(),
            revision: 1,
            valid_from: DAY,
            valid_to: None,
            source: "示例旗林草局".into(),
            content: RegisterContent::HerdRegister(true),
        }),
        PullItem::Tombstone(Tombstone {
            subject: id("hh-2"),
            signature: hex(&server().sign(&Tombstone::message(&id("hh-2")))),
        }),
        PullItem::Revocation(Revocation { device: id("d9") }),
        PullItem::Subject(SubjectItem {
            subject: id("hh-1"),
            kind: SubjectKind::Household,
            division,
            local_code: "012".into(),
        }),
        PullItem::Cycle(Cycle {
            id: id("c-2026"),
            banner: id("150623"),
            kind: CycleKind::Annual,
            name: "2026 年度".into(),
            opens_on: date(2026, 3, 1),
            closes_on: date(2026, 11, 30),
        }),
        PullItem::Deleted(DeletedRows {
            rows: vec![id("row-2"), id("row-3")],
            signature: hex(&server().sign(&DeletedRows::message(&[id("row-2"), id("row-3")]))),
        }),
    ]
}
