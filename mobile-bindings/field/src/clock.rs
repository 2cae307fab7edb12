//! The clocks of the machine; nothing else of the program reads one.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::app::Clock;
use itgel_domain::time::AtMs;

/// The machine's time of day, and its steady clock from the start of the program on.
pub struct SystemClock(Instant);

impl SystemClock {
    /// The clocks from now on.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "what starts the program chooses its clock"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "what starts the program chooses its clock"
    )]
    fn now(&self) -> AtMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since.map_or(0, |since| since.as_millis());
        AtMs(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    fn steady_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
