//! Out: one snapshot of the database, table after table, into a folder or a workbook.

use std::path::{Path, PathBuf};

use itgel_domain::exchange::{Group, Mapping, Schema, Table};
use itgel_domain::hash::Hash;
use itgel_domain::id::DecisionId;
use rusqlite::Connection;

use super::folder::FolderWriter;
use super::manifest::{LogState, Manifest, TableNote, content_digest};
use super::share::{self, ShareRequest, Shared};
use super::workbook::{self, BookWriter};
use super::{Progress, TOLD_EVERY, source};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;

/// What to export, and where to.
#[derive(Debug, Clone)]
pub struct ExportOrder<'a> {
    /// Who gives it to whom on which basis.
    pub request: ShareRequest,
    /// A folder that is empty or not there, or a workbook that is not there (`.xlsx`).
    pub target: PathBuf,
    /// Whether names and numbers of persons go with it.
    pub with_persons: bool,
    /// How a platform writes some of the tables.
    pub mapping: Option<&'a Mapping>,
}

/// Writes the special-topic database and returns its manifest. The request is on record before
/// the first row is read; it is marked as finished when the last one was written.
///
/// # Errors
/// `share.incomplete` and what the policy refuses; `exchange.cell` for a
/// cell that the mapping cannot write; [`ServiceError`] of the database or the files.
pub fn export(
    service: &Service,
    order: &ExportOrder<'_>,
    progress: &dyn Fn(&Progress),
) -> Result<Manifest, ServiceError> {
    let schema = Schema::builtin();
    let is_book = is_workbook(&order.target);
    let tables: Vec<&Table> = given(schema, order.with_persons).collect();
    let shared = Shared {
        items: tables.iter().map(|table| table.key.clone()).collect(),
        with_persons: order.with_persons,
        format: if is_book { "workbook" } else { "folder" },
        mapping: order.mapping.map(|mapping| mapping.hash),
    };
    let share = share::begin(service, &order.request, shared)?;
    let job = Job {
        service,
        order,
        schema,
        tables,
        progress,
    };
    let manifest = service.store.read(|connection| {
        let draft = job.draft(connection, share.clone())?;
        match is_book {
            true => job.write_book(connection, draft),
            false => job.write_folder(connection, draft),
        }
    })?;
    let (officer, figures) = (&order.request.officer, (manifest.digest, manifest.rows()));
    share::finish(service, &share, officer, figures)?;
    Ok(manifest)
}

/// The tables that an export has.
pub(super) fn given(schema: &Schema, with_persons: bool) -> impl Iterator<Item = &Table> {
    let is_given = move |table: &&Table| with_persons || !table.has_persons;
    schema.tables.iter().filter(is_given)
}

/// Size and root of the log.
pub(super) fn log_state(connection: &Connection) -> Result<LogState, ServiceError> {
    let frontier = store::log::frontier(connection)?;
    Ok(LogState {
        size: frontier.size(),
        root: frontier.root(),
    })
}

/// The digest of the rated picture out of the digests of its tables.
pub(super) fn digest_of(schema: &Schema, notes: &[TableNote]) -> Hash {
    let is_content = |note: &&TableNote| {
        let table = schema.table(&note.table);
        table.is_some_and(|table| table.group == Group::Content)
    };
    content_digest(
        notes
            .iter()
            .filter(is_content)
            .map(|note| (note.table.as_str(), note.digest)),
    )
}

fn is_workbook(target: &Path) -> bool {
    target
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"))
}

struct Job<'a> {
    service: &'a Service,
    order: &'a ExportOrder<'a>,
    schema: &'a Schema,
    tables: Vec<&'a Table>,
    progress: &'a dyn Fn(&Progress),
}

impl Job<'_> {
    /// The manifest before the tables are known.
    fn draft(&self, connection: &Connection, share: DecisionId) -> Result<Manifest, ServiceError> {
        let request = &self.order.request;
        let sample = store::meta::get(connection, store::meta::IS_SAMPLE)?;
        Ok(Manifest {
            format: Manifest::format(),
            schema_version: self.schema.version,
            schema: self.schema.hash,
            share,
            made_at_ms: self.service.now(),
            recipient: request.recipient.clone(),
            source_department: request.source_department.clone(),
            basis: request.basis.clone(),
            with_persons: self.order.with_persons,
            mapping: self.order.mapping.map(|mapping| mapping.hash),
            is_sample: sample.is_some_and(|value| value == "1"),
            epoch: store::meta::epoch(connection)?,
            log: log_state(connection)?,
            digest: Hash::from_bytes([0; 32]),
            tables: Vec::new(),
            server_key: String::new(),
            signature: String::new(),
        })
    }

    fn write_folder(
        &self,
        connection: &Connection,
        draft: Manifest,
    ) -> Result<Manifest, ServiceError> {
        let folder = FolderWriter::create(&self.order.target, self.order.mapping)?;
        let mut notes = Vec::new();
        for table in &self.tables {
            let mut file = folder.begin(table)?;
            self.each(connection, table, |cells| file.row(cells))?;
            notes.push(file.finish()?);
        }
        let manifest = self.complete(draft, notes);
        folder.finish(&manifest.to_json()?)?;
        Ok(manifest)
    }

    fn write_book(
        &self,
        connection: &Connection,
        draft: Manifest,
    ) -> Result<Manifest, ServiceError> {
        let lines = workbook::notes(&draft);
        let (target, mapping) = (&self.order.target, self.order.mapping);
        let mut book = BookWriter::create(target, self.schema, &lines, mapping)?;
        let mut notes = Vec::new();
        for table in &self.tables {
            let mut sheet = book.begin(table)?;
            self.each(connection, table, |cells| book.row(&mut sheet, cells))?;
            notes.push(sheet.finish());
        }
        book.finish()?;
        Ok(self.complete(draft, notes))
    }

    fn each(
        &self,
        connection: &Connection,
        table: &Table,
        mut take: impl FnMut(Vec<String>) -> Result<u64, ServiceError>,
    ) -> Result<(), ServiceError> {
        let tell = |rows| {
            (self.progress)(&Progress {
                table: table.zh.clone(),
                rows,
            });
        };
        tell(0);
        let with_persons = self.order.with_persons;
        source::each(self.service, connection, table, with_persons, |cells| {
            let rows = take(cells)?;
            if rows.is_multiple_of(TOLD_EVERY) {
                tell(rows);
            }
            Ok(())
        })
    }

    fn complete(&self, mut draft: Manifest, notes: Vec<TableNote>) -> Manifest {
        draft.digest = digest_of(self.schema, &notes);
        draft.tables = notes;
        draft.sign(&self.service.keys);
        draft
    }
}

/// Reads a mapping file against the schema of this program.
///
/// # Errors
/// The first fault with file, line and key.
pub fn read_mapping(name: &str, text: &str) -> Result<Mapping, itgel_domain::pack::PackError> {
    Mapping::parse(name, text, Schema::builtin())
}
