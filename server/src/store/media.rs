//! Photos and scans: what entries announced, and the chunks that have come, sealed.

use itgel_domain::file::FileId;
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A picture that an entry announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRow {
    /// Whose.
    pub subject: SubjectId,
    /// SHA-256 of its bytes.
    pub content: Hash,
    /// The file whose entry announced it: its key seals the bytes.
    pub file: FileId,
    /// The device that announced it, and may bring it.
    pub device: DeviceId,
    /// Length in bytes, if the entry says it.
    pub length: Option<u64>,
    /// When the entry came.
    pub announced_at: AtMs,
    /// Bytes that are here.
    pub received: u64,
    /// When the last of them came.
    pub received_at: Option<AtMs>,
}

const COLUMNS: &str = "subject, content, file, device, length, announced_at, received, received_at";

/// Notes that an entry announced a picture; one that is known stays as it is.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn announce(tx: &Tx<'_>, row: &MediaRow) -> Result<(), StoreError> {
    let sql = "insert into media (subject, content, file, device, length, announced_at, received)
               values (?1, ?2, ?3, ?4, ?5, ?6, 0) on conflict (subject, content) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        row.subject.as_str(),
        row.content.to_string(),
        row.file.to_string(),
        row.device.as_str(),
        row.length.map(column::signed),
        row.announced_at.0,
    ])?;
    Ok(())
}

/// What is known of a picture.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    subject: &SubjectId,
    content: &Hash,
) -> Result<Option<MediaRow>, StoreError> {
    let sql = format!("select {COLUMNS} from media where subject = ?1 and content = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![subject.as_str(), content.to_string()];
    query
        .query_row(key, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The pictures of a subject, announced and arrived, by time.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, subject: &SubjectId) -> Result<Vec<MediaRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from media where subject = ?1 order by announced_at, content limit 1000"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Keeps a chunk that begins where the last one ended.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn append(tx: &Tx<'_>, row: &MediaRow, sealed: &[u8], length: u64) -> Result<(), StoreError> {
    let sql = "insert into media_chunk (subject, content, at, sealed) values (?1, ?2, ?3, ?4)";
    let (subject, content) = (row.subject.as_str(), row.content.to_string());
    let at = column::signed(row.received);
    tx.prepare_cached(sql)?
        .execute(params![subject, content, at, sealed])?;
    let sql = "update media set received = ?3 where subject = ?1 and content = ?2";
    let received = column::signed(row.received + length);
    tx.prepare_cached(sql)?
        .execute(params![subject, content, received])?;
    Ok(())
}

/// The chunks of a picture with where they begin, in order.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_chunks(
    connection: &Connection,
    subject: &SubjectId,
    content: &Hash,
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let sql = "select at, sealed from media_chunk where subject = ?1 and content = ?2 order by at";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str(), content.to_string()], |row| {
        Ok(column::unsigned(row, "at", "media_chunk.at")
            .and_then(|at| Ok((at, row.get("sealed")?))))
    })?;
    rows.map(|row| row?).collect()
}

/// Notes that the whole is here.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_received(tx: &Tx<'_>, row: &MediaRow, now: AtMs) -> Result<(), StoreError> {
    let sql = "update media set received_at = ?3 where subject = ?1 and content = ?2";
    let key = (row.subject.as_str(), row.content.to_string());
    tx.prepare_cached(sql)?
        .execute(params![key.0, key.1, now.0])?;
    Ok(())
}

/// Drops the chunks of a picture that came out wrong; it is sent again from its start.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn begin_again(tx: &Tx<'_>, row: &MediaRow) -> Result<(), StoreError> {
    let (subject, content) = (row.subject.as_str(), row.content.to_string());
    tx.prepare_cached("delete from media_chunk where subject = ?1 and content = ?2")?
        .execute(params![subject, content])?;
    tx.prepare_cached("update media set received = 0 where subject = ?1 and content = ?2")?
        .execute(params![subject, content])?;
    Ok(())
}

/// Deletes every picture of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    for sql in [
        "delete from media_chunk where subject = ?1",
        "delete from media where subject = ?1",
    ] {
        tx.prepare_cached(sql)?.execute(params![subject.as_str()])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<MediaRow, StoreError> {
    let length: Option<i64> = row.get("length")?;
    let received_at: Option<i64> = row.get("received_at")?;
    Ok(MediaRow {
        subject: column::word(row, "subject", "media.subject")?,
        content: column::word(row, "content", "media.content")?,
        file: column::word(row, "file", "media.file")?,
        device: column::word(row, "device", "media.device")?,
        length: length.map(i64::unsigned_abs),
        announced_at: AtMs(row.get("announced_at")?),
        received: column::unsigned(row, "received", "media.received")?,
        received_at: received_at.map(AtMs),
    })
}
