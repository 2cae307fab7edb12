//! Records as the registers of the banner keep them. A record names subjects by their identifier
//! and plots by the number under which files know them, too.

use jiff::civil::Date;

use super::timeline::Days;
use crate::id::SubjectId;
use crate::item::ItemPath;
use crate::pack::{StockClass, vocabulary};

vocabulary! {
    /// What a plot may be used for; the words are those of the item `plot/*/zone`.
    Zone {
        /// 草畜平衡区: it has a capacity.
        Balance => "balance",
        /// 禁牧区: no grazing, no capacity.
        Ban => "ban",
        /// 休牧区.
        Rest => "rest",
    }
}

/// The right to a plot (承包经营权) for a time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plot {
    /// The number of the plot: the key under which files have it.
    pub key: String,
    /// Who holds the right.
    pub holder: SubjectId,
    /// Area.
    pub area_mu: i64,
    /// Zone.
    pub zone: Zone,
    /// The number of the contract or certificate.
    pub contract: String,
    /// First day.
    pub from: Date,
    /// Last day; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// The right is in dispute (`domain.md` G 20).
    #[serde(default, skip_serializing_if = "crate::register::is_default")]
    pub disputed: bool,
}

/// A lease or sub-lease (草场流转) of a plot or a part of it (`domain.md` G 19).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseContract {
    /// Its number.
    pub id: String,
    /// The number of the plot.
    pub plot: String,
    /// Who gives.
    pub lessor: SubjectId,
    /// Who takes.
    pub lessee: SubjectId,
    /// How much of the plot.
    pub area_mu: i64,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// There is a dated contract in writing.
    pub written: bool,
    /// It is registered.
    pub registered: bool,
}

/// A joint-herd group (联户) with its members (`domain.md` G 18).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointContract {
    /// Its number.
    pub id: String,
    /// First day.
    pub from: Date,
    /// Last day; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// Who belongs to it, and when.
    pub members: Vec<Membership>,
}

/// The time for which somebody belongs to a group.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Who.
    pub member: SubjectId,
    /// First day.
    pub from: Date,
    /// Last day; as long as the group if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// Animals that one household owns and another grazes (`domain.md` G 21).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entrustment {
    /// Its number.
    pub id: String,
    /// Whose animals they are.
    pub owner: SubjectId,
    /// With whom they graze.
    pub keeper: SubjectId,
    /// The class.
    pub class: StockClass,
    /// How many.
    pub heads: i64,
    /// First day.
    pub from: Date,
    /// Last day; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// A record of one of the registers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "register", content = "record", rename_all = "snake_case")]
pub enum LandRecord {
    /// The right to a plot.
    Plot(Plot),
    /// A lease.
    Lease(LeaseContract),
    /// A joint-herd group.
    Joint(JointContract),
    /// Entrusted animals.
    Entrusted(Entrustment),
}

/// Why a record cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RecordFault {
    /// The last day lies before the first.
    #[error("it ends before it begins")]
    Days,
    /// Both sides are the same household.
    #[error("both sides are the same")]
    SameParty,
    /// An area or a number of animals that is not above zero, or absurd.
    #[error("the amount is not plausible")]
    Amount,
    /// No number, or one that cannot be a key.
    #[error("the number cannot be one")]
    Number,
    /// A group without members.
    #[error("a group has members")]
    Members,
}

