//! Whole copies of the database: encrypted for a backup, and back.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{StoreConfig, StoreError};

/// Writes what a copy encrypted with `key` holds as a new database.
///
/// # Errors
/// [`StoreError::Corrupt`] if the file is no copy made with this key, or is damaged;
/// [`StoreError`] if the database is there already or cannot be written.
pub fn restore(copy: &Path, key: &str, config: &StoreConfig) -> Result<(), StoreError> {
    let damaged = StoreError::Corrupt {
        what: "the backup, or its key,",
    };
    // What is attached opens as the first database does, so this one cannot be opened for reading
    // only; it must not be made by opening it.
    if !copy.is_file() {
        return Err(damaged);
    }
    let connection = Connection::open(copy)?;
    // That a key does not fit is an answer here, not a fault to be told of.
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    connection.pragma_update(None, "key", format!("x'{key}'"))?;
    let checked = connection.query_row("pragma quick_check", [], |row| row.get::<_, String>(0));
    if checked.as_deref() != Ok("ok") {
        return Err(damaged);
    }
    whole(&connection, &config.path, config.key.as_deref())
}

/// Copies everything that `connection` sees as of one instant.
pub(super) fn whole(
    connection: &Connection,
    target: &Path,
    key: Option<&str>,
) -> Result<(), StoreError> {
    let key = key.map(|key| format!("x'{key}'")).unwrap_or_default();
    let path = target.display().to_string();
    connection.execute("attach database ?1 as copy key ?2", params![path, key])?;
    let copied = connection
        .execute_batch("begin; select sqlcipher_export('copy'); commit")
        .map_err(StoreError::from);
    connection.execute_batch("detach database copy")?;
    copied
}
