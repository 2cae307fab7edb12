//! The kinds of table that can be imported, one file each.

mod common;
mod quotas;

use super::sheet::AnySheet;

/// Every kind, in the order in which officials are shown them.
#[must_use]
pub fn all() -> &'static [&'static dyn AnySheet] {
    &[&quotas::Quotas]
}

/// The kind with this word.
#[must_use]
pub fn find(kind: &str) -> Option<&'static dyn AnySheet> {
    all().iter().copied().find(|sheet| sheet.kind() == kind)
}
