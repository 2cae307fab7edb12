//! What was set aside on its way in, for the people who decide about it (`design.md` 6, 8): they
//! look at it, release it or reject it with a reason that reaches its officer. Nothing of it is
//! lost either way, and nothing waits for it.
//!
//! What only lacked something (the subject, a right, another envelope) counts by itself once that
//! arrives: a job asked for in the same transaction judges it again.

mod again;
mod decide;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::{Body, Envelope, GroupReview};
use itgel_domain::file::objection::FiledObjection;
use itgel_domain::id::{CycleId, DeviceId, OfficerId, SubjectId};
use itgel_domain::identity::IdentityRecord;
use itgel_domain::policy::{self, Action, Actor, Denial, Resource};
use itgel_domain::sync::quarantine::{Outcome, remedy};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

pub(crate) use self::again::{
    evaluator_arrived, right_arrived, rules_arrived, run_job, subject_arrived,
};
pub use self::decide::{reject, release};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::quarantine::{Filter, Order, QuarantineRow};
use crate::store::{self, Tx};
use crate::{contents, ingest};

/// Which rows to list.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineQuery {
    /// Whose reviewers decide: the division and everything in it.
    pub division: DivisionCode,
    /// Also what was decided.
    #[serde(default)]
    pub all: bool,
    /// Only for this reason.
    #[serde(default)]
    pub reason: Option<ErrorCode>,
    /// Only of this device.
    #[serde(default)]
    pub device: Option<DeviceId>,
    /// Only of this officer.
    #[serde(default)]
    pub officer: Option<OfficerId>,
    /// Only about this subject.
    #[serde(default)]
    pub subject: Option<SubjectId>,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// The cursor of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Most lines.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QuarantineLine {
    /// Its name in addresses: device, incarnation and place.
    pub id: String,
    /// What is known of it.
    #[serde(flatten)]
    pub row: QuarantineRow,
    /// How long it waits, or waited.
    pub waits_ms: i64,
    /// Whether a reviewer may let it count.
    pub can_be_released: bool,
}

/// What it says, for the reviewer who decides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Opened {
    /// The line of the list.
    #[serde(flatten)]
    pub line: QuarantineLine,
    /// When it was written, by the clock of its device.
    pub entered_at: AtMs,
    /// The entries of a file; a ballot shows nothing to anybody.
    pub entries: Vec<Entry>,
    /// The record of an identity, if it came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityRecord>,
    /// An objection that was taken down away from the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objection: Option<FiledObjection>,
    /// What the gacha's group said of a computed grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<GroupReview>,
}

/// What a reviewer decides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// Why, in words: the officer reads them.
    pub reason: String,
}

/// What was set aside in a division, and the cursor of the next page.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ErrorCode::RequestMalformed`] for a
/// cursor that is none; [`ServiceError`] of the database.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    query: &QuarantineQuery,
    (now, limit): (AtMs, u32),
) -> Result<(Vec<QuarantineLine>, Option<String>), ServiceError> {
    policy::may(actor, Action::ReadQuarantine, &Resource::at(query.division))
        .map_err(|denial| denial.code())?;
    let after = match &query.cursor {
        Some(text) => Some(text.parse().map_err(|_| ErrorCode::RequestMalformed)?),
        None => None,
    };
    let filter = Filter {
        division: query.division,
        is_all: query.all,
        reason: query.reason,
        device: query.device.as_ref(),
        officer: query.officer.as_ref(),
        subject: query.subject.as_ref(),
        order: query.order,
        after: after.as_ref(),
        limit: limit.saturating_add(1),
    };
    let mut rows = store::quarantine::list(connection, &filter)?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let lines: Vec<_> = rows.into_iter().map(|row| line(row, now)).collect();
    let next = lines.last().filter(|_| has_more).map(|l| l.id.clone());
    Ok((lines, next))
}

/// Opens one for the person who decides; that it was opened is on record.
///
/// # Errors
/// As for [`release`], but one that was decided can still be read.
pub fn open(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &ChainRef,
    now: AtMs,
) -> Result<Opened, ServiceError> {
    let (row, envelope) = find(service, tx, actor, id)?;
    let (mut entries, mut identity) = (Vec::new(), None);
    let (mut objection, mut review) = (None, None);
    match &envelope.body {
        Body::File(body) => entries.clone_from(&body.entries),
        Body::Identity(stated) => {
            let kept = store::identity::get(tx, &stated.subject, &stated.commitment)?;
            if let Some(kept) = kept {
                identity = contents::read_identity(service, tx, &kept)?;
            }
        }
        Body::Ballot(_) => {}
        Body::Objection(taken) => objection = Some(taken.clone()),
        Body::Review(taken) => review = Some(taken.clone()),
    }
    let resource = format!("envelope/{id}");
    let detail = serde_json::json!({ "reason": row.reason });
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "quarantine.opened", &resource, &detail)?;
    Ok(Opened {
        line: line(row, now),
        entered_at: envelope.entered_at,
        entries,
        identity,
        objection,
        review,
    })
}

fn line(row: QuarantineRow, now: AtMs) -> QuarantineLine {
    let until = row.decided_at.unwrap_or(now);
    QuarantineLine {
        id: row.at.to_string(),
        waits_ms: until.0.saturating_sub(row.since.0),
        can_be_released: row.outcome.is_none() && remedy(row.reason).is_a_persons(),
        row,
    }
}

/// What was set aside at a place, for a person who may decide about it: in his divisions, not his
/// own, not where he collects, without an interest.
fn find(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    id: &ChainRef,
) -> Result<(QuarantineRow, Envelope), ServiceError> {
    let unknown = ErrorCode::QuarantineUnknown;
    let row = store::quarantine::get(connection, id)?.ok_or(unknown)?;
    if row.outcome == Some(Outcome::Erased) {
        return Err(unknown.into());
    }
    let envelope = ingest::read_aside(service, connection, &row)?.ok_or(unknown)?;
    let officer = &actor.officer;
    let mut resource = Resource {
        has_interest: store::interest::list(connection, &row.subject)?.contains(officer),
        ..Resource::at(row.division)
    };
    if let Some(cycle) = cycle_of(&envelope) {
        let division = row.division;
        resource.collected_here =
            store::case::has_collected(connection, officer, division, &cycle)?;
        let case = store::case::get_of(connection, &row.subject, &cycle)?;
        resource.acted_as = case.and_then(|row| row.case.role_of(officer));
    }
    policy::may(actor, Action::DecideEntry, &resource).map_err(|denial| match denial {
        Denial::Division => unknown,
        other => other.code(),
    })?;
    if row.officer == *officer || envelope.officer == *officer {
        return Err(ErrorCode::ActedBefore.into());
    }
    Ok((row, envelope))
}

/// The campaign that an envelope speaks of, if it does.
fn cycle_of(envelope: &Envelope) -> Option<CycleId> {
    match &envelope.body {
        Body::Ballot(ballot) => return Some(ballot.cycle.clone()),
        Body::Objection(objection) => return Some(objection.cycle.clone()),
        Body::Review(review) => return Some(review.cycle.clone()),
        Body::File(_) | Body::Identity(_) => {}
    }
    let named = envelope.entries().iter().find_map(|entry| match entry {
        Entry::Seal(seal) => Some(&seal.cycle),
        other => other.observed().map(|(cycle, _)| cycle),
    });
    named.cloned()
}
