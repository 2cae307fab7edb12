//! A phone as the server meets it: a chain of envelopes with signed heads. It writes what it is
//! told to, also what an honest phone never would.

use itgel_domain::assess::{Context, Facts, Inputs, Worksheet, assess};
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead, SoftwareSigner};
use itgel_domain::file::entry::{
    Consent, Countersignature, Entry, ObservationEntry, Seal, seal_digest,
};
use itgel_domain::file::envelope::{
    Body, CheckpointRef, Envelope, FileBody, IdentityCommitment, VERSION,
};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::identity::{IdentityRecord, Person, Registration};
use itgel_domain::item::{Evidence, ItemPath, Observation, State, Value};
use itgel_domain::pack::{RulePack, shipped};
use itgel_domain::register::RegisterRow;
use itgel_domain::sync::push::{IdentityPush, Push};
use itgel_domain::time::AtMs;
use itgel_server::store::device::DeviceRecord;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::world::{GACHA, cycle, household, subject};

/// The day that every visit of these tests is judged on.
pub(crate) const AS_OF: Date = date(2026, 11, 1);

/// The six categories of a consent.
const CATEGORIES: [&str; 6] = [
    "income",
    "deposits",
    "securities",
    "insurance",
    "real_estate",
    "tax",
];

pub(crate) struct Phone {
    pub(crate) device: DeviceRecord,
    pub(crate) signer: SoftwareSigner,
    pub(crate) now: AtMs,
    pub(crate) incarnation: u32,
    pub(crate) checkpoint: Option<CheckpointRef>,
    /// The pack that it works with.
    pub(crate) pack: Arc<RulePack>,
    /// The envelopes of the chain, from place 1.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) identities: Vec<IdentityPush>,
    /// What it knows of each file.
    pub(crate) files: BTreeMap<FileId, FileFacts>,
    /// The register rows that it pulled, and up to where.
    pub(crate) rows: Vec<RegisterRow>,
    pub(crate) registers_at: u64,
    pub(crate) identified: BTreeSet<SubjectId>,
}

impl Phone {
    pub(crate) fn new(device: DeviceRecord, signer: SoftwareSigner, now: AtMs) -> Self {
        Self {
            device,
            signer,
            now,
            incarnation: 0,
            checkpoint: None,
            pack: shipped::rules().find_pack("HH-NM-1").unwrap(),
            chain: Vec::new(),
            identities: Vec::new(),
            files: BTreeMap::new(),
            rows: Vec::new(),
            registers_at: 0,
            identified: BTreeSet::new(),
        }
    }

    pub(crate) fn next_place(&self) -> ChainRef {
        ChainRef {
            device: self.device.id.clone(),
            incarnation: self.incarnation,
            seq: self.chain.len() as u64 + 1,
        }
    }

    /// An envelope for the next place.
    pub(crate) fn envelope(&self, body: Body) -> Envelope {
        let at = self.next_place();
        let salt = Hash::of("test.salt", &[at.to_string().as_bytes()]).to_string();
        Envelope {
            v: VERSION,
            salt: salt[..32].to_owned(),
            officer: self.device.officer.clone(),
            pack: self.pack.hash(),
            entered_at: self.now,
            checkpoint: self.checkpoint,
            body: Body::clone(&body),
            at,
        }
    }

    /// The body of the next envelope of a file: dependencies and counter as they should be.
    pub(crate) fn body(&self, id: &str, entries: Vec<Entry>) -> FileBody {
        let file = file(id);
        let facts = self.files.get(&file).cloned().unwrap_or_default();
        let links = facts.links(&self.device.id, self.incarnation);
        FileBody {
            file,
            deps: links.deps,
            start_op: links.start_op,
            entries,
        }
    }

    /// Puts an envelope at the end of the chain.
    pub(crate) fn append(&mut self, envelope: &Envelope) -> u64 {
        if let Body::File(body) = &envelope.body {
            self.files
                .entry(body.file.clone())
                .or_default()
                .apply(envelope);
        }
        self.append_bytes(envelope.to_bytes())
    }

