//! Two officers with one device: what they write, sign and send.

use std::collections::BTreeMap;

use itgel_domain::case::step::ObjectionGround;
use itgel_domain::catalogue::Catalogue;
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead, SoftwareSigner};
use itgel_domain::file::entry::{
    Consent, Countersignature, Entry, EntryId, ObservationEntry, Seal, seal_digest,
};
use itgel_domain::file::envelope::{
    Ballot, Body, Envelope, FileBody, GroupReview, IdentityCommitment, VERSION,
};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::objection::{FiledObjection, Objector, ReceiptNumber};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::item::Observation;
use itgel_domain::subject::SubjectKind;
use itgel_domain::sync::push::{IdentityPush, Push, PushAnswer, Verdict};
use itgel_domain::time::AtMs;
use itgel_fixtures::Household;
use itgel_server::store::device::DeviceRecord;
use itgel_server::{ServiceError, ingest, store};

use super::staff::{device_of, signer_of};
use super::world::{TODAY, World};

/// Two officers with one device: the first enters, the second signs too.
pub(crate) struct Collector {
    device: DeviceRecord,
    officer: OfficerId,
    second: String,
    signer: SoftwareSigner,
    head: ChainHead,
    /// How far apart both signatures are given, if on one device.
    pub(crate) signed_apart_ms: Option<u64>,
    /// What the people who are visited agree to.
    pub(crate) purposes: Vec<String>,
    files: BTreeMap<FileId, FileFacts>,
}

impl Collector {
    pub(crate) fn new(officer: &str, second: &str) -> Self {
        let device = device_of(officer);
        let head = ChainHead::start(&device.id, 0);
        Self {
            device,
            officer: officer.parse().unwrap(),
            second: second.to_owned(),
            signer: signer_of(officer),
            head,
            signed_apart_ms: None,
            purposes: vec!["credit_rating".into(), "village_statistics".into()],
            files: BTreeMap::new(),
        }
    }

    /// The first visit to a household: who they are, consent, what was found, seal.
    pub(crate) fn visit(&mut self, world: &World, household: &Household) -> Vec<EntryId> {
        self.identify(world, household);
        self.seal(world, household, &household.found)
    }

    /// Consent, values and seal in one envelope; the ids of its entries.
    pub(crate) fn seal(
        &mut self,
        world: &World,
        household: &Household,
        found: &[Observation],
    ) -> Vec<EntryId> {
        let place = self.next_place();
        let consent = Entry::Consent(self.consent(world));
        let observed = |o: &Observation| {
            let cycle = world.cycle.id.clone();
            Entry::Observation(ObservationEntry {
                cycle,
                observation: o.clone(),
            })
        };
        let mut entries: Vec<Entry> = std::iter::once(consent)
            .chain(found.iter().map(observed))
            .collect();
        let consents = vec![EntryId {
            at: place,
            index: 0,
        }];
        let seal = self.sealed(world, &entries, consents);
        entries.push(Entry::Seal(Box::new(seal)));
        self.write(world, household, entries)
    }

    /// Entries of the household's file as they are.
    pub(crate) fn write(
        &mut self,
        world: &World,
        household: &Household,
        entries: Vec<Entry>,
    ) -> Vec<EntryId> {
        let file = FileId {
            subject: household.subject.clone(),
            year: world.now().on().year(),
        };
        let known = self.files.entry(file.clone()).or_default();
        let links = known.links(&self.device.id, 0);
        let body = FileBody {
            file: file.clone(),
            deps: links.deps,
            start_op: links.start_op,
            entries,
        };
        let envelope = self.envelope(world, Body::File(body));
        self.files.entry(file).or_default().apply(&envelope);
        let ids = envelope.identified().map(|(id, _)| id).collect();
        self.push_good(world, &envelope, Vec::new());
        ids
    }

    /// Five evaluators cast their ballots.
    pub(crate) fn hold_evaluation(&mut self, world: &World, household: &Household) {
        for (n, scores) in (1..=5).zip(household.ballots.iter().cycle()) {
            self.ballot(world, household, &format!("e-{n}"), *scores);
        }
    }

    pub(crate) fn ballot(
        &mut self,
        world: &World,
        household: &Household,
        evaluator: &str,
        scores: [u8; 4],
    ) {
        let answer = self.try_ballot(world, household, evaluator, scores);
        assert_eq!(answer.except, [], "a ballot was not accepted");
    }

    pub(crate) fn try_ballot(
        &mut self,
        world: &World,
        household: &Household,
        evaluator: &str,
        scores: [u8; 4],
    ) -> PushAnswer {
        let ballot = Ballot {
            subject: household.subject.clone(),
            cycle: world.cycle.id.clone(),
            evaluator: evaluator.parse().unwrap(),
            scores,
        };
        let envelope = self.envelope(world, Body::Ballot(ballot));
        self.push(world, &envelope, Vec::new())
    }

    /// Says what the gacha's group thinks of a computed grade.
    pub(crate) fn review(
        &mut self,
        world: &World,
        household: &Household,
        returned_for: Option<&str>,
    ) -> PushAnswer {
        let own = self.device.officer.clone();
        self.review_as(world, household, &own, returned_for)
    }

