//! What leaves monitoring as tables: the quarterly check, the annual evaluation, the figures of
//! validation and the quality of the work, as a workbook or on a screen. Figures of offices and
//! counts of ratings; no person stands in them but the officers whose work it is.

mod lines;

use std::io::Cursor;

use itgel_domain::division::DivisionCode;
use itgel_domain::id::CycleId;
use itgel_domain::monitoring::{MonitoringRules, Quarter, Reaction, TriggerRule};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::SubjectKind;
use itgel_domain::validation::{FileShares, Ppm, Share, Validation};
use itgel_text::{self as text, Lang};
use rusqlite::Connection;

use super::validate::{self, ValidationRequest};
use super::work::{self, WorkLine};
use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store::monitor::MonitorRun;
use crate::store::{self, warning};
use crate::table::write::{ColumnHead, SheetHead, TableWriter, WriteError, XlsxWriter};

/// Officials read Chinese.
const LANG: Lang = Lang::ZhCn;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its title.
    pub title: String,
    /// Its heads, and whether a column holds numbers.
    pub heads: Vec<(String, bool)>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// The annual evaluation of a banner (SR-57, SR-58).
#[derive(Debug, Clone, serde::Serialize)]
pub struct AnnualReport {
    /// The banner.
    pub banner: DivisionCode,
    /// The year.
    pub year: i16,
    /// The rules of monitoring.
    pub rules: String,
    /// The checks of its quarters, the newest first.
    pub quarters: Vec<MonitorRun>,
    /// Open warnings today, by what they call for.
    pub open: Vec<(Reaction, u64)>,
    /// The figures of the households rated in its campaign; absent if there was none.
    pub validation: Option<Validation>,
    /// The quality of the work in that campaign.
    pub work: Vec<WorkLine>,
}

/// The annual evaluation: the year's checks, and the campaign that closed last by its end against
/// the one before it.
///
/// # Errors
/// [`itgel_domain::error::ErrorCode::NotAllowed`] or
/// [`itgel_domain::error::ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of the
/// database.
pub fn annual(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    banner: DivisionCode,
    year: i16,
) -> Result<AnnualReport, ServiceError> {
    process::allow(actor, Action::ReadMonitoring, banner)?;
    let runs = store::monitor::list(connection, banner, 1_000)?;
    let quarters = runs
        .into_iter()
        .filter(|run| run.quarter.year() == year)
        .collect();
    let (cycle, before) = campaigns(connection, banner, year)?;
    let (mut figures, mut lines) = (None, Vec::new());
    if let Some(cycle) = cycle {
        let request = ValidationRequest {
            division: banner,
            cycle: cycle.clone(),
            before,
            kind: SubjectKind::Household,
        };
        figures = Some(validate::validate(service, connection, actor, &request)?);
        lines = work::quality(service, connection, actor, banner, &cycle)?;
    }
    Ok(AnnualReport {
        banner,
        year,
        rules: MonitoringRules::shipped().name(),
        quarters,
        open: warning::count_open(connection, banner)?,
        validation: figures,
        work: lines,
    })
}

/// The campaign of the year and the one before it, by their first days.
fn campaigns(
    connection: &Connection,
    banner: DivisionCode,
    year: i16,
) -> Result<(Option<CycleId>, Option<CycleId>), ServiceError> {
    let mut cycles = store::cycle::list(connection, banner)?;
    cycles.retain(|cycle| cycle.opens_on.year() <= year);
    cycles.sort_by(|a, b| (a.opens_on, &a.id).cmp(&(b.opens_on, &b.id)));
    let newest = cycles.pop().filter(|cycle| cycle.opens_on.year() == year);
    let before = cycles.pop().filter(|_| newest.is_some());
    Ok((newest.map(|cycle| cycle.id), before.map(|cycle| cycle.id)))
}

/// A quarterly check as tables: the sums, then the gachas.
#[must_use]
pub fn check_sheets(run: &MonitorRun) -> Vec<Sheet> {
    let counts = &run.counts;
    let mut rows = vec![
        vec![text::monitoring_checked(LANG), counts.checked.to_string()],
        vec![text::monitoring_found(LANG), counts.found.to_string()],
        vec![text::monitoring_watched(LANG), counts.watched.to_string()],
    ];
    for reaction in Reaction::ALL.iter().rev() {
        let many = counts.reactions.get(reaction.as_str()).copied();
        rows.push(vec![text::reaction(LANG, *reaction), count(many)]);
    }
    for trigger in itgel_domain::monitoring::Trigger::ALL {
        let many = counts.triggers.get(trigger.as_str()).copied();
        rows.push(vec![text::trigger(LANG, *trigger), count(many)]);
    }
    let villages = counts.villages.iter().map(|(village, counts)| {
        vec![
            village.to_string(),
            counts.checked.to_string(),
            counts.found.to_string(),
            counts.talk.to_string(),
        ]
    });
    vec![
        Sheet {
            title: titled(&text::monitoring_title(LANG), Some(run.quarter)),
            heads: vec![
                (text::monitoring_item(LANG), false),
                (text::monitoring_figure(LANG), true),
            ],
            rows,
        },
        Sheet {
            title: text::monitoring_division(LANG),
            heads: vec![
                (text::monitoring_division(LANG), false),
                (text::monitoring_checked(LANG), true),
                (text::monitoring_found(LANG), true),
                (text::monitoring_talk_needed(LANG), true),
            ],
            rows: villages.collect(),
        },
    ]
}

