//! The one writer: a thread that owns the write connection and shares commits. Lanes take turns at
//! it; who waits for how long is written down in `docs/adr/0030-townships-take-turns.md`.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::ends::{self, Ends};
use super::queue::Queue;
use super::{Op, StoreError};
use crate::lane;
use crate::service::Clock;

/// Most transactions that share a commit.
const GROUP: usize = 256;

/// For how long transactions join a commit, in milliseconds: whose turn has come waits for the
/// commit of its group as well. A clock that is set back only lets the group grow to its number.
const GROUP_MS: i64 = 100;

/// An open write transaction; reads like a connection.
pub struct Tx<'a> {
    connection: &'a Connection,
    /// Where what it appends to ends by now.
    pub(super) ends: &'a RefCell<Ends>,
}

impl Tx<'_> {
    /// Runs a part of the transaction on its own: if it fails, its changes are undone and the
    /// rest goes on, so that one bad item of a list never blocks the others.
    ///
    /// # Errors
    /// The error of `work`, or [`StoreError`] if the part can be neither begun nor ended.
    pub fn attempt<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        ends::guarded(self.ends, || {
            bounded(&SAVEPOINT, self.connection, self.ends, work)
        })
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// A unit of work: runs within its bounds, and returns what to do once its commit is known.
type Work = Box<dyn FnOnce(&Connection, &Bounds) -> Answer + Send>;

/// How a part of a transaction is begun, kept and undone.
struct Bounds {
    begin: &'static [&'static str],
    keep: &'static [&'static str],
    undo: &'static [&'static str],
}

const SAVEPOINT: Bounds = Bounds {
    begin: &["savepoint unit"],
    keep: &["release unit"],
    undo: &["rollback to unit", "release unit"],
};

/// The first unit of a transaction has nothing before it that must stay. Without a savepoint around
/// it, SQLite need not pass over the pages of all parts that were kept at the end of each part.
const FIRST: Bounds = Bounds {
    begin: &[],
    keep: &[],
    undo: &["rollback", BEGIN],
};

const BEGIN: &str = "begin immediate";

/// Gives the caller its answer: `None` if the commit went through.
type Answer = Box<dyn FnOnce(Option<&StoreError>) + Send>;

pub(super) struct Writer {
    queue: Arc<Queue<Work>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, clock: Clock) -> Self {
        let queue = Arc::new(Queue::new());
        // Dropped with the closure if no thread can be had, else at the end of the thread.
        let end = End(Arc::clone(&queue));
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, &end.0, &clock))
            .ok();
        Self {
            queue,
            thread: Mutex::new(thread),
        }
    }

    /// How many transactions wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn transact<T, E>(
        &self,
        op: Op,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = sync_channel(1);
        let unit: Work = Box::new(move |connection, bounds| {
            let span = tracing::debug_span!("transact", op = op.0);
            let _entered = span.enter();
            let ends = RefCell::default();
            let result = bounded(bounds, connection, &ends, |tx| {
                let done = work(tx)?;
                ends::write(tx)?;
                Ok(done)
            });
            Box::new(move |failed: Option<&StoreError>| {
                let answer = match (result, failed) {
                    (result, None) => result,
                    (Err(error), Some(_)) => Err(error),
                    (Ok(_), Some(StoreError::Full)) => Err(E::from(StoreError::Full)),
                    (Ok(_), Some(_)) => Err(E::from(StoreError::Closed)),
                };
                // A caller that stopped waiting has no use for the answer.
                let _ = sender.send(answer);
            })
        });
        if !self.queue.push(lane::current(), unit) {
            return Err(E::from(StoreError::Closed));
        }
        receiver
            .recv()
            .unwrap_or_else(|_| Err(E::from(StoreError::Closed)))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // The thread ends when the queue does; a panic in it was already reported.
            let _ = thread.join();
        }
    }
}

/// Nobody waits for a writer that is gone, however it went.
struct End(Arc<Queue<Work>>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.close();
        // Dropping the units closes their answer channels.
        while self.0.try_next().is_some() {}
    }
}

fn run(connection: &Connection, queue: &Queue<Work>, clock: &Clock) {
    while let Some(first) = queue.next() {
        let begun = clock();
        let is_short = || clock().0.saturating_sub(begun.0) < GROUP_MS;
        let next = || is_short().then(|| queue.try_next()).flatten();
        let rest = std::iter::from_fn(next).take(GROUP - 1);
        commit_group(connection, std::iter::once(first).chain(rest));
    }
}

