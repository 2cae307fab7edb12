//! What a clock decides: periods of publicity and notice end, approved ratings come into effect,
//! and those whose last day has passed end (`domain.md` D.2, D.3).

use itgel_domain::case::step::Step;
use itgel_domain::case::{CaseEvent, CaseState};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::CaseId;
use itgel_domain::time::AtMs;

use super::MAX_BATCH;
use super::advance::{Doing, advance};
use crate::error::ServiceError;
use crate::jobs;
use crate::related;
use crate::service::Service;
use crate::store::case::CaseRow;
use crate::store::rating::RatingRow;
use crate::store::{self, Tx};

/// Seven full days: no period can be over earlier (`domain.md` D.3).
const SHORTEST_PERIOD_MS: i64 = 7 * 86_400_000;

/// How many cases a run moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeriodRun {
    /// Periods closed.
    pub closed: usize,
    /// Ratings that came into effect.
    pub effective: usize,
    /// Ratings that ended.
    pub expired: usize,
}

/// Closes the periods that are over by the clock of periods, brings approved ratings into effect
/// and ends those that have run out. In transactions of its own, a page of cases each; the same
/// again changes nothing.
///
/// # Errors
/// [`ServiceError`] of the database; a case whose step is refused waits for the next run.
pub fn run_periods(service: &Service, now: AtMs) -> Result<PeriodRun, ServiceError> {
    let period_now = service.period_now();
    let running = [CaseState::InPublicity, CaseState::InNotice];
    let began_by = period_now.plus_ms(-SHORTEST_PERIOD_MS);
    let closed = each(service, &running, began_by, move |service, tx, row| {
        if row.case.period().is_some_and(|period| period.is_closed) {
            return Err(ErrorCode::CaseStep.into());
        }
        advance(
            service,
            tx,
            row,
            Doing::by_rule(Step::ClosePeriod, "period_over", period_now),
        )
    })?;
    let effective = each(
        service,
        &[CaseState::Approved],
        AtMs(i64::MAX),
        move |service, tx, row| {
            let first_day = Doing::by_rule(Step::MakeEffective, "first_day", now);
            make_effective(service, tx, row, first_day, now)
        },
    )?;
    Ok(PeriodRun {
        closed,
        effective,
        expired: expire(service, now)?,
    })
}

/// Brings an approved case into effect: the rating, and the end of the one before it.
pub(super) fn make_effective(
    service: &Service,
    tx: &Tx<'_>,
    row: &mut CaseRow,
    doing: Doing,
    now: AtMs,
) -> Result<CaseEvent, ServiceError> {
    let event = advance(service, tx, row, doing)?;
    let case = &row.case;
    let missing = || ServiceError::internal("an effective case without its grade");
    let (Some(grade), Some(validity), Some(inputs)) = (case.grade(), case.validity(), row.inputs)
    else {
        return Err(missing());
    };
    let assessment = super::assessment(tx, &inputs)?;
    let mut before = store::rating::list_current(tx, &case.subject)?;
    // Of households that became part of this one (G 12).
    for merged in store::household_change::list_predecessors(tx, &case.subject)? {
        before.extend(store::rating::list_current(tx, &merged)?);
    }
    for older in before.into_iter().filter(|rating| rating.case != case.id) {
        let mut older = store::case::get(tx, &older.case)?
            .ok_or(ServiceError::internal("a rating without its case"))?;
        let step = Step::Supersede {
            successor: case.id.clone(),
        };
        advance(
            service,
            tx,
            &mut older,
            Doing::by_rule(step, "newer_rating", now),
        )?;
    }
    let rating = RatingRow {
        case: case.id.clone(),
        subject: case.subject.clone(),
        cycle: case.cycle.clone(),
        division: case.division,
        grade,
        score: assessment.totals.score.0,
        inputs,
        effective_on: validity.effective_on,
        valid_to: validity.valid_to,
        status: case.state(),
    };
    store::rating::put(tx, &rating)?;
    related::follow(service, tx, &rating.subject, now)?;
    Ok(event)
}

/// Puts a rating under watch (预警), on what a check found; `false` if it is not in effect, or under
/// watch already.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn watch(
    service: &Service,
    tx: &Tx<'_>,
    case: &CaseId,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let doing = Doing::by_rule(Step::Watch, "quarterly_check", now);
    attempt(tx, case, |row| advance(service, tx, row, doing).map(drop))
}

/// Asks for a run when the period of a case is over.
pub(super) fn ask_for_end(
    service: &Service,
    tx: &Tx<'_>,
    row: &CaseRow,
) -> Result<(), ServiceError> {
    let timetable = super::timetable(service, tx, row.case.division)?;
    match row.case.period_due(&timetable) {
        Some(due) => jobs::enqueue_close_periods(service, tx, due.passes_at()),
        None => Ok(()),
    }
}

fn expire(service: &Service, now: AtMs) -> Result<usize, ServiceError> {
    service.transact("process.expire", move |service, tx| {
        let mut expired = 0;
        for id in store::rating::list_ended(tx, now.on())? {
            let step = Doing::by_rule(Step::Expire, "last_day_passed", now);
            let done = attempt(tx, &id, |row| advance(service, tx, row, step).map(drop))?;
            expired += usize::from(done);
        }
        Ok(expired)
    })
}

/// Does `work` for every case in one of `states` whose period began by then, a page in one
/// transaction; how many it moved.
fn each(
    service: &Service,
    states: &[CaseState],
    began_by: AtMs,
    work: impl Fn(&Service, &Tx<'_>, &mut CaseRow) -> Result<CaseEvent, ServiceError>
    + Copy
    + Send
    + 'static,
) -> Result<usize, ServiceError> {
    let (mut after, mut moved): (Option<CaseId>, usize) = (None, 0);
    loop {
        let page = service.store.read(|connection| {
            store::case::list_by_period(connection, states, began_by, after.as_ref(), MAX_BATCH)
        })?;
        let Some(last) = page.last().cloned() else {
            return Ok(moved);
        };
        moved += service.transact("process.periods", move |service, tx| {
            let mut moved = 0;
            for id in &page {
                moved += usize::from(attempt(tx, id, |row| work(service, tx, row).map(drop))?);
            }
            Ok(moved)
        })?;
        after = Some(last);
    }
}

/// Does `work` for one case on its own; `false` if the process refused it.
fn attempt(
    tx: &Tx<'_>,
    id: &CaseId,
    work: impl FnOnce(&mut CaseRow) -> Result<(), ServiceError>,
) -> Result<bool, ServiceError> {
    let Some(mut row) = store::case::get(tx, id)? else {
        return Ok(false);
    };
    match tx.attempt(|_| work(&mut row)) {
        Ok(()) => Ok(true),
        Err(ServiceError::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
