//! HTTP, and nothing else: every handler takes its request apart, makes one call and answers.
//!
//! `router` lists every address on one screen; [`problem`] is the one place where
//! an error becomes an answer.

mod access;
mod arrival;
mod contract;
mod credit;
mod extract;
mod health;
mod imports;
mod land;
mod ledger;
mod lender;
mod letter;
mod line;
mod listen;
mod metrics;
mod monitoring;
mod office;
mod openapi;
mod page;
pub mod problem;
mod quarantine;
mod rights;
mod router;
mod rules;
mod staff;
mod sync;
mod titles;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

pub use self::listen::bind;
pub use self::openapi::{LoanRow, openapi_json};
pub use self::router::router;
use crate::auth::{Proofs, Tokens};
use crate::error::ServiceError;
use crate::jobs;
use crate::limits::Limits;
use crate::places::Places;
use crate::service::Service;

/// How often the job loop looks for due jobs.
const JOB_TICK: Duration = Duration::from_millis(200);

/// What the handlers share.
#[derive(Clone)]
struct App {
    service: Service,
    tokens: Arc<Tokens>,
    proofs: Arc<Proofs>,
    places: Arc<Places>,
    ready: Arc<health::LastReady>,
    limits: Arc<Limits>,
    refusals: Arc<metrics::Refusals>,
}

impl App {
    fn new(service: Service) -> Result<Self, ServiceError> {
        let tokens = Tokens::new(&service.keys, &service.config.public_url)?;
        let limits = Limits::new(&service.config.limits, service.clock());
        let proofs = Proofs::new(&service.config.public_url)?;
        Ok(Self {
            limits: Arc::new(limits),
            refusals: Arc::default(),
            service,
            tokens: Arc::new(tokens),
            proofs: Arc::new(proofs),
            places: Arc::default(),
            ready: Arc::default(),
        })
    }
}

/// Serves requests and runs due jobs until `shutdown` is ready, then finishes what is under way.
/// The caller has bound the listener, so clients can connect before this is first polled.
///
/// # Errors
/// [`ServiceError`] if the service cannot start or the listener fails.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServiceError> {
    let app = App::new(service.clone())?;
    let metrics = match service.config.metrics_listen {
        Some(address) => Some(bind_metrics(address)?),
        None => None,
    };
    start_jobs(&service).await?;
    let limits = service.config.limits;
    let (stop, stopped) = watch::channel(false);
    let jobs = tokio::spawn(run_jobs(service, stopped.clone()));
    let metrics = metrics.map(|listener| {
        let table = metrics::router(app.clone());
        tokio::spawn(listen::listen(listener, table, limits, told(stopped)))
    });
    listen::listen(listener, router::table(app), limits, shutdown).await;
    // Without a receiver both have ended already.
    let _ = stop.send(true);
    if let Some(metrics) = metrics {
        metrics
            .await
            .map_err(|e| ServiceError::caused("metrics listener", e))?;
    }
    jobs.await.map_err(|e| ServiceError::caused("job loop", e))
}

fn bind_metrics(address: SocketAddr) -> Result<TcpListener, ServiceError> {
    bind(address).map_err(|e| ServiceError::Config(format!("metrics_listen {address}: {e}")))
}

async fn told(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = stopped.changed().await;
}

async fn start_jobs(service: &Service) -> Result<(), ServiceError> {
    let service = service.clone();
    tokio::task::spawn_blocking(move || jobs::start(&service))
        .await
        .map_err(|e| ServiceError::caused("job start", e))?
}

async fn run_jobs(service: Service, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(JOB_TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = tick.tick() => {}
        }
        let service = service.clone();
        match tokio::task::spawn_blocking(move || jobs::run_due(&service)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::error!(error = %problem::chain(&error), "due jobs could not run")
            }
            Err(error) => tracing::error!(%error, "a job panicked"),
        }
    }
}
