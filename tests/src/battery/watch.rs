//! What a row measures beside its outcome: wall time, processor time and memory.

use std::time::{Duration, Instant};

/// Wall time since it was started.
#[derive(Debug)]
pub struct Watch(Instant);

impl Watch {
    /// Starts.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a figure of the battery is a time"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since then.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// How long each of many things took.
pub(super) struct Times(Vec<Duration>);

impl Times {
    /// Orders them; there is at least one.
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        assert!(!times.is_empty(), "nothing was timed");
        times.sort_unstable();
        Self(times)
    }

    /// How many there are.
    pub(super) const fn count(&self) -> usize {
        self.0.len()
    }

    /// The time within which so many of a hundred were.
    pub(super) fn within(&self, hundredths: usize) -> Duration {
        let so_many = (self.0.len() * hundredths).div_ceil(100).max(1);
        self.0[so_many - 1]
    }
}

/// Processor time of the threads that live, as Linux tells it; `None` elsewhere.
#[must_use]
pub fn processor_time() -> Option<Duration> {
    // The kernel brings a thread's figure up to date when it gives the processor away.
    std::thread::yield_now();
    let mut used_ns = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        used_ns += text.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(used_ns))
}

/// Processor time of this program since it began, of the threads that ended too, as Linux tells it;
/// `None` elsewhere.
#[must_use]
pub(super) fn used_by_program() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name may hold anything; behind it come state and numbers, the 12th and 13th of them the
    // hundredths of a second in the program and in the system.
    let (_, behind) = text.rsplit_once(") ")?;
    let mut numbers = behind.split(' ').skip(11);
    let mut hundredths = || numbers.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((hundredths()? + hundredths()?) * 10))
}

/// The most memory that this process has held since it began or since the peak was reset, in KiB;
/// `None` where the system does not tell.
#[must_use]
pub fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Begins to watch for a new peak of memory, where the system can.
pub fn reset_peak_memory() {
    // Without the right to do so the peak is that of the whole process: an upper bound.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
