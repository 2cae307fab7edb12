//! Import from what officials have: tables (XLSX, CSV) become register rows, subjects and
//! entries, row by row, and every row that cannot go in is named with its reason and the way out.
//!
//! A kind of table is a [`Sheet`]: its columns with their Chinese heads, how a row is read, and
//! how a read row takes effect. `sheets` lists them. Everything else is the same for all:
//!
//! 1. [`enter`](fn@enter): the file is read page by page, each row checked, and what it says
//!    staged under the key of its batch. The same file again changes nothing.
//! 2. [`activate`](fn@activate): **another person** puts the batch into force where it decides
//!    grades. Rows take effect page by page, each on its own: one that no longer can is reported
//!    and stops none of the others.
//! 3. `report`: what was refused, as a page of faults or as a table with the rows and their
//!    faults, to be corrected and sent again.

mod activate;
mod batch;
mod cells;
mod column;
mod compare;
mod desk;
mod enter;
mod erase;
mod heads;
mod kept;
mod report;
mod sheet;
pub mod sheets;
mod template;

pub use activate::{activate, carry_on, forget, order, reject};
pub use batch::{BatchState, BatchView, Note, Progress, RowFault, RowState, list, view};
pub use cells::Cells;
pub use column::Column;
pub use desk::{Applied, Desk, Force};
pub use enter::{Entered, Entering, MAX_BYTES, enter};
pub(crate) use erase::erase;
pub use report::{FaultLine, report_csv, report_page, report_table};
pub use sheet::{AnySheet, Contradiction, Sheet, Span};
pub use template::template;
