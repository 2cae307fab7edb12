//! The quarterly check over ratings in effect: what it finds, what persons do about it, and what
//! lenders' ledgers say became of the ratings.

mod outcomes;
mod queue;

use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::monitoring::{Quarter, Reaction, Trigger, WarningState};
use itgel_fixtures::Household;
use itgel_server::monitoring::desk::{
    self, WarningDetail, WarningFilter, WarningPage, WarningRequest, WarningStep,
};
use itgel_server::monitoring::run;
use itgel_server::store::monitor::MonitorRun;
use itgel_server::store::warning::Order;
use itgel_server::{ServiceError, jobs, process};

use crate::actors::{Collector, World, refusal};
use crate::world::*;

/// A gacha with ratings in effect since November 2026.
fn rated(households: u32) -> (World, Vec<Household>) {
    let world = world(households);
    let mut team = Collector::new("c-1", "c-2");
    let all = world.plain();
    for household in &all {
        team.visit(&world, household);
    }
    world.rate(&mut team, &all);
    for household in &all {
        assert_eq!(world.state(household), CaseState::Effective);
    }
    (world, all)
}

fn quarter(text: &str) -> Quarter {
    text.parse().unwrap()
}

fn start(world: &World, officer: &str, of: &str) -> Result<MonitorRun, ServiceError> {
    let (actor, banner, of) = (world.officer(officer), world.banner.code, quarter(of));
    world.transact(move |service, tx| run::start(tx, &actor, banner, of, service.now()))
}

fn check(world: &World, of: &str) -> MonitorRun {
    start(world, "a-1", of).unwrap();
    run_jobs(world);
    let banner = world.banner.code;
    let read = |c: &_| desk::run(c, &world.officer("a-1"), banner, quarter(of));
    let run = world.service.store.read(read).unwrap();
    assert!(run.finished_at.is_some());
    run
}

fn filter(world: &World) -> WarningFilter {
    WarningFilter {
        division: world.banner.code,
        state: None,
        reaction: None,
        search: None,
        order: Order::Urgency,
        after: None,
        limit: 50,
    }
}

fn list(world: &World, filter: &WarningFilter) -> WarningPage {
    let actor = world.officer("a-1");
    world
        .service
        .store
        .read(|c| desk::list(c, &actor, filter))
        .unwrap()
}

fn act(
    world: &World,
    officer: &str,
    warning: &itgel_domain::id::WarningId,
    version: u64,
    step: WarningStep,
) -> Result<WarningDetail, ServiceError> {
    let (actor, id) = (world.officer(officer), warning.clone());
    let request = WarningRequest {
        version,
        step,
        reason: "已上门核实，逾期款项下周归还".into(),
    };
    world.transact(move |service, tx| desk::step(service, tx, &actor, &id, &request, service.now()))
}

#[test]
fn a_loan_past_due_puts_one_rating_under_watch_and_leaves_its_grade_and_its_neighbours() {
    let (world, all) = rated(8);
    let (late, fine) = (&all[0], &all[1]);
    let before = world.case(late).case.grade();
    let overdue = |reference: &str, borrower: &str, days: &str| itgel_domain::ledger::LoanForm {
        days_past_due: days.into(),
        worst_days_past_due: days.into(),
        ..loan(reference, borrower)
    };
    let rows = [
        overdue("借-1", &number_of(late, "head"), "45"),
        loan("借-2", &number_of(fine, "head")),
    ];
    report(&world, "rcc-1", "2026-09", &rows);
    let run = check(&world, "2026-Q4");
    assert_eq!(run.counts.checked, all.len() as u64);
    assert_eq!(run.counts.triggers["past_due"], 1);
    assert_eq!(world.state(late), CaseState::Watch);
    assert_eq!(world.state(fine), CaseState::Effective);
    assert_eq!(
        world.case(late).case.grade(),
        before,
        "a check never changes a grade"
    );
    let page = list(&world, &filter(&world));
    let warning = &page.warnings[0].warning;
    assert_eq!(warning.subject, late.subject);
    assert!(
        warning.watch && warning.reaction == Reaction::Warn,
        "{warning:?}"
    );
    let due = warning
        .findings
        .iter()
        .find(|f| f.trigger == Trigger::PastDue)
        .unwrap();
    assert_eq!(due.figure, Some(45));
    let again = check(&world, "2026-Q4");
    assert_eq!(
        again, run,
        "the same quarter again is the check that there is"
    );
    assert_eq!(list(&world, &filter(&world)), page);
}

