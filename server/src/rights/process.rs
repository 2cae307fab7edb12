//! What subjects ask of a person within the process of a rating: a decision by hand (PIPL art. 24,
//! `domain.md` L-17) and the repair of a record of ours (L-12).

use itgel_domain::credit::Amendment;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CaseId, RowId, SubjectId};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::rights::{Asking, HandDecision, Request, RequestState, RightKind};
use itgel_domain::time::AtMs;

use crate::credit::records;
use crate::error::ServiceError;
use crate::process::allow_about_case;
use crate::service::Service;
use crate::store::{self, Tx};

/// Checks that what is asked about is the subject's own; how many events the case has that a
/// person is to decide.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] or [`ErrorCode::RecordUnknown`]; [`ServiceError`] of the database.
pub(super) fn check_asking(
    tx: &Tx<'_>,
    subject: &SubjectId,
    asking: &Asking,
) -> Result<Option<u64>, ServiceError> {
    match asking.kind {
        RightKind::HumanDecision => {
            let case = asking.case.as_ref().ok_or(ErrorCode::CaseUnknown)?;
            version_of(tx, case, subject).map(Some)
        }
        RightKind::Repair => {
            let record = asking.record.as_ref().ok_or(ErrorCode::RecordUnknown)?;
            check_record(tx, record, subject).map(|()| None)
        }
        _ => Ok(None),
    }
}

/// Does what the answer says: somebody without a part in the case decides, and that it changed
/// something is believed only of a case that has moved since; a repair amends the record.
///
/// # Errors
/// [`ErrorCode::RequestOutcome`]; [`ErrorCode::NotAllowed`], [`ErrorCode::ActedBefore`] or
/// [`ErrorCode::ConflictOfInterest`]; those of [`records::amend`]; [`ServiceError`] of the
/// database.
pub(super) fn carry(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (request, amendment): (&Request, Option<&Amendment>),
    now: AtMs,
) -> Result<(), ServiceError> {
    let asking = &request.asking;
    let is_refused = request.state == RequestState::Refused;
    match (asking.kind, amendment) {
        (RightKind::HumanDecision, None) => check_decision(tx, actor, request),
        (RightKind::Repair, Some(amendment)) if !is_refused => {
            let record = asking.record.as_ref().ok_or(ErrorCode::RecordUnknown)?;
            records::amend(service, tx, actor, record, amendment, now).map(drop)
        }
        (RightKind::Repair, None) if !is_refused => Err(ErrorCode::RequestOutcome.into()),
        (_, Some(_)) => Err(ErrorCode::RequestOutcome.into()),
        _ => Ok(()),
    }
}

fn check_decision(tx: &Tx<'_>, actor: &Actor, request: &Request) -> Result<(), ServiceError> {
    let id = request.asking.case.as_ref().ok_or(ErrorCode::CaseUnknown)?;
    let case = allow_about_case(tx, actor, Action::DecideByHand, id)?.case;
    if case.role_of(&actor.officer).is_some() {
        return Err(ErrorCode::ActedBefore.into());
    }
    let decision = request.answer.as_ref().and_then(|answer| answer.decision);
    let has_moved = request
        .case_version
        .is_some_and(|before| case.version() > before);
    match decision == Some(HandDecision::Changed) && !has_moved {
        true => Err(ErrorCode::RequestOutcome.into()),
        false => Ok(()),
    }
}

fn version_of(tx: &Tx<'_>, id: &CaseId, subject: &SubjectId) -> Result<u64, ServiceError> {
    let row = store::case::get(tx, id)?.filter(|row| row.case.subject == *subject);
    Ok(row.ok_or(ErrorCode::CaseUnknown)?.case.version())
}

fn check_record(tx: &Tx<'_>, id: &RowId, subject: &SubjectId) -> Result<(), ServiceError> {
    let listed = store::credit_record::get(tx, id)?;
    let own = listed.is_some_and(|listed| listed.row.subject.as_ref() == Some(subject));
    match own {
        true => Ok(()),
        false => Err(ErrorCode::RecordUnknown.into()),
    }
}
