//! Identity records: every version, the own and the pulled ones.

use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::identity::IdentityRecord;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, int, optional_word};

/// A version of an identity.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) record: IdentityRecord,
    /// What the chain carries of it; known for an own one.
    pub(crate) commitment: Option<Hash>,
}

/// Where the commitment of an own version stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnPlace<'a> {
    pub(crate) commitment: &'a Hash,
    pub(crate) incarnation: u32,
    pub(crate) seq: u64,
}

/// Keeps a version; `own` is given for one that was written here.
pub(crate) fn put(
    tx: &Transaction<'_>,
    record: &IdentityRecord,
    own: Option<OwnPlace<'_>>,
) -> Result<(), StoreError> {
    let bytes = record.to_bytes();
    tx.prepare_cached(
        "insert into identity (subject, hash, version, record, commitment, incarnation, seq)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (subject, hash) do update set
             commitment = coalesce(excluded.commitment, commitment),
             incarnation = coalesce(excluded.incarnation, incarnation),
             seq = coalesce(excluded.seq, seq)",
    )?
    .execute(params![
        record.subject.as_str(),
        Hash::of_file(&bytes).to_string(),
        record.version,
        bytes,
        own.map(|o| o.commitment.to_string()),
        own.map(|o| o.incarnation),
        own.map(|o| int(o.seq)),
    ])?;
    Ok(())
}

/// Keeps the commitment of a version that another device wrote.
pub(crate) fn set_commitment(
    tx: &Transaction<'_>,
    record: &IdentityRecord,
    commitment: &Hash,
) -> Result<(), StoreError> {
    tx.prepare_cached("update identity set commitment = ?3 where subject = ?1 and hash = ?2")?
        .execute([
            record.subject.as_str(),
            &Hash::of_file(&record.to_bytes()).to_string(),
            &commitment.to_string(),
        ])?;
    Ok(())
}

/// All versions of a subject's identity, newest first.
pub(crate) fn versions(
    db: &Connection,
    subject: &SubjectId,
) -> Result<Vec<Version>, StoreError> {
    let mut query = db.prepare_cached(
        "select * from identity where subject = ?1 order by version desc, hash",
    )?;
    column::all(query.query([subject.as_str()])?, read)
}

/// The own version whose commitment stands at this place.
pub(crate) fn at(
    db: &Connection,
    incarnation: u32,
    seq: u64,
) -> Result<Option<Version>, StoreError> {
    let mut query =
        db.prepare_cached("select * from identity where incarnation = ?1 and seq = ?2")?;
    column::first(query.query(params![incarnation, int(seq)])?, read)
}

fn read(row: &Row<'_>) -> Result<Version, StoreError> {
    let broken = || StoreError::Corrupt { what: "identity.record" };
    let bytes = row.get_ref("record")?.as_blob().map_err(|_| broken())?;
    Ok(Version {
        record: IdentityRecord::from_bytes(bytes).map_err(|_| broken())?,
        commitment: optional_word(row, "commitment", "identity.commitment")?,
    })
}
