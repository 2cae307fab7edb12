//! What subjects ask for by right: taken with the identity check on record, answered within their
//! term, carried out. Every step has its audit row and its leaf; the words lie sealed under the key
//! of the identity, so that they go with it.

use itgel_domain::case::deadline::{Due, counted};
use itgel_domain::credit::Amendment;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::rights::{
    Answer, Asking, HandDecision, Relation, Request, RequestState, RightKind, Rights, Term,
};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::{hold, process, served};
use crate::contents::{self, Scope};
use crate::erasure;
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::rights::RequestRow;
use crate::store::{self, Tx};
use crate::{fold, ingest};

/// What somebody asks for about a subject.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeRequest {
    /// About whom.
    pub subject: SubjectId,
    /// What.
    pub asking: Asking,
}

/// The office's answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// The ground of a refusal; absent if it is granted.
    #[serde(default)]
    pub ground: Option<String>,
    /// What is decided by hand.
    #[serde(default)]
    pub decision: Option<HandDecision>,
    /// How the record is amended that is repaired.
    #[serde(default)]
    pub amendment: Option<Amendment>,
    /// What is answered.
    #[serde(default)]
    pub words: String,
}

/// A request as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RequestView {
    /// Its number.
    pub id: DecisionId,
    /// What is asked for.
    pub kind: RightKind,
    /// About whom.
    pub subject: SubjectId,
    /// Where the subject lived when it was taken.
    pub division: DivisionCode,
    /// The last day for the answer.
    pub due: Due,
    /// Whether its last day has passed without an answer.
    pub is_late: bool,
    /// The request; absent once the subject was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// Where it stands.
    pub state: RequestState,
}

/// Takes a request, free of charge (`domain.md` L-12, L-34). A person who asks for the own file in
/// their own name gets it at once: it is answered as it is taken.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::NotAllowed`] for the officer;
/// [`ErrorCode::CaseUnknown`] or [`ErrorCode::RecordUnknown`] for what a decision or a repair is
/// about; violations for what is missing; [`ServiceError`] of the database.
pub fn take(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &TakeRequest,
    now: AtMs,
) -> Result<RequestView, ServiceError> {
    let right = (request.asking.kind.taken_under(), ErrorCode::SubjectUnknown);
    let subject = served(tx, actor, right, &request.subject)?;
    check_person(service, tx, &subject, &request.asking)?;
    let taken = Request::take(request.asking.clone(), actor.officer.clone(), now);
    let mut taken = taken.map_err(refuse)?;
    taken.case_version = process::check_asking(tx, &subject.id, &taken.asking)?;
    if taken.asking.kind.is_reading() && taken.asking.relation == Relation::Own {
        taken.answer(Answer {
            by: actor.officer.clone(),
            at: now,
            ground: None,
            decision: None,
            words: String::new(),
        })?;
    }
    let mut row = RequestRow {
        id: DecisionId::from_random(random()?),
        subject: subject.id.clone(),
        division: subject.division,
        kind: taken.asking.kind,
        state: taken.state,
        due_on: now.on(),
        taken_at: now,
        closed_at: None,
        sealed: Vec::new(),
    };
    row.due_on = due(service, tx, &row)?.on;
    keep(service, tx, row, taken, (actor, "rights.taken"), now)
}

/// Answers a request: granted, or refused with ground and words. A decision by hand comes from
/// somebody who had no part in the case; a repair amends the record in the same transaction.
///
/// # Errors
/// [`ErrorCode::RightRequestUnknown`], [`ErrorCode::RequestAnswered`],
/// [`ErrorCode::RefusalGround`], [`ErrorCode::RequestOutcome`]; [`ErrorCode::ActedBefore`] or
/// [`ErrorCode::ConflictOfInterest`]; [`ErrorCode::SubjectHeld`] if an erasure would be granted
/// against an order of the law; those of [`records::amend`](crate::credit::records::amend);
/// [`ServiceError`] of the database.
pub fn answer(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (id, answer): (&DecisionId, &AnswerRequest),
    now: AtMs,
) -> Result<RequestView, ServiceError> {
    let (row, mut request) = find(service, tx, actor, None, id)?;
    let is_granted = answer.ground.is_none();
    if is_granted && row.kind == RightKind::Delete && hold::is_held(tx, &row.subject)? {
        return Err(ErrorCode::SubjectHeld.into());
    }
    request.answer(Answer {
        by: actor.officer.clone(),
        at: now,
        ground: answer.ground.clone(),
        decision: answer.decision,
        words: answer.words.clone(),
    })?;
    process::carry(
        service,
        tx,
        actor,
        (&request, answer.amendment.as_ref()),
        now,
    )?;
    keep(service, tx, row, request, (actor, "rights.answered"), now)
}

