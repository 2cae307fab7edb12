//! The door for field data over a real database: every kind of bad input has its own code and
//! never stops the rest of its page, nothing that was received is lost, and what arrives ends in
//! standings and boards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod alarms;
mod attacks;
mod bad_input;
mod chain;
mod deeds;
mod freezes;
mod people;
mod phone;
mod proofs;
mod pulls;
mod quarantine;
mod rezoned;
mod seals;
mod slips;
mod standings;
mod strangers;
mod tampering;
mod work;
mod world;
