//! Ballots that were written on this device: who voted and how many did, never what they gave.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::file::envelope::{Ballot, Body, Envelope};
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use rusqlite::{Connection, Row, params};

use super::StoreError;
use super::column::{self, word};
use crate::evaluation::Evaluated;

/// Most rows of one page.
const MAX_ROWS: u32 = 500;

/// Ballots on a subject that were written here, and of them those that the server set aside,
/// which are not among the first.
pub(crate) fn count(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<(u32, u32), StoreError> {
    let mut query = db.prepare_cached(
        "select count(*) filter (where state in ('waiting', 'sending', 'received')) as here,
             count(*) filter (where state = 'needs_you') as set_aside
         from link where subject = ?1 and cycle = ?2 and kind = 'ballot'",
    )?;
    let key = [subject.as_str(), cycle.as_str()];
    let counted = column::first(query.query(key)?, |row| {
        Ok((row.get("here")?, row.get("set_aside")?))
    })?;
    Ok(counted.unwrap_or_default())
}

/// Who voted on a subject here.
pub(crate) fn evaluators_of(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<BTreeSet<OfficerId>, StoreError> {
    let mut query = db.prepare_cached(
        "select e.bytes from link l join envelope e
             on e.incarnation = l.incarnation and e.seq = l.seq
         where l.subject = ?1 and l.cycle = ?2 and l.kind = 'ballot'
             and l.state not in ('moved', 'erased') and e.device = (select id from device)",
    )?;
    let key = [subject.as_str(), cycle.as_str()];
    let found = column::all(query.query(key)?, read)?;
    Ok(found.into_iter().map(|ballot| ballot.evaluator).collect())
}

/// Who voted here on anybody of a division.
pub(crate) fn evaluators_in(
    db: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<BTreeSet<OfficerId>, StoreError> {
    let mut query = db.prepare_cached(
        "select e.bytes from link l join subject s on s.id = l.subject
             join envelope e on e.incarnation = l.incarnation and e.seq = l.seq
         where s.division >= ?1 and s.division < ?2 and l.cycle = ?3 and l.kind = 'ballot'
             and l.state not in ('moved', 'erased') and e.device = (select id from device)",
    )?;
    let (from, to) = division.text_range();
    let found = column::all(query.query(params![from, to, cycle.as_str()])?, read)?;
    Ok(found.into_iter().map(|ballot| ballot.evaluator).collect())
}

/// The households of a division that were visited in a cycle and are not pre-rated yet.
pub(crate) fn due(
    db: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
    (skip, limit): (u32, u32),
) -> Result<Vec<Evaluated>, StoreError> {
    let mut query = db.prepare_cached(
        "select s.id, s.local_code, s.name,
             (select count(*) from link l where l.subject = s.id and l.cycle = ?3
                 and l.kind = 'ballot' and l.state in ('waiting', 'sending', 'received')) as here
         from subject s left join rating_case c on c.subject = s.id and c.cycle = ?3
         where s.division >= ?1 and s.division < ?2 and s.kind = 'household'
             and (c.state in ('sealed', 'submitted', 'conflict', 'returned')
                  or (c.state is null and exists (
                      select 1 from link l where l.subject = s.id and l.cycle = ?3
                          and l.kind = 'file' and l.state not in ('moved', 'erased'))))
         order by s.local_code, s.id limit ?4 offset ?5",
    )?;
    let (from, to) = division.text_range();
    let asked = params![from, to, cycle.as_str(), limit.min(MAX_ROWS), skip];
    column::all(query.query(asked)?, |row| {
        Ok(Evaluated {
            id: word(row, "id", "subject.id")?,
            local_code: row.get("local_code")?,
            name: row.get("name")?,
            here: row.get("here")?,
        })
    })
}

fn read(row: &Row<'_>) -> Result<Ballot, StoreError> {
    let broken = || StoreError::Corrupt {
        what: "envelope.bytes",
    };
    let bytes = row.get_ref("bytes")?.as_blob().map_err(|_| broken())?;
    match Envelope::from_bytes(bytes).map_err(|_| broken())?.body {
        Body::Ballot(ballot) => Ok(ballot),
        _ => Err(broken()),
    }
}
