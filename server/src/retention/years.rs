//! The end of the years of subjects (档案年度后五年): the key of the file is destroyed, so that its
//! envelopes say nothing and chain and log still verify; cases, assessments, ratings and whatever
//! else belongs to the year is deleted. With the last year of a subject that was closed, the subject
//! itself is erased (`domain.md` D.2, L-21).

use itgel_domain::case::Step;
use itgel_domain::case::step::Cause;
use itgel_domain::exchange::Schema;
use itgel_domain::id::SubjectId;
use itgel_domain::sync::ended::EndedYear;
use itgel_domain::sync::pull::PullItem;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::{prove, registers};
use crate::error::ServiceError;
use crate::ingest;
use crate::service::Service;
use crate::store::retention::year::{self, Year};
use crate::store::retention::{first_kept, register};
use crate::store::{self, Tx};

/// Subjects that are looked at in one snapshot.
const LOOKED_AT: u32 = 500;

/// Most years of one transaction.
const PAGE: usize = 20;

/// Ends what is over; how many years.
pub(super) fn run(service: &Service) -> Result<usize, ServiceError> {
    let (mut ended, mut after) = (0, String::new());
    loop {
        let read = |c: &Connection| over_after(c, &after, service.now());
        let (over, last) = service.store.read(read)?;
        for chunk in over.chunks(PAGE) {
            let subjects = chunk.to_vec();
            ended += service.transact("retention.years", move |service, tx| {
                end_of(service, tx, &subjects, service.now())
            })?;
        }
        for subject in over {
            service.transact("retention.closed", move |service, tx| {
                erase_closed(service, tx, &subject, service.now())
            })?;
        }
        match last {
            Some(last) => after = last,
            None => return Ok(ended),
        }
    }
}

/// The next subjects with a year that is over, and behind whom to go on.
fn over_after(
    connection: &Connection,
    after: &str,
    now: AtMs,
) -> Result<(Vec<SubjectId>, Option<String>), ServiceError> {
    let subjects = year::list_subjects(connection, after, LOOKED_AT)?;
    let last = subjects.last().map(ToString::to_string);
    let mut over = Vec::new();
    for subject in subjects {
        if !years_over(connection, &subject, now)?.is_empty() {
            over.push(subject);
        }
    }
    Ok((over, last))
}

fn years_over(
    connection: &Connection,
    subject: &SubjectId,
    now: AtMs,
) -> Result<Vec<Year>, ServiceError> {
    let kept = first_kept(now, Schema::builtin().file_years);
    let mut over = Vec::new();
    for year in year::list(connection, subject)? {
        if year.ends_on < kept && !year::is_bound(connection, &year, now.on())? {
            over.push(year);
        }
    }
    Ok(over)
}

fn end_of(
    service: &Service,
    tx: &Tx<'_>,
    subjects: &[SubjectId],
    now: AtMs,
) -> Result<usize, ServiceError> {
    let mut ended = 0;
    for subject in subjects {
        // Somebody may have objected since.
        let over = years_over(tx, subject, now)?;
        let is_last = over.len() == year::list(tx, subject)?.len();
        if is_last && is_closed(tx, subject)? {
            continue;
        }
        for year in &over {
            end(service, tx, year, now)?;
        }
        ended += over.len();
    }
    Ok(ended)
}

fn end(service: &Service, tx: &Tx<'_>, year: &Year, now: AtMs) -> Result<(), ServiceError> {
    let (from, until) = year.days();
    let days = (from.to_string(), until.to_string());
    let rows = register::list_of_year(tx, &year.subject, (&days.0, &days.1))?;
    registers::forget(service, tx, &rows)?;
    let item = PullItem::Ended(statement(service, year));
    for division in store::subject::list_homes(tx, &year.subject)? {
        store::list::erase_cycles(tx, division, &year.subject, &year.cycles)?;
        store::list::append(tx, division, &item)?;
    }
    year::delete(tx, year)?;
    let resource = format!("year/{}", year.year);
    prove(tx, &resource, vec![year.subject.to_string()], now)
}

/// Tells devices to delete what they hold of the year.
fn statement(service: &Service, year: &Year) -> EndedYear {
    let mut ended = EndedYear {
        subject: year.subject.clone(),
        year: year.year,
        cycles: year.cycles.clone(),
        signature: String::new(),
    };
    ended.signature = service.keys.sign(&ended.message());
    ended
}

/// Erases a subject that was closed and of which nothing is left but what is over.
fn erase_closed(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let over = years_over(tx, subject, now)?;
    let is_last = over.len() == year::list(tx, subject)?.len();
    if over.is_empty() || !is_last || !is_closed(tx, subject)? {
        return Ok(());
    }
    for year in &over {
        end(service, tx, year, now)?;
    }
    ingest::erase(service, tx, subject, "rule", now)
}

/// Whether the newest case of a subject ended with consent, death or dissolution: no further use.
fn is_closed(tx: &Tx<'_>, subject: &SubjectId) -> Result<bool, ServiceError> {
    let mut newest: Option<(AtMs, bool)> = None;
    for id in store::case::list_of(tx, subject)? {
        let Some(row) = store::case::get(tx, &id)? else {
            continue;
        };
        let Some(last) = row.case.history().last() else {
            continue;
        };
        let ends_use = matches!(&last.step, Step::Close { cause } if *cause != Cause::Void);
        if newest.is_none_or(|(at, _)| at <= last.at) {
            newest = Some((last.at, ends_use));
        }
    }
    Ok(newest.is_some_and(|(_, is_closed)| is_closed)
        && store::subject::erased_at(tx, subject)?.is_none())
}
