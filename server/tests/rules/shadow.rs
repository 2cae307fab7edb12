//! A candidate in shadow: what it counts is what a full assessment of everybody would say, however
//! the run is cut and whatever columns are at hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use itgel_domain::assess::{Inputs, Points, Step, assess};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::migration::{Judged, Place};
use itgel_domain::pack::{Parameters, RulePack, shipped};
use itgel_server::rules::NewRuleFile;
use itgel_server::shadow::{self, ShadowView};
use itgel_server::{ServiceError, ingest, jobs, store};

use crate::actors::{World, refusal};
use crate::life::{STRICTER, next_pack, propose, run_shadow, visited};

type Counts = BTreeMap<(Place, Place), u64>;

fn inputs_of(world: &World, subject: &SubjectId) -> Inputs {
    let read = |c: &_| {
        let row = store::standing::get(c, subject, &world.cycle.id)?.unwrap();
        let stored = store::assessment::get(c, &row.inputs_hash.unwrap())?.unwrap();
        let rules = world.service.rules.stored(c);
        Ok::<_, ServiceError>(Inputs::decode(&stored.inputs, &rules).unwrap())
    };
    world.service.store.read(read).unwrap()
}

/// Everybody assessed in full under both, without columns.
fn by_hand(world: &World, change: impl Fn(&mut Inputs)) -> Counts {
    let mut counts = Counts::new();
    for household in &world.households {
        let mut inputs = inputs_of(world, &household.subject);
        let before = Judged::of_assessment(&assess(&inputs));
        change(&mut inputs);
        let after = Judged::of_assessment(&assess(&inputs));
        *counts.entry((before.low, after.low)).or_default() += 1;
    }
    counts
}

fn shown(world: &World, file: &itgel_domain::hash::Hash) -> ShadowView {
    let actor = world.officer("u-1");
    let read = |c: &_| shadow::view(c, &actor, file);
    world.service.store.read(read).unwrap()
}

fn counts(view: &ShadowView) -> Counts {
    let cells = view.migration.cells.iter();
    cells
        .map(|cell| ((cell.from, cell.to), cell.subjects))
        .collect()
}

fn parsed(file: &NewRuleFile) -> Arc<RulePack> {
    Arc::new(RulePack::parse(&file.name, file.text.as_bytes()).unwrap())
}

fn with_pack(pack: Arc<RulePack>) -> impl Fn(&mut Inputs) {
    move |inputs| inputs.pack = Arc::clone(&pack)
}

#[test]
fn a_run_counts_what_a_full_assessment_of_everybody_says() {
    let world = visited(12);
    let file = next_pack(STRICTER);
    let hash = propose(&world, "a-1", &file).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    let view = shown(&world, &hash);
    assert!(view.is_finished && view.is_current);
    assert_eq!((view.done, view.expected, view.measured), (12, 12, 0));
    assert_eq!(counts(&view), by_hand(&world, with_pack(parsed(&file))));
    assert!(view.migration.moved > 0, "{:?}", view.migration);
    let led: u64 = view.migration.causes.iter().map(|cause| cause.led).sum();
    assert_eq!(led, view.migration.moved, "each mover has one main reason");
    let example = view
        .migration
        .causes
        .iter()
        .find_map(|c| c.examples.first());
    let code = world.gacha.code.to_string();
    assert!(example.unwrap().starts_with(&code), "{example:?}");
    let lines = world
        .service
        .store
        .read(|c| shadow::divisions(c, &world.officer("u-1"), &hash, None))
        .unwrap();
    assert_eq!(lines.len(), 3, "banner, sumu and gacha");
    assert!(lines.iter().all(|line| line.matrix.subjects == 12));
    for line in &lines {
        let led: u64 = line.causes.iter().map(|cause| cause.led).sum();
        assert_eq!(led, view.migration.moved, "reasons of {}", line.division);
    }
    let book = shadow::workbook(&world.service, &world.officer("a-1"), &hash).unwrap();
    assert!(book.starts_with(b"PK"));
}

/// How often each indicator gives each number of points, now and after, from full assessments.
fn points_by_hand(
    world: &World,
    change: impl Fn(&mut Inputs),
) -> BTreeMap<(String, Option<Points>), (u64, u64)> {
    let mut counts: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    for household in &world.households {
        let mut inputs = inputs_of(world, &household.subject);
        let before = assess(&inputs);
        change(&mut inputs);
        let after = assess(&inputs);
        for (assessment, is_after) in [(before, false), (after, true)] {
            let lines = assessment.trace.into_iter();
            for line in lines.filter(|line| line.step == Step::Indicator) {
                let count = counts.entry((line.code, line.points)).or_default();
                match is_after {
                    true => count.1 += 1,
                    false => count.0 += 1,
                }
            }
        }
    }
    counts
}

