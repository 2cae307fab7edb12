//! The end of files here (`domain.md` L-15, L-21): the server ended a year of a subject, so what is
//! here of it goes too, as soon as nothing of it waits for its receipt.

use itgel_domain::sync::ended::EndedYear;
use rusqlite::Transaction;

use crate::Device;
use crate::error::Error;
use crate::intake::is_of_server;
use crate::store::{StoreError, ended};

/// Notes a year that is over; whether the server said so. A statement from before a rotation that
/// this device never lived through speaks of what never came here.
pub(crate) fn note(
    tx: &Transaction<'_>,
    said: &EndedYear,
    server_key: &[u8],
) -> Result<bool, StoreError> {
    if is_of_server(tx, server_key, |key| said.verify(key).is_ok())? {
        ended::insert(tx, said)?;
        return Ok(true);
    }
    Ok(!ended::is_any_here(tx, said)?)
}

impl Device {
    /// Deletes the years that are over and of which everything has its receipt; the others wait
    /// for the next time.
    pub(crate) fn end_years(&self) -> Result<(), Error> {
        let noted = self.read(|db| Ok(ended::all(db)?))?;
        if noted.is_empty() {
            return Ok(());
        }
        let is_any = self.write(|tx| {
            let mut is_any = false;
            for year in &noted {
                if !ended::is_waited_for(tx, year)? {
                    ended::delete(tx, year)?;
                    is_any = true;
                }
            }
            Ok::<_, Error>(is_any)
        })?;
        // What was deleted stands in the write-ahead log until that is emptied.
        if is_any {
            self.store.empty_log()?;
        }
        Ok(())
    }
}
