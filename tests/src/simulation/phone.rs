//! A device of a run with the officer who works with it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use itgel_device::{Countersign, Device, Error};
use itgel_domain::authorisation::Purpose;
use itgel_domain::catalogue::Restricted;
use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::file::entry::{Consent, Recipient};
use itgel_domain::file::envelope::Ballot;
use itgel_domain::file::facts::value::{LiveValue, Source};
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::item::{Observation, State, Value};
use itgel_domain::time::AtMs;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::album::Pictures;
use super::card::Card;
use super::chance::Bytes;
use super::failure::{Failure, Outcome, fails};
use super::host::Host;
use super::link::OnTheWay;
use super::scene::{Crew, Handset, Scene};

/// The files of a store: the database, its log, the wrapped key.
const FILES: [&str; 3] = ["", "-wal", ".key"];

/// A device.
pub(super) struct Phone<'a> {
    pub(super) crew: &'a Crew,
    /// The device that they have now.
    pub(super) handset: Handset,
    /// How far its clock is ahead.
    pub(super) ahead_minutes: i64,
    pub(super) is_clogged: bool,
    pub(super) is_revoked: bool,
    /// What was written with it and must be there.
    pub(super) book: Book,
    pub(super) way: RefCell<OnTheWay>,
    /// What lies beside it: it stays when the storage is put back.
    pub(super) card: Card,
    scene: &'a Scene,
    path: PathBuf,
    entropy: Arc<Bytes>,
    /// `None` only while it is closed.
    device: Option<Device>,
    /// The book at the time of the last copy.
    copied: Option<Book>,
}

/// What an officer knows to have written.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    /// Envelopes.
    pub(super) written: u64,
    /// Photos.
    pub(super) pictures: Pictures,
    /// Households visited before.
    visited: BTreeSet<usize>,
}

impl<'a> Phone<'a> {
    /// The device of a crew, with its store in a run's folder.
    pub(super) fn open(
        scene: &'a Scene,
        crew: &'a Crew,
        folder: &Path,
        entropy: Arc<Bytes>,
    ) -> Outcome<Self> {
        let mut phone = Self {
            crew,
            handset: crew.handset.clone(),
            ahead_minutes: 0,
            is_clogged: false,
            is_revoked: false,
            book: Book::default(),
            way: RefCell::default(),
            card: Card::default(),
            scene,
            path: crew.handset.path(folder),
            entropy,
            device: None,
            copied: None,
        };
        phone.reopen()?;
        Ok(phone)
    }

    /// The open device.
    pub(super) const fn device(&self) -> &Device {
        self.device.as_ref().unwrap()
    }

    /// Whom a household's file is about.
    pub(super) fn subject(&self, household: usize) -> &SubjectId {
        &self.scene.households[household].subject
    }

    /// What its clock shows.
    pub(super) const fn clock(&self, now: AtMs) -> AtMs {
        now.plus_ms(self.ahead_minutes.saturating_mul(60_000))
    }

    /// Ends the program and starts it again.
    pub(super) fn reopen(&mut self) -> Outcome<()> {
        self.device = None;
        let entropy = Arc::clone(&self.entropy);
        let opened = Handset::unlocked(&self.path, |secrets| {
            Device::open(&self.path, secrets, self.handset.signer(), entropy)
        });
        self.device = Some(opened?);
        Ok(())
    }

    /// Keeps the files as they are while the program runs.
    pub(super) fn freeze(&self) -> Outcome<()> {
        copy_files(&self.path, &self.beside("frozen"))
    }

    /// Goes on with the files as they were when they were frozen.
    pub(super) fn thaw(&mut self) -> Outcome<()> {
        self.put_back("frozen")
    }

    /// Copies the storage.
    pub(super) fn copy(&mut self) -> Outcome<()> {
        copy_files(&self.path, &self.beside("copy"))?;
        self.copied = Some(self.book.clone());
        Ok(())
    }

    /// Whether there is a copy.
    pub(super) const fn has_copy(&self) -> bool {
        self.copied.is_some()
    }

    /// Puts the copy back.
    pub(super) fn restore(&mut self) -> Outcome<()> {
        if let Some(book) = self.copied.clone() {
            self.put_back("copy")?;
            self.book = book;
        }
        Ok(())
    }