/// Carries an erasure out that another person granted: the subject is gone for ever.
///
/// # Errors
/// [`ErrorCode::SecondPerson`] for the one who granted it; [`ErrorCode::SubjectHeld`];
/// [`ErrorCode::RequestAnswered`] unless one was granted; [`ServiceError`] of the database.
pub fn carry_out(
    service: &Service,
    actor: &Actor,
    id: &DecisionId,
    now: AtMs,
) -> Result<RequestView, ServiceError> {
    let (actor, id) = (actor.clone(), id.clone());
    let done = service.transact("rights.erase", move |service, tx| {
        let (mut row, mut request) = open(service, tx, &id)?;
        let subject = fold::subject(tx, &row.subject)?;
        let granted_by = request.answer.as_ref().map(|answer| answer.by.clone());
        let resource = Resource {
            first_person: granted_by.as_ref(),
            ..Resource::at(subject.division)
        };
        may(&actor, Action::EraseSubject, &resource)?;
        if hold::is_held(tx, &subject.id)? {
            return Err(ErrorCode::SubjectHeld.into());
        }
        request.carry_out(actor.officer.clone())?;
        row.state = request.state;
        row.closed_at = Some(now);
        store::rights::put_request(tx, &row)?;
        log(tx, &row, (&actor, "rights.erased"), now)?;
        ingest::erase(service, tx, &subject.id, actor.officer.as_str(), now)?;
        shown(service, tx, row, None, now)
    })?;
    if let Err(error) = erasure::leave_no_bytes(service) {
        // The job that the erasure asked for does it.
        tracing::warn!(%error, "the log of writes is emptied later");
    }
    Ok(done)
}

/// A request that was granted to read the file, and the subject.
///
/// # Errors
/// [`ErrorCode::RightRequestUnknown`] unless reading was granted within the last thirty days.
pub(super) fn granted_reading(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    id: &DecisionId,
    now: AtMs,
) -> Result<Subject, ServiceError> {
    let (row, request) = find(service, connection, actor, Some(Action::ServeSubject), id)?;
    let answered_at = request.answer.map(|answer| answer.at.plus_ms(READABLE_MS));
    let is_open = row.state == RequestState::Done && answered_at.is_some_and(|end| now <= end);
    match row.kind.is_reading() && is_open {
        true => fold::subject(connection, &row.subject),
        false => Err(ErrorCode::RightRequestUnknown.into()),
    }
}

/// How long what was granted can be read and printed.
const READABLE_MS: i64 = 30 * 86_400_000;

/// The last day for the answer, reckoned with what is known of working days today.
pub(super) fn due(
    service: &Service,
    connection: &Connection,
    row: &RequestRow,
) -> Result<Due, ServiceError> {
    let absent = || ServiceError::internal("a right without its term");
    let right = Rights::builtin().get(row.kind).ok_or_else(absent)?;
    let from = row.taken_at.on();
    Ok(match right.term {
        Term::Days(days) => counted(from, days),
        Term::Process(deadline) => {
            let timetable = crate::process::timetable(service, connection, row.division)?;
            deadline.due(from, &timetable)
        }
    })
}

