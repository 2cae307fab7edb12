//! Envelopes as bytes: the own ones and those that the server's lists brought.

use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, int};

/// An envelope of a file as the store holds it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) envelope: Envelope,
    /// Whether the facts include it.
    pub(crate) counts: bool,
}

/// What the store knows of an envelope without reading it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Status {
    pub(crate) id: Hash,
    pub(crate) counts: bool,
    /// The server's lists held it.
    pub(crate) listed: bool,
}

/// Keeps an envelope; one that is there already stays as it is.
pub(crate) fn insert(
    tx: &Transaction<'_>,
    envelope: &Envelope,
    bytes: &[u8],
    counts: bool,
    listed: bool,
) -> Result<(), StoreError> {
    let year = match &envelope.body {
        Body::File(body) => body.file.year,
        Body::Identity(_) | Body::Ballot(_) | Body::Objection(_) => 0,
    };
    tx.prepare_cached(
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
    Ok(())
}

/// What is known of the envelope at a place.
pub(crate) fn find_status(db: &Connection, at: &ChainRef) -> Result<Option<Status>, StoreError> {
    let mut query = db.prepare_cached(
        "select id, counts, listed from envelope where device = ?1 and incarnation = ?2 and seq = ?3",
    )?;
    let rows = query.query(params![at.device.as_str(), at.incarnation, int(at.seq)])?;
    column::first(rows, |row| {
        Ok(Status {
            id: column::word(row, "id", "envelope.id")?,
            counts: row.get("counts")?,
            listed: row.get("listed")?,
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

/// All envelopes of a file, by place.
pub(crate) fn of_file(db: &Connection, file: &FileId) -> Result<Vec<Kept>, StoreError> {
    let mut query = db.prepare_cached(
        "select bytes, counts from envelope where subject = ?1 and year = ?2
         order by device, incarnation, seq",
    )?;
    column::all(
        query.query(params![file.subject.as_str(), file.year])?,
        |row| {
            Ok(Kept {
                envelope: decode(row)?,
                counts: row.get("counts")?,
            })
        },
    )
}

pub(crate) fn set_listed(tx: &Transaction<'_>, at: &ChainRef) -> Result<(), StoreError> {
    tx.prepare_cached(
        "update envelope set listed = 1 where device = ?1 and incarnation = ?2 and seq = ?3",
    )?
    .execute(params![at.device.as_str(), at.incarnation, int(at.seq)])?;
    Ok(())
}

/// The lists are read again from their start: nothing of a device's own has been seen there.
pub(crate) fn unlist(tx: &Transaction<'_>, device: &DeviceId) -> Result<(), StoreError> {
    tx.prepare_cached("update envelope set listed = 0 where device = ?1")?
        .execute([device.as_str()])?;
    Ok(())
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

fn decode(row: &Row<'_>) -> Result<Envelope, StoreError> {
    let broken = || StoreError::Corrupt {
        what: "envelope.bytes",
    };
    let bytes = row.get_ref("bytes")?.as_blob().map_err(|_| broken())?;
    Envelope::from_bytes(bytes).map_err(|_| broken())
}
