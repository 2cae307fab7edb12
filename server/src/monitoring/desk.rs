//! What staff read and do about early warnings: the queue, one warning, and the steps of a person
//! (SR-60, SR-61): remind, warn, talk, clear, suspend.

use itgel_domain::case::{Reason, Step};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::WarningId;
use itgel_domain::log::LeafKind;
use itgel_domain::monitoring::{Quarter, Reaction, WarningState, WarningStepKind};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::process::{self, StepRequest};
use crate::service::Service;
use crate::store::monitor::MonitorRun;
use crate::store::warning::{self, Order, Place, WarningEvent, WarningListed, WarningRow};
use crate::store::{self, Tx};

/// Most characters of a reason.
const MAX_REASON: usize = 2_000;

/// Which warnings to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningFilter {
    /// Where: the division and everything in it.
    pub division: DivisionCode,
    /// Only in this state; open ones otherwise.
    pub state: Option<WarningState>,
    /// Only those that call for this.
    pub reaction: Option<Reaction>,
    /// Only of this subject or case, or of a household code that begins so.
    pub search: Option<String>,
    /// In which order.
    pub order: Order,
    /// [`WarningPage::next`] of the page before.
    pub after: Option<String>,
    /// Most warnings.
    pub limit: u32,
}

/// A page of warnings.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WarningPage {
    /// The warnings.
    pub warnings: Vec<WarningListed>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A warning with everything that was done about it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WarningDetail {
    /// The warning.
    #[serde(flatten)]
    pub warning: WarningRow,
    /// What was found and done, oldest first.
    pub history: Vec<WarningEvent>,
}

/// A step that a person asks for.
// A flattened step and a refusal of unknown fields exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct WarningRequest {
    /// How many events of the warning the person has seen.
    pub version: u64,
    /// What was done, or is to be done.
    #[serde(flatten)]
    pub step: WarningStep,
    /// Why, in words: what was said, what came of it.
    pub reason: String,
}

/// What a person does about a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum WarningStep {
    /// Reminded, warned or talked to the subject.
    React {
        /// Which.
        reaction: Reaction,
    },
    /// It is nothing, or over.
    Clear,
    /// The rating is suspended.
    Suspend,
}

/// The warnings of a division.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::RequestMalformed`] for a cursor that was not given here; [`ServiceError`] of the
/// database.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    filter: &WarningFilter,
) -> Result<WarningPage, ServiceError> {
    process::allow(actor, Action::ReadMonitoring, filter.division)?;
    let mut warnings = warning::list(
        connection,
        &warning::Filter {
            division: filter.division,
            reader: &actor.officer,
            state: filter.state.unwrap_or(WarningState::Open),
            reaction: filter.reaction,
            search: filter.search.as_deref().filter(|text| !text.is_empty()),
            order: filter.order,
            after: filter.after.as_deref().map(place).transpose()?,
            limit: filter.limit.saturating_add(1),
        },
    )?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let has_more = warnings.len() > limit;
    warnings.truncate(limit);
    let next = warnings.last().filter(|_| has_more).map(cursor);
    Ok(WarningPage { warnings, next })
}

/// One warning with its history.
///
/// # Errors
/// [`ErrorCode::WarningUnknown`] if it does not exist or lies outside the person's divisions;
/// [`ErrorCode::ConflictOfInterest`]; [`ServiceError`] of the database.
pub fn get(
    connection: &Connection,
    actor: &Actor,
    id: &WarningId,
) -> Result<WarningDetail, ServiceError> {
    let warning = warning::get(connection, id)?.ok_or(ErrorCode::WarningUnknown)?;
    about(connection, actor, Action::ReadCase, &warning)?;
    process::allow(actor, Action::ReadMonitoring, warning.division)?;
    let history = warning::list_events(connection, id)?;
    Ok(WarningDetail { warning, history })
}

