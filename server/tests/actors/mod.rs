//! Actors that speak to the service as people and devices do: a world over a temporary database
//! with one gacha of the sample banner, field teams that seal visits on devices of their own, and
//! staff.
#![allow(dead_code, reason = "each test binary uses its own part of the actors")]

pub(crate) mod platform;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use itgel_domain::case::cycle::Cycle;
use itgel_domain::case::step::ObjectionGround;
use itgel_domain::case::{CaseState, Reason, Role, Step};
use itgel_domain::catalogue::Catalogue;
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead, SoftwareSigner, Suite};
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
use itgel_domain::id::{CaseId, DeviceId, OfficerId};
use itgel_domain::item::Observation;
use itgel_domain::policy::Actor;
use itgel_domain::subject::{Grade, Subject, SubjectKind};
use itgel_domain::sync::push::{IdentityPush, Push, PushAnswer, Verdict};
use itgel_domain::time::AtMs;
use itgel_fixtures::{Banner, Gacha, Household, SampleSize, registers as sample_registers};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::process::{self, Countersigned, StepRequest, Stepped};
use itgel_server::store::case::CaseRow;
use itgel_server::store::device::{DeviceRecord, DeviceStatus};
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, ServiceError, auth, ingest, registers, rules, setup, store};
use jiff::civil::{Date, date};
use tempfile::TempDir;

use zeroize::Zeroizing;

/// The day on which the world begins: a Thursday, in the season in which fodder is assessed.
pub(crate) const TODAY: Date = date(2026, 10, 15);

const DAY_MS: i64 = 86_400_000;

/// A server with its clock, and the gacha that the tests work in.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) banner: Banner,
    pub(crate) gacha: Gacha,
    pub(crate) cycle: Cycle,
    pub(crate) households: Vec<Household>,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
}

