//! The lenders' monthly ledger over a real database: what is refused, what comes into force and
//! by whom, and what follows for households, gachas and those behind an entity.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod actors;

use actors::{Collector, World, refusal};
use itgel_domain::assess::Assessment;
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{LedgerId, LenderId, SubjectId};
use itgel_domain::ledger::{AmountUnit, LoanForm};
use itgel_domain::policy::{Actor, Grant};
use itgel_domain::register::{CreditStatus, DivisionFacts, RegisterContent, RegisterRow, Relation};
use itgel_domain::subject::{EntityKind, Subject, SubjectKind};
use itgel_fixtures::Household;
use itgel_server::ledger::{self, Entered, NewLedger, NumberedForm};
use itgel_server::related::{self, Holder, Office};
use itgel_server::store::ledger::{LedgerDuty, LedgerState};
use itgel_server::store::ledger_fault::Unmatched;
use itgel_server::store::lender::LenderRecord;
use itgel_server::titles::{self, TitleResult};
use itgel_server::{ServiceError, jobs, registers, setup, store};

fn lender(id: &str) -> LenderId {
    id.parse().unwrap()
}

/// The machine of a lender.
fn machine(world: &World, id: &str) -> Actor {
    Actor {
        officer: id.parse().unwrap(),
        lender: Some(lender(id)),
        grants: vec![Grant {
            role: Role::Lender,
            division: world.banner.code,
            purpose: None,
        }],
    }
}

/// A gacha with two lenders under contract.
fn world(households: u32) -> World {
    let world = World::with_households(households);
    for id in ["rcc-1", "bank-2"] {
        let record = LenderRecord {
            id: lender(id),
            name: "示例农信社".into(),
            division: world.banner.code,
            purposes: vec![Purpose::LoanDecision],
            public_key: String::new(),
            daily_quota: 10,
        };
        world
            .transact(move |_, tx| setup::add_lender(tx, &record))
            .unwrap();
    }
    world
}

fn open(world: &World, id: &str, month: &str, unit: AmountUnit) -> Result<LedgerId, ServiceError> {
    let actor = machine(world, id);
    let new = NewLedger {
        lender: None,
        division: world.banner.code,
        month: month.parse().unwrap(),
        unit,
        source: "示例台账".into(),
    };
    world.transact(move |service, tx| ledger::open(tx, &actor, &new, service.now()))
}

fn enter(
    world: &World,
    id: &str,
    to: &LedgerId,
    rows: &[LoanForm],
) -> Result<Entered, ServiceError> {
    let (actor, to) = (machine(world, id), to.clone());
    let numbered = (1..).zip(rows.iter().cloned());
    let page: Vec<_> = numbered.map(|(n, row)| NumberedForm { n, row }).collect();
    world.transact(move |service, tx| ledger::enter_forms(service, tx, &actor, &to, &page))
}

fn propose(world: &World, id: &str, of: &LedgerId) -> Result<LedgerState, ServiceError> {
    let (actor, of) = (machine(world, id), of.clone());
    world.transact(move |service, tx| ledger::propose(tx, &actor, &of, service.now()))
}

fn activate(world: &World, actor: Actor, of: &LedgerId) -> Result<(), ServiceError> {
    let of = of.clone();
    world.transact(move |service, tx| ledger::activate(tx, &actor, &of, service.now()))
}

/// A ledger from its first row to its subjects.
fn report(world: &World, id: &str, month: &str, rows: &[LoanForm]) -> LedgerId {
    let ledger = open(world, id, month, AmountUnit::Yuan).unwrap();
    assert_eq!(enter(world, id, &ledger, rows).unwrap().faults, []);
    if propose(world, id, &ledger).unwrap() == LedgerState::Proposed {
        activate(world, world.officer("a-1"), &ledger).unwrap();
        run_jobs(world);
    }
    ledger
}

fn run_jobs(world: &World) {
    while jobs::run_due(&world.service).unwrap() > 0 {}
    let failed = world.service.store.read(store::job::list_failed).unwrap();
    assert_eq!(failed, []);
}

