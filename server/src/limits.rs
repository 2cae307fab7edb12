//! What one device may ask for in a while (GCRA), so that none takes what the others need
//! (`security.md` T34). The time is the service's own, so a test decides when it passes.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use itgel_domain::id::DeviceId;
use itgel_domain::time::AtMs;

use crate::service::Clock;

/// How often the rows of devices that have been quiet are dropped, in requests.
const TIDY_EVERY: u32 = 4_096;

/// The settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Requests of one device in a minute, in the long run.
    pub device_per_minute: NonZeroU32,
    /// Requests of one device at once, after it has been quiet.
    pub device_burst: NonZeroU32,
    /// Connections that are open at once; more wait in the system's queue.
    pub connections: NonZeroU32,
    /// Seconds for the head of a request: who needs longer is cut off.
    pub head_seconds: NonZeroU32,
}

/// The time of a service, for the limiter.
#[derive(Clone)]
struct ServiceClock(Clock);

type Keyed =
    RateLimiter<DeviceId, DashMapStateStore<DeviceId>, ServiceClock, NoOpMiddleware<Nanos>>;

/// The buckets of all devices.
pub(crate) struct Limits {
    devices: Keyed,
    clock: ServiceClock,
    asked: std::sync::atomic::AtomicU32,
}

impl Default for LimitsConfig {
    /// A device that comes back after weeks pushes and pulls some hundred pages at once.
    fn default() -> Self {
        Self {
            device_per_minute: NonZeroU32::MIN.saturating_add(1199),
            device_burst: NonZeroU32::MIN.saturating_add(2399),
            connections: NonZeroU32::MIN.saturating_add(2047),
            head_seconds: NonZeroU32::MIN.saturating_add(29),
        }
    }
}

impl governor::clock::Clock for ServiceClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let AtMs(ms) = (self.0)();
        // A clock before 1970 stands still at its beginning.
        Nanos::from(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }
}

impl Limits {
    pub(crate) fn new(config: &LimitsConfig, clock: Clock) -> Self {
        let quota = Quota::per_minute(config.device_per_minute).allow_burst(config.device_burst);
        let clock = ServiceClock(clock);
        Self {
            devices: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()),
            clock,
            asked: std::sync::atomic::AtomicU32::new(0),
        }
    }

    /// Takes one request out of the bucket of a device.
    ///
    /// # Errors
    /// How long it has to wait for the next one.
    pub(crate) fn take(&self, device: &DeviceId) -> Result<(), Duration> {
        let asked = self
            .asked
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if asked % TIDY_EVERY == TIDY_EVERY - 1 {
            self.devices.retain_recent();
        }
        self.devices
            .check_key(device)
            .map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn sec_t34_a_device_that_asks_without_end_is_told_how_long_to_wait_and_no_other_is() {
        let now = Arc::new(AtomicI64::new(1_000_000));
        let read = Arc::clone(&now);
        let clock: Clock = Arc::new(move || AtMs(read.load(Ordering::SeqCst)));
        let config = LimitsConfig {
            device_per_minute: NonZeroU32::new(60).unwrap(),
            device_burst: NonZeroU32::new(5).unwrap(),
            ..LimitsConfig::default()
        };
        let limits = Limits::new(&config, clock);
        let (greedy, honest): (DeviceId, DeviceId) = ("d1".parse().unwrap(), "d2".parse().unwrap());
        for _ in 0..5 {
            assert_eq!(limits.take(&greedy), Ok(()));
        }
        let wait = limits.take(&greedy).unwrap_err();
        assert_eq!(wait, Duration::from_secs(1));
        assert_eq!(limits.take(&honest), Ok(()));
        now.fetch_add(1_000, Ordering::SeqCst);
        assert_eq!(limits.take(&greedy), Ok(()));
        assert!(limits.take(&greedy).is_err(), "one a second, not more");
    }
}
