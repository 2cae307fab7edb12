//! Lines of the loan ledger: a loan in a month. People and loans are blind indexes here.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::{LedgerId, SubjectId};
use itgel_domain::ledger::{LoanKey, LoanLine, LoanState};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use super::{StoreError, Tx, column};

/// A line as it is written.
#[derive(Debug, Clone)]
pub struct NewLine<'a> {
    /// Where it stands.
    pub ledger: &'a LedgerId,
    /// The row as the lender counts.
    pub n: u32,
    /// The blind index of the reference.
    pub loan: &'a str,
    /// The blind index of the borrower's number.
    pub borrower: &'a str,
    /// Those of the guarantors.
    pub guarantors: &'a [String],
    /// How the loan stands.
    pub state: &'a LoanState,
}

const DISASTER: u8 = 1;
const REFINANCED: u8 = 2;
const WRITTEN_OFF: u8 = 4;
const GUARANTEE_PAID: u8 = 8;

pub(super) const LINE: &str =
    "select d.lender, d.month, l.loan, l.opened_on, l.due_on, l.closed_on,
                        l.amount_fen, l.balance_fen, l.rate_centi, l.purpose, l.days_past_due,
                        l.worst_days_past_due, l.class, l.marks";

/// No line of a later month in force speaks of the same loan.
const NEWEST: &str = "not exists (
    select 1 from loan_line o join ledger e on e.id = o.ledger
    where o.loan = l.loan and e.state = 'active' and e.month > d.month)";

/// Writes a line; `false` if its row or its loan stands in the ledger already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, line: &NewLine<'_>) -> Result<bool, StoreError> {
    let state = line.state;
    let sql = "insert into loan_line (ledger, n, loan, borrower, opened_on, due_on, closed_on,
                   amount_fen, balance_fen, rate_centi, purpose, days_past_due,
                   worst_days_past_due, class, marks)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
               on conflict (ledger, n) do nothing";
    let written = tx.prepare_cached(sql)?.execute(params![
        line.ledger.as_str(),
        line.n,
        line.loan,
        line.borrower,
        state.opened_on.to_string(),
        state.due_on.to_string(),
        state.closed_on.map(|day| day.to_string()),
        state.amount_fen,
        state.balance_fen,
        state.rate_centi,
        state.purpose.as_str(),
        state.days_past_due,
        state.worst_days_past_due,
        state.class.as_str(),
        marks(state),
    ])?;
    let mut insert = tx.prepare_cached(
        "insert into loan_guarantee (ledger, n, guarantor) values (?1, ?2, ?3)
         on conflict (ledger, n, guarantor) do nothing",
    )?;
    for guarantor in line.guarantors.iter().filter(|_| written == 1) {
        insert.execute(params![line.ledger.as_str(), line.n, guarantor])?;
    }
    Ok(written == 1)
}

/// The row of a ledger in which a loan stands.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn row_of_loan(
    connection: &Connection,
    ledger: &LedgerId,
    loan: &str,
) -> Result<Option<u32>, StoreError> {
    let sql = "select n from loan_line where loan = ?1 and ledger = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![loan, ledger.as_str()], |row| row.get(0));
    Ok(found.optional()?)
}

/// The lines in force of everybody whose loans are loans of the subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_subject(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<LoanLine>, StoreError> {
    let sql = format!(
        "{LINE} from party p join loan_line l on l.borrower = p.blind
             join ledger d on d.id = l.ledger
         where p.subject = ?1 and p.borrows = 1 and d.state = 'active'"
    );
    lines(connection, &sql, params![subject.as_str()])
}

/// The lines in force of whoever has a number.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_number(connection: &Connection, blind: &str) -> Result<Vec<LoanLine>, StoreError> {
    let sql = format!(
        "{LINE} from loan_line l join ledger d on d.id = l.ledger
         where l.borrower = ?1 and d.state = 'active'"
    );
    lines(connection, &sql, params![blind])
}

/// Whether a number of the subject stands in any line, as borrower or guarantor, or held an
/// office, or the subject answers for what others borrowed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_any_of(connection: &Connection, subject: &SubjectId) -> Result<bool, StoreError> {
    let sql = "select exists (
                   select 1 from party p join loan_line l on l.borrower = p.blind
                   where p.subject = ?1)
               or exists (
                   select 1 from party p join office_holder o on o.blind = p.blind
                   where p.subject = ?1)
               or exists (select 1 from joint_debtor j where j.subject = ?1)
               or exists (
                   select 1 from register_row r
                   where r.subject = ?1 and r.register = 'credit'
                       and r.source like 'loan_ledger%' and r.superseded_at is null)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![subject.as_str()], |row| row.get(0))?)
}

