//! A running server with the sample banner, over real HTTP, under a clock that the test moves.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use itgel::client::Server;
use itgel::hosted::Hosted;
use itgel::init;
use itgel::sample::{self, Sample, SampleOrder};
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::{CycleId, LenderId, OfficerId};
use itgel_domain::log;
use itgel_domain::time::AtMs;
use itgel_fixtures::{Banner, Gacha, Household, SampleSize};
use itgel_server::store::log::AuditRow;
use itgel_server::{Clock, Service, jobs, store, sync};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use serde_json::json;
use tempfile::TempDir;

use crate::actor::{Collector, Lender, Office};

/// The day on which every world begins: no holiday is near.
pub const FIRST_DAY: Date = date(2026, 7, 6);

/// How often to look whether something has happened, and for how long between.
const LOOKS: usize = 600;
const BETWEEN: Duration = Duration::from_millis(50);

/// Most rounds of due jobs while a world stops: a job that always comes back is a fault.
const ROUNDS: usize = 100;

/// A server with the sample banner. When it is dropped, the server stops, no job that was due may
/// be left or have failed, the log and the audit rows must verify, and no alarm may be in them.
pub struct World {
    /// The server's own service, for what only an auditor at the machine sees.
    pub service: Service,
    /// What the database was filled with.
    pub sample: Sample,
    /// The campaign.
    pub cycle: Cycle,
    // Stopped before its folder goes.
    hosted: Hosted,
    keys_given: AtomicU8,
    folder: TempDir,
}

impl World {
    /// A server with so many households in its banner and two field teams.
    #[must_use]
    pub fn with_households(households: u32) -> Self {
        Self::with_fleet(households, 2)
    }

    /// A server with so many households in its banner and so many field teams.
    #[must_use]
    pub fn with_fleet(households: u32, devices: u32) -> Self {
        Self::with_parted(households, devices, 1)
    }

    /// The same, with each gacha of the sample divided into `parts`: a large fleet then has
    /// gachas of the usual size, and not dozens of teams in one of them.
    #[must_use]
    pub fn with_parted(households: u32, devices: u32, parts: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let mut hosted = Hosted::prepare(&folder.path().join("server"), FIRST_DAY).unwrap();
        let order = SampleOrder {
            size: SampleSize {
                households,
                seed: 7,
            },
            devices,
            observed_on: FIRST_DAY,
        };
        let banner = Banner::draw_parted(order.size, parts).unwrap();
        let sample = sample::make_in(&hosted.service, banner, order).unwrap();
        hosted.serve().unwrap();
        Self {
            service: hosted.service.clone(),
            cycle: sample.banner.cycle(FIRST_DAY),
            sample,
            hosted,
            keys_given: AtomicU8::new(0),
            folder,
        }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> AtMs {
        self.hosted.now()
    }

    /// The present day.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now().on()
    }

