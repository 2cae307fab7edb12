//! Pasture: quotas, leases, joint groups, fodder and overstock orders (`domain.md` C).

use jiff::civil::Date;

use super::{Centi, is_default};
use crate::pack::vocabulary;

vocabulary! {
    /// The season that a quota belongs to.
    Season {
        /// 暖季.
        Warm => "warm",
        /// 冷季.
        Cold => "cold",
        /// The whole year.
        Year => "year",
    }
}

/// An official pasture quota: so many 亩 for one sheep unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The key of the plot; absent for every plot of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plot: Option<String>,
    /// The season.
    pub season: Season,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// 亩 per sheep unit.
    pub mu_per_su: Centi,
    /// What held before, where a disaster cut it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_disaster: Option<PreviousQuota>,
}

impl Quota {
    /// Whether it holds on `day`.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day <= end)
    }
}

/// The determination before a disaster (`domain.md` B.9.3).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousQuota {
    /// 亩 per sheep unit before the cut.
    pub mu_per_su: Centi,
    /// The day of the cut: relief lasts one rating cycle from it.
    pub cut_on: Date,
}

/// A registered lease of a plot of this subject.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// The key of the plot in the subject's file.
    pub plot: String,
    /// Whether the subject takes or gives.
    pub direction: LeaseDirection,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

vocabulary! {
    /// The side of the subject in a lease.
    LeaseDirection {
        /// The subject uses the plot of another.
        In => "in",
        /// Another uses the plot of the subject.
        Out => "out",
    }
}

/// A joint-herd group (联户) that the subject grazes with: its members' plots and animals pooled.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointGroup {
    /// Reference of the group.
    pub id: String,
    /// Periods with the same members, weighted by their days (`domain.md` G 18).
    pub periods: Vec<GrazingPeriod>,
}

/// A period in which the members of a group did not change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrazingPeriod {
    /// Its length.
    pub days: u32,
    /// Grazing animals of all members, in thousandths of a sheep unit.
    pub grazing_milli_su: i64,
    /// Plots in the balance area that the members use.
    pub plots: Vec<PooledPlot>,
}

/// A plot of a group with its quota.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PooledPlot {
    /// Area.
    pub area_mu: i64,
    /// 亩 per sheep unit.
    pub mu_per_su: Centi,
    /// What held before, where a disaster cut it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_disaster: Option<PreviousQuota>,
}

/// An order to correct overstock.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverstockOrder {
    /// Last day for the correction.
    pub correct_by: Date,
    /// The day on which it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_on: Option<Date>,
}

/// The fodder reserve as it was last assessed in season (`domain.md` H4.4).
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FodderRecord {
    /// Hay equivalent in store.
    pub hay_kg: i64,
    /// All animals, in thousandths of a sheep unit.
    pub total_milli_su: i64,
    /// The count was an estimate (evidence C or D).
    #[serde(default, skip_serializing_if = "is_default")]
    pub estimated: bool,
}
