//! `itgel status`: how the server stands, in figures.

use std::path::PathBuf;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use itgel_server::keys::ServerKeys;
use itgel_server::status::{self, Status};
use itgel_server::{Service, ServiceError};

use crate::clock;
use crate::serve::{self, ServeError};

/// Show how the server stands.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

/// Why it failed.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The service.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Runs the command.
///
/// # Errors
/// [`StatusError`] of the settings or the database.
pub fn run(args: &Args) -> Result<(), StatusError> {
    let config = serve::read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let status = status::read(&service)?;
    if args.json {
        println!("{}", serde_json::json!(status));
    } else {
        println!("{}", table(&status));
    }
    Ok(())
}

fn table(status: &Status) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["项目", "代码", "数量"]);
    for count in &status.intake {
        let name = format!("接收：{}", count.verdict);
        table.add_row([name, count.reason.clone(), count.n.to_string()]);
    }
    for (reason, n) in &status.quarantine {
        table.add_row(["待核查".to_owned(), reason.clone(), n.to_string()]);
    }
    for (state, n) in &status.devices {
        table.add_row(["设备".to_owned(), state.clone(), n.to_string()]);
    }
    for (kind, n) in &status.jobs {
        table.add_row(["后台任务".to_owned(), kind.clone(), n.to_string()]);
    }
    for (name, n) in [
        ("等待前项的数据页", status.held),
        ("日志条数", status.leaves),
    ] {
        table.add_row([name.to_owned(), String::new(), n.to_string()]);
    }
    table
}
