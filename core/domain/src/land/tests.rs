use super::*;
use crate::pack::StockClass;
use crate::register::{Keeping, LandUse, Lease, LeaseDirection};
use jiff::civil::{Date, date};
use std::collections::BTreeMap;

const FROM: Date = date(2026, 1, 1);
const TO: Date = date(2026, 12, 31);

fn plot(key: &str, holder: &str, area_mu: i64, contract: &str) -> LandRecord {
    LandRecord::Plot(Plot {
        key: key.into(),
        holder: holder.parse().unwrap(),
        area_mu,
        zone: Zone::Balance,
        contract: contract.into(),
        from: date(2010, 1, 1),
        to: None,
        disputed: false,
    })
}

fn lease(id: &str, lessor: &str, lessee: &str, area_mu: i64) -> LandRecord {
    LandRecord::Lease(LeaseContract {
        id: id.into(),
        plot: "p1".into(),
        lessor: lessor.parse().unwrap(),
        lessee: lessee.parse().unwrap(),
        area_mu,
        from: FROM,
        to: TO,
        written: true,
        registered: true,
    })
}

fn group(id: &str, members: &[(&str, Date, Option<Date>)]) -> LandRecord {
    let members = members.iter().map(|(member, from, to)| Membership {
        member: member.parse().unwrap(),
        from: *from,
        to: *to,
    });
    LandRecord::Joint(JointContract {
        id: id.into(),
        from: FROM,
        to: None,
        members: members.collect(),
    })
}

fn counted(on: Date, su: i64) -> Counted {
    Counted {
        counted_on: on,
        season: (FROM, TO),
        grazing_milli_su: su * 1_000,
        plots: Vec::new(),
    }
}

fn resolved(records: &[LandRecord]) -> Resolution {
    resolve(
        &records.iter().cloned().collect(),
        &BTreeMap::new(),
        LandRules::default(),
    )
}

fn of<'a>(found: &'a Resolution, subject: &str) -> &'a LandUse {
    &found.uses[&subject.parse().unwrap()]
}

/// What a subject takes (above zero) or gave (below zero) of the only plot, on the first day.
fn moved(found: &Resolution, subject: &str) -> i64 {
    let on = |l: &&Lease| l.covers(FROM);
    let signed = |l: &Lease| match l.direction {
        LeaseDirection::In => l.area_mu.unwrap(),
        LeaseDirection::Out => -l.area_mu.unwrap(),
    };
    of(found, subject)
        .leases
        .iter()
        .filter(on)
        .map(signed)
        .sum()
}

fn kinds(found: &Resolution) -> Vec<FaultKind> {
    found.faults.iter().map(|f| f.kind).collect()
}

#[test]
fn a_chain_of_subleases_leaves_each_mu_with_one_household() {
    let found = resolved(&[
        lease("l2", "b", "c", 300),
        plot("p1", "a", 1_000, "k1"),
        lease("l1", "a", "b", 800),
        lease("l3", "c", "d", 300),
    ]);
    assert_eq!(moved(&found, "a"), -800);
    assert_eq!(
        (moved(&found, "b"), moved(&found, "c"), moved(&found, "d")),
        (500, 0, 300)
    );
    assert_eq!(kinds(&found), []);
}

#[test]
fn the_same_land_claimed_by_two_holders_goes_to_neither_nor_to_their_lessees() {
    let found = resolved(&[
        plot("p1", "a", 1_000, "k1"),
        plot("p1", "b", 900, "k2"),
        lease("l1", "a", "c", 500),
    ]);
    for subject in ["a", "b", "c"] {
        let land = of(&found, subject);
        assert!(land.leases.is_empty(), "{subject}");
        assert!(
            land.disputed_plots.iter().any(|d| d.covers(FROM)),
            "{subject}"
        );
    }
    // Before and after the lease the same dispute goes on between the holders alone.
    assert!(
        of(&found, "c")
            .disputed_plots
            .iter()
            .all(|d| !d.covers(date(2025, 12, 31)))
    );
    assert!(
        of(&found, "a").disputed_plots.len() == 1,
        "one dispute, not three"
    );
    assert!(
        kinds(&found)
            .iter()
            .all(|kind| *kind == FaultKind::ClaimedTwice)
    );
}

