//! What a case does when its file, a register or a ballot changes: it opens with the first seal,
//! stands still while officers disagree on what decides the grade, and is pre-rated as soon as
//! the peer evaluation was held.

use std::collections::BTreeSet;

use itgel_domain::assess::Assessment;
use itgel_domain::case::step::{Assessed, Cause, Peer};
use itgel_domain::case::{By, Case, CaseState, Reason, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::conflict::SealView;
use itgel_domain::id::{CaseId, CycleId, OfficerId, SubjectId};
use itgel_domain::subject::{Grade, Subject};
use itgel_domain::time::AtMs;

use super::advance::{Doing, advance};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::case::CaseRow;
use crate::store::{self, Tx};

/// What a refresh of a subject's standing found; the standing, its assessment and its conflicts
/// are in the database already.
#[derive(Debug, Clone, Copy)]
pub struct Refreshed<'a> {
    /// Whose.
    pub subject: &'a Subject,
    /// The campaign.
    pub cycle: &'a CycleId,
    /// What all its files say.
    pub facts: &'a FileFacts,
    /// What the engine says now.
    pub assessment: &'a Assessment,
    /// Whether open conflicts decide the grade.
    pub conflict_matters: bool,
    /// Whether the peer evaluation was held.
    pub peer_is_held: bool,
    /// Whether consent to the collection is in force.
    pub has_consent: bool,
}

/// Moves the case after a refresh: opens it with the first seal, takes in later seals, finds
/// conflicts, and pre-rates. Called at the end of every refresh; the same again changes nothing.
///
/// A step that the process refuses here (a collector with a declared interest, a seal without
/// consent) never stops the intake of data: it stands in the audit log for a person to look at.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn after_refresh(
    service: &Service,
    tx: &Tx<'_>,
    refreshed: &Refreshed<'_>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let found = store::case::get_of(tx, &refreshed.subject.id, refreshed.cycle)?;
    let seals = refreshed.facts.seals(refreshed.cycle);
    let mut row = match found {
        Some(row) => row,
        None => match open(service, tx, refreshed, &seals, now)? {
            Some(row) => row,
            None => return Ok(()),
        },
    };
    for seal in &seals {
        if !row.seals.contains(&seal.entry) {
            take_in(service, tx, refreshed, &mut row, seal, now)?;
        }
    }
    find_conflict(service, tx, refreshed, &mut row, now)?;
    pre_rate(service, tx, refreshed, &mut row, now)
}

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
        by: By::Officer { officer: evaluator.clone(), role: Role::Evaluator },
        ..Doing::by_rule(Step::Evaluate, "ballot", now)
    };
    advance(service, tx, &mut row, doing)?;
    Ok(true)
}

/// Ends every case of a subject that is to be erased: no further use, nothing on any board, and
/// no words that could tell of it. Who did what when stays.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn erase(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    for id in store::case::list_of(tx, subject)? {
        let Some(mut row) = store::case::get(tx, &id)? else {
            continue;
        };
        if !row.case.state().is_terminal() {
            let step = Step::Close { cause: Cause::ConsentWithdrawn };
            advance(service, tx, &mut row, Doing::by_rule(step, "erased", now))?;
        }
        store::case::redact(tx, &row.case)?;
    }
    Ok(store::publicity::delete(tx, subject)?)
}

