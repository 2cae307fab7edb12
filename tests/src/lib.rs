//! The people that whole-system tests speak through, and the world that they work in.
//!
//! A [`World`] is a running server with the sample banner, over real HTTP, under a clock that the
//! test moves. [`Collector`]s have a real device with its encrypted store; [`Office`] people and
//! [`Lender`]s work through the same interface as their counterparts in the field.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what an actor cannot do here ends the test that asked for it"
)]

pub mod actor;
pub mod app;
pub mod battery;
pub mod bed;
pub mod command;
pub mod hostile;
pub mod link;
pub mod scan;
pub mod simulation;
pub mod slow;
pub mod world;

pub use actor::{Collector, Lender, Office, Refusal};
pub use link::LossyLink;
pub use world::World;
