//! The program that ships, in this process: its router behind its gate on a port of the loopback
//! address, over a folder that outlives it, under the clock of the world.

use std::path::PathBuf;
use std::sync::Arc;

use itgel_device::SystemEntropy;
use itgel_field::gate::Gate;
use itgel_field::router;
use itgel_tests::World;
use itgel_tests::app::{self, Way};
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

impl Program {
    /// Starts it over a new folder.
    pub(crate) fn start(world: &World, name: &str, shown: Shown) -> Self {
        let folder = world.path(name);
        std::fs::create_dir(&folder).unwrap();
        let way = Way::to(world);
        Self::over(folder, way, world.clock(), shown)
    }

    fn over(folder: PathBuf, way: Arc<Way>, clock: itgel_server::Clock, shown: Shown) -> Self {
        let app = app::start(&folder, &way, &clock);
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
