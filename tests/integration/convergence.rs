//! The same envelopes mean the same, in whatever order and however often they arrive; and bytes
//! from outside are refused, never trusted.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds itself is well formed, or the test fails"
)]

mod library;
mod mutants;
mod orders;
mod writer;
