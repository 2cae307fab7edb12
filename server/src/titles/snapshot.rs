//! A snapshot of a banner: the titles of a campaign as ratings in effect and registers give them
//! on a day. The same snapshot again changes nothing.

use itgel_domain::case::cycle::Cycle;
use itgel_domain::case::event::Now;
use itgel_domain::case::title::{TitleCase, TitleStep};
use itgel_domain::case::{By, Reason, TitleState};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, OfficerId};
use itgel_domain::log::LeafKind;
use itgel_domain::time::AtMs;
use itgel_domain::title::TitleOutcome;
use jiff::civil::Date;
use rusqlite::Connection;

use super::compute::{self, Found, is_frozen, snapshot_id};
use super::result_of;
use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store::title::TitleRow;
use crate::store::title_snapshot::SnapshotRow;
use crate::store::{self, Tx};

/// How many titles a snapshot wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct SnapshotRun {
    /// Villages and townships that were computed.
    pub computed: usize,
    /// Of these, titles that are new or changed.
    pub written: usize,
}

/// Computes the titles of a campaign's banner as of a day and writes them. What is under review,
/// in publicity or approved already stays as it is; a title that is held is checked.
///
/// # Errors
/// [`ErrorCode::CycleClosed`] for an unknown campaign; [`ErrorCode::PackUnknown`] or
/// [`ErrorCode::ParametersUnknown`] without rules for villages on the day; [`ServiceError`] of
/// the database.
pub fn snapshot(
    service: &Service,
    tx: &Tx<'_>,
    cycle: &CycleId,
    as_of: Date,
    now: AtMs,
) -> Result<SnapshotRun, ServiceError> {
    let cycle = known(tx, cycle)?;
    let found = compute::banner(service, tx, &cycle, as_of)?;
    write(service, tx, &cycle, found, now)
}

