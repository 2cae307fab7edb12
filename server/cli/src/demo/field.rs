//! The field teams of the demo: each a thread with a real device, its encrypted store and a bad
//! link to the server.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::ProgressBar;
use itgel_device::http::{self, HttpConfig, HttpProtocol};
use itgel_device::retry::{Attempt, Retry};
use itgel_device::{
    Argon2Cost, Countersign, Device, GivenSecret, Need, Record, RecordState, Secrets,
    SystemEntropy, sync,
};
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::catalogue::Restricted;
use itgel_domain::error::Violation;
use itgel_domain::file::chain::{DeviceSigner, SoftwareSigner};
use itgel_domain::file::entry::{Consent, Recipient};
use itgel_domain::file::envelope::Ballot;
use itgel_domain::hash::Hash;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::item::Observation;
use itgel_domain::time::AtMs;
use itgel_fixtures::{Household, Organisation};
use itgel_server::Clock;
use itgel_text as text;
use jiff::ToSpan as _;

use super::DemoError;
use super::lender::Slip;
use super::plan::Visit;
use crate::client::Server;
use crate::clock;
use crate::sample::{self, Seat, Team};

/// Households between two tries to synchronise.
const SYNC_EVERY: usize = 40;

/// Tries to synchronise before a team gives up.
const TRIES: usize = 200;

/// How many slips a team hands on to the lender of the demo.
const SLIPS: usize = 3;

/// What all teams know.
pub(super) struct Campaign<'a> {
    /// The server as seen from the office, where devices are enrolled.
    pub(super) office: &'a str,
    /// The server through the bad link.
    pub(super) link: String,
    /// The campaign.
    pub(super) cycle: &'a Cycle,
    /// What officers' devices take for the time.
    pub(super) clock: Clock,
    /// What stretching a PIN costs.
    pub(super) cost: Argon2Cost,
    /// The lender whom the consents name.
    pub(super) lender: &'a LenderId,
    /// Where the stores lie.
    pub(super) folder: &'a Path,
    /// Sealed visits.
    pub(super) sealed: &'a ProgressBar,
    /// Records with a receipt.
    pub(super) received: &'a ProgressBar,
}

/// What a team did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Sealed visits.
    pub(super) visits: u64,
    /// Drafted values.
    pub(super) values: u64,
    /// Ballots.
    pub(super) ballots: u64,
    /// Records with a receipt.
    pub(super) received: u64,
    /// Records that the server set aside.
    pub(super) set_aside: u64,
    /// Attempts that failed on the way.
    pub(super) failed_syncs: u64,
}

impl Campaign<'_> {
    fn now(&self) -> AtMs {
        (self.clock)()
    }
}

