//! Links between a device and the server that do more than carry.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use itgel_device::http::{HttpError, HttpProtocol};
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};

use crate::battery::Watch;

/// A link over which the first page reaches the server, which commits it, and whose answer is
/// lost on the way back: the device cannot know whether anything arrived.
pub struct LossyLink<'a> {
    inner: &'a HttpProtocol,
    has_lost: AtomicBool,
}

/// What can go wrong on such a link.
#[derive(Debug)]
pub enum LinkError {
    /// The answer never came.
    AnswerLost,
    /// What the link below it says.
    Http(HttpError),
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AnswerLost => f.write_str("the answer never came"),
            Self::Http(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LinkError {}

impl<'a> LossyLink<'a> {
    /// A link that has not failed yet.
    #[must_use]
    pub const fn new(inner: &'a HttpProtocol) -> Self {
        Self {
            inner,
            has_lost: AtomicBool::new(false),
        }
    }
}

impl SyncProtocol for LossyLink<'_> {
    type Error = LinkError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, LinkError> {
        self.inner.hello(request).map_err(LinkError::Http)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, LinkError> {
        let answer = self.inner.push(request).map_err(LinkError::Http)?;
        if self.has_lost.swap(true, Ordering::SeqCst) {
            return Ok(answer);
        }
        Err(LinkError::AnswerLost)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, LinkError> {
        self.inner.pull(request).map_err(LinkError::Http)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, LinkError> {
        self.inner.fetch(request).map_err(LinkError::Http)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, LinkError> {
        self.inner.send_chunk(request).map_err(LinkError::Http)
    }
}

/// A link that notes how long each receipt takes.
pub struct TimedLink<'a> {
    inner: &'a HttpProtocol,
    receipts: RefCell<Vec<Duration>>,
}

impl<'a> TimedLink<'a> {
    /// A link that has carried nothing yet.
    #[must_use]
    pub const fn new(inner: &'a HttpProtocol) -> Self {
        Self {
            inner,
            receipts: RefCell::new(Vec::new()),
        }
    }

    /// How long each receipt took, from the page to the answer.
    #[must_use]
    pub fn into_receipt_times(self) -> Vec<Duration> {
        self.receipts.into_inner()
    }
}

impl SyncProtocol for TimedLink<'_> {
    type Error = HttpError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, HttpError> {
        self.inner.hello(request)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, HttpError> {
        let watch = Watch::start();
        let answer = self.inner.push(request);
        self.receipts.borrow_mut().push(watch.elapsed());
        answer
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, HttpError> {
        self.inner.pull(request)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, HttpError> {
        self.inner.fetch(request)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, HttpError> {
        self.inner.send_chunk(request)
    }
}