/// Does a step for a person. Clearing and suspending move the case, if its rating is under watch
/// or in effect; a reaction is recorded with who, when and why.
///
/// # Errors
/// [`ErrorCode::WarningUnknown`], or a denial for the person; [`ErrorCode::WarningStale`] if it
/// has moved on since it was read; [`ErrorCode::WarningStep`] if it is not open;
/// [`ErrorCode::CaseReason`] without a reason in words; the refusal of the case's own rule;
/// [`ServiceError`] of the database.
pub fn step(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &WarningId,
    request: &WarningRequest,
    now: AtMs,
) -> Result<WarningDetail, ServiceError> {
    let warning = warning::get(tx, id)?.ok_or(ErrorCode::WarningUnknown)?;
    about(tx, actor, Action::ReadCase, &warning)?;
    let case = process::allow_about_case(tx, actor, Action::Monitor, &warning.case)?.case;
    if warning.version != request.version {
        return Err(ErrorCode::WarningStale.into());
    }
    if warning.state != WarningState::Open {
        return Err(ErrorCode::WarningStep.into());
    }
    let words = request.reason.trim();
    if words.is_empty() || request.reason.chars().count() > MAX_REASON {
        return Err(ErrorCode::CaseReason.into());
    }
    let case_step = match request.step {
        WarningStep::React { .. } => None,
        WarningStep::Suspend => Some(Step::Suspend),
        WarningStep::Clear if case.state() == itgel_domain::case::CaseState::Watch => {
            Some(Step::Clear)
        }
        WarningStep::Clear => None,
    };
    match case_step {
        // The warning follows its case.
        Some(step) => {
            let request = StepRequest {
                case: case.id.clone(),
                version: case.version(),
                step,
                reason: Reason::new("early_warning", words),
                item: None,
                countersignature: None,
            };
            process::step(service, tx, actor, &request, now)?;
        }
        None => record(tx, actor, warning, request, now)?,
    }
    get(tx, actor, id)
}

/// The checks of a banner, the newest first.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of
/// the database.
pub fn runs(
    connection: &Connection,
    actor: &Actor,
    banner: DivisionCode,
    limit: u32,
) -> Result<Vec<MonitorRun>, ServiceError> {
    process::allow(actor, Action::ReadMonitoring, banner)?;
    Ok(store::monitor::list(connection, banner, limit)?)
}

/// The check of a banner in a quarter.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::MonitoringUnknown`] if there is none; [`ServiceError`] of the database.
pub fn run(
    connection: &Connection,
    actor: &Actor,
    banner: DivisionCode,
    quarter: Quarter,
) -> Result<MonitorRun, ServiceError> {
    process::allow(actor, Action::ReadMonitoring, banner)?;
    let found = store::monitor::get(connection, banner, quarter)?;
    Ok(found.ok_or(ErrorCode::MonitoringUnknown)?)
}

/// Writes a step that moves the warning alone, with its audit row and leaf.
fn record(
    tx: &Tx<'_>,
    actor: &Actor,
    mut warning: WarningRow,
    request: &WarningRequest,
    now: AtMs,
) -> Result<(), ServiceError> {
    let (step, reaction) = match request.step {
        WarningStep::React { reaction } => (WarningStepKind::React, Some(reaction)),
        WarningStep::Clear => (WarningStepKind::Clear, None),
        WarningStep::Suspend => (WarningStepKind::Suspend, None),
    };
    warning.version += 1;
    warning.done = warning.done.max(reaction);
    if step == WarningStepKind::Clear {
        warning.state = WarningState::Cleared;
    }
    let event = WarningEvent {
        n: warning.version,
        step,
        reaction,
        actor: actor.officer.to_string(),
        at: now,
        reason: request.reason.trim().to_owned(),
        findings: Vec::new(),
    };
    warning::put(tx, &warning, &event)?;
    let bytes = serde_json::to_vec(&event).map_err(|e| ServiceError::caused("a warning", e))?;
    let id = warning.id.as_str();
    let leaf = Hash::of("itgel.warning.v1", &[id.as_bytes(), &bytes]);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = serde_json::json!({ "n": event.n, "reaction": reaction, "leaf": leaf });
    let (action, resource) = (format!("warning.{step}"), format!("warning/{id}"));
    store::log::audit(tx, now, actor.officer.as_str(), &action, &resource, &detail)?;
    Ok(())
}

/// A warning about a case that the person may not read does not exist for them.
fn about(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    warning: &WarningRow,
) -> Result<(), ServiceError> {
    match process::allow_about_case(connection, actor, action, &warning.case) {
        Ok(_) => Ok(()),
        Err(ServiceError::Refused {
            code: ErrorCode::CaseUnknown,
            ..
        }) => Err(ErrorCode::WarningUnknown.into()),
        Err(error) => Err(error),
    }
}

fn cursor(listed: &WarningListed) -> String {
    let row = &listed.warning;
    format!("{}~{}~{}", row.reaction, row.opened_at.0, row.id)
}

fn place(cursor: &str) -> Result<Place, ServiceError> {
    let malformed = || ServiceError::from(ErrorCode::RequestMalformed);
    let mut parts = cursor.splitn(3, '~');
    let mut next = || parts.next().ok_or_else(malformed);
    Ok(Place {
        reaction: next()?.parse().map_err(|_| malformed())?,
        opened_at: AtMs(next()?.parse().map_err(|_| malformed())?),
        id: next()?.parse().map_err(|_| malformed())?,
    })
}
