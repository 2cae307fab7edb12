//! What the command is made of: clients of the HTTP interface, the sample database and the demo.
//!
//! This package is the composition root, the only one that names both halves, reads the clock and
//! takes randomness. The tests of the whole system use its clients and its sample.

pub mod assess;
pub mod audit;
pub mod backup;
pub mod bundle;
pub mod client;
pub mod clock;
pub mod demo;
pub mod dictionary;
pub mod evidence;
pub mod exchange;
pub mod hosted;
pub mod import;
pub mod init;
pub mod keys;
pub mod land;
pub mod lender;
pub mod line;
pub mod monitor;
pub mod pack;
pub mod quarantine;
pub mod recompute;
pub mod refusal;
pub mod rights;
pub mod sample;
pub mod serve;
pub mod status;
