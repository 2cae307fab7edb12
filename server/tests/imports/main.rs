//! Tables of officials over a real database: what is good goes in, every bad row is named with
//! its reason and the way out, nothing is in force without a second person, and the same file
//! again changes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod batches;
mod interests;
mod land;
mod ledger;
mod lenders;
mod loans;
mod organisations;
mod registers;
mod shows;
mod tables;
mod world;
