//! The job that brings ledgers in force to the subjects that they speak of: who stands in a circle
//! of guarantees, then subject by subject in pages, with their standings.
//!
//! What waits is in the database, so that a run that was cut off goes on where it stopped, and a
//! ledger that comes into force meanwhile is simply more of it.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::ledger::in_rings;
use itgel_domain::time::AtMs;

use super::row::{InForce, publish, publish_nobody};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::job::{self, JobRow};
use crate::store::ledger_mark::Marked;
use crate::store::{self, Tx};
use crate::{fold, related};

/// Subjects of one transaction.
const PAGE: u32 = 128;

/// What the job works on.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    division: DivisionCode,
}

pub(crate) fn run(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: Content = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a ledger job", e))?;
    let banner = content.division;
    if !prepare(service, job, banner)? {
        return Ok(());
    }
    let mut done = 0;
    loop {
        let step = page(service, job, banner)?;
        done += step.done;
        if step.is_last {
            tracing::info!(%banner, done, "the ledger is brought to its subjects");
            return Ok(());
        }
        tracing::debug!(%banner, done, "bringing the ledger to its subjects");
    }
}

/// What one transaction came to.
struct Step {
    done: usize,
    /// Nothing waits any more, or another run took over.
    is_last: bool,
}

/// What holds for the banner as a whole; `false` if another run took over.
fn prepare(service: &Service, job: &JobRow, banner: DivisionCode) -> Result<bool, ServiceError> {
    let edges = service
        .store
        .read(|c| store::loan::list_guarantees(c, banner))?;
    let ring = in_rings(&edges);
    drop(edges);
    let job = job.clone();
    service.transact("ledger.prepare", move |service, tx| {
        if !job::holds(tx, &job)? {
            return Ok(false);
        }
        keep_ring(tx, banner, &ring)?;
        if let Some(known) = InForce::of(tx, banner)? {
            publish_nobody(service, tx, known, service.now())?;
        }
        Ok(true)
    })
}

/// Who came into a circle or left one waits for a page.
fn keep_ring(
    tx: &Tx<'_>,
    banner: DivisionCode,
    ring: &BTreeSet<SubjectId>,
) -> Result<(), ServiceError> {
    let before: BTreeSet<SubjectId> = store::ledger_mark::list_ring(tx, banner)?
        .into_iter()
        .collect();
    for subject in ring.symmetric_difference(&before) {
        store::ledger_mark::put_in_ring(tx, banner, subject, ring.contains(subject))?;
        store::ledger_mark::mark_subject(tx, banner, subject)?;
    }
    Ok(())
}

/// Does one page, and ends the job with the last one.
fn page(service: &Service, job: &JobRow, banner: DivisionCode) -> Result<Step, ServiceError> {
    let job = job.clone();
    service.transact("ledger.apply", move |service, tx| {
        if !job::holds(tx, &job)? {
            return Ok(Step {
                done: 0,
                is_last: true,
            });
        }
        let waiting = store::ledger_mark::list_marked(tx, banner, PAGE)?;
        bring(service, tx, banner, &waiting, service.now())?;
        let is_last = waiting.is_empty() && job::finish(tx, &job)?;
        Ok(Step {
            done: waiting.len(),
            is_last,
        })
    })
}

fn bring(
    service: &Service,
    tx: &Tx<'_>,
    banner: DivisionCode,
    waiting: &[Marked],
    now: AtMs,
) -> Result<(), ServiceError> {
    let known = InForce::of(tx, banner)?;
    let mut changed = Vec::new();
    for marked in waiting {
        store::ledger_mark::unmark(tx, banner, marked)?;
        let id = &marked.subject;
        let living = store::subject::erased_at(tx, id)?.is_none();
        let subject = store::subject::get(tx, id)?.filter(|_| living);
        let Some(subject) = subject else { continue };
        if let Some(known) = known
            && publish(service, tx, &subject, known, now)?
        {
            changed.push(subject.id.clone());
        }
        related::follow(service, tx, &subject.id, now)?;
    }
    fold::refresh_page(service, tx, &changed, now)?;
    Ok(())
}
