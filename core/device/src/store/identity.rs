//! Identity records: every version, the own and the pulled ones.

use itgel_domain::file::ChainRef;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::identity::IdentityRecord;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, int, word};

/// A version of an identity.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) record: IdentityRecord,
    /// What the chain carries of it.
    pub(crate) commitment: Hash,
}

/// Not in the server's lists, and in no chain that this store sends.
const UNSENT: &str = "listed = 0 and lost = 0 and not exists (
    select 1 from link where link.incarnation = identity.incarnation
        and link.seq = identity.seq and link.state not in ('moved', 'erased'))";

/// Keeps a version; `own` is the place of its commitment if this device wrote it.
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

/// The subjects with versions that the lists have not shown since they began anew, and that no
/// chain of this store sends: of others, and of an earlier life of this store.
pub(crate) fn unlisted_subjects(db: &Connection) -> Result<Vec<SubjectId>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "select distinct subject from identity where {UNSENT}"
    ))?;
    column::all(query.query([])?, |row| {
        word(row, "subject", "identity.subject")
    })
}

/// Sets aside what the lists did not show and no chain of this store sends: the server was restored
/// and lacks it. It is kept, and is back when a list brings it.
pub(crate) fn set_lost(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(&format!("update identity set lost = 1 where {UNSENT}"), [])?;
    Ok(())
}

/// What an earlier life of this store wrote and a restored server lost, by place: nobody else would
/// ever send it again.
pub(crate) fn lost_own(db: &Connection) -> Result<Vec<Version>, StoreError> {
    let mut query = db.prepare_cached(
        "select * from identity where lost = 1 and seq is not null order by incarnation, seq",
    )?;
    column::all(query.query([])?, read)
}

/// Forgets a version that was written again.
pub(crate) fn delete(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    commitment: &Hash,
) -> Result<(), StoreError> {
    tx.prepare_cached("delete from identity where subject = ?1 and commitment = ?2")?
        .execute(params![subject.as_str(), commitment.to_string()])?;
    Ok(())
}

/// Keeps a version as one that another device wrote.
pub(crate) fn disown(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    commitment: &Hash,
) -> Result<(), StoreError> {
    let sql = "update identity set incarnation = null, seq = null
               where subject = ?1 and commitment = ?2";
    tx.prepare_cached(sql)?
        .execute(params![subject.as_str(), commitment.to_string()])?;
    Ok(())
}

/// Whether a version is here.
pub(crate) fn is_here(
    db: &Connection,
    subject: &SubjectId,
    commitment: &Hash,
) -> Result<bool, StoreError> {
    let mut query =
        db.prepare_cached("select 1 from identity where subject = ?1 and commitment = ?2")?;
    Ok(query.exists(params![subject.as_str(), commitment.to_string()])?)
}

/// All versions of a subject's identity that the server has not lost, newest first.
pub(crate) fn versions(db: &Connection, subject: &SubjectId) -> Result<Vec<Version>, StoreError> {
    let mut query = db.prepare_cached(
        "select * from identity where subject = ?1 and lost = 0 order by version desc, commitment",
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
    let broken = || StoreError::Corrupt {
        what: "identity.record",
    };
    let bytes = row.get_ref("record")?.as_blob().map_err(|_| broken())?;
    Ok(Version {
        record: IdentityRecord::from_bytes(bytes).map_err(|_| broken())?,
        commitment: word(row, "commitment", "identity.commitment")?,
    })
}
