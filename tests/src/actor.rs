//! The people: who they are, and what each of them can do.

use std::sync::Arc;

use itgel::client::{ClientError, Session};
use itgel::sample::{Seat, Team};
use itgel_device::http::{self, HttpConfig, HttpProtocol};
use itgel_device::sync::{self, SyncError, SyncReport};
use itgel_device::{
    Argon2Cost, Countersign, Device, GivenSecret, Record, Sealed, Secrets, SystemEntropy,
};
use itgel_domain::assess::Assessment;
use itgel_domain::authorisation::Purpose;
use itgel_domain::catalogue::Restricted;
use itgel_domain::division::DivisionCode;
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
use serde_json::{Value, json};

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

/// Somebody at a desk: a reviewer (苏木审核员) or an approver (旗审定员).
pub struct Office {
    session: Session,
    cycle: CycleId,
}

/// The machine of a lender (农信社).
pub struct Lender {
    session: Session,
}

/// An answer that is no.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The problem document without its trace id.
    pub problem: Value,
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
        let platform = GivenSecret::new(world.new_secret());
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
        Office {
            session,
            cycle: self.cycle.clone(),
        }
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

impl Office {
    pub(crate) fn enrol(world: &World, seat: &Seat) -> Self {
        let secret = world.new_secret();
        let enrolled = world.server().enrol(&seat.code, &secret).unwrap();
        let session = world.server().workstation(enrolled.device, &secret);
        Self {
            session,
            cycle: world.cycle().clone(),
        }
    }

    /// The case of a household, in full.
    #[must_use]
    pub fn case_of(&self, household: &Household, gacha: DivisionCode) -> Value {
        let subject = &household.subject;
        let path = format!(
            "/v1/cases?cycle={}&division={gacha}&search={subject}",
            self.cycle
        );
        let found = self.read(&path);
        let id = found["items"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no case: {found}"));
        self.read(&format!("/v1/cases/{id}"))
    }

    /// What officers of a division disagree on.
    #[must_use]
    pub fn conflicts(&self, division: DivisionCode) -> Vec<Value> {
        self.items(&format!(
            "/v1/conflicts?cycle={}&division={division}",
            self.cycle
        ))
    }

    /// Decides a conflict for one of its values; the number of the decision.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn resolve(&self, conflict: &Value, picked: &Value) -> Result<String, Refusal> {
        let request = json!({
            "subject": conflict["subject"],
            "cycle": self.cycle,
            "item": conflict["item"],
            "picked": { "entry": picked["entry"] },
            "reason": "电话复核，以首次入户为准（示例）",
        });
        let decided = refusals(self.session.post("/v1/conflicts/resolve", &request))?;
        Ok(decided["decision"].as_str().unwrap().to_owned())
    }

    /// Takes a step of a case as it was last read.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn step(&self, case: &Value, step: &Value) -> Result<Value, Refusal> {
        let id = case["id"].as_str().unwrap();
        let request = json!({
            "version": case["version"],
            "step": step,
            "reason": { "code": "complete", "text": "材料齐全（示例）" },
        });
        refusals(
            self.session
                .post(&format!("/v1/cases/{id}/steps"), &request),
        )
    }

    /// Sends a case as it was last read back to its collectors, because of an item.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn send_back(&self, case: &Value, item: &str, words: &str) -> Result<Value, Refusal> {
        let id = case["id"].as_str().unwrap();
        let request = json!({
            "version": case["version"],
            "step": { "step": "return" },
            "reason": { "code": "COUNT", "text": words },
            "item": item,
        });
        refusals(
            self.session
                .post(&format!("/v1/cases/{id}/steps"), &request),
        )
    }

    /// Approves the grade of a household for a year from today.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn approve(&self, world: &World, household: &Household) -> Result<Value, Refusal> {
        let case = self.case_of(household, world.gacha().code);
        let today = world.today();
        let step = json!({
            "step": "approve",
            "effective_on": today,
            "valid_to": today.saturating_add(1.year()),
        });
        self.step(&case, &step)
    }

    /// Publishes what was reviewed in a gacha.
    pub fn publish(&self, gacha: DivisionCode) -> Value {
        let path = format!("/v1/publicity/{gacha}?cycle={}", self.cycle);
        self.session.post(&path, &json!({})).unwrap()
    }

    /// The list on the gacha's board.
    #[must_use]
    pub fn publicity(&self, gacha: DivisionCode) -> Vec<Value> {
        self.items(&format!("/v1/publicity/{gacha}?cycle={}", self.cycle))
    }

    /// Asks for the titles as of a day.
    pub fn request_snapshot(&self, as_of: Date) {
        let request = json!({ "cycle": self.cycle, "as_of": as_of });
        self.session.post("/v1/jobs/snapshot", &request).unwrap();
    }

    /// The titles in a division.
    #[must_use]
    pub fn titles(&self, division: DivisionCode) -> Vec<Value> {
        self.items(&format!(
            "/v1/titles?cycle={}&division={division}",
            self.cycle
        ))
    }

    /// Puts a lender's ledger into force.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn activate_ledger(&self, ledger: &str) -> Result<Value, Refusal> {
        let path = format!("/v1/loan-ledgers/{ledger}/activation");
        refusals(self.session.post(&path, &json!({})))
    }

    fn items(&self, path: &str) -> Vec<Value> {
        self.read(path)["items"].as_array().unwrap().clone()
    }

    fn read(&self, path: &str) -> Value {
        self.session.get(path).unwrap()
    }
}

