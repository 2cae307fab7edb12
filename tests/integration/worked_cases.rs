//! Every worked case of `domain.md` H, every band, cap, veto, bonus, gate and reading of the shipped
//! packs, as data in `fixtures/cases` through the public interface.
#![expect(
    clippy::unwrap_used,
    reason = "what a test builds itself is well formed, or the test fails"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use itgel_domain::assess::inputs::Inputs;
use itgel_domain::assess::{Assessment, Step, Worksheet, assess};
use itgel_domain::catalogue::Catalogue;
use itgel_domain::pack::{BandTable, RulePack, TableName, shipped};
use itgel_domain::subject::SubjectKind;

/// The worksheets of all files, each with its file's name.
fn worksheets() -> Vec<(String, Worksheet)> {
    let mut sheets = Vec::new();
    for path in case_files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let read = Worksheet::read_all(&name, &text, shipped::rules());
        sheets.extend(read.unwrap().into_iter().map(|sheet| (name.clone(), sheet)));
    }
    sheets
}

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/cases");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_worked_case_gives_what_was_computed_by_hand() {
    let mut wrong = Vec::new();
    for (file, sheet) in worksheets() {
        assert!(
            sheet.expect.is_some(),
            "{file}: {} expects nothing",
            sheet.title
        );
        for d in sheet.expect.unwrap().differences(&assess(&sheet.inputs)) {
            wrong.push(format!(
                "{file}: {}: {} is {}, expected {}",
                sheet.title, d.field, d.found, d.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_trace_replays_to_its_score() {
    for (file, sheet) in worksheets() {
        let assessment = assess(&sheet.inputs);
        assert_eq!(
            assessment.replay(),
            assessment.totals.score,
            "{file}: {}",
            sheet.title
        );
        let last = assessment
            .trace
            .iter()
            .rev()
            .find(|l| l.step == Step::Grade);
        let told = last.and_then(|l| l.result.clone());
        let low = assessment.range.low.map(|g| g.to_string());
        assert!(
            assessment.range.under_review || told == low,
            "{file}: {}",
            sheet.title
        );
    }
}

#[test]
fn a_stored_rating_is_recomputed_to_the_same_bytes() {
    for (file, sheet) in worksheets() {
        let bytes = sheet.inputs.canonical_bytes();
        let stored = Inputs::decode(&bytes, shipped::rules()).unwrap();
        assert_eq!(
            stored.hash(),
            sheet.inputs.hash(),
            "{file}: {}",
            sheet.title
        );
        let (before, after) = (assess(&sheet.inputs), assess(&stored));
        assert_eq!(before.to_json(), after.to_json(), "{file}: {}", sheet.title);
        let read: Assessment = serde_json::from_str(&after.to_json()).unwrap();
        assert_eq!(read.hash(), before.hash(), "{file}: {}", sheet.title);
    }
}

#[test]
fn a_worksheet_in_json_means_the_same_as_in_toml() {
    for path in case_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let toml = Worksheet::read_all("case.toml", &text, shipped::rules()).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let json = json(&toml::Value::Table(table)).to_string();
        let json = Worksheet::read_all("case.json", &json, shipped::rules()).unwrap();
        assert_eq!(toml.len(), json.len(), "{}", path.display());
        for (a, b) in toml.iter().zip(&json) {
            assert_eq!(
                a.inputs.hash(),
                b.inputs.hash(),
                "{}: {}",
                path.display(),
                a.title
            );
            assert_eq!(a.expect, b.expect, "{}: {}", path.display(), a.title);
        }
    }
}

#[test]
fn no_row_or_rule_of_a_shipped_pack_is_without_a_case() {
    let assessments: Vec<Assessment> = worksheets()
        .iter()
        .map(|(_, sheet)| assess(&sheet.inputs))
        .collect();
    let mut untested = Vec::new();
    for pack in shipped::rules().packs() {
        let of_pack: Vec<&Assessment> = assessments
            .iter()
            .filter(|a| a.pack == pack.hash())
            .collect();
        let fired: BTreeSet<(SubjectKind, Step, &str, &str)> = of_pack
            .iter()
            .flat_map(|a| a.trace.iter().map(|line| (a.subject_kind, line)))
            .flat_map(|(kind, line)| {
                let rules = line.rule.as_deref().unwrap_or_default().split(" · ");
                rules.map(move |rule| (kind, line.step, line.code.as_str(), rule))
            })
            .collect();
        // A row of one kind alone is not shown by a case of another.
        let has_of = |kinds: &[SubjectKind], step, code: &str, rule: &str| {
            kinds
                .iter()
                .any(|kind| fired.contains(&(*kind, step, code, rule)))
        };
        let has = |step, code: &str, rule: &str| has_of(&pack.subject_kinds, step, code, rule);
        for kind in &pack.subject_kinds {
            if !of_pack.iter().any(|a| a.subject_kind == *kind) {
                untested.push(format!("{} {kind}", pack.id));
            }
        }
        for indicator in &pack.indicators {
            for part in &indicator.parts {
                let kinds: &[SubjectKind] = match part.subject_kinds.as_slice() {
                    [] => &pack.subject_kinds,
                    own => own,
                };
                let code = &indicator.code;
                let rows = rows(part.tables.iter());
                for row in rows.filter(|row| !has_of(kinds, Step::Indicator, code, row)) {
                    untested.push(format!("{} {code} {row} of {kinds:?}", pack.id));
                }
            }
            let absent = !indicator.absent_when.is_empty() || !indicator.absent_without.is_empty();
            if absent && !has(Step::Indicator, &indicator.code, "not_applicable") {
                untested.push(format!("{} {} not applicable", pack.id, indicator.code));
            }
        }
        untested.extend(
            rules(pack)
                .into_iter()
                .filter(|(step, code)| !has(*step, code, ""))
                .map(|(step, code)| format!("{} {step} {code}", pack.id)),
        );
    }
    assert!(untested.is_empty(), "{}", untested.join("\n"));
}

/// The rows of bands as a trace shows them.
fn rows<'a>(
    tables: impl Iterator<Item = &'a (TableName, BandTable)>,
) -> impl Iterator<Item = String> {
    tables.flat_map(|(_, table)| match table {
        BandTable::Rows(rows) => rows.iter().map(|row| row.test.shown()).collect(),
        BandTable::Linear { .. } => Vec::new(),
    })
}

/// Everything beside the indicators that leaves a line in the trace.
fn rules(pack: &RulePack) -> Vec<(Step, String)> {
    let mut rules: Vec<(Step, String)> = Vec::new();
    rules.extend(pack.bonuses.iter().map(|b| (Step::Bonus, b.code.clone())));
    rules.extend(
        pack.deduction
            .iter()
            .map(|d| (Step::Deduction, d.code.clone())),
    );
    rules.extend(pack.caps.iter().map(|c| (Step::Cap, c.code.clone())));
    rules.extend(
        pack.vetoes
            .iter()
            .map(|v| (Step::Veto, v.code().to_owned())),
    );
    rules.extend(pack.gates.iter().map(|g| (Step::Gate, g.code.clone())));
    rules
}

fn json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(int) => (*int).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Datetime(day) => day.to_string().into(),
        toml::Value::Array(values) => values.iter().map(json).collect(),
        toml::Value::Table(table) => table
            .iter()
            .map(|(k, v)| (k.clone(), json(v)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        toml::Value::Float(float) => (*float).into(),
    }
}

#[test]
fn the_guide_to_facts_leaves_no_item_out() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/facts.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let missing: Vec<&str> = Catalogue::builtin()
        .items()
        .map(|item| item.path.as_str())
        .filter(|path| !guide.contains(&format!("| `{path}` |")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_example_of_the_guide_is_a_worksheet() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/facts.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, rest) = guide.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let sheets = Worksheet::read_all("docs/facts.md", example, shipped::rules()).unwrap();
    assert_eq!(sheets.len(), 2);
    assert_eq!(sheets[0].inputs.facts.conflicts.len(), 1);
}
