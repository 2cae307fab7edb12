//! `itgel recompute`: whether every stored rating and title still comes out of its stored inputs
//! and rule pack, byte for byte.

use std::path::PathBuf;

use indicatif::ProgressBar;
use itgel_server::keys::ServerKeys;
use itgel_server::{Service, ServiceError, recompute};

use crate::clock;
use crate::refusal;
use crate::serve::{self, ServeError};

/// Differences that are printed; all of them are in the JSON.
const PRINTED: usize = 50;

/// Recompute every stored rating and title from its stored inputs and rule pack, and report what
/// differs.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// Why it failed.
#[derive(Debug, thiserror::Error)]
pub enum RecomputeError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// Something differs; it was printed.
    #[error("{0} stored results do not come out again")]
    Different(u64),
}

/// Runs the command.
///
/// # Errors
/// [`RecomputeError::Different`] if anything differs.
pub fn run(args: &Args) -> Result<(), RecomputeError> {
    let config = serve::read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let bar = ProgressBar::new_spinner();
    let found = recompute::recompute(&service, &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    if args.json {
        println!("{}", serde_json::json!(found));
    } else {
        print!("{}", told(&found));
    }
    match found.different {
        0 => Ok(()),
        different => Err(RecomputeError::Different(different)),
    }
}

fn told(found: &recompute::Recomputed) -> String {
    let mut told = format!(
        "复算评级 {} 件、称号 {} 件；结果不一致 {} 件；依法删除记录后不再复算 {} 件；主体已注销 {} 件\n",
        found.ratings, found.titles, found.different, found.shortened, found.erased
    );
    for difference in found.differences.iter().take(PRINTED) {
        let line = serde_json::json!(difference);
        told.push_str(&format!("{line}\n"));
    }
    told
}