impl World {
    /// A gacha with at least `count` households, everybody in office, nobody visited.
    pub(crate) fn with_households(count: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(AtMs::start_of(TODAY).0 + 10 * 3_600_000));
        let shown = Arc::clone(&clock);
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: "http://localhost".into(),
            database: folder.path().join("itgel.db"),
            keys: folder.path().join("keys.toml"),
            readers: 2,
            metrics_listen: None,
            retired_key_days: RetiredKeyDays::default(),
            limits: itgel_server::limits::LimitsConfig::default(),
            sample: SampleConfig::default(),
        };
        let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
        let keys = ServerKeys::from_random(&random);
        let now = Arc::new(move || AtMs(shown.load(Ordering::SeqCst)));
        let service = Service::open(config, keys, now).unwrap();
        let (banner, gacha) = drawn(count);
        let collector: OfficerId = "c-1".parse().unwrap();
        let numbers = gacha.first..gacha.first + gacha.households;
        let households = numbers
            .take(count as usize)
            .map(|number| Household::draw(&banner, &gacha, number, TODAY, &collector))
            .collect();
        let cycle = banner.cycle(TODAY);
        let world = Self {
            service,
            banner,
            gacha,
            cycle,
            households,
            clock,
            _folder: folder,
        };
        world.set_up();
        world
    }

    pub(crate) fn now(&self) -> AtMs {
        self.service.now()
    }

    pub(crate) fn pass_days(&self, days: i64) {
        self.clock.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }

    /// Runs `work` as one transaction.
    pub(crate) fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Service, &store::Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        self.service.transact("test", work)
    }

    pub(crate) fn officer(&self, id: &str) -> Actor {
        let id = id.parse().unwrap();
        self.service
            .store
            .read(|c| auth::officer_actor(c, &id))
            .unwrap()
    }

    pub(crate) fn case(&self, household: &Household) -> CaseRow {
        self.find_case(household).expect("the case is open")
    }

    pub(crate) fn find_case(&self, household: &Household) -> Option<CaseRow> {
        let (subject, cycle) = (&household.subject, &self.cycle.id);
        let read = |c: &_| store::case::get_of(c, subject, cycle).map_err(ServiceError::from);
        self.service.store.read(read).unwrap()
    }

    pub(crate) fn state(&self, household: &Household) -> CaseState {
        self.case(household).case.state()
    }

    /// Asks for a step as `officer`, having read the case just now.
    pub(crate) fn step(
        &self,
        officer: &str,
        household: &Household,
        step: Step,
    ) -> Result<Stepped, ServiceError> {
        let case = self.case(household).case;
        self.request(officer, request(case.id.clone(), case.version(), step))
    }

    pub(crate) fn request(
        &self,
        officer: &str,
        request: StepRequest,
    ) -> Result<Stepped, ServiceError> {
        let actor = self.officer(officer);
        self.transact(move |service, tx| {
            process::step(service, tx, &actor, &request, service.now())
        })
    }

    pub(crate) fn publish(&self, officer: &str) -> Result<process::Publication, ServiceError> {
        let (actor, division, cycle) = (
            self.officer(officer),
            self.gacha.code,
            self.cycle.id.clone(),
        );
        self.transact(move |service, tx| {
            process::publish_gacha(service, tx, &actor, division, &cycle, service.now())
        })
    }

    /// Everything that was written to the audit log under `action`.
    pub(crate) fn audit(&self, action: &str) -> Vec<store::log::AuditRow> {
        let read = |c: &_| store::log::list_audit(c, 0, 100_000).map_err(ServiceError::from);
        let rows = self.service.store.read(read).unwrap();
        rows.into_iter()
            .filter(|row| row.action == action)
            .collect()
    }

    /// Leads visited households to ratings in effect: ballots, review, publicity, approval.
    pub(crate) fn rate(&self, team: &mut Collector, households: &[Household]) {
        for household in households {
            team.hold_evaluation(self, household);
        }
        self.rate_on(households);
    }

    /// The same from the pre-rating on.
    pub(crate) fn rate_on(&self, households: &[Household]) {
        for household in households {
            self.step("r-1", household, Step::Review).unwrap();
        }
        self.publish("r-1").unwrap();
        self.pass_days(12);
        process::run_periods(&self.service, self.now()).unwrap();
        for household in households {
            self.approve(household);
        }
    }

    pub(crate) fn approve(&self, household: &Household) {
        let effective_on = self.now().on();
        let valid_to = effective_on.saturating_add(jiff::Span::new().years(1));
        self.step(
            "a-1",
            household,
            Step::Approve {
                effective_on,
                valid_to,
            },
        )
        .unwrap();
    }

    /// Moves a computed grade, with both reviewers' signatures.
    pub(crate) fn override_grade(&self, household: &Household, grade: Grade) {
        let case = self.case(household).case;
        let step = Step::Override {
            grade,
            second: "r-2".parse().unwrap(),
        };
        let mut asked = request(case.id.clone(), case.version(), step);
        let message = process::override_message(&case.id, case.version(), grade, &asked.reason);
        let signature = data_encoding::HEXLOWER.encode(&signer_of("r-2").sign(&message));
        asked.countersignature = Some(Countersigned {
            device: device_id("r-2"),
            signature,
        });
        self.request("r-1", asked).unwrap();
    }

    fn set_up(&self) {
        let gacha = self.gacha.code;
        let banner = self.banner.clone();
        let cycle = self.cycle.clone();
        let subjects: Vec<(Subject, Vec<_>)> = self
            .households
            .iter()
            .map(|household| {
                let subject = Subject {
                    id: household.subject.clone(),
                    kind: SubjectKind::Household,
                    division: gacha,
                    local_code: household.local_code.clone(),
                };
                (
                    subject,
                    sample_registers::of_household(household, gacha, TODAY),
                )
            })
            .collect();
        self.transact(move |service, tx| {
            let now = service.now();
            rules::seed(service, tx, now)?;
            process::seed_calendars(service, tx, now)?;
            for division in &banner.divisions {
                registers::put_division(service, tx, division)?;
            }
            setup::add_cycle(tx, &cycle)?;
            for (subject, rows) in &subjects {
                registers::put_subject(service, tx, subject)?;
                for row in rows {
                    registers::put(service, tx, row, "test", now)?;
                }
            }
            for row in sample_registers::of_banner(&banner, TODAY) {
                registers::put(service, tx, &row, "test", now)?;
            }
            for (officer, role, division) in staff(gacha, banner.code) {
                let id: OfficerId = officer.parse().unwrap();
                let record = OfficerRecord {
                    id,
                    name: officer.clone(),
                    division,
                };
                setup::add_officer(tx, &record, &[(role, division)])?;
                store::device::put(tx, &device_of(&officer))?;
            }
            Ok(())
        })
        .unwrap();
    }
}

