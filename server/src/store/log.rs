//! The log: leaves, checkpoints and the audit rows that say what was done.

use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::hash::Hash;
use itgel_domain::log::{Checkpoint, Frontier, LeafKind, leaf_hash};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column, ends, log_end};
use crate::keys::ServerKeys;

/// A checkpoint with the server's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// Size, root and time.
    pub checkpoint: Checkpoint,
    /// Signature over [`Checkpoint::message`], hexadecimal.
    pub signature: String,
}

/// An audit row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// Its number.
    pub n: u64,
    /// When.
    pub at: AtMs,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub resource: String,
    /// Figures and references; never a personal value.
    pub detail: serde_json::Value,
}

impl SignedCheckpoint {
    /// The checkpoint under the server's signature.
    #[must_use]
    pub fn sign(keys: &ServerKeys, checkpoint: Checkpoint) -> Self {
        let signature = keys.sign(&checkpoint.message());
        Self {
            checkpoint,
            signature,
        }
    }
}

/// Appends a leaf; returns its number, from 0.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn leaf(tx: &Tx<'_>, kind: LeafKind, hash: &Hash) -> Result<u64, StoreError> {
    let sql = "select coalesce(max(n) + 1, 0) from log_leaf";
    let n = ends::next(tx, |ends| &mut ends.leaf, sql)?;
    tx.prepare_cached("insert into log_leaf (n, kind, hash) values (?1, ?2, ?3)")?
        .execute(params![n, kind.as_str(), hash.as_bytes()])?;
    log_end::append(tx, n.unsigned_abs(), &leaf_hash(kind, hash))?;
    Ok(n.unsigned_abs())
}

/// Writes an audit row; `detail` holds figures and references, never a personal value.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn audit(
    tx: &Tx<'_>,
    at: AtMs,
    actor: &str,
    action: &str,
    resource: &str,
    detail: &serde_json::Value,
) -> Result<u64, StoreError> {
    let sql = "select coalesce(max(n) + 1, 1) from audit";
    let n = ends::next(tx, |ends| &mut ends.audit, sql)?;
    let row = AuditRow {
        n: n.unsigned_abs(),
        at,
        actor: actor.to_owned(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        detail: detail.clone(),
    };
    let text = detail.to_string();
    let sql = "insert into audit (n, at, actor, action, resource, detail)
               values (?1, ?2, ?3, ?4, ?5, ?6)";
    tx.prepare_cached(sql)?
        .execute(params![n, at.0, actor, action, resource, text])?;
    leaf(tx, LeafKind::Audit, &audit_leaf(&row, &text))?;
    Ok(row.n)
}

/// What the log holds of an audit row; `detail` is its text as it is stored.
#[must_use]
pub fn audit_leaf(row: &AuditRow, detail: &str) -> Hash {
    let (n, at) = (row.n.to_be_bytes(), row.at.0.to_be_bytes());
    let words = [&row.actor, &row.action, &row.resource].map(|word| word.as_bytes());
    let [actor, action, resource] = words;
    let parts: [&[u8]; 6] = [&n, &at, actor, action, resource, detail.as_bytes()];
    Hash::of("itgel.audit.v1", &parts)
}

/// The audit rows after `after`, in order.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_audit(
    connection: &Connection,
    after: u64,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = "select n, at, actor, action, resource, detail from audit where n > ?1
               order by n limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![column::signed(after), limit], |row| {
        Ok(column::unsigned(row, "n", "audit.n").and_then(|n| {
            Ok(AuditRow {
                n,
                at: AtMs(row.get("at")?),
                actor: row.get("actor")?,
                action: row.get("action")?,
                resource: row.get("resource")?,
                detail: column::json(row, "detail", "audit.detail")?,
            })
        }))
    })?;
    rows.map(|row| row?).collect()
}

/// The hashes of all leaves, in order: for proofs and for a full check.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_leaves(connection: &Connection, from: u64) -> Result<Vec<Hash>, StoreError> {
    let mut query =
        connection.prepare_cached("select kind, hash from log_leaf where n >= ?1 order by n")?;
    let rows = query.query_map(params![column::signed(from)], |row| Ok(leaf_at(row)))?;
    rows.map(|row| row?).collect()
}

fn leaf_at(row: &Row<'_>) -> Result<Hash, StoreError> {
    let kind = column::word::<LeafKind>(row, "kind", "log_leaf.kind")?;
    Ok(leaf_hash(
        kind,
        &column::hash(row, "hash", "log_leaf.hash")?,
    ))
}

