//! The server of the demo: a child process that is started again when it dies.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::DemoError;
use crate::serve::READY;

/// A supervised `itgel serve`.
pub(super) struct ServerProcess {
    address: SocketAddr,
    shared: Arc<Shared>,
    supervisor: Option<JoinHandle<()>>,
}

struct Shared {
    config: PathBuf,
    child: Mutex<Option<Child>>,
    stopping: AtomicBool,
    restarts: AtomicU32,
}

impl ServerProcess {
    /// Starts the server and waits until it listens.
    ///
    /// # Errors
    /// [`DemoError::Server`] if it does not.
    pub(super) fn start(config: &Path) -> Result<Self, DemoError> {
        let (child, address) = spawn(config)?;
        let shared = Arc::new(Shared {
            config: config.to_owned(),
            child: Mutex::new(Some(child)),
            stopping: AtomicBool::new(false),
            restarts: AtomicU32::new(0),
        });
        let supervisor = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || supervise(&shared))
        };
        Ok(Self {
            address,
            shared,
            supervisor: Some(supervisor),
        })
    }

    /// Where it listens; the same after a restart.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id, for whoever wants to kill it.
    pub(super) fn pid(&self) -> Option<u32> {
        self.shared.child().as_ref().map(Child::id)
    }

    /// How often it died and was started again.
    pub(super) fn restarts(&self) -> u32 {
        self.shared.restarts.load(Ordering::Relaxed)
    }

    /// The most memory it held so far, in bytes, where the system tells.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        peak_memory(&format!("/proc/{}/status", self.pid()?))
    }
}

impl Shared {
    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        if let Some(child) = self.shared.child().as_mut() {
            // It may have ended by itself.
            let _ = child.kill();
        }
        if let Some(supervisor) = self.supervisor.take() {
            let _ = supervisor.join();
        }
    }
}

/// Waits for the child's end and starts it again, unless it was told to stop.
fn supervise(shared: &Shared) {
    loop {
        let ended = {
            let mut child = shared.child();
            match child.as_mut().map(Child::try_wait) {
                Some(Ok(Some(_))) => true,
                Some(Ok(None)) => false,
                _ => return,
            }
        };
        if !ended {
            crate::clock::pause(std::time::Duration::from_millis(50));
            continue;
        }
        if shared.stopping.load(Ordering::Relaxed) {
            return;
        }
        match spawn(&shared.config) {
            Ok((child, _)) => {
                *shared.child() = Some(child);
                shared.restarts.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::error!(%error, "the server cannot be started again");
                return;
            }
        }
    }
}

fn spawn(config: &Path) -> Result<(Child, SocketAddr), DemoError> {
    let failed = |what: &str| DemoError::Server(what.to_owned());
    let program = std::env::current_exe().map_err(|e| failed(&e.to_string()))?;
    let mut child = Command::new(program)
        .arg("serve")
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| failed(&e.to_string()))?;
    let output = child.stdout.take().ok_or_else(|| failed("no output"))?;
    let mut line = String::new();
    let read = BufReader::new(output).read_line(&mut line);
    let address = read
        .ok()
        .and_then(|_| line.trim().strip_prefix(READY)?.parse().ok());
    if let Some(address) = address {
        Ok((child, address))
    } else {
        // It says why on the error stream, which is ours.
        let _ = child.kill();
        let _ = child.wait();
        Err(failed("it did not start"))
    }
}

/// The peak resident memory in a status file of Linux; `None` on other systems.
pub(super) fn peak_memory(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
