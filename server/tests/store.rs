//! The store itself: its schema, its one writer, its readers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::Path;
use std::sync::Arc;

use itgel_domain::time::AtMs;
use itgel_server::Clock;
use itgel_server::store::{self, Op, Store, StoreConfig, StoreError};
use rusqlite::Connection;

fn config(path: &Path) -> StoreConfig {
    StoreConfig {
        path: path.join("itgel.db"),
        key: None,
        readers: 2,
    }
}

/// A clock that stands still.
fn still() -> Clock {
    Arc::new(|| AtMs(0))
}

fn open(path: &Path) -> Store {
    Store::open(&config(path), still()).unwrap()
}

/// Every table and index of a database, as written.
fn schema(connection: &Connection) -> Vec<(String, String)> {
    let sql = "select name, coalesce(sql, '') from sqlite_schema
               where name not like 'refinery_%' and name not like 'sqlite_%' order by name";
    let mut query = connection.prepare(sql).unwrap();
    let rows = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_migrated_database_equals_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let migrated = {
        drop(open(folder.path()));
        // Opened again: nothing is migrated twice.
        let store = open(folder.path());
        store.read(|c| Ok::<_, StoreError>(schema(c))).unwrap()
    };
    let fresh = Connection::open_in_memory().unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let mut files: Vec<_> = std::fs::read_dir(migrations)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        fresh
            .execute_batch(&std::fs::read_to_string(file).unwrap())
            .unwrap();
    }
    assert!(migrated.len() > 40);
    assert_eq!(migrated, schema(&fresh));
}

#[test]
fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let connection = Connection::open(config(folder.path()).path).unwrap();
    let sql = "insert into refinery_schema_history (version, name, applied_on, checksum)
               values (99, 'future', '2030-01-01T00:00:00Z', '1')";
    connection.execute(sql, []).unwrap();
    match Store::open(&config(folder.path()), still()) {
        Err(StoreError::UnknownSchema { found: 99, known }) => assert!(known < 99),
        other => panic!("{:?}", other.map(|_| "opened")),
    }
}

#[test]
fn a_failed_unit_takes_nothing_of_its_neighbours_along() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let put = |name: &'static str, fail: bool| {
        store.transact(Op("test"), move |tx| {
            store::meta::put(tx, name, "1")?;
            if fail {
                Err(StoreError::Closed)
            } else {
                Ok(())
            }
        })
    };
    put("a", false).unwrap();
    put("b", true).unwrap_err();
    let panicked = store.transact(Op("test"), |tx| -> Result<(), StoreError> {
        store::meta::put(tx, "c", "1")?;
        panic!("a fault of the program");
    });
    assert!(panicked.is_err());
    put("d", false).unwrap();
    let kept = |name| store.read(|c| store::meta::get(c, name)).unwrap();
    let found: Vec<_> = ["a", "b", "c", "d"]
        .into_iter()
        .filter(|name| kept(name).is_some())
        .collect();
    assert_eq!(found, ["a", "d"]);
}

#[test]
fn many_writers_at_once_lose_nothing_and_number_without_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            std::thread::spawn(move || {
                for _ in 0..25 {
                    store
                        .transact(Op("test"), |tx| {
                            let detail = serde_json::Value::Null;
                            let at = AtMs(0);
                            store::log::audit(tx, at, "o", "test", "-", &detail)
                        })
                        .unwrap();
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let rows = store.read(|c| store::log::list_audit(c, 0, 1_000)).unwrap();
    let numbers: Vec<_> = rows.iter().map(|row| row.n).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
}

#[test]
fn what_was_answered_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let put = |value: &'static str| {
        store.transact(Op("test"), move |tx| {
            store::meta::put(tx, "answered", value)
        })
    };
    put("1").unwrap();
    // A copy of the files as they lie there now, as after a loss of power.
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    put("2").unwrap();
    let restored = open(copy.path());
    let value = restored.read(|c| store::meta::get(c, "answered")).unwrap();
    assert_eq!(value.as_deref(), Some("1"));
}

#[test]
fn a_reader_sees_one_state_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let put = |value: &'static str| {
        let write = move |tx: &store::Tx<'_>| store::meta::put(tx, "seen", value);
        store.transact(Op("test"), write).unwrap();
    };
    put("1");
    let (before, after) = store
        .read(|c| {
            let before = store::meta::get(c, "seen")?;
            put("2");
            Ok::<_, StoreError>((before, store::meta::get(c, "seen")?))
        })
        .unwrap();
    assert_eq!(before, after);
    assert_eq!(
        store
            .read(|c| store::meta::get(c, "seen"))
            .unwrap()
            .as_deref(),
        Some("2")
    );
}

#[test]
fn the_clock_of_periods_runs_ahead_in_a_sample_only() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |ahead: u16| {
        let path = |name: &str| folder.path().join(name).display().to_string();
        let text = format!(
            "listen = '127.0.0.1:0'\npublic_url = 'http://127.0.0.1'\ndatabase = '{}'\nkeys = '{}'\n[sample]\nperiods_ahead_days = {ahead}\n",
            path("itgel.db"),
            path("keys.toml"),
        );
        itgel_server::config::Config::parse(&text).unwrap()
    };
    let open = |ahead| {
        let keys = itgel_server::keys::ServerKeys::from_random(&[[7; 32]; 5].into());
        itgel_server::Service::open(settings(ahead), keys, Arc::new(|| AtMs(0)))
    };
    let plain = open(0).unwrap();
    assert!(matches!(
        open(25),
        Err(itgel_server::ServiceError::Config(_))
    ));
    plain
        .transact("test", |_, tx| itgel_server::setup::mark_sample(tx))
        .unwrap();
    let hurried = open(25).unwrap();
    assert_eq!(hurried.period_now().0, 25 * 86_400_000);
    assert_eq!(hurried.now(), AtMs(0), "nothing else runs ahead");
}

