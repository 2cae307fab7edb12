//! What may be used once: sign-in challenges, client assertions, enrolment codes.

use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::time::AtMs;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, column};

/// Keeps a nonce for `principal` until `expires_at`, and forgets those that have ended.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    nonce: &str,
    principal: &str,
    expires_at: AtMs,
    now: AtMs,
) -> Result<(), StoreError> {
    forget_ended(tx, now)?;
    let sql = "insert into challenge (nonce, principal, expires_at) values (?1, ?2, ?3)";
    tx.prepare_cached(sql)?
        .execute(params![nonce, principal, expires_at.0])?;
    Ok(())
}

/// Takes a nonce of `principal` out: true once, if it has not ended.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn take(tx: &Tx<'_>, nonce: &str, principal: &str, now: AtMs) -> Result<bool, StoreError> {
    let sql = "delete from challenge where nonce = ?1 and principal = ?2 and expires_at > ?3";
    Ok(tx
        .prepare_cached(sql)?
        .execute(params![nonce, principal, now.0])?
        == 1)
}

/// Marks an assertion of `principal` as used until it ends by itself: true the first time.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn use_once(
    tx: &Tx<'_>,
    id: &str,
    principal: &str,
    expires_at: AtMs,
    now: AtMs,
) -> Result<bool, StoreError> {
    forget_ended(tx, now)?;
    let sql = "insert into challenge (nonce, principal, expires_at) values (?1, ?2, ?3)
               on conflict (nonce) do nothing";
    Ok(tx
        .prepare_cached(sql)?
        .execute(params![id, principal, expires_at.0])?
        == 1)
}

fn forget_ended(tx: &Tx<'_>, now: AtMs) -> Result<(), StoreError> {
    let sql = "delete from challenge where expires_at <= ?1";
    tx.prepare_cached(sql)?.execute(params![now.0])?;
    Ok(())
}

/// What became of an enrolment code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolmentUse {
    /// It is good and not used yet.
    Good {
        /// Whose device it admits.
        officer: OfficerId,
        /// Whether nobody has to compare the fingerprint any more.
        is_confirmed: bool,
    },
    /// It was used before.
    Used {
        /// For whom.
        officer: OfficerId,
        /// By this device.
        device: DeviceId,
    },
    /// It has ended or was never given.
    Unknown,
}

/// Keeps the hash of an enrolment code.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_enrolment(
    tx: &Tx<'_>,
    code: &Hash,
    officer: &OfficerId,
    is_confirmed: bool,
    expires_at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into enrolment (code_hash, officer, confirmed, expires_at)
               values (?1, ?2, ?3, ?4)";
    let key = params![
        code.to_string(),
        officer.as_str(),
        is_confirmed,
        expires_at.0
    ];
    tx.prepare_cached(sql)?.execute(key)?;
    Ok(())
}

/// What an enrolment code is good for now.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn find_enrolment(tx: &Tx<'_>, code: &Hash, now: AtMs) -> Result<EnrolmentUse, StoreError> {
    let sql = "select officer, confirmed, expires_at, device from enrolment where code_hash = ?1";
    let mut query = tx.prepare_cached(sql)?;
    let found = query.query_row(params![code.to_string()], |row| {
        Ok((|| {
            let officer = column::word(row, "officer", "enrolment.officer")?;
            let device: Option<String> = row.get("device")?;
            if let Some(device) = device {
                let device = device.parse().map_err(|_| StoreError::Corrupt {
                    what: "enrolment.device",
                })?;
                return Ok(EnrolmentUse::Used { officer, device });
            }
            if row.get::<_, i64>("expires_at")? <= now.0 {
                return Ok(EnrolmentUse::Unknown);
            }
            Ok(EnrolmentUse::Good {
                officer,
                is_confirmed: row.get("confirmed")?,
            })
        })())
    });
    let found: Option<Result<EnrolmentUse, StoreError>> = found.optional()?;
    found.unwrap_or(Ok(EnrolmentUse::Unknown))
}

/// Notes the device that used a code.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn use_enrolment(
    tx: &Tx<'_>,
    code: &Hash,
    device: &DeviceId,
    now: AtMs,
) -> Result<(), StoreError> {
    let sql = "update enrolment set used_at = ?2, device = ?3 where code_hash = ?1";
    tx.prepare_cached(sql)?
        .execute(params![code.to_string(), now.0, device.as_str()])?;
    Ok(())
}
