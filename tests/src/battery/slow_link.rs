//! R25: a device on the edge of a 2G cell, in simulated time.
//!
//! The link carries 32 kbit/s, a round trip takes 1.5 s, one packet of twenty is lost and sent
//! again by the transport, and every minute the connection is cut, whatever is on its way. Bodies
//! are those of the real protocol; time is reckoned from their sizes.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use itgel::demo::plan::plan;
use itgel_device::http::{HttpError, HttpProtocol};
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::wire::pack;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::fleet::days_without_signal;
use super::{Row, Size};
use crate::{Collector, World};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R25",
    what: "500 records over 32 kbit/s, 1.5 s a round trip, 5 % loss, cut every 60 s",
    figure: "all received within 8 minutes of simulated time, at most 5 % of the bytes sent again",
    run: edge_of_the_cell,
}];

/// 32 kbit/s.
const BYTES_PER_MS: u64 = 4;
const ROUND_TRIP_MS: u64 = 1_500;
const CUT_EVERY_MS: u64 = 60_000;
/// What a connection takes until the first byte: TCP and TLS.
const CONNECT_MS: u64 = 2 * ROUND_TRIP_MS;
const PACKET_BYTES: u64 = 1_400;
const LOST_IN_HUNDRED: u32 = 5;
const GOAL_MS: u64 = 8 * 60_000;

/// Tries after which the device is taken to get nowhere.
const TRIES: usize = 200;

/// The link, and the time that passes on it.
struct SlowLink<'a> {
    inner: &'a HttpProtocol,
    now_ms: Cell<u64>,
    connected: Cell<bool>,
    random: RefCell<ChaCha8Rng>,
    sent: Cell<u64>,
    /// Bytes of pages whose receipt did not come back.
    in_vain: Cell<u64>,
}

/// The connection was cut, or the server said no.
#[derive(Debug, thiserror::Error)]
enum SlowError {
    #[error("the connection was cut")]
    Cut,
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// What one device saw.
struct Seen {
    took_ms: u64,
    sent: u64,
    in_vain: u64,
    cuts: usize,
}

fn edge_of_the_cell(size: Size) -> Vec<String> {
    let (devices, households) = size.pick((2, 12), (30, 72));
    let world = World::with_fleet(devices * households, devices);
    let visits = plan(&world.sample);
    let seen: Vec<Seen> = (0..)
        .zip(world.sample.teams.iter().zip(&visits))
        .map(|(number, (team, visits))| {
            let crew = Collector::enrol(&world, team);
            crew.synchronise();
            days_without_signal(&crew, visits);
            // The first cut comes at another moment for each.
            come_through(&crew, number * CUT_EVERY_MS / u64::from(devices), number)
        })
        .collect();
    let slowest = seen.iter().map(|s| s.took_ms).max().unwrap_or(0);
    let (sent, in_vain) = seen
        .iter()
        .fold((0, 0), |sum, s| (sum.0 + s.sent, sum.1 + s.in_vain));
    let cuts: usize = seen.iter().map(|s| s.cuts).sum();
    let again = in_vain * 10_000 / (sent - in_vain).max(1);
    assert!(slowest < GOAL_MS, "{slowest} ms");
    if size == Size::Full {
        assert!(again <= 500, "{again} of 10,000 bytes were sent again");
    }
    vec![
        format!(
            "{devices} devices, the slowest through after {:?} of simulated time, {cuts} cuts",
            Duration::from_millis(slowest)
        ),
        format!(
            "{sent} bytes of pages sent, of which {in_vain} again ({}.{:02} %)",
            again / 100,
            again % 100
        ),
    ]
}

/// Synchronises until nothing waits.
fn come_through(crew: &Collector, began_ms: u64, seed: u64) -> Seen {
    let link = SlowLink {
        inner: &crew.link,
        now_ms: Cell::new(began_ms),
        connected: Cell::new(false),
        random: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
        sent: Cell::new(0),
        in_vain: Cell::new(0),
    };
    for cuts in 0..TRIES {
        if let Ok(report) = crew.synchronise_over(&link) {
            assert_eq!((report.waiting, report.set_aside), (0, 0), "{report:?}");
            return Seen {
                took_ms: link.now_ms.get() - began_ms,
                sent: link.sent.get(),
                in_vain: link.in_vain.get(),
                cuts,
            };
        }
    }
    panic!("nothing came through in {TRIES} tries")
}

impl SlowLink<'_> {
    /// Carries a request there and its answer back; cut on the way there, the server never hears
    /// of it, cut on the way back, it has done it and nobody knows.
    fn carry<Q, A>(
        &self,
        request: &Q,
        ask: impl FnOnce(&Q) -> Result<A, HttpError>,
    ) -> Result<A, SlowError>
    where
        Q: minicbor::Encode<()>,
        A: minicbor::Encode<()>,
    {
        let cut_at = (self.now_ms.get() / CUT_EVERY_MS + 1) * CUT_EVERY_MS;
        if !self.connected.replace(true) {
            self.now_ms.set(self.now_ms.get() + CONNECT_MS);
        }
        self.pass(pack(request).len(), cut_at)?;
        let answer = ask(request)?;
        self.pass(pack(&answer).len(), cut_at)?;
        Ok(answer)
    }

    /// Half a round trip and the bytes, with every lost packet once more.
    fn pass(&self, bytes: usize, cut_at: u64) -> Result<(), SlowError> {
        let packets = (bytes as u64).div_ceil(PACKET_BYTES);
        let mut random = self.random.borrow_mut();
        let lost = (0..packets)
            .filter(|_| random.random_range(0..100) < LOST_IN_HUNDRED)
            .count() as u64;
        let again_ms = lost * (PACKET_BYTES / BYTES_PER_MS + ROUND_TRIP_MS);
        let arrives =
            self.now_ms.get() + ROUND_TRIP_MS / 2 + bytes as u64 / BYTES_PER_MS + again_ms;
        if arrives >= cut_at {
            self.now_ms.set(cut_at);
            self.connected.set(false);
            return Err(SlowError::Cut);
        }
        self.now_ms.set(arrives);
        Ok(())
    }
}

impl SyncProtocol for SlowLink<'_> {
    type Error = SlowError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, SlowError> {
        self.carry(request, |r| self.inner.hello(r))
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, SlowError> {
        let bytes = pack(request).len() as u64;
        let answer = self.carry(request, |r| self.inner.push(r));
        self.sent.set(self.sent.get() + bytes);
        if answer.is_err() {
            self.in_vain.set(self.in_vain.get() + bytes);
        }
        answer
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, SlowError> {
        self.carry(request, |r| self.inner.pull(r))
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, SlowError> {
        self.carry(request, |r| self.inner.fetch(r))
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, SlowError> {
        self.carry(request, |r| self.inner.send_chunk(r))
    }
}
