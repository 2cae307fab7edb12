//! Typed values in columns: one reading for all tables, and a broken value names its place.

use std::str::FromStr;

use itgel_domain::division::DivisionCode;
use rusqlite::Row;

use super::StoreError;

/// Reads a text column as `T`; `what` names table and column.
pub(crate) fn word<T: FromStr>(
    row: &Row<'_>,
    column: &str,
    what: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| StoreError::Corrupt { what })
}

/// Reads a text column that may be null as `T`.
pub(crate) fn optional_word<T: FromStr>(
    row: &Row<'_>,
    column: &str,
    what: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.get(column)?;
    text.map(|t| t.parse().map_err(|_| StoreError::Corrupt { what }))
        .transpose()
}

/// Reads a column of canonical CBOR as `T`.
pub(crate) fn cbor<T>(row: &Row<'_>, column: &str, what: &'static str) -> Result<T, StoreError>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    let bytes = row
        .get_ref(column)?
        .as_blob()
        .map_err(|_| StoreError::Corrupt { what })?;
    minicbor::decode(bytes).map_err(|_| StoreError::Corrupt { what })
}

/// Writes `value` as canonical CBOR for a column.
pub(crate) fn to_cbor<T: minicbor::Encode<()>>(
    value: &T,
    what: &'static str,
) -> Result<Vec<u8>, StoreError> {
    minicbor::to_vec(value).map_err(|_| StoreError::Corrupt { what })
}

/// Reads a count or a place.
pub(crate) fn count(row: &Row<'_>, column: &str, what: &'static str) -> Result<u64, StoreError> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| StoreError::Corrupt { what })
}

/// Writes a count or a place: SQLite's integers end at 2^63, far beyond any of ours.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads a division code in its filled form.
pub(crate) fn division(
    row: &Row<'_>,
    column: &str,
    what: &'static str,
) -> Result<DivisionCode, StoreError> {
    let text: String = row.get(column)?;
    DivisionCode::from_filled(&text).map_err(|_| StoreError::Corrupt { what })
}

/// Collects the rows of a query through a reader that may fail in our own way.
pub(crate) fn all<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(read(row)?);
    }
    Ok(out)
}

/// The first row of a query through such a reader, if there is one.
pub(crate) fn first<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    rows.next()?.map(read).transpose()
}
