//! A server with two gachas and the people who enter tables and put them into force.

use std::sync::Arc;

use itgel_domain::case::Role;
use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::division::{Division, DivisionCode};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::{CycleId, ImportId};
use itgel_domain::identity::IdentityRecord;
use itgel_domain::policy::Actor;
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use itgel_server::config::Config;
use itgel_server::import::{self, BatchView, Entered, Entering, FaultLine};
use itgel_server::keys::ServerKeys;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::store::{self, Tx};
use itgel_server::table::Options;
use itgel_server::{Service, ServiceError, auth, contents, fold, registers, rules, setup};
use jiff::civil::date;
use zeroize::Zeroizing;

pub(crate) const BANNER: &str = "150623";
pub(crate) const TOWNSHIP: &str = "150623200";
pub(crate) const GACHA: &str = "150623200201";
pub(crate) const NEIGHBOUR: &str = "150623200202";
pub(crate) const ELSEWHERE: &str = "150624200201";

/// Where the tables of these tests come from.
pub(crate) const SOURCE: &str = "示例旗农牧局 示例〔2026〕1号";

pub(crate) struct World {
    pub(crate) service: Service,
    _folder: tempfile::TempDir,
}

pub(crate) fn code(text: &str) -> DivisionCode {
    text.parse().unwrap()
}

pub(crate) fn cycle() -> CycleId {
    "2026".parse().unwrap()
}

impl World {
    /// A new server on 1 November 2026 at eight in the morning.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "listen = '127.0.0.1:0'\npublic_url = 'https://itgel.example'\n\
             database = '{}'\nkeys = '{}'\n",
            folder.path().join("itgel.db").display(),
            folder.path().join("keys.toml").display()
        );
        let keys = [[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]];
        let keys = ServerKeys::from_random(&Zeroizing::new(keys));
        let now = AtMs(AtMs::start_of(date(2026, 11, 1)).0 + 8 * 3_600_000);
        let service =
            Service::open(Config::parse(&text).unwrap(), keys, Arc::new(move || now)).unwrap();
        let world = Self {
            service,
            _folder: folder,
        };
        world.write(|service, tx| {
            rules::seed(service, tx, service.now())?;
            for (code, name) in [
                (BANNER, "示例旗"),
                (TOWNSHIP, "示例苏木"),
                (GACHA, "示例嘎查"),
                (NEIGHBOUR, "邻嘎查示例"),
                (ELSEWHERE, "外旗嘎查示例"),
            ] {
                registers::put_division(service, tx, &division(code, name))?;
            }
            setup::add_cycle(tx, &campaign())?;
            for (officer, role, place) in [
                ("clerk", Role::Administrator, BANNER),
                ("second", Role::Administrator, BANNER),
                ("approver", Role::Approver, BANNER),
                ("collector", Role::Collector, GACHA),
            ] {
                let record = OfficerRecord {
                    id: officer.parse().unwrap(),
                    name: officer.to_owned(),
                    division: code(place),
                };
                setup::add_officer(tx, &record, &[(role, code(place))])?;
            }
            Ok(())
        });
        world
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Service, &Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> T {
        self.service.transact("test", work).unwrap()
    }

    pub(crate) fn officer(&self, id: &str) -> Actor {
        let id = id.parse().unwrap();
        let read = |c: &_| auth::officer_actor(c, &id);
        self.service.store.read(read).unwrap()
    }

    /// Enters a table as the clerk.
    pub(crate) fn enter(&self, kind: &str, bytes: Vec<u8>) -> Result<Entered, ServiceError> {
        self.enter_as("clerk", &entering(kind, bytes))
    }

    pub(crate) fn enter_as(
        &self,
        officer: &str,
        entering: &Entering,
    ) -> Result<Entered, ServiceError> {
        let actor = self.officer(officer);
        import::enter(&self.service, &actor, entering, &mut |_| ())
    }

    /// Puts a batch into force as the second administrator.
    pub(crate) fn activate(&self, id: &ImportId) -> BatchView {
        self.activate_as("second", id).unwrap()
    }

    pub(crate) fn activate_as(
        &self,
        officer: &str,
        id: &ImportId,
    ) -> Result<BatchView, ServiceError> {
        let actor = self.officer(officer);
        import::activate(&self.service, &actor, id, &mut |_| ())
    }

    /// Enters a table of which every row is good and puts it into force.
    pub(crate) fn put(&self, kind: &str, bytes: Vec<u8>) -> BatchView {
        let entered = self.enter(kind, bytes).unwrap().batch;
        assert_eq!(entered.refused, 0, "{:?}", self.faults(&entered.id));
        let active = self.activate(&entered.id);
        assert_eq!(active.failed, 0, "{:?}", self.faults(&entered.id));
        active
    }

    pub(crate) fn faults(&self, id: &ImportId) -> Vec<FaultLine> {
        let actor = self.officer("clerk");
        let read = |c: &_| import::report_page(c, &actor, id, 0, 10_000);
        self.service.store.read(read).unwrap().0
    }

    /// Row, column and code of each fault.
    pub(crate) fn told(&self, id: &ImportId) -> Vec<(u32, String, &'static str)> {
        let lines = self.faults(id).into_iter();
        let told = |line: FaultLine| (line.row, line.fault.column, line.fault.code.as_str());
        lines.map(told).collect()
    }

    pub(crate) fn household(&self, gacha: &str, number: &str) -> Option<Subject> {
        let kind = SubjectKind::Household;
        let read = |c: &_| store::subject::find_by_code(c, code(gacha), kind, number);
        self.service.store.read(read).unwrap()
    }

    pub(crate) fn facts(&self, subject: &Subject) -> FileFacts {
        let read = |c: &_| fold::facts(c, &subject.id);
        self.service.store.read(read).unwrap()
    }

    pub(crate) fn identity(&self, subject: &Subject) -> IdentityRecord {
        let read = |c: &_| contents::identity(&self.service, c, &subject.id);
        self.service.store.read(read).unwrap().unwrap()
    }

    pub(crate) fn rows(&self, place: &str) -> Vec<RegisterRow> {
        let read = |c: &_| store::register::list_about(c, code(place), None);
        self.service.store.read(read).unwrap()
    }

    /// How far the lists of the gachas and the log are: equal if nothing was written.
    pub(crate) fn marks(&self) -> (u64, u64, usize) {
        self.service
            .store
            .read(|c| {
                let list = |place| store::list::end(c, code(place)).map(|end| end.position);
                let leaves = store::log::list_leaves(c, 0)?.len();
                Ok::<_, store::StoreError>((list(GACHA)?, list(NEIGHBOUR)?, leaves))
            })
            .unwrap()
    }
}

pub(crate) fn entering(kind: &str, bytes: Vec<u8>) -> Entering {
    Entering {
        kind: kind.to_owned(),
        bytes,
        options: Options::default(),
        source: SOURCE.to_owned(),
        cycle: None,
        check_only: false,
    }
}

/// A CSV file in UTF-8.
pub(crate) fn csv(lines: &[&str]) -> Vec<u8> {
    let mut text = lines.join("\n");
    text.push('\n');
    text.into_bytes()
}

/// A valid resident ID number with a running number.
pub(crate) fn id_number(number: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let (day, serial) = (number / 999, number % 999 + 1);
    let body = format!(
        "1506231970{:02}{:02}{serial:03}",
        day / 28 + 1,
        day % 28 + 1
    );
    let digits = body.chars().map(|c| c.to_digit(10).unwrap());
    let sum: u32 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    format!("{body}{}", CHECKS[(sum % 11) as usize])
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

fn division(text: &str, name: &str) -> Division {
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
