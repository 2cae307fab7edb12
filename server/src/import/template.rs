//! Templates for officials: an empty table with the heads, and a sheet that says what to write.

use itgel_text::Lang;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::column::Column;
use super::sheet::AnySheet;
use crate::error::ServiceError;

/// Width of a column of a template, in characters.
const WIDTH: u16 = 18;

/// The template of a kind of table as a workbook.
///
/// # Errors
/// [`ServiceError`] if it cannot be written: a fault of the program.
pub fn template(sheet: &dyn AnySheet) -> Result<Vec<u8>, ServiceError> {
    let mut book = Book::new();
    let shown = |column: &Column| match column.required {
        true => format!("{}*", column.shown()),
        false => column.shown(),
    };
    let heads: Vec<String> = sheet.columns().iter().map(shown).collect();
    book.sheet(&itgel_text::import_rows(Lang::ZhCn), &heads, Style::Texts)?;
    let heads = [
        itgel_text::import_note_head(Lang::ZhCn),
        itgel_text::import_note_required(Lang::ZhCn),
        itgel_text::import_note_meaning(Lang::ZhCn),
        itgel_text::import_note_example(Lang::ZhCn),
        itgel_text::import_note_also(Lang::ZhCn),
    ];
    book.sheet(&itgel_text::import_notes(Lang::ZhCn), &heads, Style::Notes)?;
    for column in sheet.columns() {
        book.row(&note(column))?;
    }
    book.finish()
}

fn note(column: &Column) -> [String; 5] {
    let required = match column.required {
        true => itgel_text::answer_yes(Lang::ZhCn),
        false => itgel_text::answer_no(Lang::ZhCn),
    };
    let units = column
        .measure
        .into_iter()
        .flat_map(|(unit, _)| unit.accepted());
    let units = units.map(|unit| format!("{}({unit})", column.head));
    let also = column
        .also
        .iter()
        .map(|head| (*head).to_owned())
        .chain(units);
    [
        column.shown(),
        required,
        column.meaning.to_owned(),
        column.example.to_owned(),
        also.collect::<Vec<_>>().join("、"),
    ]
}

/// What stands in a sheet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Rows of a table: every cell is text, so that Excel cuts no number.
    Texts,
    /// Notes to be read.
    Notes,
}

/// A workbook that is written row by row.
pub(super) struct Book {
    book: Workbook,
    row: u32,
}

impl Book {
    pub(super) fn new() -> Self {
        Self {
            book: Workbook::new(),
            row: 0,
        }
    }

    /// Begins a sheet with its heads; the rows that follow go into it.
    pub(super) fn sheet(
        &mut self,
        name: &str,
        heads: &[String],
        style: Style,
    ) -> Result<(), ServiceError> {
        let sheet = self.book.add_worksheet();
        sheet.set_name(name).map_err(broken)?;
        sheet.set_freeze_panes(1, 0).map_err(broken)?;
        let bold = Format::new().set_bold().set_text_wrap();
        let text = Format::new().set_num_format("@").set_text_wrap();
        for (column, head) in (0_u16..).zip(heads) {
            sheet.set_column_width(column, WIDTH).map_err(broken)?;
            if style == Style::Texts {
                sheet.set_column_format(column, &text).map_err(broken)?;
            }
            sheet
                .write_string_with_format(0, column, head, &bold)
                .map_err(broken)?;
        }
        self.row = 0;
        Ok(())
    }

    /// Writes a row of texts into the last sheet.
    pub(super) fn row(&mut self, cells: &[String]) -> Result<(), ServiceError> {
        let Some(sheet) = self.book.worksheets_mut().last_mut() else {
            return Err(ServiceError::internal("a workbook without a sheet"));
        };
        self.row += 1;
        for (column, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(self.row, column, cell).map_err(broken)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, ServiceError> {
        self.book.save_to_buffer().map_err(broken)
    }
}

fn broken(error: XlsxError) -> ServiceError {
    ServiceError::caused("a workbook", error)
}
