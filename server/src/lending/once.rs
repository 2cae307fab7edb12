//! Requests that may be sent again: done once, answered the same.

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::LenderId;
use itgel_domain::time::AtMs;

use super::Once;
use crate::error::ServiceError;
use crate::store::idempotency::Answered;
use crate::store::{self, Tx};

/// What `key` was used for: the identifier that was made then.
pub(super) fn answered(
    tx: &Tx<'_>,
    lender: &LenderId,
    once: Option<&Once>,
    hash: &Hash,
    now: AtMs,
) -> Result<Option<String>, ServiceError> {
    let Some(Once(key)) = once else {
        return Ok(None);
    };
    match store::idempotency::get(tx, lender.as_str(), key, now)? {
        None => Ok(None),
        Some(before) if before.request == *hash => Ok(Some(before.made)),
        Some(_) => Err(ErrorCode::RequestKeyReused.into()),
    }
}

pub(super) fn keep_answer(
    tx: &Tx<'_>,
    lender: &LenderId,
    once: Option<&Once>,
    hash: &Hash,
    made: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    if let Some(Once(key)) = once {
        let answered = Answered {
            request: *hash,
            made: made.to_owned(),
        };
        store::idempotency::put(tx, lender.as_str(), key, &answered, now)?;
    }
    Ok(())
}

pub(super) fn request_hash(
    what: &str,
    request: &impl serde::Serialize,
) -> Result<Hash, ServiceError> {
    let bytes = serde_json::to_vec(request).map_err(|e| ServiceError::caused("request", e))?;
    Ok(Hash::of("itgel.request.v1", &[what.as_bytes(), &bytes]))
}
