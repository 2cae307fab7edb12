//! What contradicts itself between records. Each record is well formed; together they cannot all
//! be true, and nobody but the keepers of the registers can tell which one is wrong.

use jiff::civil::Date;

use crate::error::ErrorCode;
use crate::pack::vocabulary;

vocabulary! {
    /// Ways in which records contradict one another.
    FaultKind {
        /// Two holders of one plot, or leases out of it by two who cannot both have it.
        ClaimedTwice => "claimed_twice",
        /// The plot is marked as disputed in its register.
        Disputed => "disputed",
        /// Leases that lead back to where they began.
        LeaseCycle => "lease_cycle",
        /// More leased out than there is.
        SubletBeyond => "sublet_beyond",
        /// The register of plots does not know the plot; leases of it are taken at their word.
        PlotUnknown => "plot_unknown",
        /// A member whose count falls on no day of its membership.
        GroupMissesCount => "group_misses_count",
        /// A household in two groups on one day.
        TwoGroups => "two_groups",
        /// A member of whom no count has arrived.
        Uncounted => "uncounted",
    }
}

impl FaultKind {
    /// The code under which the keepers of the registers are told.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::ClaimedTwice => ErrorCode::LandClaimedTwice,
            Self::Disputed => ErrorCode::LandDisputed,
            Self::LeaseCycle => ErrorCode::LandLeaseCycle,
            Self::SubletBeyond => ErrorCode::LandSubletBeyond,
            Self::PlotUnknown => ErrorCode::LandPlotUnknown,
            Self::GroupMissesCount => ErrorCode::LandGroupMissesCount,
            Self::TwoGroups => ErrorCode::LandTwoGroups,
            Self::Uncounted => ErrorCode::LandUncounted,
        }
    }
}

/// A contradiction, for the keepers of the registers. It names records, never persons.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The number of the plot or group that it is about.
    pub about: String,
    /// The contracts that are concerned, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<String>,
    /// First day.
    pub from: Date,
    /// Last day; without an end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}
