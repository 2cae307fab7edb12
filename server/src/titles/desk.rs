//! What staff do with titles, and what they read of them.

use itgel_domain::case::title::{CancelGround, TitleStep, TitleStepKind};
use itgel_domain::case::{By, Reason};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::CycleId;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;
use itgel_domain::title::{GateState, TitleLevel, TitleOutcome};
use jiff::civil::Date;
use rusqlite::Connection;

use super::snapshot::{Asked, apply, keep, known};
use super::{TitleView, compute, result_of};
use crate::error::ServiceError;
use crate::jobs;
use crate::process::{self, allow};
use crate::service::Service;
use crate::store::title::TitleRow;
use crate::store::{self, Tx};

/// Seven full days: no period can be over earlier (`domain.md` D.3).
const SHORTEST_PERIOD_MS: i64 = 7 * 86_400_000;

/// A step of a title that a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleRequest {
    /// The village or township.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// How many events the person has seen.
    pub version: u64,
    /// What to do. Corrected numbers are computed here and never taken from outside.
    pub step: TitleStep,
    /// Why; a decision needs words.
    pub reason: Reason,
}

/// The titles of a campaign in a division, by code.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of
/// the database.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    within: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<TitleView>, ServiceError> {
    allow(actor, Action::ReadBoard, within)?;
    store::title::list(connection, within, cycle)?
        .iter()
        .map(TitleView::of)
        .collect()
}

