//! A file becomes a batch: read page by page, checked row by row, staged under a key of its own.

use std::io::Cursor;
use std::sync::Arc;

use itgel_domain::case::cycle::CycleKind;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, ImportId};
use itgel_domain::keys::ContentKey;
use itgel_domain::ledger::UnitTally;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Actor, Resource, may};
use rusqlite::Connection;

use super::activate::{begin, carry_on};
use super::batch::{BatchState, BatchView, Progress, RowFault, RowState, shown};
use super::cells::Cells;
use super::compare::{Meetings, compare};
use super::desk::Desk;
use super::heads::{self, Found};
use super::kept::{Kept, leaf_of, seal};
use super::report::{FaultLine, faults_after};
use super::sheet::{AnySheet, Staged};
use super::sheets;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::import::{BatchRow, ImportRow};
use crate::store::{self, Tx};
use crate::table::{self, Cell, Options, Row, Table};

/// Most bytes of a file.
pub const MAX_BYTES: usize = 64 << 20;

/// Rows that are checked and staged in one transaction.
const PAGE: usize = 256;

/// Most faults that a check returns.
const MAX_CHECKED: u32 = 10_000;

/// Most characters of a source.
const MAX_SOURCE: usize = 200;

/// A file on its way in.
#[derive(Debug, Clone)]
pub struct Entering {
    /// The word of its kind of table.
    pub kind: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// How to read it.
    pub options: Options,
    /// Who keeps the table, with the number of its document.
    pub source: String,
    /// The campaign that values are for; the open one of the banner if absent.
    pub cycle: Option<CycleId>,
    /// Only say what would be refused, and keep nothing.
    pub check_only: bool,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Entered {
    /// Its batch; of a check, what the batch would have been.
    pub batch: BatchView,
    /// The same file was entered before: nothing was changed.
    pub was_known: bool,
    /// The faults that a check found, at most ten thousand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checked: Vec<FaultLine>,
}

/// Everything that stays the same while a file is read.
struct Reading<'a> {
    service: &'a Service,
    actor: &'a Actor,
    sheet: &'static dyn AnySheet,
    found: Vec<Found>,
    batch: BatchRow,
    key: Arc<ContentKey>,
}

/// Enters a table: reads it, checks every row and stages those that can take effect. A table that
/// cannot change a grade is then in force at once; any other waits for [`super::activate`].
///
/// # Errors
/// [`ErrorCode::ImportKind`], [`ErrorCode::ImportSource`]; [`ErrorCode::NotAllowed`] for the
/// person; [`ErrorCode::CycleClosed`] if values have no campaign to go to; a code of [`table`] or
/// of the heads for the file as a whole. Then nothing is kept. [`ServiceError`] of the database.
pub fn enter(
    service: &Service,
    actor: &Actor,
    entering: &Entering,
    progress: &mut dyn FnMut(Progress),
) -> Result<Entered, ServiceError> {
    let sheet = sheets::find(&entering.kind).ok_or(ErrorCode::ImportKind)?;
    let source = entering.source.trim();
    if source.is_empty() || source.chars().count() > MAX_SOURCE {
        return Err(ErrorCode::ImportSource.into());
    }
    if entering.bytes.len() > MAX_BYTES {
        return Err(ErrorCode::TableTooLarge.into());
    }
    let division = division_of(actor, sheet)?;
    let file_hash = Hash::of_file(&entering.bytes);
    if let Some(known) = find_known(service, sheet, &file_hash, division)? {
        return Ok(Entered {
            batch: known,
            was_known: true,
            checked: Vec::new(),
        });
    }
    let cycle = cycle_of(service, sheet, entering.cycle.as_ref(), division)?;
    let mut file = table::open(Cursor::new(&entering.bytes), &entering.options)?;
    let mut table = file.table(&|head| heads::is_known(sheet.columns(), head))?;
    let (found, notes) = heads::find(sheet.columns(), &table.heads)?;
    let batch = BatchRow {
        id: ImportId::from_random(random()?),
        kind: sheet.kind().to_owned(),
        file_hash,
        source: source.to_owned(),
        division,
        cycle,
        state: BatchState::Staging,
        heads: found.iter().map(|found| found.head.clone()).collect(),
        notes,
        entered_by: actor.officer.clone(),
        entered_at: service.now(),
        decided_by: None,
        decided_at: None,
    };
    let reading = Reading {
        key: open_batch(service, &batch)?,
        service,
        actor,
        sheet,
        found,
        batch,
    };
    let id = &reading.batch.id;
    match reading.stage_all(&mut table, progress) {
        Ok(()) if entering.check_only => reading.check(),
        Ok(()) => reading.propose(progress),
        Err(error) => {
            discard(service, id)?;
            Err(error)
        }
    }
}

/// What is remembered of all rows of a file.
#[derive(Default)]
struct Seen {
    tally: UnitTally,
    meetings: Meetings,
}

