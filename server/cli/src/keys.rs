//! `itgel keys`: the server's signing keys are handed on in two steps, with an overlap.

use std::path::PathBuf;

use itgel_domain::trust::Invitation;
use itgel_server::ServiceError;
use itgel_server::keys::{RotationError, ServerKeys};
use zeroize::Zeroizing;

use crate::clock;
use crate::serve::{self, ServeError};

/// Hand the server's signing keys on.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    /// The settings, as `itgel init` wrote them.
    #[arg(
        long,
        env = "ITGEL_CONFIG",
        global = true,
        default_value = "itgel.toml"
    )]
    config: PathBuf,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Show the fingerprint of the present signing key, and whether the next one is announced.
    Show,
    /// Announce the next keys; restart the server, and devices learn of them at every contact.
    Announce,
    /// Let the announced keys take over, 45 days after they were announced; restart the server.
    Rotate {
        /// At once, as after a theft. Tokens under the old key end with it.
        #[arg(long)]
        urgent: bool,
    },
}

/// Why the keys stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// No randomness.
    #[error("the system gives no randomness")]
    Randomness(#[from] getrandom::Error),
    /// The step does not fit.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// The key file.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Runs the command.
///
/// # Errors
/// [`KeysError`]; the key file is then as it was.
pub fn run(args: &Args) -> Result<(), KeysError> {
    let config = serve::read(&args.config)?;
    match args.action {
        Action::Show => {}
        Action::Announce => {
            let random = Zeroizing::new([clock::random()?, clock::random()?]);
            ServerKeys::announce(&config.keys, &random, clock::now())?;
        }
        Action::Rotate { urgent } => {
            let term = config.retired_key_days;
            ServerKeys::rotate(&config.keys, clock::now(), urgent, term)?;
        }
    }
    let keys = ServerKeys::read(&config.keys)?;
    println!("签名密钥指纹 {}", Invitation::key_print(&keys.public_key()));
    let announced = keys.successions().len() >= keys.signed_with().len();
    println!("下一把密钥 {}", if announced { "已预告" } else { "未预告" });
    Ok(())
}
