//! A run as a workbook: what was compared, the matrix, the reasons and the divisions, in Chinese.

use std::collections::BTreeMap;
use std::io::Cursor;

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::migration::{CauseCount, Local, Matrix, Migration, Place};
use itgel_domain::pack::{RulePack, decimal};
use itgel_domain::policy::Actor;
use itgel_text::{self as text, Lang};

use super::get;
use super::report::{MigrationView, lines, view};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::table::write::{ColumnHead, SheetHead, TableWriter, WriteError, XlsxWriter};

/// Officials read Chinese.
const LANG: Lang = Lang::ZhCn;

/// The run of a file as a workbook.
///
/// # Errors
/// As for [`view`].
pub fn workbook(service: &Service, actor: &Actor, file: &Hash) -> Result<Vec<u8>, ServiceError> {
    service.store.read(|connection| {
        let shown = view(connection, actor, file)?;
        let run = get(connection, file)?;
        let counted = store::shadow::list_divisions(connection, file, None)?;
        let pack = service.rules.find_pack(connection, file)?;
        let about = vec![
            format!("{}: {}", text::rules_file(LANG), shown.name),
            format!("SHA-256: {}", shown.file),
            text::rules_shadow_done(LANG, shown.done, shown.measured),
        ];
        let written = workbook_of(
            &about,
            pack.as_deref(),
            &shown.migration,
            &run.migration,
            counted.into_iter().collect(),
        );
        written.map_err(|e| ServiceError::caused("a migration workbook", e))
    })
}

/// A migration as a workbook; `about` says what was compared.
///
/// # Errors
/// [`WriteError`].
pub fn workbook_of(
    about: &[String],
    pack: Option<&RulePack>,
    shown: &MigrationView,
    migration: &Migration,
    divisions: BTreeMap<DivisionCode, Local>,
) -> Result<Vec<u8>, WriteError> {
    let mut workbook = XlsxWriter::new();
    let mut notes = about.to_vec();
    notes.push(text::rules_shadow_notice(LANG));
    notes.push(text::rules_moved(
        LANG,
        shown.subjects,
        shown.moved,
        &shown.moved_percent,
        shown.up,
        shown.down,
    ));
    notes.push(text::rules_psi(
        LANG,
        psi(&shown.grade_stability),
        psi(&shown.score_stability),
    ));
    workbook.notes(&text::rules_sheet_notes(LANG), &notes)?;
    matrix(&mut workbook, &migration.matrix)?;
    moves(&mut workbook, shown)?;
    causes(&mut workbook, shown, pack)?;
    indicators(&mut workbook, shown, pack)?;
    by_division(&mut workbook, divisions, pack)?;
    let mut out = Cursor::new(Vec::new());
    workbook.save(&mut out)?;
    Ok(out.into_inner())
}

/// The index as a decimal; a dash if there is none.
fn psi(stability: &itgel_domain::validation::Stability) -> String {
    let index = stability.psi.map(|psi| psi.to_string());
    index.unwrap_or_else(|| String::from("—"))
}

/// Rows are the places of now, columns those under the candidate.
fn matrix(out: &mut impl TableWriter, matrix: &Matrix) -> Result<(), WriteError> {
    let places = matrix.places();
    let mut columns = vec![ColumnHead::text(text::rules_from_to(LANG))];
    columns.extend(
        places
            .iter()
            .map(|p| ColumnHead::number(text::rule_place(LANG, *p))),
    );
    columns.push(ColumnHead::number(text::rules_sum(LANG)));
    out.begin(&SheetHead {
        title: text::rules_sheet_matrix(LANG),
        columns,
    })?;
    let row = |name: String, counts: Vec<u64>| -> Vec<String> {
        let sum: u64 = counts.iter().sum();
        let counts = counts.iter().chain([&sum]).map(u64::to_string);
        std::iter::once(name).chain(counts).collect()
    };
    for from in &places {
        let counts = places.iter().map(|to| matrix.count(*from, *to)).collect();
        out.row(&row(text::rule_place(LANG, *from), counts))?;
    }
    let after = |to: &Place| places.iter().map(|from| matrix.count(*from, *to)).sum();
    let counts = places.iter().map(after).collect();
    out.row(&row(text::rules_sum(LANG), counts))
}

fn moves(out: &mut impl TableWriter, shown: &MigrationView) -> Result<(), WriteError> {
    out.begin(&SheetHead {
        title: text::rules_sheet_moves(LANG),
        columns: vec![
            ColumnHead::text(text::rules_from(LANG)),
            ColumnHead::text(text::rules_to(LANG)),
            ColumnHead::number(text::rules_subjects(LANG)),
            ColumnHead::text(text::rules_examples(LANG)),
        ],
    })?;
    for cell in shown.cells.iter().filter(|cell| !cell.examples.is_empty()) {
        out.row(&[
            text::rule_place(LANG, cell.from),
            text::rule_place(LANG, cell.to),
            cell.subjects.to_string(),
            cell.examples.join("；"),
        ])?;
    }
    Ok(())
}

