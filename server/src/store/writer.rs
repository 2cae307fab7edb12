//! The one writer: a thread that owns the write connection and shares commits.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::ends::{self, Ends};
use super::{Op, StoreError};

/// Most transactions that share a commit.
const GROUP: usize = 256;

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
    /// `None` once the store is closing.
    queue: Mutex<Option<Sender<Work>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, &receiver))
            .ok();
        Self {
            queue: Mutex::new(Some(sender)),
            thread: Mutex::new(thread),
        }
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
        let queued = {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.as_ref().is_some_and(|q| q.send(unit).is_ok())
        };
        if !queued {
            return Err(E::from(StoreError::Closed));
        }
        receiver
            .recv()
            .unwrap_or_else(|_| Err(E::from(StoreError::Closed)))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let queue = self.queue.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(queue.take());
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

fn run(connection: &Connection, queue: &Receiver<Work>) {
    while let Ok(first) = queue.recv() {
        let rest = queue.try_iter().take(GROUP - 1);
        let mut group = std::iter::once(first).chain(rest).peekable();
        while group.peek().is_some() {
            commit_group(connection, &mut group);
        }
    }
}

/// Runs units as one transaction until there are no more or the transaction is lost; a group goes
/// on in the next one then.
fn commit_group(connection: &Connection, group: &mut impl Iterator<Item = Work>) {
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
