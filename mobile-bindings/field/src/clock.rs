//! The clocks of the machine; nothing else of the program reads one.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use itgel_domain::time::AtMs;
use itgel_field::Clock;

/// The machine's time of day, and its steady clock from the start of the program on.
pub(crate) struct SystemClock(Instant);

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the composition root")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the composition root")]
    fn now(&self) -> AtMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since.map_or(0, |since| since.as_millis());
        AtMs(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    fn steady_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
