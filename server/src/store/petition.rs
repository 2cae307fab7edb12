//! What subjects ask of a person, and the answers.

use itgel_domain::case::petition::{PetitionKind, PetitionOutcome};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CaseId, OfficerId, PetitionId, RowId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A petition.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PetitionRow {
    /// Its number.
    pub id: PetitionId,
    /// What is asked for.
    pub kind: PetitionKind,
    /// Who asks.
    pub subject: SubjectId,
    /// Where the subject lived.
    pub division: DivisionCode,
    /// The case that a person is to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// How many events that case had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_version: Option<u64>,
    /// The record that is to be repaired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RowId>,
    /// What the subject says.
    pub words: String,
    /// When it was handed in.
    pub filed_at: AtMs,
    /// Who took it down.
    pub taken_by: OfficerId,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Answer {
    /// What became of it.
    pub outcome: PetitionOutcome,
    /// Why.
    pub words: String,
    /// Who decided.
    pub by: OfficerId,
    /// When.
    pub at: AtMs,
}

const SELECT: &str = "select id, kind, subject, division, case_id, case_version, record, words,
    filed_at, taken_by, outcome, answer, answered_by, answered_at from petition";

/// Writes a new petition.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &PetitionRow) -> Result<(), StoreError> {
    let sql = "insert into petition (id, kind, subject, division, case_id, case_version, record,
                   words, filed_at, taken_by)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.kind.as_str(),
        row.subject.as_str(),
        row.division.filled_text(),
        row.case.as_ref().map(CaseId::as_str),
        row.case_version.map(column::signed),
        row.record.as_ref().map(RowId::as_str),
        row.words,
        row.filed_at.0,
        row.taken_by.as_str(),
    ])?;
    Ok(())
}

/// The petition with this number.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &PetitionId) -> Result<Option<PetitionRow>, StoreError> {
    let mut query = connection.prepare_cached(&format!("{SELECT} where id = ?1"))?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The petitions of a division, open ones first, each oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    division: DivisionCode,
) -> Result<Vec<PetitionRow>, StoreError> {
    let sql = format!(
        "{SELECT} where division >= ?1 and division < ?2
         order by (answered_at is not null), filed_at, id"
    );
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![low, high], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes the answer; `false` if there is one already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn answer(tx: &Tx<'_>, id: &PetitionId, answer: &Answer) -> Result<bool, StoreError> {
    let sql = "update petition set outcome = ?2, answer = ?3, answered_by = ?4, answered_at = ?5
               where id = ?1 and answered_at is null";
    let written = tx.prepare_cached(sql)?.execute(params![
        id.as_str(),
        answer.outcome.as_str(),
        answer.words,
        answer.by.as_str(),
        answer.at.0,
    ])?;
    Ok(written == 1)
}

/// Takes every word of and to a subject away; that there was a petition stays.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn redact(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "update petition set words = '', answer = '' where subject = ?1";
    tx.prepare_cached(sql)?.execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<PetitionRow, StoreError> {
    let answered_at: Option<i64> = row.get("answered_at")?;
    let answer = match answered_at {
        Some(at) => Some(Answer {
            outcome: column::word(row, "outcome", "petition.outcome")?,
            words: row.get::<_, Option<String>>("answer")?.unwrap_or_default(),
            by: column::word(row, "answered_by", "petition.answered_by")?,
            at: AtMs(at),
        }),
        None => None,
    };
    let version: Option<i64> = row.get("case_version")?;
    Ok(PetitionRow {
        id: column::word(row, "id", "petition.id")?,
        kind: column::word(row, "kind", "petition.kind")?,
        subject: column::word(row, "subject", "petition.subject")?,
        division: column::division(row, "division", "petition.division")?,
        case: column::optional_word(row, "case_id", "petition.case_id")?,
        case_version: version.and_then(|version| u64::try_from(version).ok()),
        record: column::optional_word(row, "record", "petition.record")?,
        words: row.get("words")?,
        filed_at: AtMs(row.get("filed_at")?),
        taken_by: column::word(row, "taken_by", "petition.taken_by")?,
        answer,
    })
}
