//! The case (评定个案): how a computed grade becomes a rating that a lender may see
//! (`domain.md` D).
//!
//! [`state`] names the states and roles, [`step`] says what an actor can ask for, [`table`] is the
//! one table of transitions, `rules` is what must hold besides, [`record`] is the case itself as
//! the sum of its events. [`deadline`] counts the days with a [`calendar`] and the [`terms`] in
//! force, [`cycle`] is the campaign, and [`title`] is the same discipline for villages and townships. Everything here is
//! pure: time is an argument, and what a case cannot know comes with [`event::Now`].

pub mod calendar;
pub mod clocks;
pub mod cycle;
pub mod deadline;
pub mod doubt;
pub mod event;
pub mod household;
pub mod interest;
mod progress;
pub mod record;
mod rules;
pub mod state;
pub mod step;
pub mod table;
pub mod terms;
pub mod title;

#[cfg(test)]
mod dates;
#[cfg(test)]
pub(crate) mod documented;
#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
pub(crate) mod tests;

pub use event::{By, CaseError, Now, Reason};
pub use record::{Case, CaseEvent};
pub use state::{CaseState, LenderView, Role};
pub use step::{Step, StepKind};
pub use title::{TitleCase, TitleEvent, TitleState, TitleStep};
