//! Who borrowed for a household before it was divided (`domain.md` G 11): numbers as blind
//! indexes, kept from the day on which the division was entered, whoever lives where afterwards.

use itgel_domain::id::{DecisionId, SubjectId};
use itgel_domain::ledger::JointLine;
use rusqlite::{Connection, params};

use super::{StoreError, Tx, column, loan};

/// Notes that `part` answers for what the people of `divided` borrowed before the change, and for
/// what `divided` answered for itself.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    change: &DecisionId,
    divided: &SubjectId,
    part: &SubjectId,
) -> Result<(), StoreError> {
    let sql = "insert into joint_debtor (subject, change_id, blind)
               select ?3, ?1, blind from party where subject = ?2 and borrows = 1
               on conflict (subject, change_id, blind) do nothing";
    let key = params![change.as_str(), divided.as_str(), part.as_str()];
    tx.prepare_cached(sql)?.execute(key)?;
    hand_on(tx, divided, part)
}

/// Notes that `next` answers for what `before` answered for.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn hand_on(tx: &Tx<'_>, before: &SubjectId, next: &SubjectId) -> Result<(), StoreError> {
    let sql = "insert into joint_debtor (subject, change_id, blind)
               select ?2, change_id, blind from joint_debtor where subject = ?1
               on conflict (subject, change_id, blind) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![before.as_str(), next.as_str()])?;
    Ok(())
}

/// The lines in force of those who borrowed for the household before it was divided and are not
/// its own borrowers now. Which of their loans are joint is the ledger's rule.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_lines(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<JointLine>, StoreError> {
    // Summed by the household of the borrower; if nobody has the number any more, by the first of
    // the parts.
    let sql = format!(
        "{line}, h.on_day, h.document, (exists (
                 select 1 from party o where o.blind = l.borrower and o.borrows = 1)
             or exists (
                 select 1 from joint_debtor e
                 where e.blind = l.borrower and e.subject < j.subject)) as elsewhere
         from joint_debtor j join household_change h on h.id = j.change_id
             join loan_line l on l.borrower = j.blind join ledger d on d.id = l.ledger
         where j.subject = ?1 and d.state = 'active' and l.opened_on < h.on_day
             and not exists (
                 select 1 from party p
                 where p.subject = ?1 and p.blind = l.borrower and p.borrows = 1)
         order by h.on_day, j.change_id",
        line = loan::LINE
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok((|| {
            Ok(JointLine {
                line: loan::read(row)?,
                since: column::word(row, "on_day", "household_change.on_day")?,
                source: row.get("document")?,
                summed_elsewhere: row.get("elsewhere")?,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The subjects that answer for what one of the subject's numbers borrowed, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_parts(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select distinct j.subject from joint_debtor j join party p on p.blind = j.blind
               where p.subject = ?1 and j.subject <> ?1 order by j.subject limit 100";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "subject", "joint_debtor.subject"))
    })?;
    rows.map(|row| row?).collect()
}
