//! An export as a folder: a CSV file for each table, UTF-8, the head in Chinese, and in the last
//! column a checksum that covers the row and every row before it. A table that a mapping names is
//! written as the platform wants it, without the checksum.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use itgel_domain::error::ErrorCode;
use itgel_domain::exchange::mapping::TextEncoding;
use itgel_domain::exchange::{MappedSheet, Mapping, Table};
use itgel_domain::hash::Hash;
use sha2::{Digest as _, Sha256};

use super::manifest::{TableDigest, TableNote};
use super::{row_fault, table_fault};
use crate::error::ServiceError;
use crate::table::Encoding;
use crate::table::write::{ColumnHead, CsvWriter, SheetHead, TableWriter, unguarded};

/// The head of the last column.
const CHECK: &str = "行校验";

/// Writes the tables of an export into a folder.
pub(super) struct FolderWriter<'a> {
    folder: PathBuf,
    mapping: Option<&'a Mapping>,
}

/// A table on its way into its file.
pub(super) struct TableFile<'a> {
    table: &'a Table,
    sheet: Option<&'a MappedSheet>,
    name: String,
    writer: CsvWriter<Hashing<BufWriter<File>>>,
    digest: TableDigest,
}

impl<'a> FolderWriter<'a> {
    /// Makes the folder; one that holds anything is refused.
    pub(super) fn create(
        folder: &Path,
        mapping: Option<&'a Mapping>,
    ) -> Result<Self, ServiceError> {
        std::fs::create_dir_all(folder).map_err(file_fault)?;
        let mut entries = std::fs::read_dir(folder).map_err(file_fault)?;
        if entries.next().is_some() {
            let message = format!("{} is not empty; nothing was written", folder.display());
            return Err(ServiceError::Config(message));
        }
        Ok(Self {
            folder: folder.to_owned(),
            mapping,
        })
    }

    pub(super) fn begin<'t>(&'t self, table: &'t Table) -> Result<TableFile<'t>, ServiceError> {
        let sheet = self.mapping.and_then(|mapping| mapping.sheet(&table.key));
        let name = format!("{}.csv", sheet.map_or(&table.key, |sheet| &sheet.file));
        let file = File::create_new(self.folder.join(&name)).map_err(file_fault)?;
        let encoding = sheet.map_or(Encoding::Utf8, |_| encoding_of(self.mapping));
        let mut writer = CsvWriter::new(Hashing::new(BufWriter::new(file)), encoding);
        writer.begin(&head(table, sheet)).map_err(write_fault)?;
        Ok(TableFile {
            table,
            sheet,
            name,
            writer,
            digest: TableDigest::begin(table),
        })
    }

    /// Writes the manifest, last of all.
    pub(super) fn finish(&self, manifest: &str) -> Result<(), ServiceError> {
        let path = self.folder.join(super::manifest::FILE);
        let mut file = File::create_new(path).map_err(file_fault)?;
        file.write_all(manifest.as_bytes()).map_err(file_fault)?;
        file.sync_all().map_err(file_fault)
    }
}

impl TableFile<'_> {
    pub(super) fn row(&mut self, mut cells: Vec<String>) -> Result<u64, ServiceError> {
        let check = self.digest.add(&cells);
        let cells = match self.sheet {
            Some(sheet) => sheet.write(self.table, &cells).map_err(|(head, _)| {
                let row = self.digest.rows + 1;
                row_fault(ErrorCode::ExchangeCell, self.table, row, Some(&head))
            })?,
            None => {
                cells.push(check);
                cells
            }
        };
        self.writer.row(&cells).map_err(write_fault)?;
        Ok(self.digest.rows)
    }

    pub(super) fn finish(self) -> Result<TableNote, ServiceError> {
        let hashing = self.writer.finish().map_err(write_fault)?;
        Ok(TableNote {
            table: self.table.key.clone(),
            title: self.table.zh.clone(),
            file: Some(self.name),
            sha256: Some(hashing.hash()),
            is_mapped: self.sheet.is_some(),
            rows: self.digest.rows,
            digest: self.digest.hash,
        })
    }
}

