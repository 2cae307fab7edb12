//! Sign-in of devices and workstations: a challenge, signed with the device's key.

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain;
use itgel_domain::id::DeviceId;
use itgel_domain::sync::challenge_message;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::token::{AccessToken, Principal, Tokens};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;

/// How long a challenge waits for its answer.
pub const CHALLENGE_LIFE_S: i64 = 60;

/// Asks for a challenge.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// The device.
    pub device: DeviceId,
}

/// A challenge.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Challenge {
    /// What to sign, see [`challenge_message`].
    pub nonce: String,
    /// Seconds until it ends.
    pub expires_in: i64,
}

/// A signed challenge.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The device.
    pub device: DeviceId,
    /// The nonce of the challenge.
    pub nonce: String,
    /// The signature over [`challenge_message`] with the device's key, hexadecimal.
    pub signature: String,
}

/// Gives a challenge. A device that is not there gets one too, which nothing will answer: the
/// interface does not tell which devices exist.
///
/// # Errors
/// [`ServiceError`] of the store.
pub fn challenge(
    service: &Service,
    request: &ChallengeRequest,
    now: AtMs,
) -> Result<Challenge, ServiceError> {
    let nonce = data_encoding::HEXLOWER.encode(&crate::service::random::<32>()?);
    let answer = Challenge {
        nonce: nonce.clone(),
        expires_in: CHALLENGE_LIFE_S,
    };
    let device = request.device.clone();
    service.transact("auth.challenge", move |_, tx| {
        if store::device::get(tx, &device)?.is_some() {
            let ends = now.plus_ms(CHALLENGE_LIFE_S * 1000);
            store::challenge::put(tx, &nonce, &principal(&device), ends, now)?;
        }
        Ok(())
    })?;
    Ok(answer)
}

/// Gives a token for a signed challenge, also to a revoked device, which may still upload. The
/// challenge is used up by the first answer, right or wrong.
///
/// # Errors
/// [`ErrorCode::ChallengeInvalid`] for a challenge that was used, has ended, or was never given
/// to this device, and for a wrong signature.
pub fn token(
    service: &Service,
    tokens: &Tokens,
    request: &TokenRequest,
    now: AtMs,
) -> Result<AccessToken, ServiceError> {
    let invalid = || ServiceError::refused(ErrorCode::ChallengeInvalid);
    let (id, nonce) = (request.device.clone(), request.nonce.clone());
    let (device, township) = service.transact("auth.token", move |_, tx| {
        let good = store::challenge::take(tx, &nonce, &principal(&id), now)?;
        let device = store::device::get(tx, &id)?;
        Ok((device.filter(|_| good), township(tx, &id)?))
    })?;
    let device = device.ok_or_else(invalid)?;
    let signature = data_encoding::HEXLOWER
        .decode(request.signature.as_bytes())
        .map_err(|_| invalid())?;
    let message = challenge_message(&request.nonce, &device.id);
    chain::verify(device.suite, &device.public_key, &message, &signature).map_err(|_| invalid())?;
    let principal = Principal::Device(device.id);
    tokens.issue(&principal, township, &device.public_key, now)
}

/// The township where the officer of a device works; `None` for an officer of the banner, and
/// without such a device.
///
/// # Errors
/// [`ServiceError`] of the store.
pub fn township(
    connection: &Connection,
    device: &DeviceId,
) -> Result<Option<DivisionCode>, ServiceError> {
    let Some(device) = store::device::get(connection, device)? else {
        return Ok(None);
    };
    let officer = store::officer::get(connection, &device.officer)?;
    Ok(officer.and_then(|officer| officer.division.ancestor(DivisionLevel::Township)))
}

fn principal(device: &DeviceId) -> String {
    Principal::Device(device.clone()).to_string()
}
