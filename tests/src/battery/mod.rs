//! The reliability battery: what must hold under faults, at its figure, each row by one command.
//!
//! ```text
//! cargo run --release -p itgel-tests --bin battery -- R03 R13     rows at their full figure
//! cargo run --release -p itgel-tests --bin battery -- short       every row in its short form
//! cargo run --release -p itgel-tests --bin battery -- nightly     every row at its full figure
//! ```
//!
//! A row that does not hold panics and says why, as a test does. `docs/battery.md` lists the rows
//! with what was seen.

mod apart;
mod attacks;
mod clocks;
#[path = "../../../server/tests/ingest/deeds.rs"]
mod deeds;
mod disk;
mod fleet;
mod hostile;
mod kill;
mod log;
mod orders;
mod power;
mod quarantine;
mod restore;
mod room;
mod seeds;
mod seen;
mod slow_link;
mod storm;
mod tampering;
mod tokens;
mod trust;
mod vault;
mod watch;

use watch::Times;
pub use watch::{Watch, peak_memory_kib, processor_time, reset_peak_memory};

use std::process::ExitCode;

/// How much of a row is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A few seconds, for every change.
    Short,
    /// The figure that the row is named with.
    Full,
}

/// A row of the battery.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its number.
    pub id: &'static str,
    /// What is done.
    pub what: &'static str,
    /// What has to come out at full size.
    pub figure: &'static str,
    /// Does it and says what was seen, a line each.
    pub run: fn(Size) -> Vec<String>,
}

/// All rows, by theme; within a theme in the order of their numbers.
pub const THEMES: &[&[Row]] = &[
    // First, while the process is small: their figure is memory.
    hostile::ROWS,
    seeds::ROWS,
    orders::ROWS,
    restore::ROWS,
    quarantine::ROWS,
    attacks::ROWS,
    tampering::ROWS,
    clocks::ROWS,
    tokens::ROWS,
    trust::ROWS,
    kill::ROWS,
    disk::ROWS,
    room::ROWS,
    power::ROWS,
    log::ROWS,
    fleet::ROWS,
    slow_link::ROWS,
    storm::ROWS,
];

impl Size {
    /// The figure for this size.
    pub fn pick<T>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// Works as another program if it was started as one, to be killed or to be measured; `None` for the
/// battery itself.
#[must_use]
pub fn child() -> Option<ExitCode> {
    apart::child().or_else(kill::child)
}

/// The row with this number.
#[must_use]
pub fn find(id: &str) -> Option<&'static Row> {
    THEMES.iter().copied().flatten().find(|row| row.id == id)
}
