//! Standings: where each subject stands in a campaign, as screens and decisions read it.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::board::Counts;
use super::{StoreError, Tx, column};

/// Where a subject stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingRow {
    /// The subject.
    pub subject: SubjectId,
    /// The campaign.
    pub cycle: CycleId,
    /// Its home.
    pub division: DivisionCode,
    /// Whether a sealed visit arrived.
    pub is_filed: bool,
    /// Open conflicts.
    pub conflicts: u32,
    /// Whether they change the grade.
    pub conflict_matters: bool,
    /// The lowest grade that can still come out.
    pub grade_low: Option<Grade>,
    /// The highest.
    pub grade_high: Option<Grade>,
    /// The score in hundredths, of the lowest combination.
    pub score: Option<i64>,
    /// Completeness in hundredths of a per cent.
    pub completeness: Option<i64>,
    /// The assessment that it rests on.
    pub inputs_hash: Option<Hash>,
    /// When that was made.
    pub assessed_at: Option<AtMs>,
    /// What the boards count of it.
    pub contribution: Counts,
}

/// The place of a standing among all of them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingPlace {
    /// The home of the subject.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// The subject.
    pub subject: SubjectId,
}

const SELECT: &str = "select subject, cycle, division, filed, conflicts, conflict_matters,
                          grade_low, grade_high, score, completeness, inputs_hash, assessed_at,
                          contribution from standing";

/// Where a subject stands in a campaign; `None` before anything of it arrived.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Option<StandingRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 and cycle = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![subject.as_str(), cycle.as_str()];
    query
        .query_row(key, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Whether anybody stands anywhere.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_any(connection: &Connection) -> Result<bool, StoreError> {
    let mut query = connection.prepare_cached("select exists (select 1 from standing)")?;
    Ok(query.query_row([], |row| row.get(0))?)
}

/// Whether anybody stands anywhere in a campaign.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_any_in(connection: &Connection, cycle: &CycleId) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from standing where cycle = ?1)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![cycle.as_str()], |row| row.get(0))?)
}

/// The standings in a division, by subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    within: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<StandingRow>, StoreError> {
    let sql =
        format!("{SELECT} where cycle = ?1 and division >= ?2 and division < ?3 order by subject");
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![cycle.as_str(), low, high], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The campaigns in which a subject stands somewhere.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_cycles(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<CycleId>, StoreError> {
    let mut query = connection
        .prepare_cached("select cycle from standing where subject = ?1 order by cycle")?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "cycle", "standing.cycle"))
    })?;
    rows.map(|row| row?).collect()
}

/// The standings in a division, of all campaigns, after a place: gacha after gacha, so that
/// neighbours come together.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_places(
    connection: &Connection,
    within: DivisionCode,
    after: Option<&StandingPlace>,
    limit: usize,
) -> Result<Vec<StandingPlace>, StoreError> {
    let sql = "select division, cycle, subject from standing
               where (division, cycle, subject) > (?1, ?2, ?3) and division < ?4
               order by division, cycle, subject limit ?5";
    let (low, high) = within.text_range();
    let (division, cycle, subject) = match after {
        None => (low, "", ""),
        Some(place) => (
            place.division.filled_text(),
            place.cycle.as_str(),
            place.subject.as_str(),
        ),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![division, cycle, subject, high, limit], |row| {
        Ok(read_place(row))
    })?;
    rows.map(|row| row?).collect()
}

/// Writes where a subject stands.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &StandingRow) -> Result<(), StoreError> {
    let sql = "insert into standing (subject, cycle, division, filed, conflicts, conflict_matters,
                   grade_low, grade_high, score, completeness, inputs_hash, assessed_at,
                   contribution)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
               on conflict (subject, cycle) do update set division = excluded.division,
                   filed = excluded.filed, conflicts = excluded.conflicts,
                   conflict_matters = excluded.conflict_matters, grade_low = excluded.grade_low,
                   grade_high = excluded.grade_high, score = excluded.score,
                   completeness = excluded.completeness, inputs_hash = excluded.inputs_hash,
                   assessed_at = excluded.assessed_at, contribution = excluded.contribution";
    tx.prepare_cached(sql)?.execute(params![
        row.subject.as_str(),
        row.cycle.as_str(),
        row.division.filled_text(),
        row.is_filed,
        row.conflicts,
        row.conflict_matters,
        row.grade_low.map(Grade::as_str),
        row.grade_high.map(Grade::as_str),
        row.score,
        row.completeness,
        row.inputs_hash.map(|hash| hash.to_string()),
        row.assessed_at.map(|at| at.0),
        column::to_json(&row.contribution, "standing.contribution")?,
    ])?;
    Ok(())
}

/// Deletes where a subject stands.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from standing where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read_place(row: &Row<'_>) -> Result<StandingPlace, StoreError> {
    Ok(StandingPlace {
        division: column::division(row, "division", "standing.division")?,
        cycle: column::word(row, "cycle", "standing.cycle")?,
        subject: column::word(row, "subject", "standing.subject")?,
    })
}

fn read(row: &Row<'_>) -> Result<StandingRow, StoreError> {
    Ok(StandingRow {
        subject: column::word(row, "subject", "standing.subject")?,
        cycle: column::word(row, "cycle", "standing.cycle")?,
        division: column::division(row, "division", "standing.division")?,
        is_filed: row.get("filed")?,
        conflicts: row.get("conflicts")?,
        conflict_matters: row.get("conflict_matters")?,
        grade_low: column::optional_word(row, "grade_low", "standing.grade_low")?,
        grade_high: column::optional_word(row, "grade_high", "standing.grade_high")?,
        score: row.get("score")?,
        completeness: row.get("completeness")?,
        inputs_hash: column::optional_word(row, "inputs_hash", "standing.inputs_hash")?,
        assessed_at: row.get::<_, Option<i64>>("assessed_at")?.map(AtMs),
        contribution: column::json(row, "contribution", "standing.contribution")?,
    })
}
