//! A snapshot keeps exactly what was counted, and whom.

use itgel_domain::register::{
    CreditRecord, CreditStatus, DivisionFacts, RegisterContent, RegisterRow,
};
use itgel_domain::subject::{EntityKind, Subject, SubjectKind};
use itgel_server::ingest;
use itgel_server::store::entity::EntityRow;
use itgel_server::titles::{self, Proof};
use itgel_server::{ServiceError, registers, store};

use crate::actors::{Collector, World};
use crate::world::{enter_facts, good_facts, rated, rated_in, result_of, snapshot, title_of};

fn prove(world: &World) -> Proof {
    let id = title_of(world, world.gacha.code).snapshot;
    let actor = world.officer("u-1");
    let proof = |c: &_| titles::prove(&world.service, c, &actor, &id);
    world.service.store.read(proof).unwrap()
}

#[test]
fn a_snapshot_comes_out_again_after_everything_that_it_counted_has_changed() {
    let world = rated(24);
    let gacha = world.gacha.code;
    enter_facts(&world, "facts-1", gacha, good_facts(rated_in(&world)));
    let day = world.now().on();
    snapshot(&world, day);
    let before = prove(&world);
    assert!(before.same_inputs && before.same_result, "{before:?}");
    assert_eq!((before.households, before.erased), (24, 0));
    assert_eq!(before.facts, result_of(&title_of(&world, gacha)).facts);

    let mut worse = good_facts(rated_in(&world));
    worse.npl_fen = Some(900_000_000);
    enter_facts(&world, "facts-2", gacha, worse);
    let gone = world.households.iter().find(|h| h.twist.is_none()).unwrap();
    let subject = gone.subject.clone();
    world
        .transact(move |service, tx| {
            let now = service.now();
            ingest::erase(service, tx, &subject, "test", now)
        })
        .unwrap();
    let after = prove(&world);
    assert!(after.same_inputs && after.same_result, "{after:?}");
    assert_eq!((after.households, after.erased), (24, 1), "the counts stay");
    assert_eq!(after.facts, before.facts);

    world.pass_days(1);
    snapshot(&world, world.now().on());
    let next = prove(&world);
    assert_ne!(next.snapshot, before.snapshot);
    assert_eq!(next.households, 23);
    let actor = world.officer("u-1");
    let page = |cursor: Option<String>| {
        let read = |c: &_| titles::list_snapshots(c, &actor, gacha, cursor.as_deref(), 1);
        world.service.store.read(read).unwrap()
    };
    let (first, cursor) = page(None);
    let (second, end) = page(cursor);
    let days: Vec<_> = first.iter().chain(&second).map(|s| s.as_of).collect();
    assert_eq!(days, [next.as_of, day], "the old one is kept");
    assert_eq!(end, None);
}

#[test]
fn a_touched_count_is_found_by_the_audit() {
    let world = rated(12);
    snapshot(&world, world.now().on());
    let run = || itgel_server::recompute::recompute(&world.service, &mut |_| ()).unwrap();
    assert_eq!(run().different, 0);
    world
        .transact(|_, tx| {
            let sql = "update title_counted set counts = replace(counts, '\"A\"', '\"C\"')";
            Ok(tx.execute(sql, [])?)
        })
        .unwrap();
    assert!(run().different > 0);
}

#[test]
fn a_bad_loan_of_a_household_that_was_never_visited_is_in_the_balance_of_its_gacha() {
    let world = World::with_households(3);
    let gacha = world.gacha.code;
    let other = Subject {
        id: "unvisited".parse().unwrap(),
        kind: SubjectKind::Household,
        division: gacha,
        local_code: "9001".into(),
    };
    let bad = CreditRecord {
        status: CreditStatus::Known,
        balance_fen: 7_000_000,
        npl_fen: 7_000_000,
        ..CreditRecord::default()
    };
    let row = RegisterRow {
        id: "credit-unvisited".parse().unwrap(),
        division: gacha,
        subject: Some(other.id.clone()),
        key: String::new(),
        revision: 1,
        valid_from: "2026-01-01".parse().unwrap(),
        valid_to: None,
        source: "示例台账".into(),
        content: RegisterContent::Credit(bad),
    };
    snapshot(&world, world.now().on());
    let before = result_of(&title_of(&world, gacha)).facts;
    world
        .transact(move |service, tx| {
            registers::put_subject(service, tx, &other)?;
            registers::put(service, tx, &row, "test", service.now())
        })
        .unwrap();
    world.pass_days(1);
    snapshot(&world, world.now().on());
    assert_eq!(prove(&world).households, 4);
    let after = result_of(&title_of(&world, gacha)).facts;
    let more =
        |field: fn(&DivisionFacts) -> Option<i64>| field(&after).unwrap() - field(&before).unwrap();
    assert_eq!(more(|f| f.npl_fen), 7_000_000);
    assert_eq!(more(|f| f.loan_households), 1);
    assert_eq!(more(|f| f.rated_households), 0);
}

