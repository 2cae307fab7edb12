//! Synchronising as a job: it runs beside the pages, which ask how far it is.

use std::sync::{Arc, Mutex, PoisonError};

use itgel_device::sync::{Progress, SyncReport};
use itgel_domain::error::{ErrorCode, Kind};

/// How far the last synchronisation is, or how it ended.
#[derive(Debug, Clone, Default)]
pub(crate) enum JobState {
    /// None since the start of the program.
    #[default]
    None,
    /// It goes on.
    Running(Option<Progress>),
    /// It came to its end.
    Done(Box<SyncReport>),
    /// It stopped; everything is kept.
    Failed {
        /// What can be done about it.
        kind: Kind,
        /// The reason, if there is a code for it.
        code: Option<ErrorCode>,
    },
}

/// The one job of a session.
#[derive(Clone, Default)]
pub(crate) struct Job(Arc<Mutex<JobState>>);

impl Job {
    pub(crate) fn state(&self) -> JobState {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Begins, unless it goes on already.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, JobState::Running(_)) {
            return false;
        }
        *state = JobState::Running(None);
        true
    }

    /// What says that the job has ended, whatever ends it: a page would ask for ever otherwise.
    pub(crate) fn ending(&self) -> Ending {
        Ending(self.clone())
    }

    pub(crate) fn set(&self, next: JobState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// How many of the records that wait have been answered, while they are being sent.
    pub(crate) fn sending(&self) -> Option<(u64, u64)> {
        match self.state() {
            JobState::Running(Some(Progress::Sending { done, total })) => Some((done, total)),
            _ => None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state(), JobState::Running(_))
    }
}

/// Ends the job when it is dropped, if nothing else did.
pub(crate) struct Ending(Job);

impl Drop for Ending {
    fn drop(&mut self) {
        if self.0.is_running() {
            self.0.set(JobState::Failed {
                kind: Kind::Internal,
                code: Some(ErrorCode::Internal),
            });
        }
    }
}
