//! 人员表: who acts in which role and where. It gives rights, so a second person puts it into
//! force; a device code is given to each of them apart (`domain.md` D.1).

use itgel_domain::case::Role;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::OfficerId;
use itgel_domain::policy::{Grant, Reach};

use super::common;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::store::officer::OfficerRecord;
use crate::{setup, store};

/// The people of the office and of the field.
pub(super) struct Officers;

const COLUMNS: &[Column] = &[
    Column::text(
        "officer",
        "人员编号",
        "字母、数字和连字符，全旗唯一",
        "caiji-01",
    )
    .required(),
    Column::text("name", "姓名", "供同事识别", "示例人员").required(),
    Column::text(
        "role",
        "角色",
        "采集员、评议员、嘎查初评组、苏木审核员、旗审定、异议专员、审计或管理员；一行一个角色",
        "采集员",
    )
    .required(),
    common::PLACE,
];

/// The words of the table. A lender's people have a table of their own.
const ROLES: &[(&str, Role)] = &[
    ("采集员", Role::Collector),
    ("评议员", Role::Evaluator),
    ("嘎查初评组", Role::VillageGroup),
    ("苏木审核员", Role::Reviewer),
    ("旗审定", Role::Approver),
    ("异议专员", Role::ObjectionOfficer),
    ("审计", Role::Auditor),
    ("管理员", Role::Administrator),
];

/// A role of a person as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    officer: OfficerId,
    name: String,
    role: Role,
    division: DivisionCode,
}

impl Sheet for Officers {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "officers"
    }

    fn title(&self) -> &'static str {
        "人员表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let officer: Option<OfficerId> = cells.text("officer").and_then(|text| text.parse().ok());
        if officer.is_none() {
            cells.fault("officer", ErrorCode::ValueWrongType);
        }
        let name = cells.short_text("name", 60).map(str::to_owned);
        let role = cells.choice("role", ROLES);
        let division = match cells.division_code(common::PLACE.key, &[]) {
            Some(code) => desk.division(cells, common::PLACE.key, code)?,
            None => None,
        };
        if let (Some(role), Some(division)) = (role, &division) {
            check_level(cells, role, division.code);
        }
        let (Some(officer), Some(name), Some(role), Some(division)) =
            (officer, name, role, division)
        else {
            return Ok(None);
        };
        Ok(Some(Row {
            officer,
            name,
            role,
            division: division.code,
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let division = row.division.to_string();
        Some(Span::once(&[
            row.officer.as_str(),
            row.role.as_str(),
            &division,
        ]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        if row.officer == *force.entered_by {
            // Nobody gives rights to himself, not even through another person's hand.
            return Err(ErrorCode::SecondPerson.into());
        }
        let granted = store::officer::grants(force.tx, &row.officer)?;
        let has = granted
            .iter()
            .any(|grant| grant.role == row.role && grant.division == row.division);
        let record = OfficerRecord {
            id: row.officer,
            name: row.name,
            division: row.division,
        };
        if !has {
            check_amount(force, &granted, row.role, row.division)?;
        }
        let known = store::officer::get(force.tx, &record.id)?;
        if has && known.is_some_and(|known| known.name == record.name) {
            return Ok(Applied::Same);
        }
        setup::add_officer(force.tx, &record, &[(row.role, row.division)])?;
        Ok(Applied::Changed)
    }
}

/// A role in a larger division than such a role may have is a fault of its row.
fn check_level(cells: &mut Cells<'_>, role: Role, division: DivisionCode) {
    let reach = Reach::of(role);
    if reach.allows(division.level()) {
        return;
    }
    let title = ROLES.iter().find(|(_, known)| *known == role);
    let figures = [
        ("role", title.map_or("", |(title, _)| *title)),
        ("most", level_title(reach.level.level())),
        ("given", level_title(division.level())),
    ];
    cells.fault_with(common::PLACE.key, ErrorCode::OfficerScope, &figures);
}

/// What one person has over all divisions of a role stays within its bounds.
fn check_amount(
    force: &Force<'_>,
    granted: &[Grant],
    role: Role,
    division: DivisionCode,
) -> Result<(), ServiceError> {
    let reach = Reach::of(role);
    let mut places: Vec<DivisionCode> = granted
        .iter()
        .filter(|grant| grant.role == role)
        .map(|grant| grant.division)
        .collect();
    places.push(division);
    // What lies in another of the places is counted there.
    let outer = |place: &&DivisionCode| {
        let mut others = places.iter().filter(|other| *other != *place);
        !others.any(|other| other.contains(**place))
    };
    let (mut gachas, mut households) = (0, 0);
    for place in places.iter().filter(outer) {
        let villages = store::division::list_any_day(force.tx, *place, DivisionLevel::Village)?;
        gachas += villages.len() as u64;
        households += store::subject::count_households(force.tx, *place)?;
    }
    let is_within = |most: Option<u64>, has: u64| most.is_none_or(|most| has <= most);
    match is_within(reach.gachas, gachas) && is_within(reach.households, households) {
        true => Ok(()),
        false => Err(ErrorCode::OfficerScope.into()),
    }
}

const fn level_title(level: DivisionLevel) -> &'static str {
    match level {
        DivisionLevel::Region => "自治区",
        DivisionLevel::Prefecture => "盟市",
        DivisionLevel::County => "旗县",
        DivisionLevel::Township => "苏木乡镇",
        DivisionLevel::Village => "嘎查村",
    }
}