#[test]
fn who_moved_away_after_the_day_of_the_snapshot_still_counts_where_it_lived() {
    let world = World::with_households(6);
    let mut team = Collector::new("c-1", "c-2");
    let leaving = world.households.iter().find(|h| h.twist.is_none()).unwrap();
    team.visit(&world, leaving);
    world.pass_days(2);
    let day = world.now().on();
    world.pass_days(2);
    let (gacha, subject) = (world.gacha.code, leaving.subject.clone());
    let others = world.banner.divisions.iter();
    let elsewhere = others
        .map(|d| d.code)
        .find(|code| *code != gacha && code.level() == gacha.level())
        .unwrap();
    let until = world.now().on().yesterday().unwrap();
    world
        .transact(move |service, tx| {
            let before = store::subject::get(tx, &subject)?.unwrap();
            let moved = Subject {
                division: elsewhere,
                ..before
            };
            registers::move_subject(service, tx, &moved, until, service.now())
        })
        .unwrap();
    let living = |on| {
        let read = |c: &_| -> Result<_, ServiceError> {
            Ok(store::subject::list_at_home(c, gacha, on)?.len())
        };
        world.service.store.read(read).unwrap()
    };
    assert_eq!((living(day), living(world.now().on())), (6, 5));
    snapshot(&world, day);
    assert_eq!(prove(&world).households, 6);
    snapshot(&world, world.now().on());
    assert_eq!(prove(&world).households, 5);
}

#[test]
fn a_cooperative_registered_in_one_sumu_and_working_in_another_is_one_in_each_and_one_in_all() {
    let world = World::with_households(1);
    let gacha = world.gacha.code;
    let (here, banner) = (gacha.parent().unwrap(), world.banner.code);
    let mut all = world.banner.divisions.iter().map(|d| d.code);
    let there = all
        .find(|code| code.level() == here.level() && *code != here)
        .unwrap();
    let works = Subject {
        id: "coop-1".parse().unwrap(),
        kind: SubjectKind::Entity(EntityKind::Cooperative),
        division: gacha,
        local_code: "合-1".into(),
    };
    let register = EntityRow {
        subject: works.id.clone(),
        registered_in: there,
        directory_code: None,
        run_by: None,
        source: "示例登记".into(),
    };
    world
        .transact(move |service, tx| {
            registers::put_subject(service, tx, &works)?;
            assert!(store::entity::put(tx, &register)?);
            assert!(!store::entity::put(tx, &register)?, "twice changes nothing");
            Ok(())
        })
        .unwrap();
    let count = |within| {
        let read = |c: &_| store::entity::count(c, within).map_err(ServiceError::from);
        world.service.store.read(read).unwrap()
    };
    assert_eq!((count(here), count(there), count(banner)), (1, 1, 1));
}

#[test]
fn who_refuses_statistics_leaves_the_figure_of_pastures_and_no_count_of_the_gates() {
    let facts = |refusing: bool| {
        let world = World::with_households(24);
        let households: Vec<_> = world
            .households
            .iter()
            .filter(|h| h.twist.is_none())
            .collect();
        let mut team = Collector::new("c-1", "c-2");
        for (n, household) in households.iter().enumerate() {
            team.purposes = vec!["credit_rating".into()];
            if !refusing || n % 2 == 0 {
                team.purposes.push("village_statistics".into());
            }
            team.visit(&world, household);
        }
        let rated: Vec<_> = households.into_iter().cloned().collect();
        world.rate(&mut team, &rated);
        snapshot(&world, world.now().on());
        result_of(&title_of(&world, world.gacha.code)).facts
    };
    let (all, fewer) = (facts(false), facts(true));
    assert!(fewer.grazing_households < all.grazing_households);
    assert!(fewer.compliant_grazing_households <= fewer.grazing_households);
    let counts = |facts: &DivisionFacts| DivisionFacts {
        grazing_households: None,
        compliant_grazing_households: None,
        ..facts.clone()
    };
    assert_eq!(counts(&fewer), counts(&all));
}
