//! The officer's app in this process, under the clock of a world, with a way to its server that a test
//! can lead elsewhere or cut.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use itgel_device::http::{Call, Carrier, CarrierError, HttpConfig, Network, Reply};
use itgel_device::{Argon2Cost, KeyFiles, SystemEntropy};
use itgel_domain::time::AtMs;
use itgel_field::{FieldApp, Ground, HttpTransport};

use crate::world::World;

/// The way to the server: over an address that a test changes, or none.
#[derive(Debug)]
pub struct Way {
    network: Network,
    has_signal: AtomicBool,
    over: Mutex<String>,
    public: String,
}

struct WorldClock(itgel_server::Clock);

/// Starts the app over a folder.
#[must_use]
pub fn start(folder: &Path, way: &Arc<Way>, clock: &itgel_server::Clock) -> FieldApp {
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
    /// The way to the server of a world.
    #[must_use]
    pub fn to(world: &World) -> Arc<Self> {
        Arc::new(Self {
            network: Network::new(&HttpConfig::new(world.address())).unwrap(),
            has_signal: AtomicBool::new(true),
            over: Mutex::new(world.address().to_owned()),
            public: world.address().to_owned(),
        })
    }

    /// Whether there is signal from now on.
    pub fn set_signal(&self, has_signal: bool) {
        self.has_signal.store(has_signal, Ordering::SeqCst);
    }

    /// From now on the way leads over another address, which passes on to the server.
    pub fn lead_over(&self, address: &str) {
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

impl itgel_field::Clock for WorldClock {
    fn now(&self) -> AtMs {
        (self.0)()
    }

    fn steady_ms(&self) -> u64 {
        u64::try_from(itgel_field::Clock::now(self).0).unwrap()
    }
}
