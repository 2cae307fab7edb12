//! The pre-credit list of a gacha as a file for a credit officer: the same columns as the interface
//! has, in Chinese, with what must be known beside them.

use std::io::Cursor;

use itgel_domain::pack::decimal;
use itgel_domain::policy::Actor;
use itgel_domain::time::AtMs;
use itgel_text::{self as text, Lang};

use super::pre_credit::{PreCreditLine, PreCreditPage, PreCreditRequest, pre_credit};
use crate::error::ServiceError;
use crate::service::Service;
use crate::table::write::{
    ColumnHead, CsvWriter, Encoding, SheetHead, TableWriter, WriteError, XlsxWriter,
};

/// Officials read Chinese.
const LANG: Lang = Lang::ZhCn;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableFormat {
    /// A workbook.
    #[default]
    Xlsx,
    /// UTF-8 with its mark.
    Csv,
}

/// The whole list as a file; all of it or nothing.
///
/// # Errors
/// As for [`pre_credit`]; [`ErrorCode::TooMany`](itgel_domain::error::ErrorCode::TooMany) if the
/// day's quota does not reach for the whole list.
pub fn pre_credit_table(
    service: &Service,
    actor: &Actor,
    request: &PreCreditRequest,
    format: TableFormat,
    now: AtMs,
) -> Result<Vec<u8>, ServiceError> {
    let whole = PreCreditRequest {
        after: None,
        limit: None,
        ..request.clone()
    };
    let page = pre_credit(service, actor, &whole, now)?;
    let written = match format {
        TableFormat::Xlsx => workbook(&page),
        TableFormat::Csv => csv(&page),
    };
    written.map_err(|e| ServiceError::caused("a pre-credit table", e))
}

fn workbook(page: &PreCreditPage) -> Result<Vec<u8>, WriteError> {
    let mut workbook = XlsxWriter::new();
    write(&mut workbook, page)?;
    workbook.notes(&text::pre_credit_notes(LANG), &notes(page))?;
    let mut bytes = Cursor::new(Vec::new());
    workbook.save(&mut bytes)?;
    Ok(bytes.into_inner())
}

/// The notes come after the rows: a file without them would not say that a line is advisory.
fn csv(page: &PreCreditPage) -> Result<Vec<u8>, WriteError> {
    let mut csv = CsvWriter::new(Vec::new(), Encoding::Utf8);
    write(&mut csv, page)?;
    for note in notes(page) {
        let mut cells = vec![String::new(); columns().len()];
        if let Some(first) = cells.first_mut() {
            *first = note;
        }
        csv.row(&cells)?;
    }
    csv.finish()
}

fn write(table: &mut dyn TableWriter, page: &PreCreditPage) -> Result<(), WriteError> {
    table.begin(&SheetHead {
        title: text::pre_credit_title(LANG),
        columns: columns(),
    })?;
    page.items
        .iter()
        .try_for_each(|line| table.row(&cells(line)))
}

fn columns() -> Vec<ColumnHead> {
    vec![
        ColumnHead::text(text::report_authorisation(LANG)),
        ColumnHead::text(text::pre_credit_subject(LANG)),
        ColumnHead::text(text::report_grade(LANG)),
        ColumnHead::number(text::assessment_score(LANG)),
        ColumnHead::text(text::report_valid_to(LANG)),
        ColumnHead::text(text::pre_credit_watch(LANG)),
        ColumnHead::number(text::pre_credit_line(LANG)),
        ColumnHead::number(text::pre_credit_discount(LANG)),
        ColumnHead::text(text::pre_credit_blocked(LANG)),
        ColumnHead::text(text::pre_credit_none_for(LANG)),
    ]
}

fn cells(line: &PreCreditLine) -> Vec<String> {
    let watch = if line.watch {
        text::pre_credit_yes(LANG)
    } else {
        String::new()
    };
    let uses = line.blocked_uses.iter().map(|u| text::line_use(LANG, *u));
    let reasons = line.none_for.iter().map(|reason| {
        let why = text::line_why(LANG, reason.why);
        match reason.figure {
            Some(figure) => format!("{}：{why}", text::line_figure(LANG, figure)),
            None => why,
        }
    });
    vec![
        line.authorisation.to_string(),
        line.subject.to_string(),
        line.grade.to_string(),
        line.score.to_string(),
        line.valid_to.to_string(),
        watch,
        line.line_fen
            .map(|fen| decimal::write(fen, 2))
            .unwrap_or_default(),
        line.discount_bp.to_string(),
        uses.collect::<Vec<_>>().join("、"),
        reasons.collect::<Vec<_>>().join("；"),
    ]
}

fn notes(page: &PreCreditPage) -> Vec<String> {
    let purpose = text::purpose(LANG, page.purpose);
    let mut notes = vec![
        text::pre_credit_of(LANG, page.division, purpose, page.on),
        text::pre_credit_others(LANG, page.others),
        text::report_not_a_credit_report(LANG),
        text::report_advisory(LANG),
    ];
    if let (Some(name), Some(hash)) = (&page.parameters, page.parameters_hash) {
        notes.push(text::report_line_advisory(LANG));
        notes.push(format!("{}  {name}  {hash}", text::line_parameters(LANG)));
    }
    notes
}
