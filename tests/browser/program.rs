//! The program that ships, in this process: its router behind its gate on a port of the loopback
//! address, over a folder that outlives it, under the clock of the world.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use itgel_device::http::{Call, Carrier, CarrierError, HttpConfig, Network, Reply};
use itgel_device::{Argon2Cost, KeyFiles, SystemEntropy};
use itgel_domain::time::AtMs;
use itgel_field::gate::Gate;
use itgel_field::{Clock, FieldApp, Ground, HttpTransport, router};
use itgel_tests::World;
use tokio::runtime::Runtime;

use crate::shell::shell;

/// A program that runs.
pub(crate) struct Program {
    pub(crate) address: String,
    folder: PathBuf,
    pub(crate) way: Arc<Way>,
    clock: itgel_server::Clock,
    shown: Shown,
    runtime: Option<Runtime>,
}

/// How the program's pages come to the officer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// By a browser, from a port behind a gate: a laptop.
    ByPort,
    /// By a shell without a port: a phone.
    ByShell,
}

/// The way to the server: over an address that a test changes, or none.
#[derive(Debug)]
pub(crate) struct Way {
    network: Network,
    has_signal: AtomicBool,
    over: Mutex<String>,
    public: String,
}

struct WorldClock(itgel_server::Clock);

impl Clock for WorldClock {
    fn now(&self) -> AtMs {
        (self.0)()
    }

    fn steady_ms(&self) -> u64 {
        u64::try_from(self.now().0).unwrap()
    }
}

impl Program {
    /// Starts it over a new folder.
    pub(crate) fn start(world: &World, name: &str, shown: Shown) -> Self {
        let folder = world.path(name);
        std::fs::create_dir(&folder).unwrap();
        let way = Arc::new(Way {
            network: Network::new(&HttpConfig::new(world.address())).unwrap(),
            has_signal: AtomicBool::new(true),
            over: Mutex::new(world.address().to_owned()),
            public: world.address().to_owned(),
        });
        Self::over(folder, way, world.clock(), shown)
    }

    fn over(folder: PathBuf, way: Arc<Way>, clock: itgel_server::Clock, shown: Shown) -> Self {
        let app = app(&folder, &way, &clock);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let gate = Gate::new(app.clone(), &host, &SystemEntropy).unwrap();
        let (address, served) = match shown {
            Shown::ByPort => (gate.launch_url(), gate.before(router(app.clone()))),
            Shown::ByShell => (format!("http://{host}/"), shell(app.clone())),
        };
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, served).await
        });
        Self {
            address,
            folder,
            way,
            clock,
            shown,
            runtime: Some(runtime),
        }
    }

    /// The program is killed and started again: nothing is unlocked, what was kept is there.
    pub(crate) fn restart(&mut self) {
        self.stop();
        *self = Self::over(
            self.folder.clone(),
            Arc::clone(&self.way),
            Arc::clone(&self.clock),
            self.shown,
        );
    }

    fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}

fn app(folder: &Path, way: &Arc<Way>, clock: &itgel_server::Clock) -> FieldApp {
    let ground = Ground {
        data: folder.to_owned(),
        clock: Arc::new(WorldClock(Arc::clone(clock))),
        transport: Arc::new(HttpTransport {
            root_pem: None,
            carrier: Some(Arc::clone(way) as Arc<dyn Carrier>),
        }),
        entropy: Arc::new(SystemEntropy),
        platform: Arc::new(KeyFiles::plain(&folder.join("secrets"))),
        cost: Argon2Cost {
            memory_kib: 8,
            passes: 1,
        },
    };
    FieldApp::start(ground).unwrap()
}

impl Way {
    /// Whether there is signal from now on.
    pub(crate) fn set_signal(&self, has_signal: bool) {
        self.has_signal.store(has_signal, Ordering::SeqCst);
    }

    /// From now on the way leads over another address, which passes on to the server.
    pub(crate) fn lead_over(&self, address: &str) {
        address.clone_into(&mut self.over.lock().unwrap());
    }
}

impl Carrier for Way {
    fn post(&self, call: &Call<'_>) -> Result<Reply, CarrierError> {
        if !self.has_signal.load(Ordering::SeqCst) {
            return Err("no signal".into());
        }
        // The server is called by its own address: a way over another one does not change the proofs.
        let path = call.url.strip_prefix(&self.public).unwrap();
        let url = format!("{}{path}", self.over.lock().unwrap());
        self.network.post(&Call {
            url: &url,
            ..call.clone()
        })
    }
}
