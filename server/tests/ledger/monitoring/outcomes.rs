//! What became of ratings, held against them, and the figures of the work.

use std::io::Cursor;

use itgel_domain::subject::SubjectKind;
use itgel_domain::validation::Verdict;
use itgel_fixtures::Household;
use itgel_server::monitoring::validate::{self, ValidationRequest};
use itgel_server::monitoring::{report as tables, work};
use itgel_server::{ServiceError, store};

use super::{check, rated};
use crate::actors::World;
use crate::world::*;

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
