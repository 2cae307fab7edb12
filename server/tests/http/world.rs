//! A running server, its clock and its clients.

mod client;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::time::AtMs;
use itgel_fixtures::{Banner, SampleSize};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::store::lender::LenderRecord;
use itgel_server::store::log::AuditRow;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, auth, routes, setup, store};
use jiff::civil::{Date, date};
use tempfile::TempDir;
use tokio::sync::oneshot;

pub(crate) use client::{Answer, Seat, fresh, jwt};

/// The day on which the tests begin.
pub(crate) const TODAY: Date = date(2026, 6, 10);

/// The lender that has a contract, and the seed of its key.
pub(crate) const LENDER: &str = "rcc-1";

const LENDER_SEED: [u8; 32] = [0x4c; 32];

/// Another lender with the same contract.
pub(crate) const OTHER_LENDER: &str = "rcc-2";

/// A server; it stops when this is dropped.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) banner: Banner,
    pub(crate) base: String,
    clock: Arc<AtomicI64>,
    agent: ureq::Agent,
    /// The key of every device token that was given here: writes carry a proof of it.
    keys: Mutex<HashMap<String, [u8; 32]>>,
    nonce: Mutex<String>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    listener: Option<std::net::TcpListener>,
    pub(crate) dir: TempDir,
}

impl World {
    /// A server with a banner, officers and two lenders, and no data yet.
    pub(crate) fn new() -> Self {
        let mut world = Self::prepared();
        world.start();
        world
    }

    /// The same, not yet serving: what tests prepare in the service itself is not disturbed by
    /// its job loop.
    pub(crate) fn prepared() -> Self {
        Self::with_quota(20)
    }

    /// The same with contracts that allow so many queries a day.
    pub(crate) fn with_quota(quota: u32) -> Self {
        Self::laid_out(quota, false)
    }

    /// The same with its figures on a listener of their own.
    pub(crate) fn with_metrics() -> Self {
        Self::laid_out(1_000, true)
    }

    fn laid_out(quota: u32, has_metrics: bool) -> Self {
        let dir = TempDir::new().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // The port that was just given, at an address where nobody else asks for one.
        let beside = SocketAddr::from(([127, 0, 0, 2], address.port()));
        let base = format!("http://{address}");
        let config = Config {
            listen: address,
            public_url: base.clone(),
            database: dir.path().join("itgel.db"),
            keys: dir.path().join("keys.toml"),
            readers: 2,
            metrics_listen: has_metrics.then_some(beside),
            retired_key_days: RetiredKeyDays::default(),
            limits: itgel_server::limits::LimitsConfig::default(),
            sample: SampleConfig::default(),
        };
        let clock = Arc::new(AtomicI64::new(
            AtMs::start_of(TODAY).plus_ms(9 * 3_600_000).0,
        ));
        let reading = Arc::clone(&clock);
        let now = Arc::new(move || AtMs(reading.load(Ordering::SeqCst)));
        let service = Service::open(config, keys(), now).unwrap();
        let banner = Banner::draw(SampleSize {
            households: 60,
            seed: 7,
        })
        .unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A refusal may come before the body was read, and the connection ends with it.
            .max_idle_connections(0)
            .build()
            .into();
        let world = Self {
            service,
            banner,
            base,
            clock,
            agent,
            keys: Mutex::default(),
            nonce: Mutex::default(),
            running: None,
            listener: Some(listener),
            dir,
        };
        world.furnish(quota);
        world
    }

