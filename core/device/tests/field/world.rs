//! What the tests of the field half share: devices in temporary folders, a gacha with its
//! households, and the visit of worked case H-01. Everything is synthetic (示例).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use itgel_device::sync::{SyncReport, run};
use itgel_device::{
    Argon2Cost, Countersign, Device, Enrolment, Entropy, EntropyError, Error, KeyFiles, KeyStore,
    Record, RecordState, Sealed, Secrets,
};
use itgel_domain::assess::Worksheet;
use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{DeviceSigner, SoftwareSigner};
use itgel_domain::file::entry::Consent;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::identity::Person;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::pack::shipped;
use itgel_domain::register::{
    CreditRecord, CreditStatus, PeerEvaluation, Quota, RegisterContent, RegisterRow, Season,
};
use itgel_domain::subject::SubjectKind;
use itgel_domain::sync::pull::{PullItem, RulesItem, SubjectItem};
use itgel_domain::time::AtMs;
use jiff::civil::{Date, date};
use tempfile::TempDir;

use crate::server::{BANNER, GACHA, Server};

pub(crate) const PIN: &str = "135790";
pub(crate) const AS_OF: Date = date(2026, 11, 1);
/// An ID number of the standard's own example.
pub(crate) const ID_NUMBER: &str = "11010519491231002X";

/// Random bytes that are the same in every run.
pub(crate) struct Seeded {
    seed: u8,
    next: AtomicU64,
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        for part in out.chunks_mut(32) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let block = Hash::of("seeded", &[&[self.seed], &n.to_be_bytes()]);
            part.copy_from_slice(&block.as_bytes()[..part.len()]);
        }
        Ok(())
    }
}

/// An officer's device.
pub(crate) struct Phone {
    pub(crate) device: Device,
    pub(crate) path: PathBuf,
    seed: u8,
    _folder: TempDir,
}

pub(crate) fn now() -> AtMs {
    AtMs::start_of(AS_OF).plus_ms(9 * 3_600_000)
}

pub(crate) fn cycle() -> CycleId {
    "2026".parse().unwrap()
}

pub(crate) fn subject(n: u32) -> SubjectId {
    format!("hh-{n}").parse().unwrap()
}

pub(crate) fn entropy(seed: u8) -> Arc<dyn Entropy> {
    Arc::new(Seeded {
        seed,
        next: AtomicU64::new(0),
    })
}

pub(crate) fn signer(seed: u8) -> Arc<dyn DeviceSigner> {
    Arc::new(SoftwareSigner::from_secret(&[seed; 32]))
}

/// The key store of the device whose store is at `path`: its files lie beside it.
pub(crate) fn key_store(path: &Path) -> Arc<dyn KeyStore> {
    Arc::new(KeyFiles::plain(path.parent().unwrap()))
}

