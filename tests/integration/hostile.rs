//! Every reader of outside bytes takes its good inputs and its kept ones, and is fuzzed.

use std::collections::BTreeSet;
use std::path::Path;

use itgel_tests::hostile::{Mutator, all, corpus};

/// Most bytes of the corpus of a target, and of all together: it is read for every change.
const MOST_OF_ONE: usize = 200 * 1024;
const MOST_OF_ALL: usize = 3 * 1024 * 1024;

#[test]
fn every_reader_takes_what_is_good_what_was_kept_and_what_is_not() {
    for target in all() {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        for input in seeds.iter().chain(&corpus(target.name)) {
            (target.read)(input);
        }
        let mut mutator = Mutator::new(seeds, 1);
        for _ in 0..50 {
            (target.read)(&mutator.next_input());
        }
    }
}

#[test]
fn every_reader_has_its_fuzz_target_and_no_corpus_is_anybody_elses() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |of: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder.join(of)).unwrap();
        let name =
            |path: std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        entries.map(|entry| name(entry.unwrap().path())).collect()
    };
    let known: BTreeSet<String> = all().map(|target| target.name.to_owned()).collect();
    assert_eq!(names("fuzz_targets"), known);
    assert_eq!(names("corpus"), known);
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn no_fuzzer_starts_from_nothing_and_no_corpus_grows_without_end() {
    let sizes = all().map(|target| {
        let kept = corpus(target.name);
        (target.name, kept.len(), kept.iter().map(Vec::len).sum())
    });
    let sizes: Vec<(&str, usize, usize)> = sizes.collect();
    let bare = sizes.iter().filter(|(_, files, _)| *files == 0);
    let bare: Vec<&str> = bare.map(|(name, ..)| *name).collect();
    assert!(
        bare.is_empty(),
        "without seeds: {bare:?}; battery corpus writes them"
    );
    let heavy = sizes.iter().filter(|(.., bytes)| *bytes > MOST_OF_ONE);
    assert_eq!(heavy.count(), 0, "{sizes:?}");
    let whole: usize = sizes.iter().map(|(.., bytes)| bytes).sum();
    assert!(whole < MOST_OF_ALL, "{whole} bytes");
}
