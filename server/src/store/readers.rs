//! Read connections: a reader takes one, reads in one snapshot, gives it back. Who gives one back
//! hands it to the lane whose turn it is.

use std::sync::mpsc::{SendError, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::StoreError;
use crate::lane::{self, Turns};

pub(super) struct Readers(Mutex<Idle>);

struct Idle {
    connections: Vec<Connection>,
    /// Nobody waits while a connection is idle.
    waiting: Turns<SyncSender<Connection>>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self(Mutex::new(Idle {
            connections,
            waiting: Turns::new(),
        }))
    }

    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let lent = Lent {
            connection: self.take(),
            home: self,
        };
        let Some(connection) = &lent.connection else {
            return Err(E::from(StoreError::Closed));
        };
        let run = |sql| {
            connection
                .execute_batch(sql)
                .map_err(|e| E::from(StoreError::from(e)))
        };
        run("begin")?;
        let result = read(connection);
        run("rollback")?;
        result
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        if let Some(connection) = idle.connections.pop() {
            return Some(connection);
        }
        let (sender, receiver) = sync_channel(1);
        idle.waiting.push(lane::current(), sender);
        drop(idle);
        receiver.recv().ok()
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn give(&mut self, mut connection: Connection) {
        while let Some(next) = self.waiting.pop() {
            match next.send(connection) {
                Ok(()) => return,
                // Whoever waited is gone.
                Err(SendError(back)) => connection = back,
            }
        }
        self.connections.push(connection);
    }
}

/// A connection that finds its way back, whatever the reader does.
struct Lent<'a> {
    connection: Option<Connection>,
    home: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            if !connection.is_autocommit() {
                // A reader that panicked left its snapshot open.
                let _ = connection.execute_batch("rollback");
            }
            self.home.idle().give(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Lane;

    fn waiting(readers: &Readers) -> usize {
        readers.idle().waiting.len()
    }

    #[test]
    fn sec_t34_a_reader_of_a_quiet_lane_does_not_wait_for_the_flood_of_another() {
        let readers = Readers::new(vec![Connection::open_in_memory().unwrap()]);
        let done = Mutex::new(Vec::new());
        let read = |lane, what: &'static str| {
            let work = |_: &Connection| -> Result<(), StoreError> {
                done.lock().unwrap().push(what);
                Ok(())
            };
            lane::scoped(lane, || readers.read(work)).unwrap();
        };
        std::thread::scope(|scope| {
            let held = readers.read(|_| -> Result<(), StoreError> {
                for n in 1..=100 {
                    scope.spawn(|| read(Lane::Desks(None), "flood"));
                    while waiting(&readers) < n {
                        std::thread::yield_now();
                    }
                }
                scope.spawn(|| read(Lane::Lenders, "quiet"));
                while waiting(&readers) < 101 {
                    std::thread::yield_now();
                }
                Ok(())
            });
            held.unwrap();
        });
        let done = done.into_inner().unwrap();
        let place = done.iter().position(|what| *what == "quiet").unwrap();
        assert_eq!((done.len(), place), (101, 1), "after one of the flood");
        assert_eq!(readers.idle().connections.len(), 1, "given back");
    }
}
