//! What was borrowed before a household was divided stays with every part of it until it is settled
//! (`domain.md` G 11), and is one debt for the gacha.

use itgel_domain::case::household::{Heads, HouseholdChange, HouseholdChangeKind, Share};
use itgel_domain::id::SubjectId;
use itgel_domain::register::{CreditRecord, RegisterContent};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_fixtures::Household;
use itgel_server::{ServiceError, fold, ingest, process, store};

use crate::actors::{Collector, World};
use crate::world::*;

/// All animals stay with the old household.
fn divide(world: &World, old: &Household, new: &Household) {
    let subject = old.subject.clone();
    let read = |c: &_| fold::facts(c, &subject);
    let heads: Heads = world.service.store.read(read).unwrap().newest_stock();
    let share = |household: &Household, heads| Share {
        subject: household.subject.clone(),
        heads,
    };
    let change = HouseholdChange {
        kind: HouseholdChangeKind::Split,
        on: world.now().on(),
        document: "示例分户协议1号".into(),
        from: vec![old.subject.clone()],
        into: vec![share(old, heads), share(new, Heads::new())],
    };
    let actor = world.officer("r-1");
    world
        .transact(move |service, tx| {
            process::household::change(service, tx, &actor, &change, service.now())
        })
        .unwrap();
    run_jobs(world);
}

/// The spouse is no longer one of the household's people.
fn leaves(world: &World, household: &Household, role: &str) {
    let subject = Subject {
        id: household.subject.clone(),
        kind: SubjectKind::Household,
        division: world.gacha.code,
        local_code: household.local_code.clone(),
    };
    let mut people = household.identity.people.clone();
    people.retain(|person| person.role != role);
    world
        .transact(move |service, tx| {
            ingest::append_identity(service, tx, &subject, people, service.now())
        })
        .unwrap();
    run_jobs(world);
}

fn record(world: &World, subject: &SubjectId) -> CreditRecord {
    match credit_of(world, subject).content {
        RegisterContent::Credit(record) => record,
        other => panic!("{other:?}"),
    }
}

fn has_tip(world: &World, household: &Household) -> bool {
    let tips = assessment_of(world, &household.subject).tips;
    tips.iter().any(|tip| tip == "TIP_JOINT_DEBT")
}

#[test]
fn a_debt_does_not_vanish_with_a_division_and_the_gacha_counts_it_once() {
    let world = world(12);
    let mut team = Collector::new("c-1", "c-2");
    let is_couple = |household: &&Household| {
        let mut people = household.identity.people.iter();
        people.any(|person| person.role == "spouse" && person.id_number.is_some())
    };
    let households = world.plain();
    let couples: Vec<_> = households.iter().filter(is_couple).take(2).collect();
    let [old, new] = couples[..] else {
        panic!("two couples");
    };
    for household in [old, new] {
        team.visit(&world, household);
    }
    let (head, spouse) = (number_of(old, "head"), number_of(old, "spouse"));
    let rows = [loan("借-1", &head), loan("借-2", &spouse)];
    report(&world, "rcc-1", "2026-08", &rows);
    let before = snapshot(&world).loan_balance_fen;
    let own = record_balance(&world, &new.subject);
    divide(&world, old, new);
    let joint = record(&world, &new.subject);
    assert_eq!(joint.balance_fen, own + 10_000_000);
    let [debt] = &joint.joint[..] else {
        panic!("{:?}", joint.joint);
    };
    let told = (debt.since, debt.source.as_str(), debt.loans);
    assert_eq!(told, (world.now().on(), "示例分户协议1号", 2));
    assert_eq!(record(&world, &old.subject).joint, [], "they are its own");
    assert_eq!(snapshot(&world).loan_balance_fen, before);
    assert!(has_tip(&world, new));
    assert!(!has_tip(&world, old));
    // She goes, her debt stays: it is summed once although nobody has her number now.
    leaves(&world, old, "spouse");
    let left = record(&world, &old.subject);
    assert_eq!((left.balance_fen, left.joint.len()), (10_000_000, 1));
    assert_eq!(snapshot(&world).loan_balance_fen, before);

    world.pass_days(20);
    let after = loan("借-3", &head);
    let after = itgel_domain::ledger::LoanForm {
        opened_on: "2026-10-20".into(),
        ..after
    };
    let rows = [bad(loan("借-1", &head)), loan("借-2", &spouse), after];
    report(&world, "rcc-1", "2026-10", &rows);
    assert_eq!(assessment_of(&world, &new.subject).vetoes, ["V3"]);
    assert_eq!(
        record(&world, &new.subject).balance_fen,
        own + 10_000_000,
        "what he borrowed after it is his alone"
    );
    let read = |c: &_| {
        store::register::get_of(c, &new.subject, "veto", "ledger").map_err(ServiceError::from)
    };
    let row = world.service.store.read(read).unwrap().unwrap();
    let RegisterContent::Veto(fact) = row.content else {
        panic!("a veto");
    };
    assert!(fact.source.contains("示例分户协议1号"), "{}", fact.source);
    assert_eq!(snapshot(&world).npl_fen, Some(5_000_000));

    world.pass_days(30);
    let rows = [
        settled(loan("借-1", &head), "2026-11-10"),
        settled(loan("借-2", &spouse), "2026-11-10"),
    ];
    report(&world, "rcc-1", "2026-11", &rows);
    let freed = record(&world, &new.subject);
    assert_eq!((freed.balance_fen, freed.joint.len()), (own, 0));
    assert!(!has_tip(&world, new));
}

fn record_balance(world: &World, subject: &SubjectId) -> i64 {
    let read =
        |c: &_| store::register::get_of(c, subject, "credit", "").map_err(ServiceError::from);
    let row = world.service.store.read(read).unwrap();
    match row.map(|row| row.content) {
        Some(RegisterContent::Credit(record)) => record.balance_fen,
        _ => 0,
    }
}
