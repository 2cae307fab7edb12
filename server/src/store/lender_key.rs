//! The public keys of lenders' machines.

use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LenderKey {
    /// SHA-256 of the key as DER, hexadecimal.
    pub fingerprint: String,
    /// Whose it is.
    pub lender: LenderId,
    /// The Ed25519 public key, PEM.
    pub public_key: String,
    /// Who handed it in.
    pub entered_by: OfficerId,
    /// When.
    pub entered_at: AtMs,
    /// Who compared its fingerprint with the lender; nobody while it waits.
    pub confirmed_by: Option<OfficerId>,
    /// When.
    pub confirmed_at: Option<AtMs>,
    /// From when on it serves no more, once that is known.
    pub ends_at: Option<AtMs>,
}

impl LenderKey {
    /// Whether a machine may sign in with it.
    #[must_use]
    pub fn serves(&self, now: AtMs) -> bool {
        self.confirmed_by.is_some() && self.ends_at.is_none_or(|ends| now < ends)
    }
}

const SELECT: &str = "select digest, lender, public_key, entered_by, entered_at,
                          confirmed_by, confirmed_at, ends_at from lender_key";

/// The key with this fingerprint, whoever has it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, fingerprint: &str) -> Result<Option<LenderKey>, StoreError> {
    let sql = format!("{SELECT} where digest = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![fingerprint], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// Every key that a lender has or had, the oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, lender: &LenderId) -> Result<Vec<LenderKey>, StoreError> {
    let sql = format!("{SELECT} where lender = ?1 order by entered_at, digest");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![lender.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The keys that a lender's machine may sign in with.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_serving(
    connection: &Connection,
    lender: &LenderId,
    now: AtMs,
) -> Result<Vec<LenderKey>, StoreError> {
    let mut keys = list(connection, lender)?;
    keys.retain(|key| key.serves(now));
    Ok(keys)
}

/// Writes a key, new or changed.
///
/// # Errors
/// [`StoreError`] of the database, also if there is no such lender.
pub fn put(tx: &Tx<'_>, key: &LenderKey) -> Result<(), StoreError> {
    let sql = "insert into lender_key (digest, lender, public_key, entered_by, entered_at,
                   confirmed_by, confirmed_at, ends_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               on conflict (digest) do update set confirmed_by = excluded.confirmed_by,
                   confirmed_at = excluded.confirmed_at, ends_at = excluded.ends_at";
    tx.prepare_cached(sql)?.execute(params![
        key.fingerprint,
        key.lender.as_str(),
        key.public_key,
        key.entered_by.as_str(),
        key.entered_at.0,
        key.confirmed_by.as_ref().map(OfficerId::as_str),
        key.confirmed_at.map(|at| at.0),
        key.ends_at.map(|at| at.0),
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<LenderKey, StoreError> {
    let at = |name| Ok::<_, StoreError>(row.get::<_, Option<i64>>(name)?.map(AtMs));
    Ok(LenderKey {
        fingerprint: row.get("digest")?,
        lender: column::word(row, "lender", "lender_key.lender")?,
        public_key: row.get("public_key")?,
        entered_by: column::word(row, "entered_by", "lender_key.entered_by")?,
        entered_at: AtMs(row.get("entered_at")?),
        confirmed_by: column::optional_word(row, "confirmed_by", "lender_key.confirmed_by")?,
        confirmed_at: at("confirmed_at")?,
        ends_at: at("ends_at")?,
    })
}