/// One title.
///
/// # Errors
/// As [`list`]; [`ErrorCode::CaseUnknown`] before the first snapshot.
pub fn title(
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<TitleView, ServiceError> {
    allow(actor, Action::ReadBoard, division)?;
    let row = store::title::get(connection, division, cycle)?.ok_or(ErrorCode::CaseUnknown)?;
    TitleView::of(&row)
}

/// Asks for a snapshot of a campaign's banner; a job makes it.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::CycleClosed`] for an unknown campaign; [`ServiceError`] of the database.
pub fn request_snapshot(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    cycle: &CycleId,
    as_of: Date,
    now: AtMs,
) -> Result<(), ServiceError> {
    let cycle = known(tx, cycle)?;
    allow(actor, Action::AwardTitle, cycle.banner)?;
    if as_of > service.now().on() {
        return Err(ErrorCode::CaseDates.into());
    }
    let detail = serde_json::json!({ "as_of": as_of });
    let resource = format!("cycle/{}", cycle.id);
    let officer = actor.officer.as_str();
    store::log::audit(
        tx,
        now,
        officer,
        "title.request_snapshot",
        &resource,
        &detail,
    )?;
    jobs::enqueue_snapshot(tx, &cycle.id, as_of, now)
}

/// Does one step of a title for a person.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] for a title that does not exist, [`ErrorCode::CaseStale`] for one
/// that has moved on or was computed anew; [`ErrorCode::CasePath`] if the snapshot says something
/// else than the step; the refusals of the person and of the step otherwise.
pub fn step(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &TitleRequest,
    now: AtMs,
) -> Result<TitleView, ServiceError> {
    let division = request.division;
    let role = allow(actor, action_of(request.step.kind()), division)?;
    let mut row = newest_of(tx, division, &request.cycle)?;
    let step = completed(service, tx, &mut row, &request.step)?;
    let kind = step.kind();
    if kind == TitleStepKind::Keep
        && let Some(TitleOutcome::Keep { level }) = result_of(&row)?.assessment.title
    {
        row.level = Some(level);
    }
    let asked = Asked {
        step,
        by: By::Officer {
            officer: actor.officer.clone(),
            role,
        },
        reason: request.reason.clone(),
        at: if kind == TitleStepKind::ClosePeriod {
            service.period_now()
        } else {
            now
        },
        version: Some(request.version),
    };
    apply(service, tx, &mut row, asked)?;
    if kind == TitleStepKind::Publish
        && let Some(due) =
            row.title
                .period_due(&process::timetable(service, tx, row.title.division)?)
    {
        jobs::enqueue_close_periods(service, tx, due.passes_at())?;
    }
    TitleView::of(&row)
}

/// Closes the publicity periods of titles that are over by the clock of periods; how many.
///
/// # Errors
/// [`ServiceError`] of the database; a title whose step is refused waits for the next run.
pub fn run_periods(service: &Service) -> Result<usize, ServiceError> {
    let period_now = service.period_now();
    service.transact("titles.periods", move |service, tx| {
        let mut closed = 0;
        let began_by = period_now.plus_ms(-SHORTEST_PERIOD_MS);
        for (division, cycle) in store::title::list_by_period(tx, began_by)? {
            let Some(mut row) = store::title::get(tx, division, &cycle)? else {
                continue;
            };
            if row.title.is_period_closed() {
                continue;
            }
            let reason = Reason::code("period_over");
            let asked = Asked::by_rule(TitleStep::ClosePeriod, reason, period_now);
            match tx.attempt(|tx| apply(service, tx, &mut row, asked)) {
                Ok(()) => closed += 1,
                Err(ServiceError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(closed)
    })
}

/// The title that a division has or shares in a campaign, if no later one took its place.
fn newest_of(
    tx: &Tx<'_>,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<TitleRow, ServiceError> {
    let Some(row) = store::title::get(tx, division, cycle)? else {
        let is_there = store::title::list_going_on(tx, division)?
            .iter()
            .any(|row| row.holder.members().any(|member| member == division));
        let code = match is_there {
            true => ErrorCode::CaseStale,
            false => ErrorCode::CaseUnknown,
        };
        return Err(code.into());
    };
    let newest = store::title::newest(tx, &row.holder)?;
    match newest.is_some_and(|newest| newest.cycle == row.cycle) {
        true => Ok(row),
        false => Err(ErrorCode::CaseStale.into()),
    }
}

const fn action_of(step: TitleStepKind) -> Action {
    match step {
        TitleStepKind::Review | TitleStepKind::Warn => Action::Review,
        TitleStepKind::Publish | TitleStepKind::ClosePeriod => Action::Publish,
        TitleStepKind::Object => Action::TakeObjection,
        TitleStepKind::DecideObjection => Action::DecideObjection,
        TitleStepKind::Approve
        | TitleStepKind::Award
        | TitleStepKind::Keep
        | TitleStepKind::Cancel
        | TitleStepKind::End => Action::AwardTitle,
    }
}

/// The step with what only the service can say, if the snapshot says so too.
fn completed(
    service: &Service,
    tx: &Tx<'_>,
    row: &mut TitleRow,
    step: &TitleStep,
) -> Result<TitleStep, ServiceError> {
    let outcome = result_of(row)?.assessment.title;
    let fits = match step {
        TitleStep::Warn => matches!(outcome, Some(TitleOutcome::Warn { .. })),
        TitleStep::Keep => matches!(outcome, Some(TitleOutcome::Keep { .. })),
        TitleStep::Cancel { ground, heard_on } => {
            // Heard about what the snapshot says, not about something before it.
            if *heard_on < row.as_of {
                return Err(ErrorCode::CaseDates.into());
            }
            matches!(outcome, Some(TitleOutcome::Cancel { .. })) && *ground == ground_of(row)?
        }
        TitleStep::Approve => villages_hold(tx, row)?,
        TitleStep::DecideObjection {
            receipt,
            corrected: Some(_),
        } => {
            let cycle = known(tx, &row.cycle)?;
            let found = compute::one(service, tx, &cycle, row.as_of, row.holder.clone())?;
            let result = serde_json::to_string(&found.result)
                .map_err(|e| ServiceError::caused("a title's result", e))?;
            row.snapshot = keep(tx, &cycle, &found, &result, service.now())?;
            row.level = found.computed.level;
            row.inputs = found.inputs;
            row.result = result;
            let corrected = Some(found.computed);
            return Ok(TitleStep::DecideObjection {
                receipt: receipt.clone(),
                corrected,
            });
        }
        _ => true,
    };
    match fits {
        true => Ok(step.clone()),
        false => Err(ErrorCode::CasePath.into()),
    }
}

/// Below an exit gate, or warned and not corrected.
fn ground_of(row: &TitleRow) -> Result<CancelGround, ServiceError> {
    let gates = result_of(row)?.assessment.gates;
    match gates.iter().any(|gate| gate.exit == GateState::Fail) {
        true => Ok(CancelGround::BelowExit),
        false => Ok(CancelGround::NotCorrected),
    }
}

/// A township is approved on titles that its villages hold, not on those they were expected to
/// get: households first, then villages, then townships (`domain.md` D).
fn villages_hold(tx: &Tx<'_>, row: &TitleRow) -> Result<bool, ServiceError> {
    if row.title.division.level() != DivisionLevel::Township {
        return Ok(true);
    }
    let facts = result_of(row)?.facts;
    let held = store::title::list_held(tx, row.title.division)?;
    let with_level = |least: TitleLevel| {
        let of_villages = held
            .iter()
            .filter(|(code, _)| code.level() == DivisionLevel::Village);
        let reached = of_villages.filter(|(_, level)| **level >= least).count();
        i64::try_from(reached).unwrap_or(i64::MAX)
    };
    let expected = [
        (TitleLevel::Ordinary, facts.credit_villages),
        (TitleLevel::Good, facts.good_villages),
        (TitleLevel::Excellent, facts.excellent_villages),
    ];
    Ok(expected
        .into_iter()
        .all(|(level, count)| with_level(level) >= count.unwrap_or(0)))
}
