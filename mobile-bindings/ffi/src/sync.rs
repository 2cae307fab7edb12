//! Synchronising as one blocking call: the listener hears of every step and can stop it between two
//! requests. Whatever was answered before is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use itgel_device::http::{Call, Carrier, CarrierError, Reply};
use itgel_device::sync::{Progress, SyncReport};
use itgel_domain::error::ErrorCode;
use itgel_domain::time::AtMs;
use itgel_field::native::OpenStore;
use itgel_field::{HttpTransport, Transport as _};

use crate::app::Way;
use crate::error::{Errors, FieldError};
use crate::host::SyncListener;

/// What a synchronisation did.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SyncOutcome {
    /// Records that have their receipt now.
    pub received: u64,
    /// Records that the server set aside; they need somebody.
    pub set_aside: u64,
    /// Records that still wait.
    pub waiting: u64,
    /// Items that came down.
    pub pulled: u64,
    /// Photos and scans that the server has now.
    pub pictures: u64,
    /// Photos and scans that wait.
    pub pictures_waiting: u64,
    /// The device waits for an administrator to compare its fingerprint; its records wait with it.
    pub is_pending: bool,
    /// The server has ordered that this store be deleted: lock it, the next unlocking obeys.
    pub wipe_ordered: bool,
    /// How far the server's clock is ahead of the device's.
    pub clock_ahead_ms: i64,
}

impl From<SyncReport> for SyncOutcome {
    fn from(report: SyncReport) -> Self {
        Self {
            received: report.received,
            set_aside: report.set_aside,
            waiting: report.waiting,
            pulled: report.pulled,
            pictures: report.pictures,
            pictures_waiting: report.pictures_waiting,
            is_pending: report.is_pending,
            wipe_ordered: report.wipe_ordered,
            clock_ahead_ms: report.clock_ahead_ms,
        }
    }
}

/// A way to the server that can be closed.
#[derive(Debug)]
struct Stoppable {
    carrier: Arc<dyn Carrier>,
    is_stopped: Arc<AtomicBool>,
}

/// The listener asked to stop.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
struct Stopped;

impl Carrier for Stoppable {
    fn post(&self, call: &Call<'_>) -> Result<Reply, CarrierError> {
        match self.is_stopped.load(Ordering::Acquire) {
            true => Err(Box::new(Stopped)),
            false => self.carrier.post(call),
        }
    }
}

/// Synchronises an open store.
pub(crate) fn run(
    store: &OpenStore,
    way: &Way,
    now: AtMs,
    listener: Option<&dyn SyncListener>,
    errors: Errors,
) -> Result<SyncOutcome, FieldError> {
    if store.is_practice() {
        return Err(errors.of(ErrorCode::NotAllowed));
    }
    let carrier = way.carrier(store.server());
    let is_stopped = Arc::new(AtomicBool::new(false));
    let transport = HttpTransport {
        root_pem: None,
        carrier: Some(Arc::new(Stoppable {
            carrier: carrier.map_err(|code| errors.of(code))?,
            is_stopped: Arc::clone(&is_stopped),
        })),
    };
    let mut listener = listener;
    let mut heard = |progress: Progress| {
        let Some(hears) = listener else { return };
        match hears.stepped(progress.into()) {
            Ok(true) => {}
            Ok(false) => is_stopped.store(true, Ordering::Release),
            Err(_) => {
                tracing::warn!("the listener of a synchronisation failed and is asked no more");
                listener = None;
            }
        }
    };
    let ended = transport.synchronise(
        store.device(),
        store.server(),
        store.signer(),
        now,
        &mut heard,
    );
    match ended {
        Ok(report) => Ok(report.into()),
        Err(_) if is_stopped.load(Ordering::Acquire) => Err(errors.of(ErrorCode::SyncStopped)),
        Err(error) => Err(errors.sync(&error)),
    }
}
