//! Requests of subjects, holds, statements and notices of adverse records.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::{DecisionId, OfficerId, SubjectId};
use itgel_domain::rights::{RequestState, RightKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A request as it lies in the database.
#[derive(Debug, Clone)]
pub struct RequestRow {
    /// Its number.
    pub id: DecisionId,
    /// Whose data.
    pub subject: SubjectId,
    /// Where the subject lived when it was taken.
    pub division: DivisionCode,
    /// What was asked for.
    pub kind: RightKind,
    /// Where it stands.
    pub state: RequestState,
    /// The last day for an answer.
    pub due_on: Date,
    /// When it was taken.
    pub taken_at: AtMs,
    /// When it was refused or done.
    pub closed_at: Option<AtMs>,
    /// The request under the key of the identity; empty once that was erased.
    pub sealed: Vec<u8>,
}

/// An order of the law to keep a subject's data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct HoldRow {
    /// Its number.
    pub id: DecisionId,
    /// Whose data.
    pub subject: SubjectId,
    /// The law or the order with its number.
    pub basis: String,
    /// Who placed it.
    pub placed_by: OfficerId,
    /// When.
    pub placed_at: AtMs,
    /// When it was lifted.
    pub lifted_at: Option<AtMs>,
}

/// A statement as it lies in the database.
#[derive(Debug, Clone)]
pub struct StatementRow {
    /// Its number.
    pub id: DecisionId,
    /// Who said it.
    pub subject: SubjectId,
    /// What it speaks of.
    pub about: String,
    /// The day.
    pub made_on: Date,
    /// Who took it down.
    pub taken_by: OfficerId,
    /// When.
    pub taken_at: AtMs,
    /// The words under the key of the identity.
    pub sealed: Vec<u8>,
}

const SELECT: &str =
    "select id, subject, division, kind, state, due_on, taken_at, closed_at, sealed
     from rights_request";

/// Writes a request, or what became of it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_request(tx: &Tx<'_>, row: &RequestRow) -> Result<(), StoreError> {
    let sql = "insert into rights_request
                   (id, subject, division, kind, state, due_on, taken_at, closed_at, sealed)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               on conflict (id) do update set state = excluded.state,
                   closed_at = excluded.closed_at, sealed = excluded.sealed";
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.subject.as_str(),
        row.division.filled_text(),
        row.kind.as_str(),
        row.state.as_str(),
        row.due_on.to_string(),
        row.taken_at.0,
        row.closed_at.map(|at| at.0),
        row.sealed,
    ])?;
    Ok(())
}

/// The request with this number.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_request(
    connection: &Connection,
    id: &DecisionId,
) -> Result<Option<RequestRow>, StoreError> {
    let mut query = connection.prepare_cached(&format!("{SELECT} where id = ?1"))?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The requests of a subject, the oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<RequestRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 order by taken_at, id");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The requests in a state of subjects that live in `within`, those that are due first, after the
/// place `after`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_in(
    connection: &Connection,
    within: DivisionCode,
    state: RequestState,
    after: &str,
    limit: u32,
) -> Result<Vec<RequestRow>, StoreError> {
    let sql = format!(
        "{SELECT} where state = ?1 and division >= ?2 and division < ?3
             and due_on || ' ' || id > ?4 order by due_on, id limit ?5"
    );
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![state.as_str(), low, high, after, limit];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Every request that is not answered.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_open(connection: &Connection) -> Result<Vec<RequestRow>, StoreError> {
    let sql = format!("{SELECT} where state = 'open' order by due_on, id");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map([], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes the last day of a request that was reckoned again.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_due(tx: &Tx<'_>, id: &DecisionId, due_on: Date) -> Result<(), StoreError> {
    let sql = "update rights_request set due_on = ?2 where id = ?1";
    tx.prepare_cached(sql)?
        .execute(params![id.as_str(), due_on.to_string()])?;
    Ok(())
}

/// Writes a hold.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_hold(tx: &Tx<'_>, hold: &HoldRow) -> Result<(), StoreError> {
    let sql = "insert into legal_hold (id, subject, basis, placed_by, placed_at)
               values (?1, ?2, ?3, ?4, ?5)";
    tx.prepare_cached(sql)?.execute(params![
        hold.id.as_str(),
        hold.subject.as_str(),
        hold.basis,
        hold.placed_by.as_str(),
        hold.placed_at.0,
    ])?;
    Ok(())
}

/// Lifts a hold; whether it was in force.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn lift_hold(
    tx: &Tx<'_>,
    id: &DecisionId,
    by: &OfficerId,
    at: AtMs,
) -> Result<bool, StoreError> {
    let sql = "update legal_hold set lifted_by = ?2, lifted_at = ?3
               where id = ?1 and lifted_at is null";
    let lifted = tx
        .prepare_cached(sql)?
        .execute(params![id.as_str(), by.as_str(), at.0])?;
    Ok(lifted == 1)
}

/// The holds on a subject, lifted ones too, the oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_holds(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<HoldRow>, StoreError> {
    let sql = "select id, subject, basis, placed_by, placed_at, lifted_at from legal_hold
               where subject = ?1 order by placed_at, id";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read_hold(row)))?;
    rows.map(|row| row?).collect()
}

