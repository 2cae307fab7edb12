//! Two officers with one device (采集员), at the door.

use std::sync::Arc;

use itgel::sample::{Seat, Team};
use itgel_device::http::{self, HttpConfig, HttpProtocol};
use itgel_device::sync::{self, SyncError, SyncReport};
use itgel_device::{
    Argon2Cost, Countersign, Device, KeyFiles, KeyStore, Record, Sealed, Secrets, SystemEntropy,
};
use itgel_domain::assess::Assessment;
use itgel_domain::authorisation::Purpose;
use itgel_domain::catalogue::Restricted;
use itgel_domain::file::chain::{DeviceSigner, SoftwareSigner};
use itgel_domain::file::entry::{Consent, Recipient};
use itgel_domain::file::envelope::Ballot;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DeviceId, LenderId, OfficerId};
use itgel_domain::item::Observation;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::pull::CaseItem;
use itgel_domain::time::AtMs;
use itgel_fixtures::Household;
use itgel_server::Clock;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::office::Office;
use crate::world::World;

/// Deriving a key is not what these tests are about.
const CHEAP: Argon2Cost = Argon2Cost {
    memory_kib: 8,
    passes: 1,
};

/// Two officers with one device (采集员).
pub struct Collector {
    /// Their device, with its encrypted store.
    pub device: Device,
    /// Who works with it.
    pub officer: OfficerId,
    /// The way to the server.
    pub link: HttpProtocol,
    /// The server's key as it was pinned.
    pub server_key: Vec<u8>,
    id: DeviceId,
    secret: [u8; 32],
    second: OfficerId,
    second_key: SoftwareSigner,
    lender: LenderId,
    cycle: CycleId,
    clock: Clock,
}

impl Collector {
    pub(crate) fn enrol(world: &World, team: &Team) -> Self {
        let second_secret = world.new_secret();
        world
            .server()
            .enrol(&team.second.code, &second_secret)
            .unwrap();
        let second = (
            team.second.officer.clone(),
            SoftwareSigner::from_secret(&second_secret),
        );
        Self::with_second(world, &team.collector, second)
    }

    /// Somebody who works with a device alone: what needs a second signature is not theirs to do.
    pub(crate) fn alone(world: &World, seat: &Seat) -> Self {
        let own = SoftwareSigner::from_secret(&world.new_secret());
        Self::with_second(world, seat, (seat.officer.clone(), own))
    }

    fn with_second(
        world: &World,
        seat: &Seat,
        (second, second_key): (OfficerId, SoftwareSigner),
    ) -> Self {
        let secret = world.new_secret();
        let signer: Arc<dyn DeviceSigner> = Arc::new(SoftwareSigner::from_secret(&secret));
        let config = HttpConfig::new(world.address());
        let (enrolment, _) = http::enrol(&config, &seat.code, signer.as_ref()).unwrap();
        let platform: Arc<dyn KeyStore> = Arc::new(KeyFiles::plain(&world.path("secrets")));
        let secrets = Secrets {
            pin: "471203",
            platform: &platform,
            cost: CHEAP,
        };
        let path = world.path(&format!("{}.db", enrolment.device));
        let link = HttpProtocol::new(&config, enrolment.device.clone(), Arc::clone(&signer));
        let device = Device::create(&path, &secrets, &enrolment, signer, Arc::new(SystemEntropy));
        Self {
            device: device.unwrap(),
            officer: enrolment.officer,
            link: link.unwrap(),
            server_key: enrolment.server_key,
            id: enrolment.device,
            secret,
            second,
            second_key,
            lender: world.sample.lender.clone(),
            cycle: world.cycle().clone(),
            clock: world.clock(),
        }
    }

    /// Synchronises; everything must go through, and nothing may wait or be set aside.
    pub fn synchronise(&self) -> SyncReport {
        let report = self.synchronise_over(&self.link).unwrap();
        assert_eq!(
            (report.waiting, report.set_aside, report.refused),
            (0, 0, 0),
            "{report:?}"
        );
        assert!(
            !report.log_went_back && report.mismatches.is_empty(),
            "{report:?}"
        );
        report
    }