/// A store with more than its cache holds, so that a part of a transaction has to read the disk.
fn with_much_in_it(path: &Path) -> StoreConfig {
    let config = config(path);
    let store = Store::open(&config, still()).unwrap();
    for n in 0..40 {
        let fill = move |tx: &store::Tx<'_>| {
            store::meta::put(tx, &format!("long-{n}"), &"x".repeat(200_000))
        };
        store.transact(Op("test.fill"), fill).unwrap();
    }
    config
}

#[test]
fn what_follows_a_transaction_that_the_disk_undid_is_not_kept_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_much_in_it(folder.path());
    let disk = itgel_disk::Disk::over(folder.path()).unwrap();
    let mut refused = 0;
    for n in (0..150_u32).map(|step| 1 + step * (step + 1) / 2) {
        // Opened anew each time: nothing is in the cache.
        let store = Store::open(&config, still()).unwrap();
        disk.fail(itgel_disk::Fault::once(n.into(), itgel_disk::Failure::Io));
        let done = store.transact(Op("test.parts"), move |tx| {
            store::meta::put(tx, "before", &n.to_string())?;
            // A list goes on when one of its items cannot be done.
            let part: Result<usize, StoreError> = tx.attempt(|tx| {
                let read = |n| store::meta::get(tx, &format!("long-{n}"));
                let all = (0..40).map(read).collect::<Result<Vec<_>, _>>()?;
                Ok(all.into_iter().flatten().map(|text| text.len()).sum())
            });
            drop(part);
            let _ = store::meta::put(tx, "after", &n.to_string());
            Ok::<_, StoreError>(())
        });
        let failed = disk.has_failed();
        disk.heal();
        let word = |name: &'static str| store.read(|c| store::meta::get(c, name)).unwrap();
        let (before, after) = (word("before"), word("after"));
        assert_eq!(before, after, "operation {n}: one without the other");
        assert_eq!(done.is_ok(), before == Some(n.to_string()), "operation {n}");
        // The same store goes on.
        let next = store.transact(Op("test.next"), |tx| store::meta::put(tx, "next", "1"));
        assert!(next.is_ok(), "operation {n}: {next:?}");
        refused += u32::from(done.is_err());
        if !failed {
            assert!(refused > 10, "only {refused} of {n} operations mattered");
            return;
        }
    }
    unreachable!("the transaction comes to its end");
}

#[test]
fn a_server_without_room_says_so_and_goes_on_when_there_is_some() {
    let folder = tempfile::tempdir().unwrap();
    let disk = itgel_disk::Disk::over(folder.path()).unwrap();
    let store = open(folder.path());
    let put = |n: u32| {
        let text = "x".repeat(50_000);
        let put = move |tx: &store::Tx<'_>| store::meta::put(tx, &format!("text-{n}"), &text);
        store.transact(Op("test.room"), put)
    };
    disk.leave_room(Some(1 << 20));
    let refused = (0..100).find_map(|n| put(n).err().map(|error| (n, error)));
    let (n, error) = refused.unwrap();
    assert!(matches!(error, StoreError::Full), "{error:?}");
    let count = |c: &Connection| -> Result<u32, StoreError> {
        let sql = "select count(*) from meta where name like 'text-%'";
        Ok(c.query_row(sql, [], |row| row.get(0))?)
    };
    assert_eq!(
        store.read(count).unwrap(),
        n,
        "what was answered, and nothing else"
    );
    disk.heal();
    put(n).unwrap();
    assert_eq!(store.read(count).unwrap(), n + 1);
}

/// Whether the fifth of five units that wait together finds the first one committed.
fn is_answered_before_the_last(clock: Clock) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&config(folder.path()), clock).unwrap();
    let (begun, has_begun) = std::sync::mpsc::sync_channel(1);
    let (go_on, may_go_on) = std::sync::mpsc::sync_channel::<()>(1);
    std::thread::scope(|scope| {
        let store = &store;
        scope.spawn(move || {
            store.transact(Op("test.hold"), move |_| -> Result<(), StoreError> {
                begun.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(())
            })
        });
        has_begun.recv().unwrap();
        let wait_until = |waiting| {
            while store.waiting() < waiting {
                std::thread::yield_now();
            }
        };
        for waiting in 1..5 {
            scope.spawn(|| store.transact(Op("test"), |tx| store::meta::put(tx, "first", "1")));
            wait_until(waiting);
        }
        let last = scope.spawn(move || {
            let reader = store.clone();
            store.transact(Op("test"), move |_| {
                let found = reader.read(|c| store::meta::get(c, "first"));
                Ok::<_, StoreError>(found?.is_some())
            })
        });
        wait_until(5);
        go_on.send(()).unwrap();
        last.join().unwrap().unwrap()
    })
}

#[test]
fn sec_t34_a_commit_of_long_units_is_not_put_off_until_a_flood_is_through() {
    assert!(!is_answered_before_the_last(still()), "short ones share it");
    let looks = std::sync::atomic::AtomicI64::new(0);
    let steps = move || AtMs(40 * looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    assert!(is_answered_before_the_last(Arc::new(steps)));
}
