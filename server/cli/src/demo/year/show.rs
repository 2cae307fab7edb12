//! `itgel demo --year`: the story on the screen, a line for each thing that has happened.

use std::path::Path;

use indicatif::{MultiProgress, ProgressBar};
use itgel_device::Argon2Cost;
use itgel_fixtures::SampleSize;
use itgel_text as text;
use jiff::civil::Date;

use super::super::{Args, DemoError, counter};
use super::{LANG, Teller, YearOrder, tell};
use crate::clock::Stopwatch;

/// Tells the story of the whole banner on the screen.
///
/// # Errors
/// [`DemoError`] with the step that cannot be done, or that had another outcome.
pub(in crate::demo) fn show(args: &Args, folder: &Path) -> Result<(), DemoError> {
    println!("{}", text::year_title(LANG));
    println!("{}", text::year_synthetic(LANG));
    println!("{}\n", text::demo_seed(LANG, args.seed));
    let order = YearOrder {
        size: SampleSize {
            households: args.households,
            seed: args.seed,
        },
        townships: Vec::new(),
        devices: args.devices,
        cost: Argon2Cost::FIELD,
    };
    let mut screen = Screen(MultiProgress::new());
    let watch = Stopwatch::start();
    tell(&order, folder, &mut screen)?;
    println!("\n{}", text::year_took(LANG, watch.elapsed().as_secs()));
    Ok(())
}

/// Lines above the bars of what takes a while.
struct Screen(MultiProgress);

impl Teller for Screen {
    fn say(&mut self, on: Date, line: &str) {
        self.0.suspend(|| println!("{on}  {line}"));
    }

    fn bar(&mut self, message: &str, length: u64) -> ProgressBar {
        counter(&self.0, message, length)
    }
}