fn causes(
    out: &mut impl TableWriter,
    shown: &MigrationView,
    pack: Option<&RulePack>,
) -> Result<(), WriteError> {
    out.begin(&SheetHead {
        title: text::rules_sheet_causes(LANG),
        columns: vec![
            ColumnHead::text(text::rules_cause(LANG)),
            ColumnHead::text(text::rules_code(LANG)),
            ColumnHead::text(text::rules_name(LANG)),
            ColumnHead::number(text::rules_led(LANG)),
            ColumnHead::number(text::rules_subjects(LANG)),
            ColumnHead::number(text::rules_raised(LANG)),
            ColumnHead::number(text::rules_lowered(LANG)),
            ColumnHead::number(text::rules_mean_points(LANG)),
            ColumnHead::text(text::rules_examples(LANG)),
        ],
    })?;
    for cause in &shown.causes {
        out.row(&[
            text::rule_cause(LANG, cause.kind),
            cause.code.clone(),
            title(pack, &cause.code),
            cause.led.to_string(),
            cause.subjects.to_string(),
            cause.raised.to_string(),
            cause.lowered.to_string(),
            cause.mean_points.clone(),
            cause.examples.join("；"),
        ])?;
    }
    Ok(())
}

/// Reasons that a division is told with.
const REASONS: usize = 5;

/// A reason in words, with how many movers it led.
pub fn reason_of(cause: &CauseCount, pack: Option<&RulePack>) -> String {
    let name = match title(pack, &cause.code) {
        name if name.is_empty() => text::rule_cause(LANG, cause.kind),
        name => name,
    };
    format!("{} {name}: {}", cause.code, cause.led)
}

fn indicators(
    out: &mut impl TableWriter,
    shown: &MigrationView,
    pack: Option<&RulePack>,
) -> Result<(), WriteError> {
    out.begin(&SheetHead {
        title: text::rules_sheet_indicators(LANG),
        columns: vec![
            ColumnHead::text(text::rules_code(LANG)),
            ColumnHead::text(text::rules_name(LANG)),
            ColumnHead::text(text::rules_csi(LANG)),
            ColumnHead::text(text::rules_verdict(LANG)),
        ],
    })?;
    for one in &shown.indicators {
        out.row(&[
            one.code.clone(),
            title(pack, &one.code),
            psi(&one.stability),
            text::verdict(LANG, one.stability.verdict),
        ])?;
    }
    Ok(())
}

fn by_division(
    out: &mut impl TableWriter,
    divisions: BTreeMap<DivisionCode, Local>,
    pack: Option<&RulePack>,
) -> Result<(), WriteError> {
    out.begin(&SheetHead {
        title: text::rules_sheet_divisions(LANG),
        columns: vec![
            ColumnHead::text(text::rules_division(LANG)),
            ColumnHead::number(text::rules_subjects(LANG)),
            ColumnHead::number(text::rules_movers(LANG)),
            ColumnHead::number(text::rules_percent(LANG)),
            ColumnHead::number(text::rules_up(LANG)),
            ColumnHead::number(text::rules_down(LANG)),
            ColumnHead::text(text::rules_from_to(LANG)),
            ColumnHead::text(text::rules_cause(LANG)),
        ],
    })?;
    for (division, local) in lines(divisions) {
        let why = local.top_causes().into_iter().take(REASONS);
        let why = why.map(|cause| reason_of(cause, pack)).collect::<Vec<_>>();
        let matrix = &local.matrix;
        let share = i64::try_from(matrix.moved_share()).unwrap_or(i64::MAX);
        let moves = matrix.cells.iter().filter(|cell| cell.from != cell.to);
        let moves = moves.map(|cell| {
            let (from, to) = (
                text::rule_place(LANG, cell.from),
                text::rule_place(LANG, cell.to),
            );
            format!("{from} → {to}: {}", cell.subjects)
        });
        out.row(&[
            division.to_string(),
            matrix.subjects.to_string(),
            matrix.moved.to_string(),
            decimal::write(share, 2),
            matrix.up.to_string(),
            matrix.down.to_string(),
            moves.collect::<Vec<_>>().join("；"),
            why.join("；"),
        ])?;
    }
    Ok(())
}

/// What a code is called in the candidate; empty if it has no name there.
fn title(pack: Option<&RulePack>, code: &str) -> String {
    pack.and_then(|pack| pack.title_of(code))
        .unwrap_or_default()
        .to_owned()
}
