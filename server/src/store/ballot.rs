//! Ballots of the peer evaluation: seen by the service only, never pulled.

use itgel_domain::file::envelope::Ballot;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use rusqlite::{Connection, params};

use super::{StoreError, Tx};

/// Writes a ballot; `false` if the evaluator has voted on the subject in this campaign already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, ballot: &Ballot, envelope: &Hash) -> Result<bool, StoreError> {
    let sql = "insert into ballot (subject, cycle, evaluator, promises, diligence, loans, rules,
                   envelope)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               on conflict (subject, cycle, evaluator) do nothing";
    let [promises, diligence, loans, rules] = ballot.scores;
    let written = tx.prepare_cached(sql)?.execute(params![
        ballot.subject.as_str(),
        ballot.cycle.as_str(),
        ballot.evaluator.as_str(),
        promises,
        diligence,
        loans,
        rules,
        envelope.to_string(),
    ])?;
    Ok(written == 1)
}

/// Whether the evaluator has voted.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn has_voted(connection: &Connection, ballot: &Ballot) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from ballot
                   where subject = ?1 and cycle = ?2 and evaluator = ?3)";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![
        ballot.subject.as_str(),
        ballot.cycle.as_str(),
        ballot.evaluator.as_str()
    ];
    Ok(query.query_row(key, |row| row.get(0))?)
}

/// The mean of each evaluator's four scores, in hundredths; who gave which stays here.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_means(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<u32>, StoreError> {
    let sql = "select (promises + diligence + loans + rules) * 25 from ballot
               where subject = ?1 and cycle = ?2 order by 1";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str(), cycle.as_str()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes every ballot about a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from ballot where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}