/// The lines in force of those who hold `office` at `object` on `day`, each once.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_office(
    connection: &Connection,
    object: &SubjectId,
    office: &str,
    day: Date,
) -> Result<Vec<LoanLine>, StoreError> {
    let sql = format!(
        "{LINE} from (
             select distinct blind from office_holder
             where object = ?1 and office = ?2 and superseded_at is null
                 and valid_from <= ?3 and (valid_to is null or valid_to >= ?3)) h
             join loan_line l on l.borrower = h.blind join ledger d on d.id = l.ledger
         where d.state = 'active'"
    );
    let key = params![object.as_str(), office, day.to_string()];
    lines(connection, &sql, key)
}

/// The newest lines of loans paid out since `opened_since` to subjects in a division, each loan
/// once.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_new_in(
    connection: &Connection,
    banner: DivisionCode,
    within: DivisionCode,
    opened_since: Date,
) -> Result<Vec<LoanLine>, StoreError> {
    let sql = format!(
        "{LINE} from ledger d join loan_line l on l.ledger = d.id
         where d.division = ?1 and d.state = 'active' and l.opened_on > ?2 and exists (
                 select 1 from party p join subject s on s.id = p.subject
                 where p.blind = l.borrower and p.borrows = 1 and s.division >= ?3
                     and s.division < ?4)
             and {NEWEST}"
    );
    let (low, high) = within.text_range();
    let key = params![banner.filled_text(), opened_since.to_string(), low, high];
    lines(connection, &sql, key)
}

/// Who guarantees for whom by the newest lines of open loans of a banner: subjects, each pair
/// once.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_guarantees(
    connection: &Connection,
    banner: DivisionCode,
) -> Result<Vec<(SubjectId, SubjectId)>, StoreError> {
    let sql = format!(
        "select distinct a.subject as guarantor, b.subject as borrower
         from ledger d join loan_guarantee g on g.ledger = d.id
             join loan_line l on l.ledger = g.ledger and l.n = g.n
             join party a on a.blind = g.guarantor and a.borrows = 1
             join party b on b.blind = l.borrower and b.borrows = 1
         where d.division = ?1 and d.state = 'active' and l.closed_on is null and {NEWEST}
         order by 1, 2"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![banner.filled_text()], |row| {
        Ok((|| {
            let guarantor = column::word(row, "guarantor", "party.subject")?;
            Ok((guarantor, column::word(row, "borrower", "party.subject")?))
        })())
    })?;
    rows.map(|row| row?).collect()
}

fn marks(state: &LoanState) -> u8 {
    let mark = |is: bool, bit: u8| if is { bit } else { 0 };
    mark(state.disaster_rescheduled, DISASTER)
        | mark(state.refinanced, REFINANCED)
        | mark(state.written_off, WRITTEN_OFF)
        | mark(state.guarantee_paid, GUARANTEE_PAID)
}

fn lines(
    connection: &Connection,
    sql: &str,
    key: impl Params,
) -> Result<Vec<LoanLine>, StoreError> {
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

pub(super) fn read(row: &Row<'_>) -> Result<LoanLine, StoreError> {
    let marks: u8 = row.get("marks")?;
    Ok(LoanLine {
        lender: column::word(row, "lender", "ledger.lender")?,
        loan: LoanKey(row.get("loan")?),
        month: column::word(row, "month", "ledger.month")?,
        state: LoanState {
            opened_on: column::word(row, "opened_on", "loan_line.opened_on")?,
            due_on: column::word(row, "due_on", "loan_line.due_on")?,
            closed_on: column::optional_word(row, "closed_on", "loan_line.closed_on")?,
            amount_fen: row.get("amount_fen")?,
            balance_fen: row.get("balance_fen")?,
            rate_centi: row.get("rate_centi")?,
            purpose: column::word(row, "purpose", "loan_line.purpose")?,
            days_past_due: row.get("days_past_due")?,
            worst_days_past_due: row.get("worst_days_past_due")?,
            class: column::word(row, "class", "loan_line.class")?,
            disaster_rescheduled: marks & DISASTER != 0,
            refinanced: marks & REFINANCED != 0,
            written_off: marks & WRITTEN_OFF != 0,
            guarantee_paid: marks & GUARANTEE_PAID != 0,
        },
    })
}
