//! What the tables of credit records share: whom a row is about, how its faults are told, and how
//! it takes effect.

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::SubjectId;
use itgel_domain::subject::{EntityKind, Subject, SubjectKind};

use super::common;
use crate::credit::records::{self, NewCredit};
use crate::error::ServiceError;
use crate::fold;
use crate::import::{Applied, Cells, Column, Desk, Force};

/// The number of a household, or of another subject.
pub(super) const NUMBER: Column = Column::text(
    "number",
    "户编号",
    "户籍台账上的户编号，或经营主体编号；没有编号的填身份证号",
    "0101",
)
.also(&["主体编号", "户号", "农牧户编号"]);

/// The ID number of the head, where there is no number.
pub(super) const ID_NUMBER: Column = Column::text(
    "id_number",
    "身份证号",
    "户主身份证号，没有户编号时填写",
    "11010519491231002X",
)
.also(&["身份证号码", "公民身份号码"]);

/// What kind of subject; a household if nobody says.
pub(super) const SUBJECT_KIND: Column = Column::text(
    "subject_kind",
    "主体类别",
    "农牧户、合作社、家庭农牧场或集体经济组织；不填为农牧户",
    "农牧户",
);

const SUBJECT_KINDS: &[(&str, SubjectKind)] = &[
    ("农牧户", SubjectKind::Household),
    ("合作社", SubjectKind::Entity(EntityKind::Cooperative)),
    ("家庭农牧场", SubjectKind::Entity(EntityKind::Ranch)),
    ("集体经济组织", SubjectKind::Collective),
];

/// A record, an honour or a commitment as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    pub(super) subject: SubjectId,
    pub(super) content: NewCredit,
}

/// The subject of a row: by its number in the division, or by the ID number of its head.
pub(super) fn whom(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
) -> Result<Option<Subject>, ServiceError> {
    let kind = match cells.text(SUBJECT_KIND.key) {
        Some(_) => cells.choice(SUBJECT_KIND.key, SUBJECT_KINDS),
        None => Some(SubjectKind::Household),
    };
    let code = cells.division_code(common::PLACE.key, &[]);
    let (Some(kind), Some(code)) = (kind, code) else {
        return Ok(None);
    };
    let Some(division) = desk.division(cells, common::PLACE.key, code)? else {
        return Ok(None);
    };
    if let Some(number) = cells.text(NUMBER.key) {
        let found = desk.subject(division.code, kind, number)?;
        if found.is_none() {
            cells.fault(NUMBER.key, ErrorCode::ImportSubject);
        }
        return Ok(found);
    }
    if cells.text(ID_NUMBER.key).is_none() {
        cells.fault(NUMBER.key, ErrorCode::ValueMissing);
        return Ok(None);
    }
    let Some(number) = cells.id_number(ID_NUMBER.key) else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for id in desk.subjects_of_person(&number)? {
        let subject = fold::subject(desk.connection, &id)?;
        if subject.kind == kind && division.code.contains(subject.division) {
            found.push(subject);
        }
    }
    // Two households of one person: somebody has to say which.
    if found.len() != 1 {
        cells.fault(ID_NUMBER.key, ErrorCode::ImportSubject);
        return Ok(None);
    }
    Ok(found.pop())
}

/// Notes faults at the cells that are named like their fields.
pub(super) fn tell(cells: &mut Cells<'_>, faults: Vec<Violation>) {
    for fault in faults {
        let args: Vec<(&str, &str)> = fault
            .args
            .iter()
            .map(|(name, figure)| (name.as_str(), figure.as_str()))
            .collect();
        cells.fault_with(&fault.field, fault.code, &args);
    }
}

/// A row that was read, with the faults that keep it from being entered.
pub(super) fn staged(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
    subject: &Subject,
    content: NewCredit,
) -> Result<Row, ServiceError> {
    let faults = records::faults(desk.service, desk.connection, subject, &content, desk.today)?;
    tell(cells, faults);
    Ok(Row {
        subject: subject.id.clone(),
        content,
    })
}

/// Brings a row into force.
pub(super) fn apply(force: &Force<'_>, row: &Row) -> Result<Applied, ServiceError> {
    let subject = fold::subject(force.tx, &row.subject)?;
    let (service, tx) = (force.service, force.tx);
    let entered = records::put(service, tx, &subject, &row.content, &origin(force))?;
    Ok(applied(&entered))
}

/// Where the rows of a table come from.
pub(super) fn origin<'a>(force: &Force<'a>) -> records::Origin<'a> {
    records::Origin {
        source: force.source,
        entered_by: force.entered_by.as_str(),
        at: force.now,
    }
}

/// What came of it.
pub(super) const fn applied(entered: &records::Entered) -> Applied {
    if entered.is_unchanged {
        Applied::Same
    } else {
        Applied::Changed
    }
}

/// The text of a cell, empty if there is none.
pub(super) fn text(cells: &mut Cells<'_>, key: &str, most: usize) -> String {
    cells.short_text(key, most).unwrap_or_default().to_owned()
}