    /// The device is lost with all that it holds; the officer gets another one for a code. The answer
    /// to the code is lost on its way, and the device shows it again. What lies beside the device stays.
    pub(super) fn replace(&mut self, host: &Host, code: &str) -> Outcome<()> {
        let secret = self.entropy.take();
        Handset::enrol(host, code, secret)?;
        let handset = Handset::enrol(host, code, secret)?;
        let folder = self.path.parent().unwrap_or(&self.path).to_owned();
        let entropy = Arc::clone(&self.entropy);
        let device = handset.make_store(&folder, host, &self.crew.officer, entropy)?;
        *self = Self {
            crew: self.crew,
            ahead_minutes: 0,
            is_clogged: self.is_clogged,
            is_revoked: false,
            book: Book::default(),
            way: RefCell::default(),
            card: std::mem::take(&mut self.card),
            scene: self.scene,
            path: handset.path(&folder),
            entropy: Arc::clone(&self.entropy),
            device: Some(device),
            copied: None,
            handset,
        };
        Ok(())
    }

    /// A visit that ends with a seal.
    pub(super) fn visit(&mut self, household: usize, value: u32, now: AtMs) -> Outcome<String> {
        let (scene, clock) = (self.scene, self.clock(now));
        let (subject, cycle) = (&scene.households[household].subject, &scene.cycle.id);
        let is_first = !self.book.visited.contains(&household);
        // Nobody is rated who was not identified.
        if is_first
            && self
                .device()
                .identity(subject)
                .is_ok_and(|known| known.is_empty())
        {
            let told = self.identify(household, value, now)?;
            if told.starts_with("refused") {
                return Ok(told);
            }
        }
        let drafted = if is_first {
            self.draft_all(household, value, clock)
        } else {
            self.draft_one(household, value, clock)
        };
        if let Err(error) = drafted {
            return refused(error);
        }
        let second = SoftwareSigner::from_secret(&self.crew.second_secret);
        let countersign = if value.is_multiple_of(20) {
            Countersign::Drawn {
                picture: Hash::of_file(&value.to_be_bytes()),
            }
        } else {
            Countersign::Officer {
                officer: self.crew.second.clone(),
                signer: &second,
                steady_ms: None,
            }
        };
        let seal = || {
            self.device()
                .seal(subject, cycle, clock.on(), clock, &countersign)
        };
        let sealed = match seal() {
            // A consent was taken back, or stands in the file of another year.
            Err(Error::Invalid(_)) => {
                let consent = self.consent(clock.on());
                let asked = self.device().put_consent(subject, cycle, &consent, clock);
                asked
                    .and_then(|()| self.draft_all(household, value, clock))
                    .and_then(|()| seal())
            }
            other => other,
        };
        match sealed {
            Ok(sealed) => {
                self.book.visited.insert(household);
                self.book.written += 1;
                Ok(format!("{} {}", sealed.at, sealed.id))
            }
            Err(error) => refused(error),
        }
    }

    /// A new version of who lives there.
    pub(super) fn identify(&mut self, household: usize, value: u32, now: AtMs) -> Outcome<String> {
        let household = &self.scene.households[household];
        let mut people = household.identity.people.clone();
        for person in &mut people {
            person.full_name = format!("示例{value}");
        }
        let written = self
            .device()
            .put_identity(&household.subject, people, self.clock(now));
        self.written(written)
    }

    /// A ballot of a neighbour.
    pub(super) fn vote(
        &mut self,
        household: usize,
        gacha: usize,
        value: u32,
        now: AtMs,
    ) -> Outcome<String> {
        let digit = |place: u32| u8::try_from(value / 5_u32.pow(place) % 5 + 1).unwrap_or(1);
        let ballot = Ballot {
            subject: self.scene.households[household].subject.clone(),
            cycle: self.scene.cycle.id.clone(),
            evaluator: itgel::sample::evaluator(
                self.scene.gachas[gacha],
                value as usize % itgel::sample::EVALUATORS,
            ),
            scores: [digit(1), digit(2), digit(3), digit(4)],
        };
        let written = self.device().put_ballot(ballot, self.clock(now));
        self.written(written)
    }

    /// Takes the first standing consent of a household back.
    pub(super) fn withdraw(&mut self, household: usize, now: AtMs) -> Outcome<String> {
        let (subject, clock) = (&self.scene.households[household].subject, self.clock(now));
        let facts = self.device().facts(subject)?;
        let consents = facts.consents();
        let Some(standing) = consents.iter().find(|c| c.withdrawn_on.is_none()) else {
            return Ok("nothing to withdraw".into());
        };
        let written = self
            .device()
            .withdraw_consent(subject, &standing.entry, clock.on(), clock);
        self.written(written)
    }

    /// Writes a remark.
    pub(super) fn remark(&mut self, household: usize, value: u32, now: AtMs) -> Outcome<String> {
        let subject = &self.scene.households[household].subject;
        let text = format!("示例备注{value}");
        let written = self.device().put_note(subject, &text, self.clock(now));
        self.written(written)
    }

