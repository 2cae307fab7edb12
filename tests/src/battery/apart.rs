//! The server of a row as a program of its own, so that what is told of its memory and processor is
//! the server's alone: this program, started again as a child.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use itgel::serve;
use itgel_domain::time::AtMs;
use itgel_server::keys::ServerKeys;
use itgel_server::{Service, routes};

use super::watch::{peak_memory_kib, used_by_program};

/// The variable of the environment that makes the program such a child.
const ROLE: &str = "ITGEL_BATTERY_SERVER";

/// A server that runs beside this program.
pub(super) struct ServerApart(Child);

/// What a server used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used {
    /// The most memory that it held, in MiB.
    pub(super) memory_mib: u64,
    /// Processor time of all its threads, those that ended too.
    pub(super) processor: Duration,
}

impl ServerApart {
    /// Starts a server with these settings on an address that nobody listens on, at an instant at
    /// which its clock stands still.
    pub(super) fn start(settings: &Path, address: &str, now: AtMs) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(ROLE, now.0.to_string())
            .arg(settings)
            .arg(address.trim_start_matches("http://"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut ready)
            .unwrap();
        Self(child)
    }

    /// Lets it finish what is under way; what it used.
    pub(super) fn stop(mut self) -> Used {
        drop(self.0.stdin.take());
        let mut told = String::new();
        let mut output = self.0.stdout.take().unwrap();
        output.read_to_string(&mut told).unwrap();
        assert!(self.0.wait().unwrap().success(), "the server failed");
        let (memory, processor) = told.trim().split_once(' ').unwrap();
        Used {
            memory_mib: memory.parse::<u64>().unwrap() / 1_024,
            processor: Duration::from_millis(processor.parse().unwrap()),
        }
    }
}

impl Drop for ServerApart {
    fn drop(&mut self) {
        // A row that failed has said why; its server must not outlive it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves if the program was started for it; `None` for the program itself.
pub(super) fn child() -> Option<ExitCode> {
    let now = AtMs(std::env::var(ROLE).ok()?.parse().ok()?);
    let mut arguments = std::env::args().skip(1);
    let (settings, address) = (arguments.next()?, arguments.next()?);
    serve_until_told(Path::new(&settings), address.parse().ok()?, now);
    Some(ExitCode::SUCCESS)
}

fn serve_until_told(settings: &Path, address: SocketAddr, now: AtMs) {
    let config = serve::read(settings).unwrap();
    let keys = ServerKeys::read(&config.keys).unwrap();
    let service = Service::open(config, keys, Arc::new(move || now)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let listener = routes::bind(address).unwrap();
        print!("!");
        std::io::Write::flush(&mut std::io::stdout()).unwrap();
        let told = async {
            let end = || std::io::stdin().read_to_end(&mut Vec::new());
            // The end of the input is the word to stop, however it comes.
            let _ = tokio::task::spawn_blocking(end).await;
        };
        routes::serve(listener, service, told).await.unwrap();
    });
    let memory_kib = peak_memory_kib().unwrap_or(0);
    let processor = used_by_program().unwrap_or_default();
    println!("{memory_kib} {}", processor.as_millis());
}
