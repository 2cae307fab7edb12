//! What a ledger may say, and who lets it count.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::ledger::{AmountUnit, LoanForm};
use itgel_server::ledger::{self, NewLedger};
use itgel_server::store::ledger::LedgerState;
use itgel_server::store::ledger_fault::Unmatched;
use itgel_server::{ServiceError, setup, store};

use crate::actors::{Collector, refusal};
use crate::world::*;

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
fn the_same_month_again_changes_nothing_and_a_corrected_one_takes_its_place() {
    let world = world(6);
    let mut team = Collector::new("c-1", "c-2");
    let household = world.plain()[0].clone();
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
    let household = world.plain()[0].clone();
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
