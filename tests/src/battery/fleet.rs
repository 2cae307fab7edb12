//! R18: a whole fleet comes back from the field within minutes, over real HTTP.
//!
//! The phones share this program, and with it the two processors; the server is a program of its
//! own, so that its memory and its processor time are told alone.

use std::sync::Mutex;
use std::time::Duration;

use itgel::demo::plan::{Visit, plan};
use itgel::sample;
use itgel_device::RecordState;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::apart::{ServerApart, Used};
use super::{Row, Size, Times, Watch};
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

/// How often a phone tries to synchronise.
const ATTEMPTS: u32 = 3;

/// How big a fleet is, and how many minutes it takes to come back.
struct Fleet {
    devices: u32,
    /// Households that a team visits.
    households: u32,
    /// How many gachas each of the sample's is divided into: a gacha then has some hundred
    /// households and two to four teams, as in a banner.
    parts: u32,
    window: Duration,
}

fn storm(size: Size) -> Vec<String> {
    let fleet = size.pick(
        Fleet {
            devices: 10,
            households: 12,
            parts: 1,
            window: Duration::from_secs(3),
        },
        Fleet {
            devices: 200,
            households: 72,
            parts: 7,
            window: Duration::from_secs(300),
        },
    );
    let world = World::with_parted(fleet.devices * fleet.households, fleet.devices, fleet.parts);
    let visits = plan(&world.sample);
    let crews = world.sample.teams.iter().zip(&visits);
    let crews: Vec<(Collector, &Vec<Visit<'_>>)> = crews
        .map(|(team, visits)| (Collector::enrol(&world, team), visits))
        .collect();
    for (crew, visits) in &crews {
        crew.synchronise();
        days_without_signal(crew, visits);
    }
    world.hand_over();
    let server = ServerApart::start(&world.settings(), world.address(), world.now());
    let watch = Watch::start();
    let times = come_back(&crews, fleet.window);
    let took = watch.elapsed();
    let used = server.stop();
    world.settle();
    let (records, received) = crews.iter().fold((0, 0), |sum, (crew, visits)| {
        let (records, received) = counted(crew, visits);
        (sum.0 + records, sum.1 + received)
    });
    assert_eq!(records, received, "records without a receipt");
    verdict(size, &times, records, took, used)
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
fn come_back(crews: &[(Collector, &Vec<Visit<'_>>)], window: Duration) -> Times {
    let mut random = ChaCha8Rng::seed_from_u64(18);
    let times = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (crew, _) in crews {
            let starts = window.mul_f64(random.random());
            let times = &times;
            scope.spawn(move || {
                wait(starts);
                let link = TimedLink::new(&crew.link);
                // A connection that was kept open ends with the program that it led to: a phone
                // tries again.
                let tried = (0..ATTEMPTS).find_map(|_| crew.synchronise_over(&link).ok());
                assert!(tried.is_some(), "a phone cannot synchronise");
                times.lock().unwrap().extend(link.into_receipt_times());
            });
        }
    });
    Times::of(times.into_inner().unwrap())
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

fn verdict(size: Size, times: &Times, records: u64, took: Duration, used: Used) -> Vec<String> {
    if size == Size::Full {
        assert!(
            times.within(95) < Duration::from_secs(1),
            "a receipt took {:?}",
            times.within(95)
        );
        assert!(used.memory_mib < 512, "{} MiB", used.memory_mib);
    }
    vec![
        format!(
            "{records} records in {} pages, all received within {took:.1?}",
            times.count()
        ),
        format!(
            "a receipt took {:.0?} (half), {:.0?} (95 of 100), {:.0?} (longest)",
            times.within(50),
            times.within(95),
            times.within(100)
        ),
        format!(
            "the server held at most {} MiB and took {:.1?} of processor time",
            used.memory_mib, used.processor
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