fn number_of(household: &Household, role: &str) -> String {
    let mut people = household.identity.people.iter();
    let person = people.find(|person| person.role == role).unwrap();
    person.id_number.clone().unwrap()
}

/// A loan of 50,000 yuan paid out in 2025, with nothing wrong.
fn loan(reference: &str, borrower: &str) -> LoanForm {
    LoanForm {
        loan: reference.into(),
        borrower: borrower.into(),
        opened_on: "2025-03-01".into(),
        due_on: "2027-02-28".into(),
        amount: "50000".into(),
        balance: "50000".into(),
        rate: "6.5".into(),
        purpose: "饲草料".into(),
        class: "正常".into(),
        ..LoanForm::default()
    }
}

fn bad(form: LoanForm) -> LoanForm {
    LoanForm {
        days_past_due: "120".into(),
        worst_days_past_due: "120".into(),
        class: "次级".into(),
        ..form
    }
}

fn settled(form: LoanForm, on: &str) -> LoanForm {
    LoanForm {
        closed_on: on.into(),
        balance: "0".into(),
        days_past_due: String::new(),
        worst_days_past_due: "130".into(),
        class: "正常".into(),
        ..form
    }
}

fn credit_of(world: &World, subject: &SubjectId) -> RegisterRow {
    let read =
        |c: &_| store::register::get_of(c, subject, "credit", "").map_err(ServiceError::from);
    world.service.store.read(read).unwrap().unwrap()
}

fn assessment_of(world: &World, subject: &SubjectId) -> Assessment {
    let cycle = &world.cycle.id;
    let read = |c: &_| -> Result<_, ServiceError> {
        let standing = store::standing::get(c, subject, cycle)?.unwrap();
        Ok(store::assessment::get(c, &standing.inputs_hash.unwrap())?.unwrap())
    };
    let stored = world.service.store.read(read).unwrap();
    serde_json::from_str(&stored.result).unwrap()
}

fn faults(entered: &Entered) -> Vec<(u32, &str, ErrorCode)> {
    let told = entered.faults.iter();
    told.map(|f| (f.n, f.violation.field.as_str(), f.violation.code))
        .collect()
}

#[test]
fn a_bad_row_is_refused_with_its_column_and_takes_no_other_with_it() {
    let world = world(3);
    let head = number_of(&world.households[0], "head");
    let ledger = open(&world, "rcc-1", "2026-09", AmountUnit::Yuan).unwrap();
    let wrong_digit = {
        let last = if head.ends_with('1') { '2' } else { '1' };
        format!("{}{last}", &head[..17])
    };
    let rows = [
        loan("借-1", &head),
        loan("借-2", &wrong_digit),
        loan("借-1", &head),
        LoanForm {
            opened_on: "2026-10-01".into(),
            ..loan("借-4", &head)
        },
        loan("借-5", &head),
    ];
    let entered = enter(&world, "rcc-1", &ledger, &rows).unwrap();
    assert_eq!(entered.taken, 2);
    assert_eq!(
        faults(&entered),
        [
            (2, "borrower", ErrorCode::PersonIdInvalid),
            (3, "loan", ErrorCode::LedgerDuplicate),
            (4, "opened_on", ErrorCode::LedgerDates),
        ]
    );
    let again = enter(&world, "rcc-1", &ledger, &rows).unwrap();
    assert_eq!(
        (again.taken, again.faults.len()),
        (2, 3),
        "sent twice after a broken link"
    );
    let actor = machine(&world, "rcc-1");
    let read = |c: &_| ledger::ledger(c, &actor, &ledger);
    let view = world.service.store.read(read).unwrap();
    assert_eq!((view.lines, view.refused), (2, 3));
    // The row is corrected and sent again under its number.
    let corrected = LoanForm {
        loan: "借-3".into(),
        ..loan("", &head)
    };
    let mut rows = rows;
    rows[2] = corrected;
    enter(&world, "rcc-1", &ledger, &rows).unwrap();
    let view = world.service.store.read(read).unwrap();
    assert_eq!((view.lines, view.refused), (3, 2));
}

