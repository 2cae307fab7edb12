//! From the heads of a file to the columns of a kind of table.

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::pack::forbidden_head;

use super::batch::Note;
use super::column::Column;
use super::report;
use crate::error::ServiceError;
use crate::table::head_text;

/// A column of the kind, found in the file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The column.
    pub(super) column: &'static Column,
    /// Where it stands, from 0 for A.
    pub(super) at: usize,
    /// Its head as it stands in the file.
    pub(super) head: String,
    /// The unit of an amount.
    pub(super) unit: &'static str,
}

/// Whether a head of a file is one of `columns`.
pub(super) fn is_known(columns: &[Column], head: &str) -> bool {
    column_of(columns, head).is_some()
}

/// The columns of the kind that the file has, and a note for each column of the file that is not
/// read.
///
/// # Errors
/// All faults of the heads at once: a required column that is missing, one that is there twice, a
/// unit that does not measure it.
pub(super) fn find(
    columns: &'static [Column],
    heads: &[String],
) -> Result<(Vec<Found>, Vec<Note>), ServiceError> {
    let (mut found, mut notes, mut faults) = (Vec::<Found>::new(), Vec::new(), Vec::new());
    for (at, head) in heads
        .iter()
        .enumerate()
        .filter(|(_, head)| !head.is_empty())
    {
        let Some((column, written)) = column_of(columns, head) else {
            notes.extend(note(head));
            continue;
        };
        if found.iter().any(|other| other.column.key == column.key) {
            faults.push(
                Violation::new(head, ErrorCode::TableHeadDuplicate).with("head", column.head),
            );
            continue;
        }
        match unit_of(column, written) {
            Ok(unit) => found.push(Found {
                column,
                at,
                head: head.clone(),
                unit,
            }),
            Err(violation) => faults.push(violation),
        }
    }
    for column in columns.iter().filter(|column| column.required) {
        if !found.iter().any(|found| found.column.key == column.key) {
            let missing = Violation::new(column.head, ErrorCode::TableHeadMissing);
            faults.push(missing.with("head", column.head));
        }
    }
    match faults.first() {
        Some(first) => Err(ServiceError::Refused {
            code: first.code,
            violations: faults,
        }),
        None => Ok((found, notes)),
    }
}

/// The column that a head names, and the unit in its brackets: of `面积(公顷)` the column 面积 and
/// 公顷.
fn column_of<'c, 'h>(
    columns: &'c [Column],
    head: &'h str,
) -> Option<(&'c Column, Option<&'h str>)> {
    let named = |name: &str| {
        let mut columns = columns.iter();
        columns.find(|column| {
            let mut heads = std::iter::once(&column.head).chain(column.also);
            heads.any(|known| head_text(known) == name)
        })
    };
    if let Some(column) = named(head) {
        return Some((column, None));
    }
    let (name, rest) = head.rsplit_once('(')?;
    let column = named(name).filter(|column| column.measure.is_some())?;
    Some((column, rest.strip_suffix(')')))
}

fn unit_of(column: &'static Column, written: Option<&str>) -> Result<&'static str, Violation> {
    let Some((unit, usual)) = column.measure else {
        return Ok("");
    };
    let Some(written) = written else {
        return Ok(usual);
    };
    unit.accepted()
        .find(|word| *word == written)
        .ok_or_else(|| {
            let units = unit.accepted().collect::<Vec<_>>().join(" ");
            Violation::new(column.head, ErrorCode::TableHeadUnit)
                .with("head", column.head)
                .with("units", units)
        })
}

/// Why a column of the file is not read; nothing for the columns that a report adds itself.
fn note(head: &str) -> Option<Note> {
    if report::is_own_head(head) {
        return None;
    }
    let code = match forbidden_head(head) {
        Some(_) => ErrorCode::ImportForbidden,
        None => ErrorCode::ImportIgnored,
    };
    Some(Note {
        head: head.to_owned(),
        code,
    })
}
