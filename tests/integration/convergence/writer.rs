//! Devices that write envelopes through the public interface of the domain.

use std::fmt::Debug;
use std::str::FromStr;

use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::{
    Consent, ConsentWithdrawal, Correction, Countersignature, Entry, EntryId, EvidenceEntry, Note,
    ObservationEntry, OfficialCorrection, Picked, Resolution, Retraction, Seal,
};
use itgel_domain::file::envelope::{Ballot, Body, Envelope, FileBody, IdentityCommitment, VERSION};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::time::AtMs;
use jiff::civil::{Date, date};

/// A device in the hands of an officer, with what it knows of the file.
pub(super) struct Writer {
    at: ChainRef,
    officer: String,
    pub(super) known: FileFacts,
}

pub(super) fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn cycle() -> CycleId {
    id("c-2026")
}

fn day() -> Date {
    date(2026, 3, 5)
}

impl Writer {
    pub(super) fn new(device: &str, officer: &str) -> Self {
        let at = ChainRef {
            device: id(device),
            incarnation: 0,
            seq: 0,
        };
        Self {
            at,
            officer: officer.to_owned(),
            known: FileFacts::default(),
        }
    }

    /// The next envelope of the chain, on top of all that the device knows of the file.
    pub(super) fn write(&mut self, entries: Vec<Entry>) -> Envelope {
        let links = self.known.links(&self.at.device, self.at.incarnation);
        let envelope = self.wrap(Body::File(FileBody {
            file: id("hh-1/2026"),
            deps: links.deps,
            start_op: links.start_op,
            entries,
        }));
        self.known.apply(&envelope);
        envelope
    }

    /// The next envelope of the chain with any body.
    pub(super) fn wrap(&mut self, body: Body) -> Envelope {
        self.at.seq += 1;
        Envelope {
            v: VERSION,
            at: self.at.clone(),
            salt: Hash::of_file(self.at.to_string().as_bytes()).to_string()[..32].to_owned(),
            officer: id(&self.officer),
            pack: Hash::of_file(b"pack"),
            entered_at: AtMs::start_of(day()),
            checkpoint: None,
            body,
        }
    }
}

pub(super) fn value(item: &str, n: i64) -> Observation {
    let (item, state) = (id(item), State::Known(Value::Int(n)));
    Observation {
        item,
        state,
        evidence: Evidence::B,
        observed_on: day(),
    }
}

pub(super) fn observe(item: &str, n: i64) -> Entry {
    Entry::Observation(ObservationEntry {
        cycle: cycle(),
        observation: value(item, n),
    })
}

pub(super) fn correct(corrects: EntryId, item: &str, n: i64) -> Entry {
    let (observation, reason) = (value(item, n), "数错".to_owned());
    Entry::Correction(Correction {
        corrects,
        cycle: cycle(),
        observation,
        reason,
    })
}

pub(super) fn retract(retracts: EntryId) -> Entry {
    Entry::Retraction(Retraction {
        retracts,
        reason: "走错门".to_owned(),
    })
}

pub(super) fn resolve(item: &str, settles: Vec<EntryId>, picked: Picked) -> Entry {
    Entry::Resolution(Resolution {
        cycle: cycle(),
        item: id(item),
        settles,
        picked,
        decision: id("dec-1"),
        reviewer: id("reviewer-1"),
        reason: "复核".to_owned(),
    })
}

/// A household's file in eight envelopes with every kind of entry: two officers, the server, a
/// disagreement, corrections that cross each other, decisions, consent given and taken back.
pub(super) fn every_kind() -> Vec<Envelope> {
    let (mut o1, mut o2) = (Writer::new("d1", "o1"), Writer::new("d2", "o2"));
    let mut server = Writer::new("server", "system");
    let mut all = vec![o1.write(vec![
        observe("herd.sheep", 100),
        observe("herd.goat", 40),
        observe("plot/p1/area_mu", 900),
        consent(),
        Entry::Note(Note {
            text: "门口有狗".into(),
        }),
        evidence(),
        seal(Countersignature::Drawn {
            picture: Hash::of_file(b"drawn"),
        }),
    ])];
    all.push(o2.write(vec![observe("herd.sheep", 120), observe("herd.goat", 40)]));
    let first = |envelope: &Envelope| envelope.entry_id(0);
    all.push(o1.write(vec![correct(first(&all[0]), "herd.sheep", 110)]));
    o2.known.join(&o1.known);
    let key = ("00".repeat(32), "11".repeat(64));
    all.push(o2.write(vec![
        retract(all[1].entry_id(1)),
        seal(Countersignature::OfficerKey {
            key: key.0,
            signature: key.1,
        }),
        correct(first(&all[0]), "herd.sheep", 1),
    ]));
    server.known.join(&o2.known);
    let imported = ObservationEntry {
        cycle: cycle(),
        observation: value("herd.cattle", 7),
    };
    all.push(server.write(vec![Entry::Import(imported)]));
    let settles = vec![first(&all[1]), first(&all[2])];
    let pick = Picked::Entry(first(&all[1]));
    all.push(server.write(vec![resolve("herd.sheep", settles.clone(), pick)]));
    let third = Picked::Value(value("herd.sheep", 115));
    all.push(server.write(vec![
        resolve("herd.sheep", settles, third),
        Entry::OfficialCorrection(OfficialCorrection {
            cycle: cycle(),
            replaces: vec![all[0].entry_id(2)],
            observation: None,
            item: id("plot/p1/area_mu"),
            decision: id("objection-1"),
        }),
    ]));
    let (consent, withdrawn_on) = (all[0].entry_id(3), day());
    let withdrawal = ConsentWithdrawal {
        consent,
        withdrawn_on,
    };
    all.push(o1.write(vec![Entry::ConsentWithdrawal(withdrawal)]));
    all
}

/// Envelopes with the two other bodies.
pub(super) fn other_bodies() -> Vec<Envelope> {
    let mut o3 = Writer::new("d3", "o3");
    let commitment = IdentityCommitment {
        subject: id("hh-1"),
        commitment: Hash::of_file(b"c"),
    };
    let ballot = Ballot {
        subject: id("hh-1"),
        cycle: cycle(),
        evaluator: id("e1"),
        scores: [5, 4, 3, 1],
    };
    vec![
        o3.wrap(Body::Identity(commitment)),
        o3.wrap(Body::Ballot(ballot)),
    ]
}

fn consent() -> Entry {
    Entry::Consent(Consent {
        person: "head".into(),
        text_version: "1".into(),
        purposes: vec!["credit_rating".into(), "village_statistics".into()],
        language: "mn-Mong".into(),
        categories: vec!["income".into()],
        recipients: Vec::new(),
        given_on: day(),
        until: date(2027, 3, 4),
        signature: Hash::of_file(b"signature"),
        witness: id("o1"),
        receipt: None,
    })
}

fn evidence() -> Entry {
    Entry::Evidence(EvidenceEntry {
        items: vec![id("herd.sheep")],
        content: Hash::of_file(b"photo"),
        media_type: "image/jpeg".into(),
        length: 48_213,
    })
}

fn seal(countersignature: Countersignature) -> Entry {
    Entry::Seal(Box::new(Seal {
        cycle: cycle(),
        as_of: day(),
        registers_at: 7,
        inputs: Hash::of_file(b"inputs"),
        assessment: Hash::of_file(b"assessment"),
        parameters: Hash::of_file(b"parameters"),
        consents: Vec::new(),
        countersignature,
        second_officer: None,
        signed_apart_ms: None,
    }))
}
