//! Cases in lists: the queue of a division, and what has a deadline.

use itgel_domain::case::CaseState;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CaseId, CycleId, OfficerId, SubjectId};
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::{CaseRow, SELECT, read};
use crate::store::{StoreError, Tx, column};

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CaseListed {
    /// The case.
    pub id: CaseId,
    /// Whose.
    pub subject: SubjectId,
    /// What kind of subject.
    pub kind: SubjectKind,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The home division.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// Where it stands.
    pub state: CaseState,
    /// What the next actor must have seen.
    pub version: u64,
    /// The grade as it stands.
    pub grade: Option<Grade>,
    /// In this state since.
    pub since: AtMs,
    /// When publicity or notice began.
    pub period_from: Option<AtMs>,
    /// How soon it needs a person: 0 first, 9 not at all.
    pub attention: u8,
}

/// Which cases to list.
#[derive(Debug, Clone)]
pub struct CaseFilter {
    /// The campaign.
    pub cycle: CycleId,
    /// Where: the division and everything in it.
    pub division: DivisionCode,
    /// Who reads: cases of subjects toward whom they have declared an interest are left out.
    pub reader: OfficerId,
    /// Only in this state.
    pub state: Option<CaseState>,
    /// Only of a household code that begins so, or of this case or subject.
    pub search: Option<String>,
    /// After this place of the list.
    pub after: Option<CasePlace>,
    /// Most cases.
    pub limit: usize,
}

/// A place in a list of cases: what needs a person first comes first, then what waits longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePlace {
    /// Its [`CaseListed::attention`].
    pub attention: u8,
    /// Its [`CaseListed::since`].
    pub since: AtMs,
    /// The case.
    pub id: CaseId,
}

/// The cases that a filter lets through, in the order of [`CasePlace`].
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, filter: &CaseFilter) -> Result<Vec<CaseListed>, StoreError> {
    let sql = "select c.id, c.subject, s.kind, s.local_code, c.division, c.cycle, c.state,
                   c.version, c.grade, c.since, c.period_from, c.attention
               from rating_case c join subject s on s.id = c.subject
               where c.cycle = ?1 and c.division >= ?2 and c.division < ?3
                   and (?4 is null or c.state = ?4)
                   and (?5 is null or c.id = ?5 or c.subject = ?5
                        or substr(s.local_code, 1, length(?5)) = ?5)
                   and (?6 is null or (c.attention, c.since, c.id) > (?6, ?7, ?8))
                   and not exists (select 1 from interest i
                                   where i.subject = c.subject and i.officer = ?10)
               order by c.attention, c.since, c.id limit ?9";
    let (low, high) = filter.division.text_range();
    let after = filter.after.as_ref();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(
        params![
            filter.cycle.as_str(),
            low,
            high,
            filter.state.map(CaseState::as_str),
            filter.search,
            after.map(|place| place.attention),
            after.map(|place| place.since.0),
            after.map(|place| place.id.as_str()),
            i64::try_from(filter.limit).unwrap_or(i64::MAX),
            filter.reader.as_str(),
        ],
        |row| Ok(read_listed(row)),
    )?;
    rows.map(|row| row?).collect()
}

/// Writes the earliest deadline that runs for a case.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_due(tx: &Tx<'_>, case: &CaseId, due_on: Option<Date>) -> Result<(), StoreError> {
    tx.prepare_cached("update rating_case set due_on = ?2 where id = ?1")?
        .execute(params![case.as_str(), due_on.map(|day| day.to_string())])?;
    Ok(())
}

/// The cases of a campaign in a division with a deadline that runs, the earliest first, after a
/// day and a case.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_due(
    connection: &Connection,
    (cycle, division): (&CycleId, DivisionCode),
    after: (&str, &str),
    limit: usize,
) -> Result<Vec<CaseRow>, StoreError> {
    let sql = format!(
        "{SELECT} where cycle = ?1 and division >= ?2 and division < ?3
             and due_on is not null and (due_on, id) > (?4, ?5)
         order by due_on, id limit ?6"
    );
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let key = params![cycle.as_str(), low, high, after.0, after.1, limit];
    let rows = query.query_map(key, |row| Ok(read(connection, row)))?;
    rows.map(|row| row?).collect()
}

/// The cases with a deadline that runs, after a case, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_with_due(
    connection: &Connection,
    after: Option<&CaseId>,
    limit: usize,
) -> Result<Vec<CaseId>, StoreError> {
    let sql = "select id from rating_case where due_on is not null and id > ?1
               order by id limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![after.map_or("", CaseId::as_str), limit], |row| {
        Ok(column::word(row, "id", "rating_case.id"))
    })?;
    rows.map(|row| row?).collect()
}

/// How many ratings of a campaign in a division were approved after an instant and stand, and when
/// the first of them was; `None` without any.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_approved(
    connection: &Connection,
    (cycle, division): (&CycleId, DivisionCode),
    after: Option<AtMs>,
) -> Result<Option<(u64, AtMs)>, StoreError> {
    let sql = "select count(distinct c.id) as many, min(e.at) as first
               from rating_case c join case_event e on e.case_id = c.id
               where c.cycle = ?1 and c.division >= ?2 and c.division < ?3
                   and c.state in ('approved', 'effective', 'watch')
                   and e.step = 'approve' and e.at > ?4";
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let key = params![cycle.as_str(), low, high, after.map_or(0, |at| at.0)];
    query.query_row(key, |row| {
        let first: Option<i64> = row.get("first")?;
        let many = column::unsigned(row, "many", "rating_case.many");
        Ok(many.map(|many| first.map(|first| (many, AtMs(first)))))
    })?
}

fn read_listed(row: &Row<'_>) -> Result<CaseListed, StoreError> {
    Ok(CaseListed {
        id: column::word(row, "id", "rating_case.id")?,
        subject: column::word(row, "subject", "rating_case.subject")?,
        kind: column::word(row, "kind", "subject.kind")?,
        local_code: row.get("local_code")?,
        division: column::division(row, "division", "rating_case.division")?,
        cycle: column::word(row, "cycle", "rating_case.cycle")?,
        state: column::word(row, "state", "rating_case.state")?,
        version: column::unsigned(row, "version", "rating_case.version")?,
        grade: column::optional_word(row, "grade", "rating_case.grade")?,
        since: AtMs(row.get("since")?),
        period_from: row.get::<_, Option<i64>>("period_from")?.map(AtMs),
        attention: row.get("attention")?,
    })
}
