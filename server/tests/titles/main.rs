//! Titles of gachas and sumus over a real database: snapshots of ratings in effect, the process
//! that leads from them to a plate, and what becomes of it when gachas change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "../actors/mod.rs"]
mod actors;
mod awards;
mod counted;
mod formed;
mod joint;
mod platform;
mod world;