/// The hold with this number.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_hold(connection: &Connection, id: &DecisionId) -> Result<Option<HoldRow>, StoreError> {
    let sql = "select id, subject, basis, placed_by, placed_at, lifted_at from legal_hold
               where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read_hold(row)));
    found.optional()?.transpose()
}

/// Writes a statement.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_statement(tx: &Tx<'_>, row: &StatementRow) -> Result<(), StoreError> {
    let sql = "insert into statement (id, subject, about, made_on, taken_by, taken_at, sealed)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.subject.as_str(),
        row.about,
        row.made_on.to_string(),
        row.taken_by.as_str(),
        row.taken_at.0,
        row.sealed,
    ])?;
    Ok(())
}

/// Takes a statement back and its words away; whether it stood.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn withdraw_statement(
    tx: &Tx<'_>,
    subject: &SubjectId,
    id: &DecisionId,
    at: AtMs,
) -> Result<bool, StoreError> {
    let sql = "update statement set withdrawn_at = ?3, sealed = x''
               where id = ?1 and subject = ?2 and withdrawn_at is null";
    let withdrawn =
        tx.prepare_cached(sql)?
            .execute(params![id.as_str(), subject.as_str(), at.0])?;
    Ok(withdrawn == 1)
}

/// The statements of a subject that stand, the oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_statements(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<StatementRow>, StoreError> {
    let sql = "select id, subject, about, made_on, taken_by, taken_at, sealed from statement
               where subject = ?1 and withdrawn_at is null order by taken_at, id";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read_statement(row)))?;
    rows.map(|row| row?).collect()
}

/// Notes that the subject was told of an adverse record; the first time counts.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_notice(
    tx: &Tx<'_>,
    (subject, register, row_key): (&SubjectId, &str, &str),
    (channel, told_on): (&str, Date),
    by: &OfficerId,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "insert into adverse_notice
                   (subject, register, row_key, channel, told_on, told_by, noted_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               on conflict (subject, register, row_key) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        subject.as_str(),
        register,
        row_key,
        channel,
        told_on.to_string(),
        by.as_str(),
        at.0,
    ])?;
    Ok(())
}

/// The day on which the subject was told of a record; `None` if it was not.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn told_on(
    connection: &Connection,
    subject: &SubjectId,
    register: &str,
    row_key: &str,
) -> Result<Option<Date>, StoreError> {
    let sql = "select told_on from adverse_notice
               where subject = ?1 and register = ?2 and row_key = ?3";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![subject.as_str(), register, row_key];
    let found = query.query_row(key, |row| {
        Ok(column::word(row, "told_on", "adverse_notice.told_on"))
    });
    found.optional()?.transpose()
}

/// Takes away what was said in requests and statements of a subject, and which records it was
/// told of. That somebody asked, and when it was answered, stays.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    for sql in [
        "update rights_request set sealed = x'' where subject = ?1",
        "delete from statement where subject = ?1",
        "delete from adverse_notice where subject = ?1",
    ] {
        tx.prepare_cached(sql)?.execute(params![subject.as_str()])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        id: column::word(row, "id", "rights_request.id")?,
        subject: column::word(row, "subject", "rights_request.subject")?,
        division: column::division(row, "division", "rights_request.division")?,
        kind: column::word(row, "kind", "rights_request.kind")?,
        state: column::word(row, "state", "rights_request.state")?,
        due_on: column::word(row, "due_on", "rights_request.due_on")?,
        taken_at: AtMs(row.get("taken_at")?),
        closed_at: row.get::<_, Option<i64>>("closed_at")?.map(AtMs),
        sealed: row.get("sealed")?,
    })
}

fn read_hold(row: &Row<'_>) -> Result<HoldRow, StoreError> {
    let lifted_at: Option<i64> = row.get("lifted_at")?;
    Ok(HoldRow {
        id: column::word(row, "id", "legal_hold.id")?,
        subject: column::word(row, "subject", "legal_hold.subject")?,
        basis: row.get("basis")?,
        placed_by: column::word(row, "placed_by", "legal_hold.placed_by")?,
        placed_at: AtMs(row.get("placed_at")?),
        lifted_at: lifted_at.map(AtMs),
    })
}

fn read_statement(row: &Row<'_>) -> Result<StatementRow, StoreError> {
    Ok(StatementRow {
        id: column::word(row, "id", "statement.id")?,
        subject: column::word(row, "subject", "statement.subject")?,
        about: row.get("about")?,
        made_on: column::word(row, "made_on", "statement.made_on")?,
        taken_by: column::word(row, "taken_by", "statement.taken_by")?,
        taken_at: AtMs(row.get("taken_at")?),
        sealed: row.get("sealed")?,
    })
}
