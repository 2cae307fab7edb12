//! 联户登记表: the members of joint-herd groups, one row for each (`domain.md` C.3, G 18).

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::land::{JointContract, LandRecord, Membership};
use jiff::civil::Date;
use rusqlite::Connection;

use super::common;
use super::land::{self, Row};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Contradiction, Desk, Force, Sheet, Span};

/// Members of joint-herd groups.
pub(super) struct JointGroups;

const COLUMNS: &[Column] = &[
    common::PLACE,
    land::CONTRACT,
    Column::text(
        "group_from",
        "联户起始日期",
        "联户合同从哪一天起",
        "2026-01-01",
    )
    .required(),
    Column::text(
        "group_to",
        "联户截止日期",
        "联户合同到哪一天；长期的留空",
        "2028-12-31",
    ),
    Column::text(
        "member_place",
        "成员区划代码",
        "成员不在同一嘎查时填写",
        "150623200202",
    ),
    Column::text("member", "成员户编号", "成员的户编号", "0101").required(),
    Column::text("valid_from", "加入日期", "该成员从哪一天加入", "2026-01-01").required(),
    Column::text(
        "valid_to",
        "退出日期",
        "该成员到哪一天；没有退出的留空",
        "2026-06-30",
    ),
];

/// The group as it stands with more members.
fn joined(
    connection: &Connection,
    division: DivisionCode,
    (id, from, to): (&str, Date, Option<Date>),
    stays: &[Membership],
) -> Result<JointContract, ServiceError> {
    let known = crate::land::find_group(connection, division, id, from)?;
    let mut group = JointContract {
        id: id.to_owned(),
        from,
        to,
        members: known.map(|group| group.members).unwrap_or_default(),
    };
    stays.iter().for_each(|stay| take(&mut group, stay));
    Ok(group)
}

/// Takes a member into the group; who joined on the same day takes its own place.
fn take(group: &mut JointContract, stay: &Membership) {
    let members = &mut group.members;
    members.retain(|m| (&m.member, m.from) != (&stay.member, stay.from));
    members.push(stay.clone());
    members.sort_by(|a, b| (&a.member, a.from).cmp(&(&b.member, b.from)));
}

/// Each row as its whole group: as it stands, with the members of all rows.
fn whole_groups(connection: &Connection, rows: Vec<Row>) -> Result<Vec<Row>, ServiceError> {
    let mut groups: Vec<Row> = Vec::new();
    let mut places = Vec::new();
    for row in rows {
        let LandRecord::Joint(stated) = &row.record else {
            continue;
        };
        let is_same = |other: &Row| match &other.record {
            LandRecord::Joint(group) => (&group.id, group.from) == (&stated.id, stated.from),
            _ => false,
        };
        let at = match groups.iter().position(is_same) {
            Some(at) => at,
            None => {
                let place = (stated.id.as_str(), stated.from, stated.to);
                let whole = joined(connection, row.division, place, &[])?;
                groups.push(Row {
                    division: row.division,
                    record: LandRecord::Joint(whole),
                });
                groups.len() - 1
            }
        };
        if let Some(LandRecord::Joint(group)) = groups.get_mut(at).map(|row| &mut row.record) {
            stated.members.iter().for_each(|stay| take(group, stay));
        }
        places.push(at);
    }
    let whole = |at: &usize| groups.get(*at).cloned();
    Ok(places.iter().filter_map(whole).collect())
}

impl Sheet for JointGroups {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "joint-groups"
    }

    fn title(&self) -> &'static str {
        "联户登记表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let Some(code) = cells.division_code(common::PLACE.key, &[DivisionLevel::Village]) else {
            return Ok(None);
        };
        let division = desk
            .division(cells, common::PLACE.key, code)?
            .map(|d| d.code);
        let member = land::other_party(cells, desk, division, ("member_place", "member"))?;
        let id = cells.short_text(land::CONTRACT.key, 80).map(str::to_owned);
        let group = (cells.day("group_from"), cells.day("group_to"));
        let (from, to) = common::validity(cells);
        let (Some(division), Some(member), Some(id), (Some(group_from), group_to), Some(from)) =
            (division, member, id, group, from)
        else {
            return Ok(None);
        };
        let stay = Membership { member, from, to };
        let group = joined(
            desk.connection,
            division,
            (&id, group_from, group_to),
            std::slice::from_ref(&stay),
        )?;
        let row = Row {
            division,
            record: LandRecord::Joint(group),
        };
        let columns = (land::CONTRACT.key, "member", "member");
        let checked = land::staged(cells, desk, row, columns)?;
        // What is kept is the member; the group is put together when the row takes effect.
        Ok(checked.map(|row| Row {
            record: LandRecord::Joint(JointContract {
                id,
                from: group_from,
                to: group_to,
                members: vec![stay],
            }),
            ..row
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let LandRecord::Joint(group) = &row.record else {
            return None;
        };
        let stay = group.members.first()?;
        let banner = row
            .division
            .ancestor(DivisionLevel::County)
            .unwrap_or(row.division);
        Some(Span {
            from: stay.from,
            to: stay.to,
            ..Span::once(&[
                "joint",
                &banner.to_string(),
                &group.id,
                stay.member.as_str(),
            ])
        })
    }

    fn meets_at(&self, row: &Row) -> Vec<String> {
        // Two groups contradict one another by a member that both have.
        let members = row.record.subjects().into_iter();
        members.map(ToString::to_string).collect()
    }

    fn compare(
        &self,
        desk: &Desk<'_>,
        rows: Vec<Row>,
    ) -> Result<Vec<Vec<Contradiction>>, ServiceError> {
        land::compare(
            desk,
            &whole_groups(desk.connection, rows)?,
            land::CONTRACT.key,
        )
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let LandRecord::Joint(group) = row.record else {
            return Ok(Applied::Same);
        };
        let place = (group.id.as_str(), group.from, group.to);
        let mut applied = Applied::Same;
        for stay in group.members {
            let group = joined(force.tx, row.division, place, &[stay])?;
            let whole = Row {
                division: row.division,
                record: LandRecord::Joint(group),
            };
            if land::apply(force, &whole)? == Applied::Changed {
                applied = Applied::Changed;
            }
        }
        Ok(applied)
    }
}
