//! Proposed rules beside the rules in force, without effect: every standing of the current campaigns
//! is scored with the candidate, and what would change is counted into a migration matrix with its
//! reasons (`domain.md` B.8 f, I.3). A result is never a rating, and no lender reads it.
//!
//! A run walks the measured columns of standings in their order, a page a transaction; it goes on
//! where it stopped, and its memory is that of a page. A candidate that measures like the pack that
//! measured is scored from the columns alone; otherwise, or where columns are missing, the stored
//! inputs are measured again.

mod page;
mod preview;
mod report;
mod table;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::migration::Migration;
use itgel_domain::policy::{Action, Actor, Resource, may};
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use self::page::{Candidate, Page, Walk};
use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::rules::{self, RuleState};
use crate::service::Service;
use crate::store::job::{self, JobRow};
use crate::store::rule_file::RuleRow;
use crate::store::shadow::{ShadowPlace, ShadowRow};
use crate::store::{self, Tx};

pub use self::preview::{Preview, preview};
pub use self::report::{
    CauseView, CellView, DivisionLine, IndicatorView, MigrationView, ShadowView, divisions,
    migration_view, named_in, view,
};
pub use self::table::{reason_of, workbook, workbook_of};

/// Standings of one page, usually.
pub const PAGE: usize = 8_192;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShadowProgress {
    /// Standings that are done.
    pub done: u64,
    /// Standings when it began.
    pub expected: u64,
}

/// What a job about a run needs.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    file: Hash,
}

