//! Everything in the product that reads bytes from outside, in one list: whatever the bytes are,
//! each of them has to come back, without a panic, soon, and in little memory.
//!
//! `battery R04` feeds them mutations of good inputs; `tests/fuzz` feeds them whatever a fuzzer
//! finds. Neither looks at the answer: what an answer must be is said by the tests beside each
//! parser.

mod files;
mod mutate;
mod seeds;
mod trust;
mod wire;

use std::path::{Path, PathBuf};

use itgel_domain::hash::Hash;

pub use files::FILES;
pub use mutate::Mutator;
pub use trust::TRUST;
pub use wire::WIRE;

/// Something that reads bytes from outside.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, also of its fuzz target and corpus.
    pub name: &'static str,
    /// Good inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads; what comes of it is of no interest here.
    pub read: fn(&[u8]),
}

/// The target with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    all().find(|target| target.name == name)
}

/// Feeds bytes to the target with this name.
///
/// # Panics
/// If there is none, or as its reader does.
pub fn feed(name: &str, bytes: &[u8]) {
    let Some(target) = find(name) else {
        unreachable!("no target {name}")
    };
    (target.read)(bytes);
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Target> {
    WIRE.iter().chain(TRUST).chain(FILES)
}

/// Puts the good inputs of every target into its corpus, those that are not there yet: a fuzzer
/// starts from what it finds there.
///
/// # Errors
/// As the disk gives them.
pub fn keep_seeds() -> std::io::Result<()> {
    for target in all() {
        let folder = corpus_of(target.name);
        std::fs::create_dir_all(&folder)?;
        let kept = corpus(target.name);
        for seed in (target.seeds)().iter().filter(|seed| !kept.contains(seed)) {
            let digest = Hash::of_file(seed).to_string();
            std::fs::write(folder.join(format!("seed-{}", &digest[..12])), seed)?;
        }
    }
    Ok(())
}

/// The kept inputs of a target: good ones, and what a fuzzer once found.
#[must_use]
pub fn corpus(name: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(corpus_of(name)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// Most bytes that are fed to a target: more are refused by every reader before they are read.
pub const MOST: usize = 64 * 1024;

fn corpus_of(name: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    all.join(name)
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
