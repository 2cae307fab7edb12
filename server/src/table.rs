//! Tables as officials have them: XLSX, or CSV in UTF-8 or GB18030, read row by row in bounded
//! memory.
//!
//! Nothing is guessed. A number comes as the decimal that Excel shows, a day as ISO text; what
//! cannot be taken as it stands — a formula, a merged cell, a number whose digits Excel has cut —
//! is a fault of its cell, so that the import can refuse this row and take the others. What makes
//! the whole file unreadable is a refusal with its own code.

mod bounds;
mod csv;
mod text;
pub mod write;
mod xlsx;

use std::collections::VecDeque;
use std::io::{Read, Seek};

use itgel_domain::error::{ErrorCode, Violation};

use crate::error::ServiceError;

pub use self::text::{head_text, plain_number};

/// Most columns of a table.
pub const MAX_COLUMNS: usize = 300;

/// Most rows of a table unless the caller says otherwise.
pub const MAX_ROWS: u32 = 200_000;

/// Among so many lines that are not empty the heads are looked for; titles and notes may stand
/// above them.
const HEAD_WITHIN: usize = 10;

/// How text is written in a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, and with it GBK and GB2312.
    Gb18030,
}

/// How to read a file.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The encoding of a CSV file; found out if absent.
    pub encoding: Option<Encoding>,
    /// The sheet of a workbook; the first visible one if absent.
    pub sheet: Option<String>,
    /// Most rows; [`MAX_ROWS`] if absent.
    pub max_rows: Option<u32>,
}

/// An opened file.
pub struct Source<R: Read + Seek> {
    opened: Opened<R>,
    max_rows: u32,
}

enum Opened<R: Read + Seek> {
    Workbook(Box<xlsx::Workbook<R>>),
    Csv(R, Encoding),
}

/// A table: its heads, then its rows as an iterator.
pub struct Table<'a> {
    /// Name of the sheet; empty for CSV.
    pub sheet: String,
    /// The row of the heads, as Excel numbers it.
    pub head_row: u32,
    /// The heads, by column from A, trimmed and with half-width letters; empty where there is
    /// none.
    pub heads: Vec<String>,
    waiting: VecDeque<Row>,
    lines: Box<dyn Lines + 'a>,
    left: u32,
    max_rows: u32,
}

/// A row with something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as Excel shows it.
    pub number: u32,
    /// Its cells by column from A; cells beyond the last one are empty.
    pub cells: Vec<Cell>,
    /// What is wrong with the row as a whole.
    pub fault: Option<ErrorCode>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing, or blanks.
    #[default]
    Empty,
    /// Its text, trimmed.
    Text(String),
    /// Something that cannot be taken as it stands.
    Fault(ErrorCode),
}

/// What both formats give: one line after another, empty ones left out.
trait Lines {
    fn next_line(&mut self) -> Result<Option<Row>, ServiceError>;
}

impl std::str::FromStr for Encoding {
    type Err = ErrorCode;

    fn from_str(word: &str) -> Result<Self, ErrorCode> {
        match word.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" => Ok(Self::Gb18030),
            _ => Err(ErrorCode::TableEncoding),
        }
    }
}

