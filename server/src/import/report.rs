//! What was refused or left out: as lines for a screen, and as a table with the rows themselves,
//! to be corrected and sent again.

use itgel_domain::id::ImportId;
use itgel_domain::keys::ContentKey;
use itgel_domain::policy::Actor;
use itgel_text::Lang;
use rusqlite::Connection;

use super::batch::{RowFault, RowState, readable};
use super::kept::unseal;
use super::template::{Book, Style};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::import::BatchRow;
use crate::table::Encoding;
use crate::table::write::{ColumnHead, CsvWriter, SheetHead, TableWriter};

/// Rows that are read at once.
const PAGE: u32 = 500;

/// A fault with its row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FaultLine {
    /// The row as Excel numbers it.
    pub row: u32,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: RowFault,
}

impl RowFault {
    /// What is wrong and the way out.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        itgel_text::error(lang, self.code, &self.args)
    }
}

/// The faults of a batch after row `after`, and the row to go on after if there are more. Rows
/// that went in without a cell are among them.
///
/// # Errors
/// [`itgel_domain::error::ErrorCode::ImportUnknown`] for this reader; [`ServiceError`] of the
/// database.
pub fn report_page(
    connection: &Connection,
    actor: &Actor,
    id: &ImportId,
    after: u32,
    limit: u32,
) -> Result<(Vec<FaultLine>, Option<u32>), ServiceError> {
    readable(connection, actor, id)?;
    let rows = store::import::list_noted(connection, id, after, limit)?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|rows| rows == limit);
    let next = rows.last().map(|row| row.n).filter(|_| is_full);
    Ok((rows.into_iter().flat_map(lines).collect(), next))
}

/// The rows of a batch that did not go in, with their faults, as a workbook under the heads of
/// the file: corrected, it can be imported as it is. Once the contents are gone
/// (90 days after the decision) rows and faults remain without their cells.
///
/// # Errors
/// [`itgel_domain::error::ErrorCode::ImportUnknown`] for this reader; [`ServiceError`] of the
/// database.
pub fn report_table(
    service: &Service,
    actor: &Actor,
    id: &ImportId,
) -> Result<Vec<u8>, ServiceError> {
    let bad = Refused::open(service, actor, id)?;
    let mut book = Book::new();
    let title = itgel_text::import_rows(Lang::ZhCn);
    book.sheet(&title, &bad.heads(), Style::Texts)?;
    bad.each("\n", &mut |cells| book.row(cells))?;
    book.finish()
}

/// The same as CSV in UTF-8. No cell of it goes over several lines, so that it can be imported.
///
/// # Errors
/// As [`report_table`].
pub fn report_csv(
    service: &Service,
    actor: &Actor,
    id: &ImportId,
) -> Result<Vec<u8>, ServiceError> {
    let broken = |error| ServiceError::caused("a report as CSV", error);
    let bad = Refused::open(service, actor, id)?;
    let mut out = CsvWriter::new(Vec::new(), Encoding::Utf8);
    let head = SheetHead {
        title: String::new(),
        columns: bad.heads().into_iter().map(ColumnHead::text).collect(),
    };
    out.begin(&head).map_err(broken)?;
    bad.each("；", &mut |cells| out.row(cells).map_err(broken))?;
    out.finish().map_err(broken)
}

/// The rows of a batch that did not go in.
struct Refused<'a> {
    service: &'a Service,
    batch: BatchRow,
    key: Option<ContentKey>,
}

impl<'a> Refused<'a> {
    fn open(service: &'a Service, actor: &Actor, id: &ImportId) -> Result<Self, ServiceError> {
        service.store.read(|c| {
            let batch = readable(c, actor, id)?;
            let key = contents::find_key(service, c, Scope::Import, id.as_str())?;
            Ok(Self {
                service,
                batch,
                key,
            })
        })
    }

    /// The heads of the file, then what is wrong and the number of the row.
    fn heads(&self) -> Vec<String> {
        let [row_head, fault_head] = own_heads();
        let heads = self.batch.heads.iter().cloned();
        heads.chain([fault_head, row_head]).collect()
    }

    /// Gives each row with its faults, `between` them.
    fn each(
        &self,
        between: &str,
        take: &mut dyn FnMut(&[String]) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        let (id, states) = (&self.batch.id, [RowState::Refused, RowState::Failed]);
        let mut after = 0;
        loop {
            let read = |c: &_| store::import::list_rows(c, id, &states, after, PAGE);
            let page = self.service.store.read(read)?;
            let Some(last) = page.last().map(|row| row.n) else {
                return Ok(());
            };
            for row in &page {
                let kept = unseal(self.key.as_ref(), id, row)?;
                let mut cells = kept.map(|kept| kept.cells).unwrap_or_default();
                cells.resize(self.batch.heads.len(), String::new());
                let told = row.faults.iter().filter(|fault| !fault.is_notice).map(told);
                cells.push(told.collect::<Vec<_>>().join(between));
                cells.push(row.n.to_string());
                take(&cells)?;
            }
            after = last;
        }
    }
}

/// Whether a head is one that a report adds to the file: it is passed over when the corrected
/// report comes in.
pub(super) fn is_own_head(head: &str) -> bool {
    own_heads().iter().any(|own| own == head)
}

/// The faults of a batch after row `after`, whoever asks.
pub(super) fn faults_after(
    connection: &Connection,
    id: &ImportId,
    after: u32,
    limit: u32,
) -> Result<Vec<FaultLine>, ServiceError> {
    let rows = store::import::list_noted(connection, id, after, limit)?;
    Ok(rows.into_iter().flat_map(lines).collect())
}

fn lines(row: store::import::ImportRow) -> impl Iterator<Item = FaultLine> {
    let n = row.n;
    let line = move |fault| FaultLine { row: n, fault };
    row.faults.into_iter().map(line)
}

fn told(fault: &RowFault) -> String {
    let text = fault.text(Lang::ZhCn);
    match fault.column.as_str() {
        "" => text,
        column => format!("{column}：{text}"),
    }
}

fn own_heads() -> [String; 2] {
    [
        itgel_text::import_report_row(Lang::ZhCn),
        itgel_text::import_report_fault(Lang::ZhCn),
    ]
}
