//! A server over a database in a temporary folder, with one gacha of the sample banner, a
//! collector, a second officer and evaluators.

use std::collections::BTreeMap;
use std::sync::Arc;

use itgel_domain::case::Role;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite};
use itgel_domain::hash::Hash;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::pack::{Parameters, RulePack, shipped};
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use itgel_fixtures::{Banner, Gacha, Household, SampleSize, registers as sample};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::store::device::{DeviceRecord, DeviceStatus};
use itgel_server::store::officer::OfficerRecord;
use itgel_server::store::{self, Tx};
use itgel_server::{Service, ServiceError, process, registers, rules, setup};
use jiff::civil::{Date, date};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::Outcome;

/// The day on which everything is seen.
pub(crate) const TODAY: Date = date(2026, 10, 15);
/// Who visits.
pub(crate) const COLLECTOR: &str = "c-1";
/// Who signs with them.
pub(crate) const SECOND: &str = "c-2";

/// The instant at which everything happens.
pub(crate) fn now() -> AtMs {
    AtMs::start_of(TODAY).plus_ms(10 * 3_600_000)
}

/// Rules for a household of the sample.
pub(crate) fn rules_in_force() -> Outcome<(Arc<RulePack>, Arc<Parameters>)> {
    let shipped = shipped::rules();
    let pack = shipped
        .find_pack("HH-NM-1")
        .ok_or("the pack is not shipped")?;
    let parameters = shipped
        .find_parameters("150623-2026")
        .ok_or("the table is not shipped")?;
    Ok((pack, parameters))
}

/// A household as the registers know it.
pub(crate) fn subject(household: &Household, gacha: &Gacha) -> Subject {
    Subject {
        id: household.subject.clone(),
        kind: SubjectKind::Household,
        division: gacha.code,
        local_code: household.local_code.clone(),
    }
}

/// The device of an officer, and its key.
pub(crate) fn device_of(officer: &str) -> Outcome<(DeviceRecord, SoftwareSigner)> {
    let signer =
        SoftwareSigner::from_secret(Hash::of("bench.key", &[officer.as_bytes()]).as_bytes());
    let record = DeviceRecord {
        id: format!("dev-{officer}").parse()?,
        officer: officer.parse()?,
        suite: Suite::Ed25519,
        public_key: signer.public_key(),
        status: DeviceStatus::Active,
        enrolled_at: AtMs::start_of(TODAY),
    };
    Ok((record, signer))
}

/// A server and the gacha that is worked in.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) gacha: Gacha,
    pub(crate) cycle: Cycle,
    pub(crate) households: Vec<Household>,
    /// Register rows about divisions.
    pub(crate) rows: Vec<RegisterRow>,
    /// What the registers have of each household.
    homes: BTreeMap<SubjectId, Home>,
    /// Where everybody is in office.
    seat: DivisionCode,
    pub(crate) folder: TempDir,
}

/// What the registers have of a household.
pub(crate) struct Home {
    pub(crate) subject: Subject,
    pub(crate) rows: Vec<RegisterRow>,
}

impl World {
    /// A gacha with so many households, everybody in office, nobody visited.
    pub(crate) fn with_households(count: u32) -> Outcome<Self> {
        let (banner, mut gacha) = drawn(count)?;
        gacha.households = count;
        Self::of(&banner, &[gacha])
    }

    /// A whole banner with so many households, everybody in office, nobody visited.
    pub(crate) fn with_banner(households: u32) -> Outcome<Self> {
        let banner = Banner::draw(SampleSize {
            households,
            seed: 7,
        })?;
        Self::of(&banner, &banner.gachas)
    }

