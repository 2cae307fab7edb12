//! Projections: what the envelopes of a file mean, folded and ready.

use itgel_domain::file::FileId;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::SubjectId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx, column};

/// What is known of a file; empty before its first envelope.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, file: &FileId) -> Result<FileFacts, StoreError> {
    let mut query = connection.prepare_cached("select facts from projection where file = ?1")?;
    let bytes: Option<Vec<u8>> = query
        .query_row(params![file.to_string()], |row| row.get(0))
        .optional()?;
    bytes.map_or_else(|| Ok(FileFacts::default()), |bytes| read(&bytes))
}

/// The files of a subject with what is known of each, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<(FileId, FileFacts)>, StoreError> {
    let sql = "select file, facts from projection where subject = ?1 order by file";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    rows.map(|row| {
        let (file, bytes) = row?;
        let file = file.parse().map_err(|_| StoreError::Corrupt {
            what: "projection.file",
        })?;
        Ok((file, read(&bytes)?))
    })
    .collect()
}

/// The files of a subject, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_files_of(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<FileId>, StoreError> {
    let sql = "select file from projection where subject = ?1 order by file";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "file", "projection.file"))
    })?;
    rows.map(|row| row?).collect()
}

/// Writes what is known of a file.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, file: &FileId, facts: &FileFacts) -> Result<(), StoreError> {
    let sql = "insert into projection (file, subject, facts) values (?1, ?2, ?3)
               on conflict (file) do update set facts = excluded.facts";
    tx.prepare_cached(sql)?.execute(params![
        file.to_string(),
        file.subject.as_str(),
        facts.to_bytes()
    ])?;
    Ok(())
}

/// Deletes what is known of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from projection where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

/// The files after `after`, by name.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_files(
    connection: &Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<FileId>, StoreError> {
    let mut query = connection
        .prepare_cached("select file from projection where file > ?1 order by file limit ?2")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![after, limit], |row| {
        Ok(column::word(row, "file", "projection.file"))
    })?;
    rows.map(|row| row?).collect()
}

fn read(bytes: &[u8]) -> Result<FileFacts, StoreError> {
    FileFacts::from_bytes(bytes).map_err(|_| StoreError::Corrupt {
        what: "projection.facts",
    })
}