    /// The clock, to be read.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.hosted.clock()
    }

    /// Lets time pass until nine o'clock on `day`.
    pub fn wait_until(&self, day: Date) {
        self.hosted.wait_until(day).unwrap();
    }

    /// Lets so much time pass.
    pub fn pass_ms(&self, ms: i64) {
        self.hosted.pass_ms(ms);
    }

    /// The server as a client sees it.
    #[must_use]
    pub fn server(&self) -> Server {
        self.hosted.server()
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> &str {
        self.hosted.address()
    }

    /// Stops the server, so that another program can go on with its database and its address.
    pub(crate) fn hand_over(&self) {
        self.hosted.stop().unwrap();
    }

    /// Does what is due, after nobody else has served this database any more.
    pub(crate) fn settle(&self) {
        self.hosted.settle().unwrap();
    }

    /// The settings of the server.
    pub(crate) fn settings(&self) -> std::path::PathBuf {
        self.path("server").join(init::CONFIG)
    }

    /// A file in the folder of the test.
    #[must_use]
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The campaign's identifier.
    #[must_use]
    pub const fn cycle(&self) -> &CycleId {
        &self.cycle.id
    }

    /// The gacha in which the tests' households live: the second team's own, and the first
    /// team's for second visits.
    #[must_use]
    pub fn gacha(&self) -> &Gacha {
        let shared = self.sample.teams[0].second_visits[0];
        &self.sample.banner.gachas[shared]
    }

    /// Its township.
    #[must_use]
    pub fn township(&self) -> DivisionCode {
        self.gacha().code.ancestor(DivisionLevel::Township).unwrap()
    }

    /// The households of that gacha.
    #[must_use]
    pub fn households(&self) -> &[Household] {
        let (first, count) = (
            self.gacha().first as usize,
            self.gacha().households as usize,
        );
        &self.sample.households[first..first + count]
    }

    /// The field team of that gacha, with its new device.
    #[must_use]
    pub fn home_team(&self) -> Collector {
        Collector::enrol(self, &self.sample.teams[1])
    }

    /// The team that makes second visits there, with its new device.
    #[must_use]
    pub fn visiting_team(&self) -> Collector {
        Collector::enrol(self, &self.sample.teams[0])
    }

    /// The reviewer of the gacha's township.
    #[must_use]
    pub fn reviewer(&self) -> Office {
        let township = self.township();
        let seat = self
            .sample
            .reviewers
            .iter()
            .find(|seat| seat.division == township);
        Office::enrol(self, seat.unwrap())
    }

    /// The approver of the banner.
    #[must_use]
    pub fn approver(&self) -> Office {
        Office::enrol(self, &self.sample.approver)
    }

    /// The administrator of the banner.
    #[must_use]
    pub fn administrator(&self) -> Office {
        Office::enrol(self, &self.sample.administrator)
    }

    /// The rural credit cooperative.
    #[must_use]
    pub fn lender(&self) -> Lender {
        Lender::sign_in(self)
    }

    /// A lender beside it: with a key of its own, known to the server or not.
    #[must_use]
    pub fn lender_with_key(&self, lender: &LenderId, key: &str) -> Lender {
        Lender::sign_in_as(self, lender, key)
    }

    /// A member of the group of the gacha (嘎查初评组), with a new device.
    #[must_use]
    pub fn group(&self) -> Collector {
        let gacha = self.gacha().code;
        let mut seats = self.sample.village_groups.iter();
        Collector::alone(self, seats.find(|seat| seat.division == gacha).unwrap())
    }

    /// The evaluators of the gacha.
    pub fn evaluators(&self) -> impl Iterator<Item = OfficerId> + '_ {
        (0..sample::EVALUATORS).map(|number| sample::evaluator(self.gacha().code, number))
    }

    /// Leads a household of the gacha that was visited to a rating in effect: ballots, review,
    /// publicity, approval.
    pub fn rate(
        &self,
        team: &Collector,
        household: &Household,
        (reviewer, approver): (&Office, &Office),
    ) {
        let gacha = self.gacha().code;
        team.collect_ballots(household, self.evaluators());
        team.synchronise();
        let case = reviewer.case_of(household, gacha);
        assert_eq!(case["state"], "pre_rated");
        reviewer.step(&case, &json!({ "step": "review" })).unwrap();
        reviewer.publish(gacha);
        let board = reviewer.publicity(gacha);
        let closes_on: Date = board[0]["closes_on"].as_str().unwrap().parse().unwrap();
        self.wait_until(closes_on.saturating_add(1.day()));
        self.until("the end of the publicity", || {
            approver.approve(self, household).ok()
        });
    }

    /// Looks again and again until there is something to see.
    ///
    /// # Panics
    /// If nothing comes: what is waited for is done by the server's job loop within a second.
    pub fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        for _ in 0..LOOKS {
            if let Some(seen) = look() {
                return seen;
            }
            std::thread::park_timeout(BETWEEN);
        }
        panic!("waited in vain for {what}")
    }

    /// A secret that no other actor of this world has.
    pub(crate) fn new_secret(&self) -> [u8; 32] {
        [self.keys_given.fetch_add(1, Ordering::SeqCst) + 1; 32]
    }

    fn stop(&mut self) {
        self.until("the due jobs", || {
            let due = self
                .service
                .store
                .read(|c| store::job::count_due(c, self.now()));
            (due.unwrap() == 0).then_some(())
        });
        self.hosted.stop().unwrap();
        // The clock goes on: what came due since is done as at the next start.
        let is_done = (0..ROUNDS).any(|_| jobs::run_due(&self.service).unwrap() == 0);
        assert!(is_done, "jobs are due again and again");
        let failed = self.service.store.read(store::job::list_failed).unwrap();
        assert_eq!(failed, [], "jobs failed");
    }

    /// What an auditor does: the signed checkpoint is the root over all leaves, computed from
    /// scratch, and no number of an audit row is missing.
    fn audit(&self) {
        let signed = sync::checkpoint(&self.service, self.now()).unwrap();
        let key = self.service.keys.public_key();
        signed.checkpoint.verify(&key, &signed.signature).unwrap();
        let leaves = self
            .service
            .store
            .read(|c| store::log::list_leaves(c, 0))
            .unwrap();
        assert_eq!(signed.checkpoint.size, leaves.len() as u64);
        assert_eq!(
            signed.checkpoint.root,
            log::root_of(&leaves),
            "the log was rewritten"
        );
        let rows = self
            .service
            .store
            .read(|c| store::log::list_audit(c, 0, u32::MAX))
            .unwrap();
        let numbers = rows.iter().map(|row| row.n);
        assert!(numbers.eq(1..=rows.len() as u64), "an audit row is missing");
        let check = itgel_server::log_check::verify(&self.service).unwrap();
        assert_eq!(check.faults, [], "log and rows do not fit");
        let alarms = rows.iter().filter(|row| row.action.starts_with("alarm."));
        assert_eq!(alarms.collect::<Vec<_>>(), Vec::<&AuditRow>::new());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A test that failed has said why; nothing is added to it.
        if !std::thread::panicking() {
            self.stop();
            self.audit();
        }
    }
}
