//! What staff do with cases: one, or many at once.

use itgel_domain::case::step::{Assessed, Outcome, Peer};
use itgel_domain::case::{By, Case, CaseState, Reason, Role, Step, StepKind};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::verify;
use itgel_domain::id::{CaseId, DeviceId, OfficerId};
use itgel_domain::item::ItemPath;
use itgel_domain::policy::{self, Action, Actor, Denial, Resource};
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::MAX_BATCH;
use super::advance::{Doing, advance, subject_of};
use super::arrival::lowest_cap;
use super::period::{ask_for_end, make_effective};
use super::publicity::post;
use crate::error::ServiceError;
use crate::fold;
use crate::service::Service;
use crate::store::case::CaseRow;
use crate::store::device::DeviceStatus;
use crate::store::{self, Tx};

/// A step that a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRequest {
    /// The case.
    pub case: CaseId,
    /// How many events the person has seen.
    pub version: u64,
    /// What to do. What the engine says in a step is computed here and never taken from outside.
    pub step: Step,
    /// Why; a decision needs words.
    pub reason: Reason,
    /// The item that the reason is about, for a return.
    #[serde(default)]
    pub item: Option<ItemPath>,
    /// The second reviewer's signature, for an override.
    #[serde(default)]
    pub countersignature: Option<Countersigned>,
}

/// A signature of a second person, made with the key of their device.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countersigned {
    /// The device.
    pub device: DeviceId,
    /// Its signature over [`override_message`], hexadecimal.
    pub signature: String,
}

/// Where a case stands after a step.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stepped {
    /// The case.
    pub case: CaseId,
    /// The state.
    pub state: CaseState,
    /// What the next actor must have seen.
    pub version: u64,
    /// The grade as it stands.
    pub grade: Option<Grade>,
}

/// Refuses unless a role of the actor allows `action` in `division`; the role.
pub(crate) fn allow(
    actor: &Actor,
    action: Action,
    division: DivisionCode,
) -> Result<Role, ServiceError> {
    policy::may(actor, action, &Resource::at(division)).map_err(denied)
}

/// Refuses unless a role of the actor allows `action` on a case, given what the actor has done in
/// it and in its gacha; the role. A case that the actor may not read does not exist for them.
pub(super) fn allow_case(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    case: &Case,
) -> Result<Role, ServiceError> {
    let officer = &actor.officer;
    let resource = Resource {
        acted_as: case.role_of(officer),
        has_interest: store::interest::list(connection, &case.subject)?.contains(officer),
        collected_here: store::case::has_collected(
            connection,
            officer,
            case.division,
            &case.cycle,
        )?,
        ..Resource::at(case.division)
    };
    match policy::may(actor, Action::ReadCase, &resource) {
        Err(Denial::Role | Denial::Division) => return Err(ErrorCode::CaseUnknown.into()),
        Err(denial) => return Err(denied(denial)),
        Ok(_) => {}
    }
    policy::may(actor, action, &resource).map_err(denied)
}

/// [`allow_case`] for a caller that knows the case by its id alone.
pub(crate) fn allow_about_case(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    case: &CaseId,
) -> Result<CaseRow, ServiceError> {
    let row = store::case::get(connection, case)?.ok_or(ErrorCode::CaseUnknown)?;
    allow_case(connection, actor, action, &row.case)?;
    Ok(row)
}

fn denied(denial: Denial) -> ServiceError {
    denial.code().into()
}

/// What the second reviewer signs for an override: the case as it was seen, the grade and why.
#[must_use]
pub fn override_message(case: &CaseId, version: u64, grade: Grade, reason: &Reason) -> Vec<u8> {
    let words = itgel_domain::hash::Hash::of("itgel.reason.v1", &[reason.text.as_bytes()]);
    format!(
        "itgel.override.v1\n{case}\n{version}\n{grade}\n{}\n{words}",
        reason.code
    )
    .into_bytes()
}

