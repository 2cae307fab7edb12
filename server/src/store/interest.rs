//! Declared conflicts of interest: who must not act for whom, since when, and on whose word
//! (`domain.md` D.1). Nothing is overwritten: what has ended stays as history.

use std::collections::BTreeSet;

use itgel_domain::case::interest::InterestKind;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// A declaration.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InterestRow {
    /// Toward whom.
    pub subject: SubjectId,
    /// Who must not act.
    pub officer: OfficerId,
    /// How they are bound.
    pub kind: InterestKind,
    /// Who said so.
    pub declared_by: OfficerId,
    /// When.
    pub declared_at: AtMs,
    /// On what paper.
    pub source: String,
    /// Who said that it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<OfficerId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<AtMs>,
}

/// The officers who must not act for a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<BTreeSet<OfficerId>, StoreError> {
    let mut query = connection.prepare_cached(
        "select distinct officer from interest where subject = ?1 and ended_at is null",
    )?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "officer", "interest.officer"))
    })?;
    rows.map(|row| row?).collect()
}

/// Everything that was ever declared about a subject or an officer, oldest first; all of it
/// without either.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn history(
    connection: &Connection,
    subject: Option<&SubjectId>,
    officer: Option<&OfficerId>,
) -> Result<Vec<InterestRow>, StoreError> {
    let sql = "select subject, officer, kind, declared_by, declared_at, source, ended_by, ended_at
               from interest where (?1 is null or subject = ?1) and (?2 is null or officer = ?2)
               order by declared_at, subject, officer, kind";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![
        subject.map(SubjectId::as_str),
        officer.map(OfficerId::as_str)
    ];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Declares a conflict of interest; `false` if the same stands already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &InterestRow) -> Result<bool, StoreError> {
    let sql = "insert into interest (subject, officer, kind, declared_by, declared_at, source)
               select ?1, ?2, ?3, ?4, ?5, ?6 where not exists (
                   select 1 from interest where subject = ?1 and officer = ?2 and kind = ?3
                       and ended_at is null)";
    let written = tx.prepare_cached(sql)?.execute(params![
        row.subject.as_str(),
        row.officer.as_str(),
        row.kind.as_str(),
        row.declared_by.as_str(),
        row.declared_at.0,
        row.source,
    ])?;
    Ok(written == 1)
}

/// Ends what stands of a kind; `false` if nothing did.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn end(
    tx: &Tx<'_>,
    (subject, officer, kind): (&SubjectId, &OfficerId, InterestKind),
    ended_by: &OfficerId,
    ended_at: AtMs,
) -> Result<bool, StoreError> {
    let sql = "update interest set ended_by = ?4, ended_at = ?5
               where subject = ?1 and officer = ?2 and kind = ?3 and ended_at is null";
    let written = tx.prepare_cached(sql)?.execute(params![
        subject.as_str(),
        officer.as_str(),
        kind.as_str(),
        ended_by.as_str(),
        ended_at.0,
    ])?;
    Ok(written > 0)
}

fn read(row: &Row<'_>) -> Result<InterestRow, StoreError> {
    Ok(InterestRow {
        subject: column::word(row, "subject", "interest.subject")?,
        officer: column::word(row, "officer", "interest.officer")?,
        kind: column::word(row, "kind", "interest.kind")?,
        declared_by: column::word(row, "declared_by", "interest.declared_by")?,
        declared_at: AtMs(row.get("declared_at")?),
        source: row.get("source")?,
        ended_by: column::optional_word(row, "ended_by", "interest.ended_by")?,
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(AtMs),
    })
}
