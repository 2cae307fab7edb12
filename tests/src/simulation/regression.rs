//! A failing list as a file: the scene, the seed, the operations.

use std::path::{Path, PathBuf};

use super::failure::{Failure, Outcome, fails};
use super::fleet::{Report, Way, execute};
use super::operation::{self, Op};
use super::scene::{Extent, Scene};
use super::{Failed, shrink};

/// Executions that making a list smaller may take.
const TRIES: u32 = 150;

/// A list that failed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regression {
    /// Where it happens.
    pub extent: Extent,
    /// Its seed.
    pub seed: u64,
    /// What happens.
    pub ops: Vec<Op>,
}

impl Regression {
    /// The smallest list found for a run that failed, printed and written where the tests replay
    /// it from.
    ///
    /// # Errors
    /// [`Failure`] if the file cannot be written.
    pub fn keep(name: &str, scene: &Scene, extent: Extent, failed: &Failed) -> Outcome<PathBuf> {
        let still = |ops: &[Op]| execute(scene, failed.seed, ops, Way::default()).is_err();
        let ops = shrink::shrink(&failed.ops, TRIES, still);
        let kept = Self {
            extent,
            seed: failed.seed,
            ops,
        };
        let folder = folder();
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}-{}.ops", failed.seed));
        let text = kept.print(&failed.failure);
        eprintln!("{text}");
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Failure`] if it is none.
    pub fn read(text: &str) -> Outcome<Self> {
        let first = text.lines().next().unwrap_or_default();
        let words: Vec<&str> = first.split_whitespace().collect();
        let ["scene", devices, gachas, households, "seed", seed] = words.as_slice() else {
            return fails("the first line names no scene");
        };
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        Ok(Self {
            extent: Extent {
                devices: devices.parse()?,
                gachas: gachas.parse()?,
                households: households.parse()?,
            },
            seed: seed.parse()?,
            ops: operation::read(rest)?,
        })
    }

    /// Every list that is kept, with the name of its file, in the order of the names.
    ///
    /// # Errors
    /// [`Failure`] for a file that cannot be read.
    pub fn all() -> Outcome<Vec<(String, Self)>> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder())? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "ops") {
                let name = path.file_name().unwrap_or_default();
                let text = std::fs::read_to_string(&path)?;
                all.push((name.to_string_lossy().into_owned(), Self::read(&text)?));
            }
        }
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    /// Executes it again.
    ///
    /// # Errors
    /// [`Failure`] if it still fails.
    pub fn replay(&self, scene: &Scene) -> Outcome<Report> {
        execute(scene, self.seed, &self.ops, Way::default())
    }

    fn print(&self, why: &Failure) -> String {
        let Extent {
            devices,
            gachas,
            households,
        } = self.extent;
        let why = why.0.replace('\n', " ");
        let ops = operation::print(&self.ops);
        format!(
            "scene {devices} {gachas} {households} seed {}\n# {why}\n{ops}",
            self.seed
        )
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions")
}
