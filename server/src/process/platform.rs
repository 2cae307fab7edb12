//! What still has to go to the platforms (`domain.md` D.3): approved ratings and awarded titles,
//! within the days after the approval or the award, by the next export as a platform writes it; and decisions of departments that are
//! not reported yet (双公示, SR-19, L-32). They go in batches, so one line stands for all that wait.

use std::collections::BTreeMap;

use itgel_domain::case::TitleState;
use itgel_domain::case::deadline::{Deadline, Due};
use itgel_domain::case::terms::Timetable;
use itgel_domain::credit::{report_by, timeliness};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::CycleId;
use itgel_domain::register::PublicRecord;
use itgel_domain::time::AtMs;
use jiff::Span;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, title::TitleRow};

/// How far back decisions are looked for that were never reported.
const LOOK_BACK_DAYS: i64 = 366;

/// What waits for a platform.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) deadline: Deadline,
    /// The last day for the first of them.
    pub(super) due: Due,
    /// Since when the first of them waits.
    pub(super) since_on: Date,
    /// How many.
    pub(super) count: u64,
    /// Whose decisions.
    pub(super) body: Option<String>,
}

/// What waits in a division, ratings and titles of the campaign first.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn waiting(
    service: &Service,
    connection: &Connection,
    place: (&CycleId, DivisionCode),
    today: Date,
) -> Result<Vec<Waiting>, ServiceError> {
    let timetable = super::timetable(service, connection, place.1)?;
    let mut all: Vec<Waiting> = results(connection, place, &timetable)?
        .into_iter()
        .collect();
    all.extend(decisions(
        service,
        connection,
        place.1,
        (&timetable, today),
    )?);
    Ok(all)
}

/// The ratings that were approved and the titles that were awarded after the last export that a
/// platform can read.
fn results(
    connection: &Connection,
    place: (&CycleId, DivisionCode),
    timetable: &Timetable,
) -> Result<Option<Waiting>, ServiceError> {
    let last = store::share::last_to_platform(connection)?;
    let ratings = store::case::count_approved(connection, place, last)?;
    let titles = awards(connection, place, last)?;
    let first = ratings
        .iter()
        .map(|(_, first)| *first)
        .chain(titles.iter().copied())
        .min();
    let count = ratings.map_or(0, |(count, _)| count) + titles.len() as u64;
    Ok(first.map(|first| Waiting {
        deadline: Deadline::Push,
        due: Deadline::Push.due(first.on(), timetable),
        since_on: first.on(),
        count,
        body: None,
    }))
}

/// When each title that stands was awarded, of those after an instant.
fn awards(
    connection: &Connection,
    (cycle, division): (&CycleId, DivisionCode),
    after: Option<AtMs>,
) -> Result<Vec<AtMs>, ServiceError> {
    let titles = store::title::list(connection, division, cycle)?.into_iter();
    let stands = |state| {
        matches!(
            state,
            TitleState::Awarded | TitleState::Warning | TitleState::Kept
        )
    };
    let awarded_at = |row: TitleRow| {
        let history = row.title.history().iter();
        history
            .rev()
            .find(|event| event.to == TitleState::Awarded)
            .map(|event| event.at)
    };
    let standing = titles.filter(|row| stands(row.title.state()));
    let awards = standing.filter_map(awarded_at);
    Ok(awards
        .filter(|at| after.is_none_or(|after| *at > after))
        .collect())
}

/// The decisions that are not reported, by the department that made them.
fn decisions(
    service: &Service,
    connection: &Connection,
    division: DivisionCode,
    (timetable, today): (&Timetable, Date),
) -> Result<Vec<Waiting>, ServiceError> {
    let table = match service.rules.parameters_for(connection, division, today) {
        Ok(table) => table,
        // Without a table nothing says which decisions are to be reported.
        Err(ServiceError::Refused {
            code: ErrorCode::ParametersUnknown,
            ..
        }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let from = today.saturating_sub(Span::new().days(LOOK_BACK_DAYS));
    let mut bodies: BTreeMap<String, (Date, u64)> = BTreeMap::new();
    let mut note = |record: &PublicRecord| {
        let counted = timeliness(record, timetable, &table, today);
        let Some(decided_on) = record.decided_on.filter(|_| counted.decided > 0) else {
            return;
        };
        if counted.reported == 0 {
            let body = bodies.entry(record.recorded_by.clone());
            let (first, count) = body.or_insert((decided_on, 0));
            *first = decided_on.min(*first);
            *count += 1;
        }
    };
    store::credit_record::for_each_decided(connection, division, (from, today), &mut note)?;
    let waiting = bodies.into_iter().map(|(body, (first, count))| Waiting {
        deadline: Deadline::PublicityReport,
        due: report_by(first, timetable),
        since_on: first,
        count,
        body: Some(body),
    });
    Ok(waiting.collect())
}
