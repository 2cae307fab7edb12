//! Rows of the registers as a person reads them: every column and every word of a closed list in
//! the person's language, money in 元, animals in sheep units.

use itgel_domain::catalogue::Catalogue;
use itgel_domain::exchange::Schema;
use itgel_domain::pack::{decimal, shipped};
use itgel_domain::register::{RegisterContent, RegisterRow};
use itgel_text::{self as text, Lang};
use serde_json::Value;

use super::{in_language, in_words};
use crate::rights::view::SelfView;

/// Columns whose cells are words of closed lists; every other text is somebody's own.
const WORDED: &[&str] = &[
    "class",
    "direction",
    "form",
    "government_honesty",
    "gravity",
    "ground",
    "keeping",
    "kind",
    "level",
    "list",
    "occasion",
    "peer",
    "relation",
    "season",
    "status",
];

/// A row for each row of a register: which, number, what it says, source, from when, whether it
/// stands.
pub(super) fn rows(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let line = |row: &RegisterRow| {
        let mut in_force = view.registers_in_force.iter();
        let stands = in_force.any(|id| *id == row.id.to_string());
        let (now, past) = (text::rights_now(lang), text::rights_past(lang));
        let content = serde_json::to_value(&row.content).unwrap_or_default();
        let register = row.content.register();
        vec![
            title(register, lang),
            row.key.clone(),
            told(register, &content["row"], lang).join(" · "),
            in_words(&row.source, lang),
            row.valid_from.to_string(),
            if stands { now } else { past },
        ]
    };
    // Who must not act for somebody is nothing about that person.
    let told = view.registers.iter();
    let told = told.filter(|row| !matches!(row.content, RegisterContent::Barred(_)));
    told.map(line).collect()
}

/// What a register is called: in Chinese by the data dictionary.
fn title(word: &str, lang: Lang) -> String {
    let mut kinds = Schema::builtin().registers.iter();
    let kind = kinds.find(|kind| kind.word == word && lang == Lang::ZhCn);
    let named = kind.map(|kind| kind.zh.clone());
    let named = named.or_else(|| text::register(lang, word));
    named.unwrap_or_else(|| word.to_owned())
}

/// What stands under a name, value after value.
fn told(name: &str, value: &Value, lang: Lang) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(all) => all.iter().flat_map(|one| told(name, one, lang)).collect(),
        Value::Object(fields) => fields.iter().flat_map(|f| field(f, lang)).collect(),
        Value::Bool(true) => vec![text::answer_yes(lang)],
        Value::Bool(false) => vec![text::answer_no(lang)],
        Value::Number(number) => vec![amount(name, number.as_i64().unwrap_or_default(), lang)],
        Value::String(said) => vec![words(name, said, lang)],
    }
}

/// A column with its name; what has columns itself stands after the name in brackets.
fn field((name, value): (&String, &Value), lang: Lang) -> Vec<String> {
    let title = text::field(lang, name).unwrap_or_else(|| name.clone());
    let inner = told(name, value, lang);
    let is_nested = |value: &Value| match value {
        Value::Object(_) => true,
        Value::Array(all) => all.iter().any(Value::is_object),
        _ => false,
    };
    match is_nested(value) {
        _ if inner.is_empty() => Vec::new(),
        true => vec![format!("{title} ({})", inner.join(" · "))],
        false => vec![format!("{title} {}", inner.join(" · "))],
    }
}

fn amount(name: &str, n: i64, lang: Lang) -> String {
    if name.ends_with("_fen") || matches!(name, "income_benchmark" | "median_net_assets") {
        return format!("{} {}", decimal::write(n, 2), text::unit_yuan(lang));
    }
    if name.ends_with("_milli_su") {
        return format!("{} {}", decimal::write(n, 3), text::unit_sheep_unit(lang));
    }
    n.to_string()
}

fn words(name: &str, said: &str, lang: Lang) -> String {
    if name == "tip" {
        return tip(said, lang);
    }
    if !WORDED.contains(&name) {
        return said.to_owned();
    }
    let stock = || {
        let item = Catalogue::builtin().named(&format!("herd.{said}"))?;
        Some(in_language(&item.titles, lang))
    };
    let word = text::word(lang, said).or_else(stock);
    word.unwrap_or_else(|| in_words(said, lang))
}

/// What a risk tip says, in the words of the rules.
fn tip(code: &str, lang: Lang) -> String {
    let packs = shipped::rules().packs();
    let reason = packs.iter().find_map(|pack| pack.reasons.get(code));
    reason.map_or_else(|| code.to_owned(), |reason| in_language(&reason.text, lang))
}
