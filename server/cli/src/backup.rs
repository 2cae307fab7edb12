//! `itgel backup` and `itgel restore` (`docs/rights.md`): a copy of the whole database that no
//! erasure survives.

use std::path::PathBuf;

use itgel_server::keys::ServerKeys;
use itgel_server::{Service, ServiceError, backup};

use crate::clock;
use crate::refusal;
use crate::serve::{self, ServeError};

/// Write an encrypted backup of the database; the server may be running.
#[derive(clap::Args, Debug)]
pub struct BackupArgs {
    /// The folder for the backup: on another disk, or copied to another place afterwards.
    pub folder: PathBuf,
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    pub config: PathBuf,
}

/// Make the database out of a backup.
#[derive(clap::Args, Debug)]
pub struct RestoreArgs {
    /// The backup.
    pub backup: PathBuf,
    /// Settings that name the key file of the server and a database that is not there.
    #[arg(long, env = "ITGEL_CONFIG")]
    pub config: PathBuf,
}

/// Why there is no backup, or no restored database.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
}

/// Runs `itgel backup`.
///
/// # Errors
/// [`BackupError`].
pub fn take(args: &BackupArgs) -> Result<(), BackupError> {
    let config = serve::read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let taken = backup::take(&service, &args.folder)?;
    println!("backup      {}", taken.path.display());
    println!("closed      {} older backups open no more", taken.closed);
    println!(
        "keep the folder of the key file apart from it: without it the backup opens for nobody"
    );
    Ok(())
}

/// Runs `itgel restore`.
///
/// # Errors
/// [`BackupError`]; then there is no database, as before.
pub fn restore(args: &RestoreArgs) -> Result<(), BackupError> {
    let config = serve::read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let erased = backup::restore(&config, keys, clock::system(), &args.backup)?;
    println!("database    {}", config.database.display());
    println!("erased      {erased} subjects are erased in it, those erased since the backup too");
    Ok(())
}
