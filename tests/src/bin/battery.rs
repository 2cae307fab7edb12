//! Runs rows of the reliability battery; see [`itgel_tests::battery`].

use std::process::ExitCode;

use itgel_tests::battery::{self, Row, Size, Watch};

/// The allocator of the real program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Some(code) = battery::child() {
        return code;
    }
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let all = || battery::THEMES.iter().copied().flatten().collect();
    let (rows, size): (Vec<&Row>, Size) = match wanted.as_slice() {
        [] => return usage("nothing asked for"),
        [one] if one == "short" => (all(), Size::Short),
        [one] if one == "nightly" => (all(), Size::Full),
        [one] if one == "corpus" => return keep_seeds(),
        [ids @ .., last] if last == "short" => match found(ids) {
            Ok(rows) => (rows, Size::Short),
            Err(id) => return usage(&format!("no row {id}")),
        },
        ids => match found(ids) {
            Ok(rows) => (rows, Size::Full),
            Err(id) => return usage(&format!("no row {id}")),
        },
    };
    let failed: Vec<&str> = rows
        .into_iter()
        .filter(|row| !holds(row, size))
        .map(|row| row.id)
        .collect();
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("failed: {}", failed.join(", "));
    ExitCode::FAILURE
}

/// Puts the good inputs of every reader where a fuzzer starts from.
fn keep_seeds() -> ExitCode {
    match itgel_tests::hostile::keep_seeds() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => usage(&error.to_string()),
    }
}

/// The rows with these numbers, or the first number that no row has.
fn found(ids: &[String]) -> Result<Vec<&'static Row>, &String> {
    ids.iter().map(|id| battery::find(id).ok_or(id)).collect()
}

/// Runs a row and prints what it saw.
fn holds(row: &'static Row, size: Size) -> bool {
    println!("{} {}\n    goal: {}", row.id, row.what, row.figure);
    let watch = Watch::start();
    // In a thread of its own, so that a row that fails does not end the others.
    let ended = std::thread::spawn(move || (row.run)(size)).join();
    let seconds = watch.elapsed().as_secs();
    match ended {
        Ok(seen) => {
            for line in seen {
                println!("    {line}");
            }
            println!("    held ({size:?}, {seconds} s)");
            true
        }
        Err(_) => {
            println!("    FAILED ({size:?}, {seconds} s): the reason stands above");
            false
        }
    }
}

fn usage(why: &str) -> ExitCode {
    eprintln!("{why}\nbattery short | nightly | R03 R13 … [short]\nrows:");
    for row in battery::THEMES.iter().copied().flatten() {
        eprintln!("  {} {}", row.id, row.what);
    }
    ExitCode::FAILURE
}
