//! The mapping file: how a regional platform names, orders and writes the same columns
//! (`domain.md` SR-09, SR-65, SR-72). An operator adapts it without code; faults name file, line
//! and key. What it writes it also reads back, so nothing in it may lose a value.

mod form;

use jiff::civil::Date;

pub use self::form::DayFormat;
use self::form::Scale;
use super::cell::{CellFault, CellKind};
use super::schema::{Column, Schema, Table};
use crate::hash::Hash;
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::read::{self, Fields, Tree};
use crate::pack::vocabulary;

/// A mapping file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The platform that it is for.
    pub name: String,
    /// What an operator should know of it.
    pub note: Option<String>,
    /// SHA-256 of the file.
    pub hash: Hash,
    /// The encoding of CSV files: `utf-8` or `gb18030`.
    pub encoding: TextEncoding,
    /// Its sheets.
    pub sheets: Vec<MappedSheet>,
}

vocabulary! {
    /// The encoding of a platform's text files.
    TextEncoding {
        /// UTF-8 with its mark.
        Utf8 => "utf-8",
        /// GB18030.
        Gb18030 => "gb18030",
    }
}

/// One table as the platform has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedSheet {
    /// Our table.
    pub table: String,
    /// The name of the sheet.
    pub title: String,
    /// The name of the file, without its ending.
    pub file: String,
    /// Its columns in the platform's order.
    pub columns: Vec<MappedColumn>,
}

/// One column as the platform has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedColumn {
    /// The head.
    pub head: String,
    /// Our column; absent where the platform wants a fixed text.
    pub column: Option<String>,
    /// The fixed text.
    pub fixed: String,
    /// Our words and the platform's codes.
    codes: Vec<(String, String)>,
    format: DayFormat,
    scale: Option<Scale>,
}

impl Mapping {
    /// Parses a mapping file against the schema.
    ///
    /// # Errors
    /// The first fault, with file, line and key: an unknown table, column, unit or word, a head
    /// or a code that occurs twice, a word without a code.
    pub fn parse(file: &str, text: &str, schema: &Schema) -> Result<Self, PackError> {
        let node = read::toml(file, text)?;
        let mut fields = Fields::of(file, "", &node)?;
        let mut sheets: Vec<MappedSheet> = Vec::new();
        for mut row in fields.tables("sheet")? {
            let sheet = MappedSheet::parse(&mut row, schema)?;
            if sheets.iter().any(|known| known.table == sheet.table) {
                let message = "this table is mapped twice";
                return Err(row.fault("table", PackErrorCode::Duplicate, message));
            }
            if sheets
                .iter()
                .any(|known| known.file == sheet.file || known.title == sheet.title)
            {
                return Err(row.fault("file", PackErrorCode::Duplicate, "this name occurs twice"));
            }
            row.finish()?;
            sheets.push(sheet);
        }
        if sheets.is_empty() {
            let message = "add at least one `[[sheet]]`";
            return Err(fields.fault("sheet", PackErrorCode::MissingKey, message));
        }
        let mapping = Self {
            name: fields.text("name")?.to_owned(),
            note: fields.find_text("note")?.map(str::to_owned),
            hash: Hash::of_file(text.as_bytes()),
            encoding: fields.find_word("encoding")?.unwrap_or(TextEncoding::Utf8),
            sheets,
        };
        fields.finish()?;
        Ok(mapping)
    }

    /// The sheet of one of our tables.
    #[must_use]
    pub fn sheet(&self, table: &str) -> Option<&MappedSheet> {
        self.sheets.iter().find(|sheet| sheet.table == table)
    }
}

impl MappedSheet {
    /// A row of ours as the platform writes it.
    ///
    /// # Errors
    /// The head of the column and what is wrong with its cell.
    pub fn write(
        &self,
        table: &Table,
        cells: &[String],
    ) -> Result<Vec<String>, (String, CellFault)> {
        let columns = self.columns.iter();
        columns
            .map(|mapped| match mapped.place(table) {
                Some((place, column)) => {
                    let cell = cells.get(place).map_or("", String::as_str);
                    mapped
                        .write(column, cell)
                        .map_err(|fault| (mapped.head.clone(), fault))
                }
                None => Ok(mapped.fixed.clone()),
            })
            .collect()
    }

