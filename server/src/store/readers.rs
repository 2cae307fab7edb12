//! Read connections: a reader takes one, reads in one snapshot, gives it back.

use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use super::StoreError;

pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    pub(super) const fn new(connections: Vec<Connection>) -> Self {
        Self {
            idle: Mutex::new(connections),
            returned: Condvar::new(),
        }
    }

    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let lent = Lent {
            connection: Some(self.take()),
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

    fn take(&self) -> Connection {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.pop() {
                return connection;
            }
            idle = self
                .returned
                .wait(idle)
                .unwrap_or_else(PoisonError::into_inner);
        }
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
            let mut idle = self
                .home
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            idle.push(connection);
            self.home.returned.notify_one();
        }
    }
}
