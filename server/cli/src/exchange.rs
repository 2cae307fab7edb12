//! `itgel export` and `itgel exchange import`: the special-topic database as files
//! (`docs/exchange.md`). Both work at the server itself, on its database; an export may run
//! beside a running server, which it sees as of one instant.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use itgel_domain::exchange::Mapping;
use itgel_domain::id::OfficerId;
use itgel_domain::pack::PackError;
use itgel_server::config::Config;
use itgel_server::exchange::{self, ExportOrder, Manifest, Progress, ShareRequest};
use itgel_server::keys::ServerKeys;
use itgel_server::{Service, ServiceError};

use crate::clock;
use crate::refusal;

/// Give the special-topic database to a recipient, as a folder of CSV files or as a workbook.
#[derive(clap::Args, Debug)]
pub struct ExportArgs {
    /// A folder that is empty or not there, or a workbook that is not there (`.xlsx`).
    pub out: PathBuf,
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    pub config: PathBuf,
    /// The officer who gives the data.
    #[arg(long = "as", value_name = "OFFICER")]
    pub officer: OfficerId,
    /// Who gets it.
    #[arg(long)]
    pub recipient: String,
    /// The legal basis.
    #[arg(long)]
    pub basis: String,
    /// The department whose data it is.
    #[arg(long, value_name = "DEPARTMENT")]
    pub source: String,
    /// With names, ID numbers and phones; a second officer confirms it.
    #[arg(long, requires = "confirmed_by")]
    pub with_persons: bool,
    /// The approver who confirms that persons go with it.
    #[arg(long, value_name = "OFFICER", requires = "with_persons")]
    pub confirmed_by: Option<OfficerId>,
    /// How a regional platform names and writes some of the tables.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
}

/// Take exports in.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Restore an export into an empty database.
    Import(ImportArgs),
}

#[derive(clap::Args, Debug)]
struct ImportArgs {
    /// The folder of the export.
    folder: PathBuf,
    /// Settings that name the key file of the server that made the export, and a database that
    /// is not there.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
    /// The officer who imports.
    #[arg(long = "as", value_name = "OFFICER")]
    officer: OfficerId,
    /// The mapping that the export was written by.
    #[arg(long)]
    mapping: Option<PathBuf>,
}

/// Why nothing was exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A file cannot be read.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The settings are not sound.
    #[error("settings {path}: {message}")]
    Settings {
        /// The file.
        path: String,
        /// What is wrong, with line and key.
        message: String,
    },
    /// The mapping is not sound.
    #[error(transparent)]
    Mapping(#[from] PackError),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
}

/// Runs `itgel export`.
///
/// # Errors
/// [`ExchangeError`].
pub fn export(args: &ExportArgs) -> Result<(), ExchangeError> {
    let mapping = args.mapping.as_deref().map(mapping).transpose()?;
    let service = open(&args.config)?;
    let order = ExportOrder {
        request: ShareRequest {
            officer: args.officer.clone(),
            second_officer: args.confirmed_by.clone(),
            source_department: args.source.clone(),
            recipient: args.recipient.clone(),
            basis: args.basis.clone(),
        },
        target: args.out.clone(),
        with_persons: args.with_persons,
        mapping: mapping.as_ref(),
    };
    let bar = ProgressBar::new_spinner();
    let manifest = exchange::export(&service, &order, &|progress| show(&bar, progress))?;
    bar.finish_and_clear();
    summary(&manifest);
    println!("written to  {}", args.out.display());
    Ok(())
}

/// Runs `itgel exchange`.
///
/// # Errors
/// [`ExchangeError`]; then the database is as empty as before.
pub fn run(args: &Args) -> Result<(), ExchangeError> {
    let Command::Import(args) = &args.command;
    let mapping = args.mapping.as_deref().map(mapping).transpose()?;
    let service = open(&args.config)?;
    let bar = ProgressBar::new_spinner();
    let shown = bar.clone();
    let tell: exchange::import::Tell = Arc::new(move |progress| show(&shown, progress));
    let (folder, mapping) = (&args.folder, mapping.as_ref());
    let imported = exchange::import(&service, folder, mapping, &args.officer, tell)?;
    bar.finish_and_clear();
    summary(&imported.manifest);
    println!(
        "recomputed  {} assessments, all as they were",
        imported.recomputed
    );
    Ok(())
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_message(format!("{} {}", progress.table, progress.rows));
    bar.tick();
}

fn summary(manifest: &Manifest) {
    for table in &manifest.tables {
        println!("{:>10}  {}", table.rows, table.title);
    }
    println!("on record   {}", manifest.share);
    println!("digest      {}", manifest.digest);
}

fn mapping(path: &Path) -> Result<Mapping, ExchangeError> {
    let name = path.display().to_string();
    Ok(exchange::export::read_mapping(&name, &read(path)?)?)
}

/// Opens the service that settings describe.
pub(crate) fn open(path: &Path) -> Result<Service, ExchangeError> {
    let config = Config::parse(&read(path)?).map_err(|e| ExchangeError::Settings {
        path: path.display().to_string(),
        message: e.to_string(),
    })?;
    let keys = ServerKeys::read(&config.keys)?;
    Ok(Service::open(config, keys, clock::system())?)
}

fn read(path: &Path) -> Result<String, ExchangeError> {
    std::fs::read_to_string(path).map_err(|source| ExchangeError::File {
        path: path.display().to_string(),
        source,
    })
}