#[test]
fn leases_in_a_cycle_move_nothing_and_leave_the_land_where_it_came_from() {
    let found = resolved(&[
        plot("p1", "a", 1_000, "k1"),
        lease("l1", "a", "b", 1_000),
        lease("l2", "b", "c", 1_000),
        lease("l3", "c", "b", 1_000),
    ]);
    assert_eq!(
        (moved(&found, "a"), moved(&found, "b"), moved(&found, "c")),
        (-1_000, 1_000, 0)
    );
    assert_eq!(kinds(&found), [FaultKind::LeaseCycle]);
    assert_eq!(found.faults[0].contracts, ["l2", "l3"]);
}

#[test]
fn who_sublets_more_than_there_is_gives_and_keeps_nothing_and_others_keep_theirs() {
    let found = resolved(&[
        plot("p1", "a", 1_000, "k1"),
        lease("l1", "a", "b", 300),
        lease("l2", "b", "c", 400),
    ]);
    assert_eq!(
        moved(&found, "a"),
        -300,
        "the 700 that were not leased stay with the holder"
    );
    for subject in ["b", "c"] {
        assert!(of(&found, subject).leases.is_empty(), "{subject}");
        assert_eq!(of(&found, subject).disputed_plots.len(), 1, "{subject}");
    }
    assert_eq!(kinds(&found), [FaultKind::SubletBeyond]);
}

#[test]
fn a_plot_that_its_register_calls_disputed_is_nobodys_for_that_time() {
    let LandRecord::Plot(mut disputed) = plot("p1", "a", 1_000, "k1") else {
        return;
    };
    disputed.disputed = true;
    disputed.to = Some(date(2026, 6, 30));
    let found = resolved(&[LandRecord::Plot(disputed)]);
    let land = of(&found, "a");
    assert!(land.disputed_plots[0].covers(date(2026, 6, 30)));
    assert!(!land.disputed_plots[0].covers(date(2026, 7, 1)));
    assert_eq!(kinds(&found), [FaultKind::Disputed]);
}

#[test]
fn leases_of_a_plot_that_no_register_knows_are_taken_at_their_word_and_told() {
    let found = resolved(&[lease("l1", "a", "b", 500), lease("l2", "b", "c", 200)]);
    assert_eq!(
        (moved(&found, "a"), moved(&found, "b"), moved(&found, "c")),
        (-500, 300, 200)
    );
    assert_eq!(kinds(&found), [FaultKind::PlotUnknown]);
}

#[test]
fn an_unregistered_lease_moves_land_only_where_no_registration_is_asked_for_and_tips_both_sides() {
    let LandRecord::Lease(mut written) = lease("l1", "a", "b", 500) else {
        return;
    };
    written.registered = false;
    let records: Records = [plot("p1", "a", 1_000, "k1"), LandRecord::Lease(written)]
        .into_iter()
        .collect();
    for (must_be_registered, taken) in [(false, 500), (true, 0)] {
        let found = resolve(&records, &BTreeMap::new(), LandRules { must_be_registered });
        assert_eq!(moved(&found, "b"), taken);
        for subject in ["a", "b"] {
            assert_eq!(
                of(&found, subject).unregistered_leases.len(),
                1,
                "{subject}"
            );
        }
    }
}

