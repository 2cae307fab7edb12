//! What may be used once: sign-in challenges, client assertions, enrolment codes.

use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::time::AtMs;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx};

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
    /// It was good, for this officer, and is used now.
    Good(OfficerId),
    /// It was used before, for this officer: somebody else has seen it.
    UsedBefore(OfficerId),
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
    expires_at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into enrolment (code_hash, officer, expires_at) values (?1, ?2, ?3)";
    tx.prepare_cached(sql)?
        .execute(params![code.to_string(), officer.as_str(), expires_at.0])?;
    Ok(())
}

/// Uses an enrolment code.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn use_enrolment(tx: &Tx<'_>, code: &Hash, now: AtMs) -> Result<EnrolmentUse, StoreError> {
    let code = code.to_string();
    let sql = "select officer, expires_at, used_at from enrolment where code_hash = ?1";
    let found: Option<(String, i64, Option<i64>)> = tx
        .prepare_cached(sql)?
        .query_row(params![code], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((officer, expires_at, used_at)) = found else {
        return Ok(EnrolmentUse::Unknown);
    };
    let officer = officer.parse().map_err(|_| StoreError::Corrupt {
        what: "enrolment.officer",
    })?;
    if used_at.is_some() {
        return Ok(EnrolmentUse::UsedBefore(officer));
    }
    if expires_at <= now.0 {
        return Ok(EnrolmentUse::Unknown);
    }
    let sql = "update enrolment set used_at = ?2 where code_hash = ?1";
    tx.prepare_cached(sql)?.execute(params![code, now.0])?;
    Ok(EnrolmentUse::Good(officer))
}
