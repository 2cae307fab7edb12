//! A server with its clock, and the gacha that the tests work in.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use itgel_domain::case::cycle::Cycle;
use itgel_domain::case::{CaseState, Step};
use itgel_domain::file::chain::DeviceSigner as _;
use itgel_domain::id::OfficerId;
use itgel_domain::policy::Actor;
use itgel_domain::subject::{Grade, Subject, SubjectKind};
use itgel_domain::time::AtMs;
use itgel_fixtures::{Banner, Gacha, Household, SampleSize, registers as sample_registers};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::process::{self, Countersigned, StepRequest, Stepped};
use itgel_server::store::case::CaseRow;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, ServiceError, auth, registers, rules, setup, store};
use jiff::civil::{Date, date};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::collector::Collector;
use super::staff::{device_id, device_of, request, signer_of, staff};

/// The day on which the world begins: a Thursday, in the season in which fodder is assessed.
pub(crate) const TODAY: Date = date(2026, 10, 15);

const DAY_MS: i64 = 86_400_000;

/// A server with its clock, and the gacha that the tests work in.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) banner: Banner,
    pub(crate) gacha: Gacha,
    pub(crate) cycle: Cycle,
    pub(crate) households: Vec<Household>,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
}

impl World {
    /// A gacha with at least `count` households, everybody in office, nobody visited.
    pub(crate) fn with_households(count: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(AtMs::start_of(TODAY).0 + 10 * 3_600_000));
        let shown = Arc::clone(&clock);
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: "http://localhost".into(),
            database: folder.path().join("itgel.db"),
            keys: folder.path().join("keys.toml"),
            readers: 2,
            metrics_listen: None,
            retired_key_days: RetiredKeyDays::default(),
            limits: itgel_server::limits::LimitsConfig::default(),
            sample: SampleConfig::default(),
        };
        let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
        let keys = ServerKeys::from_random(&random);
        let now = Arc::new(move || AtMs(shown.load(Ordering::SeqCst)));
        let service = Service::open(config, keys, now).unwrap();
        let (banner, gacha) = drawn(count);
        let collector: OfficerId = "c-1".parse().unwrap();
        let numbers = gacha.first..gacha.first + gacha.households;
        let households = numbers
            .take(count as usize)
            .map(|number| Household::draw(&banner, &gacha, number, TODAY, &collector))
            .collect();
        let cycle = banner.cycle(TODAY);
        let world = Self {
            service,
            banner,
            gacha,
            cycle,
            households,
            clock,
            _folder: folder,
        };
        world.set_up();
        world
    }

    pub(crate) fn now(&self) -> AtMs {
        self.service.now()
    }

    pub(crate) fn pass_days(&self, days: i64) {
        self.clock.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }

    /// Runs `work` as one transaction.
    pub(crate) fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Service, &store::Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        self.service.transact("test", work)
    }

    /// Households that nothing sets apart.
    pub(crate) fn plain(&self) -> Vec<Household> {
        let plain = self.households.iter().filter(|h| h.twist.is_none());
        plain.cloned().collect()
    }

    pub(crate) fn officer(&self, id: &str) -> Actor {
        let id = id.parse().unwrap();
        self.service
            .store
            .read(|c| auth::officer_actor(c, &id))
            .unwrap()
    }

    pub(crate) fn case(&self, household: &Household) -> CaseRow {
        self.find_case(household).expect("the case is open")
    }

    pub(crate) fn find_case(&self, household: &Household) -> Option<CaseRow> {
        let (subject, cycle) = (&household.subject, &self.cycle.id);
        let read = |c: &_| store::case::get_of(c, subject, cycle).map_err(ServiceError::from);
        self.service.store.read(read).unwrap()
    }

    pub(crate) fn state(&self, household: &Household) -> CaseState {
        self.case(household).case.state()
    }

    /// Asks for a step as `officer`, having read the case just now.
    pub(crate) fn step(
        &self,
        officer: &str,
        household: &Household,
        step: Step,
    ) -> Result<Stepped, ServiceError> {
        let case = self.case(household).case;
        self.request(officer, request(case.id.clone(), case.version(), step))
    }

    pub(crate) fn request(
        &self,
        officer: &str,
        request: StepRequest,
    ) -> Result<Stepped, ServiceError> {
        let actor = self.officer(officer);
        self.transact(move |service, tx| {
            process::step(service, tx, &actor, &request, service.now())
        })
    }

    pub(crate) fn publish(&self, officer: &str) -> Result<process::Publication, ServiceError> {
        let (actor, division, cycle) = (
            self.officer(officer),
            self.gacha.code,
            self.cycle.id.clone(),
        );
        self.transact(move |service, tx| {
            process::publish_gacha(service, tx, &actor, division, &cycle, service.now())
        })
    }

    /// Everything that was written to the audit log under `action`.
    pub(crate) fn audit(&self, action: &str) -> Vec<store::log::AuditRow> {
        let read = |c: &_| store::log::list_audit(c, 0, 100_000).map_err(ServiceError::from);
        let rows = self.service.store.read(read).unwrap();
        rows.into_iter()
            .filter(|row| row.action == action)
            .collect()
    }

    /// Leads visited households to ratings in effect: ballots, review, publicity, approval.
    pub(crate) fn rate(&self, team: &mut Collector, households: &[Household]) {
        for household in households {
            team.hold_evaluation(self, household);
        }
        self.rate_on(households);
    }

    /// The same from the pre-rating on.
    pub(crate) fn rate_on(&self, households: &[Household]) {
        for household in households {
            self.step("r-1", household, Step::Review).unwrap();
        }
        self.publish("r-1").unwrap();
        self.pass_days(12);
        process::run_periods(&self.service, self.now()).unwrap();
        for household in households {
            self.approve(household);
        }
    }

    pub(crate) fn approve(&self, household: &Household) {
        let effective_on = self.now().on();
        let valid_to = effective_on.saturating_add(jiff::Span::new().years(1));
        self.step(
            "a-1",
            household,
            Step::Approve {
                effective_on,
                valid_to,
            },
        )
        .unwrap();
    }

    /// Moves a computed grade, with both reviewers' signatures.
    pub(crate) fn override_grade(&self, household: &Household, grade: Grade) {
        let case = self.case(household).case;
        let step = Step::Override {
            grade,
            second: "r-2".parse().unwrap(),
        };
        let mut asked = request(case.id.clone(), case.version(), step);
        let message = process::override_message(&case.id, case.version(), grade, &asked.reason);
        let signature = data_encoding::HEXLOWER.encode(&signer_of("r-2").sign(&message));
        asked.countersignature = Some(Countersigned {
            device: device_id("r-2"),
            signature,
        });
        self.request("r-1", asked).unwrap();
    }

    fn set_up(&self) {
        let gacha = self.gacha.code;
        let banner = self.banner.clone();
        let cycle = self.cycle.clone();
        let subjects: Vec<(Subject, Vec<_>)> = self
            .households
            .iter()
            .map(|household| {
                let subject = Subject {
                    id: household.subject.clone(),
                    kind: SubjectKind::Household,
                    division: gacha,
                    local_code: household.local_code.clone(),
                };
                (
                    subject,
                    sample_registers::of_household(household, gacha, TODAY),
                )
            })
            .collect();
        self.transact(move |service, tx| {
            let now = service.now();
            rules::seed(service, tx, now)?;
            process::seed_calendars(service, tx, now)?;
            for division in &banner.divisions {
                registers::put_division(service, tx, division)?;
            }
            setup::add_cycle(tx, &cycle)?;
            for (subject, rows) in &subjects {
                registers::put_subject(service, tx, subject)?;
                for row in rows {
                    registers::put(service, tx, row, "test", now)?;
                }
            }
            for row in sample_registers::of_banner(&banner, TODAY) {
                registers::put(service, tx, &row, "test", now)?;
            }
            for (officer, role, division) in staff(gacha, banner.code) {
                let id: OfficerId = officer.parse().unwrap();
                let record = OfficerRecord {
                    id,
                    name: officer.clone(),
                    division,
                };
                setup::add_officer(tx, &record, &[(role, division)])?;
                store::device::put(tx, &device_of(&officer))?;
            }
            Ok(())
        })
        .unwrap();
    }
}

/// The smallest sample whose first gacha has so many households.
fn drawn(count: u32) -> (Banner, Gacha) {
    (1..200)
        .map(|n| {
            Banner::draw(SampleSize {
                households: count * n,
                seed: 7,
            })
            .unwrap()
        })
        .find_map(|banner| {
            let gacha = banner
                .gachas
                .first()
                .filter(|gacha| gacha.households >= count)?
                .clone();
            Some((banner, gacha))
        })
        .unwrap()
}
