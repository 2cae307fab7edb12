//! The lenders' monthly ledger over a real database: what is refused, what comes into force and
//! by whom, and what follows for households, gachas and those behind an entity.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "../actors/mod.rs"]
mod actors;
mod disaster;
mod effect;
mod intake;
mod joint;
mod monitoring;
mod world;
