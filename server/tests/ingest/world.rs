//! A server with a sample of places and people, over a database in a temporary folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use itgel_domain::case::Role;
use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::division::{Division, DivisionCode};
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::push::{Push, PushAnswer, Verdict};
use itgel_domain::time::AtMs;
use itgel_server::config::Config;
use itgel_server::keys::ServerKeys;
use itgel_server::store::board::Counts;
use itgel_server::store::device::{DeviceRecord, DeviceStatus};
use itgel_server::store::log::AuditRow;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::store::standing::StandingRow;
use itgel_server::store::{self, Tx};
use itgel_server::{Service, ServiceError, ingest, registers, rules};
use jiff::civil::date;
use zeroize::Zeroizing;

use super::phone::Phone;

/// The gacha of the sample.
pub(crate) const GACHA: &str = "150623200201";
/// Its neighbour.
pub(crate) const NEIGHBOUR: &str = "150623200202";
/// The township of both.
pub(crate) const TOWNSHIP: &str = "150623200";
/// The banner.
pub(crate) const BANNER: &str = "150623";
/// The campaign.
pub(crate) const CYCLE: &str = "2026";

pub(crate) struct World {
    pub(crate) service: Service,
    clock: Arc<AtomicI64>,
    folder: tempfile::TempDir,
}

pub(crate) fn code(text: &str) -> DivisionCode {
    text.parse().unwrap()
}

pub(crate) fn cycle() -> CycleId {
    CYCLE.parse().unwrap()
}

pub(crate) fn subject(id: &str) -> SubjectId {
    id.parse().unwrap()
}

impl World {
    /// A new server on 1 November 2026, at eight in the morning.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(
            AtMs::start_of(date(2026, 11, 1)).0 + 8 * 3_600_000,
        ));
        let service = open(&folder, &clock);
        let world = Self {
            service,
            clock,
            folder,
        };
        world.write(|service, tx| {
            let now = service.now();
            rules::seed(service, tx, now)?;
            for (code, name) in [
                (BANNER, "示例旗"),
                (TOWNSHIP, "示例苏木"),
                (GACHA, "示例嘎查"),
                (NEIGHBOUR, "邻嘎查示例"),
            ] {
                registers::put_division(service, tx, &division(code, name))?;
            }
            store::cycle::put(tx, &campaign())?;
            for (id, gacha) in [
                ("hh-1", GACHA),
                ("hh-2", GACHA),
                ("hh-3", GACHA),
                ("hh-9", NEIGHBOUR),
            ] {
                registers::put_subject(service, tx, &household(id, gacha))?;
            }
            Ok(())
        });
        world
    }

    /// The same server after it was stopped without warning.
    pub(crate) fn restarted(self) -> Self {
        let Self {
            service,
            clock,
            folder,
        } = self;
        drop(service);
        let service = open(&folder, &clock);
        Self {
            service,
            clock,
            folder,
        }
    }

    /// A collector of the gacha with an enrolled phone.
    pub(crate) fn phone(&self, name: &str) -> Phone {
        self.phone_of(name, name, GACHA, Role::Collector)
    }

    /// A phone of `officer`, with a role in a division.
    pub(crate) fn phone_of(&self, name: &str, officer: &str, division: &str, role: Role) -> Phone {
        let mut secret = [0; 32];
        secret[..name.len()].copy_from_slice(name.as_bytes());
        let signer = SoftwareSigner::from_secret(&secret);
        let (officer, division) = (officer.to_owned(), code(division));
        let record = DeviceRecord {
            id: format!("phone-{name}").parse().unwrap(),
            officer: officer.parse().unwrap(),
            suite: Suite::Ed25519,
            public_key: signer.public_key(),
            status: DeviceStatus::Active,
            enrolled_at: self.now(),
        };
        let device = record.clone();
        self.write(move |_, tx| {
            let person = OfficerRecord {
                id: officer.parse().unwrap(),
                name: officer.clone(),
                division,
            };
            store::officer::put(tx, &person)?;
            store::officer::grant(tx, &person.id, role, division)?;
            store::device::put(tx, &record)?;
            Ok(())
        });
        Phone::new(device, signer, self.now())
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("itgel.db")
    }

    pub(crate) fn now(&self) -> AtMs {
        AtMs(self.clock.load(Ordering::SeqCst))
    }

    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// Runs a transaction.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Service, &Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> T {
        self.service.transact("test", work).unwrap()
    }

    /// Reads.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> Result<T, store::StoreError>,
    ) -> T {
        self.service.store.read(read).unwrap()
    }

    /// Pushes a page and checks the signature of its receipt.
    pub(crate) fn push(&self, phone: &Phone, page: Push) -> PushAnswer {
        let answer = ingest::push(&self.service, &phone.device, page).unwrap();
        answer.verify(&self.service.keys.public_key()).unwrap();
        answer
    }

    /// Pushes envelopes as one page; the verdicts in order.
    pub(crate) fn push_all(
        &self,
        phone: &Phone,
        places: std::ops::RangeInclusive<u64>,
    ) -> Vec<Verdict> {
        let answer = self.push(phone, phone.page(places.clone()));
        places.map(|seq| answer.verdict(seq).unwrap()).collect()
    }

    pub(crate) fn standing(&self, id: &str) -> Option<StandingRow> {
        self.read(|c| store::standing::get(c, &subject(id), &cycle()))
    }

    pub(crate) fn board(&self, division: &str) -> Counts {
        self.read(|c| store::board::get(c, code(division), &cycle()))
    }

    pub(crate) fn facts(&self, id: &str) -> FileFacts {
        self.service
            .store
            .read(|c| itgel_server::fold::facts(c, &subject(id)))
            .unwrap()
    }

    /// The audit rows of an action.
    pub(crate) fn audited(&self, action: &str) -> Vec<AuditRow> {
        let mut rows = self.read(|c| store::log::list_audit(c, 0, 10_000));
        rows.retain(|row| row.action == action);
        rows
    }
}

pub(crate) fn household(id: &str, gacha: &str) -> Subject {
    Subject {
        id: subject(id),
        kind: SubjectKind::Household,
        division: code(gacha),
        local_code: id.to_owned(),
    }
}

fn campaign() -> Cycle {
    Cycle {
        id: cycle(),
        banner: code(BANNER),
        kind: CycleKind::Annual,
        name: "2026年度".into(),
        opens_on: date(2026, 1, 1),
        closes_on: date(2026, 12, 31),
    }
}

pub(crate) fn division(text: &str, name: &str) -> Division {
    Division {
        code: code(text),
        kind: code(text).usual_kind(),
        name: name.to_owned(),
        name_mn: None,
        civil_code: None,
        valid_from: date(2010, 1, 1),
        valid_to: None,
    }
}

fn open(folder: &tempfile::TempDir, clock: &Arc<AtomicI64>) -> Service {
    let text = format!(
        "listen = '127.0.0.1:0'\npublic_url = 'https://itgel.example'\ndatabase = '{}'\nkeys = '{}'\n",
        folder.path().join("itgel.db").display(),
        folder.path().join("keys.toml").display()
    );
    let keys = ServerKeys::from_random(&Zeroizing::new([
        [1; 32], [2; 32], [3; 32], [4; 32], [5; 32],
    ]));
    let clock = Arc::clone(clock);
    let read = Arc::new(move || AtMs(clock.load(Ordering::SeqCst)));
    Service::open(Config::parse(&text).unwrap(), keys, read).unwrap()
}