    pub(crate) fn append_bytes(&mut self, bytes: Vec<u8>) -> u64 {
        self.chain.push(bytes);
        self.chain.len() as u64
    }

    /// Writes entries of a file.
    pub(crate) fn write(&mut self, id: &str, entries: Vec<Entry>) -> u64 {
        let envelope = self.envelope(Body::File(self.body(id, entries)));
        self.append(&envelope)
    }

    /// Writes the commitment of a record, which goes along with its page; returns it.
    pub(crate) fn identify(&mut self, id: &str, number: &str, based_on: Vec<Hash>) -> Hash {
        let record = self.record(id, number, based_on);
        self.carry(id, record)
    }

    /// Writes the first record of a household that the server does not know, with its
    /// registration.
    pub(crate) fn register(&mut self, id: &str, number: &str, registration: Registration) -> Hash {
        let record = IdentityRecord {
            registration: Some(registration),
            ..self.record(id, number, Vec::new())
        };
        self.carry(id, record)
    }

    fn carry(&mut self, id: &str, record: IdentityRecord) -> Hash {
        let mut envelope = self.envelope(Body::Identity(IdentityCommitment {
            subject: subject(id),
            commitment: Hash::of_file(b""),
        }));
        let commitment = record.commitment(&envelope.salt);
        envelope.body = Body::Identity(IdentityCommitment {
            subject: subject(id),
            commitment,
        });
        let seq = self.append(&envelope);
        self.identities.push(IdentityPush { seq, record });
        self.identified.insert(subject(id));
        commitment
    }

    fn record(&self, id: &str, number: &str, based_on: Vec<Hash>) -> IdentityRecord {
        IdentityRecord {
            subject: subject(id),
            version: u32::try_from(based_on.len()).unwrap() + 1,
            based_on,
            people: vec![Person {
                role: "head".into(),
                full_name: "巴特尔".into(),
                name_mn: None,
                id_number: Some(number.into()),
                phone: Some("139-0000-0000".into()),
            }],
            author: self.device.officer.clone(),
            registration: None,
        }
    }

    /// Writes one value of sheep that is beyond doubt.
    pub(crate) fn write_sheep(&mut self, id: &str, heads: i64) -> u64 {
        self.write(id, vec![observed("herd.sheep", heads)])
    }

    /// Writes one value of sheep that were counted on the day that the phone shows.
    pub(crate) fn count_sheep(&mut self, id: &str, heads: i64) -> u64 {
        let counted = Observation {
            observed_on: self.now.on(),
            ..int("herd.sheep", heads)
        };
        self.write(id, vec![observation(counted)])
    }

    /// A whole visit: consent, the values of the worked case H-01 with changes, and a seal whose
    /// second signature is `second`'s.
    pub(crate) fn visit(
        &mut self,
        id: &str,
        changes: &[(&str, i64)],
        second: Option<&Phone>,
    ) -> u64 {
        let mut entries = vec![Entry::Consent(consent(&CATEGORIES))];
        entries.extend(values(changes).into_iter().map(observation));
        let seal = self.seal(id, &entries, second);
        entries.push(Entry::Seal(Box::new(seal)));
        self.write(id, entries)
    }

    /// The seal over entries that would be written next.
    pub(crate) fn seal(&self, id: &str, entries: &[Entry], second: Option<&Phone>) -> Seal {
        let preview = self.envelope(Body::File(self.body(id, entries.to_vec())));
        let mut facts = self.files.get(&file(id)).cloned().unwrap_or_default();
        facts.apply(&preview);
        let inputs = self.inputs(id, &facts);
        let unsigned = Countersignature::Drawn {
            picture: Hash::of_file(b"drawn"),
        };
        let mut seal = Seal {
            cycle: cycle(),
            as_of: AS_OF,
            registers_at: self.registers_at,
            inputs: inputs.hash(),
            assessment: assess(&inputs).hash(),
            parameters: inputs.parameters.hash(),
            consents: Vec::new(),
            countersignature: unsigned,
            second_officer: None,
            signed_apart_ms: None,
        };
        if let Some(second) = second {
            let signature = second.signer.sign(seal_digest(entries, &seal).as_bytes());
            seal.countersignature = Countersignature::OfficerKey {
                key: hex(&second.signer.public_key()),
                signature: hex(&signature),
            };
            seal.second_officer = Some(second.device.officer.clone());
        }
        seal
    }

