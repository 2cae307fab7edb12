//! Synchronising by itself while a store is unlocked: when something new waits, when the network comes
//! back, and every hour; later and later where nothing goes through. Never two at once, and nothing
//! more once the store is locked or the program ends.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use itgel_device::Device;
use itgel_device::retry::{Attempt, Retry};
use itgel_domain::time::AtMs;

use crate::app::FieldApp;

/// How often a program looks whether it is time.
pub const PACE: Duration = Duration::from_secs(5);

/// When a session synchronises next. Its time is the steady clock: one that is set, or a year off,
/// neither hurries nor delays anything.
#[derive(Default)]
pub(crate) struct Schedule(Mutex<Plan>);

#[derive(Clone, Copy, Default)]
struct Plan {
    retry: Retry,
    /// Records that waited when the last attempt ended: more than these are new.
    waited: u64,
}

impl Schedule {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to synchronise now, with so many records that wait.
    fn is_due(&self, waiting: u64, now: AtMs) -> bool {
        let mut plan = self.plan();
        if waiting > plan.waited {
            plan.retry = plan.retry.on_new_work(now);
            plan.waited = waiting;
        }
        plan.retry.is_due(now)
    }

    pub(crate) fn on_request(&self, now: AtMs) {
        let mut plan = self.plan();
        plan.retry = plan.retry.on_request(now);
    }

    fn on_connectivity(&self, now: AtMs) {
        let mut plan = self.plan();
        plan.retry = plan.retry.on_connectivity(now);
    }

    pub(crate) fn after(&self, attempt: Attempt, waiting: u64, now: AtMs, jitter: u32) {
        let mut plan = self.plan();
        plan.retry = plan.retry.after(attempt, now, jitter);
        plan.waited = waiting;
    }

    /// Milliseconds until the next attempt; `None` while a person has to act first.
    pub(crate) fn next_in_ms(&self, now: AtMs) -> Option<i64> {
        let next = self.plan().retry.next_attempt()?;
        Some(next.0.saturating_sub(now.0).max(0))
    }
}

/// Records that the server has not answered; none that could be sent if the store cannot say.
pub(crate) fn waiting(device: &Device) -> u64 {
    device.summary().map_or(0, |summary| summary.waiting)
}

impl FieldApp {
    /// Begins to synchronise if a store is unlocked, nothing goes on and it is time; whether it did.
    /// A shell with a scheduler of its own calls this; [`FieldApp::keep_synchronised`] does so else.
    pub fn synchronise_if_due(&self) -> bool {
        let Some(session) = self.session() else {
            return false;
        };
        if session.profile.is_practice() {
            return false;
        }
        let is_due = session
            .schedule
            .is_due(waiting(&session.device), self.steady());
        is_due && self.synchronise(&session)
    }

    /// Says that the network came back: what failed is tried again without waiting.
    pub fn network_came_back(&self) {
        if let Some(session) = self.session() {
            session.schedule.on_connectivity(self.steady());
        }
        self.synchronise_if_due();
    }

    /// Looks every `pace` whether it is time to synchronise or to lock, until the keeper is dropped.
    #[must_use]
    pub fn keep_synchronised(&self, pace: Duration) -> Keeper {
        let (ends, ended) = mpsc::channel::<()>();
        let app = self.clone();
        let thread = std::thread::spawn(move || {
            // Nothing is ever sent: the other end goes away when the program ends.
            while ended.recv_timeout(pace) == Err(RecvTimeoutError::Timeout) {
                app.synchronise_if_due();
                app.lock_if_idle();
            }
        });
        Keeper {
            app: self.clone(),
            ends: Some(ends),
            thread: Some(thread),
        }
    }

    /// The steady clock, as the schedule reads it.
    pub(crate) fn steady(&self) -> AtMs {
        AtMs(i64::try_from(self.steady_ms()).unwrap_or(i64::MAX))
    }
}

/// Keeps an unlocked store synchronised; dropped, it locks the store and ends what goes on at its
/// next page.
pub struct Keeper {
    app: FieldApp,
    ends: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.ends = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("what synchronises by itself had stopped");
        }
        self.app.lock();
    }
}
