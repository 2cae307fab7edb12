//! A disk that fails, fills up and loses power.
//!
//! [`Disk::over`] puts a layer between SQLite and the files of one folder. It becomes SQLite's
//! default way to files in this process, so stores use it unchanged, whatever else they do
//! (`SQLCipher` encrypts above it); files of other folders pass through untouched. The layer
//! counts operations, fails the one it is told to, runs out of room, and remembers what was
//! written since the last sync that it honoured: [`Disk::restore`] then leaves of the files what
//! a loss of power would have left, torn writes included.
//!
//! A sync ends here and costs nothing; files survive the process as any files do.
//!
//! What does not go through SQLite, as the wrapped key beside a device's store, is not seen here.

mod folder;
mod plan;
mod power;
mod vfs;

use std::path::Path;
use std::sync::Arc;

pub use folder::Counts;
pub use plan::{Failure, Fault, Op};

use folder::Folder;

/// Why there is no such disk.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The folder.
    #[error("the folder cannot be used")]
    Folder(#[from] std::io::Error),
    /// SQLite.
    #[error("SQLite does not take the layer: code {0}")]
    Sqlite(i32),
    /// A disk is there already.
    #[error("the folder has such a disk already")]
    Taken,
}

/// The disk under one folder; files there are ordinary ones again when it is dropped.
pub struct Disk {
    folder: Arc<Folder>,
}

impl Disk {
    /// A disk under an existing folder, in good health. Files that are open there already stay
    /// as they are.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn over(folder: &Path) -> Result<Self, DiskError> {
        vfs::install().map_err(DiskError::Sqlite)?;
        let folder = Arc::new(Folder::at(folder.canonicalize()?));
        if !vfs::add(&folder) {
            return Err(DiskError::Taken);
        }
        Ok(Self { folder })
    }

    /// How many operations there were since the last [`Disk::heal`].
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.folder.counts()
    }

    /// From now on the disk has this fault. Counting starts again.
    pub fn fail(&self, fault: Fault) {
        self.folder.arm(Some(fault));
    }

    /// Whether the fault has been met.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.folder.has_failed()
    }

    /// The disk works again and has room. Counting starts again.
    pub fn heal(&self) {
        self.folder.arm(None);
        self.folder.leave_room(None);
    }

    /// From now on files can grow by so many bytes altogether; `None` for no limit.
    pub fn leave_room(&self, free: Option<u64>) {
        self.folder.leave_room(free);
    }

    /// From now on the disk remembers what is not safe yet. Call it while every file of the
    /// folder is closed: what they hold then is taken for safe.
    pub fn watch_power(&self) {
        self.folder.watch(false);
    }

    /// As [`Disk::watch_power`], but the disk lies: it answers every sync and honours none.
    pub fn lie(&self) {
        self.folder.watch(true);
    }

    /// Whatever a connection asks for, it works with `synchronous=OFF` from its next
    /// `pragma synchronous` on: the store under test need not know.
    pub fn turn_synchronous_off(&self) {
        self.folder.turn_synchronous_off();
    }

    /// Power goes: every operation fails until [`Disk::restore`].
    pub fn cut_power(&self) {
        self.folder.cut_power();
    }

    /// Power comes back: the files become what the disk had really written. Every write since
    /// its last honoured sync stays whole, stays in half or is lost as `pick` says, which gives a
    /// number below the one it is given. Call it after every file of the folder was closed.
    ///
    /// # Errors
    /// [`DiskError::Folder`].
    pub fn restore(&self, pick: &mut dyn FnMut(u64) -> u64) -> Result<(), DiskError> {
        Ok(self.folder.restore(pick)?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        vfs::remove(&self.folder);
    }
}
