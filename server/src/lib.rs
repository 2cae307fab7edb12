//! The server half of Itgel 牧信: takes what devices send, keeps it, folds it into standings,
//! leads cases through the process and answers lenders.
//!
//! Read in this order, which is the way of one observation: [`ingest`] (the only door) →
//! [`fold`] (from envelopes to standings, with [`context`]) → [`process`] (cases and ratings) →
//! [`titles`] (gachas and sumus) → [`lending`] (authorisations and reports). [`routes`] lists
//! every address on one screen; [`store`] holds all SQL.

pub mod auth;
pub mod backup;
pub mod bundle;
pub mod config;
pub mod contents;
pub mod context;
pub mod credit;
pub mod divisions;
pub mod entropy;
pub mod epoch;
pub mod erasure;
pub mod error;
pub mod evidence;
pub mod exchange;
mod files;
pub mod fold;
pub mod html;
pub mod import;
pub mod ingest;
pub mod jobs;
pub mod journal;
pub mod keys;
pub mod land;
mod lane;
pub mod ledger;
pub mod lending;
pub mod limits;
mod listed;
pub mod log_check;
pub mod media;
pub mod monitoring;
mod offers;
mod places;
pub mod process;
pub mod public_board;
pub mod quarantine;
pub mod recompute;
pub mod registers;
pub mod related;
pub mod retention;
pub mod rights;
pub mod routes;
pub mod rules;
pub mod service;
pub mod setup;
pub mod shadow;
pub mod status;
pub mod store;
pub mod successors;
pub mod sync;
pub mod table;
pub mod titles;

pub use error::ServiceError;
pub use service::{Clock, Service};