    /// The same in the name of an officer, who may be another one.
    pub(crate) fn review_as(
        &mut self,
        world: &World,
        household: &Household,
        officer: &OfficerId,
        returned_for: Option<&str>,
    ) -> PushAnswer {
        let review = GroupReview {
            subject: household.subject.clone(),
            cycle: world.cycle.id.clone(),
            assessment: Hash::of_file(b""),
            returned_for: returned_for.map(str::to_owned),
        };
        let envelope = Envelope {
            officer: officer.clone(),
            ..self.envelope(world, Body::Review(review))
        };
        self.push(world, &envelope, Vec::new())
    }

    /// Takes an objection down at `filed_at` by the device's clock and sends it now.
    pub(crate) fn object(
        &mut self,
        world: &World,
        household: &Household,
        (receipt, objector): (ReceiptNumber, Objector),
        filed_at: AtMs,
    ) -> PushAnswer {
        let objection = FiledObjection {
            subject: household.subject.clone(),
            cycle: world.cycle.id.clone(),
            receipt,
            ground: ObjectionGround::WrongOrMissing,
            objector,
            words: "羊数不对".into(),
        };
        let envelope = Envelope {
            entered_at: filed_at,
            ..self.envelope(world, Body::Objection(objection))
        };
        self.push(world, &envelope, Vec::new())
    }

    /// A number out of the device's own range.
    pub(crate) fn receipt(&self, world: &World, count: u32) -> ReceiptNumber {
        let number = |c: &rusqlite::Connection| {
            store::device::number(c, &self.device.id).map_err(ServiceError::from)
        };
        let device = world.service.store.read(number).unwrap();
        ReceiptNumber { device, count }
    }

    fn identify(&mut self, world: &World, household: &Household) {
        let place = self.next_place();
        let record = household.identity.clone();
        let commitment = record.commitment(&salt(&place));
        let subject = household.subject.clone();
        let body = Body::Identity(IdentityCommitment {
            subject,
            commitment,
        });
        let envelope = self.envelope(world, body);
        self.push_good(
            world,
            &envelope,
            vec![IdentityPush {
                seq: place.seq,
                record,
            }],
        );
    }

    fn consent(&self, world: &World) -> Consent {
        let items = Catalogue::builtin().items();
        let restricted = items.filter_map(|item| item.restricted);
        let mut categories: Vec<String> = restricted.map(|c| c.as_str().to_owned()).collect();
        categories.sort();
        categories.dedup();
        let today = world.now().on();
        Consent {
            person: "head".into(),
            text_version: "1".into(),
            purposes: self.purposes.clone(),
            language: "zh-CN".into(),
            categories,
            recipients: Vec::new(),
            given_on: today,
            until: today.saturating_add(jiff::Span::new().years(1)),
            signature: Hash::of_file(b"signature"),
            witness: self.officer.clone(),
            receipt: None,
        }
    }

    /// A seal that both officers signed. What the device computed is left out: the server notes a
    /// difference and goes by its own.
    fn sealed(&self, world: &World, entries: &[Entry], consents: Vec<EntryId>) -> Seal {
        let unsigned = Countersignature::Drawn {
            picture: Hash::of_file(b""),
        };
        let mut seal = Seal {
            cycle: world.cycle.id.clone(),
            as_of: world.now().on(),
            registers_at: 0,
            inputs: Hash::of_file(b""),
            assessment: Hash::of_file(b""),
            parameters: Hash::of_file(b""),
            consents,
            countersignature: unsigned,
            second_officer: Some(self.second.parse().unwrap()),
            signed_apart_ms: self.signed_apart_ms,
        };
        let second = signer_of(&self.second);
        let digest = seal_digest(entries, &seal);
        seal.countersignature = Countersignature::OfficerKey {
            key: data_encoding::HEXLOWER.encode(&second.public_key()),
            signature: data_encoding::HEXLOWER.encode(&second.sign(digest.as_bytes())),
        };
        seal
    }

    fn next_place(&self) -> ChainRef {
        ChainRef {
            device: self.device.id.clone(),
            incarnation: 0,
            seq: self.head.seq + 1,
        }
    }

    fn envelope(&self, world: &World, body: Body) -> Envelope {
        let pack = world
            .service
            .store
            .read(|c| {
                world
                    .service
                    .rules
                    .pack_for(c, SubjectKind::Household, TODAY)
            })
            .unwrap();
        let at = self.next_place();
        Envelope {
            v: VERSION,
            salt: salt(&at),
            at,
            officer: self.officer.clone(),
            pack: pack.hash(),
            entered_at: world.now(),
            checkpoint: None,
            body,
        }
    }

    fn push_good(&mut self, world: &World, envelope: &Envelope, identities: Vec<IdentityPush>) {
        let answer = self.push(world, envelope, identities);
        for exception in answer.except {
            let flagged = matches!(exception.verdict, Verdict::AcceptedFlagged(_));
            assert!(
                flagged,
                "an envelope was not accepted: {:?}",
                exception.verdict
            );
        }
    }

    fn push(
        &mut self,
        world: &World,
        envelope: &Envelope,
        identities: Vec<IdentityPush>,
    ) -> PushAnswer {
        self.head = self.head.extend(&envelope.id());
        let head = SignedHead::sign(&self.device.id, 0, self.head, &self.signer);
        let push = Push {
            head,
            envelopes: vec![envelope.to_bytes()],
            identities,
        };
        ingest::push(&world.service, &self.device, push).unwrap()
    }
}

/// The salt of the envelope at a place.
fn salt(at: &ChainRef) -> String {
    let hash = Hash::of("test.salt", &[at.to_string().as_bytes()]);
    data_encoding::HEXLOWER.encode(&hash.as_bytes()[..16])
}
