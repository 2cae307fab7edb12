//! 收入基准和净资产中位数: what households of a banner are compared with, by year (`domain.md` H2.1,
//! H3.3). Earlier years stay, each for its days.

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::register::RegisterContent;
use jiff::civil::Date;

use super::common;
use crate::error::ServiceError;
use crate::import::desk::NewRow;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Benchmarks and medians.
pub(super) struct Figures;

const COLUMNS: &[Column] = &[
    common::PLACE,
    Column::text("year", "年度", "统计年度", "2025").required(),
    Column::text("figure", "指标", "收入基准或净资产中位数", "收入基准").required(),
    Column::amount("amount", "数值", Column::YUAN, "每人每年，或每户", "26500").required(),
    common::FROM,
    common::TO,
];

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Figure {
    Income,
    Assets,
}

const FIGURES: &[(&str, Figure)] = &[
    ("收入基准", Figure::Income),
    ("人均可支配收入", Figure::Income),
    ("净资产中位数", Figure::Assets),
];

/// A figure as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    banner: DivisionCode,
    year: String,
    figure: Figure,
    fen: i64,
    valid_from: Date,
    valid_to: Option<Date>,
}

impl Sheet for Figures {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "benchmarks"
    }

    fn title(&self) -> &'static str {
        "收入基准和净资产中位数"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let code = cells.division_code(common::PLACE.key, &[DivisionLevel::County]);
        let year = year(cells);
        let figure = cells.choice("figure", FIGURES);
        let fen = cells.count("amount").filter(|fen| *fen > 0);
        let (from, to) = common::validity(cells);
        if fen.is_none() && cells.text("amount").is_some() {
            cells.fault("amount", ErrorCode::RegisterRow);
        }
        let (Some(code), Some(year), Some(figure), Some(fen), Some(valid_from)) =
            (code, year, figure, fen, from)
        else {
            return Ok(None);
        };
        let found = desk.division(cells, common::PLACE.key, code)?;
        Ok(found.map(|banner| Row {
            banner: banner.code,
            year,
            figure,
            fen,
            valid_from,
            valid_to: to,
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let (banner, register) = (row.banner.to_string(), content(row).register());
        Some(Span {
            from: row.valid_from,
            to: row.valid_to,
            ..Span::once(&[&banner, register])
        })
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        force.put_row(NewRow {
            content: content(&row),
            division: row.banner,
            subject: None,
            key: row.year,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    }
}

const fn content(row: &Row) -> RegisterContent {
    match row.figure {
        Figure::Income => RegisterContent::IncomeBenchmark(row.fen),
        Figure::Assets => RegisterContent::MedianNetAssets(row.fen),
    }
}

fn year(cells: &mut Cells<'_>) -> Option<String> {
    let text = cells.text("year")?.trim_end_matches('年').to_owned();
    let is_year = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    if !is_year {
        cells.fault("year", ErrorCode::ValueBadDay);
        return None;
    }
    Some(text)
}
