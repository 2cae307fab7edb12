//! The lock that comes by itself (T01), and what was written when it came: kept in memory alone, for
//! the officer who wrote it, until their PIN.
//!
//! Two clocks are asked. The steady one cannot be set, but on some phones it stands while the device
//! sleeps; the one of the day goes on then. Whichever says that the time is over locks, so that a
//! clock that is set can hasten the lock and never delay it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use itgel_device::Error;
use itgel_domain::time::AtMs;
use zeroize::Zeroizing;

use crate::app::{FieldApp, Session};
use crate::officers::Profile;

/// How long a store stays open without a request of its officer: long enough to count a herd, short
/// enough that a phone left on a fence shows nothing.
pub const IDLE_MS: u64 = 5 * 60_000;

/// Most forms that wait for a PIN; each is at most as long as a form may be.
const MAX_HELD: usize = 16;

/// When the officer last asked for something.
#[derive(Default)]
pub(crate) struct Touched {
    steady_ms: AtomicU64,
    at_ms: AtomicI64,
}

impl Touched {
    fn set(&self, steady_ms: u64, at: AtMs) {
        self.steady_ms.store(steady_ms, Ordering::SeqCst);
        self.at_ms.store(at.0, Ordering::SeqCst);
    }

    fn is_over(&self, steady_ms: u64, at: AtMs) -> bool {
        let by_day = at.0.saturating_sub(self.at_ms.load(Ordering::SeqCst));
        let steady = steady_ms.saturating_sub(self.steady_ms.load(Ordering::SeqCst));
        steady >= IDLE_MS || u64::try_from(by_day).is_ok_and(|passed| passed >= IDLE_MS)
    }
}

/// A form that was sent to a locked store.
pub(crate) struct HeldForm {
    /// The folder of the officer whose store it was.
    folder: String,
    /// Where it goes.
    pub(crate) address: String,
    /// What it says.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// What is known of a store after it was locked.
#[derive(Default)]
pub(crate) struct Door {
    /// Whose store it was.
    of: Option<String>,
    /// Nobody asked for it.
    is_idle: bool,
    held: Vec<HeldForm>,
}

impl Door {
    /// A store was locked. What is sent to one for practice is not worth keeping: it has no PIN.
    pub(crate) fn shut(&mut self, profile: &Profile, is_idle: bool) {
        self.of = (!profile.is_practice()).then(|| profile.folder.clone());
        self.is_idle = is_idle;
    }
}

impl FieldApp {
    /// Locks the store if its officer has asked for nothing for [`IDLE_MS`]; whether it did. What
    /// synchronises goes on to its end. A device that was handed to evaluators stays with them.
    pub fn lock_if_idle(&self) -> bool {
        let (steady_ms, at) = (self.steady_ms(), self.now());
        let mut state = self.state();
        let session = state.session.as_ref();
        let is_idle = session.is_some_and(|session| session.touched.is_over(steady_ms, at));
        if is_idle {
            state.leave(true);
        }
        is_idle
    }

    /// The officer asked for something.
    pub(crate) fn touch(&self, session: &Session) {
        session.touched.set(self.steady_ms(), self.now());
    }

    /// Whether the last store was locked because nobody asked for anything.
    pub(crate) fn was_idle(&self) -> bool {
        let state = self.state();
        state.session.is_none() && state.handed.is_none() && state.door.is_idle
    }

    /// Keeps a form until the PIN of the officer whose store was open last; whether it is kept. Not
    /// while the device is in others' hands, for then it is not the officer's.
    pub(crate) fn hold(&self, address: &str, body: Vec<u8>) -> bool {
        let body = Zeroizing::new(body);
        let mut state = self.state();
        let (None, Some(folder)) = (&state.handed, state.door.of.clone()) else {
            return false;
        };
        let held = &mut state.door.held;
        // What is sent again takes the place of what was sent before.
        held.retain(|one| one.folder != folder || one.address != address);
        if held.len() >= MAX_HELD {
            return false;
        }
        held.push(HeldForm {
            folder,
            address: address.to_owned(),
            body,
        });
        true
    }

    /// Whether a form waits for a PIN.
    pub(crate) fn holds(&self) -> bool {
        !self.state().door.held.is_empty()
    }

    /// The forms that wait for the officer whose store is open, in their order.
    pub(crate) fn take_held(&self) -> Vec<HeldForm> {
        let mut state = self.state();
        let Some(session) = state.session.clone() else {
            return Vec::new();
        };
        let held = std::mem::take(&mut state.door.held).into_iter();
        let (ours, others) = held.partition(|one| one.folder == session.profile.folder);
        state.door.held = others;
        ours
    }

    /// Opens a store again that was locked while it synchronises: what goes on goes on. `None` if
    /// nothing does.
    pub(crate) fn come_back(
        &self,
        profile: &Profile,
        pin: &str,
    ) -> Result<Option<Arc<Session>>, Error> {
        let Some(session) = self.state().resting(&profile.folder) else {
            return Ok(None);
        };
        self.officers().signer_of(profile, pin)?;
        self.resume(&session);
        Ok(Some(session))
    }
}
