//! What every run of a shape begins with: a server with a sample banner and its enrolled devices,
//! made once and copied for each run.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use itgel::sample::{self, Sample, SampleOrder, Seat};
use itgel_device::{Argon2Cost, Device, Enrolment, KeyFiles, KeyStore, Secrets};
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::file::chain::{DeviceSigner, SoftwareSigner};
use itgel_domain::id::{DeviceId, LenderId, OfficerId};
use itgel_domain::time::AtMs;
use itgel_fixtures::{Banner, Gacha, Household, SampleSize};
use itgel_server::auth::{self, EnrolRequest};
use jiff::civil::{Date, date};
use tempfile::TempDir;

use super::chance::Bytes;
use super::failure::{Outcome, fails};
use super::host::Host;

/// The day on which every run begins: no holiday is near.
const FIRST_DAY: Date = date(2026, 7, 6);

/// The seed of all scenes: runs differ in what happens, not in where.
const SCENE: u64 = 0x0069_7467_656c;

/// Deriving a key is not what these runs are about.
const CHEAP: Argon2Cost = Argon2Cost {
    memory_kib: 8,
    passes: 1,
};

/// How large a scene is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Devices, each with two officers.
    pub devices: u32,
    /// Gachas, which the devices share out among them.
    pub gachas: u32,
    /// Households, as many in each gacha.
    pub households: u32,
}

/// A scene.
pub struct Scene {
    /// Its divisions.
    pub gachas: Vec<DivisionCode>,
    /// Its households.
    pub households: Vec<Household>,
    /// In which gacha each of them lives at first.
    pub homes: Vec<usize>,
    /// Its devices.
    pub crews: Vec<Crew>,
    /// The campaign.
    pub cycle: Cycle,
    /// The banner.
    pub banner: DivisionCode,
    /// The lender that consents name.
    pub lender: LenderId,
    /// One of the reviewers of each gacha.
    pub reviewers: Vec<OfficerId>,
    /// The key that devices pin.
    pub server_key: Vec<u8>,
    folder: TempDir,
}

/// A device with its two officers.
pub struct Crew {
    /// The device that they have at first.
    pub handset: Handset,
    /// Who works with it.
    pub officer: OfficerId,
    /// Who signs second.
    pub second: OfficerId,
    /// The key of the second officer's own device.
    pub second_secret: [u8; 32],
    /// The gachas in which they work.
    pub gachas: Vec<usize>,
}

/// An enrolled device.
#[derive(Clone)]
pub struct Handset {
    /// Its identifier.
    pub device: DeviceId,
    /// The number with which its own receipts begin.
    number: u32,
    secret: [u8; 32],
}

impl Scene {
    /// Makes a scene.
    ///
    /// # Errors
    /// [`super::Failure`] if the server or a device cannot be made.
    pub fn make(extent: Extent) -> Outcome<Self> {
        let folder = new_folder()?;
        let entropy = Bytes::new(SCENE, 0);
        let host = RefCell::new(Host::create(folder.path(), start(), &entropy)?);
        let order = SampleOrder {
            size: SampleSize {
                households: extent.households,
                seed: 7,
            },
            devices: extent.devices,
            observed_on: FIRST_DAY,
        };
        let banner = cut(Banner::draw(order.size)?, extent)?;
        let sample = host
            .borrow()
            .work(|service| sample::make_in(service, banner, order))?;
        let mut crews = Vec::new();
        for number in 0..sample.teams.len() {
            crews.push(enrol(&host, &sample, number, folder.path())?);
        }
        let scene = Self {
            gachas: sample.banner.gachas.iter().map(|g| g.code).collect(),
            homes: homes(&sample),
            cycle: sample.banner.cycle(FIRST_DAY),
            banner: sample.banner.code,
            lender: sample.lender.clone(),
            reviewers: reviewers(&sample)?,
            households: sample.households,
            server_key: host.borrow().service().keys.public_key(),
            crews,
            folder,
        };
        drop(host);
        Ok(scene)
    }

    /// A copy of the scene's files in a new folder.
    ///
    /// # Errors
    /// [`super::Failure`] if they cannot be copied.
    pub fn copy(&self) -> Outcome<TempDir> {
        let folder = new_folder()?;
        for entry in fs::read_dir(self.folder.path())? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), folder.path().join(entry.file_name()))?;
            }
        }
        Ok(folder)
    }
}

impl Handset {
    /// Shows a code to the server with a key that is made of these bytes.
    pub(super) fn enrol(host: &Host, code: &str, secret: [u8; 32]) -> Outcome<Self> {
        let signer = SoftwareSigner::from_secret(&secret);
        let request = EnrolRequest {
            code: code.to_owned(),
            public_key: data_encoding::HEXLOWER.encode(&signer.public_key()),
            suite: signer.suite(),
        };
        let admitted = host.work(|service| auth::enrol(service, &request, service.now()))?;
        Ok(Self {
            device: admitted.device,
            number: admitted.number,
            secret,
        })
    }

