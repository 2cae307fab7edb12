//! Whatever the registers hold: no 亩 is used twice, and the order of rows does not matter.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::id::SubjectId;
use crate::register::LeaseDirection;

const FIRST: Date = date(2026, 1, 1);
const DAYS: i64 = 30;
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

fn day(offset: i64) -> Date {
    FIRST.saturating_add(offset.days())
}

fn name() -> impl Strategy<Value = SubjectId> {
    (0..NAMES.len()).prop_map(|i| NAMES[i].parse().unwrap())
}

fn days() -> impl Strategy<Value = (Date, Date)> {
    (0..DAYS, 0..DAYS).prop_map(|(a, b)| (day(a.min(b)), day(a.max(b))))
}

fn plot() -> impl Strategy<Value = Plot> {
    let key = prop_oneof![Just("p1"), Just("p2")];
    (key, name(), 1..100_i64, 0..9_u8, days(), any::<bool>()).prop_map(
        |(key, holder, area_mu, contract, (from, to), ends)| Plot {
            key: key.into(),
            holder,
            area_mu,
            zone: Zone::Balance,
            contract: format!("k{contract}"),
            from,
            to: ends.then_some(to),
            disputed: contract == 0,
        },
    )
}

fn lease() -> impl Strategy<Value = LeaseContract> {
    let key = prop_oneof![Just("p1"), Just("p2"), Just("p3")];
    (
        key,
        name(),
        name(),
        1..60_i64,
        days(),
        any::<[bool; 2]>(),
        0..99_u8,
    )
        .prop_filter("both sides differ", |(_, lessor, lessee, ..)| {
            lessor != lessee
        })
        .prop_map(
            |(plot, lessor, lessee, area_mu, (from, to), [written, registered], id)| {
                LeaseContract {
                    id: format!("l{id}"),
                    plot: plot.into(),
                    lessor,
                    lessee,
                    area_mu,
                    from,
                    to,
                    written,
                    registered,
                }
            },
        )
}

fn joint() -> impl Strategy<Value = JointContract> {
    let member = (name(), days()).prop_map(|(member, (from, to))| Membership {
        member,
        from,
        to: Some(to),
    });
    (0..3_u8, prop::collection::vec(member, 2..5)).prop_map(|(id, members)| JointContract {
        id: format!("g{id}"),
        from: FIRST,
        to: None,
        members,
    })
}

fn records() -> impl Strategy<Value = Records> {
    let plots = prop::collection::vec(plot(), 0..4);
    let leases = prop::collection::vec(lease(), 0..8);
    let joint = prop::collection::vec(joint(), 0..3);
    (plots, leases, joint).prop_map(|(plots, leases, joint)| {
        // One contract has one number.
        let joint: BTreeMap<_, _> = joint.into_iter().map(|g| (g.id.clone(), g)).collect();
        Records {
            plots,
            leases,
            joint: joint.into_values().collect(),
            entrusted: Vec::new(),
        }
    })
}

fn counts() -> BTreeMap<SubjectId, Counted> {
    let counted = |su| Counted {
        counted_on: day(10),
        season: (FIRST, day(DAYS)),
        grazing_milli_su: su,
        plots: Vec::new(),
    };
    let of = |(i, name): (i64, &str)| (name.parse().unwrap(), counted(1_000 * i));
    (1..).zip(NAMES).map(of).collect()
}

/// How much of a plot everybody together uses on a day, as the measures read the resolution.
fn used(found: &Resolution, records: &Records, key: &str, on: Date) -> i64 {
    let holders: BTreeMap<&SubjectId, i64> = records
        .plots
        .iter()
        .filter(|p| p.key == key && p.from <= on && p.to.is_none_or(|to| on <= to))
        .map(|p| (&p.holder, p.area_mu))
        .collect();
    let everybody: BTreeSet<&SubjectId> =
        found.uses.keys().chain(holders.keys().copied()).collect();
    everybody
        .into_iter()
        .map(|subject| {
            let land = &found.uses[subject];
            let is_disputed = |d: &crate::register::DisputedPlot| d.plot == key && d.covers(on);
            if land.disputed_plots.iter().any(is_disputed) {
                return 0;
            }
            let here = land.leases.iter().filter(|l| l.plot == key && l.covers(on));
            let own = holders.get(subject).copied().unwrap_or(0);
            here.fold(own, |sum, l| match l.direction {
                LeaseDirection::In => sum + l.area_mu.unwrap(),
                LeaseDirection::Out => sum - l.area_mu.unwrap(),
            })
        })
        .sum()
}

/// The smallest area that a contract names for the plot on a day.
fn area(records: &Records, key: &str, on: Date) -> Option<i64> {
    let rights = records.plots.iter();
    rights
        .filter(|p| p.key == key && p.from <= on && p.to.is_none_or(|to| on <= to))
        .map(|p| p.area_mu)
        .max()
}

proptest! {
    #[test]
    fn no_mu_is_used_twice_on_any_day(records in records()) {
        let found = resolve(&records, &BTreeMap::new(), LandRules::default());
        for offset in 0..=DAYS {
            for key in ["p1", "p2"] {
                if let Some(area) = area(&records, key, day(offset)) {
                    let used = used(&found, &records, key, day(offset));
                    prop_assert!((0..=area).contains(&used), "{key} on {}: {used} of {area}", day(offset));
                }
            }
        }
    }

    #[test]
    fn nobody_grazes_in_two_groups_on_one_day(records in records()) {
        let found = resolve(&records, &counts(), LandRules::default());
        for (subject, land) in &found.uses {
            for offset in 0..=DAYS {
                let own = |g: &crate::register::JointGroup| {
                    g.periods.iter().any(|p| p.with_own && p.covers(day(offset)))
                };
                prop_assert!(land.joint_groups.iter().filter(|g| own(g)).count() <= 1, "{subject}");
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        (records, shuffled) in records().prop_flat_map(|records| {
            let shuffled = (
                Just(records.plots.clone()).prop_shuffle(),
                Just(records.leases.clone()).prop_shuffle(),
                Just(records.joint.clone()).prop_shuffle(),
            ).prop_map(|(plots, leases, joint)| Records { plots, leases, joint, entrusted: Vec::new() });
            (Just(records), shuffled)
        })
    ) {
        let rules = LandRules::default();
        prop_assert_eq!(resolve(&records, &counts(), rules), resolve(&shuffled, &counts(), rules));
    }
}
