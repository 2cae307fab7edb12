//! One of each thing, with fixed keys, days and names. All of it is invented.

use std::fmt::Debug;
use std::str::FromStr;

use itgel_domain::authorisation::Purpose;
use itgel_domain::case::step::ObjectionGround;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::file::entry::{
    Consent, ConsentWithdrawal, Correction, Countersignature, Entry, EntryId, EvidenceEntry, Note,
    ObservationEntry, OfficialCorrection, Picked, Recipient, Resolution, Retraction, Seal,
};
use itgel_domain::file::envelope::{
    Ballot, Body, CheckpointRef, Envelope, FileBody, GroupReview, IdentityCommitment, VERSION,
};
use itgel_domain::file::objection::{FiledObjection, Objector, ReceiptNumber};
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::identity::{IdentityRecord, Person, Registration};
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::time::AtMs;
use jiff::civil::{Date, date};

use super::messages::{hello, push, receipt, welcome};
use super::pulls::{brief_page, brief_pull, fetch, fetched, page, pull};
use super::transport::{
    chunk, chunk_answer, hello_with_checkpoint, opening, welcome_after_restore,
};

pub(super) const DAY: Date = date(2026, 3, 5);
pub(super) const AT: AtMs = AtMs(1_772_640_000_000);

/// Everything that is frozen as CBOR, by file name; what stands before the first dash names the
/// format.
pub(super) fn all() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = entries()
        .into_iter()
        .map(|(name, entry)| {
            (
                format!("envelope-{name}"),
                envelope(file(vec![entry])).to_bytes(),
            )
        })
        .collect();
    let values = [
        State::Known(Value::Int(-7)),
        State::Known(Value::Text("pastoral".into())),
        State::NotApplicable,
        State::Unknown,
        State::Refused,
    ];
    let values = values
        .into_iter()
        .map(|state| observation(state, Evidence::D))
        .collect();
    let identity_body = Body::Identity(IdentityCommitment {
        subject: id("hh-1"),
        commitment: identity().commitment(SALT),
    });
    let ballot = Body::Ballot(Ballot {
        subject: id("hh-1"),
        cycle: id("c-2026"),
        evaluator: id("e1"),
        scores: [5, 4, 3, 1],
    });
    let review = Body::Review(GroupReview {
        subject: id("hh-1"),
        cycle: id("c-2026"),
        assessment: Hash::of_file(b"an assessment"),
        returned_for: Some("羊数有误".into()),
    });
    let mut add = |name: &str, bytes| all.push((name.to_owned(), bytes));
    add("envelope-every-state", envelope(file(values)).to_bytes());
    add("envelope-identity", envelope(identity_body).to_bytes());
    add("envelope-ballot", envelope(ballot).to_bytes());
    add("envelope-objection", envelope(objection()).to_bytes());
    add("envelope-review", envelope(review).to_bytes());
    add("identity-registered-apart", registered().to_bytes());
    add("identity", identity().to_bytes());
    add("hello", bytes(&hello()));
    add("welcome", bytes(&welcome()));
    add("push", bytes(&push()));
    add("receipt-every-verdict", bytes(&receipt()));
    add("pull", bytes(&pull()));
    add("pull-brief", bytes(&brief_pull()));
    add("page-every-kind", bytes(&page()));
    add("hello-with-checkpoint", bytes(&hello_with_checkpoint()));
    add("welcome-after-restore", bytes(&welcome_after_restore()));
    add("page-brief", bytes(&brief_page()));
    add("fetch", bytes(&fetch()));
    add("fetched", bytes(&fetched()));
    add("chunk", bytes(&chunk()));
    add("chunkanswer", bytes(&chunk_answer()));
    add("opening", bytes(&opening()));
    all
}

fn objection() -> Body {
    Body::Objection(FiledObjection {
        subject: id("hh-1"),
        cycle: id("c-2026"),
        receipt: ReceiptNumber {
            device: 42,
            count: 17,
        },
        ground: ObjectionGround::WrongOrMissing,
        objector: Objector::Subject,
        words: "羊少数了二十只".into(),
    })
}

/// Every kind of entry, and every variant within one.
pub(super) fn entries() -> Vec<(&'static str, Entry)> {
    let known = || State::Known(Value::Int(120));
    let drawn = Countersignature::Drawn {
        picture: hash("drawn"),
    };
    let (key, signature) = (device().public_key(), device().sign(b"seal"));
    let (key, signature) = (hex(&key), hex(&signature));
    let keyed = Countersignature::OfficerKey { key, signature };
    let entry = |seq| EntryId {
        at: place(seq),
        index: 2,
    };
    vec![
        ("observation", observation(known(), Evidence::B)),
        (
            "correction",
            Entry::Correction(Correction {
                corrects: entry(1),
                cycle: id("c-2026"),
                observation: observed(known(), Evidence::A),
                reason: "数错".into(),
            }),
        ),
        (
            "retraction",
            Entry::Retraction(Retraction {
                retracts: entry(1),
                reason: "走错门".into(),
            }),
        ),
        ("seal-drawn", seal(drawn, None)),
        ("seal-officer-key", seal(keyed, Some(id("o2")))),
        ("consent", consent()),
        (
            "consent_withdrawal",
            Entry::ConsentWithdrawal(ConsentWithdrawal {
                consent: entry(1),
                withdrawn_on: DAY,
            }),
        ),
        (
            "evidence",
            Entry::Evidence(EvidenceEntry {
                items: vec![id("herd.sheep"), id("plot/p1/area_mu")],
                content: hash("photo"),
                media_type: "image/jpeg".into(),
                length: 48_213,
            }),
        ),
        (
            "note",
            Entry::Note(Note {
                text: "门口有狗 ᠨᠣᠬᠠᠢ".into(),
            }),
        ),
        ("resolution-entry", resolution(Picked::Entry(entry(1)))),
        (
            "resolution-value",
            resolution(Picked::Value(observed(known(), Evidence::B))),
        ),
        (
            "import",
            Entry::Import(ObservationEntry {
                cycle: id("c-2026"),
                observation: observed(known(), Evidence::A),
            }),
        ),
        (
            "official_correction",
            official(Some(observed(known(), Evidence::A))),
        ),
        ("official_correction-unknown", official(None)),
    ]
}

