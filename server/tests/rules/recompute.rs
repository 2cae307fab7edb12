//! Every stored rating comes out again, and what was touched is named.

use itgel_server::recompute::{RecomputeFault, Recomputed, StoredResult, recompute};

use crate::actors::{Collector, World};

fn rated(count: u32) -> World {
    let world = World::with_households(count);
    let mut team = Collector::new("c-1", "c-2");
    for household in &world.households {
        team.visit(&world, household);
    }
    world.rate(&mut team, &world.households);
    world
}

fn run(world: &World) -> Recomputed {
    recompute(&world.service, &mut |_| ()).unwrap()
}

fn touch(world: &World, sql: &'static str) {
    world
        .transact(move |_, tx| Ok(tx.execute(sql, [])?))
        .unwrap();
}

#[test]
fn a_stored_rating_that_was_touched_is_found_and_no_other() {
    let world = rated(3);
    let clean = run(&world);
    assert_eq!((clean.ratings, clean.different), (3, 0), "{clean:?}");

    touch(
        &world,
        "update rating set grade = 'C' where case_id = (select min(case_id) from rating)",
    );
    let found = run(&world);
    let first = found.differences.first().unwrap();
    assert_eq!((found.different, first.fault), (1, RecomputeFault::Grade));
    assert!(matches!(&first.stored, StoredResult::Rating(_)));

    touch(
        &world,
        "update assessment set result = replace(result, '\"score\":', '\"score\": ')",
    );
    let found = run(&world);
    assert_eq!(found.different, 3);
    assert!(
        found
            .differences
            .iter()
            .all(|d| d.fault == RecomputeFault::Result)
    );

    touch(&world, "update assessment set inputs = x'7b7d'");
    let found = run(&world);
    assert!(
        found
            .differences
            .iter()
            .all(|d| d.fault == RecomputeFault::InputsHash)
    );
}

#[test]
fn a_rating_without_its_rules_or_inputs_is_not_passed_over() {
    let world = rated(1);
    touch(&world, "delete from assessment");
    let found = run(&world);
    assert_eq!(found.differences[0].fault, RecomputeFault::InputsMissing);
}
