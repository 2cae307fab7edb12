//! Who uses how much of one plot, day by day: the right holder less what is leased out, and along
//! each chain of sub-leases what stays with its members. Each 亩 is used once.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{Fault, FaultKind};
use super::record::{LeaseContract, Plot};
use super::timeline::{Days, merged, stretches};
use crate::id::SubjectId;
use crate::register::{DisputedPlot, Lease, LeaseDirection};

/// What one plot comes to.
#[derive(Default)]
pub(super) struct PlotUse {
    pub(super) leases: Vec<(SubjectId, Lease)>,
    pub(super) disputed: Vec<(SubjectId, DisputedPlot)>,
    pub(super) faults: Vec<Fault>,
}

/// What is wrong on a day, and the contracts that it is wrong with.
type Contradiction = (FaultKind, Vec<String>);

/// What somebody has to do with a plot over a stretch of days.
#[derive(Clone, PartialEq, Eq)]
enum Share {
    /// Holds the right, and gave away so much of it.
    Gave(i64),
    /// Took it, and so much stays with it after sub-leases.
    Took(i64),
    /// Nobody can tell.
    Disputed,
}

/// Resolves one plot. `leases` are those of the plot that move land at all.
pub(super) fn resolve_plot(key: &str, rights: &[&Plot], leases: &[&LeaseContract]) -> PlotUse {
    let days = rights.iter().map(|p| Days::new(p.from, p.to));
    let leased = leases.iter().map(|l| Days::new(l.from, Some(l.to)));
    let mut found = PlotUse::default();
    let mut shares: BTreeMap<&SubjectId, Vec<(Days, Share)>> = BTreeMap::new();
    let mut faults: BTreeMap<Contradiction, Vec<(Days, ())>> = BTreeMap::new();
    for stretch in stretches(days.chain(leased)) {
        let on = |from, to| Days::new(from, to).covers(stretch.from);
        let day = Day {
            rights: rights
                .iter()
                .filter(|p| on(p.from, p.to))
                .copied()
                .collect(),
            leases: leases
                .iter()
                .filter(|l| on(l.from, Some(l.to)))
                .copied()
                .collect(),
        };
        let told = day.resolve();
        for (subject, share) in told.shares {
            shares.entry(subject).or_default().push((stretch, share));
        }
        for fault in told.faults {
            faults.entry(fault).or_default().push((stretch, ()));
        }
    }
    for (subject, pieces) in shares {
        for (days, share) in merged(pieces) {
            found.tell(key, subject, days, &share);
        }
    }
    for ((kind, contracts), pieces) in faults {
        found
            .faults
            .extend(merged(pieces).into_iter().map(|(days, ())| Fault {
                kind,
                about: key.to_owned(),
                contracts: contracts.clone(),
                from: days.from,
                to: days.to,
            }));
    }
    found
}

impl PlotUse {
    fn tell(&mut self, plot: &str, subject: &SubjectId, days: Days, share: &Share) {
        let (direction, area_mu) = match share {
            Share::Disputed => {
                let disputed = DisputedPlot {
                    plot: plot.to_owned(),
                    from: days.from,
                    to: days.to,
                };
                return self.disputed.push((subject.clone(), disputed));
            }
            Share::Gave(area_mu) => (LeaseDirection::Out, *area_mu),
            Share::Took(area_mu) => (LeaseDirection::In, *area_mu),
        };
        // A lease has a last day, so a stretch with one has it, too.
        let to = days.to.unwrap_or(jiff::civil::Date::MAX);
        let lease = Lease {
            plot: plot.to_owned(),
            direction,
            from: days.from,
            to,
            area_mu: Some(area_mu),
        };
        self.leases.push((subject.clone(), lease));
    }
}

/// What the records say of a plot on one day.
struct Day<'a> {
    rights: Vec<&'a Plot>,
    leases: Vec<&'a LeaseContract>,
}

#[derive(Default)]
struct Told<'a> {
    shares: BTreeMap<&'a SubjectId, Share>,
    faults: BTreeSet<Contradiction>,
}

