//! Envelopes as bytes: the own ones and those that the server's lists brought.

use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, SubjectId};
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, int};
use super::list::IS_TOLD;

/// What the store knows of an envelope without reading it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Status {
    pub(crate) id: Hash,
    pub(crate) counts: bool,
    /// The server's lists held it.
    pub(crate) listed: bool,
    /// The lists of a restored server ended without it: kept, and in no file.
    pub(crate) lost: bool,
}

/// Not in the server's lists, and in no chain that this store (`?1`) sends.
const UNSENT: &str = "listed = 0 and lost = 0 and (device <> ?1 or not exists (
    select 1 from link where link.incarnation = envelope.incarnation
        and link.seq = envelope.seq and link.state not in ('moved', 'erased')))";

/// Keeps an envelope; one that is there already stays as it is. Whether it was kept.
pub(crate) fn insert(
    tx: &Transaction<'_>,
    envelope: &Envelope,
    bytes: &[u8],
    counts: bool,
    listed: bool,
) -> Result<bool, StoreError> {
    let year = match &envelope.body {
        Body::File(body) => body.file.year,
        Body::Identity(_) | Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => 0,
    };
    let inserted = tx
        .prepare_cached(
            "insert or ignore into envelope
             (device, incarnation, seq, id, subject, year, counts, listed, bytes)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            envelope.at.device.as_str(),
            envelope.at.incarnation,
            int(envelope.at.seq),
            Envelope::id_of(&envelope.salt, bytes).to_string(),
            envelope.subject().as_str(),
            year,
            counts,
            listed,
            bytes,
        ])?;
    Ok(inserted > 0)
}

/// What is known of the envelope at a place.
pub(crate) fn find_status(db: &Connection, at: &ChainRef) -> Result<Option<Status>, StoreError> {
    let mut query = db.prepare_cached(
        "select id, counts, listed, lost from envelope where device = ?1 and incarnation = ?2 and seq = ?3",
    )?;
    let rows = query.query(params![at.device.as_str(), at.incarnation, int(at.seq)])?;
    column::first(rows, |row| {
        Ok(Status {
            id: column::word(row, "id", "envelope.id")?,
            counts: row.get("counts")?,
            listed: row.get("listed")?,
            lost: row.get("lost")?,
        })
    })
}

/// The envelope at a place.
pub(crate) fn find(db: &Connection, at: &ChainRef) -> Result<Option<Envelope>, StoreError> {
    let mut query = db.prepare_cached(
        "select bytes from envelope where device = ?1 and incarnation = ?2 and seq = ?3",
    )?;
    column::first(
        query.query(params![at.device.as_str(), at.incarnation, int(at.seq)])?,
        decode,
    )
}

/// The envelopes of a file that count, by place, without those that the server lost.
pub(crate) fn counting_of_file(
    db: &Connection,
    file: &FileId,
) -> Result<Vec<Envelope>, StoreError> {
    of_file(db, file, true)
}

/// The envelopes of a file that were set aside, by place, without those that the server lost.
pub(crate) fn aside_of_file(db: &Connection, file: &FileId) -> Result<Vec<Envelope>, StoreError> {
    of_file(db, file, false)
}

pub(crate) fn set_listed(tx: &Transaction<'_>, at: &ChainRef) -> Result<(), StoreError> {
    tx.prepare_cached(
        "update envelope set listed = 1, lost = 0 where device = ?1 and incarnation = ?2 and seq = ?3",
    )?
    .execute(params![at.device.as_str(), at.incarnation, int(at.seq)])?;
    Ok(())
}

/// The lists are read again from their start: nothing has been seen there.
pub(crate) fn unlist(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("update envelope set listed = 0", [])?;
    Ok(())
}

/// The files with envelopes that the lists have not shown since they began anew, and that no chain
/// of this store sends: of others, and of an earlier life of this store.
pub(crate) fn unlisted_files(db: &Connection, own: &DeviceId) -> Result<Vec<FileId>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "select distinct subject, year from envelope where {UNSENT} and year > 0"
    ))?;
    column::all(query.query([own.as_str()])?, |row| {
        Ok(FileId {
            subject: column::word(row, "subject", "envelope.subject")?,
            year: row.get("year")?,
        })
    })
}