    /// Takes the first own value back that stands.
    pub(super) fn retract(&mut self, household: usize, now: AtMs) -> Outcome<String> {
        let subject = &self.scene.households[household].subject;
        let live = self.device().facts(subject)?.live(&self.scene.cycle.id);
        let officer = &self.crew.officer;
        let own = |v: &LiveValue| v.source == Source::Officer && v.officer == *officer;
        let Some(value) = live.into_values().flatten().find(own) else {
            return Ok("nothing to take back".into());
        };
        let reason = "记错了（示例）";
        let written = self
            .device()
            .retract(subject, &value.entry, reason, self.clock(now));
        self.written(written)
    }

    pub(super) fn written(
        &mut self,
        written: Result<itgel_domain::file::ChainRef, Error>,
    ) -> Outcome<String> {
        match written {
            Ok(at) => {
                self.book.written += 1;
                Ok(at.to_string())
            }
            Err(error) => refused(error),
        }
    }

    /// Everything that is found, one value of it changed, and a consent.
    fn draft_all(&self, household: usize, value: u32, clock: AtMs) -> Result<(), Error> {
        let (scene, today) = (self.scene, clock.on());
        let household = &scene.households[household];
        let (subject, cycle) = (&household.subject, &scene.cycle.id);
        self.device()
            .put_consent(subject, cycle, &self.consent(today), clock)?;
        for found in &household.found {
            let changed = changed(found, value).unwrap_or_else(|| found.clone());
            let observation = Observation {
                observed_on: today,
                ..changed
            };
            let reason = "复核（示例）";
            self.device()
                .put_correction(subject, cycle, observation, reason, clock)?;
        }
        Ok(())
    }

    /// One value that is found otherwise now.
    fn draft_one(&self, household: usize, value: u32, clock: AtMs) -> Result<(), Error> {
        let household = &self.scene.households[household];
        let Some(changed) = household.found.iter().find_map(|o| changed(o, value)) else {
            return Ok(());
        };
        let observation = Observation {
            observed_on: clock.on(),
            ..changed
        };
        let (subject, cycle): (&SubjectId, _) = (&household.subject, &self.scene.cycle.id);
        self.device()
            .put_correction(subject, cycle, observation, "复核（示例）", clock)
    }

    fn consent(&self, today: Date) -> Consent {
        Consent {
            person: "head".into(),
            text_version: "sample-1".into(),
            purposes: vec!["credit_rating".into(), "village_statistics".into()],
            language: "zh-CN".into(),
            categories: Restricted::ALL
                .iter()
                .map(|c| c.as_str().to_owned())
                .collect(),
            recipients: vec![Recipient {
                lender: self.scene.lender.clone(),
                purpose: Purpose::LoanDecision,
            }],
            given_on: today,
            until: today.saturating_add(1.year()),
            signature: Hash::of_file(b"a signature"),
            witness: self.crew.officer.clone(),
            receipt: None,
        }
    }

    fn beside(&self, word: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{word}"));
        PathBuf::from(name)
    }

    fn put_back(&mut self, word: &str) -> Outcome<()> {
        self.device = None;
        copy_files(&self.beside(word), &self.path)?;
        self.reopen()
    }
}

/// The value with another figure, if it is one that changes from visit to visit.
fn changed(found: &Observation, value: u32) -> Option<Observation> {
    let (least, most) = match found.item.as_str() {
        "herd.sheep" => (1, 900),
        "household.banner_years" => (1, 60),
        _ => return None,
    };
    let State::Known(Value::Int(_)) = found.state else {
        return None;
    };
    Some(Observation {
        state: State::Known(Value::Int(least + i64::from(value) % most)),
        ..found.clone()
    })
}

/// A capture that the device refuses has changed nothing; anything else ends the run.
fn refused(error: Error) -> Outcome<String> {
    match error {
        Error::Invalid(violations) => {
            let codes: Vec<_> = violations
                .iter()
                .map(|v| format!("{}:{}", v.field, v.code))
                .collect();
            Ok(format!("refused {}", codes.join(" ")))
        }
        Error::PackMissing
        | Error::ParametersMissing
        | Error::GrantEnded
        | Error::Wiping
        | Error::SubjectUnknown(_)
        | Error::SubjectErased(_) => Ok(format!("refused {}", error.code())),
        other => Err(Failure::from(other)),
    }
}

/// Copies the files of a store over those at `to`, while the store may be open.
fn copy_files(from: &Path, to: &Path) -> Outcome<()> {
    let end = |path: &Path, end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    // What shared memory says of an older log must not be believed.
    for stale in ["-wal", "-shm"] {
        if end(to, stale).exists() {
            fs::remove_file(end(to, stale))?;
        }
    }
    for file in FILES {
        if end(from, file).exists() {
            fs::copy(end(from, file), end(to, file))?;
        } else if file.is_empty() {
            return fails("a store without its file");
        }
    }
    Ok(())
}