impl<'a> Day<'a> {
    fn resolve(&self) -> Told<'a> {
        let mut told = Told::default();
        let (in_cycle, leases): (Vec<_>, Vec<_>) = self
            .leases
            .iter()
            .copied()
            .partition(|l| self.reaches(&l.lessee, &l.lessor));
        if !in_cycle.is_empty() {
            told.fault(FaultKind::LeaseCycle, &in_cycle);
        }
        let origins = self.origins(&leases);
        if self.rights.is_empty() && !leases.is_empty() {
            told.fault(FaultKind::PlotUnknown, &leases);
        }
        if origins.len() > 1 || self.rights.iter().any(|p| p.disputed) {
            let kind = if origins.len() > 1 {
                FaultKind::ClaimedTwice
            } else {
                FaultKind::Disputed
            };
            told.fault_of_rights(kind, &self.rights, &leases);
            let parties = leases.iter().flat_map(|l| [&l.lessor, &l.lessee]);
            let all = origins.into_keys().chain(parties);
            told.shares.extend(all.map(|s| (s, Share::Disputed)));
            return told;
        }
        told.share(&origins, &leases);
        told
    }

    /// Whether land that goes to `from` can come to `to`.
    fn reaches(&self, from: &SubjectId, to: &SubjectId) -> bool {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(subject) = open.pop() {
            if subject == to {
                return true;
            }
            let next = self.leases.iter().filter(|l| l.lessor == *subject);
            open.extend(next.map(|l| &l.lessee).filter(|s| seen.insert(s)));
        }
        false
    }

    /// Who has the land to begin with, and how much; where the register of plots knows nothing,
    /// whoever leases it out without having it from somebody else, with as much as that is.
    fn origins(&self, leases: &[&'a LeaseContract]) -> BTreeMap<&'a SubjectId, Option<i64>> {
        let mut origins: BTreeMap<&SubjectId, Option<i64>> = BTreeMap::new();
        for right in &self.rights {
            // Two contracts of one holder over the same plot: the smaller area is the safe one.
            let area = origins.entry(&right.holder).or_insert(Some(right.area_mu));
            *area = area.map(|mu| mu.min(right.area_mu));
        }
        if self.rights.is_empty() {
            let takes = |s: &SubjectId| leases.iter().any(|l| l.lessee == *s);
            let givers = leases.iter().map(|l| &l.lessor).filter(|s| !takes(s));
            origins.extend(givers.map(|s| (s, None)));
        }
        origins
    }
}

impl<'a> Told<'a> {
    fn fault(&mut self, kind: FaultKind, leases: &[&LeaseContract]) {
        self.fault_of_rights(kind, &[], leases);
    }

    fn fault_of_rights(&mut self, kind: FaultKind, rights: &[&Plot], leases: &[&LeaseContract]) {
        let contracts = rights.iter().map(|p| p.contract.clone());
        let contracts: BTreeSet<String> = contracts
            .chain(leases.iter().map(|l| l.id.clone()))
            .collect();
        self.faults.insert((kind, contracts.into_iter().collect()));
    }

    /// Goes down the chains. Whoever gives more than it has gives nothing and keeps nothing: it
    /// and those who took from it stand in dispute.
    fn share(
        &mut self,
        origins: &BTreeMap<&'a SubjectId, Option<i64>>,
        leases: &[&'a LeaseContract],
    ) {
        let mut taken: BTreeMap<&SubjectId, i64> = BTreeMap::new();
        for subject in from_the_top(origins, leases) {
            let out: Vec<&LeaseContract> = leases
                .iter()
                .filter(|l| l.lessor == *subject)
                .copied()
                .collect();
            let given = sum(out.iter().map(|l| l.area_mu));
            let took = taken.get(subject).copied().unwrap_or(0);
            let has = match origins.get(subject) {
                Some(Some(own)) => own.saturating_add(took),
                Some(None) => i64::MAX,
                None => took,
            };
            let is_beyond = given > has;
            if is_beyond {
                self.fault(FaultKind::SubletBeyond, &out);
                let takers = out.iter().map(|l| &l.lessee);
                let parties = std::iter::once(subject).chain(takers);
                self.shares.extend(parties.map(|s| (s, Share::Disputed)));
            }
            for lease in out.iter().filter(|_| !is_beyond) {
                let area = taken.entry(&lease.lessee).or_insert(0);
                *area = area.saturating_add(lease.area_mu);
            }
            let share = match origins.get(subject) {
                None => Share::Took(has.saturating_sub(given)),
                Some(_) if given > 0 => Share::Gave(given),
                Some(_) => continue,
            };
            self.shares.entry(subject).or_insert(share);
        }
    }
}

/// Everybody who has to do with the land, each after all from whom it comes; there is such an
/// order, because leases that form a cycle were set aside.
fn from_the_top<'a>(
    origins: &BTreeMap<&'a SubjectId, Option<i64>>,
    leases: &[&'a LeaseContract],
) -> Vec<&'a SubjectId> {
    let mut waits_for: BTreeMap<&SubjectId, usize> = BTreeMap::new();
    waits_for.extend(origins.keys().map(|s| (*s, 0)));
    for lease in leases {
        waits_for.entry(&lease.lessor).or_insert(0);
        *waits_for.entry(&lease.lessee).or_insert(0) += 1;
    }
    let mut order = Vec::new();
    while let Some(next) = waits_for.iter().find(|(_, n)| **n == 0).map(|(s, _)| *s) {
        waits_for.remove(next);
        for lease in leases.iter().filter(|l| l.lessor == *next) {
            if let Some(n) = waits_for.get_mut(&lease.lessee) {
                *n = n.saturating_sub(1);
            }
        }
        order.push(next);
    }
    order
}

fn sum(areas: impl Iterator<Item = i64>) -> i64 {
    areas.fold(0, i64::saturating_add)
}
