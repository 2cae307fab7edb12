//! Rules and migrations on the terminal, in Chinese first.

use std::collections::BTreeMap;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use itgel_domain::division::DivisionCode;
use itgel_domain::migration::{Local, Matrix, Migration};
use itgel_domain::pack::{RuleChange, RulePack};
use itgel_server::shadow::{self, CauseView, MigrationView};
use itgel_text::{self as text, Lang};

/// Officials read Chinese.
pub(super) const LANG: Lang = Lang::ZhCn;

/// Most reasons, and most gachas, that are printed; all of them are in the workbook.
const PRINTED: usize = 15;

/// What differs between two files.
pub(super) fn changes(changes: &[RuleChange]) -> String {
    if changes.is_empty() {
        return format!("{}\n", text::rules_no_changes(LANG));
    }
    let mut told = format!("{}\n", text::rules_changes(LANG, changes.len()));
    for change in changes {
        told.push_str(&format!("  {}\n", text::rule_change(LANG, change)));
    }
    told
}

/// Who moves and why.
pub(super) fn migration(
    shown: &MigrationView,
    migration: &Migration,
    divisions: &BTreeMap<DivisionCode, Local>,
    pack: Option<&RulePack>,
) -> String {
    let psi = |stability: &itgel_domain::validation::Stability| {
        let index = stability.psi.map(|psi| psi.to_string());
        index.unwrap_or_else(|| String::from("—"))
    };
    let (grades, scores) = (psi(&shown.grade_stability), psi(&shown.score_stability));
    [
        summary(shown),
        text::rules_psi(LANG, grades, scores),
        matrix(&migration.matrix).to_string(),
        text::rules_sheet_causes(LANG),
        causes(&shown.causes, pack).to_string(),
        text::rules_sheet_indicators(LANG),
        indicators(shown, pack).to_string(),
        text::rules_sheet_divisions(LANG),
        by_division(divisions, pack).to_string(),
        text::rules_shadow_notice(LANG),
        String::new(),
    ]
    .join("\n")
}

/// One line about who moves.
pub(super) fn summary(shown: &MigrationView) -> String {
    let percent = &shown.moved_percent;
    text::rules_moved(
        LANG,
        shown.subjects,
        shown.moved,
        percent,
        shown.up,
        shown.down,
    )
}

fn matrix(matrix: &Matrix) -> Table {
    let places = matrix.places();
    let mut table = new_table();
    let mut head = vec![text::rules_from_to(LANG)];
    head.extend(places.iter().map(|place| text::rule_place(LANG, *place)));
    table.set_header(head);
    for from in &places {
        let mut row = vec![text::rule_place(LANG, *from)];
        row.extend(places.iter().map(|to| match matrix.count(*from, *to) {
            0 => String::new(),
            count => count.to_string(),
        }));
        table.add_row(row);
    }
    table
}

fn causes(causes: &[CauseView], pack: Option<&RulePack>) -> Table {
    let mut table = new_table();
    table.set_header([
        text::rules_cause(LANG),
        text::rules_code(LANG),
        text::rules_name(LANG),
        text::rules_led(LANG),
        text::rules_subjects(LANG),
        text::rules_mean_points(LANG),
        text::rules_examples(LANG),
    ]);
    for cause in causes.iter().take(PRINTED) {
        let title = pack.and_then(|pack| pack.title_of(&cause.code));
        table.add_row([
            text::rule_cause(LANG, cause.kind),
            cause.code.clone(),
            title.unwrap_or_default().to_owned(),
            cause.led.to_string(),
            cause.subjects.to_string(),
            cause.mean_points.clone(),
            cause.examples.join("；"),
        ]);
    }
    table
}

/// The CSI of each indicator.
fn indicators(shown: &MigrationView, pack: Option<&RulePack>) -> Table {
    let mut table = new_table();
    table.set_header([
        text::rules_code(LANG),
        text::rules_name(LANG),
        text::rules_csi(LANG),
        text::rules_verdict(LANG),
    ]);
    for one in &shown.indicators {
        let title = pack.and_then(|pack| pack.title_of(&one.code));
        let csi = one.stability.psi.map(|csi| csi.to_string());
        table.add_row([
            one.code.clone(),
            title.unwrap_or_default().to_owned(),
            csi.unwrap_or_else(|| String::from("—")),
            text::verdict(LANG, one.stability.verdict),
        ]);
    }
    table
}

/// The gachas in which most move.
fn by_division(divisions: &BTreeMap<DivisionCode, Local>, pack: Option<&RulePack>) -> Table {
    let mut all: Vec<(&DivisionCode, &Local)> = divisions.iter().collect();
    all.sort_by_key(|(code, local)| (std::cmp::Reverse(local.matrix.moved), **code));
    let mut table = new_table();
    table.set_header([
        text::rules_division(LANG),
        text::rules_subjects(LANG),
        text::rules_movers(LANG),
        text::rules_up(LANG),
        text::rules_down(LANG),
        text::rules_cause(LANG),
    ]);
    for (division, local) in all.into_iter().take(PRINTED) {
        let why = local.top_causes().into_iter().take(2);
        let why: Vec<String> = why.map(|cause| shadow::reason_of(cause, pack)).collect();
        let matrix = &local.matrix;
        table.add_row([
            division.to_string(),
            matrix.subjects.to_string(),
            matrix.moved.to_string(),
            matrix.up.to_string(),
            matrix.down.to_string(),
            why.join("\n"),
        ]);
    }
    table
}

pub(super) fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table
}