/// Gives every row of a table's file to `take`, as it was exported.
///
/// # Errors
/// [`ErrorCode::ExchangeRow`] for the first row that is not as it was written,
/// [`ErrorCode::ExchangeTable`] for a file that is missing or has other rows than the manifest
/// says, [`ErrorCode::ExchangeCell`] for a cell that the mapping cannot read.
pub(super) fn each(
    folder: &Path,
    mapping: Option<&Mapping>,
    (table, note): (&Table, &TableNote),
    mut take: impl FnMut(u64, &[String]) -> Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    let sheet = mapping
        .filter(|_| note.is_mapped)
        .and_then(|m| m.sheet(&table.key));
    let broken = || table_fault(ErrorCode::ExchangeTable, table);
    let name = note
        .file
        .as_deref()
        .filter(|name| is_plain(name))
        .ok_or_else(broken)?;
    let path = folder.join(name);
    let encoding = sheet.map_or(Encoding::Utf8, |_| encoding_of(mapping));
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(decoded(&path, encoding).map_err(|_| broken())?);
    let heads = reader.headers().map_err(|_| broken())?;
    let expected = head(table, sheet);
    if !heads
        .iter()
        .eq(expected.columns.iter().map(|column| column.head.as_str()))
    {
        return Err(broken());
    }
    let mut digest = TableDigest::begin(table);
    for (record, row) in reader.records().zip(2..) {
        let changed = || row_fault(ErrorCode::ExchangeRow, table, row, None);
        let record = record.map_err(|_| changed())?;
        if record.len() != expected.columns.len() {
            return Err(changed());
        }
        let cells = match sheet {
            Some(sheet) => mapped(sheet, table, &record, row)?,
            None => checked(&record, &mut digest).ok_or_else(changed)?,
        };
        if sheet.is_some() {
            digest.add(&cells);
        }
        take(row, &cells)?;
    }
    let is_whole =
        sheet.is_some_and(|sheet| !sheet.missing(table).is_empty()) || digest.hash == note.digest;
    match is_whole && digest.rows == note.rows && hash_of(&path).ok() == note.sha256 {
        true => Ok(()),
        false => Err(broken()),
    }
}

/// The cells of a record, if its checksum says that they are as they were written.
fn checked(record: &csv::StringRecord, digest: &mut TableDigest) -> Option<Vec<String>> {
    let mut cells: Vec<String> = record
        .iter()
        .map(|cell| unguarded(cell).to_owned())
        .collect();
    let check = cells.pop()?;
    (digest.add(&cells) == check).then_some(cells)
}

fn mapped(
    sheet: &MappedSheet,
    table: &Table,
    record: &csv::StringRecord,
    row: u64,
) -> Result<Vec<String>, ServiceError> {
    let theirs: Vec<String> = record
        .iter()
        .map(|cell| unguarded(cell).to_owned())
        .collect();
    sheet
        .read(table, &theirs)
        .map_err(|(head, _)| row_fault(ErrorCode::ExchangeCell, table, row, Some(&head)))
}

/// The head of a table's file. Cells are text: numbers stand as they are written, so that a
/// reader finds each digit again.
fn head(table: &Table, sheet: Option<&MappedSheet>) -> SheetHead {
    let columns = match sheet {
        Some(sheet) => sheet
            .columns
            .iter()
            .map(|column| ColumnHead::text(&column.head))
            .collect(),
        None => table
            .columns
            .iter()
            .map(|column| ColumnHead::text(&column.zh))
            .chain([ColumnHead::text(CHECK)])
            .collect(),
    };
    SheetHead {
        title: table.zh.clone(),
        columns,
    }
}

const fn encoding_of(mapping: Option<&Mapping>) -> Encoding {
    match mapping {
        Some(Mapping {
            encoding: TextEncoding::Gb18030,
            ..
        }) => Encoding::Gb18030,
        _ => Encoding::Utf8,
    }
}

/// The text of a file. UTF-8 comes as it is read; GB18030, which only platforms' files have, is
/// decoded as a whole.
fn decoded(path: &Path, encoding: Encoding) -> std::io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path)?);
    match encoding {
        Encoding::Utf8 => {
            let mut mark = [0; 3];
            let read = file.read(&mut mark)?;
            let begun: Box<dyn Read> = match mark.get(..read) {
                Some([0xef, 0xbb, 0xbf]) | None => Box::new(file),
                Some(other) => Box::new(std::io::Cursor::new(other.to_vec()).chain(file)),
            };
            Ok(begun)
        }
        Encoding::Gb18030 => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let (text, _, _) = encoding_rs::GB18030.decode(&bytes);
            Ok(Box::new(std::io::Cursor::new(
                text.into_owned().into_bytes(),
            )))
        }
    }
}

/// A name that leads nowhere else.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().all(plain) && !name.starts_with('.')
}

fn hash_of(path: &Path) -> std::io::Result<Hash> {
    let mut hashing = Hashing::new(std::io::sink());
    std::io::copy(&mut BufReader::new(File::open(path)?), &mut hashing)?;
    Ok(hashing.hash())
}

/// Hashes what is written through it.
struct Hashing<W> {
    out: W,
    sha: Sha256,
}

impl<W> Hashing<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            sha: Sha256::new(),
        }
    }

    fn hash(self) -> Hash {
        Hash::from_bytes(self.sha.finalize().into())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

pub(super) fn file_fault(error: std::io::Error) -> ServiceError {
    ServiceError::caused("a file of an export", error)
}

pub(super) fn write_fault(error: crate::table::write::WriteError) -> ServiceError {
    ServiceError::caused("a table of an export", error)
}