#[test]
fn a_member_sees_the_others_and_who_left_only_while_it_belonged() {
    let left = date(2026, 6, 30);
    let records: Records = [group(
        "g1",
        &[
            ("a", FROM, None),
            ("b", FROM, Some(left)),
            ("c", FROM, None),
        ],
    )]
    .into_iter()
    .collect();
    let counts = [("a", 500), ("b", 660)]
        .map(|(id, su)| (id.parse().unwrap(), counted(date(2026, 3, 1), su)))
        .into_iter()
        .collect();
    let found = resolve(&records, &counts, LandRules::default());
    let seen = &of(&found, "a").joint_groups[0];
    let animals: Vec<i64> = seen.periods.iter().map(|p| p.grazing_milli_su).collect();
    assert_eq!(
        animals,
        [660_000, 0],
        "b in the first period, nobody counted in the second"
    );
    assert_eq!(
        (seen.periods[0].to, seen.periods[1].from),
        (Some(left), Some(date(2026, 7, 1)))
    );
    assert_eq!(seen.uncounted, 1, "c");
    let seen = &of(&found, "b").joint_groups[0];
    assert_eq!(
        [true, false],
        [seen.periods[0].with_own, seen.periods[1].with_own]
    );
    assert_eq!(seen.periods[1].grazing_milli_su, 500_000);
    assert_eq!(kinds(&found), [FaultKind::Uncounted]);
}

#[test]
fn a_group_that_misses_the_day_of_the_count_is_told() {
    let records: Records = [group(
        "g1",
        &[("a", FROM, Some(date(2026, 5, 31))), ("b", FROM, None)],
    )]
    .into_iter()
    .collect();
    let counts = |on| {
        [("a", on), ("b", on)]
            .map(|(id, on): (&str, Date)| (id.parse().unwrap(), counted(on, 100)))
            .into_iter()
            .collect()
    };
    let found = resolve(&records, &counts(date(2026, 6, 30)), LandRules::default());
    assert_eq!(kinds(&found), [FaultKind::GroupMissesCount]);
    let found = resolve(&records, &counts(date(2026, 5, 31)), LandRules::default());
    assert_eq!(kinds(&found), []);
}

#[test]
fn a_household_in_two_groups_at_once_is_counted_in_neither() {
    let found = resolved(&[
        group("g1", &[("a", FROM, None), ("b", FROM, None)]),
        group("g2", &[("a", date(2026, 7, 1), None), ("c", FROM, None)]),
    ]);
    let belongs = |day| {
        let groups = &of(&found, "a").joint_groups;
        let mut periods = groups.iter().flat_map(|g| &g.periods);
        periods.any(|p| p.with_own && p.covers(day))
    };
    assert!(belongs(date(2026, 6, 30)));
    assert!(!belongs(date(2026, 7, 1)));
    assert!(kinds(&found).contains(&FaultKind::TwoGroups));
}

#[test]
fn entrusted_animals_are_told_to_owner_and_keeper() {
    let animals = Entrustment {
        id: "e1".into(),
        owner: "a".parse().unwrap(),
        keeper: "b".parse().unwrap(),
        class: StockClass::Sheep,
        heads: 200,
        from: FROM,
        to: None,
    };
    let found = resolved(&[LandRecord::Entrusted(animals)]);
    assert_eq!(of(&found, "a").entrusted[0].keeping, Keeping::ByOthers);
    assert_eq!(of(&found, "b").entrusted[0].keeping, Keeping::ForOthers);
}

#[test]
fn a_record_that_cannot_be_one_is_refused_before_it_is_resolved() {
    let refused = |record: LandRecord| record.check().unwrap_err();
    assert_eq!(refused(lease("l1", "a", "a", 500)), RecordFault::SameParty);
    assert_eq!(refused(lease("l1", "a", "b", 0)), RecordFault::Amount);
    assert_eq!(refused(lease("", "a", "b", 5)), RecordFault::Number);
    assert_eq!(refused(plot("p 1", "a", 5, "k1")), RecordFault::Number);
    assert_eq!(refused(group("g1", &[])), RecordFault::Members);
    let early = group("g1", &[("a", FROM, None), ("b", date(2025, 1, 1), None)]);
    assert_eq!(refused(early), RecordFault::Days);
    let LandRecord::Lease(mut backwards) = lease("l1", "a", "b", 5) else {
        return;
    };
    backwards.to = date(2025, 1, 1);
    assert_eq!(refused(LandRecord::Lease(backwards)), RecordFault::Days);
}
