//! 苏木情况表: recovery of new loans and the honesty of the government of a sumu (`domain.md`
//! B.7, S-R, S-G, S5, S6).

use itgel_domain::division::DivisionLevel;
use itgel_domain::error::ErrorCode;
use itgel_domain::register::{DivisionFacts, Honesty};

use super::{common, facts};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Facts of sumus.
pub(super) struct SumuFacts;

const COLUMNS: &[Column] = &[
    Column::text(
        "place",
        "苏木代码",
        "苏木乡镇的统计用区划代码，9 位",
        "150623200",
    )
    .required()
    .also(&["区划代码", "乡镇代码", "苏木乡镇代码", "行政区划代码"]),
    Column::amount(
        "due",
        "新增贷款到期额",
        Column::YUAN,
        "近24个月新发放、且已到期的贷款本金",
        "12000000",
    )
    .also(&["新放贷款到期额"]),
    Column::amount(
        "recovered",
        "新增贷款收回额",
        Column::YUAN,
        "其中已收回的本金",
        "11760000",
    )
    .also(&["新放贷款收回额"]),
    Column::text(
        "dishonest",
        "政府为失信被执行人",
        "苏木乡镇政府是否为失信被执行人：是或否",
        "否",
    ),
    Column::text(
        "honesty",
        "政府履约情况",
        "无拖欠、有还款计划或拖欠（对企业和农牧户的账款、承诺）",
        "无拖欠",
    )
    .also(&["政府诚信情况"]),
    common::FROM,
];

/// The words of the table for arrears and commitments.
const HONESTY: &[(&str, Honesty)] = &[
    ("无拖欠", Honesty::Clean),
    ("有还款计划", Honesty::SignedPlan),
    ("拖欠", Honesty::Arrears),
];

impl Sheet for SumuFacts {
    type Row = facts::Row;

    fn kind(&self) -> &'static str {
        "sumu-facts"
    }

    fn title(&self) -> &'static str {
        "苏木乡镇情况表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(
        &self,
        cells: &mut Cells<'_>,
        desk: &Desk<'_>,
    ) -> Result<Option<facts::Row>, ServiceError> {
        let code = cells.division_code("place", &[DivisionLevel::Township]);
        let (valid_from, _) = common::validity(cells);
        let stated = DivisionFacts {
            new_loans_due_fen: cells.count("due"),
            new_loans_recovered_fen: cells.count("recovered"),
            government_dishonest: cells.flag("dishonest"),
            government_honesty: cells.choice("honesty", HONESTY),
            ..DivisionFacts::default()
        };
        let (Some(code), Some(valid_from)) = (code, valid_from) else {
            return Ok(None);
        };
        let Some(division) = desk.division(cells, "place", code)? else {
            return Ok(None);
        };
        match (stated.new_loans_due_fen, stated.new_loans_recovered_fen) {
            (Some(due), Some(recovered)) if recovered > due => {
                cells.fault_with(
                    "recovered",
                    ErrorCode::ValueOutOfRange,
                    &[("min", "0"), ("max", COLUMNS[1].head)],
                );
            }
            (Some(_), None) => cells.fault("recovered", ErrorCode::ValueMissing),
            (None, Some(_)) => cells.fault("due", ErrorCode::ValueMissing),
            _ => {}
        }
        if stated == DivisionFacts::default() {
            cells.fault("honesty", ErrorCode::ValueMissing);
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
            held.new_loans_due_fen = stated.new_loans_due_fen.or(held.new_loans_due_fen);
            let recovered = stated.new_loans_recovered_fen;
            held.new_loans_recovered_fen = recovered.or(held.new_loans_recovered_fen);
            let dishonest = stated.government_dishonest;
            held.government_dishonest = dishonest.or(held.government_dishonest);
            held.government_honesty = stated.government_honesty.or(held.government_honesty);
        })
    }
}
