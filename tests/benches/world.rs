//! A server over a database in a temporary folder, with one gacha of the sample banner, a
//! collector, a second officer and evaluators.

use std::sync::Arc;

use itgel_domain::case::Role;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite};
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::pack::{Parameters, RulePack, shipped};
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use itgel_fixtures::{Banner, Gacha, Household, SampleSize, registers as sample};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::ServerKeys;
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
    /// All register rows.
    pub(crate) rows: Vec<RegisterRow>,
    pub(crate) folder: TempDir,
}

impl World {
    /// A gacha with so many households, everybody in office, nobody visited.
    pub(crate) fn with_households(count: u32) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let service = open(&folder)?;
        let (banner, gacha) = drawn(count)?;
        let collector: OfficerId = COLLECTOR.parse()?;
        let draw = |number| Household::draw(&banner, &gacha, number, TODAY, &collector);
        let households: Vec<_> = (gacha.first..gacha.first + count).map(draw).collect();
        let of_households = households
            .iter()
            .flat_map(|h| sample::of_household(h, gacha.code, TODAY));
        let rows = sample::of_banner(&banner, TODAY)
            .into_iter()
            .chain(of_households)
            .collect();
        let world = Self {
            service,
            cycle: banner.cycle(TODAY),
            gacha,
            households,
            rows,
            folder,
        };
        world.set_up(banner)?;
        Ok(world)
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
        let end = |c: &_| store::list::end(c, self.gacha.code).map_err(ServiceError::from);
        Ok(self.service.store.read(end)?.position)
    }

    fn set_up(&self, banner: Banner) -> Outcome<()> {
        let people = self.people(&banner)?;
        let subjects: Vec<Subject> = self
            .households
            .iter()
            .map(|h| subject(h, &self.gacha))
            .collect();
        let (rows, cycle) = (self.rows.clone(), self.cycle.clone());
        self.transact(move |service, tx| {
            rules::seed(service, tx, now())?;
            process::seed_calendars(tx, now())?;
            for division in &banner.divisions {
                registers::put_division(service, tx, division)?;
            }
            setup::add_cycle(tx, &cycle)?;
            for subject in &subjects {
                registers::put_subject(service, tx, subject)?;
            }
            for row in &rows {
                registers::put(service, tx, row, "bench", now())?;
            }
            for (officer, role, device) in &people {
                setup::add_officer(tx, officer, &[(*role, officer.division)])?;
                store::device::put(tx, device)?;
            }
            Ok(())
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
                self.gacha.code
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
        sample: SampleConfig::default(),
    };
    let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
    Ok(Service::open(
        config,
        ServerKeys::from_random(&random),
        Arc::new(now),
    )?)
}
