//! A third person settles what two officers disagree on (`design.md` 4.10, `domain.md` G 30).

use itgel_domain::case::{By, CaseState, Reason, Role, Step};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::{Entry, Picked, Resolution};
use itgel_domain::id::{CycleId, DecisionId, SubjectId};
use itgel_domain::item::ItemPath;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::advance::{Doing, advance};
use super::desk::{allow, allow_case};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::conflict::ConflictRow;
use crate::store::decision::Decision;
use crate::store::{self, Tx};
use crate::{fold, ingest};

/// What a reviewer decides about one item.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveRequest {
    /// Whose file.
    pub subject: SubjectId,
    /// The campaign.
    pub cycle: CycleId,
    /// The item.
    pub item: ItemPath,
    /// One of the values, or the value of a third visit.
    pub picked: Picked,
    /// Why, in words: the household can ask.
    pub reason: String,
}

/// The open conflicts of a campaign in a division, by subject and item, after the place that
/// `after` names; those of subjects toward whom the person has an interest are left out.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of
/// the database.
pub fn open_conflicts(
    connection: &Connection,
    actor: &Actor,
    (division, cycle): (DivisionCode, &CycleId),
    after: (&str, &str),
    limit: u32,
) -> Result<Vec<ConflictRow>, ServiceError> {
    allow(actor, Action::ReadCase, division)?;
    let mut open = Vec::new();
    for row in store::conflict::list_open(connection, division, cycle, after, limit)? {
        if !store::interest::list(connection, &row.subject)?.contains(&actor.officer) {
            open.push(row);
        }
    }
    Ok(open)
}

/// Settles one item: the decision, the resolution entry that devices receive, the new standing,
/// and, when it was the last one that mattered, the way back for the case.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] without the role in the division; [`ErrorCode::ActedBefore`] for the
/// author of one of the values and for anybody else who has a part in the case;
/// [`ErrorCode::ConflictUnknown`] if the item is not in conflict or the picked entry not part of
/// it; [`ErrorCode::CaseReason`] without words; the violations of a value that the catalogue
/// refuses.
pub fn resolve_conflict(
    service: &Service,
    tx: &Tx<'_>,
    reviewer: &Actor,
    request: &ResolveRequest,
    now: AtMs,
) -> Result<DecisionId, ServiceError> {
    let ResolveRequest {
        subject: id,
        cycle,
        item,
        ..
    } = request;
    let subject = store::subject::get(tx, id)?.ok_or(ErrorCode::ConflictUnknown)?;
    allow(reviewer, Action::ResolveConflict, subject.division)?;
    let conflict = store::conflict::get_open(tx, id, cycle, item)?;
    let conflict = conflict.ok_or(ErrorCode::ConflictUnknown)?;
    if request.reason.trim().is_empty() || request.reason.chars().count() > 2_000 {
        return Err(ErrorCode::CaseReason.into());
    }
    check_person(tx, reviewer, &subject, &conflict)?;
    check_picked(&conflict, &request.picked)?;

    let resolution = decide(tx, reviewer, request, &conflict, now)?;
    let decision = resolution.decision.clone();
    store::conflict::settle(tx, id, cycle, item, &decision)?;
    ingest::append_official(service, tx, id, vec![Entry::Resolution(resolution)], now)?;
    fold::refresh(service, tx, &subject, cycle, now)?;
    let detail = serde_json::json!({ "cycle": cycle, "item": item, "decision": decision });
    let resource = format!("subject/{id}");
    let actor = reviewer.officer.as_str();
    store::log::audit(tx, now, actor, "conflict.resolve", &resource, &detail)?;
    resume(service, tx, reviewer, request, now)?;
    Ok(decision)
}

/// Keeps the decision about what was in conflict; the entry that says so in the file.
fn decide(
    tx: &Tx<'_>,
    reviewer: &Actor,
    request: &ResolveRequest,
    conflict: &ConflictRow,
    now: AtMs,
) -> Result<Resolution, ServiceError> {
    let settled = conflict.values.iter();
    let resolution = Resolution {
        cycle: request.cycle.clone(),
        item: request.item.clone(),
        settles: settled.map(|value| value.entry.clone()).collect(),
        picked: request.picked.clone(),
        decision: DecisionId::from_random(random()?),
        reviewer: reviewer.officer.clone(),
        reason: request.reason.clone(),
    };
    let content = serde_json::json!({
        "cycle": resolution.cycle,
        "item": resolution.item,
        "settles": resolution.settles,
        "picked": resolution.picked,
        "reason": resolution.reason,
    });
    let kept = Decision {
        id: resolution.decision.clone(),
        kind: "resolution".into(),
        actor: reviewer.officer.clone(),
        subject: request.subject.to_string(),
        at: now,
        content,
    };
    store::decision::put(tx, &kept)?;
    Ok(resolution)
}

/// Sends the case on its way again if nothing that matters is open any more.
fn resume(
    service: &Service,
    tx: &Tx<'_>,
    reviewer: &Actor,
    request: &ResolveRequest,
    now: AtMs,
) -> Result<(), ServiceError> {
    let ResolveRequest {
        subject: id, cycle, ..
    } = request;
    let Some(mut row) = store::case::get_of(tx, id, cycle)? else {
        return Ok(());
    };
    let standing = store::standing::get(tx, id, cycle)?;
    let still_matters = standing.is_some_and(|standing| standing.conflict_matters);
    if row.case.state() != CaseState::Conflict || still_matters {
        return Ok(());
    }
    let doing = Doing {
        by: By::Officer {
            officer: reviewer.officer.clone(),
            role: Role::Reviewer,
        },
        reason: Reason::new("conflict_resolved", &request.reason),
        ..Doing::by_rule(Step::ResolveConflict, "", now)
    };
    advance(service, tx, &mut row, doing)?;
    // The peer evaluation may have been held meanwhile.
    let subject = super::advance::subject_of(tx, &row.case)?;
    fold::refresh(service, tx, &subject, cycle, now)?;
    Ok(())
}

/// Who collected or evaluated here does not judge; nor does who has declared an interest.
fn check_person(
    tx: &Tx<'_>,
    reviewer: &Actor,
    subject: &Subject,
    conflict: &ConflictRow,
) -> Result<(), ServiceError> {
    let officer = &reviewer.officer;
    match store::case::get_of(tx, &conflict.subject, &conflict.cycle)? {
        Some(row) => drop(allow_case(
            tx,
            reviewer,
            Action::ResolveConflict,
            &row.case,
        )?),
        None => drop(allow(reviewer, Action::ResolveConflict, subject.division)?),
    }
    if store::interest::list(tx, &conflict.subject)?.contains(officer) {
        return Err(ErrorCode::ConflictOfInterest.into());
    }
    if conflict
        .values
        .iter()
        .any(|value| value.officer == *officer)
    {
        return Err(ErrorCode::ActedBefore.into());
    }
    Ok(())
}

fn check_picked(conflict: &ConflictRow, picked: &Picked) -> Result<(), ServiceError> {
    match picked {
        Picked::Entry(entry) => {
            let is_part = conflict.values.iter().any(|value| value.entry == *entry);
            if is_part {
                Ok(())
            } else {
                Err(ErrorCode::ConflictUnknown.into())
            }
        }
        Picked::Value(observation) if observation.item != conflict.item => {
            Err(ErrorCode::ConflictUnknown.into())
        }
        Picked::Value(observation) => ingest::check_value(observation),
    }
}
