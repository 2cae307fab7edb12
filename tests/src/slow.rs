//! A link of a mobile network in simulated time: bodies are those of the real protocol, and time is
//! reckoned from their sizes.

use std::cell::{Cell, RefCell};

use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::wire::pack;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const PACKET_BYTES: u64 = 1_400;

/// What a network does to what passes.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// How much passes in a millisecond.
    pub bytes_per_ms: u64,
    /// There and back.
    pub round_trip_ms: u64,
    /// Packets of a hundred that are lost; the transport sends them again.
    pub lost_in_hundred: u32,
    /// After how long the connection breaks, whatever is on its way.
    pub cut_every_ms: u64,
}

impl Network {
    /// The edge of a 2G cell: 32 kbit/s, cut every minute.
    pub const EDGE_2G: Self = Self {
        bytes_per_ms: 4,
        round_trip_ms: 1_500,
        lost_in_hundred: 5,
        cut_every_ms: 60_000,
    };

    /// 3G as benchmarks of the web take it: 384 kbit/s.
    pub const PLAIN_3G: Self = Self {
        bytes_per_ms: 48,
        round_trip_ms: 200,
        lost_in_hundred: 2,
        cut_every_ms: u64::MAX,
    };

    /// What a connection takes until the first byte: TCP and TLS.
    const fn connect_ms(&self) -> u64 {
        2 * self.round_trip_ms
    }
}

/// The link, and the time that passes on it.
#[derive(Debug)]
pub struct SlowLink<'a, P> {
    inner: &'a P,
    network: Network,
    now_ms: Cell<u64>,
    is_connected: Cell<bool>,
    random: RefCell<ChaCha8Rng>,
    carried: Cell<u64>,
    sent: Cell<u64>,
    in_vain: Cell<u64>,
    /// Bytes of the last request that had left before the connection was cut, or all of them.
    left: Cell<u64>,
}

/// The connection was cut, or the server said no.
#[derive(Debug, thiserror::Error)]
pub enum SlowError<E: std::error::Error + 'static> {
    /// Nobody knows whether it arrived.
    #[error("the connection was cut")]
    Cut,
    /// What comes from below.
    #[error(transparent)]
    Below(E),
}

impl<'a, P: SyncProtocol> SlowLink<'a, P> {
    /// A link over `inner` that stands `began_ms` after the last cut.
    #[must_use]
    pub fn new(inner: &'a P, network: Network, began_ms: u64, seed: u64) -> Self {
        Self {
            inner,
            network,
            now_ms: Cell::new(began_ms),
            is_connected: Cell::new(false),
            random: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
            carried: Cell::new(0),
            sent: Cell::new(0),
            in_vain: Cell::new(0),
            left: Cell::new(0),
        }
    }

    /// The instant on its own clock.
    pub fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    /// Bytes of all bodies, both ways.
    pub fn carried(&self) -> u64 {
        self.carried.get()
    }

    /// Bytes of pages that left the device.
    pub fn sent(&self) -> u64 {
        self.sent.get()
    }

    /// Bytes among them whose receipt did not come back: they leave once more.
    pub fn in_vain(&self) -> u64 {
        self.in_vain.get()
    }

    /// Carries a request there and its answer back; cut on the way there, the server never hears
    /// of it, cut on the way back, it has done it and nobody knows.
    fn carry<Q, A>(
        &self,
        request: &Q,
        ask: impl FnOnce(&Q) -> Result<A, P::Error>,
    ) -> Result<A, SlowError<P::Error>>
    where
        Q: minicbor::Encode<()>,
        A: minicbor::Encode<()>,
    {
        let every = self.network.cut_every_ms;
        let cut_at = (self.now_ms.get() / every + 1).saturating_mul(every);
        if !self.is_connected.replace(true) {
            self.now_ms
                .set(self.now_ms.get() + self.network.connect_ms());
        }
        let bytes = pack(request).len();
        self.left.set(self.leaves_before(bytes as u64, cut_at));
        self.pass(bytes, cut_at)?;
        let answer = ask(request).map_err(SlowError::Below)?;
        self.pass(pack(&answer).len(), cut_at)?;
        Ok(answer)
    }

    /// How much of a body leaves the device before the connection is cut.
    fn leaves_before(&self, bytes: u64, cut_at: u64) -> u64 {
        let time_ms = cut_at.saturating_sub(self.now_ms.get());
        bytes.min(time_ms.saturating_mul(self.network.bytes_per_ms))
    }

    /// Half a round trip and the bytes, with every lost packet once more.
    fn pass(&self, bytes: usize, cut_at: u64) -> Result<(), SlowError<P::Error>> {
        let (bytes, network) = (bytes as u64, &self.network);
        self.carried.set(self.carried.get() + bytes);
        let packets = bytes.div_ceil(PACKET_BYTES);
        let mut random = self.random.borrow_mut();
        let lost = (0..packets)
            .filter(|_| random.random_range(0..100) < network.lost_in_hundred)
            .count() as u64;
        let again_ms = lost * (PACKET_BYTES / network.bytes_per_ms + network.round_trip_ms);
        let takes_ms = network.round_trip_ms / 2 + bytes / network.bytes_per_ms + again_ms;
        let arrives = self.now_ms.get() + takes_ms;
        if arrives >= cut_at {
            self.now_ms.set(cut_at);
            self.is_connected.set(false);
            return Err(SlowError::Cut);
        }
        self.now_ms.set(arrives);
        Ok(())
    }
}

impl<P: SyncProtocol> SyncProtocol for SlowLink<'_, P> {
    type Error = SlowError<P::Error>;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, Self::Error> {
        self.carry(request, |r| self.inner.hello(r))
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, Self::Error> {
        let answer = self.carry(request, |r| self.inner.push(r));
        self.sent.set(self.sent.get() + self.left.get());
        if answer.is_err() {
            self.in_vain.set(self.in_vain.get() + self.left.get());
        }
        answer
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, Self::Error> {
        self.carry(request, |r| self.inner.pull(r))
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, Self::Error> {
        self.carry(request, |r| self.inner.fetch(r))
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, Self::Error> {
        self.carry(request, |r| self.inner.send_chunk(r))
    }
}
