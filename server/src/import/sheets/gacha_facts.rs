//! 嘎查情况表: how many households live in a gacha, and what the gates and points of its title
//! ask besides (`domain.md` B.6, G-L, G6).

use itgel_domain::division::DivisionLevel;
use itgel_domain::error::ErrorCode;
use itgel_domain::register::DivisionFacts;

use super::{common, facts};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Facts of gachas.
pub(super) struct GachaFacts;

const COLUMNS: &[Column] = &[
    Column::text("place", "嘎查代码", "统计用区划代码，12 位", "150623200201")
        .required()
        .also(&["区划代码", "嘎查村代码", "村代码", "行政区划代码"]),
    Column::amount(
        "resident",
        "常住农牧户数",
        (itgel_domain::catalogue::Unit::Count, "个"),
        "在嘎查常住的农牧户数",
        "126",
    )
    .also(&["常住户数", "农牧户总数"]),
    Column::text("fundraising", "有非法集资案件", "是或否", "否").also(&["非法集资"]),
    Column::text(
        "cadre_npl",
        "村干部贷款不良",
        "村干部是否有不良贷款：是或否",
        "否",
    ),
    Column::text(
        "cadre_overdue",
        "村干部贷款逾期",
        "村干部是否有逾期贷款：是或否",
        "否",
    ),
    Column::text("audit", "评级工作审计通过", "是或否", "是").also(&["审计通过"]),
    common::FROM,
];

impl Sheet for GachaFacts {
    type Row = facts::Row;

    fn kind(&self) -> &'static str {
        "gacha-facts"
    }

    fn title(&self) -> &'static str {
        "嘎查情况表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(
        &self,
        cells: &mut Cells<'_>,
        desk: &Desk<'_>,
    ) -> Result<Option<facts::Row>, ServiceError> {
        let code = cells.division_code("place", &[DivisionLevel::Village]);
        let (valid_from, _) = common::validity(cells);
        let stated = DivisionFacts {
            resident_households: cells.count("resident"),
            illegal_fundraising: cells.flag("fundraising"),
            cadre_loan_npl: cells.flag("cadre_npl"),
            cadre_loan_overdue: cells.flag("cadre_overdue"),
            audit_passed: cells.flag("audit"),
            ..DivisionFacts::default()
        };
        let (Some(code), Some(valid_from)) = (code, valid_from) else {
            return Ok(None);
        };
        let Some(division) = desk.division(cells, "place", code)? else {
            return Ok(None);
        };
        if stated == DivisionFacts::default() {
            cells.fault("resident", ErrorCode::ValueMissing);
        }
        if stated.cadre_loan_npl == Some(true) && stated.cadre_loan_overdue == Some(false) {
            cells.fault_with(
                "cadre_overdue",
                ErrorCode::ValueNotAChoice,
                &[("choices", "是")],
            );
        }
        Ok(Some(facts::Row {
            division: division.code,
            valid_from,
            facts: stated,
        }))
    }

    fn span(&self, row: &facts::Row) -> Option<Span> {
        facts::span(row)
    }

    fn apply(&self, force: &Force<'_>, row: facts::Row) -> Result<Applied, ServiceError> {
        facts::apply(force, row, |held, stated| {
            let resident = stated.resident_households;
            held.resident_households = resident.or(held.resident_households);
            let fundraising = stated.illegal_fundraising;
            held.illegal_fundraising = fundraising.or(held.illegal_fundraising);
            held.cadre_loan_npl = stated.cadre_loan_npl.or(held.cadre_loan_npl);
            held.cadre_loan_overdue = stated.cadre_loan_overdue.or(held.cadre_loan_overdue);
            held.audit_passed = stated.audit_passed.or(held.audit_passed);
        })
    }
}
