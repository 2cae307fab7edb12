//! What follows from credit records: measures and incentives out of their lists, who repeats
//! within three years, and whether departments report their decisions in time.
//!
//! Records, honours, commitments and list entries themselves are register rows
//! ([`crate::register`]).

pub mod measure;
pub mod repeat;
pub mod timeliness;

pub use measure::{
    EndReason, Feedback, Ground, Measure, MeasureError, MeasureKind, MeasureState, Proposal,
    Response, Strength,
};
pub use repeat::{Repeat, repeats};
pub use timeliness::{Timeliness, timeliness};