/// The same for a large banner: computes on a reader, so that nobody waits for it, and writes in a
/// transaction of its own, in which `and_then` is done too.
///
/// # Errors
/// As [`snapshot`].
pub fn snapshot_apart(
    service: &Service,
    cycle: &CycleId,
    as_of: Date,
    and_then: impl FnOnce(&Tx<'_>) -> Result<bool, ServiceError> + Send + 'static,
) -> Result<SnapshotRun, ServiceError> {
    let (cycle, found) = service.store.read(|connection| {
        let cycle = known(connection, cycle)?;
        let found = compute::banner(service, connection, &cycle, as_of)?;
        Ok::<_, ServiceError>((cycle, found))
    })?;
    service.transact("titles.snapshot", move |service, tx| match and_then(tx)? {
        true => write(service, tx, &cycle, found, service.now()),
        false => Ok(SnapshotRun::default()),
    })
}

pub(super) fn known(connection: &Connection, cycle: &CycleId) -> Result<Cycle, ServiceError> {
    Ok(store::cycle::get(connection, cycle)?.ok_or(ErrorCode::CycleClosed)?)
}

fn write(
    service: &Service,
    tx: &Tx<'_>,
    cycle: &Cycle,
    found: Vec<Found>,
    now: AtMs,
) -> Result<SnapshotRun, ServiceError> {
    let mut run = SnapshotRun {
        computed: found.len(),
        written: 0,
    };
    let as_of = found.first().map(as_of);
    let mut ids = Vec::new();
    for found in found {
        if let Some(id) = write_one(service, tx, cycle, found, now)? {
            ids.push(id);
            run.written += 1;
        }
    }
    if run.written > 0 {
        let leaf = leaf_of(&ids);
        store::log::leaf(tx, LeafKind::Decision, &leaf)?;
        let detail = serde_json::json!({
            "as_of": as_of,
            "computed": run.computed,
            "written": run.written,
            "leaf": leaf,
        });
        let resource = format!("cycle/{}", cycle.id);
        store::log::audit(tx, now, "rule", "title.snapshot", &resource, &detail)?;
    }
    Ok(run)
}

/// One leaf for everything that a run wrote: nobody changes a snapshot unseen.
fn leaf_of(ids: &[Hash]) -> Hash {
    let parts: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
    Hash::of("itgel.title_snapshots.v1", &parts)
}

/// Keeps what was counted, for ever.
pub(super) fn keep(
    tx: &Tx<'_>,
    cycle: &Cycle,
    found: &Found,
    result: &str,
    now: AtMs,
) -> Result<Hash, ServiceError> {
    let id = snapshot_id(found, cycle);
    let row = SnapshotRow {
        id,
        holder: found.holder.clone(),
        cycle: cycle.id.clone(),
        as_of: as_of(found),
        counted: found.counted.clone(),
        inputs: found.inputs.clone(),
        result: result.to_owned(),
        made_at: now,
    };
    store::title_snapshot::put(tx, &row)?;
    Ok(id)
}

fn write_one(
    service: &Service,
    tx: &Tx<'_>,
    cycle: &Cycle,
    found: Found,
    now: AtMs,
) -> Result<Option<Hash>, ServiceError> {
    let before = store::title::newest(tx, &found.holder)?;
    let before = before.filter(|row| row.cycle == cycle.id || !row.title.state().is_terminal());
    let result = serde_json::to_string(&found.result)
        .map_err(|e| ServiceError::caused("a title's result", e))?;
    let id = snapshot_id(&found, cycle);
    let is_of_cycle = before.as_ref().is_some_and(|row| row.cycle == cycle.id);
    if let Some(row) = before.as_ref().filter(|_| is_of_cycle)
        && (is_frozen(row.title.state()) || row.snapshot == id)
    {
        return Ok(None);
    }
    let snapshot = keep(tx, cycle, &found, &result, now)?;
    let outcome = found.result.assessment.title.clone();
    let of_snapshot = |title: TitleCase, level, carried_from| TitleRow {
        holder: found.holder.clone(),
        as_of: as_of(&found),
        title,
        cycle: cycle.id.clone(),
        level,
        held: found.held.clone(),
        snapshot,
        inputs: found.inputs.clone(),
        result,
        carried_from,
    };
    let mut row = match before {
        Some(row) if row.title.state().is_held() => {
            of_snapshot(row.title, row.level, row.carried_from)
        }
        _ => {
            let title = TitleCase::new(found.holder.division, found.computed.clone());
            of_snapshot(title, found.computed.level, None)
        }
    };
    let is_below = matches!(outcome, Some(TitleOutcome::Warn { .. }));
    if is_below && matches!(row.title.state(), TitleState::Awarded | TitleState::Kept) {
        let reason = Reason::code("below_entry");
        apply(
            service,
            tx,
            &mut row,
            Asked::by_rule(TitleStep::Warn, reason, now),
        )?;
        return Ok(Some(id));
    }
    store::title::put(tx, &row)?;
    Ok(Some(id))
}

const fn as_of(found: &Found) -> Date {
    found.computed.snapshot_on
}

/// A step of a title with who asks for it and when.
pub(super) struct Asked {
    pub(super) step: TitleStep,
    pub(super) by: By,
    pub(super) reason: Reason,
    pub(super) at: AtMs,
    pub(super) version: Option<u64>,
}

impl Asked {
    pub(super) const fn by_rule(step: TitleStep, reason: Reason, at: AtMs) -> Self {
        Self {
            step,
            by: By::Rule,
            reason,
            at,
            version: None,
        }
    }
}

/// Does a step of a title and writes it with its audit row and leaf.
pub(super) fn apply(
    service: &Service,
    tx: &Tx<'_>,
    row: &mut TitleRow,
    asked: Asked,
) -> Result<(), ServiceError> {
    let timetable = process::timetable(service, tx, row.title.division)?;
    let barred = std::collections::BTreeSet::new();
    let now = Now {
        at: asked.at,
        device_at: None,
        version: asked.version.unwrap_or_else(|| row.title.version()),
        pack: result_of(row)?.assessment.pack,
        timetable: &timetable,
        barred: &barred,
        has_consent: true,
    };
    let event = row
        .title
        .apply(asked.step, &asked.by, asked.reason, &now)
        .map_err(|error| ServiceError::refused(error.code))?;
    store::title::put(tx, row)?;
    let bytes = serde_json::to_vec(&event).map_err(|e| ServiceError::caused("title event", e))?;
    let division = row.title.division.to_string();
    let parts: [&[u8]; 3] = [division.as_bytes(), row.cycle.as_str().as_bytes(), &bytes];
    let leaf = Hash::of("itgel.title_event.v1", &parts);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = serde_json::json!({
        "n": event.n,
        "from": event.from,
        "to": event.to,
        "level": row.level,
        "reason": event.reason.code,
        "leaf": leaf,
    });
    let actor = event
        .by
        .officer()
        .map_or(event.by.capacity().as_str(), OfficerId::as_str);
    let action = format!("title.{}", event.step.kind());
    let resource = format!("title/{division}/{}", row.cycle);
    store::log::audit(tx, service.now(), actor, &action, &resource, &detail)?;
    Ok(())
}
