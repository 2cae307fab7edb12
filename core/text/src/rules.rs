//! The words about a change of rules: places of the matrix, reasons of moves, differences of files.

use itgel_domain::migration::{CauseKind, Place};
use itgel_domain::pack::RuleChange;

use crate::lang::Lang;
use crate::messages as m;
use crate::name::{grade, village_title};

/// A row or column of the matrix: `AA 良好`.
#[must_use]
pub fn rule_place(lang: Lang, place: Place) -> String {
    match place {
        Place::Grade(one) => format!("{one} {}", grade(lang, one)),
        Place::Review => m::rules_place_review(lang),
        Place::Level(level) => village_title(lang, Some(level)),
        Place::NotReached => village_title(lang, None),
    }
}

/// A kind of reason for a move.
#[must_use]
pub fn rule_cause(lang: Lang, kind: CauseKind) -> String {
    match kind {
        CauseKind::Veto => m::rules_cause_veto(lang),
        CauseKind::NotRated => m::rules_cause_not_rated(lang),
        CauseKind::Gate => m::rules_cause_gate(lang),
        CauseKind::Cap => m::rules_cause_cap(lang),
        CauseKind::Indicator => m::rules_cause_indicator(lang),
        CauseKind::Bonus => m::rules_cause_bonus(lang),
        CauseKind::Deduction => m::rules_cause_deduction(lang),
        CauseKind::Grades => m::rules_cause_grades(lang),
    }
}

/// A difference of two files of rules: `指标 · H1.1 · 权重：15 → 14`.
#[must_use]
pub fn rule_change(lang: Lang, change: &RuleChange) -> String {
    let words: Vec<String> = change.path.iter().map(|key| rule_key(lang, key)).collect();
    let place = words.join(" · ");
    match (&change.from, &change.to) {
        (Some(from), Some(to)) => m::rules_changed(lang, place, from, to),
        (None, Some(to)) => m::rules_added(lang, place, to),
        (from, None) => m::rules_removed(lang, place, from.as_deref().unwrap_or_default()),
    }
}

/// A key of a file of rules; one without a word of its own stands as it is written, as codes and
/// comparisons do.
fn rule_key(lang: Lang, key: &str) -> String {
    let word = match key {
        "weight" => m::rules_key_weight,
        "bands" | "bands_herd" | "bands_cropland" => m::rules_key_bands,
        "points" => m::rules_key_points,
        "indicator" => m::rules_key_indicator,
        "part" => m::rules_key_part,
        "cap" => m::rules_key_cap,
        "veto" => m::rules_key_veto,
        "bonus" => m::rules_key_bonus,
        "deduction" => m::rules_key_deduction,
        "gate" => m::rules_key_gate,
        "level" => m::rules_key_level,
        "grades" => m::rules_key_grades,
        "reason" => m::rules_key_reason,
        "settings" => m::rules_key_settings,
        "grade" => m::rules_key_grade,
        "measure" => m::rules_key_measure,
        "items" => m::rules_key_items,
        "valid_from" => m::rules_key_valid_from,
        "valid_to" => m::rules_key_valid_to,
        "version" => m::rules_key_version,
        "origin" => m::rules_key_origin,
        other => return other.to_owned(),
    };
    word(lang)
}
