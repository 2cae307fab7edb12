//! Tables for people and platforms: XLSX and CSV behind one small trait, so that a source gives
//! its rows once and every format writes the same cells.
//!
//! Codes and identifiers are text cells: a spreadsheet shows twelve digits as they are. A text
//! that a spreadsheet would take for a formula is never one: XLSX cells are typed, and in CSV an
//! apostrophe stands before it ([`guarded`], taken away again by [`unguarded`]).

use std::io::{Seek, Write};

use rust_xlsxwriter::{Color, Format, FormatAlign, Workbook, Worksheet, XlsxError};

pub use super::Encoding;

/// Most rows of a sheet below its head.
const SHEET_ROWS: u32 = 1_048_575;

/// Most characters of a cell of a spreadsheet.
pub const CELL_CHARS: usize = 32_767;

/// Most digits that a spreadsheet shows exactly.
const EXACT_DIGITS: usize = 15;

/// What a sheet is called and which columns it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetHead {
    /// The name of the sheet, at most 31 characters.
    pub title: String,
    /// Its columns.
    pub columns: Vec<ColumnHead>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnHead {
    /// What stands in the first row.
    pub head: String,
    /// Whether cells are numbers; text otherwise.
    pub is_number: bool,
}

impl ColumnHead {
    /// A column of text: names, codes, identifiers, days.
    pub fn text(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            is_number: false,
        }
    }

    /// A column of numbers.
    pub fn number(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            is_number: true,
        }
    }
}

/// Takes tables row by row. Cells come as text, numbers in decimal digits; an empty text is an
/// empty cell.
pub trait TableWriter {
    /// Begins a table; what was begun before is ended.
    ///
    /// # Errors
    /// [`WriteError`].
    fn begin(&mut self, head: &SheetHead) -> Result<(), WriteError>;

    /// Writes the next row of the table that was begun.
    ///
    /// # Errors
    /// [`WriteError`].
    fn row(&mut self, cells: &[String]) -> Result<(), WriteError>;
}

/// Why a table cannot be written; never with what a cell says.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file.
    #[error("the file cannot be written")]
    File(#[from] std::io::Error),
    /// The workbook.
    #[error("the workbook cannot be written")]
    Workbook(#[from] XlsxError),
    /// A row before a table was begun.
    #[error("a row without a table")]
    NoTable,
    /// A text that is too long for a cell of a spreadsheet.
    #[error("row {row}, column {column}: too long for a cell of a spreadsheet; use CSV")]
    TooLong {
        /// The row as the sheet shows it.
        row: u32,
        /// The head of the column.
        column: String,
    },
    /// A character that the encoding does not have.
    #[error("row {row}: a character that GB18030 does not have; use UTF-8")]
    Encoding {
        /// The row as the file shows it.
        row: u32,
    },
}

/// Writes a workbook, one sheet for each table; a table that is longer than a sheet goes on in
/// the next one. Memory does not grow with the rows.
pub struct XlsxWriter {
    workbook: Workbook,
    head: Option<SheetHead>,
    sheet: usize,
    /// The next row of the sheet, from 0.
    next: u32,
    /// How often the table went on in another sheet.
    part: u32,
    style: Format,
}

impl XlsxWriter {
    /// An empty workbook.
    #[must_use]
    pub fn new() -> Self {
        let style = Format::new()
            .set_bold()
            .set_background_color(Color::RGB(0x00D9_E2D0))
            .set_align(FormatAlign::Center);
        Self {
            workbook: Workbook::new(),
            head: None,
            sheet: 0,
            next: 0,
            part: 0,
            style,
        }
    }

    /// A sheet of sentences, one a row: what the workbook is, from whom, under which rules.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn notes(&mut self, title: &str, lines: &[String]) -> Result<(), WriteError> {
        self.head = None;
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(title)?;
        sheet.set_column_width(0, 100)?;
        for (row, line) in (0..).zip(lines) {
            sheet.write_string(row, 0, line)?;
        }
        self.sheet += 1;
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn save<W: Write + Seek + Send>(mut self, out: W) -> Result<(), WriteError> {
        Ok(self.workbook.save_to_writer(out)?)
    }

    fn open(&mut self, head: &SheetHead) -> Result<(), WriteError> {
        let name = match self.part {
            0 => head.title.clone(),
            part => format!("{} {}", head.title, part + 1),
        };
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, of) in (0..).zip(&head.columns) {
            sheet.set_column_width(column, width(&of.head))?;
            sheet.write_string_with_format(0, column, &of.head, &self.style)?;
        }
        self.sheet += 1;
        self.next = 1;
        Ok(())
    }

    fn sheet(&mut self) -> Result<&mut Worksheet, WriteError> {
        Ok(self.workbook.worksheet_from_index(self.sheet - 1)?)
    }
}