fn check_person(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    asking: &Asking,
) -> Result<(), ServiceError> {
    let known = contents::identity(service, connection, &subject.id)?;
    let people = known.map(|record| record.people).unwrap_or_default();
    // Of an organisation that came from a register nobody is recorded: who asks shows a mandate.
    let is_mandated = people.is_empty() && asking.relation == Relation::Agent;
    match is_mandated || people.iter().any(|person| person.role == asking.person) {
        true => Ok(()),
        false => Err(refuse(vec![Violation::new(
            "person",
            ErrorCode::RightPerson,
        )])),
    }
}

fn find(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    action: Option<Action>,
    id: &DecisionId,
) -> Result<(RequestRow, Request), ServiceError> {
    let (row, request) = open(service, connection, id)?;
    let action = action.unwrap_or(row.kind.answered_under());
    let right = (action, ErrorCode::RightRequestUnknown);
    served(connection, actor, right, &row.subject)?;
    Ok((row, request))
}

fn open(
    service: &Service,
    connection: &Connection,
    id: &DecisionId,
) -> Result<(RequestRow, Request), ServiceError> {
    let row = store::rights::get_request(connection, id)?;
    let row = row.ok_or(ErrorCode::RightRequestUnknown)?;
    let request = read(service, connection, &row)?.ok_or(ErrorCode::SubjectErased)?;
    Ok((row, request))
}

fn read(
    service: &Service,
    connection: &Connection,
    row: &RequestRow,
) -> Result<Option<Request>, ServiceError> {
    let key = contents::find_key(service, connection, Scope::Identity, row.subject.as_str())?;
    let Some(key) = key.filter(|_| !row.sealed.is_empty()) else {
        return Ok(None);
    };
    let json = contents::open(&key, "rights_request", row.id.as_str(), &row.sealed)?;
    let request = serde_json::from_slice(&json);
    Ok(Some(request.map_err(|e| {
        ServiceError::caused("a stored request", e)
    })?))
}

/// A request as staff see it, with its last day as it is reckoned today.
pub(super) fn view(
    service: &Service,
    connection: &Connection,
    row: RequestRow,
    now: AtMs,
) -> Result<RequestView, ServiceError> {
    let request = read(service, connection, &row)?;
    shown(service, connection, row, request, now)
}

fn shown(
    service: &Service,
    connection: &Connection,
    row: RequestRow,
    request: Option<Request>,
    now: AtMs,
) -> Result<RequestView, ServiceError> {
    let due = due(service, connection, &row)?;
    Ok(RequestView {
        id: row.id,
        kind: row.kind,
        subject: row.subject,
        division: row.division,
        is_late: row.state.is_late(due.on, now.on()),
        due,
        request,
        state: row.state,
    })
}

/// Writes a request with its audit row and its leaf.
fn keep(
    service: &Service,
    tx: &Tx<'_>,
    mut row: RequestRow,
    request: Request,
    (actor, action): (&Actor, &str),
    now: AtMs,
) -> Result<RequestView, ServiceError> {
    let key = contents::key(service, tx, Scope::Identity, row.subject.as_str())?;
    let json = serde_json::to_vec(&request).map_err(|e| ServiceError::caused("a request", e))?;
    row.sealed = contents::seal(&key, "rights_request", row.id.as_str(), &json)?;
    row.state = request.state;
    let is_closed = matches!(row.state, RequestState::Done | RequestState::Refused);
    row.closed_at = is_closed.then_some(now);
    store::rights::put_request(tx, &row)?;
    log(tx, &row, (actor, action), now)?;
    shown(service, tx, row, Some(request), now)
}

fn log(
    tx: &Tx<'_>,
    row: &RequestRow,
    (actor, action): (&Actor, &str),
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("rights/{}", row.id);
    let detail = serde_json::json!({ "kind": row.kind, "state": row.state });
    let officer = actor.officer.as_str();
    let n = store::log::audit(tx, now, officer, action, &resource, &detail)?;
    let leaf = Hash::of("itgel.rights.v1", &[resource.as_bytes(), &n.to_be_bytes()]);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    Ok(())
}

fn refuse(violations: Vec<Violation>) -> ServiceError {
    let first = violations.first().map(|violation| violation.code);
    ServiceError::Refused {
        code: first.unwrap_or(ErrorCode::ValueMissing),
        violations,
    }
}