/// A declared interest of the usual kind.
#[allow(dead_code, reason = "not every binary declares one")]
pub(crate) fn interest(
    subject: &itgel_domain::id::SubjectId,
    officer: &OfficerId,
    declared_by: &OfficerId,
    declared_at: AtMs,
) -> store::interest::InterestRow {
    store::interest::InterestRow {
        subject: subject.clone(),
        officer: officer.clone(),
        kind: itgel_domain::case::interest::InterestKind::Relative,
        declared_by: declared_by.clone(),
        declared_at,
        source: "示例申报".into(),
        ended_by: None,
        ended_at: None,
    }
}

/// A step as a person asks for it.
pub(crate) fn request(case: CaseId, version: u64, step: Step) -> StepRequest {
    let reason = Reason::new("TEST", "因为测试");
    StepRequest {
        case,
        version,
        step,
        reason,
        item: None,
        countersignature: None,
    }
}

/// Everybody in office: two field teams, a gacha group, evaluators, reviewers of the sumu, and the
/// banner's approver, objection officer and auditor.
fn staff(
    gacha: itgel_domain::division::DivisionCode,
    banner: itgel_domain::division::DivisionCode,
) -> Vec<(String, Role, itgel_domain::division::DivisionCode)> {
    let sumu = gacha.parent().unwrap();
    let mut staff: Vec<_> = [
        ("c-1", Role::Collector, gacha),
        ("c-2", Role::Collector, gacha),
        ("c-3", Role::Collector, gacha),
        ("c-4", Role::Collector, gacha),
        ("g-1", Role::VillageGroup, gacha),
        ("r-1", Role::Reviewer, sumu),
        ("r-2", Role::Reviewer, sumu),
        ("a-1", Role::Approver, banner),
        ("o-1", Role::ObjectionOfficer, banner),
        ("u-1", Role::Auditor, banner),
    ]
    .map(|(officer, role, division)| (officer.to_owned(), role, division))
    .to_vec();
    staff.extend((1..=6).map(|n| (format!("e-{n}"), Role::Evaluator, gacha)));
    staff
}

/// The smallest sample whose first gacha has so many households.
fn drawn(count: u32) -> (Banner, Gacha) {
    (1..200)
        .map(|n| {
            Banner::draw(SampleSize {
                households: count * n,
                seed: 7,
            })
            .unwrap()
        })
        .find_map(|banner| {
            let gacha = banner
                .gachas
                .first()
                .filter(|gacha| gacha.households >= count)?
                .clone();
            Some((banner, gacha))
        })
        .unwrap()
}

/// The key of an officer's device.
pub(crate) fn signer_of(officer: &str) -> SoftwareSigner {
    SoftwareSigner::from_secret(Hash::of("test.key", &[officer.as_bytes()]).as_bytes())
}

fn device_of(officer: &str) -> DeviceRecord {
    DeviceRecord {
        id: format!("dev-{officer}").parse().unwrap(),
        officer: officer.parse().unwrap(),
        suite: Suite::Ed25519,
        public_key: signer_of(officer).public_key(),
        status: DeviceStatus::Active,
        enrolled_at: AtMs::start_of(TODAY),
    }
}

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

/// The code of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(
    result: Result<T, ServiceError>,
) -> itgel_domain::error::ErrorCode {
    result.unwrap_err().code()
}

/// The device of an officer, by its name.
pub(crate) fn device_id(officer: &str) -> DeviceId {
    format!("dev-{officer}").parse().unwrap()
}