/// Runs units as one transaction until there are no more or the transaction is lost; what was not
/// taken is for the next group then.
fn commit_group(connection: &Connection, group: impl Iterator<Item = Work>) {
    if let Err(error) = connection.execute_batch(BEGIN) {
        let error = StoreError::from(error);
        tracing::error!(%error, "no write transaction can be opened");
        // Dropping the units closes their answer channels: the callers get `Closed`. All that wait
        // are taken first: who hears of it and tries again is not one of them.
        return drop(group.collect::<Vec<_>>());
    }
    let mut answers: Vec<Answer> = Vec::new();
    for unit in group {
        let bounds = if answers.is_empty() {
            &FIRST
        } else {
            &SAVEPOINT
        };
        answers.push(unit(connection, bounds));
        if connection.is_autocommit() {
            break;
        }
    }
    let failed = commit(connection).err();
    if let Some(error) = &failed {
        tracing::error!(%error, "a commit failed");
        // The transaction may be gone already; then there is nothing to undo.
        let _ = connection.execute_batch("rollback");
        if let Err(error) = connection.execute_batch("pragma query_only = 0") {
            tracing::error!(%error, "nothing can be written any more");
        }
    }
    for answer in answers {
        answer(failed.as_ref());
    }
}

fn commit(connection: &Connection) -> Result<(), StoreError> {
    if connection.is_autocommit() {
        return Err(StoreError::Closed);
    }
    Ok(connection.execute_batch("commit")?)
}

/// After an error of the disk SQLite may have undone the whole transaction. What is written then
/// would be a transaction of its own, statement by statement: until the writer begins the next
/// one nothing can be.
fn refuse_writes(connection: &Connection) {
    if let Err(error) = connection.execute_batch("pragma query_only = 1") {
        tracing::error!(%error, "writes after a lost transaction cannot be refused");
    }
}

fn bounded<T, E: From<StoreError>>(
    bounds: &Bounds,
    connection: &Connection,
    ends: &RefCell<Ends>,
    work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let run = |statements: &[&str]| {
        statements.iter().try_for_each(|sql| {
            let done = connection
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute([]));
            done.map(|_| ()).map_err(|e| E::from(StoreError::from(e)))
        })
    };
    let undo = || run(bounds.undo);
    run(bounds.begin)?;
    let attempt = std::panic::AssertUnwindSafe(|| work(&Tx { connection, ends }));
    let done = std::panic::catch_unwind(attempt);
    match done {
        _ if connection.is_autocommit() => {
            refuse_writes(connection);
            match done {
                Ok(Err(error)) => Err(error),
                _ => Err(E::from(StoreError::Closed)),
            }
        }
        Ok(Ok(value)) => {
            run(bounds.keep)?;
            Ok(value)
        }
        Ok(Err(error)) => {
            undo()?;
            Err(error)
        }
        Err(_) => {
            undo()?;
            Err(E::from(StoreError::Closed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Store, StoreConfig};
    use super::*;
    use crate::lane::Lane;
    use itgel_domain::time::AtMs;
    use std::path::Path;

    fn open(folder: &Path) -> Store {
        let config = StoreConfig {
            path: folder.join("itgel.db"),
            key: None,
            readers: 1,
        };
        Store::open(&config, Arc::new(|| AtMs(0))).unwrap()
    }

    fn devices(township: &str) -> Lane {
        Lane::Devices(Some(township.parse().unwrap()))
    }

    fn wait_until(store: &Store, waiting: usize) {
        while store.waiting() < waiting {
            std::thread::yield_now();
        }
    }

    #[test]
    fn sec_t34_a_page_of_a_quiet_township_is_written_before_the_flood_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let written = Arc::new(Mutex::new(Vec::new()));
        let write = |lane, what: &'static str| {
            let (store, written) = (store.clone(), Arc::clone(&written));
            move || {
                let work = move |_: &Tx<'_>| -> Result<(), StoreError> {
                    written.lock().unwrap().push(what);
                    Ok(())
                };
                lane::scoped(lane, || store.transact(Op("test.page"), work)).unwrap();
            }
        };
        let (begun, has_begun) = sync_channel(1);
        let (go_on, may_go_on) = sync_channel::<()>(1);
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
            for _ in 0..300 {
                scope.spawn(write(devices("150623100"), "flood"));
            }
            wait_until(store, 300);
            scope.spawn(write(devices("150623200"), "quiet"));
            wait_until(store, 301);
            go_on.send(()).unwrap();
        });
        let written = written.lock().unwrap();
        let place = written.iter().position(|what| *what == "quiet").unwrap();
        assert_eq!((written.len(), place), (301, 1), "after one of the flood");
    }
}