    /// A row of the platform as ours; columns that the platform does not have stay empty.
    ///
    /// # Errors
    /// The head of the column and what is wrong with its cell.
    pub fn read(&self, table: &Table, row: &[String]) -> Result<Vec<String>, (String, CellFault)> {
        let mut cells = vec![String::new(); table.columns.len()];
        for (mapped, text) in self.columns.iter().zip(row) {
            let fault = |fault| (mapped.head.clone(), fault);
            if let Some((place, column)) = mapped.place(table) {
                let cell = mapped.read(column, text.trim()).map_err(fault)?;
                column.read(&cell).map_err(fault)?;
                if let Some(slot) = cells.get_mut(place) {
                    *slot = cell;
                }
            }
        }
        Ok(cells)
    }

    /// Our columns that the platform does not have.
    #[must_use]
    pub fn missing<'a>(&self, table: &'a Table) -> Vec<&'a Column> {
        let has = |column: &&Column| {
            let named = |mapped: &MappedColumn| mapped.column.as_ref() == Some(&column.key);
            !self.columns.iter().any(named)
        };
        table.columns.iter().filter(has).collect()
    }

    fn parse_columns(row: &mut Fields<'_>, table: &Table) -> Result<Vec<MappedColumn>, PackError> {
        let mut columns: Vec<MappedColumn> = Vec::new();
        for mut cell in row.tables("columns")? {
            let column = MappedColumn::parse(&mut cell, table)?;
            if columns.iter().any(|known| known.head == column.head) {
                return Err(cell.fault("head", PackErrorCode::Duplicate, "this head occurs twice"));
            }
            let twice =
                |known: &MappedColumn| column.column.is_some() && known.column == column.column;
            if columns.iter().any(twice) {
                let message = "this column is mapped twice";
                return Err(cell.fault("column", PackErrorCode::Duplicate, message));
            }
            cell.finish()?;
            columns.push(column);
        }
        Ok(columns)
    }

    fn parse_table<'a>(row: &mut Fields<'_>, schema: &'a Schema) -> Result<&'a Table, PackError> {
        let key = row.text("table")?;
        schema.table(key).ok_or_else(|| {
            let message = format!("`{key}` is no table of the special-topic database");
            row.fault("table", PackErrorCode::UnknownName, message)
        })
    }

    fn parse(row: &mut Fields<'_>, schema: &Schema) -> Result<Self, PackError> {
        let table = Self::parse_table(row, schema)?;
        let columns = Self::parse_columns(row, table)?;
        if columns.is_empty() {
            let message = "add at least one column";
            return Err(row.fault("columns", PackErrorCode::MissingKey, message));
        }
        let title = row.text("title")?.to_owned();
        if title.chars().count() > 31 || title.contains(['[', ']', ':', '*', '?', '/', '\\']) {
            let message = "a sheet's name has at most 31 characters and none of []:*?/\\";
            return Err(row.fault("title", PackErrorCode::BadValue, message));
        }
        let file = row.text("file")?.to_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !file.chars().all(plain) {
            let message = "a file's name has letters, digits, '-' and '_' only";
            return Err(row.fault("file", PackErrorCode::BadValue, message));
        }
        Ok(Self {
            table: table.key.clone(),
            title,
            file,
            columns,
        })
    }
}

