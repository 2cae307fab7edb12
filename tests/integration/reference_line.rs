//! The worked case L-01 and every edge of the reference line, as data in `fixtures/lending` through
//! the command.

use std::path::{Path, PathBuf};

use itgel::line::{Args, output};
use itgel_domain::lending::{LineSheet, shipped};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/lending")
}

fn args(file: PathBuf, check: bool) -> Args {
    let parameters = vec![folder().join("ln-demo-1.toml")];
    Args {
        file,
        explain: false,
        check,
        parameters,
    }
}

#[test]
fn every_worked_line_gives_what_was_computed_by_hand() {
    let file = folder().join("l-01.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let sheets = LineSheet::read_all("l-01.toml", &text, shipped()).unwrap();
    assert!(sheets.len() > 20);
    for sheet in &sheets {
        assert!(sheet.expects(), "{} expects nothing", sheet.title);
    }
    let checked = output(&args(file, true)).unwrap();
    assert_eq!(checked.lines, Vec::<String>::new());
    assert_eq!(checked.differences, 0);
}

#[test]
fn a_line_that_is_not_as_expected_is_noticed() {
    let text = std::fs::read_to_string(folder().join("l-01.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("l-01.toml");
    std::fs::write(&file, text.replacen("\"88000\"", "\"89000\"", 1)).unwrap();
    let checked = output(&args(file, true)).unwrap();
    assert_eq!(checked.differences, 1, "{:?}", checked.lines);
    assert!(
        checked.lines[0].ends_with("line_yuan: 88000 ≠ 89000"),
        "{:?}",
        checked.lines
    );
}

#[test]
fn the_example_of_the_guide_is_a_line_sheet() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lending.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, rest) = guide.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let sheets = LineSheet::read_all("docs/lending.md", example, shipped()).unwrap();
    assert_eq!(sheets[0].differences(), Vec::new());
}
