//! The packs and parameter tables that are part of the program. They seed the database, which is
//! the only source afterwards; tests and the command line read them from here.

use std::sync::{Arc, LazyLock};

use super::{Parameters, RulePack};
use crate::assess::Rules;
use crate::hash::Hash;

/// File name and content of each shipped rule pack.
pub const PACKS: &[(&str, &str)] = &[
    (
        "hh-nm-1.toml",
        include_str!("../../../../fixtures/packs/hh-nm-1.toml"),
    ),
    (
        "en-nm-1.toml",
        include_str!("../../../../fixtures/packs/en-nm-1.toml"),
    ),
    (
        "ce-nm-1.toml",
        include_str!("../../../../fixtures/packs/ce-nm-1.toml"),
    ),
    (
        "gv-nm-1.toml",
        include_str!("../../../../fixtures/packs/gv-nm-1.toml"),
    ),
    (
        "sm-nm-1.toml",
        include_str!("../../../../fixtures/packs/sm-nm-1.toml"),
    ),
];

/// File name and content of each shipped parameter table.
pub const PARAMETERS: &[(&str, &str)] = &[
    (
        "ex-1.toml",
        include_str!("../../../../fixtures/parameters/ex-1.toml"),
    ),
    (
        "150623-2026.toml",
        include_str!("../../../../fixtures/parameters/150623-2026.toml"),
    ),
];

/// The shipped rules, parsed once.
#[derive(Debug)]
pub struct Shipped {
    packs: Vec<Arc<RulePack>>,
    parameters: Vec<Arc<Parameters>>,
}

/// The shipped rules.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the embedded files are parsed by the tests of every build"
)]
pub fn rules() -> &'static Shipped {
    static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| Shipped {
        packs: PACKS
            .iter()
            .map(|(name, text)| {
                Arc::new(RulePack::parse(name, text.as_bytes()).expect("shipped packs parse"))
            })
            .collect(),
        parameters: PARAMETERS
            .iter()
            .map(|(name, text)| {
                Arc::new(Parameters::parse(name, text.as_bytes()).expect("shipped tables parse"))
            })
            .collect(),
    });
    &SHIPPED
}

impl Shipped {
    /// All packs.
    #[must_use]
    pub fn packs(&self) -> &[Arc<RulePack>] {
        &self.packs
    }

    /// All parameter tables.
    #[must_use]
    pub fn parameter_tables(&self) -> &[Arc<Parameters>] {
        &self.parameters
    }

    /// The pack with this id, in either case.
    #[must_use]
    pub fn find_pack(&self, id: &str) -> Option<Arc<RulePack>> {
        self.packs
            .iter()
            .find(|p| p.id.eq_ignore_ascii_case(id))
            .cloned()
    }

    /// The parameter table with this id, in either case.
    #[must_use]
    pub fn find_parameters(&self, id: &str) -> Option<Arc<Parameters>> {
        self.parameters
            .iter()
            .find(|p| p.id.eq_ignore_ascii_case(id))
            .cloned()
    }
}

impl Rules for Shipped {
    fn pack(&self, hash: &Hash) -> Option<Arc<RulePack>> {
        self.packs.iter().find(|p| p.hash() == *hash).cloned()
    }

    fn parameters(&self, hash: &Hash) -> Option<Arc<Parameters>> {
        self.parameters.iter().find(|p| p.hash() == *hash).cloned()
    }
}
