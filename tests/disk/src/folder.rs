//! The folder of a disk: its counters, its fault, its room, and what is not safe yet.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;

use crate::plan::{Failure, Fault, Op};
use crate::power::{self, Unsafe};

/// Operations by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u64; Op::ALL.len()]);

impl Counts {
    /// How many of one kind.
    #[must_use]
    pub const fn of(&self, op: Op) -> u64 {
        self.0[op.place()]
    }

    /// How many altogether.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// A file as the file system has it; every error is SQLite's code.
pub(crate) trait Real {
    fn read(&self, at: i64, len: usize) -> Result<Vec<u8>, i32>;
    fn len(&self) -> Result<i64, i32>;
}

/// The folder.
pub(crate) struct Folder {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    fault: Option<Fault>,
    /// Operations that the fault counts.
    met: u64,
    has_failed: bool,
    free: Option<u64>,
    is_synchronous_off: bool,
    is_dark: bool,
    /// `None` while nobody wants to know; whether it lies.
    watch: Option<bool>,
    unsafe_now: Unsafe,
}

/// What becomes of an operation that was let through.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Done,
    /// It is done, and then power goes.
    Dark,
}

impl Folder {
    pub(crate) fn at(path: PathBuf) -> Self {
        let state = Mutex::default();
        Self { path, state }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.lock().has_failed
    }

    pub(crate) fn arm(&self, fault: Option<Fault>) {
        let mut state = self.lock();
        state.fault = fault;
        (state.counts, state.met, state.has_failed) = (Counts::default(), 0, false);
    }

    pub(crate) fn leave_room(&self, free: Option<u64>) {
        self.lock().free = free;
    }

    pub(crate) fn watch(&self, lies: bool) {
        let mut state = self.lock();
        state.watch = Some(lies);
        state.unsafe_now = Unsafe::default();
    }

    pub(crate) fn turn_synchronous_off(&self) {
        self.lock().is_synchronous_off = true;
    }

    pub(crate) fn is_synchronous_off(&self) -> bool {
        self.lock().is_synchronous_off
    }

    pub(crate) fn cut_power(&self) {
        self.lock().is_dark = true;
    }

    pub(crate) fn restore(&self, pick: &mut dyn FnMut(u64) -> u64) -> std::io::Result<()> {
        let mut state = self.lock();
        std::mem::take(&mut state.unsafe_now).lose(pick)?;
        power::remove_shared(&self.path)?;
        (state.is_dark, state.fault) = (false, None);
        Ok(())
    }

    /// Counts an operation and lets it through or not.
    ///
    /// # Errors
    /// SQLite's code for the failure.
    pub(crate) fn admit(&self, op: Op) -> Result<Then, i32> {
        let mut state = self.lock();
        if state.is_dark {
            return Err(io_error(op));
        }
        state.counts.0[op.place()] += 1;
        let Some(fault) = state.fault.filter(|fault| fault.ops.contains(&op)) else {
            return Ok(Then::Done);
        };
        state.met += 1;
        if state.met != fault.nth && !(fault.stays && state.met > fault.nth) {
            return Ok(Then::Done);
        }
        state.has_failed = true;
        match fault.how {
            Failure::Io => Err(io_error(op)),
            Failure::Full if op == Op::Write => Err(ffi::SQLITE_FULL),
            Failure::Full => Ok(Then::Done),
            Failure::Power => {
                state.is_dark = true;
                Ok(Then::Dark)
            }
        }
    }

    /// Takes room for a file that grows.
    ///
    /// # Errors
    /// `SQLITE_FULL`.
    pub(crate) fn grow(&self, from: i64, to: i64) -> Result<(), i32> {
        let mut state = self.lock();
        let (Some(free), Ok(more)) = (state.free, u64::try_from(to - from)) else {
            return Ok(());
        };
        let left = free.checked_sub(more).ok_or(ffi::SQLITE_FULL)?;
        state.free = Some(left);
        Ok(())
    }

    /// Gives room back.
    pub(crate) fn shrink(&self, by: i64) {
        let by = u64::try_from(by).unwrap_or(0);
        let mut state = self.lock();
        state.free = state.free.map(|free| free.saturating_add(by));
    }

    pub(crate) fn created(&self, path: &Path) {
        self.note(|state| state.unsafe_now.created(path));
    }

    /// Notes a write before it is done.
    ///
    /// # Errors
    /// SQLite's code if the old content cannot be read.
    pub(crate) fn writes(
        &self,
        file: &dyn Real,
        path: &Path,
        at: i64,
        new: &[u8],
    ) -> Result<(), i32> {
        if self.lock().watch.is_none() {
            return Ok(());
        }
        let old = file.read(at, new.len())?;
        let (at, len) = (size(at), size(file.len()?));
        self.note(|state| state.unsafe_now.wrote(path, at, old, len, new));
        Ok(())
    }

    /// Notes a cut before it is done.
    ///
    /// # Errors
    /// SQLite's code if the old content cannot be read.
    pub(crate) fn truncates(&self, file: &dyn Real, path: &Path, to: i64) -> Result<(), i32> {
        if self.lock().watch.is_none() {
            return Ok(());
        }
        let tail = file.read(to, size(file.len()? - to))?;
        self.note(|state| state.unsafe_now.truncated(path, tail, size(to)));
        Ok(())
    }

    pub(crate) fn synced(&self, path: &Path) {
        self.note(|state| {
            if state.watch == Some(false) {
                state.unsafe_now.synced(path);
            }
        });
    }

    /// Notes a deletion before it is done.
    pub(crate) fn deletes(&self, path: &Path, syncs_folder: bool) {
        let content = std::fs::read(path).unwrap_or_default();
        self.shrink(i64::try_from(content.len()).unwrap_or(i64::MAX));
        self.note(|state| {
            let is_safe = syncs_folder && state.watch == Some(false);
            state.unsafe_now.deleted(path, content, is_safe);
        });
    }

    fn note(&self, note: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        if state.watch.is_some() {
            note(&mut state);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A negative length is none.
fn size(len: i64) -> usize {
    usize::try_from(len).unwrap_or(0)
}

const fn io_error(op: Op) -> i32 {
    match op {
        Op::Open => ffi::SQLITE_CANTOPEN,
        Op::Read => ffi::SQLITE_IOERR_READ,
        Op::Write => ffi::SQLITE_IOERR_WRITE,
        Op::Sync => ffi::SQLITE_IOERR_FSYNC,
        Op::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
        Op::Delete => ffi::SQLITE_IOERR_DELETE,
        Op::Lock => ffi::SQLITE_IOERR_LOCK,
    }
}
