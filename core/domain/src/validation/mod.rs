//! Whether ratings keep what they promise (`domain.md` I.2): scores against outcomes, grades
//! against bad rates, populations against each other, officers against officers.
//!
//! Everything is counted in one pass over the ratings, in memory that does not grow with them,
//! and computed in integers: shares are exact fractions, shown in millionths, half up. The only
//! figures that are not exact are the logarithm of the PSI (to 10^-15) and the bounds of the
//! Wilson interval, which are rounded outward. [`outcome()`] says what became of a rating; below
//! thirty bads a figure is told without a verdict. Nothing here changes a rating.

mod calibration;
mod discrimination;
mod judgement;
mod logarithm;
mod outcome;
mod quality;
mod sample;
mod share;
mod stability;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod thresholds;

pub use calibration::{Calibrated, Calibration, GradeRate};
pub use discrimination::{Discriminates, Discrimination};
pub use judgement::{
    Agreement, Ballots, Cut, Heaping, Heaps, Moved, Overridden, Overrides, PeerMarks, SecondVisits,
};
pub use outcome::{Outcome, outcome, outcome_of_loans};
pub use quality::{FairGroup, Fairness, FileQuality, FileShares, Selection, Timeliness};
pub use sample::{Disasters, RatedCase, Sample, Validation};
pub use share::{Interval, Ppm, PpmError, Share};
pub use stability::{Bands, Stability, stability};
pub use thresholds::Thresholds;

use crate::pack::vocabulary;

vocabulary! {
    /// What a figure asks for.
    Verdict {
        /// Too little was seen to say anything.
        Insufficient => "insufficient",
        /// Nothing.
        Pass => "pass",
        /// A look.
        Watch => "watch",
        /// A person who acts.
        Act => "act",
    }
}

impl Verdict {
    /// Whether a share stays within its limit, judged from the smallest group on.
    fn at_most(share: Share, most: Ppm, thresholds: &Thresholds) -> Self {
        if share.whole < thresholds.least_group {
            Self::Insufficient
        } else if share.exceeds(most) {
            Self::Watch
        } else {
            Self::Pass
        }
    }
}
