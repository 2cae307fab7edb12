//! Measures and incentives: initiated, answered, told back, ended with their ground
//! (SR-42, SR-43, SR-47, SR-49, `domain.md` L-12, L-30).

use itgel_domain::credit::{
    Act, EndReason, Feedback, Ground, Measure, MeasureKind, MeasureState, Proposal, Response,
    ground_on,
};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{MeasureId, OfficerId, RowId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::{allow_about, parameters, refuse};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::credit_record::{self, Place};
use crate::store::measure::{self, MeasureRow};
use crate::store::{self, Tx};
use crate::{fold, process};

/// Initiates a measure or an incentive.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitiateRequest {
    /// The record, list entry, honour or kept commitment that it rests on.
    pub record: RowId,
    /// Which measure.
    pub proposal: Proposal,
}

/// A step of a measure.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureRequest {
    /// What the actor has seen.
    pub version: u64,
    /// The body for which the actor acts.
    pub body: String,
    /// What.
    pub step: MeasureStep,
}

/// What can be done with a measure; its end follows from its ground.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureStep {
    /// Answer it.
    Respond(Response),
    /// Say what came of it.
    Feedback(Feedback),
}

/// Which measures to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureFilter {
    /// Of subjects in this division.
    pub division: DivisionCode,
    /// Only in this state.
    pub state: Option<MeasureState>,
    /// Only against, or only for.
    pub kind: Option<MeasureKind>,
    /// Only of this subject, or of a household code that begins so.
    pub search: Option<String>,
    /// The identifier after which to go on.
    pub after: Option<String>,
    /// Most lines.
    pub limit: u32,
}

/// A measure as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MeasureView {
    /// Where it stands.
    pub state: MeasureState,
    /// What the next actor must have seen.
    pub version: u64,
    /// The measure.
    #[serde(flatten)]
    pub measure: Measure,
}

/// What speaks for and against a subject when public favours are given (SR-48, SR-55): nothing
/// else may exclude anybody, and a grade does neither.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Preference {
    /// Measures that are in force, and entries of official lists that hold: grounds of exclusion.
    pub excluded_by: Vec<String>,
    /// Incentives in force.
    pub incentives: Vec<String>,
    /// Honours and honesty models that hold.
    pub honours: usize,
}

/// Initiates a measure on a ground that stands today.
///
/// # Errors
/// [`ErrorCode::RecordUnknown`] or [`ErrorCode::NotAllowed`] for the person; violations from
/// [`Measure::initiate`]; [`ServiceError`] of the database.
pub fn initiate(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &InitiateRequest,
    now: AtMs,
) -> Result<MeasureView, ServiceError> {
    let listed = credit_record::get(tx, &request.record)?.ok_or(ErrorCode::RecordUnknown)?;
    let place = Place::of(&listed.row).ok_or(ErrorCode::RecordUnknown)?;
    let subject = fold::subject(tx, &place.subject)?;
    let absent = ErrorCode::RecordUnknown;
    allow_about(tx, actor, Action::InitiateMeasure, &subject, absent)?;
    let table = parameters(service, tx, &subject, now.on())?;
    let ground = Ground {
        register: place.register,
        key: place.key,
    };
    let measure = Measure::initiate(
        (MeasureId::from_random(random()?), place.subject, ground),
        request.proposal.clone(),
        (actor.officer.clone(), now),
        ground_on(&listed.row.content, now.on(), &table),
        &table.list_versions,
    )
    .map_err(refuse)?;
    let row = MeasureRow {
        measure,
        version: 1,
    };
    keep(tx, row, actor.officer.as_str(), "initiate", now)
}

/// Answers a measure, or says what came of it.
///
/// # Errors
/// [`ErrorCode::MeasureUnknown`], [`ErrorCode::NotAllowed`] or [`ErrorCode::SecondPerson`] for the
/// person; [`ErrorCode::MeasureStale`], [`ErrorCode::MeasureStep`] or [`ErrorCode::CaseReason`]
/// for the step; [`ServiceError`] of the database.
pub fn step(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &MeasureId,
    request: &MeasureRequest,
    now: AtMs,
) -> Result<MeasureView, ServiceError> {
    let row = measure::get(tx, id)?.ok_or(ErrorCode::MeasureUnknown)?;
    let subject = fold::subject(tx, row.measure.subject())?;
    allow_step(tx, actor, &row.measure, &request.step, &subject)?;
    if row.version != request.version {
        return Err(ErrorCode::MeasureStale.into());
    }
    // The ground may have fallen since the last night's run.
    end_lapsed(service, tx, &subject, now)?;
    let row = measure::get(tx, id)?.ok_or(ErrorCode::MeasureUnknown)?;
    let act = Act {
        by: actor.officer.clone(),
        body: request.body.clone(),
        at: now,
    };
    let (moved, word) = match &request.step {
        MeasureStep::Respond(response) => (row.measure.respond(act, response.clone()), "respond"),
        MeasureStep::Feedback(told) => (row.measure.feed_back(act, told.clone()), "feedback"),
    };
    let row = MeasureRow {
        measure: moved.map_err(|error| error.code())?,
        version: row.version + 1,
    };
    keep(tx, row, actor.officer.as_str(), word, now)
}

/// The measures of a division.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of
/// the database.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    filter: &MeasureFilter,
) -> Result<(Vec<MeasureView>, Option<String>), ServiceError> {
    process::allow(actor, Action::ReadRecords, filter.division)?;
    let mut rows = measure::list(
        connection,
        &measure::Filter {
            division: filter.division,
            reader: &actor.officer,
            state: filter.state,
            kind: filter.kind,
            search: filter.search.as_deref().filter(|text| !text.is_empty()),
            after: filter.after.as_deref().unwrap_or_default(),
            limit: filter.limit.saturating_add(1),
        },
    )?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let next = last.map(|row| row.measure.id().to_string());
    Ok((rows.into_iter().map(view).collect(), next))
}