    /// The inputs as the phone forms them.
    fn inputs(&self, id: &str, facts: &FileFacts) -> Inputs {
        let home = household(id, GACHA);
        let verified = self.identified.contains(&home.id);
        Inputs {
            subject: subject(id),
            subject_kind: home.kind,
            as_of: AS_OF,
            facts: facts.facts(&cycle()),
            context: Context::of_subject(&self.rows, &home, AS_OF, facts, verified),
            parameters: shipped::rules().find_parameters("150623-2026").unwrap(),
            pack: Arc::clone(&self.pack),
        }
    }

    /// The page of these places, with a signed head and the identity records for them.
    pub(crate) fn page(&self, places: RangeInclusive<u64>) -> Push {
        let head = self.head_at(*places.end());
        Push {
            head: SignedHead::sign(&self.device.id, self.incarnation, head, &self.signer),
            envelopes: (1..)
                .zip(&self.chain)
                .filter(|(seq, _)| places.contains(seq))
                .map(|(_, bytes)| bytes.clone())
                .collect(),
            identities: self
                .identities
                .iter()
                .filter(|identity| places.contains(&identity.seq))
                .cloned()
                .collect(),
        }
    }

    pub(crate) fn head_at(&self, seq: u64) -> ChainHead {
        let start = ChainHead::start(&self.device.id, self.incarnation);
        let before = (1..)
            .zip(&self.chain)
            .take_while(|(place, _)| *place <= seq);
        before.fold(start, |head, (_, bytes)| {
            head.extend(&Envelope::id_of_bytes(bytes))
        })
    }
}

/// A number that checks, of nobody.
pub(crate) const NUMBER: &str = "11010519491231002X";

pub(crate) fn file(id: &str) -> FileId {
    FileId {
        subject: subject(id),
        year: 2026,
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

pub(crate) fn int(item: &str, value: i64) -> Observation {
    Observation {
        item: item.parse().unwrap(),
        state: State::Known(Value::Int(value)),
        evidence: Evidence::B,
        observed_on: AS_OF,
    }
}

pub(crate) fn observed(item: &str, value: i64) -> Entry {
    observation(int(item, value))
}

pub(crate) fn observation(observation: Observation) -> Entry {
    Entry::Observation(ObservationEntry {
        cycle: cycle(),
        observation,
    })
}

pub(crate) fn consent(categories: &[&str]) -> Consent {
    Consent {
        person: "head".into(),
        text_version: "1".into(),
        purposes: vec!["credit_rating".into(), "village_statistics".into()],
        language: "zh-CN".into(),
        categories: categories.iter().map(|c| (*c).to_owned()).collect(),
        recipients: Vec::new(),
        given_on: AS_OF,
        until: date(2028, 10, 31),
        signature: Hash::of_file(b"signature"),
        witness: "o1".parse().unwrap(),
        receipt: None,
    }
}

/// The facts of the worked case H-01 as observations, some of them changed.
pub(crate) fn values(changes: &[(&str, i64)]) -> Vec<Observation> {
    let text = include_str!("../../../fixtures/cases/h-01.toml");
    let sheets = Worksheet::read_all("h-01.toml", text, shipped::rules()).unwrap();
    let facts: Facts = sheets[0].inputs.facts.clone();
    let mut values: BTreeMap<ItemPath, Observation> = facts
        .values
        .into_iter()
        .map(|(item, fact)| {
            let observation = Observation {
                item: item.clone(),
                state: fact.state,
                evidence: fact.evidence,
                observed_on: AS_OF,
            };
            (item, observation)
        })
        .collect();
    for (item, value) in changes {
        values.insert(item.parse().unwrap(), int(item, *value));
    }
    values.into_values().collect()
}
