//! The register of fields (`domain.md` L-15): nothing is asked that is used nowhere, and nothing
//! is asked without purpose, class and term.

use std::path::Path;

use itgel_domain::catalogue::Catalogue;
use itgel_domain::exchange::Schema;

/// Where items are used: rules, the code that measures and shows, registers and tables.
const USES: &[&str] = &[
    "core/domain/src",
    "core/device/src",
    "server/src",
    "fixtures/packs",
];

#[test]
fn no_item_is_collected_that_nothing_uses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut text = String::new();
    for folder in USES {
        collect(&root.join(folder), &mut text);
    }
    assert!(text.len() > 1_000_000, "the sources were read");
    let unused: Vec<&str> = Catalogue::builtin()
        .items()
        .map(|item| item.path.as_str())
        .filter(|path| !is_used(&text, path))
        .collect();
    assert_eq!(
        unused,
        Vec::<&str>::new(),
        "used by no rule and no code: leave them out"
    );
}

#[test]
fn every_item_says_why_and_how_long_it_is_kept() {
    for item in Catalogue::builtin().items() {
        assert!(!item.purpose.trim().is_empty(), "{}", item.path);
        // One value of a signed file cannot end before the file: no item may promise that.
        let years = i64::from(Schema::builtin().file_years);
        assert_eq!(item.retention_years, years, "{}", item.path);
    }
}

/// An item is named whole, by its group, or by its last part where its group repeats.
fn is_used(text: &str, path: &str) -> bool {
    let quoted = |name: &str| text.contains(&format!("\"{name}\""));
    let group = path.split(['.', '/']).next().unwrap_or(path);
    let last = path.rsplit(['.', '/']).next().unwrap_or(path);
    let by_prefix = ["\"herd.", "\"penned.", "\"breeding."];
    quoted(path)
        || (path.contains("/*/") && quoted(last) && text.contains(&format!("\"{group}")))
        || by_prefix
            .iter()
            .any(|p| format!("\"{path}").starts_with(p) && text.contains(p))
}

fn collect(folder: &Path, text: &mut String) {
    #![expect(
        clippy::unwrap_used,
        reason = "a source that cannot be read fails the test"
    )]
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, text);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "toml") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
