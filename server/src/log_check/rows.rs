//! Rows that may change: what each says is what the log was told of it last.

use std::collections::BTreeMap;

use itgel_domain::hash::Hash;
use rusqlite::Connection;

use super::{FaultKind, LogCheck};
use crate::error::ServiceError;
use crate::store::log_row::{self, GONE, Vouched};

/// What the log was told last, by table and key.
type Told = BTreeMap<(String, String), String>;

impl LogCheck {
    /// Compares every row with what the log was told; `leaves` are those of kind `rows`.
    pub(super) fn rows(
        &mut self,
        connection: &Connection,
        leaves: BTreeMap<u64, Hash>,
    ) -> Result<(), ServiceError> {
        let mut told = self.told(connection, leaves)?;
        for of in Vouched::ALL {
            log_row::each(connection, of, |key, digest| {
                self.rows += 1;
                match told.remove(&(of.table().to_owned(), key.clone())) {
                    Some(told) if told == digest => {}
                    Some(_) => self.fault(FaultKind::Row, format!("{}/{key}", of.table())),
                    None => self.fault(FaultKind::RowMissing, format!("{}/{key}", of.table())),
                }
                Ok::<_, ServiceError>(())
            })?;
        }
        for (table, key) in told.keys() {
            self.fault(FaultKind::RowMissing, format!("{table}/{key}"));
        }
        Ok(())
    }

    /// Everything that the log was told, in order; a later word about a row takes the place of one
    /// before it.
    fn told(
        &mut self,
        connection: &Connection,
        mut leaves: BTreeMap<u64, Hash>,
    ) -> Result<Told, ServiceError> {
        let mut told = Told::new();
        log_row::each_said(connection, |n, said| {
            if leaves.remove(&n) != Some(log_row::leaf_of(&said)) {
                self.fault(FaultKind::Said, n);
            }
            for line in said.lines() {
                let mut cells = line.split('\t').map(str::to_owned);
                let (Some(table), Some(key), Some(digest)) =
                    (cells.next(), cells.next(), cells.next())
                else {
                    self.fault(FaultKind::Said, n);
                    continue;
                };
                match digest.as_str() {
                    GONE => told.remove(&(table, key)),
                    _ => told.insert((table, key), digest),
                };
            }
            Ok::<_, ServiceError>(())
        })?;
        for n in leaves.keys() {
            self.fault(FaultKind::Said, n);
        }
        Ok(told)
    }
}
