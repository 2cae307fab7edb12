//! Typed values in text columns: one reading for all tables, and a broken value names its place.

use std::str::FromStr;

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// Reads a text column as `T`; `what` names table and column.
///
/// # Errors
/// [`StoreError::Corrupt`] if the text is no `T`.
pub fn word<T: FromStr>(row: &Row<'_>, column: &str, what: &'static str) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| StoreError::Corrupt { what })
}

/// Reads a text column that may be null as `T`.
///
/// # Errors
/// [`StoreError::Corrupt`] if the text is no `T`.
pub fn optional_word<T: FromStr>(
    row: &Row<'_>,
    column: &str,
    what: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.get(column)?;
    text.map(|t| t.parse().map_err(|_| StoreError::Corrupt { what }))
        .transpose()
}

/// Reads a hash out of a column of 32 bytes. Tables that grow with every envelope keep hashes so;
/// elsewhere they are text, which a person can read.
///
/// # Errors
/// [`StoreError::Corrupt`] if there are not 32 bytes.
pub fn hash(row: &Row<'_>, column: &str, what: &'static str) -> Result<Hash, StoreError> {
    let bytes = row.get_ref(column)?.as_bytes();
    let bytes = bytes.map_err(|_| StoreError::Corrupt { what })?.try_into();
    Ok(Hash::from_bytes(
        bytes.map_err(|_| StoreError::Corrupt { what })?,
    ))
}

/// Reads a column of JSON text as `T`.
///
/// # Errors
/// [`StoreError::Corrupt`] if the text is no `T`.
pub fn json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
    what: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| StoreError::Corrupt { what })
}

/// Writes `value` as JSON text for a column.
///
/// # Errors
/// [`StoreError::Corrupt`] if it has no JSON form.
pub fn to_json<T: Serialize + ?Sized>(value: &T, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt { what })
}

/// Reads a division code in its filled form.
///
/// # Errors
/// [`StoreError::Corrupt`] if the text is none.
pub fn division(
    row: &Row<'_>,
    column: &str,
    what: &'static str,
) -> Result<DivisionCode, StoreError> {
    let text: String = row.get(column)?;
    DivisionCode::from_filled(&text).map_err(|_| StoreError::Corrupt { what })
}

/// The filled codes that lie in a division, or all of them: the lower bound is in, the upper is not.
#[must_use]
pub fn range(within: Option<DivisionCode>) -> (String, String) {
    // A colon stands behind the last digit.
    within.map_or_else(
        || (String::new(), String::from(":")),
        DivisionCode::text_range,
    )
}

/// A count or a place as the database holds it.
#[must_use]
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads a count or a place.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is negative.
pub fn unsigned(row: &Row<'_>, column: &str, what: &'static str) -> Result<u64, StoreError> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| StoreError::Corrupt { what })
}
