//! Joint-herd groups: for each member the periods with the same members, with the animals and
//! plots of the others (`domain.md` C.3, G 18). The member's own come from its own file when it
//! is assessed, so that a count at the doorstep shows at once.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{Fault, FaultKind};
use super::record::{JointContract, Membership};
use super::resolve::Counted;
use super::timeline::{Days, merged, stretches};
use crate::id::SubjectId;
use crate::register::{GrazingPeriod, JointGroup};

/// The groups of everybody, and what is wrong with them.
pub(super) fn resolve_groups(
    contracts: &[&JointContract],
    counts: &BTreeMap<SubjectId, Counted>,
) -> (Vec<(SubjectId, JointGroup)>, Vec<Fault>) {
    let (mut groups, mut faults) = (Vec::new(), Vec::new());
    for contract in contracts {
        let others: Vec<&JointContract> = contracts
            .iter()
            .filter(|other| other.id != contract.id)
            .copied()
            .collect();
        let group = Group::of(contract, &others, &mut faults);
        for member in group.members() {
            groups.push((member.clone(), group.seen_by(member, counts)));
            faults.extend(group.missed_count(member, counts));
        }
        let without = group
            .members()
            .into_iter()
            .filter(|m| !counts.contains_key(*m));
        if without.count() > 0 {
            faults.push(group.fault(FaultKind::Uncounted));
        }
    }
    (groups, faults)
}

/// A group, stretch by stretch, with those of its members who are in no other group then.
struct Group<'a> {
    contract: &'a JointContract,
    stretches: Vec<(Days, BTreeSet<&'a SubjectId>)>,
}

impl<'a> Group<'a> {
    fn of(
        contract: &'a JointContract,
        others: &[&'a JointContract],
        faults: &mut Vec<Fault>,
    ) -> Self {
        let own: Vec<(Days, &Membership)> = stays(contract).collect();
        let elsewhere: Vec<(Days, &Membership)> = others.iter().flat_map(|o| stays(o)).collect();
        let all = own.iter().chain(&elsewhere).map(|(days, _)| *days);
        let mut pieces = Vec::new();
        for stretch in stretches(all) {
            let on =
                |(days, m): &(Days, &'a Membership)| days.covers(stretch.from).then_some(&m.member);
            let here: BTreeSet<&SubjectId> = own.iter().filter_map(on).collect();
            let there: BTreeSet<&SubjectId> = elsewhere.iter().filter_map(on).collect();
            let alone: BTreeSet<&SubjectId> = here.difference(&there).copied().collect();
            if alone.len() < here.len() {
                faults.push(Fault {
                    kind: FaultKind::TwoGroups,
                    about: contract.id.clone(),
                    contracts: Vec::new(),
                    from: stretch.from,
                    to: stretch.to,
                });
            }
            if !alone.is_empty() {
                pieces.push((stretch, alone));
            }
        }
        Self {
            contract,
            stretches: merged(pieces),
        }
    }

    fn members(&self) -> BTreeSet<&'a SubjectId> {
        self.stretches
            .iter()
            .flat_map(|(_, members)| members)
            .copied()
            .collect()
    }

    fn seen_by(&self, member: &SubjectId, counts: &BTreeMap<SubjectId, Counted>) -> JointGroup {
        let mut uncounted = BTreeSet::new();
        let mut periods = Vec::new();
        for (days, members) in &self.stretches {
            let mut period = GrazingPeriod {
                days: 0,
                from: Some(days.from),
                to: Some(days.to.unwrap_or(jiff::civil::Date::MAX)),
                with_own: members.contains(member),
                grazing_milli_su: 0,
                plots: Vec::new(),
            };
            for other in members.iter().filter(|m| **m != member) {
                match counts.get(*other) {
                    Some(counted) => {
                        let sum = period
                            .grazing_milli_su
                            .saturating_add(counted.grazing_milli_su);
                        period.grazing_milli_su = sum;
                        period.plots.extend(counted.plots.iter().cloned());
                    }
                    None => {
                        uncounted.insert(*other);
                    }
                }
            }
            periods.push(period);
        }
        JointGroup {
            id: self.contract.id.clone(),
            periods,
            uncounted: u32::try_from(uncounted.len()).unwrap_or(u32::MAX),
        }
    }

    /// A member who was counted in a season that the group reaches, on no day of its own
    /// membership: the group is not used for it.
    fn missed_count(
        &self,
        member: &SubjectId,
        counts: &BTreeMap<SubjectId, Counted>,
    ) -> Option<Fault> {
        let counted = counts.get(member)?;
        let own = || {
            self.stretches
                .iter()
                .filter(|(_, members)| members.contains(member))
        };
        let season = Days::new(counted.season.0, Some(counted.season.1));
        let is_near = own().any(|(days, _)| days.meet(season).is_some());
        let is_met = own().any(|(days, _)| days.covers(counted.counted_on));
        (is_near && !is_met).then(|| self.fault(FaultKind::GroupMissesCount))
    }

    fn fault(&self, kind: FaultKind) -> Fault {
        Fault {
            kind,
            about: self.contract.id.clone(),
            contracts: Vec::new(),
            from: self.contract.from,
            to: self.contract.to,
        }
    }
}

/// The days on which each member belongs to the group.
fn stays(contract: &JointContract) -> impl Iterator<Item = (Days, &Membership)> {
    let group = Days::new(contract.from, contract.to);
    let of = move |m: &Membership| Days::new(m.from, m.to).meet(group);
    contract
        .members
        .iter()
        .filter_map(move |m| Some((of(m)?, m)))
}
