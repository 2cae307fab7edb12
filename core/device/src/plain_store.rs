//! The store without a key, as the peer of a benchmark (`design.md` 13). This module is only in a
//! build with the feature `plain-store`, which nothing that is installed turns on.

use std::sync::atomic::{AtomicBool, Ordering};

static ON: AtomicBool = AtomicBool::new(false);

/// Makes the stores that are opened from now on plain, or encrypted again.
pub fn set(on: bool) {
    ON.store(on, Ordering::SeqCst);
}

pub(crate) fn is_on() -> bool {
    ON.load(Ordering::SeqCst)
}
