//! What the store's own layers say about the file.

use rusqlite::Connection;

use super::StoreError;

/// Whether every page has its seal (`SQLCipher`), the file its structure (`SQLite`), and every row
/// the one that it belongs to. Pages that only the write-ahead log has yet are read there.
pub(crate) fn is_sound(connection: &Connection) -> Result<bool, StoreError> {
    let faults = |sql: &str| -> Result<bool, StoreError> {
        Ok(connection.prepare(sql)?.query([])?.next()?.is_some())
    };
    // It gives a row for each page that does not open, the other one "ok" or a row for each fault.
    if super::is_sealed() && faults("pragma cipher_integrity_check")? {
        return Ok(false);
    }
    let whole: String = connection.query_row("pragma integrity_check", [], |row| row.get(0))?;
    Ok(whole == "ok" && !faults("pragma foreign_key_check")?)
}