/// One measure.
///
/// # Errors
/// [`ErrorCode::MeasureUnknown`] or [`ErrorCode::NotAllowed`] for the person; [`ServiceError`] of
/// the database.
pub fn get(
    connection: &Connection,
    actor: &Actor,
    id: &MeasureId,
) -> Result<MeasureView, ServiceError> {
    let row = measure::get(connection, id)?.ok_or(ErrorCode::MeasureUnknown)?;
    let subject = fold::subject(connection, row.measure.subject())?;
    let absent = ErrorCode::MeasureUnknown;
    allow_about(connection, actor, Action::ReadRecords, &subject, absent)?;
    Ok(view(row))
}

/// What excludes a subject lawfully, and what it is preferred for.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn preference(
    service: &Service,
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Preference, ServiceError> {
    use itgel_domain::register::RegisterContent::{Honour, ListEntry};
    let today = service.now().on();
    let mut found = Preference::default();
    for listed in credit_record::list_of(connection, subject)? {
        match &listed.row.content {
            ListEntry(entry) if entry.is_shown_on(today) => {
                found.excluded_by.push(entry.list().to_string());
            }
            Honour(honour) if honour.holds_on(today) => found.honours += 1,
            _ => {}
        }
    }
    for row in measure::list_of(connection, subject)? {
        let measure = row.measure;
        if measure.is_in_force() {
            let item = format!("{} {}", measure.list_version(), measure.item());
            match measure.kind() {
                MeasureKind::Restraint => found.excluded_by.push(item),
                MeasureKind::Incentive => found.incentives.push(item),
            }
        }
    }
    Ok(found)
}

/// Ends the measures that rest on a place, if it is no ground any more.
pub(super) fn end_on(
    service: &Service,
    tx: &Tx<'_>,
    place: &Place,
    why: EndReason,
    now: AtMs,
) -> Result<(), ServiceError> {
    let subject = fold::subject(tx, &place.subject)?;
    let ended = measure::list_of(tx, &place.subject)?;
    for row in ended {
        let ground = row.measure.ground();
        let rests_here = (&ground.register, &ground.key) == (&place.register, &place.key);
        if rests_here && !is_grounded(service, tx, &subject, &row.measure, now)? {
            end(tx, row, why, now)?;
        }
    }
    Ok(())
}

/// Ends every measure about a subject whose ground does not stand today.
pub(super) fn end_lapsed(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    now: AtMs,
) -> Result<(), ServiceError> {
    for row in measure::list_of(tx, &subject.id)? {
        if row.measure.is_open() && !is_grounded(service, tx, subject, &row.measure, now)? {
            end(tx, row, EndReason::Lapsed, now)?;
        }
    }
    Ok(())
}

fn is_grounded(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    measure: &Measure,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let place = Place {
        subject: subject.id.clone(),
        register: measure.ground().register.clone(),
        key: measure.ground().key.clone(),
    };
    let Some(listed) = credit_record::get_at(tx, &place)? else {
        return Ok(false);
    };
    let table = parameters(service, tx, subject, now.on())?;
    let ground = ground_on(&listed.row.content, now.on(), &table);
    Ok(ground.is_some_and(|(kind, _)| kind == measure.kind()))
}

fn end(tx: &Tx<'_>, row: MeasureRow, why: EndReason, now: AtMs) -> Result<(), ServiceError> {
    let Ok(measure) = row.measure.end(now, why) else {
        return Ok(());
    };
    let row = MeasureRow {
        measure,
        version: row.version + 1,
    };
    keep(tx, row, "rule", "end", now).map(drop)
}

fn allow_step(
    connection: &Connection,
    actor: &Actor,
    measure: &Measure,
    step: &MeasureStep,
    subject: &Subject,
) -> Result<(), ServiceError> {
    let absent = ErrorCode::MeasureUnknown;
    allow_about(connection, actor, Action::ReadRecords, subject, absent)?;
    let first: &OfficerId = &measure.initiated().by;
    let resource = Resource {
        first_person: Some(first),
        ..Resource::at(subject.division)
    };
    let action = match step {
        MeasureStep::Respond(_) => Action::RespondMeasure,
        MeasureStep::Feedback(_) => Action::FeedbackMeasure,
    };
    may(actor, action, &resource)?;
    Ok(())
}

/// Writes a measure with its audit row and its leaf.
fn keep(
    tx: &Tx<'_>,
    row: MeasureRow,
    actor: &str,
    step: &str,
    now: AtMs,
) -> Result<MeasureView, ServiceError> {
    measure::put(tx, &row)?;
    let id = row.measure.id();
    let version = row.version.to_be_bytes();
    let leaf = Hash::of("itgel.measure.v1", &[id.as_str().as_bytes(), &version]);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = serde_json::json!({
        "step": step,
        "version": row.version,
        "kind": row.measure.kind(),
        "list_version": row.measure.list_version(),
        "item": row.measure.item(),
    });
    let resource = format!("measure/{id}");
    store::log::audit(tx, now, actor, "measure.step", &resource, &detail)?;
    Ok(view(row))
}

fn view(row: MeasureRow) -> MeasureView {
    MeasureView {
        state: row.measure.state(),
        version: row.version,
        measure: row.measure,
    }
}
