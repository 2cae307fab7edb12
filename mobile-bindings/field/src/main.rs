//! The officer's app on a laptop: a port of the loopback address behind a gate, and the browser.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use itgel_device::{Argon2Cost, KeyFiles, SystemEntropy};
use itgel_field::gate::Gate;
use itgel_field::{FieldApp, Ground, HttpTransport, PACE, SystemClock, launch, router};
use tokio::net::TcpListener;

/// Rate households at the doorstep, offline.
#[derive(Parser)]
#[command(name = "itgel-field", version)]
struct Args {
    /// The folder of the officers' stores.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The folder of the secrets that open the stores beside a PIN; it lies apart from the stores.
    #[arg(long)]
    secrets: Option<PathBuf>,
    /// The certificate in PEM that the server's own rests on, where it is not a public one.
    #[arg(long)]
    root_pem: Option<PathBuf>,
    /// Do not open the browser; the file that leads to the program is printed.
    #[arg(long)]
    no_open: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(run(args))
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let data = args
        .data
        .or_else(|| folder("XDG_DATA_HOME", ".local/share"));
    let data = data.ok_or("no home folder: name one by --data")?;
    let secrets = args.secrets.or_else(|| {
        let folder = folder("XDG_CONFIG_HOME", ".config")?;
        Some(folder.join("secrets"))
    });
    let secrets = secrets.ok_or("no home folder: name one by --secrets")?;
    let entropy = Arc::new(SystemEntropy);
    let root_pem = args.root_pem.map(std::fs::read).transpose()?;
    let app = FieldApp::start(Ground {
        data: data.clone(),
        clock: Arc::new(SystemClock::start()),
        transport: Arc::new(HttpTransport {
            root_pem,
            carrier: None,
        }),
        platform: Arc::new(KeyFiles::plain(&secrets)),
        entropy: entropy.clone(),
        cost: Argon2Cost::FIELD,
    })?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let gate = Gate::new(
        app.clone(),
        &listener.local_addr()?.to_string(),
        entropy.as_ref(),
    )?;
    let keeper = app.keep_synchronised(PACE);
    let page = launch::write_redirect(&data, &gate.launch_url())?;
    if args.no_open || launch::open(&page).is_err() {
        println!("{}", page.display());
    }
    let served = axum::serve(listener, gate.before(router(app)));
    served
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    drop(keeper);
    // The key is worth nothing any more; a file that leads nowhere would only puzzle.
    Ok(std::fs::remove_file(page)?)
}

/// The program's folder under one that the system names, or under the home folder.
fn folder(variable: &str, under_home: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).or_else(|| std::env::var_os("APPDATA"));
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(under_home));
    Some(named.map(PathBuf::from).or_else(home)?.join("itgel-field"))
}