/// The right edge of the tree over all leaves: from the newest checkpoint on.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn frontier(connection: &Connection) -> Result<Frontier, StoreError> {
    let sql = "select frontier from checkpoint order by size desc limit 1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row([], |row| {
        Ok(column::json::<Frontier>(
            row,
            "frontier",
            "checkpoint.frontier",
        ))
    });
    let mut frontier = found.optional()?.transpose()?.unwrap_or_default();
    for leaf in list_leaves(connection, frontier.size())? {
        frontier.append(leaf);
    }
    Ok(frontier)
}

/// The hashes of the leaves in `from..to`, in order.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_leaves_between(
    connection: &Connection,
    from: u64,
    to: u64,
) -> Result<Vec<Hash>, StoreError> {
    let sql = "select kind, hash from log_leaf where n >= ?1 and n < ?2 order by n";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![column::signed(from), column::signed(to)], |row| {
        Ok(leaf_at(row))
    })?;
    rows.map(|row| row?).collect()
}

/// The right edge of the tree at a checkpoint of this size; `None` if none was signed there.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn frontier_at(connection: &Connection, size: u64) -> Result<Option<Frontier>, StoreError> {
    if size == 0 {
        return Ok(Some(Frontier::default()));
    }
    let mut query = connection.prepare_cached("select frontier from checkpoint where size = ?1")?;
    let found = query.query_row(params![column::signed(size)], |row| {
        Ok(column::json(row, "frontier", "checkpoint.frontier"))
    });
    found.optional()?.transpose()
}

/// Signs the log as it stands and keeps the checkpoint; a log that has not grown gets no new one.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn checkpoint(
    tx: &Tx<'_>,
    keys: &ServerKeys,
    now: AtMs,
) -> Result<SignedCheckpoint, StoreError> {
    let mut frontier = frontier(tx)?;
    let before = newest_checkpoint(tx)?;
    if let Some(newest) = &before
        && newest.checkpoint.size == frontier.size()
    {
        return Ok(newest.clone());
    }
    let own = checkpoint_leaf(before.as_ref());
    leaf(tx, LeafKind::Checkpoint, &own)?;
    frontier.append(leaf_hash(LeafKind::Checkpoint, &own));
    let signed = SignedCheckpoint::sign(keys, Checkpoint::of(&frontier, now));
    let sql = "insert into checkpoint (size, root, at, signature, frontier)
               values (?1, ?2, ?3, ?4, ?5)";
    tx.prepare_cached(sql)?.execute(params![
        column::signed(signed.checkpoint.size),
        signed.checkpoint.root.to_string(),
        signed.checkpoint.at.0,
        signed.signature,
        column::to_json(&frontier, "checkpoint.frontier")?,
    ])?;
    Ok(signed)
}

/// What the log holds of a checkpoint, as the last leaf that it covers: that there is one, and the
/// one before it.
#[must_use]
pub fn checkpoint_leaf(before: Option<&SignedCheckpoint>) -> Hash {
    let (message, signature) = before.map_or_else(Default::default, |before| {
        (before.checkpoint.message(), before.signature.as_str())
    });
    let parts: [&[u8]; 2] = [&message, signature.as_bytes()];
    Hash::of("itgel.log.checkpoint.v1", &parts)
}

/// When this state of the log was signed; `None` if it is none of this log, which can be one that a
/// restored server lost.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn signed_at(
    connection: &Connection,
    state: &CheckpointRef,
) -> Result<Option<AtMs>, StoreError> {
    let sql = "select at from checkpoint where size = ?1 and root = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![column::signed(state.size), state.root.to_string()];
    let found = query.query_row(key, |row| row.get(0)).optional()?;
    Ok(found.map(AtMs))
}

/// The newest checkpoint.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn newest_checkpoint(connection: &Connection) -> Result<Option<SignedCheckpoint>, StoreError> {
    let sql = "select size, root, at, signature from checkpoint order by size desc limit 1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row([], |row| Ok(read_checkpoint(row)));
    found.optional()?.transpose()
}

/// A checkpoint as its row says.
pub(super) fn read_checkpoint(row: &Row<'_>) -> Result<SignedCheckpoint, StoreError> {
    Ok(SignedCheckpoint {
        checkpoint: Checkpoint {
            size: column::unsigned(row, "size", "checkpoint.size")?,
            root: column::word(row, "root", "checkpoint.root")?,
            at: AtMs(row.get("at")?),
        },
        signature: row.get("signature")?,
    })
}