/// Lets a team make its first visits: fetch, visit, vote, synchronise until nothing waits.
///
/// # Errors
/// [`DemoError::Field`] with the step that cannot be done.
pub(super) fn first_visits(
    campaign: &Campaign<'_>,
    crew: &mut Crew,
    visits: &[Visit<'_>],
) -> Result<(), DemoError> {
    crew.synchronise(campaign, true)?;
    crew.make(campaign, visits)
}

/// Lets a team visit again where another was before, and find things on its own.
///
/// # Errors
/// [`DemoError::Field`] with the step that cannot be done.
pub(super) fn second_visits(
    campaign: &Campaign<'_>,
    crew: &mut Crew,
    visits: &[Visit<'_>],
) -> Result<Worked, DemoError> {
    // What the first team wrote about who lives there comes down first.
    crew.synchronise(campaign, true)?;
    crew.make(campaign, visits)?;
    crew.worked()
}

/// What a team did, and the first slips that it gave out.
pub(super) struct Worked {
    /// Counts.
    pub(super) tally: Tally,
    /// Consents that name the lender.
    pub(super) slips: Vec<Slip>,
}

/// A device with its two officers.
pub(super) struct Crew {
    officer: OfficerId,
    second: OfficerId,
    second_key: SoftwareSigner,
    device: Device,
    protocol: HttpProtocol,
    retry: Retry,
    tally: Tally,
    slips: Vec<Slip>,
    /// Records that the device wrote.
    records: u64,
}

impl Crew {
    /// Enrols a device with its two officers, in the office.
    ///
    /// # Errors
    /// [`DemoError::Field`] with the step that cannot be done.
    pub(super) fn enrol(campaign: &Campaign<'_>, team: &Team) -> Result<Self, DemoError> {
        let signer: Arc<dyn DeviceSigner> =
            Arc::new(SoftwareSigner::from_secret(&clock::random()?));
        let (enrolment, _) = http::enrol(
            &HttpConfig::new(campaign.office),
            &team.collector.code,
            signer.as_ref(),
        )
        .map_err(|e| DemoError::field("enrolment", e))?;
        let second_key = enrol_second(campaign.office, &team.second)?;
        let platform = GivenSecret::new(clock::random()?);
        let secrets = Secrets {
            pin: "471203",
            platform: &platform,
            cost: campaign.cost,
        };
        let path = campaign.folder.join(format!("{}.db", enrolment.device));
        let config = HttpConfig {
            public_url: Some(campaign.office.to_owned()),
            ..HttpConfig::new(&campaign.link)
        };
        let protocol = HttpProtocol::new(&config, enrolment.device.clone(), Arc::clone(&signer))
            .map_err(|e| DemoError::field("link", e))?;
        let device = Device::create(&path, &secrets, &enrolment, signer, Arc::new(SystemEntropy))
            .map_err(|e| DemoError::field("store", e))?;
        Ok(Self {
            officer: team.collector.officer.clone(),
            second: team.second.officer.clone(),
            second_key,
            device,
            protocol,
            retry: Retry::default(),
            tally: Tally::default(),
            slips: Vec::new(),
            records: 0,
        })
    }

    /// What it did so far.
    fn worked(&self) -> Result<Worked, DemoError> {
        let failed = |e| DemoError::field("summary", e);
        let needs = self.device.needs().map_err(failed)?;
        let is_aside = |r: &&Record| matches!(r.state, RecordState::NeedsYou(Need::SetAside(_)));
        let set_aside = needs.iter().filter(is_aside).count() as u64;
        let waiting = self.device.summary().map_err(failed)?.waiting;
        let tally = Tally {
            set_aside,
            received: self.records - waiting - set_aside,
            ..self.tally
        };
        Ok(Worked {
            tally,
            slips: self.slips.clone(),
        })
    }

    fn make(&mut self, campaign: &Campaign<'_>, visits: &[Visit<'_>]) -> Result<(), DemoError> {
        for (visit, number) in visits.iter().zip(1_usize..) {
            self.visit(campaign, visit)?;
            if number.is_multiple_of(SYNC_EVERY) {
                self.synchronise(campaign, false)?;
            }
        }
        self.synchronise(campaign, true)
    }

    /// A visit at the door: who they are, consent, the values section by section, the grade, the
    /// seal; then the neighbours' votes.
    fn visit(&mut self, campaign: &Campaign<'_>, visit: &Visit<'_>) -> Result<(), DemoError> {
        let Visit { household, .. } = visit;
        let (subject, cycle) = (&household.subject, &campaign.cycle.id);
        let failed = |step: &'static str| move |e| DemoError::field(step, e);
        let is_new = self
            .device
            .identity(subject)
            .map_err(failed("identity"))?
            .is_empty();
        if !visit.is_second && is_new {
            self.device
                .put_identity(subject, household.identity.people.clone(), campaign.now())
                .map_err(failed("identity"))?;
            self.records += 1;
        }
        self.device
            .put_consent(
                subject,
                cycle,
                &self.consent(campaign, &household.local_code),
                campaign.now(),
            )
            .map_err(failed("consent"))?;
        let found = match (&household.found_again, visit.is_second) {
            (Some(again), true) => again,
            _ => &household.found,
        };
        for section in sections(found) {
            self.device
                .put_values(subject, cycle, section, campaign.now())
                .map_err(failed("draft"))?;
            self.tally.values += section.len() as u64;
        }
        let countersign = self.countersign(household);
        self.device
            .seal(
                subject,
                cycle,
                campaign.now().on(),
                campaign.now(),
                &countersign,
            )
            .map_err(refused)?;
        self.tally.visits += 1;
        self.records += 1;
        campaign.sealed.inc(1);
        if !visit.is_second {
            self.vote(campaign, visit)?;
        }
        if self.slips.len() < SLIPS {
            let facts = self.device.facts(subject).map_err(failed("slip"))?;
            let consents = facts.consents();
            let consent = consents.first().map(|consent| consent.entry.to_string());
            self.slips.extend(consent.map(|consent| Slip {
                subject: subject.clone(),
                consent,
            }));
        }
        Ok(())
    }

    /// A visit to an organisation: consent of the person who answers for it, values, seal. It has
    /// no neighbours who vote.
    ///
    /// # Errors
    /// [`DemoError::Field`] with the step that cannot be done.
    pub(super) fn visit_organisation(
        &mut self,
        campaign: &Campaign<'_>,
        organisation: &Organisation,
    ) -> Result<(), DemoError> {
        let (subject, cycle) = (&organisation.subject, &campaign.cycle.id);
        let failed = |step: &'static str| move |e| DemoError::field(step, e);
        self.synchronise(campaign, true)?;
        let consent = self.consent(campaign, &organisation.local_code);
        self.device
            .put_consent(subject, cycle, &consent, campaign.now())
            .map_err(failed("consent"))?;
        self.device
            .put_values(subject, cycle, &organisation.found, campaign.now())
            .map_err(failed("draft"))?;
        let second = Countersign::Officer {
            officer: self.second.clone(),
            signer: &self.second_key,
            steady_ms: None,
        };
        self.device
            .seal(subject, cycle, campaign.now().on(), campaign.now(), &second)
            .map_err(refused)?;
        self.records += 1;
        self.synchronise(campaign, true)
    }

    /// Corrects own sealed values of a household at its door, and synchronises.
    ///
    /// # Errors
    /// [`DemoError::Field`] with the step that cannot be done.
    pub(super) fn correct(
        &mut self,
        campaign: &Campaign<'_>,
        household: &Household,
        corrected: &[Observation],
    ) -> Result<(), DemoError> {
        let (subject, cycle) = (&household.subject, &campaign.cycle.id);
        self.synchronise(campaign, true)?;
        for observation in corrected {
            self.device
                .put_correction(
                    subject,
                    cycle,
                    observation.clone(),
                    "入户复核，原来漏记（示例）",
                    campaign.now(),
                )
                .map_err(|e| DemoError::field("correction", e))?;
        }
        let countersign = self.countersign(household);
        self.device
            .seal(
                subject,
                cycle,
                campaign.now().on(),
                campaign.now(),
                &countersign,
            )
            .map_err(refused)?;
        self.records += 1;
        self.synchronise(campaign, true)
    }

    fn vote(&mut self, campaign: &Campaign<'_>, visit: &Visit<'_>) -> Result<(), DemoError> {
        for (scores, number) in visit.household.ballots.iter().zip(0..) {
            let ballot = Ballot {
                subject: visit.household.subject.clone(),
                cycle: campaign.cycle.id.clone(),
                evaluator: sample::evaluator(visit.gacha.code, number),
                scores: *scores,
            };
            self.device
                .put_ballot(ballot, campaign.now())
                .map_err(|e| DemoError::field("ballot", e))?;
            self.tally.ballots += 1;
            self.records += 1;
        }
        Ok(())
    }

    /// One household in twenty has the second signature drawn on the screen.
    fn countersign(&self, household: &Household) -> Countersign<'_> {
        if household.number.is_multiple_of(20) {
            return Countersign::Drawn {
                picture: Hash::of_file(household.local_code.as_bytes()),
            };
        }
        Countersign::Officer {
            officer: self.second.clone(),
            signer: &self.second_key,
            steady_ms: None,
        }
    }

    fn consent(&self, campaign: &Campaign<'_>, local_code: &str) -> Consent {
        let today = campaign.now().on();
        let recipient = Recipient {
            lender: campaign.lender.clone(),
            purpose: Purpose::LoanDecision,
        };
        Consent {
            person: "head".into(),
            text_version: "sample-1".into(),
            purposes: vec!["credit_rating".into(), "village_statistics".into()],
            language: "zh-CN".into(),
            categories: Restricted::ALL
                .iter()
                .map(|c| c.as_str().to_owned())
                .collect(),
            recipients: vec![recipient],
            given_on: today,
            until: today.saturating_add(1.year()),
            signature: Hash::of_file(local_code.as_bytes()),
            witness: self.officer.clone(),
            receipt: None,
        }
    }

    /// Synchronises; when it `must` go through, tries by the device's own rule until it does.
    pub(super) fn synchronise(
        &mut self,
        campaign: &Campaign<'_>,
        must: bool,
    ) -> Result<(), DemoError> {
        self.retry = self.retry.on_request(campaign.now());
        let mut last = None;
        for _ in 0..TRIES {
            let mut sent = 0;
            let received = campaign.received;
            let mut progress = |p| {
                if let sync::Progress::Sending { done, .. } = p {
                    received.inc(done.saturating_sub(sent));
                    sent = done;
                }
            };
            let attempt =
                match sync::run(&self.device, &self.protocol, campaign.now(), &mut progress) {
                    Ok(report) => {
                        if report.waiting == 0 || !must {
                            return Ok(());
                        }
                        Attempt::Done
                    }
                    Err(error) => {
                        self.tally.failed_syncs += 1;
                        let attempt = error.attempt();
                        last = Some(error);
                        attempt
                    }
                };
            if !must {
                // No signal here; the next gacha perhaps.
                return Ok(());
            }
            self.wait_after(campaign, attempt)?;
        }
        Err(match last {
            Some(error) => DemoError::field("synchronising", error),
            None => DemoError::Server("a device has records that always wait".into()),
        })
    }

    /// Waits as the device's retry rule says, ten times faster than in the field.
    fn wait_after(&mut self, campaign: &Campaign<'_>, attempt: Attempt) -> Result<(), DemoError> {
        let jitter = u32::from_le_bytes(clock::random()?);
        let now = campaign.now();
        self.retry = self.retry.after(attempt, now, jitter);
        let next = self.retry.next_attempt().unwrap_or(now);
        let pause_ms = u64::try_from(next.0 - now.0).unwrap_or(0) / 10;
        clock::pause(std::time::Duration::from_millis(pause_ms.min(1_000)));
        self.retry = self.retry.on_request(campaign.now());
        Ok(())
    }
}

