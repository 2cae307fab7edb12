//! What a batch keeps of its rows until they are in force or corrected: under the key of the
//! batch, and for a time.

use itgel_domain::hash::Hash;
use itgel_domain::id::ImportId;
use itgel_domain::keys::ContentKey;
use itgel_domain::time::AtMs;

use crate::contents;
use crate::error::ServiceError;
use crate::store::import::ImportRow;

/// What a row keeps until it is in force, or until it is corrected.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Kept {
    /// The cells of the columns that were read, as they stand in the file.
    pub(super) cells: Vec<String>,
    /// The typed row, if it could be read.
    pub(super) row: Option<serde_json::Value>,
}

/// Seals a row under the key of its batch.
pub(super) fn seal(
    key: &ContentKey,
    batch: &ImportId,
    n: u32,
    kept: &Kept,
) -> Result<Vec<u8>, ServiceError> {
    let plain = serde_json::to_vec(kept).map_err(|e| ServiceError::caused("a row", e))?;
    contents::seal(key, "import_row", &format!("{batch}/{n}"), &plain)
}

/// Opens what [`seal`] kept of a row; `None` once it is gone.
pub(super) fn unseal(
    key: Option<&ContentKey>,
    batch: &ImportId,
    row: &ImportRow,
) -> Result<Option<Kept>, ServiceError> {
    let Some(key) = key.filter(|_| !row.sealed.is_empty()) else {
        return Ok(None);
    };
    let place = format!("{batch}/{}", row.n);
    let plain = contents::open(key, "import_row", &place, &row.sealed)?;
    let kept = serde_json::from_slice(&plain);
    Ok(Some(
        kept.map_err(|e| ServiceError::caused("a kept row", e))?,
    ))
}

/// The id is random, so the leaf tells nothing of the table.
pub(super) fn leaf_of(id: &ImportId) -> Hash {
    Hash::of("itgel.import.v1", &[id.as_str().as_bytes()])
}

/// How long the cells of refused rows are kept for correction.
pub(super) const KEPT_MS: i64 = 90 * 86_400_000;

/// When they go.
pub(super) fn forgotten_at(now: AtMs) -> AtMs {
    now.plus_ms(KEPT_MS)
}
