//! What is decided about devices outlives the database (ADR 32): whoever was enrolled, confirmed,
//! frozen, revoked or ordered to be wiped since a backup is known again when it was restored.
//!
//! A line of the [journal](crate::journal) says how a device stands from then on; of a device the
//! newest one counts. A restored database is only ever made stricter by it, so that a journal which
//! was itself put back lets nobody in again: a device that is frozen or revoked here stays so.

use std::collections::BTreeMap;

use itgel_domain::division::DivisionLevel;
use itgel_domain::id::DeviceId;
use itgel_domain::sync::pull::{PullItem, Revocation};
use itgel_domain::time::AtMs;
use rusqlite::Connection;
use serde_json::json;

use crate::error::ServiceError;
use crate::journal::{self, Entry, Signed, Standing, Wipe};
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
    let standing = Standing {
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
    journal::append(service, Entry::Device(Box::new(standing)))
}

/// Whether the journal knows more of devices than the database.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn is_behind(connection: &Connection, entries: &[Entry]) -> Result<bool, ServiceError> {
    for standing in newest(entries) {
        if lacks(connection, standing)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Brings the devices up to the journal; how many.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn replay_in(tx: &Tx<'_>, entries: &[Entry], now: AtMs) -> Result<usize, ServiceError> {
    let mut done = 0;
    for standing in newest(entries) {
        if lacks(tx, standing)? {
            know_again(tx, standing, now)?;
            done += 1;
        }
    }
    Ok(done)
}

/// The newest line of each device, in the order in which they were enrolled.
fn newest(entries: &[Entry]) -> Vec<&Standing> {
    let mut newest = BTreeMap::new();
    for entry in entries {
        if let Entry::Device(standing) = entry {
            newest.insert(&standing.device, standing.as_ref());
        }
    }
    let mut all: Vec<_> = newest.into_values().collect();
    all.sort_by_key(|standing| standing.number);
    all
}

/// Whether the database lacks something of what the journal says of a device.
fn lacks(connection: &Connection, standing: &Standing) -> Result<bool, ServiceError> {
    let Some(known) = store::device::get(connection, &standing.device)? else {
        return Ok(true);
    };
    // Its term is over (L-21).
    if known.public_key.is_empty() {
        return Ok(false);
    }
    let wipe = store::trust::wipe(connection, &standing.device)?;
    let lacks_wipe = standing.wipe.as_ref().is_some_and(|told| {
        wipe.is_none_or(|row| row.wiped_at.is_none() && told.wiped_at.is_some())
    });
    Ok(lacks_wipe || rank(standing.status) > rank(known.status))
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

fn know_again(tx: &Tx<'_>, told: &Standing, now: AtMs) -> Result<(), ServiceError> {
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
fn admit(tx: &Tx<'_>, told: &Standing) -> Result<(), ServiceError> {
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
