//! 经营主体台账: cooperatives, family ranches and collectives where they operate, with the place of
//! their registration (`domain.md` G 45) and the household that runs a family ranch (G 47).

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::subject::{EntityKind, Subject, SubjectKind};

use super::common;
use super::offices::KINDS;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::registers;
use crate::service::random;
use crate::store;
use crate::store::entity::EntityRow;

/// The entities of a place.
pub(super) struct Entities;

const COLUMNS: &[Column] = &[
    common::PLACE,
    Column::text(
        "kind",
        "主体类型",
        "农民专业合作社、家庭农牧场或集体经济组织",
        "农民专业合作社",
    )
    .required(),
    Column::text("number", "主体编号", "经营主体台账上的编号", "合-01")
        .required()
        .also(&["合作社编号", "经营主体编号"]),
    Column::text(
        "registered_in",
        "登记地区划代码",
        "登记地与经营地不同时填写，6、9 或 12 位",
        "150623201",
    ),
    Column::text(
        "directory_code",
        "名录编码",
        "没有营业执照的家庭农牧场必填：全国家庭农场名录系统的编码",
        "150623202600001",
    ),
    Column::text("licensed", "有无营业执照", "有或无", "有"),
    Column::text(
        "run_by",
        "经营户编号",
        "家庭农牧场由哪一户经营：户籍台账上的户编号",
        "0101",
    ),
];

/// Whether there is a licence.
const LICENCE: &[(&str, bool)] = &[("有", true), ("无", false), ("是", true), ("否", false)];

/// An entity as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    division: DivisionCode,
    kind: SubjectKind,
    number: String,
    registered_in: DivisionCode,
    directory_code: Option<String>,
    run_by: Option<SubjectId>,
}

impl Sheet for Entities {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "entities"
    }

    fn title(&self) -> &'static str {
        "经营主体台账"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let code = cells.division_code(common::PLACE.key, &[DivisionLevel::Village]);
        let kind = cells.choice("kind", KINDS);
        let number = cells.short_text("number", 40).map(str::to_owned);
        let is_elsewhere = cells.text("registered_in").is_some();
        let registered_in = match is_elsewhere {
            true => cells.division_code("registered_in", &[]),
            false => code,
        };
        let is_licensed = cells.choice("licensed", LICENCE).unwrap_or(false);
        let directory_code = cells.short_text("directory_code", 40).map(str::to_owned);
        let (Some(code), Some(kind), Some(number), Some(registered_in)) =
            (code, kind, number, registered_in)
        else {
            return Ok(None);
        };
        let Some(home) = desk.division(cells, common::PLACE.key, code)? else {
            return Ok(None);
        };
        let is_ranch = kind == SubjectKind::Entity(EntityKind::Ranch);
        if is_ranch && !is_licensed && directory_code.is_none() {
            cells.fault("directory_code", ErrorCode::EntityUnlisted);
            return Ok(None);
        }
        let household = cells.text("run_by").map(str::to_owned);
        let run_by = match household {
            Some(number) => {
                let found = desk.subject(home.code, SubjectKind::Household, &number)?;
                if found.is_none() {
                    cells.fault("run_by", ErrorCode::ImportSubject);
                    return Ok(None);
                }
                found.map(|subject| subject.id)
            }
            None => None,
        };
        Ok(Some(Row {
            division: home.code,
            kind,
            number,
            registered_in,
            directory_code,
            run_by,
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let place = row.division.to_string();
        Some(Span::once(&[&place, row.kind.as_str(), &row.number]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let known = store::subject::find_by_code(force.tx, row.division, row.kind, &row.number)?;
        let subject = match known {
            Some(subject) => subject,
            None => {
                let subject = Subject {
                    id: SubjectId::from_random(random()?),
                    kind: row.kind,
                    division: row.division,
                    local_code: row.number,
                };
                registers::put_subject(force.service, force.tx, &subject)?;
                subject
            }
        };
        let entity = EntityRow {
            subject: subject.id,
            registered_in: row.registered_in,
            directory_code: row.directory_code,
            run_by: row.run_by,
            source: force.source.to_owned(),
        };
        Ok(match store::entity::put(force.tx, &entity)? {
            true => Applied::Changed,
            false => Applied::Same,
        })
    }
}
