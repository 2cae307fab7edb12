//! Compares the tables of the database with the register of fields (`domain.md` L-15): a table or
//! column that is not described there, a description of something that is not there, a table without
//! a term, a row that would outlive what it refers to, and an item that no rule uses end the build
//! with file, line and name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "build/schema.rs"]
mod schema;
#[path = "build/terms.rs"]
mod terms;
#[path = "build/usage.rs"]
mod usage;

fn main() -> io::Result<()> {
    let home = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let home = PathBuf::from(home);
    let fixtures = home.join("../fixtures");
    let mut problems = Vec::new();

    let migrations = files(&home.join("src/store/migrations"), "sql")?;
    let register = fixtures.join("exchange/special-topic.toml");
    let mut tables = Vec::new();
    for path in &migrations {
        schema::read(&shown(path), &fs::read_to_string(path)?, &mut tables);
    }
    let text = fs::read_to_string(&register)?;
    problems.extend(schema::compare(&tables, &shown(&register), &text));
    problems.extend(terms::faults(&tables, &shown(&register), &text));

    let items = fixtures.join("catalogue/items.toml");
    let mut sources = files(&fixtures.join("packs"), "toml")?;
    for used_in in ["../core/domain/src", "../core/device/src"] {
        sources.extend(files(&home.join(used_in), "rs")?);
    }
    let words = sources.iter().filter(|path| !is_test(path));
    let words = words
        .map(fs::read_to_string)
        .collect::<io::Result<Vec<_>>>()?;
    let text = fs::read_to_string(&items)?;
    problems.extend(usage::unused(&shown(&items), &text, &words));

    for path in migrations.iter().chain(&sources).chain([&register, &items]) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-changed=build");
    for problem in problems.iter().collect::<BTreeSet<_>>() {
        println!("cargo::error={problem}");
    }
    Ok(())
}

/// The files of a folder and the folders in it that end so, in order.
fn files(folder: &Path, end: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, end)?);
        } else if path.extension().is_some_and(|own| own == end) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs")
}

/// The path from the top of the project.
fn shown(path: &Path) -> String {
    let text = path.display().to_string().replace('\\', "/");
    match text.rsplit_once("/../") {
        Some((_, inside)) => inside.to_owned(),
        None => text
            .rsplit_once("/server/")
            .map_or(text.clone(), |(_, inside)| format!("server/{inside}")),
    }
}
