//! Which letters about an objection were given out.

use itgel_domain::id::{CaseId, OfficerId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, params};

use super::{StoreError, Tx};

/// Notes that a letter was given out; the first time counts.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    (case, receipt, kind): (&CaseId, &str, &str),
    lang: &str,
    printed_by: &OfficerId,
    printed_at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into letter (case_id, receipt, kind, lang, printed_by, printed_at)
               values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (case_id, receipt, kind) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        case.as_str(),
        receipt,
        kind,
        lang,
        printed_by.as_str(),
        printed_at.0,
    ])?;
    Ok(())
}

/// Whether a letter was given out.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_given(
    connection: &Connection,
    case: &CaseId,
    receipt: &str,
    kind: &str,
) -> Result<bool, StoreError> {
    let sql = "select 1 from letter where case_id = ?1 and receipt = ?2 and kind = ?3";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.exists(params![case.as_str(), receipt, kind])?)
}
