//! `itgel init`: a new server in a folder: key file, settings, database, first administrator.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use itgel_domain::case::Role;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::OfficerId;
use itgel_server::config::Config;
use itgel_server::keys::ServerKeys;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, ServiceError, auth, process, rules, setup};
use zeroize::Zeroizing;

use crate::clock;
use crate::refusal;

/// Make keys, settings and database of a new server.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder; made if it is not there.
    pub dir: PathBuf,
    /// The banner that the server works for: its six-digit code.
    #[arg(long)]
    pub banner: DivisionCode,
    /// The first administrators' identifiers. Name two: what decides grades needs a second person.
    #[arg(long, default_value = "administrator")]
    pub administrator: Vec<OfficerId>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8480")]
    pub listen: SocketAddr,
    /// The address that clients reach the server under.
    #[arg(long)]
    pub public_url: Option<String>,
}

/// Why no server was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file or folder.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The folder holds a server already.
    #[error("{0} holds a server already; nothing was changed")]
    Exists(String),
    /// No randomness.
    #[error("the system gives no randomness")]
    Randomness(#[from] getrandom::Error),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// The settings that were written cannot be read again: a fault of the program.
    #[error("settings")]
    Settings(#[source] toml::de::Error),
}

/// Runs the command.
///
/// # Errors
/// [`InitError`]; an existing server is never touched.
pub fn run(args: &Args) -> Result<(), InitError> {
    let public_url = args
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", args.listen));
    let config = create(&args.dir, args.listen, &public_url, "")?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let named = |id: &OfficerId| OfficerRecord {
        id: id.clone(),
        name: id.to_string(),
        division: args.banner,
    };
    let administrators: Vec<_> = args.administrator.iter().map(named).collect();
    let banner = args.banner;
    let now = service.now();
    service.transact("setup.init", move |service, tx| {
        for administrator in &administrators {
            setup::add_officer(tx, administrator, &[(Role::Administrator, banner)])?;
        }
        rules::seed(service, tx, now)?;
        process::seed_calendars(service, tx, now)
    })?;
    let operator = setup::operator(args.banner);
    println!("settings   {}", args.dir.join(CONFIG).display());
    println!(
        "start with itgel serve --config {}",
        args.dir.join(CONFIG).display()
    );
    for administrator in &args.administrator {
        let confirmation = auth::Confirmation::AtTheMachine;
        let invitation =
            auth::issue_enrolment(&service, &operator, administrator, confirmation, now)?;
        println!(
            "enrolment code of {administrator} (30 minutes, once): {}",
            invitation.code
        );
        println!("{}", auth::qr::terminal(&invitation.to_string())?);
    }
    Ok(())
}

/// Name of the settings file.
pub const CONFIG: &str = "itgel.toml";

/// Makes the folder with key file and settings; the database is made when it is first opened.
/// `more` is added to the settings as it stands.
///
/// # Errors
/// [`InitError::Exists`] if there is a server already.
pub fn create(
    dir: &Path,
    listen: SocketAddr,
    public_url: &str,
    more: &str,
) -> Result<Config, InitError> {
    let file = |path: &Path, source| InitError::File {
        path: path.display().to_string(),
        source,
    };
    std::fs::create_dir_all(dir).map_err(|e| file(dir, e))?;
    let path = dir.join(CONFIG);
    if path.exists() {
        return Err(InitError::Exists(dir.display().to_string()));
    }
    let mut random = Zeroizing::new([[0; 32]; 5]);
    for key in random.iter_mut() {
        *key = clock::random()?;
    }
    ServerKeys::create(&dir.join("keys.toml"), &random)?;
    let settings = toml::Table::from_iter([
        ("listen".to_owned(), listen.to_string().into()),
        ("public_url".to_owned(), public_url.into()),
        (
            "database".to_owned(),
            dir.join("itgel.db").display().to_string().into(),
        ),
        (
            "keys".to_owned(),
            dir.join("keys.toml").display().to_string().into(),
        ),
    ]);
    let text = format!("{settings}{more}");
    std::fs::write(&path, &text).map_err(|e| file(&path, e))?;
    Config::parse(&text).map_err(InitError::Settings)
}
