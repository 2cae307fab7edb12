//! Facts about the database itself.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;

/// `1` in a database created as a sample, and never written later.
pub const IS_SAMPLE: &str = "is_sample";

/// See [`epoch`].
const EPOCH: &str = "epoch";

/// The newest signed break of the epoch ([`itgel_domain::sync::hello::Restored`]), hexadecimal.
pub const RESTORED: &str = "restored";

/// The value under `name`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut query = connection.prepare_cached("select value from meta where name = ?1")?;
    Ok(query
        .query_row(params![name], |row| row.get(0))
        .optional()?)
}

/// Writes the value under `name`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "insert into meta (name, value) values (?1, ?2)
               on conflict (name) do update set value = excluded.value";
    connection
        .prepare_cached(sql)?
        .execute(params![name, value])?;
    Ok(())
}

/// The epoch of the database: another number after each restore from a backup; 0 before the first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn epoch(connection: &Connection) -> Result<u32, StoreError> {
    let epoch = get(connection, EPOCH)?;
    Ok(epoch.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Writes the epoch.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_epoch(connection: &Connection, epoch: u32) -> Result<(), StoreError> {
    put(connection, EPOCH, &epoch.to_string())
}
