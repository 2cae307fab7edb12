//! What a ledger in force does to households, gachas and those behind an entity.

use itgel_domain::id::SubjectId;
use itgel_domain::identity::Person;
use itgel_domain::ledger::LoanForm;
use itgel_domain::register::{CreditStatus, RegisterContent, RegisterRow, Relation};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_fixtures::Household;
use itgel_server::related::{self, Holder, Office};
use itgel_server::store::ledger::LedgerDuty;
use itgel_server::{ServiceError, ingest, ledger, setup, store};

use crate::actors::Collector;
use crate::world::*;

#[test]
fn a_loan_repaid_by_the_next_months_ledger_changes_the_assessment() {
    let world = world(6);
    let mut team = Collector::new("c-1", "c-2");
    let household = world.plain()[0].clone();
    team.visit(&world, &household);
    let head = number_of(&household, "head");
    let before = assessment_of(&world, &household.subject);
    assert_eq!(before.vetoes, Vec::<String>::new());
    report(&world, "rcc-1", "2026-09", &[bad(loan("借-1", &head))]);
    let row = credit_of(&world, &household.subject);
    let RegisterContent::Credit(record) = &row.content else {
        panic!("a loan record");
    };
    assert_eq!(
        (record.status, record.npl_fen),
        (CreditStatus::Known, 5_000_000)
    );
    assert_eq!(row.source, "loan_ledger 2026-09");
    assert_eq!(assessment_of(&world, &household.subject).vetoes, ["V3"]);
    world.pass_days(20);
    report(
        &world,
        "rcc-1",
        "2026-10",
        &[settled(loan("借-1", &head), "2026-10-10")],
    );
    let after = assessment_of(&world, &household.subject);
    assert_eq!(
        after.vetoes,
        Vec::<String>::new(),
        "settled before the visit"
    );
    let RegisterContent::Credit(record) = credit_of(&world, &household.subject).content else {
        panic!("a loan record");
    };
    assert_eq!((record.balance_fen, record.npl_fen), (0, 0));
    assert_eq!(
        record.spells[0].ended_on,
        Some("2026-10-10".parse().unwrap())
    );
}

#[test]
fn mutual_guarantees_are_a_tip_for_both_until_one_of_them_ends() {
    let world = world(8);
    let mut team = Collector::new("c-1", "c-2");
    let households = world.plain();
    let (first, second) = (households[0].clone(), households[1].clone());
    for household in [&first, &second] {
        team.visit(&world, household);
    }
    let (a, b) = (number_of(&first, "head"), number_of(&second, "head"));
    let guaranteed = |reference, borrower: &str, guarantor: &str| LoanForm {
        guarantors: guarantor.into(),
        ..loan(reference, borrower)
    };
    let rows = [guaranteed("借-1", &a, &b), guaranteed("借-2", &b, &a)];
    report(&world, "rcc-1", "2026-08", &rows);
    let has_tip = |household: &Household| {
        let tips = assessment_of(&world, &household.subject).tips;
        tips.iter().any(|tip| tip == "TIP_GUARANTEE_RING")
    };
    assert!(has_tip(&first) && has_tip(&second));
    let rows = [
        settled(guaranteed("借-1", &a, &b), "2026-09-10"),
        guaranteed("借-2", &b, &a),
    ];
    report(&world, "rcc-1", "2026-09", &rows);
    assert!(!has_tip(&first) && !has_tip(&second));
}

#[test]
fn a_lender_that_is_late_leaves_the_balance_unknown_and_takes_no_title() {
    let world = world(24);
    let mut team = Collector::new("c-1", "c-2");
    let households = world.plain();
    for household in &households {
        team.visit(&world, household);
    }
    let rows: Vec<LoanForm> = (0..)
        .zip(&households)
        .map(|(n, household)| loan(&format!("借-{n}"), &number_of(household, "head")))
        .collect();
    report(&world, "rcc-1", "2026-09", &rows);
    world.rate(&mut team, &households);
    let duty = LedgerDuty {
        lender: lender("rcc-1"),
        division: world.banner.code,
        from_month: "2026-09".parse().unwrap(),
        to_month: None,
        due_days: 10,
        source: "合同第5条".into(),
    };
    let registrar = setup::operator(world.banner.code);
    world
        .transact(move |service, tx| ledger::put_duty(tx, &registrar, &duty, service.now()))
        .unwrap();
    assert!(
        snapshot(&world).npl_fen.is_some(),
        "September is there, October not due"
    );
    world.pass_days(30);
    assert_eq!(
        snapshot(&world).npl_fen,
        None,
        "October was due on 10 November"
    );
    report(&world, "rcc-1", "2026-10", &rows);
    let facts = snapshot(&world);
    assert_eq!(facts.npl_fen, Some(0));
    assert!(facts.loan_balance_fen.is_some_and(|fen| fen >= 5_000_000));
}

