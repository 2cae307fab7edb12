//! Doubts about how a visit or an evaluation was made, and what a person made of each.

use itgel_domain::case::doubt::{DoubtKind, DoubtOutcome};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CycleId, DoubtId, OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A doubt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DoubtRow {
    /// Its identifier.
    pub id: DoubtId,
    /// What is doubtful.
    pub kind: DoubtKind,
    /// The gacha.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// About whose case; absent for an evaluation as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Who has to explain it.
    pub officer: OfficerId,
    /// Figures and places, never values.
    pub detail: serde_json::Value,
    /// When it came up.
    pub raised_at: AtMs,
    /// What a person made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// What a person made of a doubt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Settled {
    /// What.
    pub outcome: DoubtOutcome,
    /// Who.
    pub by: OfficerId,
    /// When.
    pub at: AtMs,
    /// Why.
    pub reason: String,
}

const SELECT: &str = "select id, kind, division, cycle, subject, officer, detail, raised_at,
    outcome, settled_by, settled_at, reason from doubt";

/// Raises a doubt; `false` if the same stands open or was settled for the same cause.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &DoubtRow, cause: &str) -> Result<bool, StoreError> {
    let sql = "insert into doubt (id, kind, division, cycle, subject, officer, cause, detail,
                   raised_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               on conflict (kind, officer, cycle, cause) do nothing";
    let written = tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.kind.as_str(),
        row.division.filled_text(),
        row.cycle.as_str(),
        row.subject.as_ref().map(SubjectId::as_str),
        row.officer.as_str(),
        cause,
        row.detail.to_string(),
        row.raised_at.0,
    ])?;
    Ok(written == 1)
}

/// The doubt with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &DoubtId) -> Result<Option<DoubtRow>, StoreError> {
    let mut query = connection.prepare_cached(&format!("{SELECT} where id = ?1"))?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The doubts of a campaign in a division, open ones first, each oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<DoubtRow>, StoreError> {
    let sql = format!(
        "{SELECT} where cycle = ?1 and division >= ?2 and division < ?3
         order by (settled_at is not null), raised_at, id"
    );
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![cycle.as_str(), low, high], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Settles a doubt; `false` if it was settled already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn settle(tx: &Tx<'_>, id: &DoubtId, settled: &Settled) -> Result<bool, StoreError> {
    let sql = "update doubt set outcome = ?2, settled_by = ?3, settled_at = ?4, reason = ?5
               where id = ?1 and settled_at is null";
    let written = tx.prepare_cached(sql)?.execute(params![
        id.as_str(),
        settled.outcome.as_str(),
        settled.by.as_str(),
        settled.at.0,
        settled.reason,
    ])?;
    Ok(written == 1)
}

/// Takes the words about a subject that is erased away; who has to explain what stays.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn redact(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("update doubt set reason = null, detail = '{}' where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<DoubtRow, StoreError> {
    let settled_at: Option<i64> = row.get("settled_at")?;
    let settled = match settled_at {
        Some(at) => Some(Settled {
            outcome: column::word(row, "outcome", "doubt.outcome")?,
            by: column::word(row, "settled_by", "doubt.settled_by")?,
            at: AtMs(at),
            reason: row.get::<_, Option<String>>("reason")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(DoubtRow {
        id: column::word(row, "id", "doubt.id")?,
        kind: column::word(row, "kind", "doubt.kind")?,
        division: column::division(row, "division", "doubt.division")?,
        cycle: column::word(row, "cycle", "doubt.cycle")?,
        subject: column::optional_word(row, "subject", "doubt.subject")?,
        officer: column::word(row, "officer", "doubt.officer")?,
        detail: column::json(row, "detail", "doubt.detail")?,
        raised_at: AtMs(row.get("raised_at")?),
        settled,
    })
}
