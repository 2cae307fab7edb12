//! What a gacha's board showed: masked name, household code and proposed grade, and never more
//! than this of anybody (`domain.md` D.4).

use itgel_domain::case::deadline::Due;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CaseId, CycleId, SubjectId};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// A line of a publicity list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PublicityRow {
    /// The case.
    #[serde(skip)]
    pub case: CaseId,
    /// The gacha.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// Whose; not part of what is shown.
    #[serde(skip)]
    pub subject: SubjectId,
    /// The first character of the name and ＊.
    pub masked_name: String,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The proposed grade: AAA, AA or A.
    pub grade: Grade,
    /// When it was posted.
    pub posted_at: AtMs,
    /// The last day for an objection.
    pub closes_on: Date,
    /// Reckoned without the holidays of a year that is not published yet.
    pub is_provisional: bool,
}

/// The list of a gacha in a campaign, by household code.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<PublicityRow>, StoreError> {
    let sql = "select case_id, division, cycle, subject, masked_name, local_code, grade, posted_at,
                   closes_on, is_provisional
               from publicity where cycle = ?1 and division >= ?2 and division < ?3
               order by division, local_code, case_id";
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![cycle.as_str(), low, high], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Puts a line on the list; a case that is published again replaces its line.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &PublicityRow) -> Result<(), StoreError> {
    let sql = "insert or replace into publicity (case_id, division, cycle, subject, masked_name,
                   local_code, grade, posted_at, closes_on, is_provisional)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    tx.prepare_cached(sql)?.execute(params![
        row.case.as_str(),
        row.division.filled_text(),
        row.cycle.as_str(),
        row.subject.as_str(),
        row.masked_name,
        row.local_code,
        row.grade.as_str(),
        row.posted_at.0,
        row.closes_on.to_string(),
        i64::from(row.is_provisional),
    ])?;
    Ok(())
}

/// Brings the line of a case that is still on the board to the board of another gacha, under the
/// number that the household has there.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn move_to(
    tx: &Tx<'_>,
    case: &CaseId,
    division: DivisionCode,
    local_code: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached("update publicity set division = ?2, local_code = ?3 where case_id = ?1")?
        .execute(params![case.as_str(), division.filled_text(), local_code])?;
    Ok(())
}

/// Takes everything of a subject off the lists.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from publicity where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

/// Takes the line of a case off the list.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete_case(tx: &Tx<'_>, case: &CaseId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from publicity where case_id = ?1")?
        .execute(params![case.as_str()])?;
    Ok(())
}

/// Writes the last day of a line that was reckoned again.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_closes_on(tx: &Tx<'_>, case: &CaseId, closes: Due) -> Result<(), StoreError> {
    tx.prepare_cached(
        "update publicity set closes_on = ?2, is_provisional = ?3 where case_id = ?1",
    )?
    .execute(params![
        case.as_str(),
        closes.on.to_string(),
        i64::from(closes.provisional)
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<PublicityRow, StoreError> {
    Ok(PublicityRow {
        case: column::word(row, "case_id", "publicity.case_id")?,
        division: column::division(row, "division", "publicity.division")?,
        cycle: column::word(row, "cycle", "publicity.cycle")?,
        subject: column::word(row, "subject", "publicity.subject")?,
        masked_name: row.get("masked_name")?,
        local_code: row.get("local_code")?,
        grade: column::word(row, "grade", "publicity.grade")?,
        posted_at: AtMs(row.get("posted_at")?),
        closes_on: column::word(row, "closes_on", "publicity.closes_on")?,
        is_provisional: row.get::<_, i64>("is_provisional")? != 0,
    })
}
