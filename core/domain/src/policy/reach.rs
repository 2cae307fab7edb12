//! How far a role reaches: the largest division in which it may be given to a person, and how much
//! one person may have in it (`domain.md` D.1; `security.md` T01, T13). Whoever gives more is stopped
//! when he gives it, not when a device is lost.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::case::Role;
use crate::division::DivisionLevel;

/// The bounds that are part of the program.
const BUILTIN: &str = include_str!("../../../../fixtures/catalogue/reach.toml");

/// The bounds of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The largest division.
    pub level: Level,
    /// The most gachas over all of a person's divisions; without one, no bound.
    pub gachas: Option<u64>,
    /// The most households over all of a person's divisions; without one, no bound.
    pub households: Option<u64>,
}

/// A level as the file writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 自治区.
    Region,
    /// 盟市.
    Prefecture,
    /// 旗县.
    County,
    /// 苏木乡镇.
    Township,
    /// 嘎查村.
    Village,
}

impl Reach {
    /// The bounds of a role.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the embedded file is parsed by the tests of every build"
    )]
    pub fn of(role: Role) -> Self {
        static ALL: LazyLock<BTreeMap<Role, Reach>> =
            LazyLock::new(|| toml::from_str(BUILTIN).expect("the embedded bounds parse"));
        *ALL.get(&role).expect("every role has its bounds")
    }

    /// Whether the role may be given in a division of this level.
    #[must_use]
    pub fn allows(self, level: DivisionLevel) -> bool {
        level >= self.level.level()
    }
}

impl Level {
    /// The level.
    #[must_use]
    pub const fn level(self) -> DivisionLevel {
        match self {
            Self::Region => DivisionLevel::Region,
            Self::Prefecture => DivisionLevel::Prefecture,
            Self::County => DivisionLevel::County,
            Self::Township => DivisionLevel::Township,
            Self::Village => DivisionLevel::Village,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_bounds_and_no_field_officer_gets_a_banner() {
        for role in Role::ALL {
            let reach = Reach::of(role);
            assert!(reach.allows(DivisionLevel::Village), "{role}");
        }
        let collector = Reach::of(Role::Collector);
        assert!(!collector.allows(DivisionLevel::County));
        assert!(!collector.allows(DivisionLevel::Prefecture));
        assert!(collector.gachas.is_some() && collector.households.is_some());
    }
}
