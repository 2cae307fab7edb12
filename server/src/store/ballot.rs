//! Ballots of the peer evaluation: seen by the service only, never pulled.

use itgel_domain::case::doubt::Marks;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::Ballot;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DeviceId, OfficerId, SubjectId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::log_row::{self, Vouched};
use super::{StoreError, Tx, column};

/// Writes a ballot; `false` if the evaluator has voted on the subject in this campaign already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, ballot: &Ballot, envelope: &Hash) -> Result<bool, StoreError> {
    let sql = "insert into ballot (subject, cycle, evaluator, promises, diligence, loans, rules,
                   envelope, salt)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               on conflict (subject, cycle, evaluator) do nothing";
    let [promises, diligence, loans, rules] = ballot.scores;
    let key = (
        ballot.subject.as_str(),
        ballot.cycle.as_str(),
        ballot.evaluator.as_str(),
    );
    let values = params![
        key.0,
        key.1,
        key.2,
        promises,
        diligence,
        loans,
        rules,
        envelope.to_string(),
        log_row::salt()?,
    ];
    log_row::put(tx, Vouched::Ballot, sql, values, key)
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

/// Whether the ballot that counts of this evaluator has these scores and came from this device.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn was_sent_by(
    connection: &Connection,
    ballot: &Ballot,
    device: &DeviceId,
) -> Result<bool, StoreError> {
    let sql = "select envelope from ballot where subject = ?1 and cycle = ?2 and evaluator = ?3
                   and (promises, diligence, loans, rules) = (?4, ?5, ?6, ?7)";
    let [promises, diligence, loans, rules] = ballot.scores;
    let key = params![
        ballot.subject.as_str(),
        ballot.cycle.as_str(),
        ballot.evaluator.as_str(),
        promises,
        diligence,
        loans,
        rules
    ];
    let mut query = connection.prepare_cached(sql)?;
    let Some(id) = query
        .query_row(key, |row| {
            Ok(column::word::<Hash>(row, "envelope", "ballot.envelope"))
        })
        .optional()?
    else {
        return Ok(false);
    };
    let sql = "select exists (select 1 from envelope
                   where subject = ?1 and file is null and id = ?2 and device = ?3)";
    let mut query = connection.prepare_cached(sql)?;
    let id = id?;
    let key = params![ballot.subject.as_str(), id.as_bytes(), device.as_str()];
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

/// The ballots of a campaign in a division as the check of one-sided evaluators sees them.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_marks(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<Marks>, StoreError> {
    let sql = "select b.subject, b.evaluator,
                   (b.promises + b.diligence + b.loans + b.rules) * 25 as mean
               from subject s join ballot b on b.subject = s.id
               where s.division = ?1 and b.cycle = ?2 order by b.subject, b.evaluator";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![division.filled_text(), cycle.as_str()];
    let rows = query.query_map(key, |row| Ok(read_marks(row)))?;
    rows.map(|row| row?).collect()
}

/// The ballots of a campaign in a division on those to whom an evaluator gives full marks: all that
/// the check after each ballot needs, so that it does not read those of the whole gacha.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_marks_beside(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
    evaluator: &OfficerId,
) -> Result<Vec<Marks>, StoreError> {
    let sql = "select b.subject, b.evaluator,
                   (b.promises + b.diligence + b.loans + b.rules) * 25 as mean
               from ballot own join subject s on s.id = own.subject
                   join ballot b on b.subject = own.subject and b.cycle = own.cycle
               where own.evaluator = ?3 and own.cycle = ?2 and s.division = ?1
                   and (own.promises + own.diligence + own.loans + own.rules) * 25 = ?4
               order by b.subject, b.evaluator";
    let mut query = connection.prepare_cached(sql)?;
    let full = i64::try_from(Marks::FULL_CENTI).unwrap_or(i64::MAX);
    let key = params![
        division.filled_text(),
        cycle.as_str(),
        evaluator.as_str(),
        full
    ];
    let rows = query.query_map(key, |row| Ok(read_marks(row)))?;
    rows.map(|row| row?).collect()
}

/// Who has voted on a subject in a campaign.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_evaluators(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<OfficerId>, StoreError> {
    let sql = "select evaluator from ballot where subject = ?1 and cycle = ?2 order by evaluator";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str(), cycle.as_str()], |row| {
        Ok(column::word(row, "evaluator", "ballot.evaluator"))
    })?;
    rows.map(|row| row?).collect()
}

/// Takes a ballot out of what counts and puts its envelope into quarantine; `false` if the
/// evaluator has not voted.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn strike(
    tx: &Tx<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    evaluator: &OfficerId,
) -> Result<bool, StoreError> {
    let key = params![subject.as_str(), cycle.as_str(), evaluator.as_str()];
    let whose = "subject = ?1 and cycle = ?2 and evaluator = ?3";
    let sql = format!("select envelope from ballot where {whose}");
    let envelope: Option<String> = tx
        .prepare_cached(&sql)?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let Some(envelope) = envelope else {
        return Ok(false);
    };
    let sql = format!("delete from ballot where {whose}");
    log_row::delete(tx, Vouched::Ballot, &sql, key)?;
    let corrupt = || StoreError::Corrupt {
        what: "ballot.envelope",
    };
    let id: Hash = envelope.parse().map_err(|_| corrupt())?;
    let sql = "update envelope set verdict = 'quarantined', reason = ?3
               where subject = ?1 and file is null and id = ?2";
    let reason = ErrorCode::ConflictOfInterest.as_str();
    let values = params![subject.as_str(), id.as_bytes(), reason];
    log_row::write(tx, Vouched::Envelope, sql, values)?;
    Ok(true)
}

fn read_marks(row: &Row<'_>) -> Result<Marks, StoreError> {
    Ok(Marks {
        subject: column::word(row, "subject", "ballot.subject")?,
        evaluator: column::word(row, "evaluator", "ballot.evaluator")?,
        mean_centi: column::unsigned(row, "mean", "ballot.mean")?,
    })
}

/// Deletes every ballot about a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "delete from ballot where subject = ?1";
    log_row::delete(tx, Vouched::Ballot, sql, params![subject.as_str()])?;
    Ok(())
}
