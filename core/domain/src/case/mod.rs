//! The case (评定个案): how a computed grade becomes a rating that a lender may see
//! (`domain.md` D).
//!
//! [`state`] names the states and roles, [`table`] is the one table of transitions, [`step`] says
//! what an actor can ask for, [`rules`] what must hold besides the table, [`deadline`] counts the
//! days, [`cycle`] is the campaign and [`title`] the same discipline for villages and townships.
//! Everything here is pure: a case is the sum of its events, and time is an argument.

pub mod calendar;
pub mod cycle;
pub mod deadline;
pub mod state;
pub mod title;

pub use state::{CaseState, LenderView, Role};
pub use title::TitleState;
