//! `itgel evidence` and `itgel check-evidence`: a file that shows who signed an envelope,
//! and the check of such a file with nothing else but the fingerprint of the server's key.

use std::path::{Path, PathBuf};

use itgel_domain::file::ChainRef;
use itgel_domain::trust::{Evidence, EvidenceFault};
use itgel_server::keys::ServerKeys;
use itgel_server::{Service, ServiceError, evidence};

use crate::clock;
use crate::serve::{self, ServeError};

/// Export the evidence of who signed an envelope.
#[derive(clap::Args, Debug)]
pub struct ExportArgs {
    /// The envelope by its place: `device~incarnation~number`.
    envelope: ChainRef,
    /// The file to write.
    out: PathBuf,
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
}

/// Check such a file; nothing of the server is needed.
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    /// The file.
    file: PathBuf,
    /// The fingerprint of the server's first signing key, as an invitation or `itgel keys show`
    /// says it.
    #[arg(long)]
    server: String,
}

/// Why there is no evidence, or why it shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A file.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Not evidence.
    #[error("the file is no evidence")]
    Form(#[from] serde_json::Error),
    /// It does not show what it claims.
    #[error(transparent)]
    Fault(#[from] EvidenceFault),
}

/// Exports.
///
/// # Errors
/// [`EvidenceError`].
pub fn export(args: &ExportArgs) -> Result<(), EvidenceError> {
    let config = serve::read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let evidence = evidence::evidence(&service, &args.envelope)?;
    let text = serde_json::to_string_pretty(&evidence)?;
    std::fs::write(&args.out, text).map_err(|e| file(&args.out, e))?;
    println!("已写出签名证据 {}", args.out.display());
    Ok(())
}

/// Checks.
///
/// # Errors
/// [`EvidenceError::Fault`] with the first thing that the file does not show.
pub fn check(args: &CheckArgs) -> Result<(), EvidenceError> {
    let text = std::fs::read_to_string(&args.file).map_err(|e| file(&args.file, e))?;
    let evidence: Evidence = serde_json::from_str(&text)?;
    let proven = evidence.verify(&args.server)?;
    println!(
        "签名属实：信封 {} 由采集员 {} 的设备 {} 签名，{} 前已存入服务器日志",
        proven.at,
        proven.officer,
        proven.device,
        proven.logged_before.on()
    );
    Ok(())
}

fn file(path: &Path, source: std::io::Error) -> EvidenceError {
    EvidenceError::File {
        path: path.display().to_string(),
        source,
    }
}
