//! Processor time of this process, and medians of it.

use std::time::{Duration, Instant};

use itgel_tests::battery::processor_time;

use super::Outcome;
use super::table::Cost;

/// A moment on the clock that costs are taken with.
enum Moment {
    /// Processor time that all threads of this process have used.
    Processor(Duration),
    /// Wall time, where the system does not tell the other.
    Wall(Instant),
}

/// Whether costs are processor time.
pub(crate) fn is_processor_time() -> bool {
    processor_time().is_some()
}

/// The median cost of one unit of `work`, which does `units` of them each time it is called.
pub(crate) fn median(
    runs: usize,
    units: usize,
    mut work: impl FnMut() -> Outcome<()>,
) -> Outcome<Cost> {
    let mut costs = Vec::with_capacity(runs);
    for _ in 0..runs.max(1) {
        costs.push(cost(units, &mut work)?);
    }
    Ok(middle(costs))
}

/// The cost of one unit of `work`, which does `units` of them, once.
pub(crate) fn cost(units: usize, work: impl FnOnce() -> Outcome<()>) -> Outcome<Cost> {
    let from = Moment::now();
    work()?;
    Ok(Cost::of(from.elapsed(), units))
}

/// The median wall time of one unit of `work`: what a person waits for, where threads begin and end
/// within it and take their processor time along.
pub(crate) fn median_wait(
    runs: usize,
    units: usize,
    mut work: impl FnMut() -> Outcome<()>,
) -> Outcome<Cost> {
    let mut costs = Vec::with_capacity(runs);
    for _ in 0..runs.max(1) {
        let from = Moment::wall();
        work()?;
        costs.push(Cost::of(from.elapsed(), units));
    }
    Ok(middle(costs))
}

/// The median of costs.
pub(crate) fn middle(mut costs: Vec<Cost>) -> Cost {
    costs.sort_unstable();
    costs.get(costs.len() / 2).copied().unwrap_or_default()
}

impl Moment {
    fn now() -> Self {
        processor_time().map_or_else(Self::wall, Self::Processor)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "timing is what a benchmark is for"
    )]
    fn wall() -> Self {
        Self::Wall(Instant::now())
    }

    fn elapsed(&self) -> Duration {
        match self {
            Self::Processor(from) => processor_time().unwrap_or_default().saturating_sub(*from),
            Self::Wall(from) => from.elapsed(),
        }
    }
}
