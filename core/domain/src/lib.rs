//! The pure half of Itgel 牧信: what is rated, by which rules, through which process.
//!
//! Nothing here does I/O, reads a clock, uses a float, depends on hash order or needs an
//! async runtime. The same inputs give the same bytes on a phone and on the server, for ever.
//!
//! Read in this order, which is the way of one observation:
//! [`item`] (what can be observed) → [`mod@file`] (entries, envelopes, chains) → [`sync`] (how they
//! travel) → [`pack`] (the rules) → [`assess`] (the grade and its reasons) → [`case`] (how a grade
//! becomes a rating) → [`report`] (what a lender gets).

pub mod assess;
pub mod authorisation;
pub mod case;
pub mod catalogue;
pub mod credit;
pub mod division;
pub mod error;
pub mod exchange;
pub mod file;
pub mod hash;
pub mod id;
pub mod identity;
pub mod item;
pub mod keys;
pub mod land;
pub mod ledger;
pub mod lending;
pub mod log;
pub mod migration;
pub mod monitoring;
pub mod pack;
pub mod person;
pub mod picture;
pub mod place;
pub mod policy;
pub mod register;
pub mod report;
pub mod rights;
pub mod rollup;
pub mod subject;
pub mod sync;
pub mod time;
pub mod title;
pub mod trust;
pub mod validation;
