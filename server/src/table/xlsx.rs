//! XLSX, cell by cell.

use std::io::{Read, Seek};

use calamine::{
    DataRef, Dimensions, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxCellReader,
};
use itgel_domain::error::ErrorCode;
use jiff::civil::Date;

use super::{Cell, Lines, MAX_COLUMNS, Row, plain_number, unreadable};
use crate::error::ServiceError;

/// A workbook and the sheet of it that is read.
pub(super) struct Workbook<R: Read + Seek> {
    book: Xlsx<R>,
    sheet: String,
    merges: Merges,
}

impl<R: Read + Seek> Workbook<R> {
    /// Opens a workbook at a sheet: the named one, or the first that can be seen.
    pub(super) fn open(source: R, named: Option<&str>) -> Result<Self, ServiceError> {
        let mut book = Xlsx::new(source).map_err(unreadable)?;
        let sheets = book.sheets_metadata();
        let found = sheets.iter().find(|sheet| match named {
            Some(name) => sheet.name == name,
            None => sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible,
        });
        let sheet = found.ok_or(ErrorCode::TableEmpty)?.name.clone();
        let merges = book.merge_cells_by_sheet_name(&sheet).map_err(unreadable)?;
        Ok(Self {
            book,
            sheet,
            merges: Merges::of(merges),
        })
    }

    pub(super) fn sheet(&self) -> &str {
        &self.sheet
    }

    pub(super) fn lines(&mut self) -> Result<XlsxLines<'_, R>, ServiceError> {
        let cells = self.book.worksheet_cells_reader(&self.sheet);
        Ok(XlsxLines {
            cells: cells.map_err(unreadable)?,
            merges: self.merges.clone(),
            ahead: None,
            row: 0,
            at_end: false,
        })
    }
}

pub(super) struct XlsxLines<'a, R: Read + Seek> {
    cells: XlsxCellReader<'a, R>,
    merges: Merges,
    /// The first cell of the row after the one that was given.
    ahead: Option<(u32, usize, Cell)>,
    /// The last row that was begun.
    row: u32,
    /// The last cell was read; behind it there is nothing that the library could read.
    at_end: bool,
}

impl<R: Read + Seek> Lines for XlsxLines<'_, R> {
    fn next_line(&mut self) -> Result<Option<Row>, ServiceError> {
        loop {
            let first = match self.ahead.take() {
                Some(cell) => Some(cell),
                None => self.next_cell()?,
            };
            let Some((number, column, cell)) = first else {
                return Ok(None);
            };
            if number < self.row {
                return Err(ErrorCode::TableUnreadable.into());
            }
            self.row = number;
            let mut row = Row {
                number: number.saturating_add(1),
                cells: Vec::new(),
                fault: None,
            };
            place(&mut row, column, cell);
            while let Some((next, column, cell)) = self.next_cell()? {
                if next != number {
                    self.ahead = Some((next, column, cell));
                    break;
                }
                place(&mut row, column, cell);
            }
            if row.fault.is_some() || row.cells.iter().any(|cell| *cell != Cell::Empty) {
                self.merges.mark(number, &mut row)?;
                return Ok(Some(row));
            }
        }
    }
}

impl<R: Read + Seek> XlsxLines<'_, R> {
    /// The next cell with its row and column from 0.
    fn next_cell(&mut self) -> Result<Option<(u32, usize, Cell)>, ServiceError> {
        if self.at_end {
            return Ok(None);
        }
        let record = self.cells.next_cell_with_formula_metadata();
        let Some(record) = record.map_err(unreadable)? else {
            self.at_end = true;
            return Ok(None);
        };
        let (row, column) = record.pos;
        let cell = match record.formula {
            // The value that a formula had when it was saved may be another one tomorrow.
            Some(_) => Cell::Fault(ErrorCode::TableFormula),
            None => cell_of(&record.value),
        };
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        Ok(Some((row, column, cell)))
    }
}

fn place(row: &mut Row, column: usize, cell: Cell) {
    if cell == Cell::Empty {
        return;
    }
    if column >= MAX_COLUMNS {
        row.fault = Some(ErrorCode::TableTooManyColumns);
        return;
    }
    if row.cells.len() <= column {
        row.cells.resize(column + 1, Cell::Empty);
    }
    if let Some(at) = row.cells.get_mut(column) {
        *at = cell;
    }
}

fn cell_of(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::of(text),
        DataRef::SharedString(text) => Cell::of(text),
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) => match plain_number(*number) {
            Some(text) => Cell::Text(text),
            None => Cell::Fault(ErrorCode::TableDigitsLost),
        },
        DataRef::Bool(true) => Cell::Text("是".to_owned()),
        DataRef::Bool(false) => Cell::Text("否".to_owned()),
        DataRef::DateTime(at) if at.is_duration() => Cell::Fault(ErrorCode::ValueBadDay),
        DataRef::DateTime(at) => day_of(at),
        DataRef::DateTimeIso(text) => Cell::of(text.get(..10).unwrap_or(text)),
        DataRef::DurationIso(_) => Cell::Fault(ErrorCode::ValueBadDay),
        DataRef::Error(_) => Cell::Fault(ErrorCode::TableCellError),
    }
}

/// The day of a date cell as ISO text; the time of day, if there is one, is left out.
fn day_of(at: &ExcelDateTime) -> Cell {
    let (year, month, day, ..) = at.to_ymd_hms_milli();
    let parts = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
    let day = match parts {
        (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
        _ => None,
    };
    match day {
        Some(day) => Cell::Text(day.to_string()),
        // The 29 February 1900, which Excel alone knows.
        None => Cell::Fault(ErrorCode::ValueBadDay),
    }
}

/// The merged regions of a sheet, passed along row by row.
#[derive(Clone, Default)]
struct Merges {
    /// By first row.
    regions: Vec<Dimensions>,
    next: usize,
    open: Vec<Dimensions>,
}

impl Merges {
    fn of(mut regions: Vec<Dimensions>) -> Self {
        let read =
            |region: &Dimensions| usize::try_from(region.start.1).is_ok_and(|c| c < MAX_COLUMNS);
        regions.retain(read);
        regions.sort_by_key(|region| region.start);
        Self {
            regions,
            ..Self::default()
        }
    }

    /// Marks the cells of a row that belong to a merged region: in all of them but one the value
    /// stands somewhere else.
    fn mark(&mut self, number: u32, row: &mut Row) -> Result<(), ServiceError> {
        while let Some(region) = self.regions.get(self.next) {
            if region.start.0 > number {
                break;
            }
            self.open.push(*region);
            self.next += 1;
        }
        self.open.retain(|region| region.end.0 >= number);
        // Regions do not overlap, so that no more of them can cross a row.
        if self.open.len() > MAX_COLUMNS {
            return Err(ErrorCode::TableUnreadable.into());
        }
        for region in &self.open {
            for column in region.start.1..=region.end.1 {
                let column = usize::try_from(column).unwrap_or(usize::MAX);
                if column >= MAX_COLUMNS {
                    break;
                }
                place(row, column, Cell::Fault(ErrorCode::TableMerged));
            }
        }
        Ok(())
    }
}