/// Runs `work` with what opens the store at `path`.
pub(crate) fn with_secrets<T>(path: &Path, pin: &str, work: impl FnOnce(&Secrets<'_>) -> T) -> T {
    let platform = key_store(path);
    let cost = Argon2Cost {
        memory_kib: 8,
        passes: 1,
    };
    work(&Secrets {
        pin,
        platform: &platform,
        cost,
    })
}

impl Phone {
    /// A new device, enrolled with `server`.
    pub(crate) fn enrolled(server: &Server, seed: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("officer.db");
        let enrolment = Enrolment {
            device: format!("d{seed}").parse().unwrap(),
            officer: format!("o{seed}").parse().unwrap(),
            server_key: server.public_key(),
            number: 42,
        };
        server.admit(&enrolment.device, signer(seed).public_key());
        let device = with_secrets(&path, PIN, |secrets| {
            Device::create(&path, secrets, &enrolment, signer(seed), entropy(seed)).unwrap()
        });
        Self {
            device,
            path,
            seed,
            _folder: folder,
        }
    }

    /// What a kill at this moment leaves behind, opened again: a copy of the files as they lie on
    /// the disk. `other` seeds the random numbers of its further life.
    pub(crate) fn killed(&self, other: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = self.path.parent().unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            // The index of the log is rebuilt from the log.
            if !entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
            }
        }
        let path = folder.path().join(self.path.file_name().unwrap());
        let device = open(&path, self.seed, other).unwrap();
        Self {
            device,
            path,
            seed: self.seed,
            _folder: folder,
        }
    }

    pub(crate) fn sync(&self, server: &Server) -> SyncReport {
        run(&self.device, server, now(), &mut |_| {}).unwrap()
    }

    /// Drafts the visit of worked case H-01 for a subject, consents included.
    pub(crate) fn draft_h01(&self, n: u32) {
        self.draft(n, &cycle(), (&consent(), h01()), now());
    }

    /// The same for a campaign, as on a day whose beginning the device's clock shows.
    #[allow(dead_code, reason = "the tests of the officer's app have one day")]
    pub(crate) fn draft_h01_on(&self, n: u32, cycle: &CycleId, day: Date) {
        let given = Consent {
            given_on: day,
            until: day.saturating_add(jiff::ToSpan::year(1)),
            ..consent()
        };
        let observed = h01().into_iter().map(|observation| Observation {
            observed_on: day,
            ..observation
        });
        self.draft(n, cycle, (&given, observed.collect()), AtMs::start_of(day));
    }

    fn draft(
        &self,
        n: u32,
        cycle: &CycleId,
        (given, found): (&Consent, Vec<Observation>),
        at: AtMs,
    ) {
        let id = subject(n);
        self.device.put_consent(&id, cycle, given, at).unwrap();
        for observation in found {
            self.device.put_value(&id, cycle, observation, at).unwrap();
        }
    }

    pub(crate) fn identify(&self, n: u32, name: &str) {
        self.identify_at(n, name, now());
    }

    /// The same, at another instant by the device's clock.
    pub(crate) fn identify_at(&self, n: u32, name: &str, at: AtMs) {
        let person = Person {
            role: "head".into(),
            full_name: name.into(),
            name_mn: None,
            id_number: Some(ID_NUMBER.into()),
            phone: None,
        };
        self.device
            .put_identity(&subject(n), vec![person], at)
            .unwrap();
    }

    /// Corrects the count of sheep of a sealed visit, and seals again.
    #[allow(
        dead_code,
        reason = "the tests of the officer's app correct on its pages"
    )]
    pub(crate) fn count_again(&self, n: u32, sheep: i64) -> Sealed {
        let counted = value("herd.sheep", sheep);
        let put = self
            .device
            .put_correction(&subject(n), &cycle(), counted, "重数", now());
        put.unwrap();
        self.seal(n).unwrap()
    }

    pub(crate) fn seal(&self, n: u32) -> Result<Sealed, Error> {
        self.seal_as_of(n, &cycle(), AS_OF, now())
    }

    /// The same for a campaign, as of a day, at an instant by the device's clock.
    pub(crate) fn seal_as_of(
        &self,
        n: u32,
        cycle: &CycleId,
        as_of: Date,
        at: AtMs,
    ) -> Result<Sealed, Error> {
        let picture = Hash::of_file(b"signature");
        let drawn = Countersign::Drawn { picture };
        self.device.seal(&subject(n), cycle, as_of, at, &drawn)
    }

    /// Identity, visit and seal of a subject.
    pub(crate) fn visit(&self, n: u32) -> Sealed {
        self.identify(n, &format!("示例{n}"));
        self.draft_h01(n);
        self.seal(n).unwrap()
    }
}

pub(crate) fn open(path: &Path, seed: u8, random: u8) -> Result<Device, Error> {
    with_secrets(path, PIN, |secrets| {
        Device::open(path, secrets, signer(seed), entropy(random))
    })
}