impl MappedColumn {
    /// Our place and column; `None` for a fixed text.
    fn place<'a>(&self, table: &'a Table) -> Option<(usize, &'a Column)> {
        let place = table.place(self.column.as_deref()?)?;
        Some((place, table.columns.get(place)?))
    }

    fn write(&self, column: &Column, cell: &str) -> Result<String, CellFault> {
        if cell.is_empty() {
            return Ok(String::new());
        }
        if let Some(scale) = self.scale {
            return scale.write(cell);
        }
        if is_day(column) {
            let day: Date = cell.parse().map_err(|_| CellFault::WrongKind)?;
            return Ok(self.format.write(day));
        }
        if self.codes.is_empty() {
            return Ok(cell.to_owned());
        }
        let code = self.codes.iter().find(|(word, _)| word == cell);
        code.map(|(_, code)| code.clone())
            .ok_or(CellFault::NotACode)
    }

    fn read(&self, column: &Column, text: &str) -> Result<String, CellFault> {
        if text.is_empty() {
            return Ok(String::new());
        }
        if let Some(scale) = self.scale {
            return scale.read(text, column.places);
        }
        if is_day(column) {
            return self
                .format
                .read(text)
                .map(|day| day.to_string())
                .ok_or(CellFault::WrongKind);
        }
        if self.codes.is_empty() {
            return Ok(text.to_owned());
        }
        let word = self.codes.iter().find(|(_, code)| code == text);
        word.map(|(word, _)| word.clone())
            .ok_or(CellFault::NotACode)
    }

    fn parse(row: &mut Fields<'_>, table: &Table) -> Result<Self, PackError> {
        let head = row.text("head")?.to_owned();
        let Some(key) = row.find_text("column")? else {
            return Ok(Self {
                head,
                column: None,
                fixed: row.text("fixed")?.to_owned(),
                codes: Vec::new(),
                format: DayFormat::Dashes,
                scale: None,
            });
        };
        let column = table.place(key).and_then(|place| table.columns.get(place));
        let column = column.ok_or_else(|| {
            let message = format!("`{key}` is no column of {}", table.key);
            row.fault("column", PackErrorCode::UnknownName, message)
        })?;
        let format: Option<DayFormat> = row.find_word("format")?;
        if format.is_some() && !is_day(column) {
            let message = "only a day has a format";
            return Err(row.fault("format", PackErrorCode::BadValue, message));
        }
        Ok(Self {
            head,
            column: Some(column.key.clone()),
            fixed: String::new(),
            codes: codes(row, column)?,
            format: format.unwrap_or(DayFormat::Dashes),
            scale: scale(row, column)?,
        })
    }
}

/// The platform's code of every word of the column: each word has one, no two share one.
fn codes(row: &mut Fields<'_>, column: &Column) -> Result<Vec<(String, String)>, PackError> {
    if row.find("codes").is_none() {
        return Ok(Vec::new());
    }
    let mut list = row.table("codes")?;
    let written: Vec<_> = list.rest().collect();
    let mut codes: Vec<(String, String)> = Vec::new();
    for (word, node) in written {
        let Tree::Text(code) = &node.tree else {
            return Err(list.fault(word, PackErrorCode::BadValue, "write the code in quotes"));
        };
        if !column.codes.iter().any(|(known, _)| known == word) {
            let message = format!("`{word}` is no word of this column");
            return Err(list.fault(word, PackErrorCode::UnknownName, message));
        }
        if code.is_empty() || codes.iter().any(|(_, known)| known == code) {
            let message = "every word needs a code of its own, or it cannot be read back";
            return Err(list.fault(word, PackErrorCode::Duplicate, message));
        }
        codes.push((word.to_owned(), code.clone()));
    }
    let left = |(word, _): &&(String, String)| !codes.iter().any(|(known, _)| known == word);
    match column.codes.iter().find(left) {
        Some((word, title)) => {
            let message = format!("add a code for `{word}` ({title})");
            Err(row.fault("codes", PackErrorCode::MissingKey, message))
        }
        None => Ok(codes),
    }
}

fn scale(row: &mut Fields<'_>, column: &Column) -> Result<Option<Scale>, PackError> {
    let Some(theirs) = row.find_text("unit")? else {
        return Ok(None);
    };
    let ours = column.unit.as_deref();
    match Scale::between(ours, theirs) {
        Some(scale) => Ok(Some(scale)),
        None => {
            let units = Scale::units_of(ours).join("、");
            let message = format!("this column can be written in: {units}");
            Err(row.fault("unit", PackErrorCode::UnknownName, message))
        }
    }
}

const fn is_day(column: &Column) -> bool {
    matches!(column.kind, CellKind::Day | CellKind::DayNumber)
}

#[cfg(test)]
mod tests;
