//! Jobs: nothing asked for is lost, nothing is done twice, nothing blocks what stands behind it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod actors;

use actors::{Collector, World};
use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::FileId;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::time::AtMs;
use itgel_server::jobs::{self, JobKind};
use itgel_server::store::job;
use itgel_server::{ServiceError, store};
use serde_json::Value;

fn waiting(world: &World, kind: JobKind) -> u64 {
    let read = |c: &_| job::count(c, kind.as_str()).map_err(ServiceError::from);
    world.service.store.read(read).unwrap()
}

fn enqueue(world: &World, kind: JobKind, content: Value, run_at: AtMs) {
    world
        .transact(move |_, tx| jobs::enqueue(tx, kind, "", &content, run_at))
        .unwrap();
}

fn run_until_quiet(world: &World) -> usize {
    std::iter::repeat_with(|| jobs::run_due(&world.service).unwrap())
        .take_while(|n| *n > 0)
        .sum()
}

#[test]
fn work_of_a_transaction_that_failed_was_never_asked_for() {
    let world = World::with_households(1);
    let failed: Result<(), ServiceError> = world.transact(|service, tx| {
        jobs::enqueue(tx, JobKind::RebuildFiles, "", &Value::Null, service.now())?;
        Err(ErrorCode::CaseStep.into())
    });
    assert!(failed.is_err());
    assert_eq!(waiting(&world, JobKind::RebuildFiles), 0);
}

#[test]
fn work_that_waits_already_is_the_same_work_and_the_earlier_time_wins() {
    let world = World::with_households(1);
    let now = world.now();
    enqueue(
        &world,
        JobKind::CheckpointLog,
        Value::Null,
        now.plus_ms(60_000),
    );
    enqueue(&world, JobKind::CheckpointLog, Value::Null, now);
    enqueue(
        &world,
        JobKind::CheckpointLog,
        Value::Null,
        now.plus_ms(90_000),
    );
    assert_eq!(waiting(&world, JobKind::CheckpointLog), 1);
    assert_eq!(jobs::run_due(&world.service).unwrap(), 1);
}

#[test]
fn a_job_that_fails_comes_back_later_and_holds_up_nobody() {
    let world = World::with_households(1);
    let now = world.now();
    enqueue(
        &world,
        JobKind::SnapshotTitles,
        serde_json::json!({ "nonsense": 1 }),
        now,
    );
    enqueue(&world, JobKind::CheckpointLog, Value::Null, now);
    assert_eq!(jobs::run_due(&world.service).unwrap(), 2, "both were tried");
    assert_eq!(
        waiting(&world, JobKind::SnapshotTitles),
        1,
        "what failed is kept"
    );
    assert_eq!(
        jobs::run_due(&world.service).unwrap(),
        0,
        "and does not come back at once"
    );
    world.pass_days(1);
    assert_eq!(
        jobs::run_due(&world.service).unwrap(),
        2,
        "the checkpoint is due again too"
    );
    assert_eq!(waiting(&world, JobKind::SnapshotTitles), 1);
}

#[test]
fn a_run_that_was_overtaken_neither_ends_nor_delays_the_newer_request() {
    let world = World::with_households(1);
    let now = world.now();
    enqueue(&world, JobKind::RebuildFiles, Value::Null, now);
    let lease = |until: AtMs| {
        world
            .transact(move |_, tx| Ok(job::lease(tx, until.plus_ms(-60_000), until)?))
            .unwrap()
    };
    let first = lease(now.plus_ms(60_000)).expect("the job is due");
    assert!(lease(now.plus_ms(60_000)).is_none(), "leased once");
    enqueue(&world, JobKind::RebuildFiles, Value::Null, now);
    let (overtaken, late) = (first.clone(), first.clone());
    assert!(
        !world
            .transact(move |_, tx| Ok(job::finish(tx, &overtaken)?))
            .unwrap()
    );
    world
        .transact(move |_, tx| Ok(job::put_back(tx, &late, AtMs(i64::MAX), "internal")?))
        .unwrap();
    let second = lease(now.plus_ms(60_000)).expect("it is done again");
    assert_eq!(
        (second.id == first.id, second.fence > first.fence),
        (true, true)
    );
    let lost = lease(now.plus_ms(600_000)).expect("a lease that ended goes to another");
    assert!(lost.fence > second.fence);
    assert!(
        world
            .transact(move |_, tx| Ok(job::finish(tx, &lost)?))
            .unwrap()
    );
    assert_eq!(waiting(&world, JobKind::RebuildFiles), 0);
}

#[test]
fn periods_end_by_themselves_when_their_day_has_come() {
    let world = World::with_households(12);
    let household = world
        .households
        .iter()
        .find(|h| h.twist.is_none())
        .unwrap()
        .clone();
    let mut team = Collector::new("c-1", "c-2");
    team.visit(&world, &household);
    team.hold_evaluation(&world, &household);
    world.step("r-1", &household, Step::Review).unwrap();
    world.publish("r-1").unwrap();
    run_until_quiet(&world);
    let is_closed = || world.case(&household).case.period().unwrap().is_closed;
    assert!(!is_closed());
    for _ in 0..12 {
        world.pass_days(1);
        run_until_quiet(&world);
    }
    assert!(is_closed());
    world.approve(&household);
    assert_eq!(world.state(&household), CaseState::Effective);
    assert_eq!(
        waiting(&world, JobKind::ClosePeriods),
        1,
        "and the next day is waited for"
    );
}

#[test]
fn a_projection_that_lost_what_an_officer_wrote_raises_an_alarm() {
    let world = World::with_households(12);
    let mut team = Collector::new("c-1", "c-2");
    for household in &world.households[..3] {
        team.visit(&world, household);
    }
    jobs::start(&world.service).unwrap();
    world.pass_days(1);
    run_until_quiet(&world);
    assert!(world.audit("alarm.file_differs").is_empty());

    let subject = world.households[1].subject.clone();
    let file = FileId {
        subject,
        year: actors::TODAY.year(),
    };
    let lost = file.clone();
    world
        .transact(move |_, tx| Ok(store::projection::put(tx, &lost, &FileFacts::default())?))
        .unwrap();
    world.pass_days(1);
    run_until_quiet(&world);
    let alarms = world.audit("alarm.file_differs");
    let files: Vec<_> = alarms.iter().map(|row| row.resource.clone()).collect();
    assert_eq!(files, [format!("file/{file}")]);
    assert_eq!(
        waiting(&world, JobKind::RebuildFiles),
        1,
        "the next check is asked for"
    );
}