/// A server with a gacha of `households`, its cycle, rules and registers.
pub(crate) fn server(households: u32) -> Server {
    let server = Server::new();
    let file = |list: &[(&str, &str)], name: &str| {
        let (name, text) = list.iter().find(|(n, _)| *n == name).unwrap();
        let hash = Hash::of_file(text.as_bytes());
        RulesItem {
            hash,
            name: (*name).into(),
            text: (*text).into(),
        }
    };
    server.list(
        BANNER,
        &PullItem::Pack(file(shipped::PACKS, "hh-nm-1.toml")),
    );
    server.list(
        BANNER,
        &PullItem::Parameters(file(shipped::PARAMETERS, "ex-1.toml")),
    );
    for (id, kind, opens_on, closes_on) in [
        (
            "2026-spring",
            CycleKind::Event,
            date(2026, 3, 1),
            date(2026, 5, 31),
        ),
        (
            "2026",
            CycleKind::Annual,
            date(2026, 6, 1),
            date(2026, 12, 31),
        ),
    ] {
        let (id, name) = (id.parse().unwrap(), format!("示例 {id}"));
        let banner = BANNER.parse().unwrap();
        let cycle = Cycle {
            id,
            banner,
            kind,
            name,
            opens_on,
            closes_on,
        };
        server.list(BANNER, &PullItem::Cycle(cycle));
    }
    for n in 1..=households {
        let item = SubjectItem {
            subject: subject(n),
            kind: SubjectKind::Household,
            division: GACHA.parse().unwrap(),
            local_code: format!("{n:03}"),
        };
        server.list(GACHA, &PullItem::Subject(item));
        let credit = CreditRecord {
            status: CreditStatus::Known,
            first_loan_on: Some(date(2018, 10, 20)),
            ..CreditRecord::default()
        };
        server.list(
            GACHA,
            &PullItem::Register(row(n, RegisterContent::Credit(credit))),
        );
        let quota = Quota {
            plot: None,
            season: Season::Year,
            valid_from: date(2026, 1, 1),
            valid_to: None,
            mu_per_su: "20".parse().unwrap(),
            before_disaster: None,
        };
        server.list(
            GACHA,
            &PullItem::Register(row(n, RegisterContent::Quota(quota))),
        );
    }
    server
}

pub(crate) fn row(n: u32, content: RegisterContent) -> RegisterRow {
    RegisterRow {
        id: format!("{}-{n}", content.register()).parse().unwrap(),
        division: GACHA.parse().unwrap(),
        subject: Some(subject(n)),
        key: String::new(),
        revision: 1,
        valid_from: date(2020, 1, 1),
        valid_to: None,
        source: "示例".into(),
        content,
    }
}

/// The peer evaluation of worked case H-01.
pub(crate) fn peer() -> PeerEvaluation {
    PeerEvaluation::from_means(&[400, 450, 450, 450, 475])
}

/// The values of worked case H-01, as the repository's own file has them.
pub(crate) fn h01() -> Vec<Observation> {
    let text = include_str!("../../../../fixtures/cases/h-01.toml");
    let sheets = Worksheet::read_all("h-01.toml", text, shipped::rules()).unwrap();
    let facts = &sheets[0].inputs.facts;
    let observation =
        |(item, fact): (&itgel_domain::item::ItemPath, &itgel_domain::assess::Fact)| Observation {
            item: item.clone(),
            state: fact.state.clone(),
            evidence: fact.evidence,
            observed_on: AS_OF,
        };
    facts.values.iter().map(observation).collect()
}

pub(crate) fn value(item: &str, n: i64) -> Observation {
    Observation {
        item: item.parse().unwrap(),
        state: State::Known(Value::Int(n)),
        evidence: Evidence::B,
        observed_on: AS_OF,
    }
}

pub(crate) fn consent() -> Consent {
    Consent {
        person: "head".into(),
        text_version: "1".into(),
        purposes: vec!["credit_rating".into(), "village_statistics".into()],
        language: "zh-CN".into(),
        categories: vec!["income".into(), "insurance".into(), "real_estate".into()],
        recipients: Vec::new(),
        given_on: AS_OF,
        until: date(2028, 10, 31),
        signature: Hash::of_file(b"scan"),
        witness: "o1".parse().unwrap(),
        receipt: None,
    }
}

/// A device that has everything of a gacha of `households`.
pub(crate) fn ready(households: u32) -> (Server, Phone) {
    let server = server(households);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    (server, phone)
}

/// Whether every record of a subject has its receipt.
pub(crate) fn is_green(phone: &Phone, n: u32) -> bool {
    let records = phone.device.records(&subject(n), &cycle()).unwrap();
    let received = |r: &Record| matches!(r.state, RecordState::Received { .. });
    records.iter().all(received)
}

/// Fields and codes of a refusal.
pub(crate) fn codes(error: Error) -> Vec<(String, ErrorCode)> {
    let Error::Invalid(violations) = error else {
        panic!("not refused for its content: {error}")
    };
    violations.into_iter().map(|v| (v.field, v.code)).collect()
}
