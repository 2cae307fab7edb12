//! One server and its devices in this process, as folders that can be copied: what a fault does
//! is tried on a copy, and the next fault on the next one.
//!
//! Nothing runs in the background and nothing goes over a network: what happens is what the test
//! does. The clock stands still.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use itgel::sample::{self, Sample, SampleOrder};
use itgel_device::key_store::Tries;
use itgel_device::{
    Argon2Cost, Countersign, Device, Enrolment, Entropy, EntropyError, Error, KeyFiles, KeyStore,
    Sealed, Secrets, sync,
};
use itgel_domain::file::chain::{DeviceSigner, SoftwareSigner, Suite};
use itgel_domain::file::entry::Consent;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DeviceId, OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use itgel_fixtures::{Gacha, Household, SampleSize};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::store::device::{DeviceRecord, DeviceStatus};
use itgel_server::sync::DeviceSession;
use itgel_server::{Service, ServiceError, store};
use jiff::civil::{Date, date};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// The day on which everything happens.
pub const DAY: Date = date(2026, 7, 6);

/// The PIN of every device.
pub const PIN: &str = "471203";

/// Deriving a key is not what these tests are about.
const CHEAP: Argon2Cost = Argon2Cost {
    memory_kib: 8,
    passes: 1,
};

/// Two devices work in one gacha.
pub const DEVICES: usize = 2;

/// What was set up once: who lives and works there.
pub struct Bed {
    /// The sample.
    pub sample: Sample,
    /// The campaign.
    pub cycle: CycleId,
    /// The gacha that both devices have.
    pub gacha: Gacha,
    /// Its households.
    pub households: Vec<Household>,
}

/// The files of a server and of its devices.
pub struct Ground {
    folder: TempDir,
}

/// Random bytes that are the same again in every run.
pub struct Seeded {
    seed: u64,
    next: AtomicU64,
}

impl Bed {
    /// A sample with so many households, and the files of its server and of its two devices,
    /// which have pulled their gachas.
    #[must_use]
    pub fn lay(households: u32) -> (Self, Ground) {
        let ground = Ground::empty();
        let service = ground.service().unwrap();
        let size = SampleSize {
            households,
            seed: 7,
        };
        let order = SampleOrder {
            size,
            devices: 2,
            observed_on: DAY,
        };
        let sample = sample::make(&service, order).unwrap();
        let gacha = sample.banner.gachas[sample.teams[0].second_visits[0]].clone();
        let (first, count) = (gacha.first as usize, gacha.households as usize);
        let bed = Self {
            cycle: sample.banner.cycle(DAY).id,
            households: sample.households[first..first + count].to_vec(),
            gacha,
            sample,
        };
        for n in 0..DEVICES {
            bed.enrol(&ground, &service, n);
        }
        (bed, ground)
    }

    /// The officer of a device.
    #[must_use]
    pub fn officer(&self, n: usize) -> &OfficerId {
        &self.sample.teams[n].collector.officer
    }

    /// A device as the server knows it.
    #[must_use]
    pub fn record(&self, n: usize) -> DeviceRecord {
        DeviceRecord {
            id: device_id(n),
            officer: self.officer(n).clone(),
            suite: Suite::Ed25519,
            public_key: signer(n).public_key(),
            status: DeviceStatus::Active,
            enrolled_at: now(),
        }
    }

    /// The way from a device to a server in the same process.
    #[must_use]
    pub fn link(&self, service: &Service, n: usize) -> DeviceSession {
        DeviceSession::new(service.clone(), self.record(n))
    }

    /// Synchronises a device with the server; everything must go through.
    pub fn synchronise(&self, service: &Service, device: &Device, n: usize) {
        let link = self.link(service, n);
        let report = sync::run(device, &link, now(), &mut |_| {}).unwrap();
        assert_eq!((report.waiting, report.set_aside), (0, 0), "{report:?}");
    }

    /// Who lives there, consent and values of a visit, as drafts.
    pub fn draft(&self, device: &Device, household: &Household, n: usize) {
        let people = household.identity.people.clone();
        device
            .put_identity(&household.subject, people, now())
            .unwrap();
        let consent = self.consent(n);
        let (subject, cycle) = (&household.subject, &self.cycle);
        device.put_consent(subject, cycle, &consent, now()).unwrap();
        device
            .put_values(subject, cycle, &household.found, now())
            .unwrap();
    }

    /// Seals a visit.
    ///
    /// # Errors
    /// [`Error`] of the device.
    pub fn seal(&self, device: &Device, household: &Household) -> Result<Sealed, Error> {
        seal(device, &household.subject, &self.cycle)
    }

    fn enrol(&self, ground: &Ground, service: &Service, n: usize) {
        let record = self.record(n);
        let put = move |_: &Service, tx: &store::Tx<'_>| Ok(store::device::put(tx, &record)?);
        service.transact("bed.device", put).unwrap();
        let enrolment = Enrolment {
            device: device_id(n),
            officer: self.officer(n).clone(),
            server_key: service.keys.public_key(),
            number: u32::try_from(n).unwrap() + 1,
        };
        let path = ground.device_path(n);
        let device = with_secrets(&path, |secrets| {
            Device::create(&path, secrets, &enrolment, signer(n), seeded(0))
        });
        self.synchronise(service, &device.unwrap(), n);
    }

