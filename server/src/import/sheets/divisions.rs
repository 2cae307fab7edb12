//! 区划变更表 and 拆分划转表: gachas merge, split and change codes (`domain.md` G 52, 53), and the
//! households of a divided gacha, one by one. Titles and counts follow where people live, so a
//! second person puts both into force.

use itgel_domain::division::DivisionCode;
use itgel_domain::division::DivisionLevel::{Township, Village};
use itgel_domain::division::succession::{Succession, SuccessionKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::policy::{Resource, may};
use itgel_domain::subject::SubjectKind;

use super::common;
use crate::divisions::{self, DivisionChange, DivisionMove};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Changes of divisions.
pub(super) struct DivisionChanges;

/// Households of divided gachas.
pub(super) struct DivisionMoves;

const OLD: Column = Column::text(
    "old",
    "原区划代码",
    "变更前的统计用区划代码",
    "150623200201",
)
.required()
.also(&["原代码", "变更前代码"]);

const NEW: Column = Column::text(
    "new",
    "新区划代码",
    "变更后的统计用区划代码",
    "150623200299",
)
.required()
.also(&["新代码", "变更后代码"]);

const ON: Column = Column::text("on", "生效日期", "新区划的第一天", "2026-10-01")
    .required()
    .also(&["变更日期"]);

const CHANGES: &[Column] = &[
    OLD,
    Column::text("kind", "变更类型", "合并、拆分或变更代码", "合并").required(),
    NEW,
    Column::text(
        "name",
        "新区划名称",
        "新设区划的名称；已有的区划留空",
        "巴彦示例嘎查",
    )
    .also(&["变更后名称"]),
    common::CIVIL_CODE,
    ON,
    Column::text("ends", "原区划撤销", "拆分后原区划是否撤销：是或否", "否"),
];

const MOVES: &[Column] = &[
    OLD,
    Column::text("household", "户编号", "户籍台账上的户编号", "0101")
        .required()
        .also(&["户号", "农牧户编号"]),
    NEW,
    ON,
];

/// The words of the table.
const KINDS: &[(&str, SuccessionKind)] = &[
    ("合并", SuccessionKind::Merged),
    ("拆分", SuccessionKind::Split),
    ("变更代码", SuccessionKind::Recoded),
];

impl Sheet for DivisionChanges {
    type Row = DivisionChange;

    fn kind(&self) -> &'static str {
        "division-changes"
    }

    fn title(&self) -> &'static str {
        "区划变更表"
    }

    fn columns(&self) -> &'static [Column] {
        CHANGES
    }

    fn read(
        &self,
        cells: &mut Cells<'_>,
        desk: &Desk<'_>,
    ) -> Result<Option<DivisionChange>, ServiceError> {
        let from = own_code(cells, desk, OLD.key);
        let into = own_code(cells, desk, NEW.key);
        let (kind, on) = (cells.choice("kind", KINDS), cells.day(ON.key));
        let civil_code = common::civil_code(cells);
        let ends = cells.has("ends").then(|| cells.flag("ends")).flatten();
        let name = cells.short_text("name", 60).map(str::to_owned);
        let (Some(from), Some(into), Some(kind), Some(on)) = (from, into, kind, on) else {
            return Ok(None);
        };
        let change = DivisionChange {
            edge: Succession {
                from,
                into,
                on,
                kind,
            },
            name,
            civil_code,
            kind: None,
            ends: ends.unwrap_or(false),
            source: String::new(),
        };
        match divisions::checked(desk.connection, &change, desk.today) {
            Ok(_) => Ok(Some(change)),
            Err(ServiceError::Refused { code, .. }) => {
                cells.fault(column_of(code), code);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn span(&self, row: &DivisionChange) -> Option<Span> {
        let (from, into) = (row.edge.from.to_string(), row.edge.into.to_string());
        Some(Span::once(&[&from, &into, &row.edge.on.to_string()]))
    }

    fn apply(&self, force: &Force<'_>, row: DivisionChange) -> Result<Applied, ServiceError> {
        let change = DivisionChange {
            source: force.source.to_owned(),
            ..row
        };
        let by = force.entered_by.as_str();
        let changed = divisions::change(force.service, force.tx, &change, by, force.now)?;
        Ok(applied(changed))
    }
}

impl Sheet for DivisionMoves {
    type Row = DivisionMove;

    fn kind(&self) -> &'static str {
        "division-moves"
    }

    fn title(&self) -> &'static str {
        "拆分划转表"
    }

    fn columns(&self) -> &'static [Column] {
        MOVES
    }

    fn read(
        &self,
        cells: &mut Cells<'_>,
        desk: &Desk<'_>,
    ) -> Result<Option<DivisionMove>, ServiceError> {
        let from = own_code(cells, desk, OLD.key);
        let into = own_code(cells, desk, NEW.key);
        let (on, number) = (cells.day(ON.key), cells.text("household"));
        let (Some(from), Some(into), Some(on), Some(number)) = (from, into, on, number) else {
            return Ok(None);
        };
        let lives_in = |code| desk.subject(code, SubjectKind::Household, number);
        if lives_in(from)?.is_none() && lives_in(into)?.is_none() {
            cells.fault("household", ErrorCode::ImportSubject);
        }
        if on > desk.today {
            cells.fault(ON.key, ErrorCode::DivisionNotYet);
        }
        Ok(Some(DivisionMove {
            from,
            local_code: number.to_owned(),
            into,
            on,
        }))
    }

    fn span(&self, row: &DivisionMove) -> Option<Span> {
        Some(Span::once(&[&row.from.to_string(), &row.local_code]))
    }

    fn apply(&self, force: &Force<'_>, row: DivisionMove) -> Result<Applied, ServiceError> {
        let moved = divisions::move_household(force.service, force.tx, &row, force.now)?;
        Ok(applied(moved))
    }
}

/// A code of a township or gacha in which the person may enter tables, whether it is valid today
/// or not: a change names divisions that have ended and others that are to come.
fn own_code(cells: &mut Cells<'_>, desk: &Desk<'_>, key: &str) -> Option<DivisionCode> {
    let code = cells.division_code(key, &[Township, Village])?;
    match may(desk.actor, desk.action, &Resource::at(code)) {
        Ok(_) => Some(code),
        Err(denial) => {
            cells.fault(key, denial.code());
            None
        }
    }
}

/// The cell that a refusal of a change is about.
const fn column_of(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::DivisionNotYet => ON.key,
        ErrorCode::DivisionSuccession => NEW.key,
        _ => OLD.key,
    }
}

const fn applied(changed: bool) -> Applied {
    if changed {
        Applied::Changed
    } else {
        Applied::Same
    }
}
