//! What a full check of the log reads: every leaf, row and place, in order, as it stands.

use itgel_domain::hash::Hash;
use itgel_domain::log::LeafKind;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Row};

use super::envelope::EnvelopeKind;
use super::log::{AuditRow, SignedCheckpoint};
use super::{StoreError, column};

/// A leaf of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Its number, from 0.
    pub n: u64,
    /// What it stands for.
    pub kind: LeafKind,
    /// Its hash.
    pub hash: Hash,
}

/// The place of an envelope, as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The chain: device and incarnation.
    pub chain: (String, u32),
    /// The place in it.
    pub seq: u64,
    /// The salted id.
    pub id: Hash,
    /// The chain's hash after it.
    pub chain_hash: Hash,
    /// What it carries, by the word in the database.
    pub kind: String,
    /// Whom it speaks of; empty for bytes.
    pub subject: String,
    /// Its file.
    pub file: Option<String>,
    /// Its bytes under a key; empty if nothing is kept.
    pub sealed: Vec<u8>,
}

impl Link {
    /// Whether it is bytes that could not be read.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == EnvelopeKind::Bytes.as_str()
    }
}

/// Calls `each` with every leaf, by number.
///
/// # Errors
/// [`StoreError`] of the database or of `each`.
pub fn leaves<E: From<StoreError>>(
    connection: &Connection,
    mut each: impl FnMut(Leaf) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "select n, kind, hash from log_leaf order by n";
    over(connection, sql, |row| each(leaf(row)?))
}

/// Calls `each` with every envelope, by place.
///
/// # Errors
/// [`StoreError`] of the database or of `each`.
pub fn links<E: From<StoreError>>(
    connection: &Connection,
    mut each: impl FnMut(Link) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "select device, incarnation, seq, id, chain_hash, kind, subject, file, sealed
               from envelope order by device, incarnation, seq";
    over(connection, sql, |row| each(link(row)?))
}

/// Calls `each` with every audit row, by number, and its detail as it is stored.
///
/// # Errors
/// [`StoreError`] of the database or of `each`.
pub fn audit<E: From<StoreError>>(
    connection: &Connection,
    mut each: impl FnMut(AuditRow, String) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "select n, at, actor, action, resource, detail from audit order by n";
    over(connection, sql, |row| {
        let detail: String = row.get("detail").map_err(StoreError::from)?;
        each(audit_row(row)?, detail)
    })
}

/// Every checkpoint, by size.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn checkpoints(connection: &Connection) -> Result<Vec<SignedCheckpoint>, StoreError> {
    let mut found = Vec::new();
    let sql = "select size, root, at, signature from checkpoint order by size";
    over::<StoreError>(connection, sql, |row| {
        found.push(super::log::read_checkpoint(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The end of a chain: its device and incarnation, the last place, the hash there.
pub type ChainEnd = ((String, u32), u64, Hash);

/// The end of every chain that has begun, by device and incarnation.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn chain_ends(connection: &Connection) -> Result<Vec<ChainEnd>, StoreError> {
    let mut found = Vec::new();
    let sql = "select device, incarnation, seq, head from chain where seq > 0
               order by device, incarnation";
    over::<StoreError>(connection, sql, |row| {
        let chain = (row.get("device")?, row.get("incarnation")?);
        let seq = column::unsigned(row, "seq", "chain.seq")?;
        found.push((chain, seq, column::word(row, "head", "chain.head")?));
        Ok(())
    })?;
    Ok(found)
}

fn over<E: From<StoreError>>(
    connection: &Connection,
    sql: &str,
    mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut query = connection.prepare_cached(sql).map_err(StoreError::from)?;
    let mut rows = query.query([]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        each(row)?;
    }
    Ok(())
}

fn leaf(row: &Row<'_>) -> Result<Leaf, StoreError> {
    Ok(Leaf {
        n: column::unsigned(row, "n", "log_leaf.n")?,
        kind: column::word(row, "kind", "log_leaf.kind")?,
        hash: column::hash(row, "hash", "log_leaf.hash")?,
    })
}

fn link(row: &Row<'_>) -> Result<Link, StoreError> {
    Ok(Link {
        chain: (row.get("device")?, row.get("incarnation")?),
        seq: column::unsigned(row, "seq", "envelope.seq")?,
        id: column::hash(row, "id", "envelope.id")?,
        chain_hash: column::hash(row, "chain_hash", "envelope.chain_hash")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        file: row.get("file")?,
        sealed: row.get("sealed")?,
    })
}

fn audit_row(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        n: column::unsigned(row, "n", "audit.n")?,
        at: AtMs(row.get("at")?),
        actor: row.get("actor")?,
        action: row.get("action")?,
        resource: row.get("resource")?,
        detail: column::json(row, "detail", "audit.detail")?,
    })
}
