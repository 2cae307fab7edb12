//! The quarterly check over ratings in effect: what it finds, what persons do about it, and what
//! lenders' ledgers say became of the ratings.

use std::io::Cursor;

use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::monitoring::{Quarter, Reaction, Trigger, WarningState, WarningStepKind};
use itgel_domain::subject::SubjectKind;
use itgel_domain::validation::Verdict;
use itgel_fixtures::Household;
use itgel_server::monitoring::desk::{self, WarningDetail, WarningFilter, WarningPage};
use itgel_server::monitoring::desk::{WarningRequest, WarningStep};
use itgel_server::monitoring::validate::{self, ValidationRequest};
use itgel_server::monitoring::{report as tables, run, work};
use itgel_server::store::monitor::MonitorRun;
use itgel_server::store::warning::Order;
use itgel_server::{ServiceError, jobs, process, store};

use crate::actors::{Collector, World, refusal};
use crate::world::*;

/// A gacha with ratings in effect since November 2026.
fn rated(households: u32) -> (World, Vec<Household>) {
    let world = world(households);
    let mut team = Collector::new("c-1", "c-2");
    let all = ordinary(&world);
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

fn validated(world: &World) -> itgel_domain::validation::Validation {
    let request = ValidationRequest {
        division: world.banner.code,
        cycle: world.cycle.id.clone(),
        before: None,
        kind: SubjectKind::Household,
    };
    let actor = world.officer("a-1");
    let read = |c: &_| validate::validate(&world.service, c, &actor, &request);
    world.service.store.read(read).unwrap()
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
fn persons_react_clear_and_suspend_and_each_step_says_who_when_and_why() {
    let (world, all) = rated(8);
    let (first, second) = (&all[0], &all[1]);
    let rows = [
        bad(loan("借-1", &number_of(first, "head"))),
        bad(loan("借-2", &number_of(second, "head"))),
    ];
    report(&world, "rcc-1", "2026-09", &rows);
    check(&world, "2026-Q4");
    let page = list(&world, &filter(&world));
    assert_eq!(page.warnings.len(), 2);
    assert!(
        page.warnings
            .iter()
            .all(|w| w.warning.reaction == Reaction::Talk)
    );
    let of = |household: &Household| {
        let mut found = page.warnings.iter().map(|w| &w.warning);
        found
            .find(|w| w.subject == household.subject)
            .unwrap()
            .clone()
    };
    let warning = of(first);
    let talk = WarningStep::React {
        reaction: Reaction::Talk,
    };
    let done = act(&world, "r-1", &warning.id, warning.version, talk).unwrap();
    assert_eq!(done.warning.done, Some(Reaction::Talk));
    assert_eq!(done.warning.state, WarningState::Open);
    let stale = act(
        &world,
        "r-1",
        &warning.id,
        warning.version,
        WarningStep::Clear,
    );
    assert_eq!(refusal(stale), ErrorCode::WarningStale);
    let version = done.warning.version;
    let cleared = act(&world, "r-1", &warning.id, version, WarningStep::Clear).unwrap();
    assert_eq!(cleared.warning.state, WarningState::Cleared);
    assert_eq!(world.state(first), CaseState::Effective);
    let steps: Vec<_> = cleared
        .history
        .iter()
        .map(|e| (e.step, e.actor.as_str()))
        .collect();
    let (find, react) = (WarningStepKind::Find, WarningStepKind::React);
    let expected = [
        (find, "rule"),
        (react, "r-1"),
        (WarningStepKind::Clear, "r-1"),
    ];
    assert_eq!(steps, expected);
    assert!(
        cleared
            .history
            .iter()
            .skip(1)
            .all(|e| e.reason.contains("核实"))
    );
    let over = act(&world, "r-1", &warning.id, cleared.warning.version, talk);
    assert_eq!(refusal(over), ErrorCode::WarningStep);
    let other = of(second);
    act(
        &world,
        "a-1",
        &other.id,
        other.version,
        WarningStep::Suspend,
    )
    .unwrap();
    assert_eq!(world.state(second), CaseState::Suspended);
    assert_eq!(list(&world, &filter(&world)).warnings, []);
    let suspended = WarningFilter {
        state: Some(WarningState::Suspended),
        ..filter(&world)
    };
    assert_eq!(list(&world, &suspended).warnings.len(), 1);
}

#[test]
fn what_was_cleared_is_not_said_again_until_it_is_worse() {
    let (world, all) = rated(8);
    let head = number_of(&all[0], "head");
    let late = |days: &str| itgel_domain::ledger::LoanForm {
        days_past_due: days.into(),
        worst_days_past_due: days.into(),
        ..loan("借-1", &head)
    };
    report(&world, "rcc-1", "2026-09", &[late("10")]);
    check(&world, "2026-Q4");
    let warning = list(&world, &filter(&world)).warnings[0].warning.clone();
    act(
        &world,
        "r-1",
        &warning.id,
        warning.version,
        WarningStep::Clear,
    )
    .unwrap();
    world.pass_days(70);
    report(&world, "rcc-1", "2026-10", &[late("12")]);
    check(&world, "2027-Q1");
    let past_due = |page: &WarningPage| {
        let findings = page.warnings.iter().flat_map(|w| &w.warning.findings);
        findings.filter(|f| f.trigger == Trigger::PastDue).count()
    };
    assert_eq!(past_due(&list(&world, &filter(&world))), 0);
    world.pass_days(90);
    report(&world, "rcc-1", "2026-11", &[late("40")]);
    check(&world, "2027-Q2");
    assert_eq!(past_due(&list(&world, &filter(&world))), 1);
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
fn a_settled_warning_is_forgotten_after_five_years_and_an_open_one_is_not() {
    let (world, all) = rated(6);
    let rows = [
        bad(loan("借-1", &number_of(&all[0], "head"))),
        bad(loan("借-2", &number_of(&all[1], "head"))),
    ];
    report(&world, "rcc-1", "2026-09", &rows);
    check(&world, "2026-Q4");
    let warnings = list(&world, &filter(&world)).warnings;
    let (settled, open) = (&warnings[0].warning, &warnings[1].warning);
    act(
        &world,
        "r-1",
        &settled.id,
        settled.version,
        WarningStep::Clear,
    )
    .unwrap();
    let left = |days: i64| {
        world.pass_days(days);
        itgel_server::retention::run(&world.service).unwrap();
        let read = |c: &_| -> Result<_, ServiceError> {
            let (a, b) = (
                store::warning::get(c, &settled.id)?,
                store::warning::get(c, &open.id)?,
            );
            Ok((a.is_some(), b.is_some()))
        };
        world.service.store.read(read).unwrap()
    };
    assert_eq!(left(5 * 365), (true, true));
    assert_eq!(left(3), (false, true));
}

#[test]
fn pages_of_the_queue_join_to_the_whole_in_its_order() {
    let (world, all) = rated(8);
    let days = ["10", "45", "95"];
    let rows: Vec<_> = all
        .iter()
        .zip(days.iter().cycle())
        .enumerate()
        .map(|(n, (household, days))| itgel_domain::ledger::LoanForm {
            days_past_due: (*days).into(),
            worst_days_past_due: (*days).into(),
            ..loan(&format!("借-{n}"), &number_of(household, "head"))
        })
        .collect();
    report(&world, "rcc-1", "2026-09", &rows);
    check(&world, "2026-Q4");
    let whole = list(&world, &filter(&world)).warnings;
    assert_eq!(whole.len(), all.len());
    let reactions: Vec<_> = whole.iter().map(|w| w.warning.reaction).collect();
    assert!(reactions.is_sorted_by(|a, b| a >= b), "{reactions:?}");
    for order in [Order::Urgency, Order::Newest] {
        let mut joined = Vec::new();
        let mut page = WarningFilter {
            order,
            limit: 2,
            ..filter(&world)
        };
        loop {
            let found = list(&world, &page);
            joined.extend(found.warnings);
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        let all_of = list(
            &world,
            &WarningFilter {
                order,
                ..filter(&world)
            },
        );
        assert_eq!(joined, all_of.warnings);
    }
    let one = WarningFilter {
        search: Some(all[0].local_code.clone()),
        ..filter(&world)
    };
    let found = list(&world, &one).warnings;
    assert!(
        found
            .iter()
            .all(|w| w.local_code.starts_with(&all[0].local_code))
    );
    assert!(found.iter().any(|w| w.warning.subject == all[0].subject));
}

#[test]
fn outcomes_come_from_the_ledger_and_never_reach_back_to_the_rating() {
    let (world, all) = rated(8);
    let stored = |household: &Household| {
        let case = world.case(household).case.id;
        let read = |c: &_| store::rating::list(c, &household.subject).map_err(ServiceError::from);
        let ratings = world.service.store.read(read).unwrap();
        ratings.into_iter().find(|r| r.case == case).unwrap()
    };
    let before: Vec<_> = all.iter().map(&stored).collect();
    let first = validated(&world);
    assert_eq!(first.outcomes["open"], all.len() as u64);
    assert!(!first.has_outcomes);
    let heads: Vec<String> = all.iter().map(|h| number_of(h, "head")).collect();
    world.pass_days(90);
    let mut relief = bad(loan("借-2", &heads[2]));
    relief.disaster_rescheduled = "是".into();
    let mut rows = vec![
        bad(loan("借-0", &heads[0])),
        loan("借-1", &heads[1]),
        relief,
    ];
    rows.push(itgel_domain::ledger::LoanForm {
        days_past_due: "60".into(),
        worst_days_past_due: "60".into(),
        ..loan("借-3", &heads[3])
    });
    report(&world, "rcc-1", "2026-12", &rows);
    let early = validated(&world);
    assert_eq!(early.outcomes["bad"], 1, "a bad month decides at once");
    assert_eq!(early.outcomes["disaster"], 1);
    world.pass_days(330);
    rows[0] = settled(bad(loan("借-0", &heads[0])), "2027-10-10");
    report(&world, "rcc-1", "2027-11", &rows);
    let late = validated(&world);
    let count = |word: &str| late.outcomes.get(word).copied().unwrap_or(0);
    let counts = (
        count("bad"),
        count("good"),
        count("indeterminate"),
        count("disaster"),
    );
    assert_eq!(counts, (1, 1, 1, 1), "{:?}", late.outcomes);
    assert_eq!(late.discrimination.verdict, Verdict::Insufficient);
    assert!(late.has_outcomes);
    for (household, was) in all.iter().zip(&before) {
        let is = stored(household);
        assert_eq!(
            (is.grade, is.score, is.inputs),
            (was.grade, was.score, was.inputs)
        );
    }
}

#[test]
fn figures_of_the_work_and_of_the_year_stand_in_tables_that_a_spreadsheet_opens() {
    let (world, all) = rated(8);
    check(&world, "2026-Q4");
    let actor = world.officer("a-1");
    let banner = world.banner.code;
    let read = |c: &_| work::quality(&world.service, c, &actor, banner, &world.cycle.id);
    let lines = world.service.store.read(read).unwrap();
    assert_eq!(lines[0].division, banner);
    assert_eq!(
        (lines[0].cases, lines[0].in_effect.part),
        (all.len() as u64, all.len() as u64)
    );
    assert_eq!(lines[0].timeliness.review.part, all.len() as u64);
    assert!(lines.iter().any(|line| line.division == world.gacha.code));
    let read = |c: &_| tables::annual(&world.service, c, &actor, banner, 2026);
    let annual = world.service.store.read(read).unwrap();
    assert_eq!(annual.quarters.len(), 1);
    let figures = annual.validation.as_ref().unwrap();
    assert_eq!(figures.cases, all.len() as u64);
    assert_eq!(figures.agreement.visited_twice.whole, all.len() as u64);
    assert!(figures.fairness.contains_key("producer"));
    assert!(figures.peer.top.whole > 0);
    let sheets = tables::annual_sheets(&annual);
    let bytes = tables::workbook(&sheets, &tables::notes(Some(figures))).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert!(archive.by_name("xl/workbook.xml").is_ok());
    let told = serde_json::to_string(&annual).unwrap();
    for household in &all {
        let person = &household.identity.people[0];
        assert!(
            !told.contains(&person.full_name),
            "no name leaves monitoring"
        );
        assert!(!told.contains(household.subject.as_str()));
    }
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
