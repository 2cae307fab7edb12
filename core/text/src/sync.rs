//! What a synchronisation leaves for somebody to do.

use itgel_domain::id::OfficerId;

use crate::{Lang, messages};

/// That records lie on this device alone, since a restored server lost them; `by` is who wrote them,
/// none the officer.
#[must_use]
pub fn only_here(lang: Lang, by: Option<&OfficerId>, count: u64) -> String {
    let count = count.to_string();
    match by {
        Some(by) => messages::sync_only_here(lang, by.as_str(), count),
        None => messages::sync_only_here_own(lang, count),
    }
}