#[test]
fn loans_of_cadres_decide_their_gate_and_a_register_cannot_hide_them() {
    let world = world(6);
    let mut team = Collector::new("c-1", "c-2");
    let household = world.plain()[0].clone();
    team.visit(&world, &household);
    let head = number_of(&household, "head");
    let (object, person) = (world.gacha.code.to_string(), head.clone());
    let holder = Holder {
        object: object.parse().unwrap(),
        office: Office::Cadre,
        person: person.parse().unwrap(),
        valid_from: "2024-01-01".parse().unwrap(),
        valid_to: None,
        source: "换届文件".into(),
    };
    world
        .transact(move |service, tx| related::put(service, tx, &holder, "test", service.now()))
        .unwrap();
    report(&world, "rcc-1", "2026-08", &[loan("借-1", &head)]);
    let facts = snapshot(&world);
    assert_eq!(facts.cadre_loan_npl, Some(false));
    report(&world, "rcc-1", "2026-09", &[bad(loan("借-1", &head))]);
    let facts = snapshot(&world);
    assert_eq!(
        (facts.cadre_loan_npl, facts.cadre_loan_overdue),
        (Some(true), Some(true))
    );
}

#[test]
fn what_happens_to_a_household_reaches_the_entity_it_answers_for_in_the_same_transaction() {
    let world = world(24);
    let mut team = Collector::new("c-1", "c-2");
    let households = world.plain();
    let household = households[0].clone();
    team.visit(&world, &household);
    let entity = entity(&world, "coop-1");
    let head = number_of(&household, "head");
    // Chair and council member in one: counted once.
    for relation in [Relation::Council, Relation::Responsible] {
        let holder = Holder {
            object: entity.id.clone(),
            office: Office::Behind(relation),
            person: head.parse().unwrap(),
            valid_from: "2024-01-01".parse().unwrap(),
            valid_to: None,
            source: "章程".into(),
        };
        world
            .transact(move |service, tx| related::put(service, tx, &holder, "test", service.now()))
            .unwrap();
    }
    let standing = || {
        let id = entity.id.clone();
        let read =
            move |c: &_| store::register::list_of(c, &id, "related").map_err(ServiceError::from);
        let rows = world.service.store.read(read).unwrap();
        assert_eq!(rows.len(), 1, "one person, one row");
        match rows.into_iter().next().unwrap().content {
            RegisterContent::Related(standing) => standing,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        (standing().relation, standing().grade),
        (Relation::Responsible, None)
    );
    world.rate(&mut team, std::slice::from_ref(&household));
    let rated = world.case(&household).case.grade();
    assert!(rated.is_some());
    assert_eq!(standing().grade, rated);
    report(&world, "rcc-1", "2026-09", &[bad(loan("借-1", &head))]);
    let codes: Vec<_> = standing()
        .vetoes
        .into_iter()
        .map(|fact| fact.code)
        .collect();
    assert_eq!(codes, ["V3"]);
    assert_eq!(standing().credit.npl_fen, 5_000_000);
}

#[test]
fn the_loans_of_a_chair_who_is_a_grown_up_son_reach_the_cooperative_and_not_his_parents() {
    let world = world(6);
    let household = world.plain()[0].clone();
    let mut team = Collector::new("c-1", "c-2");
    team.visit(&world, &household);
    let son = "110105199001010029";
    let mut people = household.identity.people.clone();
    people.push(Person {
        role: "child".into(),
        full_name: "示例".into(),
        name_mn: None,
        id_number: Some(son.into()),
        phone: None,
    });
    let subject = Subject {
        id: household.subject.clone(),
        kind: SubjectKind::Household,
        division: world.gacha.code,
        local_code: household.local_code.clone(),
    };
    let entity = entity(&world, "coop-1");
    let holder = Holder {
        object: entity.id.clone(),
        office: Office::Behind(Relation::Responsible),
        person: son.parse().unwrap(),
        valid_from: "2024-01-01".parse().unwrap(),
        valid_to: None,
        source: "章程".into(),
    };
    world
        .transact(move |service, tx| {
            ingest::append_identity(service, tx, &subject, people, service.now())?;
            related::put(service, tx, &holder, "test", service.now())
        })
        .unwrap();
    report(&world, "rcc-1", "2026-09", &[bad(loan("借-1", son))]);
    let read =
        |c: &_| store::register::list_of(c, &entity.id, "related").map_err(ServiceError::from);
    let rows = world.service.store.read(read).unwrap();
    let [RegisterContent::Related(standing)] = &rows
        .iter()
        .map(|row| row.content.clone())
        .collect::<Vec<_>>()[..]
    else {
        panic!("{rows:?}");
    };
    assert_eq!(standing.credit.npl_fen, 5_000_000);
    let codes: Vec<_> = standing.vetoes.iter().map(|fact| &fact.code).collect();
    assert_eq!(codes, ["V3"]);
    let parents = |c: &_| {
        store::register::get_of(c, &household.subject, "credit", "").map_err(ServiceError::from)
    };
    let row = world.service.store.read(parents).unwrap().unwrap();
    let RegisterContent::Credit(own) = row.content else {
        panic!("a loan record");
    };
    assert_eq!(own.npl_fen, 0, "the household's record is its own");
    assert_eq!(standing.credit.balance_fen, own.balance_fen + 5_000_000);
}

#[test]
fn a_chairs_own_loan_is_not_the_cooperatives() {
    let world = world(6);
    let household = world.plain()[0].clone();
    let mut team = Collector::new("c-1", "c-2");
    team.visit(&world, &household);
    let entity = entity(&world, "coop-1");
    let read =
        |c: &_| store::register::get_of(c, &entity.id, "credit", "").map_err(ServiceError::from);
    report(
        &world,
        "rcc-1",
        "2026-09",
        &[loan("借-1", &number_of(&household, "head"))],
    );
    assert_eq!(world.service.store.read(read).unwrap(), None);
}

#[test]
fn who_is_in_no_ledger_never_had_a_loan_once_every_lender_has_reported() {
    let world = world(6);
    for id in ["rcc-1", "bank-2"] {
        let duty = LedgerDuty {
            lender: lender(id),
            division: world.banner.code,
            from_month: "2026-09".parse().unwrap(),
            to_month: None,
            due_days: 10,
            source: "合同".into(),
        };
        let registrar = setup::operator(world.banner.code);
        world
            .transact(move |service, tx| ledger::put_duty(tx, &registrar, &duty, service.now()))
            .unwrap();
    }
    let nobody = || {
        let (banner, day) = (world.banner.code, world.now().on());
        let read =
            move |c: &_| store::register::list_of_division(c, banner).map_err(ServiceError::from);
        let rows = world.service.store.read(read).unwrap();
        let is_credit = |row: &RegisterRow| {
            row.holds_on(day) && matches!(row.content, RegisterContent::Credit(_))
        };
        rows.iter().any(is_credit)
    };
    report(&world, "rcc-1", "2026-09", &[]);
    assert!(!nobody(), "the other lender may know of loans");
    report(&world, "bank-2", "2026-09", &[]);
    assert!(nobody());
}

#[test]
fn an_erased_household_leaves_no_loan_behind() {
    let world = world(6);
    let mut team = Collector::new("c-1", "c-2");
    let household = world.plain()[0].clone();
    team.visit(&world, &household);
    report(
        &world,
        "rcc-1",
        "2026-09",
        &[loan("借-1", &number_of(&household, "head"))],
    );
    let subject = household.subject.clone();
    let lines = |subject: SubjectId| {
        let read =
            move |c: &_| store::loan::list_of_subject(c, &subject).map_err(ServiceError::from);
        world.service.store.read(read).unwrap().len()
    };
    assert_eq!(lines(subject.clone()), 1);
    let erased = subject.clone();
    world
        .transact(move |service, tx| ingest::erase(service, tx, &erased, "a-1", service.now()))
        .unwrap();
    assert_eq!(lines(subject), 0);
    let left: i64 = world
        .service
        .store
        .read(|c| -> Result<i64, ServiceError> {
            let sql = "select (select count(*) from loan_line) + (select count(*) from party)";
            Ok(c.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(left, 0);
}
