//! What things cost, as ratios against a peer or a limit **in the same run** (`design.md` 13), so
//! that a slow machine changes both sides. Costs are processor time of this process where the
//! system tells it, else wall time; each figure is the median of several runs.
//!
//! `cargo bench -p itgel-tests --bench ratios [-- --quick] [part …]` prints a table. It is no verdict: a
//! missed goal is shown and the exit code stays 0; only what does not work at all is an error.
//! What each row means stands in `docs/performance.md`.

mod clock;
mod device;
mod documents;
#[cfg(feature = "plain-store")]
mod field;
mod first_screen;
mod household;
mod intake;
mod ledger;
mod migration;
mod monitoring;
mod pages;
mod phone;
mod registers;
mod scoring;
mod table;
mod wire;
mod workflow;
mod world;

use std::path::Path;

use table::{Row, print};

/// The allocator of the real program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a part of the run comes to.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Runs of which the median counts.
    runs: usize,
    /// Different households whose columns are prepared.
    prepared: u32,
    /// Households scored in the large run; the small one has a quarter of them.
    scored: usize,
    /// Households of the banner that is re-scored when one of them changes.
    banner: usize,
    /// Households that envelopes arrive for; a page has one envelope for each.
    visited: u32,
    /// Households that are assessed again after a row for their banner.
    reassessed: u32,
    /// Households on the device that is searched.
    on_device: u32,
    /// Files that a device holds when some of them change.
    on_the_wire: [u32; 2],
    /// Rows of a lender's monthly ledger.
    lines: usize,
    /// Households that they speak of.
    borrowers: u32,
}

const FULL: Size = Size {
    runs: 7,
    prepared: 20_000,
    scored: 1_000_000,
    banner: 30_000,
    visited: 256,
    reassessed: 30_000,
    on_device: 10_000,
    on_the_wire: [1_000, 10_000],
    lines: 100_000,
    borrowers: 30_000,
};

/// A few seconds, for a look and for CI. The goals are those of the full size, so ratios that
/// depend on it (one household against a whole banner) are smaller than they would be.
const QUICK: Size = Size {
    runs: 3,
    prepared: 1_000,
    scored: 40_000,
    banner: 3_000,
    visited: 48,
    reassessed: 600,
    on_device: 1_000,
    on_the_wire: [200, 400],
    lines: 5_000,
    borrowers: 1_500,
};

/// Measures one part.
type Part = fn(Size) -> Outcome<Vec<Row>>;

/// The parts of the run, by name.
const PARTS: &[(&str, Part)] = &[
    ("scoring", scoring::rows),
    ("intake", intake::rows),
    ("documents", documents::rows),
    ("registers", registers::rows),
    ("household", household::rows),
    ("device", device::rows),
    ("ledger", ledger::rows),
    ("migration", migration::rows),
    ("workflow", workflow::rows),
    ("monitoring", monitoring::rows),
    ("wire", wire::rows),
    ("screen", first_screen::rows),
    ("app", pages::rows),
    #[cfg(feature = "plain-store")]
    ("field", field::rows),
];

fn main() -> Outcome<()> {
    let mut size = FULL;
    let mut wanted = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => size = QUICK,
            pages::ALONE => return pages::alone(Path::new(&arguments.next().unwrap_or_default())),
            // Cargo says this to every benchmark.
            "--bench" => {}
            part if PARTS.iter().any(|(name, _)| *name == part) => wanted.push(part.to_owned()),
            other => {
                let names = PARTS
                    .iter()
                    .map(|(name, _)| *name)
                    .collect::<Vec<_>>()
                    .join(", ");
                return Err(format!("unknown argument {other}; there are --quick, {names}").into());
            }
        }
    }
    let mut rows = Vec::new();
    for &(name, part) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            rows.extend(part(size)?);
        }
    }
    print(&rows);
    Ok(())
}
