//! What the server stated about devices: who confirmed them, their grants, orders to delete their
//! stores; and the heads that they signed.

use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::SignedHead;
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::device::DeviceStatus;
use super::{StoreError, Tx, column};

/// A grant that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantRow {
    /// Counts the grants of the device.
    pub seq: u64,
    /// From when on.
    pub from: AtMs,
    /// Until when.
    pub until: AtMs,
    /// Digest over what it says beside its days.
    pub content: Hash,
}

/// An order to delete a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WipeRow {
    /// Names the order.
    pub nonce: String,
    /// Who gave it.
    pub ordered_by: OfficerId,
    /// When it was given.
    pub ordered_at: AtMs,
    /// When the device said that it is carried out.
    pub wiped_at: Option<AtMs>,
}

/// A device that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// Its public key.
    pub public_key: Vec<u8>,
    /// When it was enrolled.
    pub enrolled_at: AtMs,
}

/// Notes who compared the fingerprint of a device.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_confirmation(
    tx: &Tx<'_>,
    device: &DeviceId,
    by: &OfficerId,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into device_confirmation (device, confirmed_by, confirmed_at)
               values (?1, ?2, ?3) on conflict (device) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![device.as_str(), by.as_str(), at.0])?;
    Ok(())
}

/// Who confirmed a device, and when.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn confirmation(
    connection: &Connection,
    device: &DeviceId,
) -> Result<Option<(OfficerId, AtMs)>, StoreError> {
    let sql = "select confirmed_by, confirmed_at from device_confirmation where device = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![device.as_str()], |row| {
        Ok((|| {
            let by = column::word(row, "confirmed_by", "device_confirmation.confirmed_by")?;
            Ok((by, AtMs(row.get("confirmed_at")?)))
        })())
    });
    found.optional()?.transpose()
}

/// Whether a device was ever confirmed for its officer: by a person who compared its words, or at the
/// machine, where it gets its grants at once.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn was_confirmed(connection: &Connection, device: &DeviceId) -> Result<bool, StoreError> {
    let sql = "select 1 from device_confirmation where device = ?1
               union all select 1 from device_grant where device = ?1";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.exists(params![device.as_str()])?)
}

/// The devices that wait for their confirmation, the oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_waiting(connection: &Connection) -> Result<Vec<Waiting>, StoreError> {
    let sql = "select id, officer, public_key, enrolled_at from device where status = ?1
               order by enrolled_at, id limit 500";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![DeviceStatus::Pending.as_str()], |row| {
        Ok((|| {
            Ok(Waiting {
                device: column::word(row, "id", "device.id")?,
                officer: column::word(row, "officer", "device.officer")?,
                public_key: row.get("public_key")?,
                enrolled_at: AtMs(row.get("enrolled_at")?),
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The newest grant of a device.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn newest_grant(
    connection: &Connection,
    device: &DeviceId,
) -> Result<Option<GrantRow>, StoreError> {
    let sql = "select seq, from_at, until_at, content from device_grant where device = ?1
               order by seq desc limit 1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![device.as_str()], |row| Ok(read_grant(row)))
        .optional()?
        .transpose()
}

/// The grant that a device held at an instant: the last one given by then.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn grant_at(
    connection: &Connection,
    device: &DeviceId,
    at: AtMs,
) -> Result<Option<GrantRow>, StoreError> {
    let sql = "select seq, from_at, until_at, content from device_grant
               where device = ?1 and from_at <= ?2 order by seq desc limit 1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![device.as_str(), at.0], |row| Ok(read_grant(row)))
        .optional()?
        .transpose()
}

/// Keeps a grant that is given.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_grant(tx: &Tx<'_>, device: &DeviceId, grant: &GrantRow) -> Result<(), StoreError> {
    let sql = "insert into device_grant (device, seq, from_at, until_at, content)
               values (?1, ?2, ?3, ?4, ?5) on conflict (device, seq) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        device.as_str(),
        column::signed(grant.seq),
        grant.from.0,
        grant.until.0,
        grant.content.to_string(),
    ])?;
    Ok(())
}

/// The order to delete the store of a device.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn wipe(connection: &Connection, device: &DeviceId) -> Result<Option<WipeRow>, StoreError> {
    let sql = "select nonce, ordered_by, ordered_at, wiped_at from device_wipe where device = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![device.as_str()], |row| {
        Ok((|| {
            Ok(WipeRow {
                nonce: row.get("nonce")?,
                ordered_by: column::word(row, "ordered_by", "device_wipe.ordered_by")?,
                ordered_at: AtMs(row.get("ordered_at")?),
                wiped_at: row.get::<_, Option<i64>>("wiped_at")?.map(AtMs),
            })
        })())
    });
    found.optional()?.transpose()
}

/// Keeps an order; the first one stands.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_wipe(
    tx: &Tx<'_>,
    device: &DeviceId,
    nonce: &str,
    by: &OfficerId,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into device_wipe (device, nonce, ordered_by, ordered_at)
               values (?1, ?2, ?3, ?4) on conflict (device) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![device.as_str(), nonce, by.as_str(), at.0])?;
    Ok(())
}

/// Notes that an order was carried out; whether this is the first word of it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_wiped(
    tx: &Tx<'_>,
    device: &DeviceId,
    nonce: &str,
    at: AtMs,
) -> Result<bool, StoreError> {
    let sql = "update device_wipe set wiped_at = ?3
               where device = ?1 and nonce = ?2 and wiped_at is null";
    Ok(tx
        .prepare_cached(sql)?
        .execute(params![device.as_str(), nonce, at.0])?
        == 1)
}

/// Keeps a head that a device signed: the proof that it vouched for everything before, also of a
/// second branch of its chain.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_head(tx: &Tx<'_>, head: &SignedHead) -> Result<(), StoreError> {
    let sql = "insert into signed_head (device, incarnation, seq, hash, signature)
               values (?1, ?2, ?3, ?4, ?5) on conflict (device, incarnation, seq, hash) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        head.at.device.as_str(),
        head.at.incarnation,
        column::signed(head.at.seq),
        head.hash.to_string(),
        head.signature,
    ])?;
    Ok(())
}

/// The first signed head of the chain itself at a place or behind it: one of another branch vouches
/// for other envelopes.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn head_from(connection: &Connection, at: &ChainRef) -> Result<Option<SignedHead>, StoreError> {
    let sql = "select h.seq, h.hash, h.signature from signed_head h
               join envelope e on e.device = h.device and e.incarnation = h.incarnation
                   and e.seq = h.seq and lower(hex(e.chain_hash)) = h.hash
               where h.device = ?1 and h.incarnation = ?2 and h.seq >= ?3
               order by h.seq limit 1";
    let mut query = connection.prepare_cached(sql)?;
    let place = params![at.device.as_str(), at.incarnation, column::signed(at.seq)];
    let found = query.query_row(place, |row| {
        Ok((|| {
            Ok(SignedHead {
                at: ChainRef {
                    seq: column::unsigned(row, "seq", "signed_head.seq")?,
                    ..at.clone()
                },
                hash: column::word(row, "hash", "signed_head.hash")?,
                signature: row.get("signature")?,
            })
        })())
    });
    found.optional()?.transpose()
}

fn read_grant(row: &Row<'_>) -> Result<GrantRow, StoreError> {
    Ok(GrantRow {
        seq: column::unsigned(row, "seq", "device_grant.seq")?,
        from: AtMs(row.get("from_at")?),
        until: AtMs(row.get("until_at")?),
        content: column::word(row, "content", "device_grant.content")?,
    })
}