/// Does one step for a person.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] for a case that does not exist or lies outside the person's
/// divisions; [`ErrorCode::CaseStale`] if it has moved on since it was read;
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ActedBefore`] or [`ErrorCode::ConflictOfInterest`] for
/// the person; the refusal of the step by its own rule otherwise.
pub fn step(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &StepRequest,
    now: AtMs,
) -> Result<Stepped, ServiceError> {
    let mut row = store::case::get(tx, &request.case)?.ok_or(ErrorCode::CaseUnknown)?;
    let kind = request.step.kind();
    let role = allow_case(tx, actor, action_of(kind)?, &row.case)?;
    let doing = Doing {
        step: completed(service, tx, &mut row, request)?,
        by: By::Officer {
            officer: actor.officer.clone(),
            role,
        },
        reason: request.reason.clone(),
        at: if kind == StepKind::ClosePeriod {
            service.period_now()
        } else {
            now
        },
        device_at: None,
        version: Some(request.version),
        items: request.item.iter().cloned().collect(),
        has_consent: true,
    };
    match kind {
        StepKind::MakeEffective => drop(make_effective(service, tx, &mut row, doing, now)?),
        _ => drop(advance(service, tx, &mut row, doing)?),
    }
    follow_up(service, tx, &mut row, kind, now)?;
    Ok(Stepped {
        case: row.case.id.clone(),
        state: row.case.state(),
        version: row.case.version(),
        grade: row.case.grade(),
    })
}

/// Does several steps in one transaction, each on its own: one bad case never blocks the rest.
///
/// # Errors
/// [`ErrorCode::RequestTooLarge`] for more than [`MAX_BATCH`]; [`ServiceError`] of the database.
pub fn step_batch(
    service: &Service,
    actor: &Actor,
    requests: Vec<StepRequest>,
    now: AtMs,
) -> Result<Vec<Result<Stepped, ServiceError>>, ServiceError> {
    if requests.len() > MAX_BATCH {
        return Err(ErrorCode::RequestTooLarge.into());
    }
    let actor = actor.clone();
    service.transact("process.step_batch", move |service, tx| {
        let each = |request: &StepRequest| match tx
            .attempt(|tx| step(service, tx, &actor, request, now))
        {
            refused @ (Ok(_) | Err(ServiceError::Refused { .. })) => Ok(refused),
            Err(error) => Err(error),
        };
        requests.iter().map(each).collect()
    })
}

/// What of the policy a step asks for; steps of the service itself are nobody's.
fn action_of(step: StepKind) -> Result<Action, ServiceError> {
    match step {
        StepKind::Review | StepKind::Override => Ok(Action::Review),
        StepKind::Return => Ok(Action::Return),
        StepKind::PreRate => Ok(Action::PreRate),
        StepKind::ResolveConflict => Ok(Action::ResolveConflict),
        StepKind::Publish | StepKind::GiveNotice | StepKind::Resume | StepKind::ClosePeriod => {
            Ok(Action::Publish)
        }
        StepKind::Watch | StepKind::Clear | StepKind::Suspend => Ok(Action::Monitor),
        StepKind::Approve
        | StepKind::MakeEffective
        | StepKind::ConfirmCancel
        | StepKind::Reinstate => Ok(Action::Approve),
        StepKind::Object => Ok(Action::TakeObjection),
        StepKind::DecideObjection => Ok(Action::DecideObjection),
        StepKind::Close => Ok(Action::CloseCase),
        StepKind::Seal
        | StepKind::Submit
        | StepKind::FindConflict
        | StepKind::ConfirmSeal
        | StepKind::Fix
        | StepKind::Evaluate
        | StepKind::Supersede
        | StepKind::Expire => Err(ErrorCode::NotAllowed.into()),
    }
}

/// The step with what only the service can say: figures of the engine and checked signatures.
fn completed(
    service: &Service,
    tx: &Tx<'_>,
    row: &mut CaseRow,
    request: &StepRequest,
) -> Result<Step, ServiceError> {
    match &request.step {
        Step::Review => {
            animals_once(tx, row)?;
            Ok(request.step.clone())
        }
        Step::PreRate { .. } => {
            let (assessed, peer) = computed(service, tx, row)?;
            Ok(Step::PreRate { assessed, peer })
        }
        Step::DecideObjection {
            receipt,
            outcome: Outcome::Upheld { .. },
        } => {
            let before = row.case.assessed().map(|assessed| assessed.assessment);
            let (assessed, _) = computed(service, tx, row)?;
            let assessed = (Some(assessed.assessment) != before).then_some(assessed);
            let outcome = Outcome::Upheld { assessed };
            Ok(Step::DecideObjection {
                receipt: receipt.clone(),
                outcome,
            })
        }
        Step::ResolveConflict => {
            let standing = store::standing::get(tx, &row.case.subject, &row.case.cycle)?;
            match standing.is_some_and(|standing| standing.conflict_matters) {
                true => Err(ErrorCode::CaseConflict.into()),
                false => Ok(Step::ResolveConflict),
            }
        }
        Step::Override { grade, second } => {
            check_countersignature(tx, row, request, *grade, second)?;
            Ok(request.step.clone())
        }
        other => Ok(other.clone()),
    }
}

/// What the engine says of the subject now; the case rests on it from here.
fn computed(
    service: &Service,
    tx: &Tx<'_>,
    row: &mut CaseRow,
) -> Result<(Assessed, Peer), ServiceError> {
    let standing = store::standing::get(tx, &row.case.subject, &row.case.cycle)?;
    let inputs = standing
        .and_then(|s| s.inputs_hash)
        .ok_or(ErrorCode::CasePeerPending)?;
    let assessment = super::assessment(tx, &inputs)?;
    let grade = assessment.grade.ok_or(ErrorCode::CasePeerPending)?;
    let kind = subject_of(tx, &row.case)?.kind;
    let peer = match assessment.pending.is_empty() {
        false => Peer::Pending,
        true if kind == SubjectKind::Household => Peer::Held,
        true => Peer::NotNeeded,
    };
    let assessed = Assessed {
        assessment: assessment.hash(),
        grade,
        cap: lowest_cap(service, tx, &assessment)?,
    };
    row.inputs = Some(inputs);
    row.as_of = assessment.as_of;
    super::moved::keep(service, tx, &row.case, &inputs)?;
    Ok((assessed, peer))
}

/// The second reviewer signed just this, on a device of their own that may work.
fn check_countersignature(
    tx: &Tx<'_>,
    row: &CaseRow,
    request: &StepRequest,
    grade: Grade,
    second: &OfficerId,
) -> Result<(), ServiceError> {
    let unsigned = || ServiceError::from(ErrorCode::CaseOverride);
    let signed = request.countersignature.as_ref().ok_or_else(unsigned)?;
    let device = store::device::get(tx, &signed.device)?.ok_or_else(unsigned)?;
    if device.officer != *second || device.status != DeviceStatus::Active {
        return Err(unsigned());
    }
    let actor = Actor {
        officer: second.clone(),
        lender: None,
        grants: store::officer::grants(tx, second)?,
    };
    allow_case(tx, &actor, Action::Review, &row.case)?;
    let message = override_message(&request.case, request.version, grade, &request.reason);
    let signature = data_encoding::HEXLOWER
        .decode(signed.signature.as_bytes())
        .map_err(|_| unsigned())?;
    verify(device.suite, &device.public_key, &message, &signature).map_err(|_| unsigned())
}

/// What has to happen in the same transaction after a step.
fn follow_up(
    service: &Service,
    tx: &Tx<'_>,
    row: &mut CaseRow,
    step: StepKind,
    now: AtMs,
) -> Result<(), ServiceError> {
    match step {
        StepKind::Publish => drop(post(service, tx, row, now)?),
        StepKind::Approve if is_due(&row.case, now) => {
            let first_day = Doing::by_rule(Step::MakeEffective, "first_day", now);
            make_effective(service, tx, row, first_day, now)?;
        }
        _ => {}
    }
    if matches!(
        step,
        StepKind::Publish | StepKind::GiveNotice | StepKind::Resume
    ) {
        ask_for_end(service, tx, row)?;
    }
    Ok(())
}

fn is_due(case: &Case, now: AtMs) -> bool {
    case.validity()
        .is_some_and(|validity| validity.effective_on <= now.on())
}

/// The animals of a family are counted in its household or in its ranch, not in both
/// (`domain.md` G 47).
fn animals_once(tx: &Tx<'_>, row: &CaseRow) -> Result<(), ServiceError> {
    let (subject, cycle) = (&row.case.subject, &row.case.cycle);
    let others = store::entity::list_same_family(tx, subject)?;
    if others.is_empty() || !fold::facts(tx, subject)?.counts_animals(cycle) {
        return Ok(());
    }
    for other in others {
        let is_rated = store::case::get_of(tx, &other, cycle)?.is_some();
        if is_rated && fold::facts(tx, &other)?.counts_animals(cycle) {
            return Err(ErrorCode::EntityAnimals.into());
        }
    }
    Ok(())
}
