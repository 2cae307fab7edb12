//! Columns that many tables share: the place, the household, the days of validity.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::subject::{Subject, SubjectKind};
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::import::{Cells, Column, Desk};

/// The division that a row is about, of any level.
pub(super) const PLACE: Column = Column::text(
    "place",
    "区划代码",
    "旗县、苏木乡镇或嘎查村的统计用区划代码，6、9 或 12 位",
    "150623200201",
)
.required()
.also(&[
    "行政区划代码",
    "嘎查代码",
    "嘎查村代码",
    "村代码",
    "苏木代码",
    "旗县代码",
]);

/// The number of a household.
pub(super) const HOUSEHOLD: Column = Column::text(
    "household",
    "户编号",
    "只对一户时填写：户籍台账上的户编号",
    "0101",
)
.also(&["户号", "农牧户编号"]);

/// The code of a division in the system of the civil affairs (`domain.md` G 54).
pub(super) const CIVIL_CODE: Column = Column::text(
    "civil_code",
    "民政代码",
    "民政部门的区划代码，与统计用代码不同时填写",
    "",
)
.also(&["民政区划代码"]);

/// The first day of validity.
pub(super) const FROM: Column =
    Column::text("valid_from", "起始日期", "从哪一天起有效", "2026-01-01")
        .required()
        .also(&["生效日期", "开始日期", "起始日"]);

/// The last day of validity.
pub(super) const TO: Column = Column::text(
    "valid_to",
    "截止日期",
    "有效到哪一天；长期有效的留空",
    "2026-12-31",
)
.also(&["失效日期", "结束日期", "截止日", "终止日期"]);

/// A division, and the household in it that a row names.
pub(super) struct Place {
    pub(super) division: DivisionCode,
    pub(super) subject: Option<Subject>,
}

/// The place of a row.
pub(super) fn place(cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Place>, ServiceError> {
    let Some(code) = cells.division_code(PLACE.key, &[]) else {
        return Ok(None);
    };
    let Some(division) = desk.division(cells, PLACE.key, code)? else {
        return Ok(None);
    };
    let Some(number) = cells.text(HOUSEHOLD.key) else {
        return Ok(Some(Place {
            division: division.code,
            subject: None,
        }));
    };
    let subject = desk.subject(division.code, SubjectKind::Household, number)?;
    if subject.is_none() {
        cells.fault(HOUSEHOLD.key, ErrorCode::ImportSubject);
        return Ok(None);
    }
    Ok(Some(Place {
        division: division.code,
        subject,
    }))
}

/// The code of the civil affairs, if the row has one.
pub(super) fn civil_code(cells: &mut Cells<'_>) -> Option<DivisionCode> {
    cells.text(CIVIL_CODE.key)?;
    cells.division_code(CIVIL_CODE.key, &[])
}

/// First and last day of validity, in their order.
pub(super) fn validity(cells: &mut Cells<'_>) -> (Option<Date>, Option<Date>) {
    let (from, to) = (cells.day(FROM.key), cells.day(TO.key));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        cells.fault(TO.key, ErrorCode::ImportDays);
    }
    (from, to)
}

/// Days of validity for a message.
pub(super) fn shown_days(from: Date, to: Option<Date>) -> String {
    match to {
        Some(to) => format!("{from} – {to}"),
        None => format!("{from} –"),
    }
}
