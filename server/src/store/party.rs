//! The numbers of the people and organisations behind subjects, as blind indexes.

use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use rusqlite::{Connection, params};

use super::{StoreError, Tx, column};

/// A number behind a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Whose it is within the subject: `head`, `spouse`, `organisation`.
    pub role: String,
    /// Its blind index.
    pub blind: String,
    /// Whether its loans are loans of the subject.
    pub borrows: bool,
}

/// Writes the numbers of a version of an identity; the same again changes nothing.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    subject: &SubjectId,
    commitment: &Hash,
    parties: &[Party],
) -> Result<(), StoreError> {
    let sql = "insert into party (subject, commitment, role, blind, borrows)
               values (?1, ?2, ?3, ?4, ?5)
               on conflict (subject, commitment, role, blind) do nothing";
    let mut insert = tx.prepare_cached(sql)?;
    for party in parties {
        insert.execute(params![
            subject.as_str(),
            commitment.to_string(),
            party.role,
            party.blind,
            party.borrows,
        ])?;
    }
    Ok(())
}

/// Takes the numbers of a version away that was written over.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn supersede(tx: &Tx<'_>, subject: &SubjectId, commitment: &Hash) -> Result<(), StoreError> {
    tx.prepare_cached("delete from party where subject = ?1 and commitment = ?2")?
        .execute(params![subject.as_str(), commitment.to_string()])?;
    Ok(())
}

/// Deletes every number of a subject, and the loans of those that no other subject has.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let own = "select p.blind from party p where p.subject = ?1 and not exists (
                   select 1 from party o where o.blind = p.blind and o.subject <> ?1)";
    for sql in [
        format!(
            "delete from loan_guarantee where (ledger, n) in (
                 select l.ledger, l.n from loan_line l where l.borrower in ({own}))"
        ),
        format!("delete from loan_guarantee where guarantor in ({own})"),
        format!("delete from loan_line where borrower in ({own})"),
        format!("delete from office_holder where blind in ({own})"),
        format!("delete from joint_debtor where blind in ({own})"),
        "delete from joint_debtor where subject = ?1".to_owned(),
        "delete from ledger_ring where subject = ?1".to_owned(),
        "delete from ledger_subject where subject = ?1".to_owned(),
        "delete from party where subject = ?1".to_owned(),
    ] {
        tx.prepare_cached(&sql)?
            .execute(params![subject.as_str()])?;
    }
    Ok(())
}

/// Whether loans under a number are loans of the subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn borrows(
    connection: &Connection,
    subject: &SubjectId,
    blind: &str,
) -> Result<bool, StoreError> {
    let sql = "select exists (
                   select 1 from party where subject = ?1 and blind = ?2 and borrows = 1)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![subject.as_str(), blind], |row| row.get(0))?)
}

/// The subjects among whose people this number is, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_subjects(connection: &Connection, blind: &str) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select distinct subject from party where blind = ?1 order by subject limit 100";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![blind], |row| {
        Ok(column::word(row, "subject", "party.subject"))
    })?;
    rows.map(|row| row?).collect()
}
