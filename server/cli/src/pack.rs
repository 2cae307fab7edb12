//! `itgel pack`: rule packs and parameter tables: is one sound, under which hash do ratings refer to
//! it, what differs between two and who would move, and the way of one into force.

mod diff;
mod life;
mod print;

use std::path::{Path, PathBuf};

use itgel_domain::hash::Hash;
use itgel_domain::pack::{PackError, Parameters, RulePack};
use itgel_fixtures::banner::SampleError;
use itgel_server::ServiceError;
use itgel_server::table::write::WriteError;

use crate::refusal;
use crate::serve::ServeError;

/// Check, compare and bring into force rule packs and parameter tables.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Check every file and name the first fault of each with line and key.
    Check {
        /// Rule packs or parameter tables (TOML).
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the hash under which ratings refer to each file.
    Hash {
        /// Rule packs or parameter tables (TOML).
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Tell what differs between two files, and on a banner who would move and why.
    Diff(diff::Args),
    /// Hand a file in, so that it can run in shadow.
    Propose(life::Propose),
    /// Run a proposed file in shadow beside the rules in force and print the migration matrix.
    Shadow(life::Shadow),
    /// Put a proposed file into force, as another officer than the one who handed it in.
    Activate(life::Activate),
    /// Take a proposed file back.
    Withdraw(life::Withdraw),
    /// List the files that are or were known.
    List(life::List),
}

/// Why a pack command failed.
#[derive(Debug, thiserror::Error)]
pub enum PackCommandError {
    /// A file cannot be read.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Some files are not sound; each fault was printed.
    #[error("{faulty} of {all} files are not sound")]
    Faulty {
        /// How many.
        faulty: usize,
        /// Of how many.
        all: usize,
    },
    /// The fault of a file, with its place.
    #[error("{0}")]
    Fault(#[from] PackError),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// Refused, with the way out.
    #[error("{0}")]
    Refused(String),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// A workbook cannot be written.
    #[error("the workbook cannot be written")]
    Workbook(#[from] WriteError),
    /// The sample cannot be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// What was asked for does not go together.
    #[error("{0}")]
    Usage(&'static str),
}

/// Runs the command.
///
/// # Errors
/// [`PackCommandError`].
pub fn run(args: &Args) -> Result<(), PackCommandError> {
    match &args.command {
        Command::Check { files } => check(files),
        Command::Hash { files } => {
            for path in files {
                println!("{}  {}", Hash::of_file(&read(path)?), path.display());
            }
            Ok(())
        }
        Command::Diff(args) => diff::run(args),
        Command::Propose(args) => life::propose(args),
        Command::Shadow(args) => life::shadow(args),
        Command::Activate(args) => life::activate(args),
        Command::Withdraw(args) => life::withdraw(args),
        Command::List(args) => life::list(args),
    }
}

fn check(files: &[PathBuf]) -> Result<(), PackCommandError> {
    let mut faulty = 0;
    for path in files {
        let bytes = read(path)?;
        match describe(&path.display().to_string(), &bytes) {
            Ok(line) => println!("{line}"),
            Err(error) => {
                faulty += 1;
                eprintln!("{error}");
            }
        }
    }
    match faulty {
        0 => Ok(()),
        faulty => Err(PackCommandError::Faulty {
            faulty,
            all: files.len(),
        }),
    }
}

/// One line about a sound file. A file with `parameters_id` is a parameter table.
fn describe(name: &str, bytes: &[u8]) -> Result<String, PackError> {
    if Parameters::is_named_in(&String::from_utf8_lossy(bytes)) {
        let table = Parameters::parse(name, bytes)?;
        return Ok(format!(
            "{name}: {} {} {}",
            table.id,
            table.version,
            table.hash()
        ));
    }
    let pack = RulePack::parse(name, bytes)?;
    let texts = pack
        .reasons
        .values()
        .filter(|r| !r.text.mn_reviewed)
        .count();
    Ok(format!(
        "{name}: {} {} indicators, {} caps, {} vetoes, {} gates, {texts} Mongolian drafts, {}",
        pack.scorecard(),
        pack.indicators.len(),
        pack.caps.len(),
        pack.vetoes.len(),
        pack.gates.len(),
        pack.hash(),
    ))
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, PackCommandError> {
    std::fs::read(path).map_err(|source| file(path, source))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PackCommandError> {
    std::fs::write(path, bytes).map_err(|source| file(path, source))
}

fn file(path: &Path, source: std::io::Error) -> PackCommandError {
    PackCommandError::File {
        path: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use itgel_domain::pack::shipped;

    #[test]
    fn a_table_is_not_taken_for_a_pack() {
        for (name, text) in shipped::PACKS.iter().chain(shipped::PARAMETERS) {
            let line = describe(name, text.as_bytes()).unwrap();
            assert!(
                line.contains(&Hash::of_file(text.as_bytes()).to_string()),
                "{line}"
            );
        }
    }

    #[test]
    fn a_fault_is_told_with_file_line_and_key() {
        let (name, text) = shipped::PACKS[0];
        let broken = text.replacen("weight = \"15\"", "weight = 15.0", 1);
        let line = text.lines().position(|l| l == "weight = \"15\"").unwrap() + 1;
        let error = describe(name, broken.as_bytes()).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{name}:{line}: indicator[0].weight: ")),
            "{error}"
        );
    }
}
