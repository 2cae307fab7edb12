//! An export as a workbook for people: a sheet of notes, a sheet of code lists, then one sheet for
//! each table. What does not fit a cell — sealed bytes, whole rule files, inputs — stays with the
//! folder, so a workbook cannot be imported.

use std::fs::File;
use std::path::{Path, PathBuf};

use itgel_domain::error::ErrorCode;
use itgel_domain::exchange::{CellKind, Column, Group, MappedSheet, Mapping, Schema, Table};
use itgel_text::{self as text, Lang};

use super::folder::{file_fault, write_fault};
use super::manifest::{Manifest, TableDigest, TableNote};
use crate::error::ServiceError;
use crate::table::write::{CELL_CHARS, ColumnHead, SheetHead, TableWriter, XlsxWriter};

/// Columns that are too long for a cell.
const LONG: [(&str, &str); 5] = [
    ("rule_file", "text"),
    ("assessment", "inputs"),
    ("assessment", "result"),
    ("title", "inputs"),
    ("title", "result"),
];

/// Officials read Chinese.
const LANG: Lang = Lang::ZhCn;

/// Writes the tables of an export into a workbook.
pub(super) struct BookWriter<'a> {
    path: PathBuf,
    book: XlsxWriter,
    mapping: Option<&'a Mapping>,
}

/// A table on its way into its sheet.
pub(super) struct Sheet<'a> {
    table: &'a Table,
    sheet: Option<&'a MappedSheet>,
    digest: TableDigest,
}

impl<'a> BookWriter<'a> {
    /// Begins a workbook; a file that is there is refused.
    pub(super) fn create(
        path: &Path,
        schema: &Schema,
        lines: &[String],
        mapping: Option<&'a Mapping>,
    ) -> Result<Self, ServiceError> {
        if path.exists() {
            let message = format!("{} is there already; nothing was written", path.display());
            return Err(ServiceError::Config(message));
        }
        let mut book = XlsxWriter::new();
        book.notes(&text::exchange_notes(LANG), lines)
            .map_err(write_fault)?;
        codes(&mut book, schema)?;
        Ok(Self {
            path: path.to_owned(),
            book,
            mapping,
        })
    }

    pub(super) fn begin<'t>(&mut self, table: &'t Table) -> Result<Sheet<'t>, ServiceError>
    where
        'a: 't,
    {
        let sheet = self.mapping.and_then(|mapping| mapping.sheet(&table.key));
        self.book.begin(&head(table, sheet)).map_err(write_fault)?;
        Ok(Sheet {
            table,
            sheet,
            digest: TableDigest::begin(table),
        })
    }

    pub(super) fn row(
        &mut self,
        sheet: &mut Sheet<'_>,
        cells: Vec<String>,
    ) -> Result<u64, ServiceError> {
        sheet.digest.add(&cells);
        let cells = match sheet.sheet {
            Some(mapped) => mapped.write(sheet.table, &cells).map_err(|(head, _)| {
                let row = sheet.digest.rows + 1;
                super::row_fault(ErrorCode::ExchangeCell, sheet.table, row, Some(&head))
            })?,
            None => shown(sheet.table)
                .filter_map(|(place, _)| cells.get(place))
                .map(|cell| fitting(cell))
                .collect(),
        };
        self.book.row(&cells).map_err(write_fault)?;
        Ok(sheet.digest.rows)
    }

    /// Writes the file.
    pub(super) fn finish(self) -> Result<(), ServiceError> {
        let file = File::create_new(&self.path).map_err(file_fault)?;
        self.book.save(file).map_err(write_fault)
    }
}

impl Sheet<'_> {
    pub(super) fn finish(self) -> TableNote {
        TableNote {
            table: self.table.key.clone(),
            title: self.table.zh.clone(),
            file: None,
            sha256: None,
            is_mapped: self.sheet.is_some(),
            rows: self.digest.rows,
            digest: self.digest.hash,
        }
    }
}

/// What the sheet of notes says.
pub(super) fn notes(manifest: &Manifest) -> Vec<String> {
    let persons = if manifest.with_persons {
        text::exchange_with_persons(LANG)
    } else {
        text::exchange_without_persons(LANG)
    };
    vec![
        text::exchange_title(LANG),
        text::exchange_number(LANG, &manifest.share),
        text::exchange_department(LANG, &manifest.source_department),
        text::exchange_recipient(LANG, &manifest.recipient),
        text::exchange_basis(LANG, &manifest.basis),
        persons,
        text::exchange_use(LANG),
        text::exchange_codes(LANG),
        text::exchange_reading(LANG),
    ]
}

fn codes(book: &mut XlsxWriter, schema: &Schema) -> Result<(), ServiceError> {
    let head = SheetHead {
        title: text::exchange_code_lists(LANG),
        columns: [
            text::exchange_table(LANG),
            text::exchange_column(LANG),
            text::exchange_code(LANG),
            text::exchange_meaning(LANG),
        ]
        .map(ColumnHead::text)
        .to_vec(),
    };
    book.begin(&head).map_err(write_fault)?;
    for table in &schema.tables {
        for column in &table.columns {
            for (word, title) in &column.codes {
                let row = [&table.zh, &column.zh, word, title].map(String::clone);
                book.row(&row).map_err(write_fault)?;
            }
        }
    }
    Ok(())
}

fn head(table: &Table, sheet: Option<&MappedSheet>) -> SheetHead {
    match sheet {
        Some(sheet) => SheetHead {
            title: sheet.title.clone(),
            columns: sheet
                .columns
                .iter()
                .map(|column| ColumnHead::text(&column.head))
                .collect(),
        },
        None => SheetHead {
            title: table.zh.clone(),
            columns: shown(table)
                .map(|(_, column)| column_head(column))
                .collect(),
        },
    }
}

fn column_head(column: &Column) -> ColumnHead {
    let head = match &column.unit {
        Some(unit) => format!("{}（{unit}）", column.zh),
        None => column.zh.clone(),
    };
    match column.kind {
        CellKind::Integer | CellKind::Decimal => ColumnHead::number(head),
        _ => ColumnHead::text(head),
    }
}

/// A cell, or where it can be found if it is too long for a workbook.
fn fitting(cell: &str) -> String {
    if cell.chars().count() > CELL_CHARS {
        text::exchange_too_long(LANG)
    } else {
        cell.to_owned()
    }
}

/// The columns that fit a cell, with their places.
fn shown(table: &Table) -> impl Iterator<Item = (usize, &Column)> {
    let fits = |(_, column): &(usize, &Column)| {
        let is_long = LONG.contains(&(table.key.as_str(), column.key.as_str()));
        let is_long = is_long || (table.group == Group::Trail && column.key == "frontier");
        column.kind != CellKind::Bytes && !is_long
    };
    table.columns.iter().enumerate().filter(fits)
}
