//! A fleet of real devices and the real server in one process, all from one seed.
//!
//! A run is a list of operations ([`Op`]), drawn from the seed and then executed: officers visit,
//! devices synchronise over links that fail by plan, programs are killed, storage is copied and
//! put back, clocks jump, the server is restored from a backup. Then the network heals, and
//! [`check`](mod@check) asks for what may never be otherwise. Both sides are the real code over
//! real databases; they meet in [`SyncProtocol`](itgel_domain::sync::SyncProtocol), and only what
//! lies between them is made here. Time, order and every random byte come from the seed, so the
//! same seed gives the same [`Trace`] byte for byte. A list that fails is made smaller
//! ([`shrink`](mod@shrink)) and kept under `tests/regressions`.
//!
//! What counts as failure: a receipted envelope that neither server nor device holds, one that is
//! there twice, a device whose facts, lists or chain differ from the server's after healing, work
//! that waits when all is quiet, an internal error, an alarm, a log that does not verify. What does
//! not: a lost request, a quarantine, a capture that the device refuses, and the loss of what only
//! a storage held that somebody put back from an older copy.

pub mod chance;
pub mod check;
mod failure;
mod fleet;
mod host;
mod link;
mod mutant;
pub mod operation;
mod phone;
mod plan;
mod regression;
mod scene;
pub mod shrink;
mod trace;

pub use failure::{Failure, Outcome};
pub use fleet::{Report, Way, execute};
pub use mutant::Mutant;
pub use operation::{Fault, Op};
pub use plan::{Shape, draw};
pub use regression::Regression;
pub use scene::{Extent, Scene};
pub use trace::Trace;

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A seed whose run failed.
#[derive(Debug)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// What was executed.
    pub ops: Vec<Op>,
    /// Why it failed.
    pub failure: Failure,
}

/// Draws and executes the runs of seeds `0..seeds`, on every core, and gives their reports in the
/// order of the seeds.
///
/// # Errors
/// [`Failed`] for the smallest seed that failed before the others were stopped.
pub fn execute_all(
    scene: &Scene,
    shape: &Shape,
    seeds: std::ops::Range<u64>,
) -> Result<Vec<Report>, Failed> {
    let next = AtomicU64::new(seeds.start);
    let stop = AtomicBool::new(false);
    let (reports, failures) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let ops = draw(seed, shape, scene);
                    match execute(scene, seed, &ops, Way::default()) {
                        Ok(report) => locked(&reports).push((seed, report)),
                        Err(failure) => {
                            stop.store(true, Ordering::Relaxed);
                            locked(&failures).push(Failed { seed, ops, failure });
                        }
                    }
                }
            });
        }
    });
    let failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(failed) = failures.into_iter().min_by_key(|failed| failed.seed) {
        return Err(failed);
    }
    let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    reports.sort_by_key(|(seed, _)| *seed);
    Ok(reports.into_iter().map(|(_, report)| report).collect())
}

fn locked<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
