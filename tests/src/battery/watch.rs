//! What a row measures beside its outcome: wall time and memory.

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
