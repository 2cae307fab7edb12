//! The process of a rating: from the first seal that arrives to the rating that a lender sees
//! (`domain.md` D).
//!
//! [`itgel_domain::case::Case::apply`] is the only transition logic; here its steps meet the
//! database. [`arrival`] opens cases and moves them when a file or a ballot changes, [`conflict`]
//! settles what officers disagree on, [`desk`] is what staff do, one case or many at once,
//! [`publicity`] posts a gacha's list, [`period`] does what a clock decides, [`queue`] is what
//! staff read. Every step goes through [`advance`], which writes the case, its event, the audit
//! row, the leaf of the log and what devices pull, in the caller's transaction.

mod advance;
pub mod arrival;
pub mod conflict;
pub mod desk;
pub mod period;
pub mod publicity;
pub mod queue;

pub use arrival::{Refreshed, after_refresh, ballot_cast};
pub use conflict::{ResolveRequest, resolve_conflict};
pub use desk::{StepRequest, step, step_batch};
pub use period::run_periods;
pub use publicity::{Publication, publish_gacha};
pub use queue::{CaseDetail, QueueFilter, QueuePage, case, queue};

/// The most that one list or batch holds.
pub const MAX_BATCH: usize = 200;
