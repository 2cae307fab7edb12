//! Everything that a register row can say has words, so that nobody reads a name of the program.

#![expect(
    clippy::unwrap_used,
    reason = "a source that cannot be read fails the test"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use itgel_text::{Lang, field, register, word};

/// The sources of the rows, without their tests.
fn sources() -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
    let folder = std::fs::read_dir(src.join("register")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let all: Vec<PathBuf> = files.chain([src.join("register.rs")]).collect();
    assert!(all.len() >= 7);
    let texts = all.iter().map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.split("#[cfg(test)]").next().unwrap().to_owned()
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn no_column_of_a_register_row_is_shown_by_its_name_in_the_program() {
    let text = sources();
    let mut is_signature = false;
    let named = text.lines().filter_map(|line| {
        // What a function takes is no column.
        is_signature = (is_signature || line.contains("fn ")) && !line.contains('{');
        if is_signature {
            return None;
        }
        let line = line.trim_start();
        let (name, kind) = line.strip_prefix("pub ").unwrap_or(line).split_once(": ")?;
        let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let is_field = kind.ends_with(',') && !kind.contains(['(', '"', '{', '.']);
        (is_name && is_field && !name.is_empty()).then_some(name)
    });
    // The row's own columns have heads of their own; an error and a local are no columns.
    let own = ["division", "key", "revision", "content", "fields", "faults"];
    let names: BTreeSet<&str> = named.filter(|name| !own.contains(name)).collect();
    assert!(
        names.contains("cadre_loan_npl") && names.len() > 100,
        "{names:?}"
    );
    for lang in Lang::ALL {
        let unknown: Vec<&&str> = names.iter().filter(|n| field(lang, n).is_none()).collect();
        assert!(unknown.is_empty(), "{lang}: {unknown:?}");
    }
}

#[test]
fn no_word_and_no_register_is_shown_in_the_language_of_the_program() {
    let text = sources();
    let quoted = |line: &str| {
        let after = line.split_once("=> \"")?.1;
        after.strip_suffix("\",").map(str::to_owned)
    };
    let words: BTreeSet<String> = text.lines().filter_map(quoted).collect();
    assert!(words.contains("drought") && words.len() > 60, "{words:?}");
    for lang in Lang::ALL {
        let is_told = |w: &&String| word(lang, w).is_some() || register(lang, w).is_some();
        let unknown: Vec<&String> = words.iter().filter(|w| !is_told(w)).collect();
        assert!(unknown.is_empty(), "{lang}: {unknown:?}");
    }
    assert_eq!(word(Lang::ZhCn, "no_such_word"), None);
}
