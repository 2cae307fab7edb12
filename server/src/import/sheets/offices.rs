//! 负责人登记表 and 嘎查两委成员名册: who stands behind an entity or a collective, and who is a cadre
//! of a gacha (`domain.md` E1.5, C1.5, G-L, G 48). Numbers become blind indexes when a row takes
//! effect.

use itgel_domain::division::DivisionLevel;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::ledger::PartyNumber;
use itgel_domain::register::Relation;
use itgel_domain::subject::{EntityKind, SubjectKind};
use jiff::civil::Date;

use super::common;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::related::{self, Holder, Office};

/// People behind entities and collectives.
pub(super) struct Responsible;

/// Cadres of gachas.
pub(super) struct Cadres;

const PERSON: Column = Column::text(
    "person",
    "身份证号",
    "本人居民身份证号码",
    "11010519491231002X",
)
.required()
.also(&["公民身份号码", "证件号码", "身份证号码"]);

const RESPONSIBLE: &[Column] = &[
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
    Column::text("office", "职务", "负责人、理事或监事", "负责人").required(),
    PERSON,
    common::FROM,
    common::TO,
];

const CADRES: &[Column] = &[common::PLACE, PERSON, common::FROM, common::TO];

pub(super) const KINDS: &[(&str, SubjectKind)] = &[
    (
        "农民专业合作社",
        SubjectKind::Entity(EntityKind::Cooperative),
    ),
    ("合作社", SubjectKind::Entity(EntityKind::Cooperative)),
    ("家庭农牧场", SubjectKind::Entity(EntityKind::Ranch)),
    ("集体经济组织", SubjectKind::Collective),
];

const OFFICES: &[(&str, Relation)] = &[
    ("负责人", Relation::Responsible),
    ("法定代表人", Relation::Responsible),
    ("理事长", Relation::Responsible),
    ("经理", Relation::Responsible),
    ("理事", Relation::Council),
    ("监事", Relation::Supervisor),
];

/// Somebody in an office as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    object: SubjectId,
    /// Absent for a cadre.
    relation: Option<Relation>,
    person: String,
    valid_from: Date,
    valid_to: Option<Date>,
}

impl Sheet for Responsible {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "responsible-persons"
    }

    fn title(&self) -> &'static str {
        "负责人登记表"
    }

    fn columns(&self) -> &'static [Column] {
        RESPONSIBLE
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let place = common::place(cells, desk)?;
        let kind = cells.choice("kind", KINDS);
        let number = cells.short_text("number", 40);
        let relation = cells.choice("office", OFFICES);
        let held = held(cells);
        let (Some(place), Some(kind), Some(number), Some(relation), Some(held)) =
            (place, kind, number, relation, held)
        else {
            return Ok(None);
        };
        let Some(subject) = desk.subject(place.division, kind, number)? else {
            cells.fault("number", ErrorCode::ImportSubject);
            return Ok(None);
        };
        Ok(Some(Row {
            object: subject.id,
            relation: Some(relation),
            ..held
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(span(row))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        apply(force, row)
    }
}

impl Sheet for Cadres {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "cadres"
    }

    fn title(&self) -> &'static str {
        "嘎查两委成员名册"
    }

    fn columns(&self) -> &'static [Column] {
        CADRES
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let code = cells.division_code(common::PLACE.key, &[DivisionLevel::Village]);
        let held = held(cells);
        let (Some(code), Some(held)) = (code, held) else {
            return Ok(None);
        };
        let Some(gacha) = desk.division(cells, common::PLACE.key, code)? else {
            return Ok(None);
        };
        let object = gacha.code.to_string().parse();
        let object = object.map_err(|e| ServiceError::caused("a gacha as a subject", e))?;
        Ok(Some(Row { object, ..held }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(span(row))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        apply(force, row)
    }
}

/// The person and the days; the object is filled in by the caller.
fn held(cells: &mut Cells<'_>) -> Option<Row> {
    let person = cells.id_number(PERSON.key);
    let (from, to) = common::validity(cells);
    let nobody = "unknown".parse().ok()?;
    Some(Row {
        object: nobody,
        relation: None,
        person: person?.as_str().to_owned(),
        valid_from: from?,
        valid_to: to,
    })
}

fn span(row: &Row) -> Span {
    let office = row.relation.map_or(Office::Cadre, Office::Behind);
    Span {
        from: row.valid_from,
        to: row.valid_to,
        ..Span::once(&[row.object.as_str(), office.as_str(), &row.person])
    }
}

fn apply(force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
    let person: PartyNumber = row.person.parse()?;
    let holder = Holder {
        object: row.object,
        office: row.relation.map_or(Office::Cadre, Office::Behind),
        person,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        source: force.source.to_owned(),
    };
    let by = force.entered_by.as_str();
    let is_new = related::put(force.service, force.tx, &holder, by, force.now)?;
    Ok(if is_new {
        Applied::Changed
    } else {
        Applied::Same
    })
}
