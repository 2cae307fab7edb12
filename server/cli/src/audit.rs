//! `itgel audit`: whether the log and everything that it speaks of are as they were committed.

use std::path::PathBuf;

use itgel_server::keys::ServerKeys;
use itgel_server::{Service, ServiceError, log_check};

use crate::clock;
use crate::serve::{self, ServeError};

/// Faults that are printed; all of them are in the JSON.
const PRINTED: usize = 50;

/// Check the log.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Read every leaf, envelope, decision, audit row and checkpoint, and say what was altered, deleted or
    /// inserted.
    Verify(Verify),
}

#[derive(clap::Args, Debug)]
struct Verify {
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// Why it failed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// Something does not fit; it was printed.
    #[error("{0} places of the log do not fit")]
    Faults(usize),
}

/// Runs the command.
///
/// # Errors
/// [`AuditError::Faults`] if anything does not fit.
pub fn run(args: &Args) -> Result<(), AuditError> {
    let Command::Verify(args) = &args.command;
    let config = serve::read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let found = log_check::verify(&service)?;
    if args.json {
        println!("{}", serde_json::json!(found));
    } else {
        println!(
            "日志 {} 条（其中 {} 条尚未签署检查点），检查点 {} 个，数据 {} 份，审计 {} 条；不符 {} 处",
            found.leaves,
            found.beyond,
            found.checkpoints,
            found.envelopes,
            found.audit_rows,
            found.faults.len()
        );
        for fault in found.faults.iter().take(PRINTED) {
            println!("{}", serde_json::json!(fault));
        }
    }
    match found.faults.len() {
        0 => Ok(()),
        faults => Err(AuditError::Faults(faults)),
    }
}