    fn of(banner: &Banner, gachas: &[Gacha]) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let service = open(&folder)?;
        let collector: OfficerId = COLLECTOR.parse()?;
        let (mut households, mut homes) = (Vec::new(), BTreeMap::new());
        for gacha in gachas {
            for number in gacha.first..gacha.first + gacha.households {
                let household = Household::draw(banner, gacha, number, TODAY, &collector);
                let home = Home {
                    subject: subject(&household, gacha),
                    rows: sample::of_household(&household, gacha.code, TODAY),
                };
                homes.insert(household.subject.clone(), home);
                households.push(household);
            }
        }
        let gacha = gachas.first().ok_or("a banner without gachas")?.clone();
        let world = Self {
            service,
            cycle: banner.cycle(TODAY),
            seat: if gachas.len() == 1 {
                gacha.code
            } else {
                banner.code
            },
            gacha,
            households,
            rows: sample::of_banner(banner, TODAY),
            homes,
            folder,
        };
        world.set_up(banner)?;
        Ok(world)
    }

    /// What the registers have of a household.
    pub(crate) fn home(&self, household: &Household) -> Outcome<&Home> {
        let home = self.homes.get(&household.subject);
        Ok(home.ok_or("a household of another world")?)
    }

    /// Runs `work` as one transaction.
    pub(crate) fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Service, &Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        self.service.transact("bench", work)
    }

    /// The last position of the gacha's list: up to where a device holds its registers.
    pub(crate) fn list_end(&self) -> Outcome<u64> {
        self.list_end_of(self.gacha.code)
    }

    /// The last position of the list of a gacha.
    pub(crate) fn list_end_of(&self, division: DivisionCode) -> Outcome<u64> {
        let end = |c: &_| store::list::end(c, division).map_err(ServiceError::from);
        Ok(self.service.store.read(end)?.position)
    }

    fn set_up(&self, banner: &Banner) -> Outcome<()> {
        let people = self.people(banner)?;
        let homes = self.homes.values();
        let subjects: Vec<Subject> = homes.clone().map(|home| home.subject.clone()).collect();
        let own = homes.flat_map(|home| &home.rows);
        let rows: Vec<RegisterRow> = self.rows.iter().chain(own).cloned().collect();
        let (divisions, cycle) = (banner.divisions.clone(), self.cycle.clone());
        self.transact(move |service, tx| {
            rules::seed(service, tx, now())?;
            process::seed_calendars(service, tx, now())?;
            for division in &divisions {
                registers::put_division(service, tx, division)?;
            }
            setup::add_cycle(tx, &cycle)?;
            for subject in &subjects {
                registers::put_subject(service, tx, subject)?;
            }
            for (officer, role, device) in &people {
                setup::add_officer(tx, officer, &[(*role, officer.division)])?;
                store::device::put(tx, device)?;
            }
            registers::put_all(service, tx, &rows, "bench", now())
        })?;
        Ok(())
    }

    fn people(&self, banner: &Banner) -> Outcome<Vec<(OfficerRecord, Role, DeviceRecord)>> {
        let collectors = [COLLECTOR, SECOND].map(|name| (name.to_owned(), Role::Collector));
        let evaluators = (1..=6).map(|n| (evaluator(n), Role::Evaluator));
        let reviewer = ("r-1".to_owned(), Role::Reviewer);
        let all = collectors.into_iter().chain(evaluators).chain([reviewer]);
        all.map(|(name, role)| {
            let division = if role == Role::Reviewer {
                banner.code
            } else {
                self.seat
            };
            let id = name.parse()?;
            let (device, _) = device_of(&name)?;
            Ok((OfficerRecord { id, name, division }, role, device))
        })
        .collect()
    }
}

/// An evaluator, from 1.
pub(crate) fn evaluator(n: usize) -> String {
    format!("e-{n}")
}

/// The smallest sample whose first gacha has so many households.
fn drawn(count: u32) -> Outcome<(Banner, Gacha)> {
    for n in 1..200 {
        let banner = Banner::draw(SampleSize {
            households: count * n,
            seed: 7,
        })?;
        let first = banner
            .gachas
            .first()
            .filter(|gacha| gacha.households >= count);
        if let Some(gacha) = first.cloned() {
            return Ok((banner, gacha));
        }
    }
    Err("no gacha of the sample is large enough".into())
}

fn open(folder: &TempDir) -> Outcome<Service> {
    let config = Config {
        listen: "127.0.0.1:0".parse()?,
        public_url: "http://localhost".into(),
        database: folder.path().join("itgel.db"),
        keys: folder.path().join("keys.toml"),
        readers: 1,
        metrics_listen: None,
        retired_key_days: RetiredKeyDays::default(),
        limits: Default::default(),
        sample: SampleConfig::default(),
    };
    let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
    Ok(Service::open(
        config,
        ServerKeys::from_random(&random),
        Arc::new(now),
    )?)
}
