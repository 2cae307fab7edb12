//! Identity records: every version, the own and the pulled ones.

use itgel_domain::file::ChainRef;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::identity::IdentityRecord;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, int, word};
use super::list::IS_TOLD;

/// A version of an identity.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) record: IdentityRecord,
    /// What the chain carries of it.
    pub(crate) commitment: Hash,
}

/// Keeps a version; `own` is the place of its commitment if it was written here.
pub(crate) fn put(
    tx: &Transaction<'_>,
    record: &IdentityRecord,
    commitment: &Hash,
    own: Option<&ChainRef>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "insert into identity (subject, commitment, version, record, incarnation, seq)
         values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (subject, commitment) do nothing",
    )?
    .execute(params![
        record.subject.as_str(),
        commitment.to_string(),
        record.version,
        record.to_bytes(),
        own.map(|at| at.incarnation),
        own.map(|at| int(at.seq)),
    ])?;
    Ok(())
}

/// Forgets the version whose commitment stands at an own place, to be written again.
pub(crate) fn delete_at(
    tx: &Transaction<'_>,
    incarnation: u32,
    seq: u64,
) -> Result<(), StoreError> {
    tx.prepare_cached("delete from identity where incarnation = ?1 and seq = ?2")?
        .execute(params![incarnation, int(seq)])?;
    Ok(())
}

/// A version that the server's lists hold.
pub(crate) fn set_listed(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    commitment: &Hash,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "update identity set listed = 1, lost = 0 where subject = ?1 and commitment = ?2",
    )?
    .execute(params![subject.as_str(), commitment.to_string()])?;
    Ok(())
}

/// The lists are read again from their start: nothing has been seen there.
pub(crate) fn unlist(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("update identity set listed = 0", [])?;
    Ok(())
}

/// The subjects with versions of others that the lists have not shown since they began anew.
pub(crate) fn unlisted_subjects(db: &Connection) -> Result<Vec<SubjectId>, StoreError> {
    let mut query = db.prepare_cached(
        "select distinct subject from identity where listed = 0 and lost = 0 and seq is null",
    )?;
    column::all(query.query([])?, |row| {
        word(row, "subject", "identity.subject")
    })
}

/// Sets aside what the lists did not show of others: the server was restored and lacks it. It is
/// kept, and is back when a list brings it.
pub(crate) fn set_lost(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "update identity set lost = 1 where listed = 0 and lost = 0 and seq is null",
        [],
    )?;
    Ok(())
}

/// All versions of a subject's identity that the server has not lost, newest first.
pub(crate) fn versions(db: &Connection, subject: &SubjectId) -> Result<Vec<Version>, StoreError> {
    let mut query = db.prepare_cached(
        "select * from identity where subject = ?1 and lost = 0 order by version desc, commitment",
    )?;
    column::all(query.query([subject.as_str()])?, read)
}

/// Whether a restored server lost any version.
pub(crate) fn has_lost(db: &Connection) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached("select 1 from identity where lost = 1 limit 1")?;
    Ok(query.exists([])?)
}

/// The versions that a restored server lost, of one subject or of all.
pub(crate) fn list_lost(
    db: &Connection,
    subject: Option<&SubjectId>,
) -> Result<Vec<Version>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "select * from identity gone where lost = 1 and {IS_TOLD} and (?1 is null or subject = ?1)
         order by subject, version"
    ))?;
    column::all(query.query([subject.map(SubjectId::as_str)])?, read)
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

/// Whether the server's lists hold the own version whose commitment stands at this place.
pub(crate) fn is_listed(db: &Connection, incarnation: u32, seq: u64) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached(
        "select 1 from identity where incarnation = ?1 and seq = ?2 and listed = 1",
    )?;
    Ok(query.exists(params![incarnation, int(seq)])?)
}

fn read(row: &Row<'_>) -> Result<Version, StoreError> {
    let broken = || StoreError::Corrupt {
        what: "identity.record",
    };
    let bytes = row.get_ref("record")?.as_blob().map_err(|_| broken())?;
    Ok(Version {
        record: IdentityRecord::from_bytes(bytes).map_err(|_| broken())?,
        commitment: word(row, "commitment", "identity.commitment")?,
    })
}
