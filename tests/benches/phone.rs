//! The collector's device as the server meets it: a chain of honest envelopes, cut into pages
//! under signed heads.

use std::collections::BTreeMap;

use itgel_domain::assess::{Context, Inputs, assess};
use itgel_domain::catalogue::Restricted;
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead, SoftwareSigner};
use itgel_domain::file::entry::{
    Consent, Countersignature, Entry, ObservationEntry, Seal, seal_digest,
};
use itgel_domain::file::envelope::{Ballot, Body, Envelope, FileBody, IdentityCommitment, VERSION};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::item::Observation;
use itgel_domain::sync::push::{IdentityPush, PAGE_ENVELOPES, Push};
use itgel_fixtures::Household;
use itgel_server::store::device::DeviceRecord;
use jiff::ToSpan as _;

use super::Outcome;
use super::world::{COLLECTOR, SECOND, TODAY, World, device_of, evaluator, now, rules_in_force};

/// A device and what it has written.
pub(crate) struct Phone {
    pub(crate) device: DeviceRecord,
    signer: SoftwareSigner,
    head: ChainHead,
    files: BTreeMap<FileId, FileFacts>,
    /// Written and not yet cut into a page.
    waiting: Vec<Vec<u8>>,
    identities: Vec<IdentityPush>,
}

impl Phone {
    pub(crate) fn new() -> Outcome<Self> {
        let (device, signer) = device_of(COLLECTOR)?;
        Ok(Self {
            head: ChainHead::start(&device.id, 0),
            device,
            signer,
            files: BTreeMap::new(),
            waiting: Vec::new(),
            identities: Vec::new(),
        })
    }

    /// Who they are.
    pub(crate) fn identify(&mut self, household: &Household) -> Outcome<()> {
        let record = household.identity.clone();
        let at = self.next_place();
        let commitment = record.commitment(&salt(&at));
        let subject = household.subject.clone();
        self.append(Body::Identity(IdentityCommitment {
            subject,
            commitment,
        }))?;
        self.identities.push(IdentityPush {
            seq: at.seq,
            record,
        });
        Ok(())
    }

    /// Values of a household, with the consent before them if it is the first time.
    pub(crate) fn write(
        &mut self,
        household: &Household,
        cycle: &CycleId,
        found: &[Observation],
    ) -> Outcome<Envelope> {
        let file = file_of(&household.subject);
        let mut entries = Vec::new();
        if self.files.get(&file).is_none_or(FileFacts::is_empty) {
            entries.push(Entry::Consent(consent()?));
        }
        entries.extend(observations(cycle, found));
        let body = self.body(file, entries);
        self.append(Body::File(body))
    }

    /// A whole visit as a device seals it: consent, every value, the seal of two officers over
    /// the inputs that the device has.
    pub(crate) fn visit(
        &mut self,
        world: &World,
        household: &Household,
        registers_at: u64,
    ) -> Outcome<()> {
        let cycle = &world.cycle.id;
        let mut entries = vec![Entry::Consent(consent()?)];
        entries.extend(observations(cycle, &household.found));
        let seal = self.seal(world, household, &entries, registers_at)?;
        entries.push(Entry::Seal(Box::new(seal)));
        let body = self.body(file_of(&household.subject), entries);
        self.append(Body::File(body))?;
        Ok(())
    }

    /// What the neighbours think.
    pub(crate) fn vote(&mut self, household: &Household, cycle: &CycleId) -> Outcome<()> {
        for (scores, number) in household.ballots.iter().zip(1..) {
            let ballot = Ballot {
                subject: household.subject.clone(),
                cycle: cycle.clone(),
                evaluator: evaluator(number).parse()?,
                scores: *scores,
            };
            self.append(Body::Ballot(ballot))?;
        }
        Ok(())
    }

    /// Everything that waits, in pages of at most 256 envelopes.
    pub(crate) fn pages(&mut self) -> Vec<Push> {
        let waiting = std::mem::take(&mut self.waiting);
        let identities = std::mem::take(&mut self.identities);
        let pages = waiting.chunks(PAGE_ENVELOPES).map(|envelopes| {
            let first = self.head.seq + 1;
            for bytes in envelopes {
                self.head = self.head.extend(&Envelope::id_of_bytes(bytes));
            }
            let of_page = |i: &&IdentityPush| (first..=self.head.seq).contains(&i.seq);
            Push {
                head: SignedHead::sign(&self.device.id, 0, self.head, &self.signer),
                envelopes: envelopes.to_vec(),
                identities: identities.iter().filter(of_page).cloned().collect(),
            }
        });
        pages.collect()
    }

