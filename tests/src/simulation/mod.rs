//! A fleet of real devices and the real server in one process, all from one seed.
//!
//! A run is a list of operations ([`Op`]), drawn from the seed and then executed: officers visit,
//! devices synchronise over links that fail by plan or by files on a card, programs are killed,
//! storage is copied and put back, devices are lost and others enrolled in their place, clocks jump,
//! households move and are erased, officers are found to be related to them, the server's keys are
//! handed on, the server is restored from a backup. Then the network heals, and
//! [`check`](mod@check) asks for what may never be otherwise. Both sides are the real code over
//! real databases; they meet in [`SyncProtocol`](itgel_domain::sync::SyncProtocol), and only what
//! lies between them is made here. Time, order and every random byte come from the seed, so the
//! same seed gives the same [`Trace`] byte for byte. A list that fails is made smaller
//! ([`shrink`](mod@shrink)) and kept under `tests/regressions`.
//!
//! What counts as failure: a receipted envelope or picture that neither server nor device holds,
//! an envelope that is there twice, a device whose facts, lists or chain differ from the server's after healing, work
//! that waits when all is quiet, an internal error, an alarm, a log that does not verify. What does
//! not: a lost request, a quarantine, a capture that the device refuses, and the loss of what only
//! a storage held that was lost or that somebody put back from an older copy.

mod album;
mod card;
pub mod chance;
pub mod check;
mod desk;
mod failure;
mod fault;
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
pub use fault::Fault;
pub use fleet::{Report, Way, execute, execute_and};
pub use mutant::Mutant;
pub use operation::Op;
pub use plan::{Shape, draw};
pub use regression::Regression;
pub use scene::{Extent, Scene};
pub use trace::Trace;

use std::ops::Range;
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

/// Draws and executes the runs of these seeds on every core, and gives their reports in the order
/// of the seeds.
///
/// # Errors
/// [`Failed`] for the smallest seed that failed before the others were stopped.
pub fn execute_all(scene: &Scene, shape: &Shape, seeds: Range<u64>) -> Result<Vec<Report>, Failed> {
    let run = |seed| execute(scene, seed, &draw(seed, shape, scene), Way::default());
    in_parallel(seeds, run).map_err(|(seed, failure)| Failed {
        seed,
        ops: draw(seed, shape, scene),
        failure,
    })
}

/// Does something for each of these seeds on every core; what came of it, in the order of the
/// seeds.
///
/// # Errors
/// The smallest seed that failed before the others were stopped, and why.
pub fn in_parallel<T: Send>(
    seeds: Range<u64>,
    run: impl Fn(u64) -> Outcome<T> + Sync,
) -> Result<Vec<T>, (u64, Failure)> {
    let (next, stop) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let done = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let outcome = run(seed);
            stop.fetch_or(outcome.is_err(), Ordering::Relaxed);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((seed, outcome));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(seed, _)| *seed);
    let outcomes = done.into_iter();
    outcomes
        .map(|(seed, outcome)| outcome.map_err(|failure| (seed, failure)))
        .collect()
}
