//! Ratings: what the workflow made effective. Never edited, only superseded.

use itgel_domain::case::CaseState;
use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, CycleId, SubjectId};
use itgel_domain::subject::{Grade, SubjectKind};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::log_row::{self, Vouched};
use super::{StoreError, Tx, column};

/// A rating.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RatingRow {
    /// The case that it came from.
    pub case: CaseId,
    /// Whose.
    pub subject: SubjectId,
    /// The campaign.
    pub cycle: CycleId,
    /// The home of the subject when it became effective.
    pub division: DivisionCode,
    /// The grade.
    pub grade: Grade,
    /// The score in hundredths.
    pub score: i64,
    /// The stored assessment that it rests on.
    pub inputs: Hash,
    /// First day.
    pub effective_on: Date,
    /// Last day.
    pub valid_to: Date,
    /// Where its case stands.
    pub status: CaseState,
}

/// An effective rating as a roll-up reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatedSubject {
    /// Whose.
    pub subject: SubjectId,
    /// What kind of subject.
    pub kind: SubjectKind,
    /// The grade in effect.
    pub grade: Grade,
    /// The stored assessment.
    pub inputs: Hash,
    /// Whether the grade is a reviewer's override.
    pub is_overridden: bool,
}

const SELECT: &str = "select case_id, subject, cycle, division, grade, score, inputs_hash,
    effective_on, valid_to, status from rating";

/// The rating of a subject that is in effect, under watch or suspended.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_current(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Option<RatingRow>, StoreError> {
    Ok(list_current(connection, subject)?.into_iter().next())
}

/// Every rating of a subject that is in effect, under watch or suspended: one, but for the moment
/// at which another takes its place.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_current(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<RatingRow>, StoreError> {
    let all = list(connection, subject)?.into_iter();
    let is_current = |r: &RatingRow| r.status.is_in_effect() || r.status == CaseState::Suspended;
    Ok(all.filter(is_current).collect())
}

/// Every rating of a subject, the newest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, subject: &SubjectId) -> Result<Vec<RatingRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 order by effective_on desc, case_id desc");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Ratings of everybody behind a case, by case.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_after(
    connection: &Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<RatingRow>, StoreError> {
    let sql = format!("{SELECT} where case_id > ?1 order by case_id limit ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![after, limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The ratings in effect and valid on `day` of the subjects that live in `division`, by subject:
/// one each.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_in_effect(
    connection: &Connection,
    division: DivisionCode,
    day: Date,
) -> Result<Vec<RatedSubject>, StoreError> {
    let sql = "select r.subject, s.kind, r.grade, r.inputs_hash, exists (
                   select 1 from case_event e where e.case_id = r.case_id and e.step = 'override'
               ) as overridden
               from subject s join rating r on r.subject = s.id
               where s.division >= ?1 and s.division < ?2 and s.erased_at is null
                   and r.status in ('effective', 'watch')
                   and r.effective_on <= ?3 and r.valid_to >= ?3
               order by r.subject, r.effective_on desc, r.case_id desc";
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![low, high, day.to_string()], |row| {
        Ok(read_rated(row))
    })?;
    let mut rated = rows
        .map(|row| row?)
        .collect::<Result<Vec<RatedSubject>, StoreError>>()?;
    rated.dedup_by(|later, first| later.subject == first.subject);
    Ok(rated)
}

/// The rating of a subject in effect and valid on `day`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_in_effect(
    connection: &Connection,
    subject: &SubjectId,
    day: Date,
) -> Result<Option<RatedSubject>, StoreError> {
    let sql = "select r.subject, s.kind, r.grade, r.inputs_hash, exists (
                   select 1 from case_event e where e.case_id = r.case_id and e.step = 'override'
               ) as overridden
               from rating r join subject s on s.id = r.subject
               where r.subject = ?1 and s.erased_at is null and r.status in ('effective', 'watch')
                   and r.effective_on <= ?2 and r.valid_to >= ?2
               order by r.effective_on desc, r.case_id desc limit 1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![subject.as_str(), day.to_string()], |row| {
        Ok(read_rated(row))
    });
    found.optional()?.transpose()
}

/// Ratings that are still current and whose last day lies before `day`, by case.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_ended(connection: &Connection, day: Date) -> Result<Vec<CaseId>, StoreError> {
    let sql = "select case_id from rating
               where status in ('effective', 'watch', 'suspended') and valid_to < ?1
               order by case_id";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![day.to_string()], |row| {
        Ok(column::word(row, "case_id", "rating.case_id"))
    })?;
    rows.map(|row| row?).collect()
}

/// Writes the rating of a case; after an objection to a rating in effect it comes a second time.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, rating: &RatingRow) -> Result<(), StoreError> {
    let sql = "insert into rating (case_id, subject, cycle, division, grade, score, inputs_hash,
                   effective_on, valid_to, status, salt)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               on conflict (case_id) do update set division = excluded.division,
                   grade = excluded.grade, score = excluded.score,
                   inputs_hash = excluded.inputs_hash, effective_on = excluded.effective_on,
                   valid_to = excluded.valid_to, status = excluded.status";
    let values = params![
        rating.case.as_str(),
        rating.subject.as_str(),
        rating.cycle.as_str(),
        rating.division.filled_text(),
        rating.grade.as_str(),
        rating.score,
        rating.inputs.to_string(),
        rating.effective_on.to_string(),
        rating.valid_to.to_string(),
        rating.status.as_str(),
        log_row::salt()?,
    ];
    log_row::put(tx, Vouched::Rating, sql, values, [rating.case.as_str()])?;
    Ok(())
}

/// Brings the status of a rating to the state of its case; `false` if the case has no rating.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_status(tx: &Tx<'_>, case: &CaseId, status: CaseState) -> Result<bool, StoreError> {
    let sql = "update rating set status = ?2 where case_id = ?1";
    let values = params![case.as_str(), status.as_str()];
    log_row::put(tx, Vouched::Rating, sql, values, [case.as_str()])
}

fn read_rated(row: &Row<'_>) -> Result<RatedSubject, StoreError> {
    Ok(RatedSubject {
        subject: column::word(row, "subject", "rating.subject")?,
        kind: column::word(row, "kind", "subject.kind")?,
        grade: column::word(row, "grade", "rating.grade")?,
        inputs: column::word(row, "inputs_hash", "rating.inputs_hash")?,
        is_overridden: row.get("overridden")?,
    })
}

fn read(row: &Row<'_>) -> Result<RatingRow, StoreError> {
    Ok(RatingRow {
        case: column::word(row, "case_id", "rating.case_id")?,
        subject: column::word(row, "subject", "rating.subject")?,
        cycle: column::word(row, "cycle", "rating.cycle")?,
        division: column::division(row, "division", "rating.division")?,
        grade: column::word(row, "grade", "rating.grade")?,
        score: row.get("score")?,
        inputs: column::word(row, "inputs_hash", "rating.inputs_hash")?,
        effective_on: column::word(row, "effective_on", "rating.effective_on")?,
        valid_to: column::word(row, "valid_to", "rating.valid_to")?,
        status: column::word(row, "status", "rating.status")?,
    })
}
