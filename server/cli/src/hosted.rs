//! A server inside this process: real HTTP on the loopback address, over a new database, under a
//! clock that its owner moves.
//!
//! Tests and the simulated year let months pass in seconds with it. It always makes a database of
//! its own and can be pointed at no other, so no real one can ever be hurried (ADR 0010).

use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use itgel_domain::time::AtMs;
use itgel_server::keys::ServerKeys;
use itgel_server::{Clock, Service, ServiceError, jobs, routes, store};
use jiff::civil::Date;
use tokio::sync::oneshot;

use crate::client::Server;
use crate::init::{self, InitError};
use crate::refusal;

/// At nine o'clock the offices open.
const MORNING_MS: i64 = 9 * 3_600_000;

/// Most rounds of due jobs that [`Hosted::settle`] does: a job that always comes back is a fault.
const ROUNDS: usize = 10_000;

/// Why there is no such server.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// No port, or no thread.
    #[error("no server on the loopback address")]
    Listen(#[from] std::io::Error),
    /// Keys and settings.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// It ended on its own.
    #[error("the server's thread ended")]
    Ended,
    /// Time does not run backwards.
    #[error("it is {0} already")]
    Past(Date),
    /// Jobs that never end.
    #[error("jobs are due again and again")]
    Restless,
}

/// A server in this process. It stops when it is dropped.
pub struct Hosted {
    /// Its service, for what only somebody at the machine itself can see.
    pub service: Service,
    base: String,
    clock: Arc<AtomicI64>,
    listener: Option<TcpListener>,
    running: Mutex<Option<Running>>,
}

/// How to stop a server, and what came of it.
type Running = (oneshot::Sender<()>, JoinHandle<Result<(), ServiceError>>);

impl Hosted {
    /// A new, empty server in a new folder, on the morning of a day. It does not answer yet.
    ///
    /// # Errors
    /// [`HostError`] if the folder holds a server already, or there is no port.
    pub fn prepare(folder: &Path, day: Date) -> Result<Self, HostError> {
        // Bound before anybody is told of it, so that no client ever comes too early.
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let base = format!("http://{address}");
        let clock = Arc::new(AtomicI64::new(morning(day).0));
        let config = init::create(folder, address, &base, "")?;
        let keys = ServerKeys::read(&config.keys)?;
        Ok(Self {
            service: Service::open(config, keys, reading(&clock))?,
            base,
            clock,
            listener: Some(listener),
            running: Mutex::default(),
        })
    }

    /// Lets it answer and do its jobs.
    ///
    /// # Errors
    /// [`HostError`] if it does so already, or there is no thread.
    pub fn serve(&mut self) -> Result<(), HostError> {
        let listener = self.listener.take().ok_or(HostError::Ended)?;
        listener.set_nonblocking(true)?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let service = self.service.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)
                    .map_err(|_| ServiceError::Config("the listener".into()))?;
                let told = async { drop(stopped.await) };
                routes::serve(listener, service, told).await
            })
        });
        *self.running() = Some((stop, thread));
        Ok(())
    }

    /// Stops it and waits for what is under way.
    ///
    /// # Errors
    /// [`HostError`] if it failed while it ran.
    pub fn stop(&self) -> Result<(), HostError> {
        let Some((stop, thread)) = self.running().take() else {
            return Ok(());
        };
        drop(stop);
        Ok(thread.join().map_err(|_| HostError::Ended)??)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.base
    }

    /// The server as a client sees it.
    #[must_use]
    pub fn server(&self) -> Server {
        Server::at(&self.base).with_clock(self.clock())
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> AtMs {
        AtMs(self.clock.load(Ordering::SeqCst))
    }

    /// The clock, to be read.
    #[must_use]
    pub fn clock(&self) -> Clock {
        reading(&self.clock)
    }

    /// Lets time pass until nine o'clock on `day`.
    ///
    /// # Errors
    /// [`HostError::Past`] if that is over.
    pub fn wait_until(&self, day: Date) -> Result<(), HostError> {
        let then = morning(day);
        if then < self.now() {
            return Err(HostError::Past(self.now().on()));
        }
        self.clock.store(then.0, Ordering::SeqCst);
        Ok(())
    }

    /// Lets so much time pass; none, if it were to run backwards.
    pub fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms.max(0), Ordering::SeqCst);
    }

    /// Does every job that is due, beside the server's own loop, and comes back when none is.
    ///
    /// # Errors
    /// [`HostError::Restless`] if that never ends.
    pub fn settle(&self) -> Result<(), HostError> {
        for _ in 0..ROUNDS {
            let tried = jobs::run_due(&self.service)?;
            let now = self.now();
            let due = self.service.store.read(|c| store::job::count_due(c, now));
            if due.map_err(ServiceError::from)? == 0 {
                return Ok(());
            }
            if tried == 0 {
                // The server's own loop has it.
                crate::clock::pause(std::time::Duration::from_millis(10));
            }
        }
        Err(HostError::Restless)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        // Whoever cares how it ended has stopped it before.
        let _ = self.stop();
    }
}

fn morning(day: Date) -> AtMs {
    AtMs::start_of(day).plus_ms(MORNING_MS)
}

fn reading(clock: &Arc<AtomicI64>) -> Clock {
    let clock = Arc::clone(clock);
    Arc::new(move || AtMs(clock.load(Ordering::SeqCst)))
}
