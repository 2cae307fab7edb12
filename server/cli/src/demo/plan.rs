//! Who visits whom in the demo.

use itgel_fixtures::{Gacha, Household};

use crate::sample::{Sample, Team};

/// A household to visit.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// Its gacha.
    pub gacha: &'a Gacha,
    /// The household.
    pub household: &'a Household,
    /// The second visit, on which other values are found and nobody votes.
    pub is_second: bool,
}

/// Who visits whom: the teams of a gacha share its households; second visits go to the team that
/// makes them there.
#[must_use]
pub fn plan(sample: &Sample) -> Vec<Vec<Visit<'_>>> {
    let mut plan: Vec<Vec<Visit<'_>>> = sample.teams.iter().map(|_| Vec::new()).collect();
    let mut households = sample.households.iter();
    for (place, gacha) in sample.banner.gachas.iter().enumerate() {
        let of = |teams: &dyn Fn(&Team) -> bool| -> Vec<usize> {
            let numbered = sample.teams.iter().enumerate();
            numbered
                .filter(|(_, team)| teams(team))
                .map(|(number, _)| number)
                .collect()
        };
        let first = of(&|team| team.gachas.contains(&place));
        let second =
            of(&|team| team.second_visits.contains(&place) && !team.gachas.contains(&place));
        let count = usize::try_from(gacha.households).unwrap_or(0);
        for (household, number) in households.by_ref().take(count).zip(0..) {
            let visit = |is_second| Visit {
                gacha,
                household,
                is_second,
            };
            plan[first[number % first.len()]].push(visit(false));
            if let (Some(_), Some(team)) = (&household.found_again, second.first()) {
                plan[*team].push(visit(true));
            }
        }
    }
    plan
}

/// How many records the visits make: an identity, a sealed visit and the ballots each.
pub(super) fn records(plan: &[Vec<Visit<'_>>]) -> u64 {
    let of = |visit: &Visit<'_>| {
        let household: &Household = visit.household;
        if visit.is_second {
            1
        } else {
            2 + household.ballots.len() as u64
        }
    };
    plan.iter().flatten().map(of).sum()
}