    /// Synchronises over another link.
    ///
    /// # Errors
    /// [`SyncError`] of the link.
    pub fn synchronise_over<P: SyncProtocol>(&self, link: &P) -> Result<SyncReport, SyncError> {
        sync::run(&self.device, link, self.now(), &mut |_| {})
    }

    /// Writes down who lives there.
    pub fn identify(&self, household: &Household) {
        let people = household.identity.people.clone();
        self.device
            .put_identity(&household.subject, people, self.now())
            .unwrap();
    }

    /// Has the head of the household sign a consent that names the lender.
    pub fn ask_consent(&self, household: &Household) {
        let recipient = Recipient {
            lender: self.lender.clone(),
            purpose: Purpose::LoanDecision,
        };
        self.ask_consent_naming(household, vec![recipient]);
    }

    /// Has the head of the household sign a consent that names these lenders.
    pub fn ask_consent_naming(&self, household: &Household, recipients: Vec<Recipient>) {
        let consent = Consent {
            recipients,
            ..self.consent()
        };
        self.device
            .put_consent(&household.subject, &self.cycle, &consent, self.now())
            .unwrap();
    }

    /// Enters what is found at the door.
    pub fn observe(&self, household: &Household, found: &[Observation]) {
        self.device
            .put_values(&household.subject, &self.cycle, found, self.now())
            .unwrap();
    }

    /// The provisional grade (暂定) on the screen.
    #[must_use]
    pub fn provisional(&self, household: &Household) -> Assessment {
        self.device
            .assess_provisional(&household.subject, &self.cycle, self.today())
            .unwrap()
    }

    /// Seals the visit with the second officer's signature.
    pub fn seal(&self, household: &Household) -> Sealed {
        let second = Countersign::Officer {
            officer: self.second.clone(),
            signer: &self.second_key,
            steady_ms: None,
        };
        let (today, now) = (self.today(), self.now());
        self.device
            .seal(&household.subject, &self.cycle, today, now, &second)
            .unwrap()
    }

    /// A whole visit: consent, values, seal.
    pub fn visit(&self, household: &Household, found: &[Observation]) -> Sealed {
        self.ask_consent(household);
        self.observe(household, found);
        self.seal(household)
    }

    /// Takes a ballot of the peer evaluation (民主评议) of each evaluator.
    pub fn collect_ballots(
        &self,
        household: &Household,
        evaluators: impl Iterator<Item = OfficerId>,
    ) {
        for evaluator in evaluators {
            let ballot = Ballot {
                subject: household.subject.clone(),
                cycle: self.cycle.clone(),
                evaluator,
                scores: [5, 4, 5, 4],
            };
            self.device.put_ballot(ballot, self.now()).unwrap();
        }
    }

    /// Where the records of the household stand, as on the screen.
    #[must_use]
    pub fn records(&self, household: &Household) -> Vec<Record> {
        self.device
            .records(&household.subject, &self.cycle)
            .unwrap()
    }

    /// The case of the household as it last came down.
    #[must_use]
    pub fn case(&self, household: &Household) -> Option<CaseItem> {
        self.device.case(&household.subject, &self.cycle).unwrap()
    }

    /// The same officer at a desk: the key of the device opens the office's interface too, with
    /// the officer's rights.
    #[must_use]
    pub fn at_the_desk(&self, world: &World) -> Office {
        let session = world.server().workstation(self.id.clone(), &self.secret);
        Office::with(session, self.cycle.clone())
    }

    fn consent(&self) -> Consent {
        let today = self.today();
        Consent {
            person: "head".into(),
            text_version: "sample-1".into(),
            purposes: vec!["credit_rating".into(), "village_statistics".into()],
            language: "zh-CN".into(),
            categories: Restricted::ALL
                .iter()
                .map(|c| c.as_str().to_owned())
                .collect(),
            recipients: Vec::new(),
            given_on: today,
            until: today.saturating_add(1.year()),
            signature: Hash::of_file(b"a signature"),
            witness: self.officer.clone(),
            receipt: None,
        }
    }

    fn now(&self) -> AtMs {
        (self.clock)()
    }

    fn today(&self) -> Date {
        self.now().on()
    }
}
