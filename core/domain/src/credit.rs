//! What follows from credit records: measures and incentives out of their lists, who repeats
//! within three years, and whether departments report their decisions in time.
//!
//! Records, honours, commitments and list entries themselves are register rows
//! ([`crate::register`]).

mod amend;
pub mod measure;
pub mod repeat;
pub mod screening;
pub mod timeliness;

pub use amend::{Amendment, amended, begun_on, class_of, end_reason};
pub use measure::{
    Act, EndReason, Feedback, Ground, Measure, MeasureError, MeasureKind, MeasureState, Proposal,
    Response, Strength, ground_on,
};
pub use repeat::{Repeat, repeats};
pub use timeliness::{Timeliness, report_by, timeliness};
