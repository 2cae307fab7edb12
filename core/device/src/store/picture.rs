//! Photos and scans, in the encrypted store until the server has them and 35 days longer.

use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::sync::media::CHUNK_BYTES;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, count, int, word};

/// A picture without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPicture {
    /// Whose file it belongs to.
    pub subject: SubjectId,
    /// SHA-256 of its bytes.
    pub content: Hash,
    /// Length in bytes.
    pub length: u64,
    /// When it was taken into the store.
    pub added_at: AtMs,
    /// Bytes that the server has.
    pub sent: u64,
    /// When the server had the whole, by its clock and under its signature.
    pub received_at: Option<AtMs>,
    /// Whether it was taken to show items; otherwise it is a signature or a scanned paper.
    pub is_photo: bool,
}

/// Keeps a picture; one that is here already stays as it is.
pub(crate) fn insert(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    content: &Hash,
    bytes: &[u8],
    now: AtMs,
) -> Result<(), StoreError> {
    let (name, length) = (content.to_string(), int(bytes.len() as u64));
    let sql = "insert or ignore into picture values (?1, ?2, ?3, ?4, 0, null, 0)";
    let added = tx
        .prepare_cached(sql)?
        .execute(params![subject.as_str(), name, length, now.0])?;
    if added == 0 {
        return Ok(());
    }
    let mut keep = tx.prepare_cached("insert into picture_chunk values (?1, ?2, ?3, ?4)")?;
    for (n, chunk) in (0_u64..).zip(bytes.chunks(CHUNK_BYTES)) {
        let at = int(n * CHUNK_BYTES as u64);
        keep.execute(params![subject.as_str(), name, at, chunk])?;
    }
    Ok(())
}

/// Notes that a kept picture was taken to show items.
pub(crate) fn set_photo(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    content: &Hash,
) -> Result<(), StoreError> {
    let sql = "update picture set is_photo = 1 where subject = ?1 and content = ?2";
    tx.prepare_cached(sql)?
        .execute(params![subject.as_str(), content.to_string()])?;
    Ok(())
}

/// The pictures of a subject, or of everybody, by time.
pub(crate) fn list(
    db: &Connection,
    subject: Option<&SubjectId>,
) -> Result<Vec<KeptPicture>, StoreError> {
    let sql = "select * from picture where subject = ?1 or ?1 is null order by added_at, content";
    let mut query = db.prepare_cached(sql)?;
    column::all(query.query([subject.map(SubjectId::as_str)])?, read)
}

/// The pictures that the server does not have.
pub(crate) fn open(db: &Connection) -> Result<Vec<KeptPicture>, StoreError> {
    let sql = "select * from picture where received_at is null order by added_at, content";
    column::all(db.prepare_cached(sql)?.query([])?, read)
}

/// The chunk that begins at `at`; `None` at the end, or once the bytes were let go.
pub(crate) fn chunk(
    db: &Connection,
    picture: &KeptPicture,
    at: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let start = at - at % CHUNK_BYTES as u64;
    let sql = "select bytes from picture_chunk where subject = ?1 and content = ?2 and at = ?3";
    let mut query = db.prepare_cached(sql)?;
    let (subject, content) = (picture.subject.as_str(), picture.content.to_string());
    let bytes: Option<Vec<u8>> =
        column::first(query.query(params![subject, content, int(start)])?, |row| {
            Ok(row.get("bytes")?)
        })?;
    let skip = usize::try_from(at - start).unwrap_or(usize::MAX);
    Ok(bytes.and_then(|bytes| bytes.get(skip..).map(<[u8]>::to_vec)))
}

/// Notes how much of it the server has.
pub(crate) fn set_sent(
    tx: &Transaction<'_>,
    picture: &KeptPicture,
    sent: u64,
    received_at: Option<AtMs>,
) -> Result<(), StoreError> {
    let sql = "update picture set sent = ?3, received_at = ?4 where subject = ?1 and content = ?2";
    let (subject, content) = (picture.subject.as_str(), picture.content.to_string());
    tx.prepare_cached(sql)?.execute(params![
        subject,
        content,
        int(sent),
        received_at.map(|at| at.0)
    ])?;
    Ok(())
}

/// Everything whose bytes are here is sent again: the server was restored from a backup.
pub(crate) fn send_again(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "update picture set sent = 0, received_at = null where exists
             (select 1 from picture_chunk c
              where c.subject = picture.subject and c.content = picture.content)",
        [],
    )?;
    Ok(())
}

/// Lets the bytes go that the server received before `before`; how many pictures.
pub(crate) fn let_go(tx: &Transaction<'_>, before: AtMs) -> Result<u64, StoreError> {
    let sql = "delete from picture_chunk where exists
                   (select 1 from picture p where p.subject = picture_chunk.subject
                    and p.content = picture_chunk.content and p.received_at < ?1)";
    let counted = "select count(*) as n from picture p where p.received_at < ?1 and exists
                       (select 1 from picture_chunk c
                        where c.subject = p.subject and c.content = p.content)";
    let rows = column::first(tx.prepare_cached(counted)?.query([before.0])?, |row| {
        count(row, "n", "picture")
    })?;
    tx.execute(sql, [before.0])?;
    Ok(rows.unwrap_or(0))
}

fn read(row: &Row<'_>) -> Result<KeptPicture, StoreError> {
    let received_at: Option<i64> = row.get("received_at")?;
    Ok(KeptPicture {
        subject: word(row, "subject", "picture.subject")?,
        content: word(row, "content", "picture.content")?,
        length: count(row, "length", "picture.length")?,
        added_at: AtMs(row.get("added_at")?),
        sent: count(row, "sent", "picture.sent")?,
        received_at: received_at.map(AtMs),
        is_photo: row.get("is_photo")?,
    })
}
