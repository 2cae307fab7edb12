//! Bytes that stand in no chain and are kept as evidence: a second branch, a broken signature.

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// Most that one look brings.
const MOST: u32 = 1_000;

/// Bytes that are kept as evidence.
#[derive(Debug, Clone)]
pub struct Stray {
    /// Their id.
    pub id: Hash,
    /// Why they stand outside the chain.
    pub reason: ErrorCode,
    /// The bytes under the key of the device.
    pub sealed: Vec<u8>,
    /// When they came first.
    pub received_at: AtMs,
}

/// Keeps bytes that a device sent; the same again changes nothing.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, device: &DeviceId, stray: &Stray) -> Result<(), StoreError> {
    let sql = "insert into stray_bytes (id, device, reason, sealed, received_at)
               values (?1, ?2, ?3, ?4, ?5) on conflict (id) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        stray.id.to_string(),
        device.as_str(),
        stray.reason.as_str(),
        stray.sealed,
        stray.received_at.0
    ])?;
    Ok(())
}

/// The bytes kept as evidence of a device, by time.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, device: &DeviceId) -> Result<Vec<Stray>, StoreError> {
    let sql = "select id, reason, sealed, received_at from stray_bytes where device = ?1
               order by received_at, id limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![device.as_str(), MOST], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<Stray, StoreError> {
    Ok(Stray {
        id: column::word(row, "id", "stray_bytes.id")?,
        reason: column::word(row, "reason", "stray_bytes.reason")?,
        sealed: row.get("sealed")?,
        received_at: AtMs(row.get("received_at")?),
    })
}
