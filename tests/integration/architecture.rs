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
    // The device's interface speaks the domain's types; the server is never named.
    (
        "itgel-field",
        &["itgel-domain", "itgel-text", "itgel-device"],
    ),
    (
        "itgel-mobile",
        &["itgel-domain", "itgel-text", "itgel-device", "itgel-field"],
    ),
    ("itgel-bindgen", &[]),
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
            "itgel-field",
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
        "mobile-bindings/field",
        "mobile-bindings/ffi",
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
        "mobile-bindings/field/src",
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

/// A webhook would let whoever writes its address ask from inside (SSRF). There is none.
#[test]
fn sec_t38_the_server_asks_no_address_of_anybody() {
    let askers = users(&[
        "ureq::",
        "TcpStream::connect",
        "UdpSocket",
        "hyper_util::client",
    ]);
    assert!(
        askers.iter().any(|file| file.starts_with("core/device/")),
        "the words find nothing"
    );
    let of_server = |file: &&String| file.starts_with("server/src/");
    assert_eq!(askers.iter().find(of_server), None);
}

/// What is built is what was looked at: each package with its digest, from one registry.
#[test]
fn sec_t40_every_package_and_the_toolchain_are_pinned() {
    let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
    let lock: toml::Value = toml::from_str(&read("Cargo.lock")).unwrap();
    let packages = lock["package"].as_array().unwrap();
    let own: BTreeSet<String> = workspace_edges().into_keys().collect();
    let mut foreign = 0;
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
        let Some(source) = text("source") else {
            assert!(own.contains(name), "{name} comes from a folder");
            continue;
        };
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        assert_eq!(source, registry, "{name}");
        assert_eq!(text("checksum").map(str::len), Some(64), "{name}");
        foreign += 1;
    }
    assert!(foreign > 100, "the lock file was read");
    let toolchain: toml::Value = toml::from_str(&read("rust-toolchain.toml")).unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();
    let numbers: Vec<Result<u16, _>> = channel.split('.').map(str::parse).collect();
    assert!(
        numbers.len() == 3 && numbers.iter().all(Result::is_ok),
        "{channel} moves"
    );
    assert!(read(".ci/run").contains("cargo test --workspace --locked"));
}

/// Before 3.51.3 a write-ahead log that was begun anew could lose commits.
#[test]
fn sec_t40_the_database_in_the_program_has_the_repair_of_its_log() {
    assert!(
        rusqlite::version_number() >= 3_051_003,
        "{}",
        rusqlite::version()
    );
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

/// Where Chinese stands in a string of the server, and why: everything else is in `itgel-text`.
const CHINESE: &[(&str, &str)] = &[
    (
        "import/",
        "heads and words of officials' tables, which are read",
    ),
    (
        "table/xlsx.rs",
        "what a cell of a workbook that is true or false reads as",
    ),
    ("exchange/folder.rs", "the head of a column of the format"),
    (
        "routes/openapi.rs",
        "the product's name and notices as the interface sends them",
    ),
    (
        "routes/ledger.rs",
        "units that a lender may have mixed up, in the description",
    ),
];

#[test]
fn no_chinese_stands_in_a_string_of_the_server_beside_its_data() {
    let source = root().join("server/src");
    let mut files = Vec::new();
    list_sources(&source, &mut files);
    assert!(files.len() > 200);
    let mut found = Vec::new();
    for path in files {
        let name = path
            .strip_prefix(&source)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let is_test =
            name.ends_with("tests.rs") || CHINESE.iter().any(|(of, _)| name.starts_with(of));
        if is_test {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let told = strings(text).into_iter();
        let chinese = told.filter(|s| s.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)));
        found.extend(chinese.map(|string| format!("{name}: {string}")));
    }
    assert_eq!(found, Vec::<String>::new(), "words belong in core/text");
}

fn list_sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => list_sources(&path, files),
            false if path.extension().is_some_and(|e| e == "rs") => files.push(path),
            false => {}
        }
    }
}

/// The strings of a source, without those in comments.
fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut inside: Option<String> = None;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match (&mut inside, c) {
                (None, '/') if chars.peek() == Some(&'/') => break,
                (None, '"') => inside = Some(String::new()),
                (None, '\'') if chars.peek() == Some(&'"') => drop(chars.next()),
                (Some(_), '"') => found.extend(inside.take()),
                (Some(string), '\\') => string.extend(chars.next()),
                (Some(string), c) => string.push(c),
                (None, _) => {}
            }
        }
        // A string that goes on in the next line.
        found.extend(inside);
    }
    found
}

#[test]
fn the_words_of_a_source_are_found_and_its_comments_are_not() {
    let text = "let a = \"一\"; // \"二\"\nlet q = '\"'; let b = \"x\\\"三\";\n/// \"四\"";
    assert_eq!(strings(text), ["一", "x\"三"]);
}
