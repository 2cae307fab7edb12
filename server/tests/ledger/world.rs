//! A gacha with two lenders under contract, their machines and their rows.

use itgel_domain::assess::Assessment;
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{LedgerId, LenderId, SubjectId};
use itgel_domain::ledger::{AmountUnit, LoanForm};
use itgel_domain::policy::{Actor, Grant};
use itgel_domain::register::{DivisionFacts, RegisterRow};
use itgel_domain::subject::{EntityKind, Subject, SubjectKind};
use itgel_fixtures::Household;
use itgel_server::ledger::{self, Entered, NewLedger, NumberedForm};
use itgel_server::store::ledger::LedgerState;
use itgel_server::store::lender::LenderRecord;
use itgel_server::titles::{self, TitleResult};
use itgel_server::{ServiceError, jobs, registers, setup, store};

use crate::actors::World;

pub(crate) fn lender(id: &str) -> LenderId {
    id.parse().unwrap()
}

/// The machine of a lender.
pub(crate) fn machine(world: &World, id: &str) -> Actor {
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
pub(crate) fn world(households: u32) -> World {
    let world = World::with_households(households);
    for id in ["rcc-1", "bank-2"] {
        let record = LenderRecord {
            id: lender(id),
            name: "示例农信社".into(),
            name_mn: String::new(),
            valid_from: jiff::civil::date(2020, 1, 1),
            valid_to: None,
            division: world.banner.code,
            purposes: vec![Purpose::LoanDecision],
            daily_quota: 10,
        };
        world
            .transact(move |service, tx| setup::add_lender(tx, &record, service.now().on()))
            .unwrap();
    }
    world
}

pub(crate) fn open(
    world: &World,
    id: &str,
    month: &str,
    unit: AmountUnit,
) -> Result<LedgerId, ServiceError> {
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

pub(crate) fn enter(
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

pub(crate) fn propose(world: &World, id: &str, of: &LedgerId) -> Result<LedgerState, ServiceError> {
    let (actor, of) = (machine(world, id), of.clone());
    world.transact(move |service, tx| ledger::propose(tx, &actor, &of, service.now()))
}

pub(crate) fn activate(world: &World, actor: Actor, of: &LedgerId) -> Result<(), ServiceError> {
    let of = of.clone();
    world.transact(move |service, tx| ledger::activate(tx, &actor, &of, service.now()))
}

/// A ledger from its first row to its subjects.
pub(crate) fn report(world: &World, id: &str, month: &str, rows: &[LoanForm]) -> LedgerId {
    let ledger = open(world, id, month, AmountUnit::Yuan).unwrap();
    assert_eq!(enter(world, id, &ledger, rows).unwrap().faults, []);
    if propose(world, id, &ledger).unwrap() == LedgerState::Proposed {
        activate(world, world.officer("a-1"), &ledger).unwrap();
        run_jobs(world);
    }
    ledger
}

pub(crate) fn run_jobs(world: &World) {
    while jobs::run_due(&world.service).unwrap() > 0 {}
    let failed = world.service.store.read(store::job::list_failed).unwrap();
    assert_eq!(failed, []);
}

pub(crate) fn number_of(household: &Household, role: &str) -> String {
    let mut people = household.identity.people.iter();
    let person = people.find(|person| person.role == role).unwrap();
    person.id_number.clone().unwrap()
}

/// A loan of 50,000 yuan paid out in 2025, with nothing wrong.
pub(crate) fn loan(reference: &str, borrower: &str) -> LoanForm {
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

pub(crate) fn bad(form: LoanForm) -> LoanForm {
    LoanForm {
        days_past_due: "120".into(),
        worst_days_past_due: "120".into(),
        class: "次级".into(),
        ..form
    }
}

pub(crate) fn settled(form: LoanForm, on: &str) -> LoanForm {
    LoanForm {
        closed_on: on.into(),
        balance: "0".into(),
        days_past_due: String::new(),
        worst_days_past_due: "130".into(),
        class: "正常".into(),
        ..form
    }
}

pub(crate) fn credit_of(world: &World, subject: &SubjectId) -> RegisterRow {
    let read =
        |c: &_| store::register::get_of(c, subject, "credit", "").map_err(ServiceError::from);
    world.service.store.read(read).unwrap().unwrap()
}

pub(crate) fn assessment_of(world: &World, subject: &SubjectId) -> Assessment {
    let cycle = &world.cycle.id;
    let read = |c: &_| -> Result<_, ServiceError> {
        let standing = store::standing::get(c, subject, cycle)?.unwrap();
        Ok(store::assessment::get(c, &standing.inputs_hash.unwrap())?.unwrap())
    };
    let stored = world.service.store.read(read).unwrap();
    serde_json::from_str(&stored.result).unwrap()
}

pub(crate) fn faults(entered: &Entered) -> Vec<(u32, &str, ErrorCode)> {
    let told = entered.faults.iter();
    told.map(|f| (f.n, f.violation.field.as_str(), f.violation.code))
        .collect()
}

pub(crate) fn entity(world: &World, id: &str) -> Subject {
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

pub(crate) fn snapshot(world: &World) -> DivisionFacts {
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