impl Lender {
    pub(crate) fn sign_in(world: &World) -> Self {
        let sample = &world.sample;
        Self::sign_in_as(world, &sample.lender, &sample.lender_key)
    }

    /// The machine of a lender with this private key.
    pub(crate) fn sign_in_as(world: &World, lender: &LenderId, key: &str) -> Self {
        let session = world.server().lender(lender.clone(), key);
        Self {
            session: session.unwrap(),
        }
    }

    /// What the lender has the right to ask for.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn authorisations(&self) -> Result<Vec<Value>, Refusal> {
        let listed = refusals(self.session.get("/v1/authorisations"))?;
        Ok(listed["items"].as_array().unwrap().clone())
    }

    /// Registers the right to query a household for a loan; its number.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn register(
        &self,
        subject: &str,
        (from, until): (Date, Date),
        ground: &Value,
    ) -> Result<String, Refusal> {
        let request = json!({
            "subject": subject,
            "purpose": "loan_decision",
            "from": from,
            "until": until,
            "ground": ground,
        });
        let made = refusals(self.session.post("/v1/authorisations", &request))?;
        Ok(made["id"].as_str().unwrap().to_owned())
    }

    /// Asks for a report; `person` is needed where the right rests on the lender's own evidence.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn report(
        &self,
        authorisation: &str,
        person: Option<(&str, &str)>,
    ) -> Result<Value, Refusal> {
        let mut request = json!({ "authorisation": authorisation, "purpose": "loan_decision" });
        if let Some((name, id_number)) = person {
            (request["name"], request["id_number"]) = (name.into(), id_number.into());
        }
        refusals(self.session.post("/v1/credit-reports", &request))
    }

    /// Opens the ledger of a month; its number.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn open_ledger(&self, banner: &str, month: &str) -> Result<String, Refusal> {
        let request = json!({ "division": banner, "month": month, "unit": "yuan" });
        let opened = refusals(self.session.post("/v1/loan-ledgers", &request))?;
        Ok(opened["id"].as_str().unwrap().to_owned())
    }

    /// Sends rows into a ledger, numbered from 1.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn send_rows(&self, ledger: &str, rows: &[Value]) -> Result<Value, Refusal> {
        let numbered = (1..).zip(rows);
        let rows: Vec<Value> = numbered
            .map(|(n, row)| json!({ "n": n, "row": row }))
            .collect();
        let path = format!("/v1/loan-ledgers/{ledger}/rows");
        refusals(self.session.post(&path, &json!({ "rows": rows })))
    }

    /// Says that a ledger is complete.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn complete_ledger(&self, ledger: &str) -> Result<Value, Refusal> {
        let path = format!("/v1/loan-ledgers/{ledger}/proposal");
        refusals(self.session.post(&path, &json!({})))
    }

    /// A ledger with its counts.
    #[must_use]
    pub fn ledger(&self, ledger: &str) -> Value {
        self.session
            .get(&format!("/v1/loan-ledgers/{ledger}"))
            .unwrap()
    }
}

/// A refusal is an answer; anything else that goes wrong ends the test.
fn refusals(answer: Result<Value, ClientError>) -> Result<Value, Refusal> {
    match answer {
        Ok(body) => Ok(body),
        Err(ClientError::Refused {
            status,
            code,
            mut problem,
        }) => {
            problem.as_object_mut().unwrap().remove("trace_id").unwrap();
            Err(Refusal {
                status,
                code,
                problem,
            })
        }
        Err(error) => panic!("{error}"),
    }
}
