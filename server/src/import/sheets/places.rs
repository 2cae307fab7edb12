//! 区划表: the banner with its sumus and gachas, as the first table of a new server. Changes of
//! later years come as 区划变更表, because people move with them.

use itgel_domain::division::{Division, DivisionKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::policy::{Resource, may};

use super::common;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::{registers, store};

/// The divisions of a banner.
pub(super) struct Divisions;

const COLUMNS: &[Column] = &[
    common::PLACE,
    Column::text("name", "名称", "区划名称，按批准文件填写", "巴彦示例嘎查")
        .required()
        .also(&["区划名称", "嘎查名称", "苏木名称"]),
    Column::text(
        "kind",
        "类型",
        "旗、县、苏木、镇、乡、街道、农牧场、嘎查、村或社区；留空时按代码判断",
        "嘎查",
    ),
    Column::text("name_mn", "蒙古文名称", "传统蒙古文名称", "").also(&["蒙文名称"]),
    common::CIVIL_CODE,
    common::FROM,
    common::TO,
];

/// The words of the table.
const KINDS: &[(&str, DivisionKind)] = &[
    ("旗", DivisionKind::Banner),
    ("县", DivisionKind::County),
    ("市辖区", DivisionKind::District),
    ("苏木", DivisionKind::Sumu),
    ("镇", DivisionKind::Town),
    ("乡", DivisionKind::Township),
    ("街道", DivisionKind::Street),
    ("农牧场", DivisionKind::StateFarm),
    ("嘎查", DivisionKind::Gacha),
    ("村", DivisionKind::Village),
    ("社区", DivisionKind::ResidentCommittee),
];

impl Sheet for Divisions {
    type Row = Division;

    fn kind(&self) -> &'static str {
        "divisions"
    }

    fn title(&self) -> &'static str {
        "区划表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn decides_grades(&self) -> bool {
        false
    }

    fn read(
        &self,
        cells: &mut Cells<'_>,
        desk: &Desk<'_>,
    ) -> Result<Option<Division>, ServiceError> {
        let code = cells.division_code(common::PLACE.key, &[]);
        let name = cells.short_text("name", 60).map(str::to_owned);
        let name_mn = cells.short_text("name_mn", 120).map(str::to_owned);
        let stated = cells.text("kind").and_then(|_| cells.choice("kind", KINDS));
        let civil_code = common::civil_code(cells);
        let (from, to) = common::validity(cells);
        let (Some(code), Some(name), Some(valid_from)) = (code, name, from) else {
            return Ok(None);
        };
        if let Err(denial) = may(desk.actor, desk.action, &Resource::at(code)) {
            cells.fault(common::PLACE.key, denial.code());
        }
        let succeeded = store::division::list_successions(desk.connection, code)?;
        if !succeeded.is_empty() {
            cells.fault(common::PLACE.key, ErrorCode::DivisionSuccession);
        }
        Ok(Some(Division {
            code,
            kind: stated.unwrap_or_else(|| code.usual_kind()),
            name,
            name_mn,
            civil_code,
            valid_from,
            valid_to: to,
        }))
    }

    fn span(&self, row: &Division) -> Option<Span> {
        Some(Span {
            from: row.valid_from,
            to: row.valid_to,
            ..Span::once(&[&row.code.to_string()])
        })
    }

    fn apply(&self, force: &Force<'_>, row: Division) -> Result<Applied, ServiceError> {
        let known = store::division::list_history(force.tx, row.code)?;
        if known.contains(&row) {
            return Ok(Applied::Same);
        }
        registers::put_division(force.service, force.tx, &row)?;
        Ok(Applied::Changed)
    }
}
