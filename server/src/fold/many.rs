//! The standings of many subjects, as after a new register row for a banner or a lender's monthly
//! ledger: in pages of bounded size, each a transaction of its own, so that a phone that pushes
//! meanwhile waits for one page and not for all of them.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;

use super::Round;
use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::service::Service;
use crate::store::job::{self, JobRow};
use crate::store::standing::StandingPlace;
use crate::store::{self, Tx};

/// Most standings that one transaction brings up to date.
pub const PAGE_STANDINGS: usize = 256;

/// Brings every standing of these subjects up to date in the caller's transaction; those that are
/// unknown, erased, or stand nowhere are passed over. Gives the number of standings.
///
/// The caller bounds the list (see [`PAGE_STANDINGS`]). Subjects of one division next to each
/// other share what is known of it.
///
/// # Errors
/// [`ServiceError`] of the database or of the rules.
pub fn refresh_page(
    service: &Service,
    tx: &Tx<'_>,
    subjects: &[SubjectId],
    now: AtMs,
) -> Result<usize, ServiceError> {
    let mut round = Round::open(service, tx, now);
    let mut refreshed = 0;
    for id in subjects {
        if let Some(subject) = living(tx, id)? {
            refreshed += round.refresh_all_of(&subject)?;
        }
    }
    round.finish()?;
    Ok(refreshed)
}

/// Brings every standing of these subjects up to date, a page a transaction; `progress` hears
/// after each how many subjects are done. Gives the number of standings.
///
/// What is done stays done if a later page fails, and the same again changes nothing. Blocks: call
/// it on a thread that may wait. Work that has to survive a restart belongs in a job, which calls
/// [`refresh_page`].
///
/// # Errors
/// [`ServiceError`] of the database or of the rules.
pub fn refresh_all(
    service: &Service,
    subjects: &[SubjectId],
    mut progress: impl FnMut(usize),
) -> Result<usize, ServiceError> {
    let ordered = by_division(service, subjects)?;
    let (mut done, mut refreshed) = (0, 0);
    for page in ordered.chunks(PAGE_STANDINGS) {
        let ids = page.to_vec();
        refreshed += service.transact("fold.refresh_page", move |service, tx| {
            refresh_page(service, tx, &ids, service.now())
        })?;
        done += page.len();
        progress(done);
    }
    Ok(refreshed)
}

/// Brings the standings of divisions up to date, as after new register rows for them: at once as
/// long as they fit a page together, the others by a job that begins as soon as the caller's
/// transaction is committed.
///
/// # Errors
/// [`ServiceError`] of the database or of the rules.
pub(crate) fn refresh_divisions(
    service: &Service,
    tx: &Tx<'_>,
    divisions: &[DivisionCode],
    now: AtMs,
) -> Result<(), ServiceError> {
    let mut at_once = Vec::new();
    for within in divisions {
        let room = PAGE_STANDINGS - at_once.len();
        let places = store::standing::list_places(tx, *within, None, room + 1)?;
        if places.len() > room {
            enqueue(tx, &Content::all(*within), now)?;
        } else {
            at_once.extend(places);
        }
    }
    refresh_places(service, tx, &at_once, now)
}

/// Where a job stands.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// The division.
    within: DivisionCode,
    /// The last standing that is done.
    after: Option<StandingPlace>,
    /// How many are done.
    done: u64,
}

impl Content {
    const fn all(within: DivisionCode) -> Self {
        Self {
            within,
            after: None,
            done: 0,
        }
    }
}

/// Does the next page of a job and puts the rest back. A newer row for the same division in the
/// meantime makes it begin again.
pub(crate) fn run_job(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: Content = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a refresh job", e))?;
    let job = job.clone();
    service.transact("jobs.refresh_standings", move |service, tx| {
        if !job::finish(tx, &job)? {
            return Ok(());
        }
        let now = service.now();
        let (within, after) = (content.within, content.after.as_ref());
        let places = store::standing::list_places(tx, within, after, PAGE_STANDINGS)?;
        refresh_places(service, tx, &places, now)?;
        let done = content.done + places.len() as u64;
        if places.len() < PAGE_STANDINGS {
            tracing::info!(%within, done, "standings are up to date");
            return Ok(());
        }
        let next = Content {
            after: places.into_iter().next_back(),
            done,
            within,
        };
        enqueue(tx, &next, now)
    })
}

fn enqueue(tx: &Tx<'_>, content: &Content, now: AtMs) -> Result<(), ServiceError> {
    let key = content.within.to_string();
    jobs::enqueue(
        tx,
        JobKind::RefreshStandings,
        &key,
        &serde_json::json!(content),
        now,
    )
}

fn refresh_places(
    service: &Service,
    tx: &Tx<'_>,
    places: &[StandingPlace],
    now: AtMs,
) -> Result<(), ServiceError> {
    let mut round = Round::open(service, tx, now);
    for place in places {
        if let Some(subject) = living(tx, &place.subject)? {
            round.refresh(&subject, &place.cycle)?;
        }
    }
    round.finish()
}

/// The subject with this id; `None` if it is unknown or was erased.
fn living(tx: &Tx<'_>, id: &SubjectId) -> Result<Option<Subject>, ServiceError> {
    match super::subject(tx, id) {
        Ok(subject) => Ok(Some(subject)),
        Err(ServiceError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The subjects in the order of where they live, so that neighbours stand on one page.
fn by_division(service: &Service, subjects: &[SubjectId]) -> Result<Vec<SubjectId>, ServiceError> {
    let mut placed = service.store.read(|connection| {
        let place = |id: &SubjectId| {
            let subject = store::subject::get(connection, id)?;
            Ok(subject.map(|subject| (subject.division, subject.id)))
        };
        subjects
            .iter()
            .filter_map(|id| place(id).transpose())
            .collect::<Result<Vec<_>, ServiceError>>()
    })?;
    placed.sort_unstable();
    placed.dedup();
    Ok(placed.into_iter().map(|(_, id)| id).collect())
}
