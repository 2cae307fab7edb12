//! Reports as they were given to lenders, sealed under the key of the subject's identity: whoever
//! erases that key erases them.

use itgel_domain::authorisation::Purpose;
use itgel_domain::id::{AuthorisationId, LenderId, ReportId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A report as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportRecord {
    /// Its number.
    pub id: ReportId,
    /// By which right.
    pub authorisation: AuthorisationId,
    /// To whom.
    pub lender: LenderId,
    /// About whom.
    pub subject: SubjectId,
    /// What for.
    pub purpose: Purpose,
    /// When.
    pub made_at: AtMs,
    /// Its JSON, sealed.
    pub sealed: Vec<u8>,
}

/// The report with this number, of this lender: another's is not there.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    id: &ReportId,
    lender: &LenderId,
) -> Result<Option<ReportRecord>, StoreError> {
    let sql = "select id, authorisation, lender, subject, purpose, made_at, sealed from report
               where id = ?1 and lender = ?2";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![id.as_str(), lender.as_str()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Whether a report was ever given under an authorisation.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_given(connection: &Connection, given: &AuthorisationId) -> Result<bool, StoreError> {
    let mut query =
        connection.prepare_cached("select 1 from report where authorisation = ?1 limit 1")?;
    Ok(query.exists(params![given.as_str()])?)
}

/// Writes a new report.
///
/// # Errors
/// [`StoreError`] of the database, also if the number is taken.
pub fn put(tx: &Tx<'_>, report: &ReportRecord) -> Result<(), StoreError> {
    let sql = "insert into report (id, authorisation, lender, subject, purpose, made_at, sealed)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.prepare_cached(sql)?.execute(params![
        report.id.as_str(),
        report.authorisation.as_str(),
        report.lender.as_str(),
        report.subject.as_str(),
        report.purpose.as_str(),
        report.made_at.0,
        report.sealed,
    ])?;
    Ok(())
}

/// The reports about a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<ReportRecord>, StoreError> {
    let sql = "select id, authorisation, lender, subject, purpose, made_at, sealed from report
               where subject = ?1 order by made_at, id";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Replaces the content of a report by what is left of it after a record was deleted.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn replace(tx: &Tx<'_>, id: &ReportId, sealed: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("update report set sealed = ?2 where id = ?1")?
        .execute(params![id.as_str(), sealed])?;
    Ok(())
}

/// Takes the contents of the reports about a subject away; that they were given stays.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("update report set sealed = x'' where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ReportRecord, StoreError> {
    Ok(ReportRecord {
        id: column::word(row, "id", "report.id")?,
        authorisation: column::word(row, "authorisation", "report.authorisation")?,
        lender: column::word(row, "lender", "report.lender")?,
        subject: column::word(row, "subject", "report.subject")?,
        purpose: column::word(row, "purpose", "report.purpose")?,
        made_at: AtMs(row.get("made_at")?),
        sealed: row.get("sealed")?,
    })
}
