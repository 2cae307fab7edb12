//! What a subject asks of a person: a human decision (PIPL art. 24, `domain.md` L-17) and the
//! repair of a record of ours, each with its clock, its answer in words, and a person who had no
//! part before.

use itgel_domain::case::deadline::Due;
use itgel_domain::case::petition::{PetitionKind, PetitionOutcome};
use itgel_domain::credit::Amendment;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CaseId, PetitionId, RowId, SubjectId};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::desk::{allow, allow_case};
use super::note_text;
use crate::credit::records;
use crate::error::ServiceError;
use crate::fold;
use crate::service::{Service, random};
use crate::store::petition::{Answer, PetitionRow};
use crate::store::{self, Tx};

/// What a subject asks for, as a person takes it down.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PetitionRequest {
    /// What.
    pub kind: PetitionKind,
    /// Who asks.
    pub subject: SubjectId,
    /// The case that a person is to decide.
    #[serde(default)]
    pub case: Option<CaseId>,
    /// The record that is to be repaired.
    #[serde(default)]
    pub record: Option<RowId>,
    /// What the subject says.
    pub words: String,
}

/// The answer to a petition.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// What becomes of it.
    pub outcome: PetitionOutcome,
    /// Why, in words.
    pub words: String,
    /// How the record is amended, where it is repaired.
    #[serde(default)]
    pub amendment: Option<Amendment>,
}

/// A petition with its clock.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PetitionView {
    /// The petition.
    #[serde(flatten)]
    pub petition: PetitionRow,
    /// The last day for the answer.
    pub due: Due,
}

/// Takes a petition down and gives its number. Free of charge (`domain.md` L-12, L-34).
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ErrorCode::CaseReason`] without
/// words; [`ErrorCode::CaseUnknown`] or [`ErrorCode::RecordUnknown`] for what it is about;
/// [`ServiceError`] of the database.
pub fn file(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &PetitionRequest,
    now: AtMs,
) -> Result<PetitionView, ServiceError> {
    let subject = fold::subject(tx, &request.subject)?;
    allow(actor, Action::TakeObjection, subject.division)?;
    let case_version = match (request.kind, &request.case) {
        (PetitionKind::HumanDecision, Some(id)) => Some(version_of(tx, id, &subject.id)?),
        (PetitionKind::HumanDecision, None) => return Err(ErrorCode::CaseUnknown.into()),
        (PetitionKind::Repair, _) => None,
    };
    let record = match (request.kind, &request.record) {
        (PetitionKind::Repair, Some(id)) => Some(record_of(tx, id, &subject.id)?),
        (PetitionKind::Repair, None) => return Err(ErrorCode::RecordUnknown.into()),
        (PetitionKind::HumanDecision, _) => None,
    };
    let row = PetitionRow {
        id: PetitionId::from_random(random()?),
        kind: request.kind,
        subject: subject.id,
        division: subject.division,
        case: request.case.clone().filter(|_| case_version.is_some()),
        case_version,
        record,
        words: note_text(&request.words)?,
        filed_at: now,
        taken_by: actor.officer.clone(),
        answer: None,
    };
    store::petition::put(tx, &row)?;
    note(tx, actor, &row, "petition.filed", now)?;
    view(service, tx, row)
}

/// Answers a petition. A human decision comes from somebody who had no part in the case; that it
/// changed something is believed only of a case that has moved since. A repair amends the record
/// in the same transaction.
///
/// # Errors
/// [`ErrorCode::PetitionUnknown`] if there is none open for this person;
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ActedBefore`] or [`ErrorCode::ConflictOfInterest`];
/// [`ErrorCode::PetitionOutcome`] for an outcome that does not fit; [`ErrorCode::CaseReason`]
/// without words; those of [`records::amend`]; [`ServiceError`] of the database.
pub fn answer(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &PetitionId,
    request: &AnswerRequest,
    now: AtMs,
) -> Result<PetitionView, ServiceError> {
    let mut row = store::petition::get(tx, id)?.ok_or(ErrorCode::PetitionUnknown)?;
    if !row.kind.allows(request.outcome) {
        return Err(ErrorCode::PetitionOutcome.into());
    }
    match row.kind {
        PetitionKind::HumanDecision => check_decision(tx, actor, &row, request)?,
        PetitionKind::Repair => repair(service, tx, actor, &row, request, now)?,
    }
    let answer = Answer {
        outcome: request.outcome,
        words: note_text(&request.words)?,
        by: actor.officer.clone(),
        at: now,
    };
    if !store::petition::answer(tx, id, &answer)? {
        return Err(ErrorCode::PetitionUnknown.into());
    }
    row.answer = Some(answer);
    note(tx, actor, &row, "petition.answered", now)?;
    view(service, tx, row)
}

