//! `itgel bundle`: what a device brought on a card, and the answer that it takes back
//! (`docs/sync.md`).

use std::path::{Path, PathBuf};

use itgel_domain::error::ErrorCode;
use itgel_server::bundle;
use itgel_server::keys::ServerKeys;
use itgel_server::{Service, ServiceError};
use itgel_text::{Lang, error};

use crate::clock;
use crate::refusal;
use crate::serve::{self, ServeError};

/// Take bundles of devices.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Take a bundle and write the answer beside it; the server may be running.
    Take(Take),
}

#[derive(clap::Args, Debug)]
struct Take {
    /// The bundle, as the device wrote it.
    file: PathBuf,
    /// The file for the answer; beside the bundle if it is not named.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
}

/// Why a bundle was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// A file.
    #[error("{0} cannot be read or written")]
    File(PathBuf, #[source] std::io::Error),
}

/// Runs `itgel bundle`.
///
/// # Errors
/// [`BundleError`].
pub fn run(args: &Args) -> Result<(), BundleError> {
    let Command::Take(take) = &args.command;
    let config = serve::read(&take.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let bytes = read(&take.file)?;
    let taken = bundle::take(&service, &bytes)?;
    let beside = take.file.with_extension("answer.itgel");
    let out = take.out.as_ref().unwrap_or(&beside);
    std::fs::write(out, &taken.answer).map_err(|e| BundleError::File(out.clone(), e))?;
    println!("设备 device       {}", taken.device);
    println!(
        "记录 records      {} ({} 未直接采用 set aside or waiting)",
        taken.records, taken.except
    );
    println!("图片 pictures     {}", taken.pictures);
    println!("下发 pages        {}", taken.pages);
    for code in &taken.refused {
        println!("拒收 refused      {}", error(Lang::ZhCn, *code, &[]));
    }
    if !taken.is_whole {
        let text = error(Lang::ZhCn, ErrorCode::BundleMalformed, &[]);
        println!("不完整 cut        {text}");
    }
    println!("回执 answer       {}", out.display());
    Ok(())
}

/// A file of at most the length that a bundle may have.
fn read(path: &Path) -> Result<Vec<u8>, BundleError> {
    let unusable = |e| BundleError::File(path.to_owned(), e);
    let length = std::fs::metadata(path).map_err(unusable)?.len();
    if length > itgel_domain::sync::bundle::MAX_BYTES as u64 {
        let code = ErrorCode::RequestTooLarge;
        return Err(ServiceError::from(code).into());
    }
    std::fs::read(path).map_err(unusable)
}