    fn append(&mut self, body: Body) -> Outcome<Envelope> {
        let envelope = self.envelope(body)?;
        if let Body::File(body) = &envelope.body {
            self.files
                .entry(body.file.clone())
                .or_default()
                .apply(&envelope);
        }
        self.waiting.push(envelope.to_bytes());
        Ok(envelope)
    }

    fn envelope(&self, body: Body) -> Outcome<Envelope> {
        let at = self.next_place();
        Ok(Envelope {
            v: VERSION,
            salt: salt(&at),
            at,
            officer: self.device.officer.clone(),
            pack: rules_in_force()?.0.hash(),
            entered_at: now(),
            checkpoint: None,
            body,
        })
    }

    fn next_place(&self) -> ChainRef {
        ChainRef {
            device: self.device.id.clone(),
            incarnation: 0,
            seq: self.head.seq + self.waiting.len() as u64 + 1,
        }
    }

    fn body(&mut self, file: FileId, entries: Vec<Entry>) -> FileBody {
        let known = self.files.entry(file.clone()).or_default();
        let links = known.links(&self.device.id, 0);
        FileBody {
            file,
            deps: links.deps,
            start_op: links.start_op,
            entries,
        }
    }

    fn seal(
        &mut self,
        world: &World,
        household: &Household,
        entries: &[Entry],
        registers_at: u64,
    ) -> Outcome<Seal> {
        let body = self.body(file_of(&household.subject), entries.to_vec());
        let mut facts = FileFacts::default();
        facts.apply(&self.envelope(Body::File(body))?);
        let home = world.home(household)?;
        let verified = household.identity.is_verified();
        let (pack, parameters) = rules_in_force()?;
        let inputs = Inputs {
            subject: home.subject.id.clone(),
            subject_kind: home.subject.kind,
            as_of: TODAY,
            facts: facts.facts(&world.cycle.id),
            context: Context::of_subject(
                home.rows.iter().chain(&world.rows),
                &home.subject,
                TODAY,
                &facts,
                verified,
            ),
            parameters,
            pack,
        };
        let (second, key) = device_of(SECOND)?;
        let mut seal = Seal {
            cycle: world.cycle.id.clone(),
            as_of: TODAY,
            registers_at,
            inputs: inputs.hash(),
            assessment: assess(&inputs).hash(),
            parameters: inputs.parameters.hash(),
            consents: Vec::new(),
            countersignature: Countersignature::Drawn {
                picture: Hash::of_file(b""),
            },
            second_officer: Some(second.officer),
            signed_apart_ms: None,
        };
        let digest = seal_digest(entries, &seal);
        seal.countersignature = Countersignature::OfficerKey {
            key: data_encoding::HEXLOWER.encode(&second.public_key),
            signature: data_encoding::HEXLOWER.encode(&key.sign(digest.as_bytes())),
        };
        Ok(seal)
    }
}

/// The file of a household in the year of the sample.
pub(crate) fn file_of(subject: &SubjectId) -> FileId {
    FileId {
        subject: subject.clone(),
        year: TODAY.year(),
    }
}

/// The values by section: what an officer enters on one screen.
pub(crate) fn sections(found: &[Observation]) -> Vec<&[Observation]> {
    let group = |o: &Observation| o.item.as_str().split(['.', '/']).next().map(str::to_owned);
    found.chunk_by(move |a, b| group(a) == group(b)).collect()
}

fn observations<'a>(
    cycle: &'a CycleId,
    found: &'a [Observation],
) -> impl Iterator<Item = Entry> + 'a {
    found.iter().map(|observation| {
        Entry::Observation(ObservationEntry {
            cycle: cycle.clone(),
            observation: observation.clone(),
        })
    })
}

pub(crate) fn consent() -> Outcome<Consent> {
    Ok(Consent {
        person: "head".into(),
        text_version: "1".into(),
        purposes: vec!["credit_rating".into(), "village_statistics".into()],
        language: "zh-CN".into(),
        categories: Restricted::ALL
            .iter()
            .map(|c| c.as_str().to_owned())
            .collect(),
        recipients: Vec::new(),
        given_on: TODAY,
        until: TODAY.saturating_add(1.year()),
        signature: Hash::of_file(b"signature"),
        witness: COLLECTOR.parse()?,
        receipt: None,
    })
}

/// The salt of the envelope at a place.
fn salt(at: &ChainRef) -> String {
    let hash = Hash::of("bench.salt", &[at.to_string().as_bytes()]);
    data_encoding::HEXLOWER.encode(&hash.as_bytes()[..16])
}
