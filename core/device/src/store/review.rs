//! What waits for the group of a gacha.

use itgel_domain::case::CaseState;
use itgel_domain::division::DivisionCode;
use itgel_domain::file::envelope::{Body, Envelope, GroupReview};
use itgel_domain::id::{CycleId, SubjectId};
use rusqlite::{Connection, params};

use super::StoreError;
use super::column::{self, word};

/// Most rows of one page.
const MAX_ROWS: u32 = 100;

/// A household whose case can go back or be confirmed.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) id: SubjectId,
    pub(crate) local_code: String,
    pub(crate) name: String,
    pub(crate) state: CaseState,
}

/// What the group said of a subject here, and whether the server has not answered it yet.
pub(crate) fn said(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<(GroupReview, bool)>, StoreError> {
    let mut query = db.prepare_cached(
        "select e.bytes, l.state in ('waiting', 'sending') as is_open
         from link l join envelope e on e.incarnation = l.incarnation and e.seq = l.seq
         where l.subject = ?1 and l.cycle = ?2 and l.kind = 'review'
             and l.state in ('waiting', 'sending', 'received')
             and e.device = (select id from device)",
    )?;
    let broken = || StoreError::Corrupt {
        what: "envelope.bytes",
    };
    let key = [subject.as_str(), cycle.as_str()];
    column::all(query.query(key)?, |row| {
        let bytes = row.get_ref("bytes")?.as_blob().map_err(|_| broken())?;
        match Envelope::from_bytes(bytes).map_err(|_| broken())?.body {
            Body::Review(review) => Ok((review, row.get("is_open")?)),
            _ => Err(broken()),
        }
    })
}

/// The households of a division whose cases were submitted or pre-rated.
pub(crate) fn due(
    db: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
    (skip, limit): (u32, u32),
) -> Result<Vec<Due>, StoreError> {
    let mut query = db.prepare_cached(
        "select s.id, s.local_code, s.name, c.state
         from subject s join rating_case c on c.subject = s.id and c.cycle = ?3
         where s.division >= ?1 and s.division < ?2 and s.kind = 'household'
             and c.state in ('submitted', 'pre_rated')
         order by s.local_code, s.id limit ?4 offset ?5",
    )?;
    let (from, to) = division.text_range();
    let asked = params![from, to, cycle.as_str(), limit.min(MAX_ROWS), skip];
    column::all(query.query(asked)?, |row| {
        Ok(Due {
            id: word(row, "id", "subject.id")?,
            local_code: row.get("local_code")?,
            name: row.get("name")?,
            state: word(row, "state", "rating_case.state")?,
        })
    })
}
