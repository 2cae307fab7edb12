//! The one row about the device itself.

use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::file::objection::ReceiptNumber;
use itgel_domain::id::{DeviceId, OfficerId};
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, int, word};

/// Who this store belongs to and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct DeviceRow {
    pub(crate) id: DeviceId,
    pub(crate) officer: OfficerId,
    /// The key that this device signs with.
    pub(crate) public_key: Vec<u8>,
    /// The server's public key, pinned at enrolment.
    pub(crate) server_key: Vec<u8>,
    /// The chain that is written now.
    pub(crate) incarnation: u32,
    /// The epoch of the server; unknown before the first word with it.
    pub(crate) epoch: Option<u64>,
    pub(crate) checkpoint: Option<CheckpointRef>,
    pub(crate) revoked: bool,
    /// The number with which the receipts begin that are given out here.
    pub(crate) number: u32,
    /// Everything in it is invented, and nothing of it is ever sent.
    pub(crate) is_practice: bool,
}

impl DeviceRow {
    /// The incarnation after the present one.
    pub(crate) fn next_incarnation(&self) -> Result<u32, StoreError> {
        let next = self.incarnation.checked_add(1);
        next.ok_or(StoreError::Corrupt {
            what: "device.incarnation",
        })
    }
}

pub(crate) fn insert(tx: &Transaction<'_>, row: &DeviceRow) -> Result<(), StoreError> {
    tx.execute(
        "insert into device
             (one, id, officer, public_key, server_key, incarnation, epoch, revoked, number,
              receipts, is_practice)
         values (1, ?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, 0, ?8)",
        params![
            row.id.as_str(),
            row.officer.as_str(),
            row.public_key,
            row.server_key,
            row.incarnation,
            row.epoch.map(int),
            row.number,
            row.is_practice
        ],
    )?;
    Ok(())
}

pub(crate) fn find(db: &Connection) -> Result<Option<DeviceRow>, StoreError> {
    column::first(db.prepare_cached("select * from device")?.query([])?, read)
}

pub(crate) fn get(db: &Connection) -> Result<DeviceRow, StoreError> {
    find(db)?.ok_or(StoreError::Corrupt { what: "device" })
}

pub(crate) fn set_incarnation(tx: &Transaction<'_>, incarnation: u32) -> Result<(), StoreError> {
    tx.execute("update device set incarnation = ?1", [incarnation])?;
    Ok(())
}

pub(crate) fn set_epoch(tx: &Transaction<'_>, epoch: u64) -> Result<(), StoreError> {
    tx.execute("update device set epoch = ?1", [int(epoch)])?;
    Ok(())
}

pub(crate) fn set_checkpoint(
    tx: &Transaction<'_>,
    checkpoint: &CheckpointRef,
) -> Result<(), StoreError> {
    let bytes = column::to_cbor(checkpoint, "device.checkpoint")?;
    tx.execute("update device set checkpoint = ?1", [bytes])?;
    Ok(())
}

/// Goes back to an earlier state of the log, or to none.
pub(crate) fn reset_checkpoint(
    tx: &Transaction<'_>,
    checkpoint: Option<&CheckpointRef>,
) -> Result<(), StoreError> {
    match checkpoint {
        Some(checkpoint) => set_checkpoint(tx, checkpoint),
        None => {
            tx.execute("update device set checkpoint = null", [])?;
            Ok(())
        }
    }
}

/// Pins the key that follows the pinned one, which stays known.
pub(crate) fn set_server_key(tx: &Transaction<'_>, key: &[u8]) -> Result<(), StoreError> {
    let sql = "insert into earlier_server_key select server_key from device where server_key <> ?1
               on conflict (key) do nothing";
    tx.execute(sql, [key])?;
    tx.execute("update device set server_key = ?1", [key])?;
    Ok(())
}

/// The keys before the pinned one.
pub(crate) fn earlier_server_keys(db: &Connection) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut query = db.prepare_cached("select key from earlier_server_key order by key")?;
    let keys = query.query_map([], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

pub(crate) fn set_revoked(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("update device set revoked = 1", [])?;
    Ok(())
}

/// The next number of a receipt; it is given out once, by the transaction that this is part of.
pub(crate) fn next_receipt(tx: &Transaction<'_>) -> Result<ReceiptNumber, StoreError> {
    let sql = "update device set receipts = receipts + 1 returning number, receipts";
    let given = tx.query_row(sql, [], |row| {
        Ok(ReceiptNumber {
            device: row.get("number")?,
            count: row.get("receipts")?,
        })
    });
    Ok(given?)
}

fn read(row: &Row<'_>) -> Result<DeviceRow, StoreError> {
    let checkpoint: Option<Vec<u8>> = row.get("checkpoint")?;
    let checkpoint = checkpoint.map(|bytes| minicbor::decode(&bytes)).transpose();
    Ok(DeviceRow {
        id: word(row, "id", "device.id")?,
        officer: word(row, "officer", "device.officer")?,
        public_key: row.get("public_key")?,
        server_key: row.get("server_key")?,
        incarnation: row.get("incarnation")?,
        epoch: epoch(row)?,
        checkpoint: checkpoint.map_err(|_| StoreError::Corrupt {
            what: "device.checkpoint",
        })?,
        revoked: row.get("revoked")?,
        number: row.get("number")?,
        is_practice: row.get("is_practice")?,
    })
}

fn epoch(row: &Row<'_>) -> Result<Option<u64>, StoreError> {
    let epoch: Option<i64> = row.get("epoch")?;
    let broken = |_| StoreError::Corrupt {
        what: "device.epoch",
    };
    epoch
        .map(|epoch| u64::try_from(epoch).map_err(broken))
        .transpose()
}
