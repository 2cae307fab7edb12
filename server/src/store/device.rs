//! Field devices and workstations.

use itgel_domain::file::chain::Suite;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A device or a workstation as it was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// Its identifier.
    pub id: DeviceId,
    /// The officer it was enrolled for.
    pub officer: OfficerId,
    /// The suite of its key.
    pub suite: Suite,
    /// Its public key, as the suite writes it.
    pub public_key: Vec<u8>,
    /// Whether it may work.
    pub status: DeviceStatus,
    /// When it was enrolled.
    pub enrolled_at: AtMs,
}

/// Whether a device may work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// Enrolled; an administrator has not compared its fingerprint yet. It pulls rules and
    /// nothing of any person, and keeps what is entered.
    Pending,
    /// In use.
    Active,
    /// Revoked: it may still upload, into quarantine, and nothing else.
    Revoked,
    /// Two branches of its chain were signed; a person looks at it. As revoked until then.
    Frozen,
}

impl DeviceStatus {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Revoked => "revoked",
            Self::Frozen => "frozen",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Revoked, Self::Frozen]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// The device with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &DeviceId) -> Result<Option<DeviceRecord>, StoreError> {
    let sql = "select id, officer, suite, public_key, status, enrolled_at from device
               where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![id.as_str()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The devices of an officer, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, officer: &OfficerId) -> Result<Vec<DeviceRecord>, StoreError> {
    let sql = "select id, officer, suite, public_key, status, enrolled_at from device
               where officer = ?1 order by id limit 200";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_map(params![officer.as_str()], |row| Ok(read(row)))?
        .map(|row| row?)
        .collect()
}

/// The devices that are frozen, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_frozen(connection: &Connection) -> Result<Vec<DeviceRecord>, StoreError> {
    let sql = "select id, officer, suite, public_key, status, enrolled_at from device
               where status = ?1 order by id limit 200";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_map(params![DeviceStatus::Frozen.as_str()], |row| Ok(read(row)))?
        .map(|row| row?)
        .collect()
}

/// The number with which the receipts begin that a device gives out by itself (`domain.md` D.5).
///
/// # Errors
/// [`StoreError`] of the database, also without such a device.
pub fn number(connection: &Connection, id: &DeviceId) -> Result<u32, StoreError> {
    let sql = "select number from device where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![id.as_str()], |row| row.get(0))?)
}

/// The device that has this number.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn find_numbered(connection: &Connection, number: u32) -> Result<Option<DeviceId>, StoreError> {
    let mut query = connection.prepare_cached("select id from device where number = ?1")?;
    query
        .query_row(params![number], |row| {
            Ok(column::word(row, "id", "device.id"))
        })
        .optional()?
        .transpose()
}

/// When a device was revoked.
///
/// # Errors
/// [`StoreError`] of the database, also without such a device.
pub fn revoked_at(connection: &Connection, id: &DeviceId) -> Result<Option<AtMs>, StoreError> {
    let sql = "select revoked_at from device where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let at: Option<i64> = query.query_row(params![id.as_str()], |row| row.get(0))?;
    Ok(at.map(AtMs))
}

/// Writes a new device under the next number.
///
/// # Errors
/// [`StoreError`] of the database, also if the id is taken.
pub fn put(tx: &Tx<'_>, device: &DeviceRecord) -> Result<(), StoreError> {
    let next = "select coalesce(max(number), 0) + 1 from device";
    let next = tx.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    put_numbered(tx, device, next)
}

/// Writes a device under the number that it had.
///
/// # Errors
/// [`StoreError`] of the database, also if the id or the number is taken.
pub fn put_numbered(tx: &Tx<'_>, device: &DeviceRecord, number: u32) -> Result<(), StoreError> {
    let sql = "insert into device (id, officer, suite, public_key, status, enrolled_at, number)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.prepare_cached(sql)?.execute(params![
        device.id.as_str(),
        device.officer.as_str(),
        device.suite.as_str(),
        device.public_key,
        device.status.as_str(),
        device.enrolled_at.0,
        number,
    ])?;
    Ok(())
}

/// Changes whether a device may work.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_status(tx: &Tx<'_>, id: &DeviceId, status: DeviceStatus) -> Result<(), StoreError> {
    let sql = "update device set status = ?2 where id = ?1";
    tx.prepare_cached(sql)?
        .execute(params![id.as_str(), status.as_str()])?;
    Ok(())
}

/// Revokes a device; the term of its key begins.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn revoke(tx: &Tx<'_>, id: &DeviceId, at: AtMs) -> Result<(), StoreError> {
    let sql = "update device set status = ?2, revoked_at = coalesce(revoked_at, ?3) where id = ?1";
    let status = DeviceStatus::Revoked.as_str();
    tx.prepare_cached(sql)?
        .execute(params![id.as_str(), status, at.0])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<DeviceRecord, StoreError> {
    let status: String = row.get("status")?;
    Ok(DeviceRecord {
        id: column::word(row, "id", "device.id")?,
        officer: column::word(row, "officer", "device.officer")?,
        suite: column::word(row, "suite", "device.suite")?,
        public_key: row.get("public_key")?,
        status: DeviceStatus::from_word(&status).ok_or(StoreError::Corrupt {
            what: "device.status",
        })?,
        enrolled_at: AtMs(row.get("enrolled_at")?),
    })
}
