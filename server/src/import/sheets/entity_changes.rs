//! 经营主体变更登记表: which registration of an entity or a collective became which other one by
//! renaming, merger, division or conversion (`domain.md` G 51). Both stand in 经营主体台账 first.

use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::register::EntityChange;
use jiff::civil::Date;

use super::common;
use super::offices::KINDS;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::store::entity_link::EntityLink;
use crate::successors;

/// Changes of registrations.
pub(super) struct EntityChanges;

const COLUMNS: &[Column] = &[
    common::PLACE,
    Column::text(
        "kind",
        "主体类型",
        "变更后的类型：农民专业合作社、家庭农牧场或集体经济组织",
        "农民专业合作社",
    )
    .required(),
    Column::text(
        "number",
        "主体编号",
        "变更后在经营主体台账上的编号",
        "合-02",
    )
    .required()
    .also(&["新主体编号"]),
    Column::text(
        "before_place",
        "原区划代码",
        "变更前的嘎查不同时填写",
        "150623200201",
    ),
    Column::text(
        "before_kind",
        "原主体类型",
        "变更前的类型：农民专业合作社、家庭农牧场或集体经济组织",
        "农民专业合作社",
    )
    .required(),
    Column::text(
        "before_number",
        "原主体编号",
        "变更前在经营主体台账上的编号",
        "合-01",
    )
    .required(),
    Column::text("change", "变更方式", "更名、合并、分立或改制", "更名").required(),
    Column::text(
        "goes_on",
        "原主体是否存续",
        "分立后原主体继续经营的填“是”；其他变更填“否”或留空",
        "否",
    ),
    Column::text(
        "document",
        "变更文书",
        "登记机关的文书及文号",
        "示例准予变更〔示例〕1号",
    )
    .required(),
    Column::text("on", "变更日期", "登记变更的日期", "2026-07-01").required(),
];

const CHANGES: &[(&str, EntityChange)] = &[
    ("更名", EntityChange::Renamed),
    ("变更登记", EntityChange::Renamed),
    ("合并", EntityChange::Merged),
    ("分立", EntityChange::Divided),
    ("改制", EntityChange::Converted),
    ("转型", EntityChange::Converted),
];

const GOES_ON: &[(&str, bool)] = &[("是", true), ("否", false)];

/// A change as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    predecessor: SubjectId,
    successor: SubjectId,
    change: EntityChange,
    on: Date,
    document: String,
    goes_on: bool,
}

impl Row {
    fn link(&self) -> EntityLink {
        EntityLink {
            predecessor: self.predecessor.clone(),
            successor: self.successor.clone(),
            change: self.change,
            on: self.on,
            document: self.document.clone(),
            goes_on: self.goes_on,
        }
    }
}

impl Sheet for EntityChanges {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "entity-changes"
    }

    fn title(&self) -> &'static str {
        "经营主体变更登记表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let after = party(cells, desk, [common::PLACE.key, "kind", "number"])?;
        let is_elsewhere = cells.text("before_place").is_some();
        let place = if is_elsewhere {
            "before_place"
        } else {
            common::PLACE.key
        };
        let before = party(cells, desk, [place, "before_kind", "before_number"])?;
        let change = cells.choice("change", CHANGES);
        let goes_on = match cells.text("goes_on").is_some() {
            true => cells.choice("goes_on", GOES_ON),
            false => Some(false),
        };
        let document = cells.short_text("document", 100).map(str::to_owned);
        let on = cells.day("on");
        let (Some(successor), Some(predecessor)) = (after, before) else {
            return Ok(None);
        };
        let (Some(change), Some(goes_on), Some(document), Some(on)) =
            (change, goes_on, document, on)
        else {
            return Ok(None);
        };
        let row = Row {
            predecessor,
            successor,
            change,
            on,
            document,
            goes_on,
        };
        match successors::check(desk.connection, &row.link(), desk.service.now()) {
            Ok(()) => Ok(Some(row)),
            Err(ServiceError::Refused { code, .. }) => {
                cells.fault("change", code);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(Span::once(&[
            row.predecessor.as_str(),
            row.successor.as_str(),
        ]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let by = force.entered_by.as_str();
        let is_new = successors::put(force.service, force.tx, &row.link(), by, force.now)?;
        Ok(match is_new {
            true => Applied::Changed,
            false => Applied::Same,
        })
    }
}

/// The entity or collective of a row, which 经营主体台账 knows.
fn party(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
    [place, kind, number]: [&'static str; 3],
) -> Result<Option<SubjectId>, ServiceError> {
    let code = cells.division_code(place, &[]);
    let of_kind = cells.choice(kind, KINDS);
    let local_code = cells.short_text(number, 40).map(str::to_owned);
    let (Some(code), Some(of_kind), Some(local_code)) = (code, of_kind, local_code) else {
        return Ok(None);
    };
    let Some(home) = desk.division(cells, place, code)? else {
        return Ok(None);
    };
    let found = desk.subject(home.code, of_kind, &local_code)?;
    if found.is_none() {
        cells.fault(number, ErrorCode::ImportSubject);
    }
    Ok(found.map(|subject| subject.id))
}
