//! A field team: a device with its two officers, and what they do with it.

use std::sync::Arc;

use itgel_device::http::{self, HttpConfig, HttpProtocol};
use itgel_device::retry::{Attempt, Retry};
use itgel_device::{
    Countersign, Device, KeyFiles, KeyStore, Need, Record, RecordState, Secrets, SystemEntropy,
    sync,
};
use itgel_domain::authorisation::Purpose;
use itgel_domain::catalogue::Restricted;
use itgel_domain::error::Violation;
use itgel_domain::file::chain::{DeviceSigner, SoftwareSigner};
use itgel_domain::file::entry::{Consent, Recipient};
use itgel_domain::file::envelope::Ballot;
use itgel_domain::hash::Hash;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::item::Observation;
use itgel_fixtures::{Household, Organisation};
use itgel_text as text;
use jiff::ToSpan as _;

use super::{Campaign, Tally, Worked};
use crate::client::Server;
use crate::clock;
use crate::demo::DemoError;
use crate::demo::lender::Slip;
use crate::demo::plan::Visit;
use crate::sample::{self, Seat, Team};

/// Households between two tries to synchronise.
const SYNC_EVERY: usize = 40;

/// Tries to synchronise before a team gives up.
const TRIES: usize = 200;

/// How many slips a team hands on to the lender of the demo.
const SLIPS: usize = 3;

/// A device with its two officers.
pub(in crate::demo) struct Crew {
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
    pub(in crate::demo) fn enrol(campaign: &Campaign<'_>, team: &Team) -> Result<Self, DemoError> {
        let signer: Arc<dyn DeviceSigner> =
            Arc::new(SoftwareSigner::from_secret(&clock::random()?));
        let (enrolment, _) = http::enrol(
            &HttpConfig::new(campaign.office),
            &team.collector.code,
            signer.as_ref(),
        )
        .map_err(|e| DemoError::field("enrolment", e))?;
        let second_key = enrol_second(campaign.office, &team.second)?;
        let platform: Arc<dyn KeyStore> = Arc::new(KeyFiles::plain(campaign.folder));
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
    pub(super) fn worked(&self) -> Result<Worked, DemoError> {
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

    pub(super) fn make(
        &mut self,
        campaign: &Campaign<'_>,
        visits: &[Visit<'_>],
    ) -> Result<(), DemoError> {
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
        self.seal(campaign, subject, drawn(household))?;
        self.tally.visits += 1;
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
    pub(in crate::demo) fn visit_organisation(
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
        self.seal(campaign, subject, None)?;
        self.synchronise(campaign, true)
    }

    /// Corrects own sealed values of a household at its door, and synchronises.
    ///
    /// # Errors
    /// [`DemoError::Field`] with the step that cannot be done.
    pub(in crate::demo) fn correct(
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
        self.seal(campaign, subject, drawn(household))?;
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

    /// Seals what was drafted of a subject. The second officer signs with a key of his own, unless
    /// the signature was drawn on the screen.
    fn seal(
        &mut self,
        campaign: &Campaign<'_>,
        subject: &SubjectId,
        drawn: Option<Hash>,
    ) -> Result<(), DemoError> {
        let by_key = || Countersign::Officer {
            officer: self.second.clone(),
            signer: &self.second_key,
            steady_ms: None,
        };
        let second = drawn.map_or_else(by_key, |picture| Countersign::Drawn { picture });
        let now = campaign.now();
        self.device
            .seal(subject, &campaign.cycle.id, now.on(), now, &second)
            .map_err(refused)?;
        self.records += 1;
        Ok(())
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
    pub(in crate::demo) fn synchronise(
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

/// One household in twenty has the second signature drawn on the screen.
fn drawn(household: &Household) -> Option<Hash> {
    let is_drawn = household.number.is_multiple_of(20);
    is_drawn.then(|| Hash::of_file(household.local_code.as_bytes()))
}

/// A refused seal, with everything that forbids it.
fn refused(error: itgel_device::Error) -> DemoError {
    match error {
        itgel_device::Error::Invalid(violations) => {
            let named =
                |v: &Violation| format!("{}: {}", v.field, text::violation(crate::demo::LANG, v));
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