    /// Begins to serve.
    pub(crate) fn start(&mut self) {
        let listener = self.listener.take().unwrap();
        listener.set_nonblocking(true).unwrap();
        let service = self.service.clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let told = async { drop(stopped.await) };
                routes::serve(listener, service, told).await.unwrap();
            });
        });
        self.running = Some((stop, thread));
    }

    fn furnish(&self, quota: u32) {
        let divisions = self.banner.divisions.clone();
        let cycle = self.banner.cycle(TODAY);
        let now = self.service.now();
        let lenders = [(LENDER, LENDER_SEED), (OTHER_LENDER, [0x4d; 32])].map(|(id, seed)| {
            let key = SoftwareSigner::from_secret(&seed).public_key();
            let record = LenderRecord {
                id: id.parse().unwrap(),
                name: "示例农村信用合作联社".into(),
                name_mn: String::new(),
                valid_from: date(2020, 1, 1),
                valid_to: None,
                division: self.banner.code,
                purposes: vec![Purpose::LoanDecision, Purpose::LoanReview],
                daily_quota: quota,
            };
            let pem = auth::key::to_pem(key.as_slice().try_into().unwrap());
            (record, pem)
        });
        self.service
            .transact("test.furnish", move |service, tx| {
                for division in &divisions {
                    itgel_server::registers::put_division(service, tx, division)?;
                }
                itgel_server::rules::seed(service, tx, now)?;
                setup::add_cycle(tx, &cycle)?;
                lenders.iter().try_for_each(|(lender, pem)| {
                    setup::add_lender(tx, lender, TODAY)?;
                    setup::add_lender_key(tx, &lender.id, pem, now)
                })
            })
            .unwrap();
        let (gacha, township) = (self.gacha(), self.township());
        for (officer, role, division) in [
            ("collector", Role::Collector, gacha),
            ("second", Role::Collector, gacha),
            ("group", Role::VillageGroup, gacha),
            ("reviewer", Role::Reviewer, township),
            ("approver", Role::Approver, self.banner.code),
            ("administrator", Role::Administrator, self.banner.code),
            ("objections", Role::ObjectionOfficer, self.banner.code),
            ("other-approver", Role::Approver, self.banner.code),
            ("stranger", Role::Collector, self.other_gacha()),
        ] {
            self.add_officer(officer, role, division);
        }
        for number in 0..6 {
            self.add_officer(&format!("evaluator-{number}"), Role::Evaluator, gacha);
        }
    }

    fn add_officer(&self, id: &str, role: Role, division: DivisionCode) {
        let record = OfficerRecord {
            id: id.parse().unwrap(),
            name: format!("示例 {id}"),
            division,
        };
        self.service
            .transact("test.officer", move |_, tx| {
                setup::add_officer(tx, &record, &[(role, division)])
            })
            .unwrap();
    }

    /// The gacha in which the tests' household lives.
    pub(crate) fn gacha(&self) -> DivisionCode {
        self.banner.gachas[0].code
    }

    /// Its township.
    pub(crate) fn township(&self) -> DivisionCode {
        self.gacha().ancestor(DivisionLevel::Township).unwrap()
    }

    /// A gacha of another township.
    pub(crate) fn other_gacha(&self) -> DivisionCode {
        let mut gachas = self.banner.gachas.iter().map(|gacha| gacha.code);
        gachas
            .find(|code| !self.township().contains(*code))
            .unwrap()
    }

    /// Moves the clock.
    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// A code for a new device of an officer.
    pub(crate) fn code_for(&self, officer: &str) -> String {
        let operator = setup::operator(self.banner.code);
        let officer = officer.parse().unwrap();
        let confirmation = auth::Confirmation::AtTheMachine;
        let now = self.service.now();
        let invitation =
            auth::issue_enrolment(&self.service, &operator, &officer, confirmation, now);
        invitation.unwrap().code
    }

    /// The audit rows of an action.
    pub(crate) fn audited(&self, action: &str) -> Vec<AuditRow> {
        let read = self
            .service
            .store
            .read(|c| store::log::list_audit(c, 0, 10_000));
        let mut rows = read.unwrap();
        rows.retain(|row| row.action == action);
        rows
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            if thread.join().is_err() && !std::thread::panicking() {
                panic!("the server ended with a panic");
            }
        }
    }
}

/// The keys of the server.
pub(crate) fn keys() -> ServerKeys {
    let seeds = std::array::from_fn(|n| [u8::try_from(n).unwrap() + 1; 32]);
    ServerKeys::from_random(&zeroize::Zeroizing::new(seeds))
}

/// The seed of the lender's key.
pub(crate) const fn lender_seed() -> [u8; 32] {
    LENDER_SEED
}
