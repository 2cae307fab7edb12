//! 评定年度表: the campaigns of a banner (`domain.md` D.3). The banner's approver opens them.

use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::division::DivisionLevel::County;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::CycleId;
use itgel_domain::policy::Action;

use super::common;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::{setup, store};

/// The campaigns.
pub(super) struct Cycles;

const COLUMNS: &[Column] = &[
    Column::text("cycle", "年度编号", "字母、数字和连字符，全旗唯一", "2026").required(),
    Column::text("name", "年度名称", "供人阅读", "2026年度评定").required(),
    Column::text("kind", "类型", "年度评定或专项评定", "年度评定").required(),
    common::PLACE,
    common::FROM,
    common::TO.required(),
];

/// The words of the table.
const KINDS: &[(&str, CycleKind)] = &[
    ("年度评定", CycleKind::Annual),
    ("专项评定", CycleKind::Event),
];

impl Sheet for Cycles {
    type Row = Cycle;

    fn kind(&self) -> &'static str {
        "cycles"
    }

    fn title(&self) -> &'static str {
        "评定年度表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn decides_grades(&self) -> bool {
        false
    }

    fn entering(&self) -> Action {
        Action::ManageCycles
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Cycle>, ServiceError> {
        let id: Option<CycleId> = cells.text("cycle").and_then(|text| text.parse().ok());
        if id.is_none() {
            cells.fault("cycle", ErrorCode::ValueWrongType);
        }
        let name = cells.short_text("name", 60).map(str::to_owned);
        let kind = cells.choice("kind", KINDS);
        let (from, to) = common::validity(cells);
        let banner = match cells.division_code(common::PLACE.key, &[County]) {
            Some(code) => desk.division(cells, common::PLACE.key, code)?,
            None => None,
        };
        let (Some(id), Some(name), Some(kind), Some(banner), Some(opens_on), Some(closes_on)) =
            (id, name, kind, banner, from, to)
        else {
            return Ok(None);
        };
        Ok(Some(Cycle {
            id,
            banner: banner.code,
            kind,
            name,
            opens_on,
            closes_on,
        }))
    }

    fn span(&self, row: &Cycle) -> Option<Span> {
        Some(Span::once(&[row.id.as_str()]))
    }

    fn apply(&self, force: &Force<'_>, row: Cycle) -> Result<Applied, ServiceError> {
        match store::cycle::get(force.tx, &row.id)? {
            Some(known) if known == row => Ok(Applied::Same),
            // A campaign that people work in does not change under them.
            Some(_) => Err(ErrorCode::ImportOverlap.into()),
            None => {
                setup::add_cycle(force.tx, &row)?;
                Ok(Applied::Changed)
            }
        }
    }
}