#[test]
fn the_points_behind_the_csi_are_those_of_full_assessments() {
    let world = visited(12);
    let file = next_pack(STRICTER);
    let hash = propose(&world, "a-1", &file).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    let run = world.service.store.read(|c| store::shadow::get(c, &hash));
    let counted: BTreeMap<_, _> = run
        .unwrap()
        .unwrap()
        .migration
        .indicators
        .into_iter()
        .flat_map(|one| {
            let code = one.code;
            let of = one.points.into_iter();
            of.map(move |count| ((code.clone(), count.points), (count.before, count.after)))
        })
        .collect();
    assert_eq!(counted, points_by_hand(&world, with_pack(parsed(&file))));
    let view = shown(&world, &hash);
    assert!(view.migration.indicators.len() > 10);
    assert!(
        view.migration
            .indicators
            .iter()
            .all(|one| one.stability.psi.is_some())
    );
}

#[test]
fn columns_that_are_missing_or_broken_are_measured_again_and_kept() {
    let world = visited(5);
    let file = next_pack(STRICTER);
    let hash = propose(&world, "a-1", &file).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    let whole = counts(&shown(&world, &hash));
    for (sql, missing) in [
        ("delete from standing_columns", 5),
        ("update standing_columns set columns = x'00'", 5),
    ] {
        world
            .transact(move |_, tx| Ok(tx.execute(sql, [])?))
            .unwrap();
        run_shadow(&world, "a-1", &hash);
        let view = shown(&world, &hash);
        assert_eq!(
            (counts(&view), view.measured),
            (whole.clone(), missing),
            "{sql}"
        );
        run_shadow(&world, "a-1", &hash);
        assert_eq!(shown(&world, &hash).measured, 0, "{sql}");
    }
}

#[test]
fn a_candidate_that_measures_otherwise_is_measured_from_the_inputs() {
    let world = visited(6);
    let file = next_pack(&[
        ("loan_record_months = 24", "loan_record_months = 60"),
        (
            "{ grade = \"AA\", ge = \"80\" }",
            "{ grade = \"AA\", ge = \"88\" }",
        ),
    ]);
    let hash = propose(&world, "a-1", &file).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    let view = shown(&world, &hash);
    assert_eq!(view.measured, 6);
    assert_eq!(counts(&view), by_hand(&world, with_pack(parsed(&file))));
}

#[test]
fn a_parameter_table_is_tried_where_it_would_hold() {
    let world = visited(6);
    let (name, text) = shipped::PARAMETERS
        .iter()
        .find(|(_, text)| text.contains("division = \"150623\""))
        .unwrap();
    let text = text
        .replacen("version = \"1\"", "version = \"2\"", 1)
        .replacen(
            "valid_from = \"2026-01-01\"",
            "valid_from = \"2026-12-01\"",
            1,
        )
        .replacen(
            "income_benchmark_yuan = \"26500\"",
            "income_benchmark_yuan = \"90000\"",
            1,
        );
    let table = Arc::new(Parameters::parse(name, text.as_bytes()).unwrap());
    let file = NewRuleFile {
        name: (*name).to_owned(),
        text,
    };
    let hash = propose(&world, "a-1", &file).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    let expected = by_hand(&world, |inputs| inputs.parameters = Arc::clone(&table));
    assert_eq!(counts(&shown(&world, &hash)), expected);
}

#[test]
fn a_job_does_the_run_and_nothing_is_counted_twice() {
    let world = visited(4);
    let hash = propose(&world, "a-1", &next_pack(STRICTER)).unwrap().hash;
    let begun = shadow::begin(&world.service, &world.officer("a-1"), &hash).unwrap();
    assert!(!begun.is_finished && begun.done == 0);
    while jobs::run_due(&world.service).unwrap() > 0 {}
    let view = shown(&world, &hash);
    assert!(view.is_finished);
    assert_eq!((view.done, view.migration.subjects), (4, 4));
    shadow::finish(&world.service, &hash, 1, &mut |_| ()).unwrap();
    assert_eq!(shown(&world, &hash).migration.subjects, 4);
}

#[test]
fn nobody_below_the_banner_and_no_stranger_reads_a_run() {
    let world = visited(1);
    let hash = propose(&world, "a-1", &next_pack(STRICTER)).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    for (officer, code) in [
        ("c-1", ErrorCode::NotAllowed),
        ("g-1", ErrorCode::NotAllowed),
        ("r-1", ErrorCode::ScopeOutside),
    ] {
        let actor = world.officer(officer);
        let read = |c: &_| shadow::view(c, &actor, &hash);
        assert_eq!(refusal(world.service.store.read(read)), code, "{officer}");
        let begun = shadow::begin(&world.service, &actor, &hash);
        assert_eq!(refusal(begun), ErrorCode::NotAllowed, "{officer}");
    }
}

#[test]
fn an_erased_subject_leaves_no_columns_behind() {
    let world = visited(2);
    let subject = world.households[0].subject.clone();
    world
        .transact(move |service, tx| {
            ingest::erase(service, tx, &subject, "operator", service.now())
        })
        .unwrap();
    let sql = "select count(*) from standing_columns";
    let count = |c: &rusqlite::Connection| -> Result<i64, ServiceError> {
        Ok(c.query_row(sql, [], |row| row.get(0))?)
    };
    assert_eq!(world.service.store.read(count).unwrap(), 1);
}