    /// Makes its store for an officer.
    pub(super) fn make_store(
        &self,
        folder: &Path,
        host: &Host,
        officer: &OfficerId,
        entropy: Arc<Bytes>,
    ) -> Outcome<Device> {
        let enrolment = Enrolment {
            device: self.device.clone(),
            officer: officer.clone(),
            server_key: host.service().keys.public_key(),
            number: self.number,
        };
        let path = self.path(folder);
        let store = Self::unlocked(&path, |secrets| {
            Device::create(&path, secrets, &enrolment, self.signer(), entropy)
        });
        Ok(store?)
    }

    /// Where its store lies in a run's folder.
    #[must_use]
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.db", self.device))
    }

    /// Its key.
    #[must_use]
    pub fn signer(&self) -> Arc<dyn DeviceSigner> {
        Arc::new(SoftwareSigner::from_secret(&self.secret))
    }

    /// Does something that needs the PIN of the store at `path`; the key store has its files beside it.
    pub(super) fn unlocked<T>(path: &Path, work: impl FnOnce(&Secrets<'_>) -> T) -> T {
        let folder = path.parent().unwrap_or(path);
        let platform: Arc<dyn KeyStore> = Arc::new(KeyFiles::plain(folder));
        work(&Secrets {
            pin: "471203",
            platform: &platform,
            cost: CHEAP,
        })
    }
}

/// Nine o'clock on the first day.
pub(super) fn start() -> AtMs {
    AtMs::start_of(FIRST_DAY).plus_ms(9 * 3_600_000)
}

/// A folder in memory where there is one: what is tested here is not the disk.
fn new_folder() -> Outcome<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return Ok(TempDir::with_prefix_in("itgel-", memory)?);
    }
    Ok(TempDir::new()?)
}

/// As many gachas as wanted with as many households in each: those of the sample, and after them
/// invented ones.
fn cut(mut banner: Banner, extent: Extent) -> Outcome<Banner> {
    let wanted = extent.gachas as usize;
    let known = banner.gachas.len();
    for number in known..wanted {
        let model: Gacha = banner.gachas[number % known].clone();
        let Some(mut division) = banner
            .divisions
            .iter()
            .find(|d| d.code == model.code)
            .cloned()
        else {
            return fails("a gacha without its division");
        };
        let township = &model.code.to_string()[..9];
        division.code = format!("{township}{}", 300 + number / known).parse()?;
        division.name = format!("示例嘎查{number}");
        banner.gachas.push(Gacha {
            code: division.code,
            name: division.name.clone(),
            ..model
        });
        banner.divisions.push(division);
    }
    banner.gachas.truncate(wanted);
    let each = extent.households / extent.gachas;
    for (gacha, number) in banner.gachas.iter_mut().zip(0..) {
        gacha.first = number * each;
        gacha.households = each;
    }
    Ok(banner)
}

/// Enrols the two officers of a team and makes the store of their device.
fn enrol(host: &RefCell<Host>, sample: &Sample, number: usize, folder: &Path) -> Outcome<Crew> {
    let team = &sample.teams[number];
    let bytes = Bytes::new(SCENE, number as u64 + 1);
    let (secret, second_secret) = (bytes.take::<32>(), bytes.take::<32>());
    let admit = |seat: &Seat, secret| Handset::enrol(&host.borrow(), &seat.code, secret);
    let handset = admit(&team.collector, secret)?;
    admit(&team.second, second_secret)?;
    let mut gachas = team.gachas.clone();
    gachas.extend(&team.second_visits);
    gachas.sort_unstable();
    gachas.dedup();
    let officer = team.collector.officer.clone();
    let store = handset.make_store(folder, &host.borrow(), &officer, bytes)?;
    super::link::plain(host, &handset.device, &store)?;
    Ok(Crew {
        handset,
        officer,
        second: team.second.officer.clone(),
        second_secret,
        gachas,
    })
}

/// The gacha of each household, in the order of the households.
fn homes(sample: &Sample) -> Vec<usize> {
    let counts = sample.banner.gachas.iter().zip(0..);
    counts
        .flat_map(|(gacha, place)| (0..gacha.households).map(move |_| place))
        .collect()
}

fn reviewers(sample: &Sample) -> Outcome<Vec<OfficerId>> {
    let mut found = Vec::new();
    for gacha in &sample.banner.gachas {
        let seat = sample
            .reviewers
            .iter()
            .find(|s| s.division.contains(gacha.code));
        match seat {
            Some(seat) => found.push(seat.officer.clone()),
            None => return fails("a gacha without a reviewer"),
        }
    }
    Ok(found)
}
