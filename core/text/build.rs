//! Reads every word of every locale, refuses a catalogue with a hole, and writes one function per
//! message.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use catalogue::{LOCALES, Source};

#[path = "build/catalogue.rs"]
mod catalogue;
#[path = "build/rust.rs"]
mod rust;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=ftl");
    println!("cargo::rerun-if-changed=build");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("ftl");
    match catalogue::check(&read(&root)?) {
        Ok(words) => {
            let out = PathBuf::from(variable("OUT_DIR")?).join("messages.rs");
            fs::write(out, rust::write(&words, &root))
        }
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            Ok(())
        }
    }
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

/// Every file of every locale, in the order of their names.
fn read(root: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for locale in LOCALES {
        let mut paths = fs::read_dir(root.join(locale))?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            sources.push(Source {
                locale,
                file: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                text: fs::read_to_string(&path)?,
            });
        }
    }
    Ok(sources)
}
