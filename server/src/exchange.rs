//! Exchange: the special-topic database as files, out and in (`domain.md` SR-02, SR-03, SR-09,
//! SR-71).
//!
//! An export is a folder of CSV files (or a workbook) with a signed manifest. Tables of the rated
//! picture come row by row as the database holds them, contents sealed under their keys as they
//! lie; views beside them are for people and platforms to read. Each row carries a running
//! checksum, so that a changed one is named. An import into an empty database restores the
//! tables, folds the files again, recomputes every assessment and compares; it restores all or
//! nothing.
//!
//! No address of the interface leads here: giving data is a command at the server, by a named
//! person, with recipient, department and legal basis on record before the first row is read
//! (L-08, L-33).
//!
//! - [`share`]: the request, its audit row and its leaf in the log,
//! - [`manifest`]: what an export is, signed,
//! - [`mod@export`]: out, with `folder` and [`workbook`] as the two formats,
//! - [`mod@import`]: in, with `restore` and `verify` behind it,
//! - `source`: rows of tables and views as cells.

pub mod export;
mod folder;
pub mod import;
pub mod manifest;
mod restore;
pub mod share;
mod source;
mod verify;
mod views;
pub mod workbook;

pub use export::{ExportOrder, export};
pub use import::{Imported, import};
pub use manifest::Manifest;
pub use share::ShareRequest;

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::exchange::Table;

use crate::error::ServiceError;

/// How far an export or import is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The Chinese name of the table.
    pub table: String,
    /// Its rows so far.
    pub rows: u64,
}

/// Told of progress every so many rows.
const TOLD_EVERY: u64 = 1_000;

/// A fault of a table.
fn table_fault(code: ErrorCode, table: &Table) -> ServiceError {
    let violation = Violation::new(table.key.clone(), code).with("table", &table.zh);
    ServiceError::Refused {
        code,
        violations: vec![violation],
    }
}

/// A fault of a row, counted as the file shows it: the head is row 1.
fn row_fault(code: ErrorCode, table: &Table, row: u64, column: Option<&str>) -> ServiceError {
    let mut violation = Violation::new(table.key.clone(), code)
        .with("table", &table.zh)
        .with("row", row);
    if let Some(column) = column {
        violation = violation.with("column", column);
    }
    ServiceError::Refused {
        code,
        violations: vec![violation],
    }
}
