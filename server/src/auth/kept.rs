//! What is decided about devices outlives the database (ADR 32): whoever was enrolled, confirmed,
//! frozen, revoked or ordered to be wiped since a backup is known again when it was restored.
//!
//! A line of the [journal](crate::journal) says how a device stands from then on; of a device the
//! newest one counts. A restored database is only ever made stricter by it, so that a journal which
//! was itself put back lets nobody in again: a device that is frozen or revoked here stays so.
//!
//! A device has its number for ever. Of two unknown ones with one number the earlier never came to be:
//! its line was written and its commit failed. The line of a device whose number another one has is
//! passed over.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use itgel_domain::division::DivisionLevel;
use itgel_domain::id::DeviceId;
use itgel_domain::sync::pull::{PullItem, Revocation};
use itgel_domain::time::AtMs;
use rusqlite::Connection;
use serde_json::json;

use crate::error::ServiceError;
use crate::journal::{self, KeptDevice, Line, Signed, Wipe};
use crate::service::Service;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::officer::OfficerRecord;
use crate::store::{self, Tx};

/// Who does again what the journal says.
const ACTOR: &str = "journal";

/// Writes how a device stands now, as the last thing of the transaction that changed it: nothing
/// about a device is committed unless its line is on the disk.
///
/// # Errors
/// [`ServiceError`] of the database, or if the line cannot be written.
pub(crate) fn note(service: &Service, tx: &Tx<'_>, id: &DeviceId) -> Result<(), ServiceError> {
    let none = || ServiceError::internal("a device that is not there");
    let device = store::device::get(tx, id)?.ok_or_else(none)?;
    let officer = store::officer::get(tx, &device.officer)?.ok_or_else(none)?;
    let kept = KeptDevice {
        device: device.id,
        officer: device.officer,
        division: officer.division,
        suite: device.suite,
        public_key: data_encoding::HEXLOWER.encode(&device.public_key),
        number: store::device::number(tx, id)?,
        enrolled_at: device.enrolled_at,
        status: device.status,
        revoked_at: store::device::revoked_at(tx, id)?,
        confirmed: store::trust::confirmation(tx, id)?.map(|(by, at)| Signed { by, at }),
        wipe: store::trust::wipe(tx, id)?.map(|row| Wipe {
            nonce: row.nonce,
            ordered: Signed {
                by: row.ordered_by,
                at: row.ordered_at,
            },
            wiped_at: row.wiped_at,
        }),
    };
    journal::append(service, Line::Device(Box::new(kept)))
}

/// Whether the journal knows more of devices than the database.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn is_behind(connection: &Connection, lines: &[Line]) -> Result<bool, ServiceError> {
    for kept in newest(lines) {
        if lacks(connection, kept)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Brings the devices up to the journal; how many.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn replay_in(tx: &Tx<'_>, lines: &[Line], now: AtMs) -> Result<usize, ServiceError> {
    let mut done = 0;
    for kept in newest(lines) {
        if lacks(tx, kept)? {
            know_again(tx, kept, now)?;
            done += 1;
        }
    }
    Ok(done)
}

/// The newest line of each device, in the order in which they were enrolled; of two with one number
/// the later line first.
fn newest(lines: &[Line]) -> impl Iterator<Item = &KeptDevice> {
    let mut newest = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        if let Line::Device(kept) = line {
            newest.insert(&kept.device, (place, kept.as_ref()));
        }
    }
    let mut all: Vec<_> = newest.into_values().collect();
    all.sort_by_key(|(place, kept)| (kept.number, Reverse(*place)));
    all.into_iter().map(|(_, kept)| kept)
}

