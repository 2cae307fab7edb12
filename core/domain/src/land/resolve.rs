//! What the records come to for each subject.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::fault::Fault;
use super::joint::resolve_groups;
use super::plots::resolve_plot;
use super::record::{Entrustment, LeaseContract, Records};
use crate::id::SubjectId;
use crate::register::{Entrusted, Keeping, LandUse, Lease, LeaseDirection, PooledPlot};

/// What a league or banner decides about leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LandRules {
    /// A written lease moves capacity only once it is registered (`domain.md` C.3).
    pub must_be_registered: bool,
}

impl LandRules {
    /// Whether a lease moves land from one side to the other.
    #[must_use]
    pub const fn moves(self, lease: &LeaseContract) -> bool {
        lease.written && (lease.registered || !self.must_be_registered)
    }
}

/// What the file of a member of a group says of its animals and plots, with its own leases and
/// entrusted animals taken into account ([`crate::assess::counted`]).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// The day of the count.
    pub counted_on: Date,
    /// First and last day of the season that the day belongs to.
    pub season: (Date, Date),
    /// Animals that graze with it, in thousandths of a sheep unit.
    pub grazing_milli_su: i64,
    /// The plots in the balance area that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plots: Vec<PooledPlot>,
}

/// What the records come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolution {
    /// For each subject that a record names.
    pub uses: BTreeMap<SubjectId, LandUse>,
    /// Contradictions, sorted.
    pub faults: Vec<Fault>,
}

/// Resolves records into what each subject has and grazes, for all days. `counts` are those of
/// the members of joint groups, as far as they are there. The order of the records does not
/// matter.
#[must_use]
pub fn resolve(
    records: &Records,
    counts: &BTreeMap<SubjectId, Counted>,
    rules: LandRules,
) -> Resolution {
    let mut found = Resolution::default();
    found.take_plots(records, rules);
    found.take_unregistered(&records.leases);
    for animals in &records.entrusted {
        found.take_entrusted(animals);
    }
    let mut contracts: Vec<_> = records.joint.iter().collect();
    contracts.sort_by(|a, b| a.id.cmp(&b.id));
    let (groups, faults) = resolve_groups(&contracts, counts);
    found.faults.extend(faults);
    for (member, group) in groups {
        found.of(&member).joint_groups.push(group);
    }
    found.name_everybody(records);
    found.sort();
    found
}

impl Resolution {
    fn of(&mut self, subject: &SubjectId) -> &mut LandUse {
        self.uses.entry(subject.clone()).or_default()
    }

    fn take_plots(&mut self, records: &Records, rules: LandRules) {
        let rights = records.plots.iter().map(|p| p.key.as_str());
        let mut keys: Vec<&str> = rights
            .chain(records.leases.iter().map(|l| l.plot.as_str()))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let rights: Vec<_> = records.plots.iter().filter(|p| p.key == key).collect();
            let of_plot = records.leases.iter().filter(|l| l.plot == key);
            let leases: Vec<_> = of_plot.filter(|l| rules.moves(l)).collect();
            let plot = resolve_plot(key, &rights, &leases);
            for (subject, lease) in plot.leases {
                self.of(&subject).leases.push(lease);
            }
            for (subject, disputed) in plot.disputed {
                self.of(&subject).disputed_plots.push(disputed);
            }
            self.faults.extend(plot.faults);
        }
    }

    /// An oral or unregistered lease is told to both sides (`domain.md` G 19).
    fn take_unregistered(&mut self, leases: &[LeaseContract]) {
        for lease in leases.iter().filter(|l| !l.written || !l.registered) {
            let sides = [
                (&lease.lessor, LeaseDirection::Out),
                (&lease.lessee, LeaseDirection::In),
            ];
            for (subject, direction) in sides {
                let told = Lease {
                    plot: lease.plot.clone(),
                    direction,
                    from: lease.from,
                    to: lease.to,
                    area_mu: Some(lease.area_mu),
                };
                self.of(subject).unregistered_leases.push(told);
            }
        }
    }

    fn take_entrusted(&mut self, animals: &Entrustment) {
        let sides = [
            (&animals.owner, Keeping::ByOthers),
            (&animals.keeper, Keeping::ForOthers),
        ];
        for (subject, keeping) in sides {
            let told = Entrusted {
                keeping,
                class: animals.class,
                heads: animals.heads,
                from: animals.from,
                to: animals.to,
            };
            self.of(subject).entrusted.push(told);
        }
    }

    /// Whoever is named and has nothing to be told has an empty use, which takes the place of
    /// what was told before.
    fn name_everybody(&mut self, records: &Records) {
        let holders = records.plots.iter().map(|p| &p.holder);
        let parties = records.leases.iter().flat_map(|l| [&l.lessor, &l.lessee]);
        let members = records.joint.iter().flat_map(|g| &g.members);
        for subject in holders.chain(parties).chain(members.map(|m| &m.member)) {
            self.of(subject);
        }
    }

    fn sort(&mut self) {
        for land in self.uses.values_mut() {
            let lease = |l: &Lease| (l.plot.clone(), l.from, l.to, l.direction, l.area_mu);
            land.leases.sort_by_key(lease);
            land.unregistered_leases.sort_by_key(lease);
            land.disputed_plots
                .sort_by(|a, b| (&a.plot, a.from).cmp(&(&b.plot, b.from)));
            land.entrusted
                .sort_by_key(|e| (e.from, e.to, e.keeping, e.class, e.heads));
        }
        self.faults.sort();
        self.faults.dedup();
    }
}
