//! Subjects that a ledger in force still has to be brought to, and those in a circle of
//! guarantees.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::{LedgerId, SubjectId};
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// A subject that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Where it lived when it was marked, filled.
    pub home: String,
    /// Who.
    pub subject: SubjectId,
}

/// Marks the subjects whose loans stand in a ledger as waiting, those of whose people one who
/// holds an office has a loan there, and those that answer for a loan since a household was divided.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn mark_subjects(
    tx: &Tx<'_>,
    ledger: &LedgerId,
    banner: DivisionCode,
) -> Result<(), StoreError> {
    let sql = "insert into ledger_subject (division, home, subject)
               select distinct ?2, s.division, s.id from loan_line l
                   join party p on p.blind = l.borrower
                   join subject s on s.id = p.subject
               where l.ledger = ?1 and (p.borrows = 1 or exists (
                   select 1 from office_holder o where o.blind = p.blind))
               union
               select ?2, s.division, s.id from loan_line l
                   join joint_debtor j on j.blind = l.borrower
                   join subject s on s.id = j.subject
               where l.ledger = ?1
               on conflict (division, home, subject) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![ledger.as_str(), banner.filled_text()])?;
    Ok(())
}

/// Marks one subject as waiting, if there is such a one.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn mark_subject(
    tx: &Tx<'_>,
    banner: DivisionCode,
    subject: &SubjectId,
) -> Result<(), StoreError> {
    let sql = "insert into ledger_subject (division, home, subject)
               select ?1, division, id from subject where id = ?2
               on conflict (division, home, subject) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![banner.filled_text(), subject.as_str()])?;
    Ok(())
}

/// Subjects that wait, by their homes.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_marked(
    connection: &Connection,
    banner: DivisionCode,
    limit: u32,
) -> Result<Vec<Marked>, StoreError> {
    let sql = "select home, subject from ledger_subject where division = ?1
               order by home, subject limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![banner.filled_text(), limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// How many subjects wait.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_marked(connection: &Connection, banner: DivisionCode) -> Result<u64, StoreError> {
    let sql = "select count(*) as many from ledger_subject where division = ?1";
    let mut query = connection.prepare_cached(sql)?;
    query.query_row(params![banner.filled_text()], |row| {
        Ok(column::unsigned(row, "many", "ledger_subject.many"))
    })?
}

/// A subject waits no longer.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn unmark(tx: &Tx<'_>, banner: DivisionCode, marked: &Marked) -> Result<(), StoreError> {
    // By the whole key: without the home every other subject that waits would be passed over.
    let sql = "delete from ledger_subject where division = ?1 and home = ?2 and subject = ?3";
    let key = params![banner.filled_text(), marked.home, marked.subject.as_str()];
    tx.prepare_cached(sql)?.execute(key)?;
    Ok(())
}

/// Who stands in a circle of guarantees, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_ring(
    connection: &Connection,
    banner: DivisionCode,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select subject from ledger_ring where division = ?1 order by subject";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![banner.filled_text()], |row| {
        Ok(column::word(row, "subject", "ledger_ring.subject"))
    })?;
    rows.map(|row| row?).collect()
}

/// Whether a subject stands in a circle of guarantees.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_in_ring(
    connection: &Connection,
    banner: DivisionCode,
    subject: &SubjectId,
) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from ledger_ring where division = ?1 and subject = ?2)";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![banner.filled_text(), subject.as_str()];
    Ok(query.query_row(key, |row| row.get(0))?)
}

/// Writes whether a subject stands in a circle of guarantees.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_in_ring(
    tx: &Tx<'_>,
    banner: DivisionCode,
    subject: &SubjectId,
    is_in: bool,
) -> Result<(), StoreError> {
    let sql = if is_in {
        "insert into ledger_ring (division, subject) values (?1, ?2)
         on conflict (division, subject) do nothing"
    } else {
        "delete from ledger_ring where division = ?1 and subject = ?2"
    };
    tx.prepare_cached(sql)?
        .execute(params![banner.filled_text(), subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Marked, StoreError> {
    Ok(Marked {
        home: row.get("home")?,
        subject: column::word(row, "subject", "ledger_subject.subject")?,
    })
}