    fn consent(&self, n: usize) -> Consent {
        Consent {
            person: "head".into(),
            text_version: "sample-1".into(),
            language: "zh-CN".into(),
            categories: itgel_domain::catalogue::Restricted::ALL
                .iter()
                .map(|c| c.as_str().to_owned())
                .collect(),
            purposes: vec!["credit_rating".into(), "village_statistics".into()],
            recipients: Vec::new(),
            given_on: DAY,
            until: date(2027, 7, 6),
            signature: Hash::of_file(b"a signature"),
            witness: self.officer(n).clone(),
            receipt: None,
        }
    }
}

impl Ground {
    fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        let ground = Self { folder };
        std::fs::create_dir(ground.server_folder()).unwrap();
        (0..DEVICES).for_each(|n| std::fs::create_dir(ground.device_folder(n)).unwrap());
        ground
    }

    /// The same files once more. Every one of them must be closed.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copy = Self::empty();
        copy_files(&self.server_folder(), &copy.server_folder());
        (0..DEVICES).for_each(|n| copy_files(&self.device_folder(n), &copy.device_folder(n)));
        copy
    }

    /// Where the server's files are.
    #[must_use]
    pub fn server_folder(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// The server's database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.server_folder().join("itgel.db")
    }

    /// Where a device's files are.
    #[must_use]
    pub fn device_folder(&self, n: usize) -> PathBuf {
        self.folder.path().join(format!("device-{n}"))
    }

    /// A device's store.
    #[must_use]
    pub fn device_path(&self, n: usize) -> PathBuf {
        self.device_folder(n).join("store.db")
    }

    /// Opens the server.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn service(&self) -> Result<Service, ServiceError> {
        open_service(&self.server_folder())
    }

    /// Opens a device.
    ///
    /// # Errors
    /// [`Error`].
    pub fn device(&self, n: usize) -> Result<Device, Error> {
        open_device(&self.device_path(n), n)
    }
}

/// Opens the server whose files are in a folder.
///
/// # Errors
/// [`ServiceError`].
pub fn open_service(folder: &Path) -> Result<Service, ServiceError> {
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: "http://localhost".into(),
        database: folder.join("itgel.db"),
        keys: folder.join("keys.toml"),
        readers: 1,
        sample: SampleConfig::default(),
        limits: Default::default(),
        metrics_listen: None,
        retired_key_days: RetiredKeyDays::default(),
    };
    let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
    Service::open(config, ServerKeys::from_random(&random), Arc::new(now))
}

/// Opens a device's store.
///
/// # Errors
/// [`Error`].
pub fn open_device(path: &Path, n: usize) -> Result<Device, Error> {
    open_device_with(path, n, &key_store(path))
}

/// The same with another key store.
///
/// # Errors
/// [`Error`].
pub fn open_device_with(
    path: &Path,
    n: usize,
    platform: &Arc<dyn KeyStore>,
) -> Result<Device, Error> {
    with_secrets(path, |secrets| {
        let here = Secrets {
            platform,
            ..*secrets
        };
        Device::open(path, &here, signer(n), seeded(n as u64 + 1))
    })
}

/// Seals the visit that is drafted of a subject.
///
/// # Errors
/// [`Error`] of the device.
pub fn seal(device: &Device, subject: &SubjectId, cycle: &CycleId) -> Result<Sealed, Error> {
    let picture = Hash::of_file(b"a signature");
    let drawn = Countersign::Drawn { picture };
    device.seal(subject, cycle, DAY, now(), &drawn)
}

/// The instant at which everything happens.
#[must_use]
pub fn now() -> AtMs {
    AtMs::start_of(DAY).plus_ms(9 * 3_600_000)
}

/// The identifier of a device.
#[must_use]
pub fn device_id(n: usize) -> DeviceId {
    format!("bed-{n}").parse().unwrap()
}

fn secret(n: usize) -> [u8; 32] {
    *Hash::of("bed.key", &[&n.to_be_bytes()]).as_bytes()
}

fn signer(n: usize) -> Arc<dyn DeviceSigner> {
    Arc::new(SoftwareSigner::from_secret(&secret(n)))
}

/// Runs `work` with what opens the store at `path`; the key store has its files beside it.
pub fn with_secrets<T>(path: &Path, work: impl FnOnce(&Secrets<'_>) -> T) -> T {
    let platform = key_store(path);
    work(&Secrets {
        pin: PIN,
        platform: &platform,
        cost: CHEAP,
    })
}

/// The key store of the device whose store is at `path`.
#[must_use]
pub fn key_store(path: &Path) -> Arc<dyn KeyStore> {
    Arc::new(KeyFiles::plain(path.parent().unwrap()))
}

/// How often the PIN of the store at `path` was tried since the last right one; it is the only store
/// in its folder.
#[must_use]
pub fn tries(path: &Path) -> Tries {
    let entries = std::fs::read_dir(path.parent().unwrap()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let mut files = files.filter(|file| file.extension().is_some_and(|end| end == "secret"));
    let file = files.next().unwrap();
    let name = file.file_stem().unwrap().to_str().unwrap();
    key_store(path).read(name).unwrap().unwrap().tries()
}

fn seeded(seed: u64) -> Arc<dyn Entropy> {
    let next = AtomicU64::new(0);
    Arc::new(Seeded { seed, next })
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        for part in out.chunks_mut(32) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let block = Hash::of("bed.seeded", &[&self.seed.to_be_bytes(), &n.to_be_bytes()]);
            part.copy_from_slice(&block.as_bytes()[..part.len()]);
        }
        Ok(())
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
