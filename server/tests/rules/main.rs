//! The life of rules: proposed, run in shadow beside the rules in force, put into force by a second
//! person, and recomputable for ever (`domain.md` B.8).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test cannot do here ends it, with its place"
)]

#[path = "../actors/mod.rs"]
mod actors;
mod life;
mod recompute;
mod shadow;