/// Sets aside what the lists did not show and no chain of this store sends: the server was restored
/// and lacks it.
pub(crate) fn set_lost(tx: &Transaction<'_>, own: &DeviceId) -> Result<(), StoreError> {
    tx.prepare_cached(&format!("update envelope set lost = 1 where {UNSENT}"))?
        .execute([own.as_str()])?;
    Ok(())
}

/// Whether a lost envelope never comes again at its place: its device has gone on in a later
/// incarnation, where it wrote again what the server lacked.
pub(crate) fn is_overtaken(db: &Connection, at: &ChainRef) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached(
        "select 1 from envelope gone join envelope later
             on later.device = gone.device and later.incarnation > gone.incarnation
         where gone.device = ?1 and gone.incarnation = ?2 and gone.seq = ?3
             and gone.lost = 1 and later.listed = 1",
    )?;
    Ok(query.exists(params![at.device.as_str(), at.incarnation, int(at.seq)])?)
}

/// What counted and a restored server lost, of one subject or of all, and its author wrote nothing into
/// the same file since; each with its number among what came to this store.
pub(crate) fn list_lost(
    db: &Connection,
    subject: Option<&SubjectId>,
) -> Result<Vec<(i64, Envelope)>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "select gone.rowid as n, gone.bytes from envelope gone
         where gone.lost = 1 and gone.counts = 1 and {IS_TOLD}
             and (?1 is null or gone.subject = ?1)
             and not exists (select 1 from envelope later
                 where later.subject = gone.subject and later.year = gone.year
                     and later.device = gone.device and later.incarnation > gone.incarnation
                     and later.listed = 1)
         order by gone.subject, gone.device, gone.incarnation, gone.seq"
    ))?;
    column::all(query.query([subject.map(SubjectId::as_str)])?, |row| {
        Ok((row.get("n")?, decode(row)?))
    })
}

/// The envelopes about a subject that count and came to this store behind a number, without those that
/// the server lost.
pub(crate) fn counting_after(
    db: &Connection,
    subject: &SubjectId,
    n: i64,
) -> Result<Vec<Envelope>, StoreError> {
    let mut query = db.prepare_cached(
        "select bytes from envelope where subject = ?1 and lost = 0 and counts = 1 and rowid > ?2",
    )?;
    column::all(query.query(params![subject.as_str(), n])?, decode)
}

/// Whether anything was set aside so.
pub(crate) fn has_lost(db: &Connection) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached("select 1 from envelope where lost = 1 limit 1")?;
    Ok(query.exists([])?)
}

pub(crate) fn set_counts(
    tx: &Transaction<'_>,
    at: &ChainRef,
    counts: bool,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "update envelope set counts = ?4 where device = ?1 and incarnation = ?2 and seq = ?3",
    )?
    .execute(params![
        at.device.as_str(),
        at.incarnation,
        int(at.seq),
        counts
    ])?;
    Ok(())
}

pub(crate) fn delete(tx: &Transaction<'_>, at: &ChainRef) -> Result<(), StoreError> {
    tx.prepare_cached("delete from envelope where device = ?1 and incarnation = ?2 and seq = ?3")?
        .execute(params![at.device.as_str(), at.incarnation, int(at.seq)])?;
    Ok(())
}

fn of_file(db: &Connection, file: &FileId, counts: bool) -> Result<Vec<Envelope>, StoreError> {
    let mut query = db.prepare_cached(
        "select bytes from envelope where subject = ?1 and year = ?2 and lost = 0 and counts = ?3
         order by device, incarnation, seq",
    )?;
    let of = params![file.subject.as_str(), file.year, counts];
    column::all(query.query(of)?, decode)
}

fn decode(row: &Row<'_>) -> Result<Envelope, StoreError> {
    let broken = || StoreError::Corrupt {
        what: "envelope.bytes",
    };
    let bytes = row.get_ref("bytes")?.as_blob().map_err(|_| broken())?;
    Envelope::from_bytes(bytes).map_err(|_| broken())
}
