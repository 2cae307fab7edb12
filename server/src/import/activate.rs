//! A batch comes into force, page by page, or is sent back.

use itgel_domain::error::ErrorCode;
use itgel_domain::id::ImportId;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::time::AtMs;

use super::batch::{BatchState, BatchView, Progress, RowFault, RowState, readable, shown};
use super::desk::{Applied, Force};
use super::kept::{forgotten_at, leaf_of, unseal};
use super::sheet::AnySheet;
use super::sheets;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::service::Service;
use crate::store::import::{BatchRow, ImportRow};
use crate::store::{self, Tx};

/// Rows that take effect in one transaction.
const PAGE: u32 = 128;

/// Puts a batch into force and waits until its last row has taken effect.
///
/// # Errors
/// As [`order`]; [`ServiceError`] of the database, after which [`carry_on`] goes on where it
/// stopped.
pub fn activate(
    service: &Service,
    actor: &Actor,
    id: &ImportId,
    progress: &mut dyn FnMut(Progress),
) -> Result<BatchView, ServiceError> {
    let ordered = order(service, actor, id)?;
    let (mut done, of) = (0, Some(ordered.staged));
    while let Some(settled) = carry_on(service, id)? {
        done += settled;
        progress(Progress { done, of });
    }
    service.store.read(|c| {
        let batch = store::import::get(c, id)?.ok_or(ErrorCode::ImportUnknown)?;
        shown(c, batch)
    })
}

/// Orders a batch into force: its rows take effect by a job, or by [`carry_on`].
///
/// # Errors
/// [`ErrorCode::ImportUnknown`] for this person; [`ErrorCode::ImportState`] if it was decided
/// about; [`ErrorCode::SecondPerson`] for the one who entered it, [`ErrorCode::NotAllowed`] or
/// [`ErrorCode::ScopeOutside`] without the role; [`ServiceError`] of the database.
pub fn order(service: &Service, actor: &Actor, id: &ImportId) -> Result<BatchView, ServiceError> {
    let (actor, id) = (actor.clone(), id.clone());
    service.transact("import.activate", move |service, tx| {
        let batch = readable(tx, &actor, &id)?;
        if batch.state != BatchState::Proposed {
            return Err(ErrorCode::ImportState.into());
        }
        allowed(&actor, &batch)?;
        begin(tx, &actor, &batch, service.now())?;
        shown(tx, batch)
    })
}

/// Sends a batch back; none of its rows takes effect, and its contents are gone but for the rows
/// that have to be corrected.
///
/// # Errors
/// As [`order`], but the person who entered it may take it back.
pub fn reject(service: &Service, actor: &Actor, id: &ImportId) -> Result<BatchView, ServiceError> {
    let (actor, id) = (actor.clone(), id.clone());
    service.transact("import.reject", move |service, tx| {
        let mut batch = readable(tx, &actor, &id)?;
        if batch.state != BatchState::Proposed {
            return Err(ErrorCode::ImportState.into());
        }
        if batch.entered_by != actor.officer {
            allowed(&actor, &batch)?;
        }
        let now = service.now();
        decide(tx, &actor, &batch, BatchState::Rejected, now)?;
        store::import::clear_rows(tx, &batch.id, false)?;
        enqueue_forget(tx, &batch.id, now)?;
        batch.state = BatchState::Rejected;
        shown(tx, batch)
    })
}

/// Brings the next page of rows of a batch that was ordered into force: how many were settled;
/// `None` once there are no more.
///
/// # Errors
/// [`ServiceError`] of the database: then nothing of the page took effect.
pub fn carry_on(service: &Service, id: &ImportId) -> Result<Option<u32>, ServiceError> {
    let id = id.clone();
    service.transact("import.apply", move |service, tx| {
        let batch = store::import::get(tx, &id)?.ok_or(ErrorCode::ImportUnknown)?;
        if batch.state != BatchState::Activating {
            return Ok(None);
        }
        let sheet = sheets::find(&batch.kind).ok_or(ErrorCode::ImportKind)?;
        let rows = store::import::list_rows(tx, &id, &[RowState::Staged], 0, PAGE)?;
        if rows.is_empty() {
            sheet.finish(&force(service, tx, &batch))?;
            finish(service, tx, &batch)?;
            return Ok(None);
        }
        let key = contents::find_key(service, tx, Scope::Import, id.as_str())?;
        let key = key.ok_or(ServiceError::internal("a batch without its key"))?;
        for row in &rows {
            let kept = unseal(Some(&key), &id, row)?;
            let typed = kept.and_then(|kept| kept.row);
            let typed = typed.ok_or(ServiceError::internal("a staged row without its content"))?;
            let force = force(service, tx, &batch);
            settle(&force, sheet, row, typed)?;
        }
        Ok(Some(u32::try_from(rows.len()).unwrap_or(u32::MAX)))
    })
}