impl Default for XlsxWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl TableWriter for XlsxWriter {
    fn begin(&mut self, head: &SheetHead) -> Result<(), WriteError> {
        self.part = 0;
        self.open(head)?;
        self.head = Some(head.clone());
        Ok(())
    }

    fn row(&mut self, cells: &[String]) -> Result<(), WriteError> {
        let head = self.head.take().ok_or(WriteError::NoTable)?;
        if self.next > SHEET_ROWS {
            self.part += 1;
            self.open(&head)?;
        }
        let row = self.next;
        let sheet = self.sheet()?;
        for ((column, of), cell) in (0..).zip(&head.columns).zip(cells) {
            put(sheet, (row, column), of, cell)?;
        }
        self.next += 1;
        self.head = Some(head);
        Ok(())
    }
}

/// Writes CSV. The file holds one table: a second one is written behind an empty line.
pub struct CsvWriter<W> {
    out: W,
    encoding: Encoding,
    head: Option<SheetHead>,
    /// The last row that was written, from 1.
    row: u32,
}

impl<W: Write> CsvWriter<W> {
    /// Writes to `out`; UTF-8 gets the mark that makes spreadsheets read it as such.
    pub const fn new(out: W, encoding: Encoding) -> Self {
        Self {
            out,
            encoding,
            head: None,
            row: 0,
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`WriteError`] if the last bytes cannot be written.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn line<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<(), WriteError> {
        self.row += 1;
        let mut text = String::new();
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                text.push(',');
            }
            quote(cell, &mut text);
        }
        text.push_str("\r\n");
        self.write(&text)
    }

    fn write(&mut self, text: &str) -> Result<(), WriteError> {
        match self.encoding {
            Encoding::Utf8 => self.out.write_all(text.as_bytes())?,
            Encoding::Gb18030 => {
                let (bytes, _, replaced) = encoding_rs::GB18030.encode(text);
                if replaced {
                    return Err(WriteError::Encoding { row: self.row });
                }
                self.out.write_all(&bytes)?;
            }
        }
        Ok(())
    }
}

impl<W: Write> TableWriter for CsvWriter<W> {
    fn begin(&mut self, head: &SheetHead) -> Result<(), WriteError> {
        match (self.row, self.encoding) {
            (0, Encoding::Utf8) => self.write("\u{feff}")?,
            (0, Encoding::Gb18030) => {}
            _ => self.line(std::iter::empty())?,
        }
        self.head = Some(head.clone());
        let heads: Vec<_> = head.columns.iter().map(|of| guarded(&of.head)).collect();
        self.line(heads.iter().map(AsRef::as_ref))
    }

    fn row(&mut self, cells: &[String]) -> Result<(), WriteError> {
        let head = self.head.take().ok_or(WriteError::NoTable)?;
        // A column of numbers may hold what is none.
        let written: Vec<_> = cells.iter().map(|cell| guarded(cell)).collect();
        self.line(written.iter().map(AsRef::as_ref))?;
        self.head = Some(head);
        Ok(())
    }
}

/// What a spreadsheet may take for the beginning of a formula, in full width too, as programs
/// with a Chinese interface do; and the apostrophe itself, so that it can be taken away again.
const FORMULA: [char; 12] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\'',
];

/// A text as it stands in a CSV file: with an apostrophe before what a spreadsheet would take
/// for a formula. A negative number is none.
#[must_use]
pub fn guarded(text: &str) -> std::borrow::Cow<'_, str> {
    let is_number = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if text.strip_prefix('-').is_some_and(is_number) {
        return text.into();
    }
    if text.starts_with(FORMULA) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// The text that [`guarded`] wrote.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    of: &ColumnHead,
    cell: &str,
) -> Result<(), WriteError> {
    if cell.is_empty() {
        return Ok(());
    }
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let number = match of.is_number && digits <= EXACT_DIGITS {
        true => cell.parse::<f64>().ok(),
        false => None,
    };
    match number {
        Some(number) => sheet.write_number(row, column, number)?,
        None if cell.chars().count() > CELL_CHARS => {
            return Err(WriteError::TooLong {
                row: row + 1,
                column: of.head.clone(),
            });
        }
        None => sheet.write_string(row, column, cell)?,
    };
    Ok(())
}

fn quote(cell: &str, text: &mut String) {
    if cell.contains(['"', ',', ';', '\t', '\r', '\n']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

/// Wide enough for the head: a Chinese character takes two places.
fn width(head: &str) -> u16 {
    let places: u16 = head.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    (places + 2).clamp(10, 60)
}

#[cfg(test)]
mod tests;
