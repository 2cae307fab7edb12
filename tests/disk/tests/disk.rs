//! What the disk of the tests does to a database, and that it does it.

#![expect(
    clippy::unwrap_used,
    reason = "a database that cannot be set up fails the test"
)]

use std::path::Path;

use itgel_disk::{Disk, DiskError, Failure, Fault, Op};
use rusqlite::{Connection, ErrorCode};
use tempfile::TempDir;

fn open(folder: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(folder.join("a.db"))?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.execute_batch("create table if not exists t (n integer primary key, x blob)")?;
    Ok(db)
}

fn add(db: &Connection, n: u32) -> rusqlite::Result<usize> {
    db.execute("insert into t values (?1, zeroblob(3000))", [n])
}

fn numbers(db: &Connection) -> Vec<u32> {
    let mut all = db.prepare("select n from t order by n").unwrap();
    let rows = all.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn is_whole(db: &Connection) -> bool {
    let said: String = db
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    said == "ok"
}

/// A simple generator: the tests need no better one.
fn picks(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    }
}

#[test]
fn a_healthy_disk_changes_nothing_and_counts_everything() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::over(folder.path()).unwrap();
    assert!(matches!(Disk::over(folder.path()), Err(DiskError::Taken)));
    let db = open(folder.path()).unwrap();
    (0..10).for_each(|n| assert_eq!(add(&db, n), Ok(1)));
    let counts = disk.counts();
    for op in [Op::Open, Op::Read, Op::Write, Op::Sync, Op::Lock] {
        assert!(counts.of(op) > 0, "{op:?}");
    }
    drop(db);
    assert!(disk.counts().of(Op::Delete) > 0, "the log was deleted");
    drop(disk);
    assert_eq!(numbers(&open(folder.path()).unwrap()).len(), 10);
}

#[test]
fn every_operation_can_fail_and_the_one_before_it_stays() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::over(folder.path()).unwrap();
    let db = open(folder.path()).unwrap();
    let mut failures = 0;
    for n in 1..1_000 {
        let before = numbers(&db);
        disk.fail(Fault::once(n, Failure::Io));
        let added = add(&db, u32::try_from(n).unwrap());
        let failed = disk.has_failed();
        disk.heal();
        let after = numbers(&db);
        assert_eq!(after.len() - before.len(), usize::from(added.is_ok()));
        assert!(is_whole(&db));
        if !failed {
            assert!(failures >= 3, "only {failures} operations failed");
            return;
        }
        failures += u32::from(added.is_err());
    }
    unreachable!("the insertion comes to its end");
}

#[test]
fn other_folders_do_not_notice() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let disk = Disk::over(one.path()).unwrap();
    let db = open(other.path()).unwrap();
    disk.fail(Fault::from(1, Failure::Io));
    assert_eq!(add(&db, 1), Ok(1));
    assert!(open(one.path()).is_err());
    assert!(disk.has_failed());
}

#[test]
fn a_full_disk_says_so_and_takes_more_when_there_is_room() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::over(folder.path()).unwrap();
    let db = open(folder.path()).unwrap();
    disk.leave_room(Some(8_192));
    let mut added = 0;
    let error = loop {
        match add(&db, added) {
            Ok(_) => added += 1,
            Err(error) => break error,
        }
        assert!(added < 10, "8 KiB never fill up");
    };
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
    assert_eq!(numbers(&db).len(), added as usize);
    disk.heal();
    assert_eq!(add(&db, added), Ok(1));
    assert!(is_whole(&db));
}

/// Adds rows until power goes at a random operation, again and again; how many rows were lost
/// that had been answered, and whether any file was broken.
fn cuts(rounds: u64, prepare: impl Fn(&Disk)) -> (usize, bool) {
    let folder = TempDir::new().unwrap();
    let disk = Disk::over(folder.path()).unwrap();
    let mut pick = picks(7);
    let (mut lost, mut is_broken) = (0, false);
    for round in 0..rounds {
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        drop(open(folder.path()).unwrap());
        prepare(&disk);
        disk.fail(Fault::once(20 + pick(200), Failure::Power));
        let mut answered = Vec::new();
        if let Ok(db) = open(folder.path()) {
            answered = (0..100).take_while(|n| add(&db, *n).is_ok()).collect();
        }
        disk.cut_power();
        disk.restore(&mut pick).unwrap();
        let db = Connection::open(folder.path().join("a.db")).unwrap();
        if db
            .query_row("select count(*) from t", [], |_| Ok(()))
            .is_err()
            || !is_whole(&db)
        {
            is_broken = true;
            continue;
        }
        let there = numbers(&db);
        lost += answered.iter().filter(|n| !there.contains(n)).count();
        assert!(round > 0 || !answered.is_empty());
    }
    (lost, is_broken)
}

#[test]
fn an_honest_disk_loses_nothing_that_was_synced() {
    assert_eq!(cuts(60, Disk::watch_power), (0, false));
}

#[test]
fn a_disk_that_lies_about_a_sync_loses_what_was_answered() {
    let (lost, is_broken) = cuts(60, Disk::lie);
    assert!(lost > 0 || is_broken);
}

#[test]
fn without_syncs_an_honest_disk_loses_what_was_answered() {
    let (lost, is_broken) = cuts(60, |disk| {
        disk.watch_power();
        disk.turn_synchronous_off();
    });
    assert!(lost > 0 || is_broken);
}
