//! An export as a workbook for people: a sheet of notes, a sheet of code lists, then one sheet for
//! each table. What does not fit a cell — sealed bytes, whole rule files, inputs — stays with the
//! folder, so a workbook cannot be imported.

use std::fs::File;
use std::path::{Path, PathBuf};

use itgel_domain::error::ErrorCode;
use itgel_domain::exchange::{CellKind, Column, Group, MappedSheet, Mapping, Schema, Table};

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
        book.notes("说明", lines).map_err(write_fault)?;
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
        "含"
    } else {
        "不含"
    };
    vec![
        "农村牧区信用专题数据库导出".to_owned(),
        format!("登记编号：{}", manifest.share),
        format!("来源部门：{}", manifest.source_department),
        format!("接收方：{}", manifest.recipient),
        format!("依据：{}", manifest.basis),
        format!("{persons}姓名、证件号码和电话"),
        "只能用于上述依据所定的目的，不得转提供；本评定结果不是征信报告。".to_owned(),
        "代码见“代码表”；各列的含义、分级和保存期限见数据字典。".to_owned(),
        "本工作簿供阅读和分析；恢复数据库请用目录格式的导出。".to_owned(),
    ]
}

fn codes(book: &mut XlsxWriter, schema: &Schema) -> Result<(), ServiceError> {
    let head = SheetHead {
        title: "代码表".into(),
        columns: ["表", "列", "代码", "含义"].map(ColumnHead::text).to_vec(),
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
        "（内容过长，见目录格式的导出）".to_owned()
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