#[test]
fn a_year_later_everybody_is_due_again_and_told_to_the_officers_of_the_gacha() {
    let (world, all) = rated(8);
    world.pass_days(364);
    let run = check(&world, "2027-Q4");
    assert_eq!(
        run.counts.triggers.get("re_rating"),
        None,
        "a year is not over yet"
    );
    assert_eq!(run.counts.triggers["ends_soon"], all.len() as u64);
    world.pass_days(2);
    process::run_periods(&world.service, world.now()).unwrap();
    assert_eq!(world.state(&all[0]), CaseState::Expired);
    let ended = WarningFilter {
        state: Some(WarningState::Ended),
        ..filter(&world)
    };
    assert_eq!(
        list(&world, &ended).warnings.len(),
        all.len(),
        "a warning ends with its rating"
    );
}

#[test]
fn nobody_starts_or_reads_beyond_his_part_and_no_quarter_out_of_its_time() {
    let (world, _) = rated(6);
    assert_eq!(
        refusal(start(&world, "c-1", "2026-Q4")),
        ErrorCode::NotAllowed
    );
    assert_eq!(
        refusal(start(&world, "r-1", "2026-Q4")),
        ErrorCode::ScopeOutside
    );
    for wrong in ["2027-Q1", "2026-Q2"] {
        assert_eq!(
            refusal(start(&world, "a-1", wrong)),
            ErrorCode::MonitoringQuarter
        );
    }
    let collector = world.officer("c-1");
    let denied = world
        .service
        .store
        .read(|c| desk::list(c, &collector, &filter(&world)));
    assert_eq!(refusal(denied), ErrorCode::NotAllowed);
    let (banner, of) = (world.banner.code, quarter("2026-Q3"));
    let none = run::carry_on(&world.service, banner, of);
    assert_eq!(refusal(none), ErrorCode::MonitoringUnknown);
}

#[test]
fn the_quarter_that_is_over_is_checked_without_anybody_asking() {
    let (world, all) = rated(6);
    world.pass_days(70);
    jobs::start(&world.service).unwrap();
    run_jobs(&world);
    let banner = world.banner.code;
    let actor = world.officer("a-1");
    let runs = world
        .service
        .store
        .read(|c| desk::runs(c, &actor, banner, 10))
        .unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (runs[0].quarter, runs[0].started_by.as_str()),
        (quarter("2026-Q4"), "rule")
    );
    assert_eq!(runs[0].counts.checked, all.len() as u64);
    let logged = world.audit("monitoring.finish");
    assert_eq!(logged.len(), 1);
}

#[test]
fn a_veto_that_comes_up_after_the_visit_is_found_on_the_day_of_the_check() {
    let (world, all) = rated(6);
    report(
        &world,
        "rcc-1",
        "2026-09",
        &[bad(loan("借-1", &number_of(&all[0], "head")))],
    );
    check(&world, "2026-Q4");
    let warning = &list(&world, &filter(&world)).warnings[0].warning;
    let found = warning
        .findings
        .iter()
        .find(|f| f.trigger == Trigger::Veto)
        .unwrap();
    assert_eq!(
        (found.code.as_str(), found.reaction),
        ("V3", Reaction::Talk)
    );
    let grade = world.case(&all[0]).case.grade();
    assert!(grade.is_some_and(|g| g != itgel_domain::subject::Grade::V));
    let refused = world.step("c-1", &all[0], Step::Suspend);
    assert_eq!(refusal(refused), ErrorCode::NotAllowed);
}