impl LandRecord {
    /// The word of its register.
    #[must_use]
    pub const fn register(&self) -> &'static str {
        match self {
            Self::Plot(_) => "plot",
            Self::Lease(_) => "lease",
            Self::Joint(_) => "joint",
            Self::Entrusted(_) => "entrusted",
        }
    }

    /// The number under which its register keeps it. A plot has one for each contract, so that
    /// two rights to one plot stand beside one another and are seen.
    #[must_use]
    pub fn number(&self) -> String {
        match self {
            Self::Plot(plot) => format!("{}/{}", plot.key, plot.contract),
            Self::Lease(lease) => lease.id.clone(),
            Self::Joint(group) => group.id.clone(),
            Self::Entrusted(animals) => animals.id.clone(),
        }
    }

    /// First and last day.
    #[must_use]
    pub const fn days(&self) -> (Date, Option<Date>) {
        match self {
            Self::Plot(plot) => (plot.from, plot.to),
            Self::Lease(lease) => (lease.from, Some(lease.to)),
            Self::Joint(group) => (group.from, group.to),
            Self::Entrusted(animals) => (animals.from, animals.to),
        }
    }

    /// Whether the two share a day.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let of = |record: &Self| {
            let (from, to) = record.days();
            Days::new(from, to)
        };
        of(self).meet(of(other)).is_some()
    }

    /// Everybody whom it names, each once.
    #[must_use]
    pub fn subjects(&self) -> Vec<&SubjectId> {
        let mut all: Vec<&SubjectId> = match self {
            Self::Plot(plot) => vec![&plot.holder],
            Self::Lease(lease) => vec![&lease.lessor, &lease.lessee],
            Self::Joint(group) => group.members.iter().map(|m| &m.member).collect(),
            Self::Entrusted(animals) => vec![&animals.owner, &animals.keeper],
        };
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The plot that it is about.
    #[must_use]
    pub fn plot(&self) -> Option<&str> {
        match self {
            Self::Plot(plot) => Some(&plot.key),
            Self::Lease(lease) => Some(&lease.plot),
            Self::Joint(_) | Self::Entrusted(_) => None,
        }
    }

    /// Whether the record can be one at all.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), RecordFault> {
        let (from, to) = self.days();
        if to.is_some_and(|to| to < from) {
            return Err(RecordFault::Days);
        }
        let is_key = |key: &str| format!("plot/{key}/area_mu").parse::<ItemPath>().is_ok();
        let is_number = |text: &str| !text.trim().is_empty() && text.len() <= 128;
        let is_area = |mu: i64| (1..=1_000_000).contains(&mu);
        let (numbered, plausible) = match self {
            Self::Plot(p) => (is_key(&p.key) && is_number(&p.contract), is_area(p.area_mu)),
            Self::Lease(l) => (is_key(&l.plot) && is_number(&l.id), is_area(l.area_mu)),
            Self::Joint(g) => (is_number(&g.id), true),
            Self::Entrusted(a) => (is_number(&a.id), (1..=100_000).contains(&a.heads)),
        };
        if !numbered {
            return Err(RecordFault::Number);
        }
        if !plausible {
            return Err(RecordFault::Amount);
        }
        match self {
            Self::Plot(_) => Ok(()),
            Self::Lease(_) | Self::Entrusted(_) if self.subjects().len() < 2 => {
                Err(RecordFault::SameParty)
            }
            Self::Lease(_) | Self::Entrusted(_) => Ok(()),
            Self::Joint(group) => check_members(group),
        }
    }
}

fn check_members(group: &JointContract) -> Result<(), RecordFault> {
    let wrong = |m: &Membership| {
        let ends_early = m.to.is_some_and(|to| to < m.from);
        let outside = m.from < group.from || group.to.is_some_and(|end| end < m.from);
        ends_early || outside
    };
    if group.members.is_empty() {
        return Err(RecordFault::Members);
    }
    if group.members.iter().any(wrong) {
        return Err(RecordFault::Days);
    }
    Ok(())
}

/// Records of all registers.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Records {
    /// Rights to plots.
    pub plots: Vec<Plot>,
    /// Leases.
    pub leases: Vec<LeaseContract>,
    /// Joint-herd groups.
    pub joint: Vec<JointContract>,
    /// Entrusted animals.
    pub entrusted: Vec<Entrustment>,
}

impl Records {
    /// Adds a record to those of its register.
    pub fn add(&mut self, record: LandRecord) {
        match record {
            LandRecord::Plot(plot) => self.plots.push(plot),
            LandRecord::Lease(lease) => self.leases.push(lease),
            LandRecord::Joint(group) => self.joint.push(group),
            LandRecord::Entrusted(animals) => self.entrusted.push(animals),
        }
    }
}

impl FromIterator<LandRecord> for Records {
    fn from_iter<I: IntoIterator<Item = LandRecord>>(records: I) -> Self {
        let mut all = Self::default();
        for record in records {
            all.add(record);
        }
        all
    }
}