/// Opens a file; its first bytes tell what it is.
///
/// # Errors
/// [`ErrorCode::TableEmpty`], [`ErrorCode::TableOldFormat`] for a workbook of before 2007 or one
/// with a password, [`ErrorCode::TableTooLarge`] for one that would unpack to more than fits,
/// [`ErrorCode::TableEncoding`] for a text in another encoding, [`ErrorCode::TableUnreadable`]
/// otherwise.
pub fn open<R: Read + Seek>(mut source: R, options: &Options) -> Result<Source<R>, ServiceError> {
    let mut magic = [0; 8];
    let read = bounds::peek(&mut source, &mut magic)?;
    let opened = match &magic[..read] {
        [] => return Err(ErrorCode::TableEmpty.into()),
        [b'P', b'K', 3 | 5 | 7, ..] => {
            bounds::check_archive(&mut source)?;
            let sheet = options.sheet.as_deref();
            Opened::Workbook(Box::new(xlsx::Workbook::open(source, sheet)?))
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(ErrorCode::TableOldFormat.into()),
        _ => {
            let encoding = csv::encoding_of(&mut source, options.encoding)?;
            Opened::Csv(source, encoding)
        }
    };
    Ok(Source {
        opened,
        max_rows: options.max_rows.unwrap_or(MAX_ROWS),
    })
}

impl<R: Read + Seek> Source<R> {
    /// The table in it. Its heads are the line that has most of the heads that `is_known` knows
    /// (given as [`head_text`]) among the first ten, else the first line.
    ///
    /// # Errors
    /// [`ErrorCode::TableEmpty`] without a line, [`ErrorCode::TableTooManyColumns`] if the heads
    /// go beyond [`MAX_COLUMNS`], [`ErrorCode::TableMergedHead`] for a head over several columns.
    pub fn table(&mut self, is_known: &dyn Fn(&str) -> bool) -> Result<Table<'_>, ServiceError> {
        let (sheet, mut lines): (String, Box<dyn Lines + '_>) = match &mut self.opened {
            Opened::Workbook(workbook) => {
                (workbook.sheet().to_owned(), Box::new(workbook.lines()?))
            }
            Opened::Csv(source, encoding) => {
                (String::new(), Box::new(csv::lines(source, *encoding)?))
            }
        };
        let mut first: VecDeque<Row> = VecDeque::new();
        while first.len() < HEAD_WITHIN {
            match lines.next_line()? {
                Some(row) => first.push_back(row),
                None => break,
            }
        }
        let known = |row: &Row| {
            let texts = row.cells.iter().filter_map(Cell::text);
            texts.filter(|text| is_known(&head_text(text))).count()
        };
        let most = first.iter().map(known).max().unwrap_or(0);
        let at = first.iter().position(|row| known(row) == most);
        let head = at.and_then(|at| first.drain(..=at).next_back());
        let head = head.ok_or(ErrorCode::TableEmpty)?;
        Ok(Table {
            sheet,
            head_row: head.number,
            heads: heads_of(&head)?,
            waiting: first,
            lines,
            left: self.max_rows,
            max_rows: self.max_rows,
        })
    }
}

fn heads_of(head: &Row) -> Result<Vec<String>, ServiceError> {
    if head.fault.is_some() {
        return Err(refused(ErrorCode::TableTooManyColumns, "", MAX_COLUMNS));
    }
    let text = |(column, cell): (usize, &Cell)| match cell {
        Cell::Empty => Ok(String::new()),
        Cell::Text(text) => Ok(head_text(text)),
        Cell::Fault(code) => {
            let code = match code {
                ErrorCode::TableMerged => ErrorCode::TableMergedHead,
                other => *other,
            };
            Err(refused(code, &address(column, head.number), MAX_COLUMNS))
        }
    };
    head.cells.iter().enumerate().map(text).collect()
}

impl Iterator for Table<'_> {
    type Item = Result<Row, ServiceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.waiting.pop_front() {
            Some(row) => row,
            None => match self.lines.next_line() {
                Ok(Some(row)) => row,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            },
        };
        if self.left == 0 {
            return Some(Err(refused(ErrorCode::TableTooManyRows, "", self.max_rows)));
        }
        self.left -= 1;
        Some(Ok(row))
    }
}

impl Row {
    /// The cell of a column, counted from 0 for A.
    #[must_use]
    pub fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

impl Cell {
    /// Its text, if it has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Empty | Self::Fault(_) => None,
        }
    }

    fn of(text: &str) -> Self {
        match text::trimmed(text) {
            "" => Self::Empty,
            text => Self::Text(text.to_owned()),
        }
    }
}

/// The address of a cell as Excel shows it: `C12` for column 2 in row 12.
#[must_use]
pub fn address(column: usize, row: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{row}")
}

/// A refusal of the file with its place, if there is one, and the limit that it broke.
fn refused(code: ErrorCode, cell: &str, max: impl std::fmt::Display) -> ServiceError {
    let mut violation = Violation::new(cell, code).with("max", max);
    if !cell.is_empty() {
        violation = violation.with("cell", cell);
    }
    ServiceError::Refused {
        code,
        violations: vec![violation],
    }
}

/// A file that the libraries cannot read; their messages may hold values and stay inside.
fn unreadable<E>(_: E) -> ServiceError {
    ErrorCode::TableUnreadable.into()
}

#[cfg(test)]
mod tests;
