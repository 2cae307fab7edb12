//! R12: what a device may do ends in the middle of a synchronisation.

use std::cell::Cell;

use itgel_device::http::{HttpError, HttpProtocol};
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};

use super::{Row, Size};
use crate::simulation::chance::Chance;
use crate::{Collector, World};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R12",
    what: "access tokens end before any request of a synchronisation, over HTTP",
    figure: "1,000 schedules: each goes through at its first attempt, no step of the protocol twice",
    run: tokens,
}];

/// Longer than a token lives.
const PAUSE_MS: i64 = 11 * 60_000;

/// A link on which time passes before some of its requests.
struct Patient<'a> {
    inner: &'a HttpProtocol,
    world: &'a World,
    /// Before which requests a pause is made, a bit for each.
    pauses: u64,
    requests: Cell<u32>,
    made: Cell<u64>,
}

impl Patient<'_> {
    fn next(&self) -> &HttpProtocol {
        let number = self.requests.get();
        self.requests.set(number + 1);
        if self.pauses >> number.min(63) & 1 == 1 {
            self.world.pass_ms(PAUSE_MS);
            self.made.set(self.made.get() + 1);
        }
        self.inner
    }
}

impl SyncProtocol for Patient<'_> {
    type Error = HttpError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, HttpError> {
        self.next().hello(request)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, HttpError> {
        self.next().push(request)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, HttpError> {
        self.next().pull(request)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, HttpError> {
        self.next().fetch(request)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, HttpError> {
        self.next().send_chunk(request)
    }
}

fn tokens(size: Size) -> Vec<String> {
    let world = World::with_households(60);
    let collector = world.home_team();
    collector.synchronise();
    let household = world.households()[0].clone();
    let schedules = size.pick(30, 1_000);
    let mut chance = Chance::new(12, 0);
    let (mut pauses, mut requests) = (0, 0);
    for schedule in 0..schedules {
        let now = world.now();
        let text = format!("示例备注{schedule}");
        let note = collector.device.put_note(&household.subject, &text, now);
        note.unwrap();
        let bits = 1 << chance.below(4) | 1 << chance.below(4);
        let (made, asked) = synchronise(&world, &collector, bits);
        pauses += made;
        requests += asked;
    }
    assert!(pauses >= schedules, "no token ended");
    vec![
        format!("{schedules} schedules: {pauses} tokens ended, {requests} steps of the protocol"),
        "every synchronisation at its first attempt, hello, push and pull once each".into(),
    ]
}

/// Synchronises one record at the first attempt; pauses and steps.
fn synchronise(world: &World, collector: &Collector, pauses: u64) -> (u64, u64) {
    let link = Patient {
        inner: &collector.link,
        world,
        pauses,
        requests: Cell::new(0),
        made: Cell::new(0),
    };
    let report = collector.synchronise_over(&link).unwrap();
    assert_eq!((report.received, report.waiting), (1, 0), "{report:?}");
    // One hello, one push, and a pull for each list that moved: the gacha's, the banner's.
    assert!(
        (2..=4).contains(&link.requests.get()),
        "{} steps",
        link.requests.get()
    );
    (link.made.get(), u64::from(link.requests.get()))
}
