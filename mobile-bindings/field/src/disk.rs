//! The room that is left for the stores.

use std::path::Path;

/// Below this every page says that the disk fills up: some fifty photos and a day of visits.
pub(crate) const LOW_BYTES: u64 = 200 << 20;

/// Who knows how much room there is.
pub trait Disk: Send + Sync {
    /// Bytes that can still be written into `folder`; `None` where nobody can say.
    fn free_bytes(&self, folder: &Path) -> Option<u64>;
}

/// The operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn free_bytes(&self, folder: &Path) -> Option<u64> {
        fs4::available_space(folder).ok()
    }
}
