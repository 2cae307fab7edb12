//! Pasture: quotas, leases, joint groups, entrusted animals, fodder and overstock orders
//! (`domain.md` C).

use jiff::civil::Date;

use super::{Centi, is_default};
use crate::pack::{StockClass, vocabulary};

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

/// A lease of a plot of this subject, as the registers resolve it: whoever stands in the middle of
/// a chain of sub-leases has a row with what is left to it (`domain.md` G 19).
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
    /// How much of the plot is taken or given; all of it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_mu: Option<i64>,
}

impl Lease {
    /// Whether it runs on `day`, first and last day included.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
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
    /// Members of whom no count has arrived: their animals and plots are left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub uncounted: u32,
}

/// A period in which the members of a group did not change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrazingPeriod {
    /// Its length, where it has no days of its own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub days: u32,
    /// First day; what counts is how much of it lies in the season of the count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// The subject is a member in it: its own animals and plots, as its file has them, come on
    /// top of what stands here.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with_own: bool,
    /// Grazing animals, in thousandths of a sheep unit.
    pub grazing_milli_su: i64,
    /// Plots in the balance area that the members use.
    pub plots: Vec<PooledPlot>,
}

impl GrazingPeriod {
    /// Whether the period has days of its own and `day` is one of them.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        let (from, to) = (self.from, self.to);
        from.is_some_and(|from| from <= day) && to.is_some_and(|to| day <= to)
    }
}

/// A plot of a group with its quota.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PooledPlot {
    /// Area in use.
    pub area_mu: i64,
    /// 亩 per sheep unit; without it the quota that holds for the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mu_per_su: Option<Centi>,
    /// What held before, where a disaster cut it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_disaster: Option<PreviousQuota>,
}

/// Animals that one household owns and another grazes (委托放牧, `domain.md` C.3, G 21).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entrusted {
    /// The side of the subject.
    pub keeping: Keeping,
    /// The class.
    pub class: StockClass,
    /// How many.
    pub heads: i64,
    /// First day.
    pub from: Date,
    /// Last day; still going on if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

impl Entrusted {
    /// Whether they are kept by the other on `day`, first and last day included.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

vocabulary! {
    /// The side of the subject where animals are entrusted.
    Keeping {
        /// The subject grazes animals of another.
        ForOthers => "for_others",
        /// Another grazes animals of the subject.
        ByOthers => "by_others",
    }
}

/// A plot that is in dispute for a time and gives capacity to nobody (`domain.md` G 20).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputedPlot {
    /// The key of the plot in the subject's file.
    pub plot: String,
    /// First day.
    pub from: Date,
    /// Last day; still going on if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

impl DisputedPlot {
    /// Whether the dispute goes on on `day`.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// What the registers of plots, leases, joint groups and entrusted animals say of one subject:
/// resolved by [`crate::land`], published as one row, so that a device never holds half of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LandUse {
    /// Leases that move capacity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leases: Vec<Lease>,
    /// Leases that are oral, or not registered where they have to be or usually are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unregistered_leases: Vec<Lease>,
    /// Plots in dispute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disputed_plots: Vec<DisputedPlot>,
    /// Joint groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joint_groups: Vec<JointGroup>,
    /// Animals kept for others and by others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entrusted: Vec<Entrusted>,
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
