//! Whole-system tests: one program, a module for each question.
//!
//! They speak through actors (Collector, Reviewer, Lender) and public interfaces; everything
//! stays on the loopback address and in temporary folders.

mod architecture;
mod bindings;
mod canary;
mod card;
mod contracts;
mod convergence;
mod documents;
mod ended;
mod hostile;
mod journey;
mod ledger;
mod moved;
mod offers;
mod reference_line;
mod same_bytes;
mod simulation;
mod struck;
mod worked_cases;
mod year;