pub(super) fn server() -> SoftwareSigner {
    SoftwareSigner::from_secret(&[1; 32])
}

pub(super) fn device() -> SoftwareSigner {
    SoftwareSigner::from_secret(&[2; 32])
}

const SALT: &str = "00112233445566778899aabbccddeeff";

pub(super) fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn hash(of: &str) -> Hash {
    Hash::of_file(of.as_bytes())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(thing: &impl minicbor::Encode<()>) -> Vec<u8> {
    minicbor::to_vec(thing).unwrap()
}

pub(super) fn place(seq: u64) -> ChainRef {
    ChainRef {
        device: id("d1"),
        incarnation: 1,
        seq,
    }
}

pub(super) fn envelope(body: Body) -> Envelope {
    Envelope {
        v: VERSION,
        at: place(3),
        salt: SALT.into(),
        officer: id("o1"),
        pack: hash("pack"),
        entered_at: AT,
        checkpoint: Some(CheckpointRef {
            size: 9,
            root: hash("root"),
        }),
        body,
    }
}

pub(super) fn file(entries: Vec<Entry>) -> Body {
    let other = ChainRef {
        device: id("d2"),
        incarnation: 0,
        seq: 70_000,
    };
    Body::File(FileBody {
        file: id("hh-1/2026"),
        deps: vec![place(2), other],
        start_op: 300,
        entries,
    })
}

fn observed(state: State, evidence: Evidence) -> Observation {
    Observation {
        item: id("herd.sheep"),
        state,
        evidence,
        observed_on: DAY,
    }
}

fn observation(state: State, evidence: Evidence) -> Entry {
    let observation = observed(state, evidence);
    Entry::Observation(ObservationEntry {
        cycle: id("c-2026"),
        observation,
    })
}

fn seal(countersignature: Countersignature, second_officer: Option<OfficerId>) -> Entry {
    Entry::Seal(Box::new(Seal {
        cycle: id("c-2026"),
        as_of: DAY,
        registers_at: 12,
        inputs: hash("inputs"),
        assessment: hash("assessment"),
        parameters: hash("parameters"),
        consents: vec![EntryId {
            at: place(2),
            index: 0,
        }],
        countersignature,
        second_officer,
        signed_apart_ms: None,
    }))
}

fn consent() -> Entry {
    let purposes = [
        Purpose::LoanDecision,
        Purpose::LoanReview,
        Purpose::GuaranteeReview,
    ];
    let recipient = |purpose| Recipient {
        lender: id("rcc-1"),
        purpose,
    };
    Entry::Consent(Consent {
        person: "spouse".into(),
        text_version: "2026-1".into(),
        purposes: vec!["credit_rating".into(), "village_statistics".into()],
        language: "mn-Mong".into(),
        categories: vec!["income".into(), "tax".into(), "location".into()],
        recipients: purposes.map(recipient).to_vec(),
        given_on: DAY,
        until: date(2029, 3, 4),
        signature: hash("signature"),
        witness: id("o2"),
        receipt: None,
    })
}

fn resolution(picked: Picked) -> Entry {
    Entry::Resolution(Resolution {
        cycle: id("c-2026"),
        item: id("herd.sheep"),
        settles: vec![
            EntryId {
                at: place(1),
                index: 2,
            },
            EntryId {
                at: place(2),
                index: 0,
            },
        ],
        picked,
        decision: id("dec-1"),
        reviewer: id("reviewer-1"),
        reason: "复核".into(),
    })
}

fn official(observation: Option<Observation>) -> Entry {
    Entry::OfficialCorrection(OfficialCorrection {
        cycle: id("c-2026"),
        replaces: vec![EntryId {
            at: place(1),
            index: 2,
        }],
        observation,
        item: id("herd.sheep"),
        decision: id("dec-2"),
    })
}

fn registered() -> IdentityRecord {
    IdentityRecord {
        version: 1,
        based_on: Vec::new(),
        registration: Some(Registration {
            division: id("150623200201"),
            local_code: "012".into(),
            unlike: vec![id("hh-2")],
            reason: "同名，非一户".into(),
        }),
        ..identity()
    }
}

pub(super) fn identity() -> IdentityRecord {
    IdentityRecord {
        subject: id("hh-1"),
        version: 2,
        based_on: vec![hash("version 1")],
        people: vec![
            Person {
                role: "head".into(),
                full_name: "示例·巴特尔".into(),
                name_mn: Some("ᠪᠠᠭᠠᠲᠤᠷ".into()),
                id_number: Some("11010519491231002X".into()),
                phone: Some("13900000000".into()),
            },
            Person {
                role: "spouse".into(),
                full_name: "示例".into(),
                name_mn: None,
                id_number: None,
                phone: None,
            },
        ],
        author: id("o1"),
        registration: None,
    }
}
