//! The same inputs give the same bytes: in the command, on the device and on the server.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

use itgel_domain::assess::inputs::Inputs;
use itgel_domain::id::SubjectId;
use itgel_domain::item::{Observation, State, Value as Found};
use itgel_domain::land::{Entrustment, JointContract, LandRecord, LeaseContract, Membership};
use itgel_domain::pack::{StockClass, shipped};
use itgel_fixtures::Household;
use itgel_server::land::{self, NewRecord};
use itgel_tests::World;
use itgel_tests::command::{in_the_command, stored};
use jiff::civil::date;
use serde_json::Value;

#[test]
fn a_sealed_visit_is_assessed_to_the_same_bytes_in_the_command_on_the_device_and_on_the_server() {
    let world = World::with_households(150);
    let team = world.home_team();
    team.synchronise();
    for household in world.households() {
        team.identify(household);
        let sealed = team.visit(household, &household.found);
        team.synchronise();
        let stored = stored(&world, &household.subject);
        let at_the_door = sealed.assessment;
        let place = format!("household {} ({:?})", household.number, household.twist);
        assert_eq!(stored.inputs_hash, at_the_door.inputs, "{place}");
        assert_eq!(stored.result, at_the_door.to_json(), "{place}");
        assert_eq!(
            stored.result,
            team.provisional(household).to_json(),
            "{place}"
        );
        assert_eq!(stored.result, in_the_command(&world, &stored), "{place}");
    }
}

#[test]
fn open_conflicts_decisions_and_the_peer_evaluation_are_assessed_to_the_same_bytes() {
    let world = World::with_households(150);
    let (home, visiting, reviewer) = (world.home_team(), world.visiting_team(), world.reviewer());
    home.synchronise();
    let again = |household: &&Household| household.twist.is_none();
    let household = world.households().iter().find(again).unwrap();
    home.identify(household);
    home.synchronise();
    visiting.synchronise();
    home.visit(household, &household.found);
    visiting.visit(household, &found_by_another(household));
    // What somebody sends comes down to everybody with the synchronisation after that.
    let same_everywhere = |what: &str| {
        for officer in [&home, &visiting, &home, &visiting] {
            officer.synchronise();
        }
        let stored = stored(&world, &household.subject);
        assert_eq!(
            stored.result,
            home.provisional(household).to_json(),
            "{what}"
        );
        assert_eq!(
            stored.result,
            visiting.provisional(household).to_json(),
            "{what}"
        );
        assert_eq!(stored.result, in_the_command(&world, &stored), "{what}");
        serde_json::from_str::<Value>(&stored.result).unwrap()
    };

    let open = same_everywhere("with open conflicts");
    assert_eq!(open["range"]["combinations"], 2);
    let conflicts = reviewer.conflicts(world.gacha().code);
    reviewer
        .resolve(&conflicts[0], &conflicts[0]["values"][0])
        .unwrap();
    let decided = same_everywhere("after the decision");
    assert_eq!(decided["range"]["combinations"], 1);
    home.collect_ballots(household, world.evaluators());
    let held = same_everywhere("after the peer evaluation");
    assert!(held["grade"].is_string(), "{}", held["range"]);
}

#[test]
fn leases_joint_herds_and_entrusted_animals_are_assessed_to_the_same_bytes() {
    let world = World::with_households(150);
    let team = world.home_team();
    let herders: Vec<&Household> = world.households().iter().filter(|h| is_herder(h)).collect();
    let (first, second) = (herders[0], herders[1]);
    let records = records_between(&first.subject, &second.subject);
    let division = world.gacha().code;
    let entered = world.service.transact("test", move |service, tx| {
        for record in records {
            let source = "示例苏木登记簿".into();
            let new = NewRecord {
                division,
                source,
                record,
            };
            land::put(service, tx, &new, "registrar", service.now())?;
        }
        Ok(())
    });
    entered.unwrap();
    team.synchronise();
    for (n, household) in [first, second].into_iter().enumerate() {
        team.identify(household);
        let sealed = team.visit(household, &with_own_plots(household, n));
        team.synchronise();
        // What the count changed for the other comes down with the next one.
        team.synchronise();
        assert_eq!(
            stored(&world, &household.subject).result,
            sealed.assessment.to_json()
        );
    }
    // The second count changed what is published about the first.
    team.synchronise();
    for household in [first, second] {
        let stored = stored(&world, &household.subject);
        let context = Inputs::decode(&stored.inputs, shipped::rules())
            .unwrap()
            .context;
        assert_eq!((context.leases.len(), context.entrusted.len()), (1, 1));
        assert!(context.joint_groups[0].periods[0].grazing_milli_su > 0);
        let at_the_door = team.provisional(household).to_json();
        assert_eq!(stored.result, at_the_door, "{}", household.number);
        assert_eq!(
            stored.result,
            in_the_command(&world, &stored),
            "{}",
            household.number
        );
    }
}

/// A herder's household that nothing sets apart.
fn is_herder(household: &Household) -> bool {
    let mut found = household.found.iter();
    household.twist.is_none() && found.any(|o| o.item.as_str() == "plot/p1/area_mu")
}

/// A lease, a joint-herd group and entrusted animals between two neighbours.
fn records_between(first: &SubjectId, second: &SubjectId) -> [LandRecord; 3] {
    let (from, to) = (date(2026, 5, 1), date(2026, 12, 31));
    let member = |member: &SubjectId| Membership {
        member: member.clone(),
        from,
        to: None,
    };
    [
        LandRecord::Lease(LeaseContract {
            id: "示例-流转-1".into(),
            plot: "x0-p1".into(),
            lessor: first.clone(),
            lessee: second.clone(),
            area_mu: 40,
            from,
            to,
            written: true,
            registered: true,
        }),
        LandRecord::Joint(JointContract {
            id: "示例-联户-1".into(),
            from,
            to: None,
            members: vec![member(first), member(second)],
        }),
        LandRecord::Entrusted(Entrustment {
            id: "示例-委托-1".into(),
            owner: second.clone(),
            keeper: first.clone(),
            class: StockClass::Sheep,
            heads: 10,
            from,
            to: None,
        }),
    ]
}

/// What is found, with plots whose numbers no neighbour's file has.
fn with_own_plots(household: &Household, n: usize) -> Vec<Observation> {
    let own = format!("plot/x{n}-");
    let found = household.found.iter().cloned();
    found
        .map(|o| Observation {
            item: o.item.as_str().replace("plot/", &own).parse().unwrap(),
            ..o
        })
        .collect()
}

/// One count that differs.
fn found_by_another(household: &Household) -> Vec<Observation> {
    let mut found = household.found.clone();
    let sheep = found
        .iter_mut()
        .find(|o| o.item.as_str() == "herd.sheep")
        .unwrap();
    sheep.state = State::Known(Found::Int(7));
    found
}