/// The petitions of a division, open ones first.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn petitions(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
) -> Result<Vec<PetitionView>, ServiceError> {
    allow(actor, Action::ReadCase, division)?;
    let mut views = Vec::new();
    for row in store::petition::list(connection, division)? {
        if !store::interest::list(connection, &row.subject)?.contains(&actor.officer) {
            views.push(view(service, connection, row)?);
        }
    }
    Ok(views)
}

/// Somebody without a part in the case decides; "changed" must be true of the case.
fn check_decision(
    tx: &Tx<'_>,
    actor: &Actor,
    row: &PetitionRow,
    request: &AnswerRequest,
) -> Result<(), ServiceError> {
    let id = row.case.as_ref().ok_or(ErrorCode::CaseUnknown)?;
    let case = store::case::get(tx, id)?
        .ok_or(ErrorCode::CaseUnknown)?
        .case;
    allow_case(tx, actor, Action::DecideByHand, &case)?;
    if case.role_of(&actor.officer).is_some() {
        return Err(ErrorCode::ActedBefore.into());
    }
    let has_moved = row
        .case_version
        .is_some_and(|before| case.version() > before);
    match request.outcome == PetitionOutcome::Changed && !has_moved {
        true => Err(ErrorCode::PetitionOutcome.into()),
        false => Ok(()),
    }
}

/// Amends the record that is to be repaired, or refuses with words alone.
fn repair(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    row: &PetitionRow,
    request: &AnswerRequest,
    now: AtMs,
) -> Result<(), ServiceError> {
    let record = row.record.as_ref().ok_or(ErrorCode::RecordUnknown)?;
    allow(actor, Action::AmendRecord, row.division)?;
    match (request.outcome, &request.amendment) {
        (PetitionOutcome::Repaired, Some(amendment)) => {
            records::amend(service, tx, actor, record, amendment, now).map(drop)
        }
        (PetitionOutcome::Refused, None) => Ok(()),
        _ => Err(ErrorCode::PetitionOutcome.into()),
    }
}

fn version_of(tx: &Tx<'_>, id: &CaseId, subject: &SubjectId) -> Result<u64, ServiceError> {
    let row = store::case::get(tx, id)?.filter(|row| row.case.subject == *subject);
    Ok(row.ok_or(ErrorCode::CaseUnknown)?.case.version())
}

fn record_of(tx: &Tx<'_>, id: &RowId, subject: &SubjectId) -> Result<RowId, ServiceError> {
    let listed = store::credit_record::get(tx, id)?;
    let own = listed.is_some_and(|listed| listed.row.subject.as_ref() == Some(subject));
    match own {
        true => Ok(id.clone()),
        false => Err(ErrorCode::RecordUnknown.into()),
    }
}

fn view(
    service: &Service,
    connection: &Connection,
    petition: PetitionRow,
) -> Result<PetitionView, ServiceError> {
    let timetable = super::timetable(service, connection, petition.division)?;
    let due = petition
        .kind
        .deadline()
        .due(petition.filed_at.on(), &timetable);
    Ok(PetitionView { petition, due })
}

fn note(
    tx: &Tx<'_>,
    actor: &Actor,
    row: &PetitionRow,
    action: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let outcome = row.answer.as_ref().map(|answer| answer.outcome);
    let detail = serde_json::json!({ "kind": row.kind, "outcome": outcome });
    let resource = format!("petition/{}", row.id);
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, action, &resource, &detail)?;
    Ok(())
}