/// Whether the database lacks something of what the journal says of a device; never of one whose
/// number it has given to another.
fn lacks(connection: &Connection, kept: &KeptDevice) -> Result<bool, ServiceError> {
    let Some(known) = store::device::get(connection, &kept.device)? else {
        let holder = store::device::find_numbered(connection, kept.number)?;
        if let Some(holder) = &holder {
            let (device, number) = (&kept.device, kept.number);
            tracing::warn!(%device, number, %holder, "a line of the journal is passed over: its number is of another device");
        }
        return Ok(holder.is_none());
    };
    // Its term is over (L-21).
    if known.public_key.is_empty() {
        return Ok(false);
    }
    let wipe = store::trust::wipe(connection, &kept.device)?;
    let lacks_wipe = kept.wipe.as_ref().is_some_and(|told| {
        wipe.is_none_or(|row| row.wiped_at.is_none() && told.wiped_at.is_some())
    });
    Ok(lacks_wipe || rank(kept.status) > rank(known.status))
}

/// Statuses of one device follow one another like this; a freeze that was lifted is lifted again by
/// a person.
const fn rank(status: DeviceStatus) -> u8 {
    match status {
        DeviceStatus::Pending => 0,
        DeviceStatus::Active => 1,
        DeviceStatus::Frozen => 2,
        DeviceStatus::Revoked => 3,
    }
}

fn know_again(tx: &Tx<'_>, told: &KeptDevice, now: AtMs) -> Result<(), ServiceError> {
    let id = &told.device;
    let before = match store::device::get(tx, id)? {
        Some(known) => Some(known.status),
        None => {
            admit(tx, told)?;
            None
        }
    };
    if before.is_some_and(|before| rank(told.status) > rank(before)) {
        store::device::set_status(tx, id, told.status)?;
    }
    if let Some(Signed { by, at }) = &told.confirmed {
        store::trust::put_confirmation(tx, id, by, *at)?;
    }
    if told.status == DeviceStatus::Revoked {
        store::device::revoke(tx, id, told.revoked_at.unwrap_or(now))?;
    }
    if told.status == DeviceStatus::Revoked && before != Some(DeviceStatus::Revoked) {
        let banner = told.division.ancestor(DivisionLevel::County);
        let news = PullItem::Revocation(Revocation { device: id.clone() });
        store::list::append(tx, banner.unwrap_or(told.division), &news)?;
    }
    if let Some(wipe) = &told.wipe {
        order_again(tx, id, wipe)?;
    }
    let detail = json!({
        "status": told.status,
        "before": before,
        "wipe": told.wipe.is_some(),
    });
    let resource = format!("device:{id}");
    store::log::audit(tx, now, ACTOR, "device.known_again", &resource, &detail)?;
    Ok(())
}

/// A device that the database does not have. Its officer may have come after the backup as well:
/// without a name, and without a right until the table of officers is put into force again. What he
/// sends until then is set aside and counts when it is.
fn admit(tx: &Tx<'_>, told: &KeptDevice) -> Result<(), ServiceError> {
    if store::officer::get(tx, &told.officer)?.is_none() {
        let officer = OfficerRecord {
            id: told.officer.clone(),
            name: String::new(),
            division: told.division,
        };
        store::officer::put(tx, &officer)?;
    }
    let public_key = data_encoding::HEXLOWER.decode(told.public_key.as_bytes());
    let device = DeviceRecord {
        id: told.device.clone(),
        officer: told.officer.clone(),
        suite: told.suite,
        public_key: public_key.map_err(|e| ServiceError::caused("a key in the journal", e))?,
        status: told.status,
        enrolled_at: told.enrolled_at,
    };
    Ok(store::device::put_numbered(tx, &device, told.number)?)
}

fn order_again(tx: &Tx<'_>, id: &DeviceId, wipe: &Wipe) -> Result<(), ServiceError> {
    let Wipe {
        nonce,
        ordered,
        wiped_at,
    } = wipe;
    store::trust::put_wipe(tx, id, nonce, &ordered.by, ordered.at)?;
    if let Some(at) = wiped_at {
        store::trust::set_wiped(tx, id, nonce, *at)?;
    }
    Ok(())
}
