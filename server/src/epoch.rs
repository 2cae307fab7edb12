//! The epoch of a server: it changes with each restore, and a signed break tells every device which
//! part of the log that it knew is still there (`docs/sync.md`).

use data_encoding::HEXLOWER;
use itgel_domain::hash::Hash;
use itgel_domain::log::{Checkpoint, LeafKind};
use itgel_domain::sync::hello::{EpochStart, Restored};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::{self, Tx, meta};

/// Begins a new epoch after the one that a backup or an export was written in. How far it goes on
/// is drawn: the same backup may be restored twice, and devices tell the two apart by this alone.
///
/// # Errors
/// [`ServiceError`] of the database, or without randomness.
pub fn begin(tx: &Tx<'_>, before: u32) -> Result<(), ServiceError> {
    let [a, b, c] = random()?;
    let step = u32::from_be_bytes([0, a & 0x0f, b, c]).max(1);
    let epoch = before.saturating_add(step);
    Ok(meta::put_epoch(tx, epoch)?)
}

/// Signs where the log stands now as the place at which the present epoch begins, after the one
/// `before` it: the break is a leaf of the log, and every device hears of it.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn note_restored(
    service: &Service,
    tx: &Tx<'_>,
    before: u32,
    now: AtMs,
) -> Result<(), ServiceError> {
    let mut restored = Restored {
        epoch: u64::from(meta::epoch(tx)?),
        log: Checkpoint::of(&store::log::frontier(tx)?, now).tree(),
        at: now,
        signature: String::new(),
        lineage: lineage(tx, u64::from(before))?,
    };
    restored.signature = service.keys.sign(&restored.message());
    let leaf = Hash::of_file(&restored.message());
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    let bytes = minicbor::to_vec(&restored);
    let bytes = bytes.map_err(|e| ServiceError::caused("a break of the epoch", e))?;
    Ok(meta::put(tx, meta::RESTORED, &HEXLOWER.encode(&bytes))?)
}

/// Where the log stood at the last restore.
pub(crate) fn restored(connection: &Connection) -> Result<Option<Restored>, ServiceError> {
    let kept = meta::get(connection, meta::RESTORED)?;
    let read = |text: String| {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| minicbor::decode(&bytes).ok())
    };
    Ok(kept.and_then(read))
}

/// Where the log stood at the last restore, under the present key.
pub(crate) fn restored_now(
    service: &Service,
    connection: &Connection,
) -> Result<Option<Restored>, ServiceError> {
    let mut kept = restored(connection)?;
    if let Some(restored) = &mut kept
        && restored.verify(&service.keys.public_key()).is_err()
    {
        restored.signature = service.keys.sign(&restored.message());
    }
    Ok(kept)
}

/// The epochs of a log that ends in the epoch `before`, where they are known.
fn lineage(tx: &Tx<'_>, before: u64) -> Result<Vec<EpochStart>, ServiceError> {
    let Some(earlier) = restored(tx)?.filter(|earlier| earlier.epoch == before) else {
        return Ok(vec![EpochStart {
            epoch: before,
            size: 0,
        }]);
    };
    let mut lineage = earlier.lineage;
    lineage.push(EpochStart {
        epoch: before,
        size: earlier.log.size,
    });
    Ok(lineage)
}