/// Opens the case with the first seal that the process takes.
fn open(
    service: &Service,
    tx: &Tx<'_>,
    refreshed: &Refreshed<'_>,
    seals: &[SealView<'_>],
    now: AtMs,
) -> Result<Option<CaseRow>, ServiceError> {
    for seal in seals {
        let subject = refreshed.subject;
        let case = Case::new(
            CaseId::from_random(random()?),
            subject.id.clone(),
            refreshed.cycle.clone(),
            subject.division,
        );
        let mut row = CaseRow {
            case,
            as_of: refreshed.assessment.as_of,
            inputs: None,
            seals: vec![seal.entry.clone()],
            since: now,
            attention: 9,
        };
        let sealed = tolerate(tx, &mut row, now, |row| {
            let second = seal.seal.second_officer.clone();
            submit(service, tx, refreshed, row, seal, Step::Seal { second }, now)
        })?;
        if sealed {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Takes a later seal in: it makes good what was returned, or it confirms or contradicts.
fn take_in(
    service: &Service,
    tx: &Tx<'_>,
    refreshed: &Refreshed<'_>,
    row: &mut CaseRow,
    seal: &SealView<'_>,
    now: AtMs,
) -> Result<(), ServiceError> {
    row.seals.push(seal.entry.clone());
    if row.case.state() == CaseState::Returned {
        row.as_of = refreshed.assessment.as_of;
        tolerate(tx, row, now, |row| {
            let second = seal.seal.second_officer.clone();
            submit(service, tx, refreshed, row, seal, Step::Fix { second }, now)
        })?;
    } else if row.case.role_of(seal.officer).is_none() {
        let officers = std::iter::once(seal.officer.clone());
        let collectors: Vec<_> = officers.chain(seal.seal.second_officer.clone()).collect();
        let (step, code) = if refreshed.conflict_matters {
            (Step::FindConflict { collectors }, "second_seal_differs")
        } else {
            (Step::ConfirmSeal { collectors }, "second_seal_agrees")
        };
        tolerate(tx, row, now, |row| {
            let device_at = Some(seal.entered_at);
            let doing = Doing { device_at, ..Doing::by_rule(step, code, now) };
            advance(service, tx, row, doing).map(drop)
        })?;
    }
    store::case::put_seals(tx, row)?;
    Ok(())
}

/// Two officers sealed, on a device, and the seal has arrived.
fn submit(
    service: &Service,
    tx: &Tx<'_>,
    refreshed: &Refreshed<'_>,
    row: &mut CaseRow,
    seal: &SealView<'_>,
    signed: Step,
    now: AtMs,
) -> Result<(), ServiceError> {
    let sealed = Doing {
        step: signed,
        by: By::Officer { officer: seal.officer.clone(), role: Role::Collector },
        reason: Reason::code("visit"),
        device_at: Some(seal.entered_at),
        has_consent: refreshed.has_consent,
        ..Doing::by_rule(Step::Submit, "", now)
    };
    advance(service, tx, row, sealed)?;
    let submitted = Doing {
        device_at: Some(seal.entered_at),
        has_consent: refreshed.has_consent,
        ..Doing::by_rule(Step::Submit, "arrived", now)
    };
    advance(service, tx, row, submitted)?;
    Ok(())
}

/// Values that decide the grade are open, whoever entered them and whether or not he sealed.
fn find_conflict(
    service: &Service,
    tx: &Tx<'_>,
    refreshed: &Refreshed<'_>,
    row: &mut CaseRow,
    now: AtMs,
) -> Result<(), ServiceError> {
    let can_stop = matches!(
        row.case.state(),
        CaseState::Submitted
            | CaseState::PreRated
            | CaseState::Reviewed
            | CaseState::InPublicity
            | CaseState::InNotice
    );
    if !(can_stop && refreshed.conflict_matters) {
        return Ok(());
    }
    let officers: BTreeSet<OfficerId> = refreshed
        .facts
        .conflicts(refreshed.cycle)
        .into_iter()
        .flat_map(|conflict| conflict.values)
        .map(|value| value.officer)
        .collect();
    let is_new = |officer: &OfficerId| row.case.role_of(officer).is_none();
    let collectors = officers.into_iter().filter(is_new).collect();
    tolerate(tx, row, now, |row| {
        let step = Step::FindConflict { collectors };
        advance(service, tx, row, Doing::by_rule(step, "values_differ", now)).map(drop)
    })?;
    Ok(())
}

/// The engine has run on everything that it needs (初评).
fn pre_rate(
    service: &Service,
    tx: &Tx<'_>,
    refreshed: &Refreshed<'_>,
    row: &mut CaseRow,
    now: AtMs,
) -> Result<(), ServiceError> {
    let assessment = refreshed.assessment;
    let is_ready = row.case.state() == CaseState::Submitted
        && !refreshed.conflict_matters
        && assessment.pending.is_empty();
    let Some(grade) = assessment.grade.filter(|_| is_ready) else {
        return Ok(());
    };
    let peer = if refreshed.peer_is_held { Peer::Held } else { Peer::NotNeeded };
    let assessed = Assessed {
        assessment: assessment.hash(),
        grade,
        cap: lowest_cap(service, tx, assessment)?,
    };
    row.inputs = Some(assessment.inputs);
    row.as_of = assessment.as_of;
    let doing = Doing::by_rule(Step::PreRate { assessed, peer }, "engine", now);
    advance(service, tx, row, doing)?;
    Ok(())
}

/// The best grade that the caps let through, if one is met.
pub(super) fn lowest_cap(
    service: &Service,
    tx: &Tx<'_>,
    assessment: &Assessment,
) -> Result<Option<Grade>, ServiceError> {
    let pack = service.rules.pack(tx, &assessment.pack)?;
    let met = pack.caps.iter().filter(|cap| assessment.caps.contains(&cap.code));
    Ok(met.map(|cap| cap.grade).max())
}

/// Does `work` on its own; what the process refuses is undone and written down, and `false`.
fn tolerate(
    tx: &Tx<'_>,
    row: &mut CaseRow,
    now: AtMs,
    work: impl FnOnce(&mut CaseRow) -> Result<(), ServiceError>,
) -> Result<bool, ServiceError> {
    let before = row.clone();
    match tx.attempt(|_| work(row)) {
        Ok(()) => Ok(true),
        Err(ServiceError::Refused { code, .. }) => {
            *row = before;
            note_refusal(tx, row, code, now)?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn note_refusal(
    tx: &Tx<'_>,
    row: &CaseRow,
    code: ErrorCode,
    now: AtMs,
) -> Result<(), ServiceError> {
    let case = &row.case;
    let detail = serde_json::json!({
        "code": code,
        "cycle": case.cycle,
        "state": case.state(),
        "seals": row.seals,
    });
    let resource = format!("subject/{}", case.subject);
    store::log::audit(tx, now, "rule", "case.refused", &resource, &detail)?;
    Ok(())
}
