//! Pages that are ahead of their chain and wait for the gap before them to close. A page waits as
//! a whole, because its signed head vouches for all of it.

use itgel_domain::id::DeviceId;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx, column};

/// A page that waits for the pages before it.
#[derive(Debug, Clone)]
pub struct HeldPage {
    /// The place of its first envelope.
    pub first_seq: u64,
    /// Its signed head, as text.
    pub head: String,
    /// The page under the key of the device.
    pub sealed: Vec<u8>,
}

/// Keeps a page until the gap before it closes; the same page twice is one.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    device: &DeviceId,
    incarnation: u32,
    page: &HeldPage,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into held_page (device, incarnation, first_seq, head, sealed, received_at)
               values (?1, ?2, ?3, ?4, ?5, ?6)
               on conflict (device, incarnation, first_seq, head) do nothing";
    let first = column::signed(page.first_seq);
    tx.prepare_cached(sql)?.execute(params![
        device.as_str(),
        incarnation,
        first,
        page.head,
        page.sealed,
        at.0
    ])?;
    Ok(())
}

/// How many pages of a device wait.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count(connection: &Connection, device: &DeviceId) -> Result<u32, StoreError> {
    let mut query =
        connection.prepare_cached("select count(*) from held_page where device = ?1")?;
    Ok(query.query_row(params![device.as_str()], |row| row.get(0))?)
}

/// The first waiting page that begins at `next` or before it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_next(
    connection: &Connection,
    device: &DeviceId,
    incarnation: u32,
    next: u64,
) -> Result<Option<HeldPage>, StoreError> {
    let sql = "select first_seq, head, sealed from held_page
               where device = ?1 and incarnation = ?2 and first_seq <= ?3
               order by first_seq, head limit 1";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![device.as_str(), incarnation, column::signed(next)];
    let found = query.query_row(key, |row| {
        Ok(
            column::unsigned(row, "first_seq", "held_page.first_seq").and_then(|first_seq| {
                Ok(HeldPage {
                    first_seq,
                    head: row.get("head")?,
                    sealed: row.get("sealed")?,
                })
            }),
        )
    });
    found.optional()?.transpose()
}

/// Takes a page out of waiting.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(
    tx: &Tx<'_>,
    device: &DeviceId,
    incarnation: u32,
    page: &HeldPage,
) -> Result<(), StoreError> {
    let sql = "delete from held_page
               where device = ?1 and incarnation = ?2 and first_seq = ?3 and head = ?4";
    let first = column::signed(page.first_seq);
    tx.prepare_cached(sql)?
        .execute(params![device.as_str(), incarnation, first, page.head])?;
    Ok(())
}
