//! The queue of warnings: what persons do with each, and what is forgotten.

use itgel_domain::case::CaseState;
use itgel_domain::error::ErrorCode;
use itgel_domain::monitoring::{Reaction, Trigger, WarningState, WarningStepKind};
use itgel_fixtures::Household;
use itgel_server::monitoring::desk::{WarningFilter, WarningPage, WarningStep};
use itgel_server::store::warning::Order;
use itgel_server::{ServiceError, store};

use super::{act, check, filter, list, rated};
use crate::actors::refusal;
use crate::world::*;

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