impl Seen {
    fn take(&mut self, n: u32, staged: &Staged) {
        if let Some(amount_fen) = staged.amount_fen {
            self.tally.add(amount_fen);
        }
        self.meetings.add(n, &staged.meets_at);
    }
}

impl Reading<'_> {
    fn stage_all(
        &self,
        table: &mut Table<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ServiceError> {
        let (mut done, mut seen) = (0, Seen::default());
        loop {
            let page = table.by_ref().take(PAGE).collect::<Result<Vec<Row>, _>>()?;
            if page.is_empty() {
                break;
            }
            done += u32::try_from(page.len()).unwrap_or(u32::MAX);
            let rows = self.read_page(&page, &mut seen)?;
            let id = self.batch.id.clone();
            self.service.transact("import.stage", move |_, tx| {
                rows.into_iter().try_for_each(|row| stage(tx, &id, row))
            })?;
            progress(Progress { done, of: None });
        }
        if done == 0 {
            return Err(ErrorCode::TableEmpty.into());
        }
        match seen.tally.doubt() {
            Some(_) => Err(ErrorCode::LedgerUnit.into()),
            None => self.compare(&seen.meetings),
        }
    }

    /// Tells the rows of the file that contradict one another so.
    fn compare(&self, meetings: &Meetings) -> Result<(), ServiceError> {
        let told = self.service.store.read(|connection| {
            let place = (&self.batch.id, self.found.as_slice());
            compare(self.sheet, &self.desk(connection), place, meetings)
        })?;
        if told.is_empty() {
            return Ok(());
        }
        let id = self.batch.id.clone();
        self.service.transact("import.compare", move |_, tx| {
            let mut told = told.iter();
            told.try_for_each(|(n, faults)| Ok(store::import::set_faults(tx, &id, *n, faults)?))
        })
    }

    fn desk<'d>(&'d self, connection: &'d Connection) -> Desk<'d> {
        Desk {
            service: self.service,
            connection,
            actor: self.actor,
            action: self.sheet.entering(),
            today: self.service.now().on(),
            cycle: self.batch.cycle.as_ref(),
        }
    }

    /// Reads a page of rows against a snapshot of the database.
    fn read_page(&self, page: &[Row], seen: &mut Seen) -> Result<Vec<ImportRow>, ServiceError> {
        self.service.store.read(|connection| {
            let desk = self.desk(connection);
            page.iter()
                .map(|row| self.read_row(row, &desk, seen))
                .collect()
        })
    }

    fn read_row(
        &self,
        row: &Row,
        desk: &Desk<'_>,
        seen: &mut Seen,
    ) -> Result<ImportRow, ServiceError> {
        let mut cells = Cells::of(&self.found, row);
        let staged = self.sheet.stage(&mut cells, desk)?;
        let staged = staged.filter(|_| !cells.is_faulty());
        let mut faults = cells.into_faults();
        if staged.is_none() && faults.iter().all(|fault| fault.is_notice) {
            faults.push(RowFault::of_row(ErrorCode::RegisterRow.into()));
        }
        let text = |found: &Found| match row.cell(found.at) {
            Cell::Text(text) => text.clone(),
            Cell::Empty | Cell::Fault(_) => String::new(),
        };
        if let Some(staged) = &staged {
            seen.take(row.number, staged);
        }
        let (place, typed) = match staged {
            Some(staged) => (staged.span.map(|span| span.place()), Some(staged.row)),
            None => (None, None),
        };
        let kept = Kept {
            cells: self.found.iter().map(text).collect(),
            row: typed,
        };
        let state = match kept.row {
            Some(_) => RowState::Staged,
            None => RowState::Refused,
        };
        Ok(ImportRow {
            n: row.number,
            state,
            place,
            faults,
            sealed: seal(&self.key, &self.batch.id, row.number, &kept)?,
        })
    }

    /// What a check found; nothing of the batch stays.
    fn check(&self) -> Result<Entered, ServiceError> {
        let id = &self.batch.id;
        let read = self.service.store.read(|c| {
            let batch = shown(c, self.batch.clone())?;
            Ok::<_, ServiceError>((batch, faults_after(c, id, 0, MAX_CHECKED)?))
        });
        discard(self.service, id)?;
        let (batch, checked) = read?;
        Ok(Entered {
            batch,
            was_known: false,
            checked,
        })
    }

    fn propose(&self, progress: &mut dyn FnMut(Progress)) -> Result<Entered, ServiceError> {
        let (batch, actor, sheet) = (self.batch.clone(), self.actor.clone(), self.sheet);
        self.service
            .transact("import.propose", move |service, tx| {
                store::import::set_state(tx, &batch.id, BatchState::Proposed)?;
                let counts = store::import::count_rows(tx, &batch.id)?;
                let detail = serde_json::json!({
                    "kind": batch.kind, "file": batch.file_hash, "rows": counts,
                });
                let resource = format!("import/{}", batch.id);
                let now = service.now();
                let by = actor.officer.as_str();
                store::log::audit(tx, now, by, "import.entered", &resource, &detail)?;
                store::log::leaf(tx, LeafKind::Rules, &leaf_of(&batch.id))?;
                if !sheet.decides_grades() {
                    begin(tx, &actor, &batch, now)?;
                }
                Ok(())
            })?;
        if !self.sheet.decides_grades() {
            let mut done = 0;
            while let Some(settled) = carry_on(self.service, &self.batch.id)? {
                done += settled;
                progress(Progress { done, of: None });
            }
        }
        let id = &self.batch.id;
        let batch = self.service.store.read(|c| {
            let batch = store::import::get(c, id)?.ok_or(ErrorCode::ImportUnknown)?;
            shown(c, batch)
        })?;
        Ok(Entered {
            batch,
            was_known: false,
            checked: Vec::new(),
        })
    }
}

