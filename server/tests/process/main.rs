//! The process of a rating over a real database, through the functions that routes and devices
//! call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "../actors/mod.rs"]
mod actors;
mod conflicts;
mod effect;
mod evaluation;
mod households;
mod integrity;
mod platform;
mod publicity;
mod queue;
mod retention;
mod rights;
mod steps;
mod world;
