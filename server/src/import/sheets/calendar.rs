//! 节假日安排表: the national holiday calendar, day by day (`domain.md` D.3, G 62). It moves
//! deadlines and no grade, so it is in force at once.

use itgel_domain::case::calendar::DayKind;
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::{process, store};

/// The holiday calendar.
pub(super) struct Calendar;

const COLUMNS: &[Column] = &[
    Column::text("day", "日期", "放假或调休的日期", "2026-10-01").required(),
    Column::text(
        "kind",
        "安排",
        "放假、上班（周末调休上班）或正常（按周末和工作日）",
        "放假",
    )
    .required(),
    Column::text("name", "节日", "节日名称，供核对", "国庆节"),
];

/// The words of the table.
const KINDS: &[(&str, DayKind)] = &[
    ("放假", DayKind::Off),
    ("上班", DayKind::Worked),
    ("正常", DayKind::Plain),
];

/// A day as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    day: Date,
    kind: DayKind,
}

impl Sheet for Calendar {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "holidays"
    }

    fn title(&self) -> &'static str {
        "节假日安排表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn decides_grades(&self) -> bool {
        false
    }

    fn read(&self, cells: &mut Cells<'_>, _: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let (day, kind) = (cells.day("day"), cells.choice("kind", KINDS));
        Ok(day.zip(kind).map(|(day, kind)| Row { day, kind }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(Span::once(&[&row.day.to_string()]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let calendar = store::calendar::get(force.tx)?;
        match calendar.year_with(row.day, row.kind) {
            Some(year) => {
                let Force { service, tx, .. } = *force;
                process::put_calendar(service, tx, &year, force.file_hash, force.now)?;
                Ok(Applied::Changed)
            }
            None => Ok(Applied::Same),
        }
    }
}
