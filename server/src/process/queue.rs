//! What staff read: the queue of cases, what needs a person first, and one case in full.

use itgel_domain::assess::Assessment;
use itgel_domain::case::clocks::Clock;
use itgel_domain::case::{CaseEvent, CaseState, Role};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CaseId, CycleId, OfficerId};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::{Grade, Subject};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use super::MAX_BATCH;
use super::desk::{allow, allow_case};
use super::moved::CaseMovement;
use super::picture::{self, PictureLine};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::case::{CaseFilter, CaseListed, CasePlace};
use crate::store::conflict::ConflictRow;

/// Which part of the queue to read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueFilter {
    /// The campaign.
    pub cycle: CycleId,
    /// Where: the division and everything in it.
    pub division: DivisionCode,
    /// Only in this state.
    #[serde(default)]
    pub state: Option<CaseState>,
    /// Only of a household code that begins so, or of this case or subject.
    #[serde(default)]
    pub search: Option<String>,
    /// [`QueuePage::next`] of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// Most cases, from 1 to [`MAX_BATCH`].
    #[serde(default)]
    pub limit: Option<usize>,
}

/// A page of the queue, in its order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QueuePage {
    /// The cases.
    pub cases: Vec<CaseListed>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A case with everything that a reviewer looks at.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CaseDetail {
    /// The case.
    pub id: CaseId,
    /// The campaign.
    pub cycle: CycleId,
    /// Whose.
    pub subject: Subject,
    /// Where it stands.
    pub state: CaseState,
    /// What the next actor must have seen.
    pub version: u64,
    /// The day on which the windows of the rules end.
    pub as_of: Date,
    /// The grade as it stands.
    pub grade: Option<Grade>,
    /// Whether it is an override.
    pub is_overridden: bool,
    /// Who has a part in it, one role each.
    pub people: Vec<(OfficerId, Role)>,
    /// Everything that was done.
    pub history: Vec<CaseEvent>,
    /// The deadlines that run.
    pub due: Vec<DueView>,
    /// What officers disagree or disagreed on.
    pub conflicts: Vec<ConflictRow>,
    /// The pictures about the subject, with where each is read.
    pub pictures: Vec<PictureLine>,
    /// The assessment that the case rests on; before pre-rating the present one.
    pub assessment: Option<Assessment>,
    /// The register rows that moved it, and that moved what the engine says since.
    pub moved: CaseMovement,
    /// Whether the engine would say something else today than what the case rests on.
    pub has_moved_on: bool,
}

/// A deadline that runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DueView {
    /// What for.
    pub deadline: String,
    /// The last day.
    pub on: Date,
    /// Reckoned without the holidays of a year that is not published yet.
    pub provisional: bool,
    /// The objection that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// The cases of a division in a campaign: what needs a person first, then what waits longest.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::RequestMalformed`] for a cursor that was not given here; [`ServiceError`] of the
/// database.
pub fn queue(
    connection: &Connection,
    actor: &Actor,
    filter: &QueueFilter,
) -> Result<QueuePage, ServiceError> {
    allow(actor, Action::ReadCase, filter.division)?;
    let limit = filter.limit.unwrap_or(50).clamp(1, MAX_BATCH);
    let mut cases = store::case::list(
        connection,
        &CaseFilter {
            cycle: filter.cycle.clone(),
            division: filter.division,
            reader: actor.officer.clone(),
            state: filter.state,
            search: filter.search.clone().filter(|text| !text.is_empty()),
            after: filter.after.as_deref().map(place).transpose()?,
            limit: limit + 1,
        },
    )?;
    let has_more = cases.len() > limit;
    cases.truncate(limit);
    let next = cases.last().filter(|_| has_more).map(cursor);
    Ok(QueuePage { cases, next })
}

/// One case in full.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] if it does not exist or lies outside the person's divisions;
/// [`ErrorCode::ConflictOfInterest`]; [`ServiceError`] of the database.
pub fn case(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    id: &CaseId,
) -> Result<CaseDetail, ServiceError> {
    let row = store::case::get(connection, id)?.ok_or(ErrorCode::CaseUnknown)?;
    let case = &row.case;
    allow_case(connection, actor, Action::ReadCase, case)?;
    let subject = store::subject::get(connection, &case.subject)?;
    let standing = store::standing::get(connection, &case.subject, &case.cycle)?;
    let present = standing.and_then(|standing| standing.inputs_hash);
    let rests_on = row.inputs.or(present);
    let subject = subject.ok_or(ServiceError::internal("a case without its subject"))?;
    let moved = super::moved::of_case(
        service,
        connection,
        (case, &subject),
        row.inputs.as_ref(),
        present.as_ref(),
    )?;
    let timetable = super::timetable(service, connection, case.division)?;
    Ok(CaseDetail {
        id: case.id.clone(),
        cycle: case.cycle.clone(),
        subject,
        state: case.state(),
        version: case.version(),
        as_of: row.as_of,
        grade: case.grade(),
        is_overridden: case.is_overridden(),
        people: case
            .participants()
            .iter()
            .map(|(o, role)| (o.clone(), *role))
            .collect(),
        history: case.history().to_vec(),
        due: case
            .clocks(&timetable)
            .into_iter()
            .map(DueView::from)
            .collect(),
        conflicts: store::conflict::list(connection, &case.subject, &case.cycle)?,
        pictures: picture::list(connection, &case.id, &case.subject)?,
        assessment: rests_on
            .map(|inputs| super::assessment(connection, &inputs))
            .transpose()?,
        moved,
        has_moved_on: row.inputs.is_some() && row.inputs != present,
    })
}

impl From<Clock> for DueView {
    fn from(clock: Clock) -> Self {
        Self {
            deadline: clock.deadline.to_string(),
            on: clock.due.on,
            provisional: clock.due.provisional,
            receipt: clock.receipt,
        }
    }
}

fn cursor(case: &CaseListed) -> String {
    format!("{}~{}~{}", case.attention, case.since.0, case.id)
}

fn place(cursor: &str) -> Result<CasePlace, ServiceError> {
    let malformed = || ServiceError::from(ErrorCode::RequestMalformed);
    let mut parts = cursor.splitn(3, '~');
    let mut next = || parts.next().ok_or_else(malformed);
    Ok(CasePlace {
        attention: next()?.parse().map_err(|_| malformed())?,
        since: AtMs(next()?.parse().map_err(|_| malformed())?),
        id: next()?.parse().map_err(|_| malformed())?,
    })
}
