//! What lists bring: the messages of pull and fetch, and every kind of item.
//!
//! Their bytes are written anew, as long as nothing is released, by
//! `rm fixtures/wire/v1/{pull,page,fetch}*.cbor fixtures/wire/v1/answer.itgel` and
//! `cargo test -p itgel-domain --test frozen`: the run that finds no file writes it and fails once.

use itgel_domain::authorisation::Purpose;
use itgel_domain::case::CaseState;
use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::DeviceSigner as _;
use itgel_domain::hash::Hash;
use itgel_domain::register::{RegisterContent, RegisterRow};
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_domain::sync::ended::EndedYear;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::pull::{
    CaseItem, DecidedItem, DeletedRows, EnvelopeItem, IdentityItem, LenderItem, Pull, PullItem,
    PullPage, PulledItem, Revocation, RulesItem, SubjectItem, TaskItem, Tombstone, empty_digest,
    extend_digest, item_hash,
};
use itgel_domain::sync::push::Verdict;
use itgel_domain::sync::roll::Roll;
use jiff::civil::date;

use super::samples::{DAY, entries, envelope, file, hash, hex, id, identity, server};

pub(super) fn pull() -> Pull {
    Pull {
        division: id("150623200201"),
        after: 7,
        max_bytes: 16_384,
        brief: None,
    }
}

/// Asks for the projections first.
pub(super) fn brief_pull() -> Pull {
    Pull {
        brief: Some(true),
        ..pull()
    }
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

fn ended() -> EndedYear {
    let mut ended = EndedYear {
        subject: id("hh-1"),
        year: 2026,
        cycles: vec![id("c-2026")],
        signature: String::new(),
    };
    ended.signature = hex(&server().sign(&ended.message()));
    ended
}

pub(super) fn brief_page() -> PullPage {
    let mut brief = page();
    brief.items.truncate(1);
    let whole = brief.items.remove(0);
    let named = PulledItem::deferred(1, whole.kind, &item_hash(&whole.bytes), &id("hh-1"));
    brief.digest = extend_digest(&empty_digest(brief.division), &named);
    brief.items.push(named);
    brief.is_end = false;
    brief.signature = hex(&server().sign(&brief.message()));
    brief
}

pub(super) fn fetch() -> Fetch {
    Fetch {
        division: id("150623200201"),
        positions: vec![1, 70_000],
        max_bytes: 16_384,
    }
}

pub(super) fn fetched() -> Fetched {
    Fetched {
        division: id("150623200201"),
        items: page().items.into_iter().take(1).collect(),
    }
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
        PullItem::Decided(DecidedItem {
            at: ChainRef {
                device: id("d1"),
                incarnation: 1,
                seq: 7,
            },
            id: Hash::of_file(b"an envelope"),
            verdict: Verdict::Quarantined(ErrorCode::ScopeOutside),
        }),
        PullItem::Lender(LenderItem {
            lender: id("rcc-1"),
            name_zh: "示例农村信用合作联社".into(),
            name_mn: String::new(),
            division: id("150623"),
            purposes: vec![Purpose::LoanDecision, Purpose::LoanReview],
            valid_from: DAY,
            valid_to: Some(date(2027, 3, 4)),
        }),
        PullItem::Roll(Roll::of(
            division,
            "00ff".into(),
            &[id("e1"), id("e2")],
            &[id("g1")],
        )),
        PullItem::Ended(ended()),
    ]
}