/// Begins the run of a proposed file, from the beginning if there was one; a job does it.
///
/// # Errors
/// [`ErrorCode::PackUnknown`]; [`ErrorCode::RulesState`] unless the file is a proposal;
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`].
pub fn begin(service: &Service, actor: &Actor, file: &Hash) -> Result<ShadowView, ServiceError> {
    let (by, file) = (actor.clone(), *file);
    service.transact("shadow.begin", move |service, tx| {
        let row = rules::get(tx, &file)?;
        let now = service.now();
        for place in rules::reach(tx, &row, now.on())? {
            may(&by, Action::ProposePack, &Resource::at(place))?;
        }
        if rules::standing_of(&row) != RuleState::Proposed {
            return Err(ErrorCode::RulesState.into());
        }
        let cycles = current_cycles(tx, &row, now.on())?;
        let mut expected = 0;
        for cycle in &cycles {
            store::columns::add_missing(tx, cycle)?;
            expected += store::columns::count(tx, cycle, row.division)?;
        }
        let run = ShadowRow {
            file,
            rules: rules::in_force_digest(tx)?,
            asked_by: by.officer.clone(),
            asked_at: now,
            finished_at: None,
            place: ShadowPlace {
                titles: cycles.clone(),
                cycles,
                after: None,
            },
            expected,
            done: 0,
            measured: 0,
            migration: Migration::default(),
        };
        store::shadow::clear_divisions(tx, &file)?;
        store::shadow::put(tx, &run)?;
        audit(
            tx,
            &run,
            "rules.shadow_begun",
            &json!({ "expected": expected }),
        )?;
        enqueue(tx, &file, now)
    })?;
    service.store.read(|c| view(c, actor, &file))
}

/// Does all that is left of a run in pages of so many standings; `progress` hears after each.
///
/// # Errors
/// [`ErrorCode::RulesShadow`] if there is no run; [`ServiceError`] of the database.
pub fn finish(
    service: &Service,
    file: &Hash,
    page: usize,
    progress: &mut dyn FnMut(ShadowProgress),
) -> Result<(), ServiceError> {
    loop {
        let run = service.store.read(|c| get(c, file))?;
        progress(ShadowProgress {
            done: run.done,
            expected: run.expected,
        });
        if run.finished_at.is_some() {
            return Ok(());
        }
        next_page(service, &run, page.max(1), None)?;
    }
}

/// Does the next page of a run as a job, and asks for the one behind it.
pub(crate) fn run_job(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: Content = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a shadow job", e))?;
    let run = service
        .store
        .read(|c| store::shadow::get(c, &content.file).map_err(ServiceError::from))?;
    match run.filter(|run| run.finished_at.is_none()) {
        Some(run) => next_page(service, &run, PAGE, Some(job)),
        None => {
            let job = job.clone();
            service.transact("jobs.run_shadow", move |_, tx| {
                job::finish(tx, &job)?;
                Ok(())
            })
        }
    }
}

/// Reads and counts a page apart from the writer, and writes what it counted if nobody else was
/// faster.
fn next_page(
    service: &Service,
    run: &ShadowRow,
    limit: usize,
    job: Option<&JobRow>,
) -> Result<(), ServiceError> {
    let page = service.store.read(|connection| {
        let row = rules::get(connection, &run.file)?;
        let candidate = Candidate::of(service, connection, &row)?;
        let mut walk = Walk::new(service, connection, &candidate);
        walk.next_page(&run.place, limit)
    })?;
    let (run, job) = (run.clone(), job.cloned());
    service.transact("shadow.page", move |service, tx| {
        if let Some(job) = &job
            && !job::finish(tx, job)?
        {
            return Ok(());
        }
        let known = get(tx, &run.file)?;
        let is_next = (known.asked_at, &known.place) == (run.asked_at, &run.place);
        if is_next && known.finished_at.is_none() {
            keep(service, tx, known, &page)?;
        }
        let goes_on = get(tx, &run.file)?.finished_at.is_none();
        match job.is_some() && goes_on {
            true => enqueue(tx, &run.file, service.now()),
            false => Ok(()),
        }
    })
}

/// Writes what a page counted.
fn keep(
    service: &Service,
    tx: &Tx<'_>,
    mut run: ShadowRow,
    page: &Page,
) -> Result<(), ServiceError> {
    for (division, local) in &page.divisions {
        store::shadow::add_division(tx, &run.file, *division, local)?;
    }
    for (cycle, row) in &page.filled {
        store::columns::fill(tx, cycle, row)?;
    }
    run.migration.join(&page.migration);
    run.done += page.done;
    run.measured += page.measured;
    run.place = page.place.clone();
    if run.place.is_end() {
        run.finished_at = Some(service.now());
        let detail = json!({
            "subjects": run.migration.matrix.subjects,
            "moved": run.migration.matrix.moved,
            "rules": run.rules,
        });
        audit(tx, &run, "rules.shadow_finished", &detail)?;
    }
    Ok(store::shadow::put(tx, &run)?)
}

fn get(connection: &Connection, file: &Hash) -> Result<ShadowRow, ServiceError> {
    store::shadow::get(connection, file)?.ok_or_else(|| ErrorCode::RulesShadow.into())
}

fn enqueue(tx: &Tx<'_>, file: &Hash, now: itgel_domain::time::AtMs) -> Result<(), ServiceError> {
    let content = json!(Content { file: *file });
    jobs::enqueue(tx, JobKind::RunShadow, &file.to_string(), &content, now)
}

fn audit(
    tx: &Tx<'_>,
    run: &ShadowRow,
    action: &str,
    detail: &serde_json::Value,
) -> Result<(), ServiceError> {
    let resource = format!("rules/{}", run.file);
    let (by, at) = (
        run.asked_by.as_str(),
        run.finished_at.unwrap_or(run.asked_at),
    );
    store::log::audit(tx, at, by, action, &resource, detail)?;
    Ok(())
}

/// The campaign of each banner that is reached in which somebody stands, the newest one.
fn current_cycles(
    connection: &Connection,
    row: &RuleRow,
    today: Date,
) -> Result<Vec<CycleId>, ServiceError> {
    let mut found = Vec::new();
    for place in rules::reach(connection, row, today)? {
        found.extend(cycles_in(connection, place, today)?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The newest campaign with standings of each banner in, or around, a division.
fn cycles_in(
    connection: &Connection,
    place: DivisionCode,
    today: Date,
) -> Result<Vec<CycleId>, ServiceError> {
    use itgel_domain::division::DivisionLevel::County;
    let banners: Vec<DivisionCode> = match place.ancestor(County) {
        Some(banner) => vec![banner],
        None => {
            let inside = store::division::list(connection, place, County, today)?;
            inside.into_iter().map(|banner| banner.code).collect()
        }
    };
    let mut found = Vec::new();
    for banner in banners {
        for cycle in store::cycle::list(connection, banner)? {
            if store::standing::is_any_in(connection, &cycle.id)? {
                found.push(cycle.id);
                break;
            }
        }
    }
    Ok(found)
}
