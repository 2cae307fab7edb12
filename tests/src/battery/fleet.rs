//! R18: a whole fleet comes back from the field within minutes, over real HTTP.
//!
//! Server and phones are in one process here, so the memory that is told is an upper bound of the
//! server's.

use std::sync::Mutex;
use std::time::Duration;

use itgel::demo::plan::{Visit, plan};
use itgel::sample;
use itgel_device::RecordState;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{Row, Size, Watch, peak_memory_kib, reset_peak_memory};
use crate::link::TimedLink;
use crate::{Collector, World};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R18",
    what: "200 devices with 500 records each come back within five minutes",
    figure: "95 of 100 receipts within a second, every record received, memory below 512 MB",
    run: storm,
}];

/// Records that a household makes: who they are, the sealed visit, a ballot of each evaluator.
const RECORDS: u64 = 2 + sample::EVALUATORS as u64;

/// How big a fleet is, and how many minutes it takes to come back.
struct Fleet {
    devices: u32,
    households: u32,
    window: Duration,
}

fn storm(size: Size) -> Vec<String> {
    let fleet = size.pick(
        Fleet {
            devices: 10,
            households: 12,
            window: Duration::from_secs(3),
        },
        Fleet {
            devices: 200,
            households: 72,
            window: Duration::from_secs(300),
        },
    );
    let world = World::with_fleet(fleet.devices * fleet.households, fleet.devices);
    let visits = plan(&world.sample);
    let crews = world.sample.teams.iter().zip(&visits);
    let crews: Vec<(Collector, &Vec<Visit<'_>>)> = crews
        .map(|(team, visits)| (Collector::enrol(&world, team), visits))
        .collect();
    for (crew, visits) in &crews {
        crew.synchronise();
        days_without_signal(crew, visits);
    }
    reset_peak_memory();
    let watch = Watch::start();
    let times = come_back(&crews, fleet.window);
    let took = watch.elapsed();
    let (records, received) = crews.iter().fold((0, 0), |sum, (crew, visits)| {
        let (records, received) = counted(crew, visits);
        (sum.0 + records, sum.1 + received)
    });
    assert_eq!(records, received, "records without a receipt");
    verdict(size, &times, records, took)
}

/// Every household of the team identified, visited, sealed and voted on.
pub(super) fn days_without_signal(crew: &Collector, visits: &[Visit<'_>]) {
    for visit in visits.iter().filter(|visit| !visit.is_second) {
        crew.identify(visit.household);
        crew.visit(visit.household, &visit.household.found);
        let evaluators = (0..sample::EVALUATORS).map(|n| sample::evaluator(visit.gacha.code, n));
        crew.collect_ballots(visit.household, evaluators);
    }
}

/// All synchronise, each at a random moment of the window; how long each receipt took.
fn come_back(crews: &[(Collector, &Vec<Visit<'_>>)], window: Duration) -> Vec<Duration> {
    let mut random = ChaCha8Rng::seed_from_u64(18);
    let times = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (crew, _) in crews {
            let starts = window.mul_f64(random.random());
            let times = &times;
            scope.spawn(move || {
                wait(starts);
                let link = TimedLink::new(&crew.link);
                crew.synchronise_over(&link).unwrap();
                times.lock().unwrap().extend(link.into_receipt_times());
            });
        }
    });
    let mut times = times.into_inner().unwrap();
    times.sort_unstable();
    times
}

/// Records that a team made, and those that are green.
fn counted(crew: &Collector, visits: &[Visit<'_>]) -> (u64, u64) {
    let first = visits.iter().filter(|visit| !visit.is_second);
    first.fold((0, 0), |(made, green), visit| {
        let records = crew.records(visit.household);
        let received = records
            .iter()
            .filter(|r| matches!(r.state, RecordState::Received { .. }));
        (made + RECORDS, green + received.count() as u64)
    })
}

fn verdict(size: Size, times: &[Duration], records: u64, took: Duration) -> Vec<String> {
    let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100];
    let memory = peak_memory_kib().map(|kib| kib / 1024);
    if size == Size::Full {
        assert!(
            at(95) < Duration::from_secs(1),
            "a receipt took {:?}",
            at(95)
        );
        assert!(memory.is_none_or(|mb| mb < 512), "{memory:?} MB");
    }
    vec![
        format!(
            "{records} records in {} pages, all received within {took:.1?}",
            times.len()
        ),
        format!(
            "a receipt took {:.0?} (half), {:.0?} (95 of 100), {:.0?} (longest)",
            at(50),
            at(95),
            at(100)
        ),
        format!(
            "memory of server and phones together at most {} MB",
            memory.unwrap_or(0)
        ),
    ]
}

/// Waits; a thread may be woken too early.
fn wait(time: Duration) {
    let watch = Watch::start();
    while let Some(rest) = time.checked_sub(watch.elapsed()) {
        std::thread::park_timeout(rest);
    }
}
