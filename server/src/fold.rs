//! From envelopes to standings: what the files of a subject say, with the present context, under
//! the rules in force, and what follows for the boards and for the case (`design.md` 4).
//!
//! No Automerge document is loaded here: entries are self-contained, and a projection holds what
//! they mean. A job rebuilds files from envelopes and compares.

mod found;
mod many;
mod recompute;
mod round;

use itgel_domain::assess::{Assessment, Columns};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::conflict::Conflict;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

pub use self::many::{PAGE_STANDINGS, refresh_all, refresh_page};
pub(crate) use self::many::{refresh_divisions, run_job};
pub(crate) use self::recompute::{Recomputed, recompute};
pub(crate) use self::round::{Round, known};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::standing::StandingRow;
use crate::store::{self, Tx};

/// An assessment with the columns that were measured for it.
pub(crate) type Assessed = (Assessment, Columns);

/// Where a subject stands in a campaign.
#[derive(Debug, Clone)]
pub struct Standing {
    /// As it is stored.
    pub row: StandingRow,
    /// The open conflicts.
    pub conflicts: Vec<Conflict>,
    /// What the engine says now; `None` before a sealed visit arrived, and while no rules for
    /// such a subject are in force.
    pub assessment: Option<Assessment>,
}

/// What all files of a subject say.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn facts(connection: &Connection, subject: &SubjectId) -> Result<FileFacts, ServiceError> {
    let mut files = store::projection::list(connection, subject)?.into_iter();
    let mut all = files.next().map(|(_, facts)| facts).unwrap_or_default();
    for (_, facts) in files {
        all.join(&facts);
    }
    Ok(all)
}

/// Brings the standing of a subject in a campaign up to date: assessment, conflicts, boards, and
/// what its case does about it. The same again changes nothing.
///
/// # Errors
/// [`ServiceError`] of the database or of the rules.
pub fn refresh(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    cycle: &CycleId,
    now: AtMs,
) -> Result<Standing, ServiceError> {
    let mut round = Round::open(service, tx, now);
    let standing = round.refresh(subject, cycle)?;
    round.finish()?;
    Ok(standing)
}

/// The subject with this id, if it is known and not erased.
///
/// # Errors
/// [`ErrorCode::ScopeOutside`] otherwise.
pub(crate) fn subject(connection: &Connection, id: &SubjectId) -> Result<Subject, ServiceError> {
    if store::subject::erased_at(connection, id)?.is_some() {
        return Err(ErrorCode::SubjectErased.into());
    }
    Ok(store::subject::get(connection, id)?.ok_or(ErrorCode::SubjectUnknown)?)
}
