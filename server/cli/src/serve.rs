//! `itgel serve`: the server as a process.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use itgel_server::config::Config;
use itgel_server::keys::ServerKeys;
use itgel_server::{Service, ServiceError, routes};
use tracing_subscriber::EnvFilter;

use crate::clock;
use crate::refusal;

/// The line that tells a supervisor where the server listens begins with this.
pub const READY: &str = "itgel listening on ";

/// Run the server until it is told to stop (SIGTERM or Ctrl-C).
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    pub config: PathBuf,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The settings cannot be read.
    #[error("settings {path}: {message}")]
    Settings {
        /// The file.
        path: String,
        /// What is wrong, with line and key.
        message: String,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The runtime.
    #[error("the runtime cannot start")]
    Runtime(#[source] std::io::Error),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
}

/// Runs the command.
///
/// # Errors
/// [`ServeError`].
pub fn run(args: &Args) -> Result<(), ServeError> {
    // Logs go to the error stream: the output is for the supervisor's one line.
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("ITGEL_LOG").unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    let config = read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let listen = config.listen;
    let service = Service::open(config, keys, clock::system())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    runtime.block_on(async {
        let listener = routes::bind(listen).map_err(|source| ServeError::Listen {
            address: listen,
            source,
        })?;
        let address = listener.local_addr().map_err(|source| ServeError::Listen {
            address: listen,
            source,
        })?;
        println!("{READY}{address}");
        // A supervisor that closed its end does not need the line.
        let _ = std::io::stdout().flush();
        Ok(routes::serve(listener, service, told_to_stop()).await?)
    })
}

/// The settings of a server.
///
/// # Errors
/// [`ServeError::Settings`].
pub fn read(path: &Path) -> Result<Config, ServeError> {
    let settings = |message: String| ServeError::Settings {
        path: path.display().to_string(),
        message,
    };
    let text = std::fs::read_to_string(path).map_err(|e| settings(e.to_string()))?;
    Config::parse(&text).map_err(|e| settings(e.to_string()))
}

async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a signal handler the process can still be killed.
    let _ = interrupt.await;
}