#[test]
fn wan_yuan_for_yuan_is_refused_as_a_whole_and_changes_nothing() {
    let world = world(3);
    let head = number_of(&world.households[0], "head");
    let ledger = open(&world, "rcc-1", "2026-09", AmountUnit::Yuan).unwrap();
    let in_wan = LoanForm {
        amount: "5".into(),
        balance: "5".into(),
        ..loan("借-1", &head)
    };
    enter(&world, "rcc-1", &ledger, &[in_wan]).unwrap();
    assert_eq!(
        refusal(propose(&world, "rcc-1", &ledger)),
        ErrorCode::LedgerUnit
    );
    assert_eq!(
        refusal(activate(&world, world.officer("a-1"), &ledger)),
        ErrorCode::LedgerState
    );
    let unit = AmountUnit::TenThousandYuan;
    let right = open(&world, "rcc-1", "2026-09", unit).unwrap();
    let in_wan = LoanForm {
        amount: "5".into(),
        balance: "4.95".into(),
        ..loan("借-1", &head)
    };
    enter(&world, "rcc-1", &right, &[in_wan]).unwrap();
    assert_eq!(
        propose(&world, "rcc-1", &right).unwrap(),
        LedgerState::Proposed
    );
    assert_eq!(
        refusal(enter(&world, "rcc-1", &ledger, &[])),
        ErrorCode::LedgerState,
        "given up for the new one"
    );
}

#[test]
fn a_month_that_has_not_ended_and_a_lender_without_contract_are_refused() {
    let world = world(3);
    let try_open = |id: &str, month: &str| open(&world, id, month, AmountUnit::Yuan);
    assert_eq!(
        refusal(try_open("rcc-1", "2026-10")),
        ErrorCode::LedgerMonth
    );
    assert_eq!(
        refusal(try_open("rcc-1", "2027-01")),
        ErrorCode::LedgerMonth
    );
    assert_eq!(
        refusal(try_open("nobody", "2026-09")),
        ErrorCode::LenderUnknown
    );
    let sumu: DivisionCode = world.gacha.code.parent().unwrap();
    let actor = setup::operator(world.banner.code);
    let new = NewLedger {
        lender: Some(lender("rcc-1")),
        division: sumu,
        month: "2026-09".parse().unwrap(),
        unit: AmountUnit::Yuan,
        source: String::new(),
    };
    let opened = world.transact(move |service, tx| ledger::open(tx, &actor, &new, service.now()));
    assert_eq!(refusal(opened), ErrorCode::DivisionInvalid);
}

#[test]
fn nobody_puts_into_force_what_he_entered_and_no_lender_sees_anothers_ledger() {
    let world = world(3);
    let registrar = setup::operator(world.banner.code);
    let new = NewLedger {
        lender: Some(lender("rcc-1")),
        division: world.banner.code,
        month: "2026-09".parse().unwrap(),
        unit: AmountUnit::Yuan,
        source: "纸质台账".into(),
    };
    let by = registrar.clone();
    let ledger = world
        .transact(move |service, tx| {
            let id = ledger::open(tx, &by, &new, service.now())?;
            ledger::propose(tx, &by, &id, service.now())?;
            Ok(id)
        })
        .unwrap();
    assert_eq!(
        refusal(activate(&world, registrar, &ledger)),
        ErrorCode::SecondPerson
    );
    let own = machine(&world, "rcc-1");
    assert_eq!(
        refusal(activate(&world, own, &ledger)),
        ErrorCode::NotAllowed
    );
    let other = machine(&world, "bank-2");
    let seen = world
        .service
        .store
        .read(|c| ledger::ledger(c, &other, &ledger));
    assert_eq!(refusal(seen), ErrorCode::LedgerUnknown);
    activate(&world, world.officer("a-1"), &ledger).unwrap();
    run_jobs(&world);
}