/// A refused seal, with everything that forbids it.
fn refused(error: itgel_device::Error) -> DemoError {
    match error {
        itgel_device::Error::Invalid(violations) => {
            let named = |v: &Violation| format!("{}: {}", v.field, text::violation(super::LANG, v));
            let all: Vec<_> = violations.iter().map(named).collect();
            DemoError::field("seal", all.join("；"))
        }
        other => DemoError::field("seal", other),
    }
}

fn enrol_second(server: &str, seat: &Seat) -> Result<SoftwareSigner, DemoError> {
    let secret = clock::random()?;
    Server::at(server)
        .enrol(&seat.code, &secret)
        .map_err(|e| DemoError::field("second officer", e))?;
    Ok(SoftwareSigner::from_secret(&secret))
}

/// The values by section: what an officer enters on one screen.
fn sections(found: &[Observation]) -> impl Iterator<Item = &[Observation]> {
    let group = |o: &Observation| o.item.as_str().split(['.', '/']).next().map(str::to_owned);
    found.chunk_by(move |a, b| group(a) == group(b))
}

/// What all teams did together.
#[derive(Debug, Default)]
pub(super) struct Total {
    visits: AtomicU64,
    values: AtomicU64,
    ballots: AtomicU64,
    received: AtomicU64,
    set_aside: AtomicU64,
    failed_syncs: AtomicU64,
}

impl Total {
    /// Adds a team's.
    pub(super) fn add(&self, tally: &Tally) {
        for (sum, part) in [
            (&self.visits, tally.visits),
            (&self.values, tally.values),
            (&self.ballots, tally.ballots),
            (&self.received, tally.received),
            (&self.set_aside, tally.set_aside),
            (&self.failed_syncs, tally.failed_syncs),
        ] {
            sum.fetch_add(part, Ordering::Relaxed);
        }
    }

    /// The sums.
    pub(super) fn tally(&self) -> Tally {
        let sum = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            visits: sum(&self.visits),
            values: sum(&self.values),
            ballots: sum(&self.ballots),
            received: sum(&self.received),
            set_aside: sum(&self.set_aside),
            failed_syncs: sum(&self.failed_syncs),
        }
    }
}
