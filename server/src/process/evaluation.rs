//! The peer evaluation (民主评议) as the process sees it: who took part, and when it is over. What
//! a ballot says is nowhere here.

use itgel_domain::case::cycle::Cycle;
use itgel_domain::case::{By, CaseState, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CycleId, OfficerId, RowId, SubjectId};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::register::{PeerEvaluation, RegisterContent, RegisterRow};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;

use super::advance::{Doing, advance};
use super::desk::{allow, allow_case};
use crate::error::ServiceError;
use crate::registers;
use crate::service::{Service, random};
use crate::store::{self, Tx};

/// Fewer valid ballots give no result (`domain.md` H6).
pub(crate) const ENOUGH: usize = 5;

/// Takes an evaluator into the case of the subject whom the ballot is about. `false`: the ballot
/// does not count, because the evaluator has a declared interest or another role in the case.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn ballot_cast(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    evaluator: &OfficerId,
    now: AtMs,
) -> Result<bool, ServiceError> {
    if store::interest::list(tx, subject)?.contains(evaluator) {
        return Ok(false);
    }
    let Some(mut row) = store::case::get_of(tx, subject, cycle)? else {
        return Ok(true);
    };
    match row.case.role_of(evaluator) {
        Some(Role::Evaluator) => return Ok(true),
        Some(_) => return Ok(false),
        None => {}
    }
    if row.case.state() != CaseState::Submitted {
        return Ok(true);
    }
    let doing = Doing {
        by: By::Officer {
            officer: evaluator.clone(),
            role: Role::Evaluator,
        },
        ..Doing::by_rule(Step::Evaluate, "ballot", now)
    };
    advance(service, tx, &mut row, doing)?;
    Ok(true)
}

/// Ends the peer evaluation of a subject with the ballots that were cast: the gacha group says
/// that no more will come. With fewer than the pack asks for, its result is unknown and counts as
/// missing (`domain.md` G 37).
///
/// # Errors
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ScopeOutside`], [`ErrorCode::ActedBefore`] or
/// [`ErrorCode::ConflictOfInterest`] for the person; [`ErrorCode::CaseUnknown`] without a case;
/// [`ErrorCode::CaseStep`] if it is pre-rated already; [`ServiceError`] of the database.
pub fn end_evaluation(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    subject: &SubjectId,
    cycle: &CycleId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let home = store::subject::get(tx, subject)?.ok_or(ErrorCode::CaseUnknown)?;
    allow(actor, Action::HoldEvaluation, home.division)?;
    let row = store::case::get_of(tx, subject, cycle)?.ok_or(ErrorCode::CaseUnknown)?;
    allow_case(tx, actor, Action::HoldEvaluation, &row.case)?;
    if row.case.state() != CaseState::Submitted {
        return Err(ErrorCode::CaseStep.into());
    }
    let cycle = store::cycle::get(tx, cycle)?.ok_or(ErrorCode::CycleClosed)?;
    let means = store::ballot::list_means(tx, subject, &cycle.id)?;
    let detail = serde_json::json!({ "cycle": cycle.id, "ballots": means.len() });
    let resource = format!("case/{}", row.case.id);
    let officer = actor.officer.as_str();
    store::log::audit(tx, now, officer, "evaluation.end", &resource, &detail)?;
    registers::put(service, tx, &peer_row(&home, &cycle, &means)?, officer, now)
}

/// Strikes the ballot of an evaluator who must not have voted: it stays in the chain, in
/// quarantine, and counts no more. `false` if there is none. With too few left the evaluation is
/// pending again.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn strike(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    cycle: &CycleId,
    evaluator: &OfficerId,
    now: AtMs,
) -> Result<bool, ServiceError> {
    if !store::ballot::strike(tx, &subject.id, cycle, evaluator)? {
        return Ok(false);
    }
    let Some(cycle) = store::cycle::get(tx, cycle)? else {
        return Ok(true);
    };
    let means = store::ballot::list_means(tx, &subject.id, &cycle.id)?;
    let mut row = peer_row(subject, &cycle, &means)?;
    if means.len() < ENOUGH {
        row.content = RegisterContent::Peer(PeerEvaluation::Pending);
    }
    registers::put(service, tx, &row, "rule", now)?;
    Ok(true)
}

/// Mean and number of the ballots as a register row, in force while the campaign runs.
pub(crate) fn peer_row(
    subject: &Subject,
    cycle: &Cycle,
    means_centi: &[u32],
) -> Result<RegisterRow, ServiceError> {
    Ok(RegisterRow {
        id: RowId::from_random(random()?),
        division: subject.division,
        subject: Some(subject.id.clone()),
        key: cycle.id.to_string(),
        revision: 1,
        valid_from: cycle.opens_on,
        valid_to: Some(cycle.closes_on),
        source: "peer_evaluation".into(),
        content: RegisterContent::Peer(PeerEvaluation::from_means(means_centi)),
    })
}
