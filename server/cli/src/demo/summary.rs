//! What the demo shows at the end: gachas, sumus, where the time went, what to try next.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use itgel_domain::subject::Grade;
use itgel_text::{self as text, Lang};
use serde_json::Value;

/// The language of the tables.
const LANG: Lang = Lang::ZhCn;

/// A step and how long it took.
pub(super) struct Lap {
    /// Its name.
    pub(super) name: String,
    /// How many things it did.
    pub(super) count: u64,
    /// How long it took.
    pub(super) time: Duration,
}

/// The gachas of the banner, from the boards of its townships.
pub(super) fn gachas(boards: &[Value]) -> Table {
    let mut table = headed(&[
        text::demo_head_gacha(LANG),
        text::demo_head_resident(LANG),
        text::demo_head_filed(LANG),
        text::demo_head_rated(LANG),
        text::demo_head_credit_share(LANG),
        text::demo_head_gates(LANG),
        text::demo_head_level(LANG),
    ]);
    for line in boards.iter().flat_map(parts) {
        let counted = Counted::of(line);
        table.add_row([
            name(line),
            counted.subjects.to_string(),
            counted.filed.to_string(),
            counted.rated.to_string(),
            counted.credit_share(),
            gates(line),
            level(line, text::village_title),
        ]);
    }
    right(&mut table, 1..=4);
    table
}

/// The sumus of the banner.
pub(super) fn sumus(boards: &[Value]) -> Table {
    let mut table = headed(&[
        text::demo_head_sumu(LANG),
        text::demo_head_gachas(LANG),
        text::demo_head_credit_gachas(LANG),
        text::demo_head_rated(LANG),
        text::demo_head_credit_share(LANG),
        text::demo_head_gates(LANG),
        text::demo_head_level(LANG),
    ]);
    for board in boards {
        let of = &board["of"];
        let counted = Counted::of(of);
        let credit = parts(board)
            .filter(|part| part["title"]["level"].is_string())
            .count();
        table.add_row([
            name(of),
            parts(board).count().to_string(),
            credit.to_string(),
            counted.rated.to_string(),
            counted.credit_share(),
            gates(of),
            level(of, text::township_title),
        ]);
    }
    right(&mut table, 1..=4);
    table
}

/// How long each step took.
pub(super) fn times(laps: &[Lap]) -> Table {
    let mut table = headed(&[
        text::demo_head_step(LANG),
        text::demo_head_count(LANG),
        text::demo_head_elapsed(LANG),
        text::demo_head_rate(LANG),
        text::demo_head_share(LANG),
    ]);
    let all: Duration = laps.iter().map(|lap| lap.time).sum();
    for lap in laps {
        table.add_row(time_row(&lap.name, Some(lap.count), lap.time, all));
    }
    table.add_row(time_row(&text::demo_total(LANG), None, all, all));
    right(&mut table, 1..=4);
    table
}

fn time_row(name: &str, count: Option<u64>, time: Duration, all: Duration) -> [String; 5] {
    let ms = time.as_millis().max(1);
    [
        name.to_owned(),
        count.map_or_else(String::new, |n| n.to_string()),
        format!("{}.{:02} s", ms / 1000, ms % 1000 / 10),
        count.map_or_else(String::new, |n| (u128::from(n) * 1000 / ms).to_string()),
        format!("{} %", ms * 100 / all.as_millis().max(1)),
    ]
}

/// The counts of a board line.
struct Counted {
    subjects: i64,
    filed: i64,
    rated: i64,
    credit: i64,
}

impl Counted {
    fn of(line: &Value) -> Self {
        let grades = &line["counts"]["effective"];
        let count = |grade: Grade| grades[grade.as_str()].as_i64().unwrap_or(0);
        let sum = |among: &dyn Fn(Grade) -> bool| -> i64 {
            let all = Grade::SCORED.into_iter().chain([Grade::V]);
            all.filter(|g| among(*g)).map(count).sum()
        };
        Self {
            subjects: line["subjects"].as_i64().unwrap_or(0),
            filed: line["counts"]["filed"].as_i64().unwrap_or(0),
            rated: sum(&|_| true),
            credit: sum(&Grade::is_credit),
        }
    }

    /// Credit households ÷ rated households, to a tenth of a per cent.
    fn credit_share(&self) -> String {
        if self.rated == 0 {
            return "–".into();
        }
        let tenths = self.credit * 1_000 / self.rated;
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

fn parts(board: &Value) -> impl Iterator<Item = &Value> {
    board["parts"].as_array().into_iter().flatten()
}

fn name(line: &Value) -> String {
    line["division"]["name"].as_str().unwrap_or("?").to_owned()
}

/// The gates that fail, or that all are passed.
fn gates(line: &Value) -> String {
    let title = &line["title"];
    if title.is_null() {
        return "–".into();
    }
    let failing: Vec<&str> = title["failing"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|gate| gate["code"].as_str())
        .collect();
    if failing.is_empty() {
        "✓".into()
    } else {
        text::demo_gates_failing(LANG, failing.join(" "))
    }
}

fn level(
    line: &Value,
    word: fn(Lang, Option<itgel_domain::title::TitleLevel>) -> String,
) -> String {
    if line["title"].is_null() {
        return "–".into();
    }
    let level = line["title"]["level"].as_str().and_then(|l| l.parse().ok());
    word(LANG, level)
}

fn headed(heads: &[String]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(heads);
    table
}

fn right(table: &mut Table, columns: std::ops::RangeInclusive<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
