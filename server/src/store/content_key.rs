//! The wrapped keys of contents. Deleting one erases its content wherever its bytes still lie.

use itgel_domain::id::SubjectId;
use itgel_domain::keys::WrappedKey;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx};

/// The wrapped key of a content.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    scope: &str,
    id: &str,
) -> Result<Option<WrappedKey>, StoreError> {
    let sql = "select wrapped from content_key where scope = ?1 and id = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let bytes: Option<Vec<u8>> = query
        .query_row(params![scope, id], |row| row.get(0))
        .optional()?;
    let corrupt = |_| StoreError::Corrupt {
        what: "content_key.wrapped",
    };
    bytes
        .map(|bytes| WrappedKey::from_bytes(&bytes).map_err(corrupt))
        .transpose()
}

/// Writes the wrapped key of a new content.
///
/// # Errors
/// [`StoreError`] of the database, also if the content has a key.
pub fn put(tx: &Tx<'_>, scope: &str, id: &str, wrapped: &WrappedKey) -> Result<(), StoreError> {
    tx.prepare_cached("insert into content_key (scope, id, wrapped) values (?1, ?2, ?3)")?
        .execute(params![scope, id, wrapped.as_bytes()])?;
    Ok(())
}

/// Destroys the key of a content.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, scope: &str, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("delete from content_key where scope = ?1 and id = ?2")?
        .execute(params![scope, id])?;
    Ok(())
}

/// Destroys the keys of all files of a subject, also of those that hold nothing that counts.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete_files(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    // '0' is the character after '/'.
    let sql = "delete from content_key where scope = 'file' and id > ?1 and id < ?2";
    let (from, to) = (format!("{subject}/"), format!("{subject}0"));
    tx.prepare_cached(sql)?.execute(params![from, to])?;
    Ok(())
}
