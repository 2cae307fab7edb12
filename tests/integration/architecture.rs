//! The boundaries of `ARCHITECTURE.md`, held against the workspace itself.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a workspace that cannot be read fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which packages of the workspace each package may name.
const EDGES: &[(&str, &[&str])] = &[
    ("itgel-domain", &[]),
    ("itgel-text", &["itgel-domain"]),
    ("itgel-fixtures", &["itgel-domain"]),
    ("itgel-device", &["itgel-domain"]),
    ("itgel-disk", &[]),
    ("itgel-server", &["itgel-domain", "itgel-text"]),
    (
        "itgel",
        &[
            "itgel-domain",
            "itgel-text",
            "itgel-device",
            "itgel-server",
            "itgel-fixtures",
        ],
    ),
    (
        "itgel-tests",
        &[
            "itgel-domain",
            "itgel-text",
            "itgel-device",
            "itgel-server",
            "itgel-fixtures",
            "itgel",
            "itgel-disk",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Normal and build dependencies of each package on packages of the workspace.
fn workspace_edges() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let names: BTreeSet<_> = packages.iter().map(|p| text(&p["name"])).collect();
    let edges = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().unwrap();
        dependencies
            .iter()
            .filter(|d| d["kind"] != "dev")
            .map(|d| text(&d["name"]))
            .filter(|name| names.contains(name))
            .collect()
    };
    packages
        .iter()
        .map(|p| (text(&p["name"]), edges(p)))
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The files under the `src` folders whose code, comments left out, has one of the words.
fn users(words: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for package in [
        "core/domain",
        "core/text",
        "core/device",
        "server",
        "server/cli",
        "fixtures",
    ] {
        sources(&root().join(package).join("src"), &mut all);
    }
    let code = |text: &str| -> String {
        let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let uses = |text: &str| words.iter().any(|w| code(text).contains(w));
    all.into_iter()
        .filter(|(_, text)| uses(text))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn no_package_names_another_that_it_must_not_know() {
    let allowed: BTreeMap<_, BTreeSet<_>> = EDGES
        .iter()
        .map(|(name, to)| {
            (
                (*name).to_owned(),
                to.iter().map(|t| (*t).to_owned()).collect(),
            )
        })
        .collect();
    for (package, edges) in workspace_edges() {
        let may = allowed
            .get(&package)
            .unwrap_or_else(|| panic!("{package} is not in the table"));
        assert!(
            edges.is_subset(may),
            "{package} names {edges:?}, may name {may:?}"
        );
    }
}

/// What code that speaks SQL has, and no other code.
const SQL: &[&str] = &[
    "prepare_cached(",
    ".prepare(",
    ".execute(",
    "execute_batch(",
    "query_row(",
    "\"select ",
    "\"insert into ",
    "\"update ",
    "\"delete from ",
];

/// Parts outside the store folders may take a connection and hand it on; they may not speak SQL.
#[test]
fn sql_stands_only_in_the_two_store_folders() {
    let folders = ["server/src/store/", "core/device/src/store/"];
    let (stored, strays): (Vec<_>, Vec<_>) = users(SQL)
        .into_iter()
        .partition(|file| folders.iter().any(|folder| file.starts_with(folder)));
    assert_eq!(strays, Vec::<String>::new());
    for folder in folders {
        let known = |file: &String| file.starts_with(folder);
        assert!(
            stored.iter().any(known),
            "the words find nothing in {folder}"
        );
    }
}

#[test]
fn automerge_is_named_in_one_file_of_the_domain() {
    assert_eq!(
        users(&["automerge::"]),
        ["core/domain/src/file/document.rs"]
    );
}

#[test]
fn http_stays_at_the_edges() {
    let edges = [
        "server/src/routes",
        "core/device/src/http",
        "server/cli/src/client",
    ];
    let speakers = users(&["axum::", "ureq::", "hyper::"]);
    for file in &speakers {
        assert!(
            edges.iter().any(|edge| file.starts_with(edge)),
            "{file} speaks HTTP"
        );
    }
    for edge in edges {
        let known = |file: &String| file.starts_with(edge);
        assert!(
            speakers.iter().any(known),
            "the words find nothing in {edge}"
        );
    }
}

#[test]
fn fluent_is_named_only_in_the_words_package() {
    let speakers = users(&["fluent_bundle::", "fluent_syntax::"]);
    assert!(!speakers.is_empty(), "the words find nothing");
    for file in speakers {
        assert!(file.starts_with("core/text/"), "{file}");
    }
}

#[test]
fn the_domain_reads_no_clock_no_chance_and_no_file() {
    // Unit tests read the worked cases.
    let of_domain = |file: &String| file.starts_with("core/domain") && !file.ends_with("/tests.rs");
    let words = [
        "std::fs",
        "std::net",
        "SystemTime",
        "Instant::now",
        "getrandom",
        "tokio",
        "HashMap",
    ];
    let (strays, others): (Vec<_>, Vec<_>) = users(&words).into_iter().partition(of_domain);
    assert_eq!(strays, Vec::<String>::new());
    assert!(!others.is_empty(), "the words find nothing");
    assert!(
        users(&["BTreeMap"]).iter().any(of_domain),
        "the domain was not looked at"
    );
}
