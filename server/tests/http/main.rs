//! The interface over real HTTP: a server on a port of its own over a temporary database, and
//! clients that hold keys.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod access;
mod api;
mod canary;
mod contract;
mod credit;
mod erasure;
mod fair;
mod field;
mod freeze;
mod imports;
mod injection;
mod interface;
mod kept;
mod lender;
mod line;
mod listen;
mod markup;
mod monitoring;
mod office;
mod pictures;
mod quarantine;
mod queries;
mod rights;
mod rules;
mod screening;
mod shape;
mod staff;
mod sync;
mod trust;
mod world;