#[test]
fn a_loan_repaid_by_the_next_months_ledger_changes_the_assessment() {
    let world = world(6);
    let mut team = Collector::new("c-1", "c-2");
    let household = ordinary(&world)[0].clone();
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
fn the_same_month_again_changes_nothing_and_a_corrected_one_takes_its_place() {
    let world = world(6);
    let mut team = Collector::new("c-1", "c-2");
    let household = ordinary(&world)[0].clone();
    team.visit(&world, &household);
    let head = number_of(&household, "head");
    report(&world, "rcc-1", "2026-09", &[bad(loan("借-1", &head))]);
    let before = credit_of(&world, &household.subject);
    let again = report(&world, "rcc-1", "2026-09", &[bad(loan("借-1", &head))]);
    let read = |c: &_| store::ledger::get(c, &again).map_err(ServiceError::from);
    let row = world.service.store.read(read).unwrap().unwrap();
    assert_eq!(
        row.state,
        LedgerState::Replaced,
        "it says what is in force already"
    );
    assert_eq!(credit_of(&world, &household.subject), before);
    report(&world, "rcc-1", "2026-09", &[loan("借-1", &head)]);
    let corrected = credit_of(&world, &household.subject);
    assert_eq!(corrected.revision, before.revision + 1);
    assert_eq!(
        assessment_of(&world, &household.subject).vetoes,
        Vec::<String>::new()
    );
}

#[test]
fn rows_that_nobody_is_known_for_are_listed_and_count_as_soon_as_somebody_is() {
    let world = world(6);
    let household = ordinary(&world)[0].clone();
    let head = number_of(&household, "head");
    let rows = [bad(loan("借-1", &head)), loan("借-2", "91350100M000100Y43")];
    let ledger = report(&world, "rcc-1", "2026-09", &rows);
    let actor = machine(&world, "rcc-1");
    let read = |c: &_| ledger::list_unmatched(c, &actor, &ledger, 0, 10);
    let unmatched = world.service.store.read(read).unwrap();
    let listed: Vec<_> = unmatched.iter().map(|row| (row.n, row.reason)).collect();
    assert_eq!(listed, [(1, Unmatched::Unknown), (2, Unmatched::Unknown)]);
    let mut team = Collector::new("c-1", "c-2");
    team.visit(&world, &household);
    run_jobs(&world);
    assert_eq!(assessment_of(&world, &household.subject).vetoes, ["V3"]);
    assert_eq!(world.service.store.read(read).unwrap().len(), 1);
}

#[test]
fn mutual_guarantees_are_a_tip_for_both_until_one_of_them_ends() {
    let world = world(8);
    let mut team = Collector::new("c-1", "c-2");
    let households = ordinary(&world);
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
    let households = ordinary(&world);
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
    let household = ordinary(&world)[0].clone();
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
    let households = ordinary(&world);
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
fn a_chairs_own_loan_is_not_the_cooperatives() {
    let world = world(6);
    let household = ordinary(&world)[0].clone();
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
    let household = ordinary(&world)[0].clone();
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
        .transact(move |service, tx| {
            itgel_server::ingest::erase(service, tx, &erased, "a-1", service.now())
        })
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

/// Households without any special case.
fn ordinary(world: &World) -> Vec<Household> {
    let all = world.households.iter().filter(|h| h.twist.is_none());
    all.cloned().collect()
}

fn entity(world: &World, id: &str) -> Subject {
    let subject = Subject {
        id: id.parse().unwrap(),
        kind: SubjectKind::Entity(EntityKind::Cooperative),
        division: world.gacha.code,
        local_code: "合-1".into(),
    };
    let entered = subject.clone();
    world
        .transact(move |service, tx| registers::put_subject(service, tx, &entered))
        .unwrap();
    subject
}

fn snapshot(world: &World) -> DivisionFacts {
    let (cycle, as_of) = (world.cycle.id.clone(), world.now().on());
    world
        .transact(move |service, tx| titles::snapshot(service, tx, &cycle, as_of, service.now()))
        .unwrap();
    let (gacha, cycle) = (world.gacha.code, &world.cycle.id);
    let read = |c: &_| store::title::get(c, gacha, cycle).map_err(ServiceError::from);
    let row = world.service.store.read(read).unwrap().unwrap();
    let result: TitleResult = serde_json::from_str(&row.result).unwrap();
    result.facts
}
