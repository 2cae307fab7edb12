//! The system's clock and the system's randomness: read here and nowhere else.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use itgel_domain::time::AtMs;
use itgel_server::Clock;

/// The system's clock.
#[must_use]
pub fn system() -> Clock {
    Arc::new(now)
}

/// The present instant.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the composition root reads the clock"
)]
pub fn now() -> AtMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    AtMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How long something takes.
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the composition root reads the clock"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Random bytes from the operating system.
///
/// # Errors
/// When the system has none.
pub fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Waits. Only for pauses that a rule asks for; never to guess that something is ready.
pub fn pause(time: Duration) {
    std::thread::park_timeout(time);
}
