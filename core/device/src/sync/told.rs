//! What a run tells of its progress, which is also where it can be ended: between two pages.

use std::sync::atomic::Ordering;

use itgel_domain::sync::SyncProtocol;

use super::{Progress, Run, SyncError};
use crate::Device;
use crate::error::Error;

impl Device {
    /// Ends a synchronisation at its next page and lets no other begin: the store is being closed.
    /// What was answered is kept, and everything else waits.
    pub fn end_sync(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// Whether a synchronisation may go on.
    pub(super) fn goes_on(&self) -> Result<(), Error> {
        match self.is_ending.load(Ordering::Relaxed) {
            true => Err(Error::Ended),
            false => Ok(()),
        }
    }
}

impl<P: SyncProtocol> Run<'_, P> {
    /// Tells how far the run is.
    ///
    /// # Errors
    /// [`Error::Ended`] if no further page is to follow.
    pub(super) fn tell(&mut self, progress: Progress) -> Result<(), SyncError> {
        (self.progress)(progress);
        Ok(self.device.goes_on()?)
    }
}