/// The annual evaluation as tables.
#[must_use]
pub fn annual_sheets(report: &AnnualReport) -> Vec<Sheet> {
    let mut sheets = vec![open_sheet(report)];
    for run in report.quarters.iter().rev() {
        sheets.extend(check_sheets(run).into_iter().take(1));
    }
    if let Some(figures) = &report.validation {
        sheets.push(validation_sheet(figures));
    }
    sheets.push(work_sheet(&report.work));
    sheets
}

fn open_sheet(report: &AnnualReport) -> Sheet {
    let row = |(reaction, many): &(Reaction, u64)| {
        let words = text::reaction(LANG, *reaction);
        let item = format!("{}：{words}", text::monitoring_open(LANG));
        vec![item, many.to_string()]
    };
    Sheet {
        title: format!("{}{}", report.year, text::monitoring_annual(LANG)),
        heads: vec![
            (text::monitoring_item(LANG), false),
            (text::monitoring_figure(LANG), true),
        ],
        rows: report.open.iter().map(row).collect(),
    }
}

/// The quality of the work as a table.
#[must_use]
pub fn work_sheet(lines: &[WorkLine]) -> Sheet {
    let number = |head: fn(Lang) -> String| (head(LANG), true);
    let row = |line: &WorkLine| {
        let times = line.timeliness;
        let mut cells = vec![line.division.to_string(), line.cases.to_string()];
        let shares = [line.in_effect, line.returned, times.review, times.approval];
        cells.extend(shares.map(share));
        cells.push(share(times.objection));
        cells.extend(quality(&line.files));
        cells.push(share(line.overrides));
        cells
    };
    Sheet {
        title: text::monitoring_work(LANG),
        heads: vec![
            (text::monitoring_division(LANG), false),
            number(text::monitoring_cases),
            number(text::monitoring_in_effect),
            number(text::monitoring_returned),
            number(text::monitoring_review),
            number(text::monitoring_approval),
            number(text::monitoring_objection),
            number(text::monitoring_completeness),
            number(text::monitoring_evidence_a),
            number(text::monitoring_evidence_b),
            number(text::monitoring_evidence_c),
            number(text::monitoring_evidence_d),
            number(text::monitoring_overrides),
        ],
        rows: lines.iter().map(row).collect(),
    }
}

/// The figures of validation as a table.
#[must_use]
pub fn validation_sheet(figures: &Validation) -> Sheet {
    Sheet {
        title: text::monitoring_validation(LANG),
        heads: vec![
            (text::monitoring_item(LANG), false),
            (text::monitoring_figure(LANG), true),
            (text::monitoring_part(LANG), true),
            (text::monitoring_whole(LANG), true),
            (text::monitoring_low(LANG), true),
            (text::monitoring_high(LANG), true),
            (text::monitoring_verdict(LANG), false),
        ],
        rows: lines::rows(figures),
    }
}

/// What a reader of these tables has to know.
#[must_use]
pub fn notes(figures: Option<&Validation>) -> Vec<String> {
    let mut notes = vec![
        text::monitoring_note_work(LANG),
        text::monitoring_note_validation(LANG),
        MonitoringRules::shipped().name(),
    ];
    if figures.is_some_and(|figures| !figures.has_outcomes) {
        notes.push(text::monitoring_note_no_outcomes(LANG));
    }
    notes
}

/// Tables as a workbook, a sheet each, with notes.
///
/// # Errors
/// [`ServiceError`] if it cannot be written.
pub fn workbook(sheets: &[Sheet], notes: &[String]) -> Result<Vec<u8>, ServiceError> {
    written(sheets, notes).map_err(|e| ServiceError::caused("a table of monitoring", e))
}

fn written(sheets: &[Sheet], notes: &[String]) -> Result<Vec<u8>, WriteError> {
    let mut book = XlsxWriter::new();
    for sheet in sheets {
        let column = |(head, is_number): &(String, bool)| match is_number {
            true => ColumnHead::number(head.clone()),
            false => ColumnHead::text(head.clone()),
        };
        book.begin(&SheetHead {
            title: sheet.title.clone(),
            columns: sheet.heads.iter().map(column).collect(),
        })?;
        sheet.rows.iter().try_for_each(|row| book.row(row))?;
    }
    book.notes(&text::monitoring_notes(LANG), notes)?;
    let mut bytes = Cursor::new(Vec::new());
    book.save(&mut bytes)?;
    Ok(bytes.into_inner())
}

/// What a row of the rules says.
pub(super) fn rule_text(rule: &TriggerRule, lang: Lang) -> &str {
    match lang {
        Lang::ZhCn => &rule.text.zh,
        Lang::MnMong => &rule.text.mn,
        Lang::En => &rule.text.en,
    }
}

fn titled(title: &str, quarter: Option<Quarter>) -> String {
    quarter.map_or_else(|| title.to_owned(), |quarter| format!("{title} {quarter}"))
}

fn count(many: Option<u64>) -> String {
    many.unwrap_or(0).to_string()
}

fn share(of: Share) -> String {
    of.ppm().map_or_else(String::new, |ppm| ppm.to_string())
}

/// Completeness, then the share of each kind of evidence.
fn quality(files: &FileShares) -> [String; 5] {
    let ppm = |ppm: Option<Ppm>| ppm.map_or_else(String::new, |ppm| ppm.to_string());
    let complete = files
        .completeness
        .map_or_else(String::new, |p| p.to_string());
    [
        complete,
        ppm(files.a),
        ppm(files.b),
        ppm(files.c),
        ppm(files.d),
    ]
}