/// Keeps a row; one that contradicts an earlier row of the file is refused.
fn stage(tx: &Tx<'_>, batch: &ImportId, mut row: ImportRow) -> Result<(), ServiceError> {
    if let Some(place) = row.place.take() {
        match store::import::find_overlapping(tx, batch, &place)? {
            None => row.place = Some(place),
            Some((other, held)) => {
                let is_same = (held.from, held.to) == (place.from, place.to);
                let code = match is_same {
                    true => ErrorCode::ImportRepeated,
                    false => ErrorCode::ImportOverlapRow,
                };
                row.state = RowState::Refused;
                row.faults.push(RowFault {
                    column: String::new(),
                    cell: String::new(),
                    code,
                    args: vec![("row".to_owned(), other.to_string())],
                    is_notice: false,
                });
            }
        }
    }
    Ok(store::import::put_row(tx, batch, &row)?)
}

/// Where the person may enter tables of this kind: the widest of their divisions.
fn division_of(actor: &Actor, sheet: &dyn AnySheet) -> Result<DivisionCode, ServiceError> {
    let action = sheet.entering();
    let mut divisions: Vec<DivisionCode> = actor.grants.iter().map(|g| g.division).collect();
    divisions.sort_by_key(|division| division.level());
    let allowed = |division: &DivisionCode| may(actor, action, &Resource::at(*division)).is_ok();
    let found = divisions.into_iter().find(allowed);
    Ok(found.ok_or(ErrorCode::NotAllowed)?)
}

fn find_known(
    service: &Service,
    sheet: &dyn AnySheet,
    file: &Hash,
    division: DivisionCode,
) -> Result<Option<BatchView>, ServiceError> {
    service.store.read(|c| {
        let batches = store::import::list_of_file(c, sheet.kind(), file)?;
        let counts = |batch: &BatchRow| {
            let is_over = matches!(batch.state, BatchState::Staging | BatchState::Rejected);
            !is_over && batch.division == division
        };
        let known = batches.into_iter().find(counts);
        known.map(|batch| shown(c, batch)).transpose()
    })
}

fn cycle_of(
    service: &Service,
    sheet: &dyn AnySheet,
    named: Option<&CycleId>,
    division: DivisionCode,
) -> Result<Option<CycleId>, ServiceError> {
    if !sheet.is_for_cycle() {
        return Ok(None);
    }
    let banner = division.ancestor(DivisionLevel::County);
    let banner = banner.ok_or(ErrorCode::CycleClosed)?;
    let today = service.now().on();
    let cycles = service.store.read(|c| store::cycle::list(c, banner))?;
    let fits = |cycle: &&itgel_domain::case::cycle::Cycle| match named {
        Some(named) => cycle.id == *named,
        None => cycle.kind == CycleKind::Annual,
    };
    let open = cycles
        .iter()
        .filter(|cycle| cycle.is_open_on(today))
        .find(fits);
    Ok(Some(open.ok_or(ErrorCode::CycleClosed)?.id.clone()))
}

/// Writes the batch and makes its key; what an earlier try with the same file left is dropped.
fn open_batch(service: &Service, batch: &BatchRow) -> Result<Arc<ContentKey>, ServiceError> {
    let batch = batch.clone();
    service.transact("import.open", move |service, tx| {
        for left in store::import::list_of_file(tx, &batch.kind, &batch.file_hash)? {
            if left.state == BatchState::Staging {
                drop_batch(tx, &left.id)?;
            }
        }
        store::import::put(tx, &batch)?;
        let key = contents::key(service, tx, Scope::Import, batch.id.as_str())?;
        Ok(Arc::new(key))
    })
}

fn discard(service: &Service, id: &ImportId) -> Result<(), ServiceError> {
    let id = id.clone();
    service.transact("import.discard", move |_, tx| drop_batch(tx, &id))
}

fn drop_batch(tx: &Tx<'_>, id: &ImportId) -> Result<(), ServiceError> {
    store::content_key::delete(tx, Scope::Import.as_str(), id.as_str())?;
    Ok(store::import::delete(tx, id)?)
}
