//! Writers of envelopes for the tests of this folder.

use std::fmt::Debug;
use std::str::FromStr;

use jiff::civil::Date;

use super::ChainRef;
use super::entry::{
    Consent, Correction, Countersignature, Entry, EntryId, ObservationEntry, OfficialCorrection,
    Picked, Resolution, Retraction, Seal,
};
use super::envelope::{Body, Envelope, FileBody, VERSION};
use super::facts::FileFacts;
use crate::file::FileId;
use crate::hash::Hash;
use crate::id::CycleId;
use crate::item::{Evidence, Observation, State, Value};
use crate::time::AtMs;

/// A device in the hands of an officer, with what it knows of the file.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) at: ChainRef,
    pub(crate) officer: &'static str,
    pub(crate) known: FileFacts,
}

/// A parsed identifier.
pub(crate) fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn file() -> FileId {
    id("hh-1/2026")
}

pub(crate) fn cycle() -> CycleId {
    id("c-2026")
}

pub(crate) fn day(n: i8) -> Date {
    Date::constant(2026, 3, n)
}

impl Writer {
    pub(crate) fn new(device: &str, officer: &'static str) -> Self {
        let at = ChainRef {
            device: id(device),
            incarnation: 0,
            seq: 0,
        };
        Self {
            at,
            officer,
            known: FileFacts::default(),
        }
    }

    /// The next envelope of the chain, on top of all that the device knows.
    pub(crate) fn write(&mut self, entries: Vec<Entry>) -> Envelope {
        let links = self.known.links(&self.at.device, self.at.incarnation);
        self.at.seq += 1;
        let envelope = Envelope {
            v: VERSION,
            at: self.at.clone(),
            salt: Hash::of_file(self.at.to_string().as_bytes()).to_string()[..32].to_owned(),
            officer: id(self.officer),
            pack: Hash::of_file(b"pack"),
            entered_at: AtMs::start_of(day(5)).plus_ms(i64::try_from(self.at.seq).unwrap()),
            checkpoint: None,
            body: Body::File(FileBody {
                file: file(),
                deps: links.deps,
                start_op: links.start_op,
                entries,
            }),
        };
        self.known.apply(&envelope);
        envelope
    }

    /// The next envelope with one entry, and that entry's id.
    pub(crate) fn say(&mut self, entry: Entry) -> (Envelope, EntryId) {
        let envelope = self.write(vec![entry]);
        let id = envelope.entry_id(0);
        (envelope, id)
    }

    /// The device receives an envelope of another.
    pub(crate) fn hear(&mut self, envelope: &Envelope) {
        self.known.apply(envelope);
    }
}

pub(crate) fn body_of(envelope: &Envelope) -> &FileBody {
    match &envelope.body {
        Body::File(body) => body,
        _ => unreachable!("these writers write files"),
    }
}

pub(crate) fn body_mut(envelope: &mut Envelope) -> &mut FileBody {
    match &mut envelope.body {
        Body::File(body) => body,
        _ => unreachable!("these writers write files"),
    }
}

pub(crate) fn value(item: &str, n: i64) -> Observation {
    Observation {
        item: id(item),
        state: State::Known(Value::Int(n)),
        evidence: Evidence::B,
        observed_on: day(4),
    }
}

pub(crate) fn observe(item: &str, n: i64) -> Entry {
    observed(value(item, n))
}

pub(crate) fn observed(observation: Observation) -> Entry {
    Entry::Observation(ObservationEntry {
        cycle: cycle(),
        observation,
    })
}

pub(crate) fn import(item: &str, n: i64) -> Entry {
    Entry::Import(ObservationEntry {
        cycle: cycle(),
        observation: value(item, n),
    })
}

pub(crate) fn correct(corrects: &EntryId, item: &str, n: i64) -> Entry {
    Entry::Correction(Correction {
        corrects: corrects.clone(),
        cycle: cycle(),
        observation: value(item, n),
        reason: "数错".into(),
    })
}

pub(crate) fn retract(retracts: &EntryId) -> Entry {
    Entry::Retraction(Retraction {
        retracts: retracts.clone(),
        reason: "走错门".into(),
    })
}

pub(crate) fn resolve(item: &str, settles: &[&EntryId], picked: Picked, decision: &str) -> Entry {
    Entry::Resolution(Resolution {
        cycle: cycle(),
        item: id(item),
        settles: settles.iter().map(|id| (*id).clone()).collect(),
        picked,
        decision: id(decision),
        reviewer: id("reviewer-1"),
        reason: "复核".into(),
    })
}

pub(crate) fn correct_officially(item: &str, replaces: &[&EntryId], n: Option<i64>) -> Entry {
    Entry::OfficialCorrection(OfficialCorrection {
        cycle: cycle(),
        replaces: replaces.iter().map(|id| (*id).clone()).collect(),
        observation: n.map(|n| value(item, n)),
        item: id(item),
        decision: id("objection-1"),
    })
}

pub(crate) fn seal() -> Entry {
    Entry::Seal(Box::new(Seal {
        cycle: cycle(),
        as_of: day(5),
        registers_at: 7,
        inputs: Hash::of_file(b"inputs"),
        assessment: Hash::of_file(b"assessment"),
        parameters: Hash::of_file(b"parameters"),
        consents: Vec::new(),
        countersignature: Countersignature::Drawn {
            picture: Hash::of_file(b"picture"),
        },
        second_officer: None,
        signed_apart_ms: None,
    }))
}

pub(crate) fn consent(from: Date, until: Date) -> Entry {
    Entry::Consent(Consent {
        person: "head".into(),
        text_version: "1".into(),
        purposes: vec!["credit_rating".into(), "village_statistics".into()],
        language: "mn-Mong".into(),
        categories: vec!["income".into()],
        recipients: Vec::new(),
        given_on: from,
        until,
        signature: Hash::of_file(b"signature"),
        witness: id("o1"),
        receipt: None,
    })
}