/// Destroys the contents that a batch still holds.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn forget(service: &Service, id: &ImportId) -> Result<(), ServiceError> {
    let id = id.clone();
    service.transact("import.forget", move |_, tx| {
        store::content_key::delete(tx, Scope::Import.as_str(), id.as_str())?;
        Ok(store::import::clear_rows(tx, &id, true)?)
    })
}

/// Begins the activation in the caller's transaction.
pub(super) fn begin(
    tx: &Tx<'_>,
    actor: &Actor,
    batch: &BatchRow,
    now: AtMs,
) -> Result<(), ServiceError> {
    decide(tx, actor, batch, BatchState::Activating, now)?;
    let content = serde_json::json!({ "batch": batch.id });
    jobs::enqueue(
        tx,
        JobKind::ActivateImport,
        batch.id.as_str(),
        &content,
        now,
    )
}

fn allowed(actor: &Actor, batch: &BatchRow) -> Result<(), ServiceError> {
    let resource = Resource {
        first_person: Some(&batch.entered_by),
        ..Resource::at(batch.division)
    };
    may(actor, Action::ActivateImport, &resource).map_err(|denial| denial.code())?;
    Ok(())
}

fn decide(
    tx: &Tx<'_>,
    actor: &Actor,
    batch: &BatchRow,
    state: BatchState,
    now: AtMs,
) -> Result<(), ServiceError> {
    store::import::set_state(tx, &batch.id, state)?;
    store::import::set_decided(tx, &batch.id, &actor.officer, now)?;
    let action = match state {
        BatchState::Rejected => "import.rejected",
        _ => "import.activated",
    };
    let detail = serde_json::json!({ "kind": batch.kind, "entered_by": batch.entered_by });
    let resource = format!("import/{}", batch.id);
    store::log::audit(tx, now, actor.officer.as_str(), action, &resource, &detail)?;
    store::log::leaf(tx, LeafKind::Rules, &leaf_of(&batch.id))?;
    Ok(())
}

/// One row takes effect, or says why it cannot; either way the others go on. Only the database
/// itself stops them.
fn settle(
    force: &Force<'_>,
    sheet: &dyn AnySheet,
    row: &ImportRow,
    typed: serde_json::Value,
) -> Result<(), ServiceError> {
    let applied = force.tx.attempt(|tx| {
        let force = Force { tx, ..*force };
        sheet.apply_staged(&force, typed)
    });
    let mut faults = row.faults.clone();
    let state = match applied {
        Ok(Applied::Changed) => RowState::Applied,
        Ok(Applied::Same) => RowState::Same,
        Err(error @ (ServiceError::Store(_) | ServiceError::Config(_))) => return Err(error),
        Err(error) => {
            if matches!(error, ServiceError::Internal { .. }) {
                tracing::error!(row = row.n, %error, "a row of an import cannot take effect");
            }
            faults.push(RowFault::of_row(error));
            RowState::Failed
        }
    };
    let (tx, batch) = (force.tx, force.batch);
    Ok(store::import::settle_row(tx, batch, row.n, state, &faults)?)
}

/// What the rows of a batch may use.
fn force<'a>(service: &'a Service, tx: &'a Tx<'a>, batch: &'a BatchRow) -> Force<'a> {
    Force {
        service,
        tx,
        batch: &batch.id,
        file_hash: &batch.file_hash,
        source: &batch.source,
        cycle: batch.cycle.as_ref(),
        entered_by: &batch.entered_by,
        decided_by: batch.decided_by.as_ref().unwrap_or(&batch.entered_by),
        now: service.now(),
    }
}

fn finish(service: &Service, tx: &Tx<'_>, batch: &BatchRow) -> Result<(), ServiceError> {
    let now = service.now();
    store::import::set_state(tx, &batch.id, BatchState::Active)?;
    let counts = store::import::count_rows(tx, &batch.id)?;
    let detail = serde_json::json!({ "kind": batch.kind, "rows": counts });
    let resource = format!("import/{}", batch.id);
    store::log::audit(tx, now, "rule", "import.in_force", &resource, &detail)?;
    enqueue_forget(tx, &batch.id, now)
}

fn enqueue_forget(tx: &Tx<'_>, id: &ImportId, now: AtMs) -> Result<(), ServiceError> {
    let content = serde_json::json!({ "batch": id });
    let run_at = forgotten_at(now);
    jobs::enqueue(tx, JobKind::ForgetImport, id.as_str(), &content, run_at)
}
