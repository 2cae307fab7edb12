//! The documents that name tests name tests that exist: every requirement of the policies
//! (`docs/trace.md`), every hard case (`docs/edge-cases.md`) and every threat (`docs/threats.md`)
//! stands there once, and every file and test that they name is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document(name: &str) -> String {
    #![expect(
        clippy::unwrap_used,
        reason = "a document that cannot be read fails the test"
    )]
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The cells of each row of the tables of a document, without heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter(|line| line.starts_with("| "));
    let cells = lines.map(|line| {
        let inside = line.trim().trim_start_matches('|').trim_end_matches('|');
        inside.split('|').map(str::trim).collect::<Vec<_>>()
    });
    cells.collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a place is there: a file, a folder, a test in a file, or a worked case by its title.
fn is_there(place: &str, files: &mut BTreeMap<String, String>) -> bool {
    let Some((file, name)) = place.split_once("::") else {
        return root().join(place).exists();
    };
    let text = files
        .entry(file.to_owned())
        .or_insert_with(|| fs::read_to_string(root().join(file)).unwrap_or_default());
    match Path::new(file).extension().and_then(|end| end.to_str()) {
        Some("toml") => text.contains(&format!("title = \"{name}\"\n")),
        Some("rs") => is_test(text, name),
        _ => false,
    }
}

/// Whether a source has a test of this name.
fn is_test(text: &str, name: &str) -> bool {
    let Some(at) = text.find(&format!("fn {name}(")) else {
        return false;
    };
    let above = text.get(..at).unwrap_or_default();
    let attribute = above.rfind("#[test]");
    // No other function stands between the attribute and the name.
    attribute.is_some_and(|from| !above.get(from..).unwrap_or_default().contains("fn "))
}

/// Everything that a row names and that is not there.
fn missing<'a>(rows: &[Vec<&'a str>], columns: &[usize]) -> BTreeSet<&'a str> {
    let mut files = BTreeMap::new();
    let cells = rows
        .iter()
        .flat_map(|row| columns.iter().filter_map(|column| row.get(*column)));
    let places = cells.flat_map(|cell| quoted(cell));
    places
        .filter(|place| !is_there(place, &mut files))
        .collect()
}

#[test]
fn every_requirement_of_the_policies_is_traced_once_to_code_and_tests_that_exist() {
    let text = document("trace.md");
    let rows = rows(&text);
    let numbers: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.first().copied())
        .filter(|cell| cell.starts_with("SR-"))
        .collect();
    let expected: Vec<String> = (1..=81).map(|n| format!("SR-{n:02}")).collect();
    assert_eq!(numbers, expected);
    for row in rows.iter().filter(|row| row[0].starts_with("SR-")) {
        assert_eq!(row.len(), 5, "{row:?}");
        assert!(!row[2].is_empty() && !quoted(row[3]).is_empty(), "{row:?}");
        assert!(!quoted(row[4]).is_empty(), "a test: {row:?}");
    }
    let requirements: Vec<_> = rows.iter().filter(|row| row.len() == 5).cloned().collect();
    let laws: Vec<_> = rows.iter().filter(|row| row.len() == 4).cloned().collect();
    assert_eq!(missing(&requirements, &[3, 4]), BTreeSet::new());
    assert_eq!(missing(&laws, &[2, 3]), BTreeSet::new());
}

#[test]
fn every_hard_case_stands_once_with_how_it_is_met_and_tests_that_exist() {
    let text = document("edge-cases.md");
    let rows = rows(&text);
    let cases: Vec<Vec<&str>> = rows
        .into_iter()
        .filter(|row| row[0].parse::<u32>().is_ok())
        .collect();
    let numbers: Vec<u32> = cases.iter().filter_map(|row| row[0].parse().ok()).collect();
    assert_eq!(numbers, (1..=62).collect::<Vec<u32>>());
    for row in &cases {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(!row[1].is_empty() && !row[2].is_empty(), "{row:?}");
        let is_shown = !quoted(row[3]).is_empty() || row[2].starts_with("not met");
        assert!(
            is_shown,
            "neither a test nor a word that it is missing: {row:?}"
        );
    }
    assert_eq!(missing(&cases, &[3]), BTreeSet::new());
}

/// The test named in a cell: its name without its file.
fn name_of(place: &str) -> &str {
    place.split_once("::").map_or(place, |(_, name)| name)
}

/// The tests of the sources that are named after a threat.
fn tests_of_threats(folder: &Path, found: &mut BTreeSet<String>) {
    #![expect(
        clippy::unwrap_used,
        reason = "a source that cannot be read fails the test"
    )]
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            tests_of_threats(&path, found);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let defined = text.split("fn sec_t").skip(1);
            let names = defined.filter_map(|rest| rest.split_once('('));
            let is_name = |name: &str| name.starts_with(|c: char| c.is_ascii_digit());
            let names = names.filter(|(name, _)| is_name(name));
            found.extend(names.map(|(name, _)| format!("sec_t{name}")));
        }
    }
}

#[test]
fn every_threat_stands_once_with_its_control_and_tests_that_exist() {
    let text = document("threats.md");
    let rows = rows(&text);
    let threats: Vec<Vec<&str>> = rows
        .into_iter()
        .filter(|row| row[0].len() == 3 && row[0].starts_with('T'))
        .collect();
    let numbers: Vec<&str> = threats.iter().map(|row| row[0]).collect();
    let expected: Vec<String> = (1..=42).map(|n| format!("T{n:02}")).collect();
    assert_eq!(numbers, expected);
    let mut named = BTreeSet::new();
    for row in &threats {
        assert_eq!(row.len(), 5, "{row:?}");
        let (tests, state) = (quoted(row[3]), row[4]);
        let prefix = format!("sec_{}_", row[0].to_lowercase());
        for test in &tests {
            assert!(name_of(test).starts_with(&prefix), "{test} in {}", row[0]);
            named.insert(name_of(test).to_owned());
        }
        let open = ["partly: ", "not met: ", "comes with "];
        let is_said = open.iter().any(|word| state.starts_with(word));
        let is_met = state == "met" && !tests.is_empty() && !quoted(row[2]).is_empty();
        assert!(is_said || is_met, "{row:?}");
    }
    assert_eq!(missing(&threats, &[2, 3]), BTreeSet::new());
    let mut written = BTreeSet::new();
    for folder in ["core", "server", "tests", "fixtures", "mobile-bindings"] {
        tests_of_threats(&root().join(folder), &mut written);
    }
    let unnamed: Vec<_> = written.difference(&named).collect();
    assert_eq!(unnamed, Vec::<&String>::new(), "not in docs/threats.md");
}

#[test]
fn a_name_that_is_no_test_is_not_taken_for_one() {
    let source = "#[test]\nfn one() {}\n\nfn helper() {}\n";
    assert!(is_test(source, "one"));
    assert!(!is_test(source, "helper") && !is_test(source, "on"));
    let mut files = BTreeMap::new();
    assert!(is_there("docs/trace.md", &mut files));
    assert!(!is_there("docs/no-such-file.md", &mut files));
    assert!(!is_there("docs/trace.md::one", &mut files));
}
