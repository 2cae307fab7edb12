//! The publicity list of a gacha (公示): every credit grade that was reviewed goes on the board in
//! one call, every other grade is told to its household alone (`domain.md` D.2, D.4).

use itgel_domain::case::{By, CaseState, Reason, Step};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CaseId, CycleId, SubjectId};
use itgel_domain::identity::ORGANISATION;
use itgel_domain::person::mask_name;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::advance::{Doing, advance, subject_of};
use super::desk::{allow, allow_case};
use super::period::ask_for_end;
use crate::contents;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::case::CaseRow;
use crate::store::publicity::PublicityRow;
use crate::store::{self, Tx};

/// What one call published.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Publication {
    /// The lines of the gacha's list that are new.
    pub posted: Vec<PublicityRow>,
    /// Cases whose households are told alone.
    pub noticed: Vec<CaseId>,
    /// Cases that go on with a period that was kept through an objection.
    pub resumed: Vec<CaseId>,
    /// Cases that could not be published, and why.
    pub refused: Vec<(CaseId, ErrorCode)>,
}

/// Publishes every reviewed case of a gacha in a campaign. A case that is refused stays where it
/// is and never holds up the others.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] without the role in the gacha; [`ServiceError`] of the database.
pub fn publish_gacha(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    division: DivisionCode,
    cycle: &CycleId,
    now: AtMs,
) -> Result<Publication, ServiceError> {
    allow(actor, Action::Publish, division)?;
    let mut publication = Publication {
        posted: Vec::new(),
        noticed: Vec::new(),
        resumed: Vec::new(),
        refused: Vec::new(),
    };
    for id in store::case::list_in(tx, cycle, division, &[CaseState::Reviewed])? {
        let done = tx.attempt(|tx| publish_one(service, tx, actor, &id, now));
        match done {
            Ok(Published::Posted(row)) => publication.posted.push(row),
            Ok(Published::Noticed) => publication.noticed.push(id),
            Ok(Published::Resumed) => publication.resumed.push(id),
            Err(ServiceError::Refused { code, .. }) => publication.refused.push((id, code)),
            Err(error) => return Err(error),
        }
    }
    Ok(publication)
}

/// The publicity list of a division, for its board.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] without the right to read the board; [`ServiceError`] of the
/// database.
pub fn publicity_list(
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<PublicityRow>, ServiceError> {
    allow(actor, Action::ReadBoard, division)?;
    Ok(store::publicity::list(connection, division, cycle)?)
}

/// Reckons again until when the lines stand whose period runs, and the deadlines of every case: the
/// working days of a year have come, or were corrected (`domain.md` G 62).
pub(super) fn reckon_again(service: &Service, tx: &Tx<'_>) -> Result<(), ServiceError> {
    let mut after = None;
    loop {
        let page = store::case::list_with_due(tx, after.as_ref(), super::MAX_BATCH)?;
        let Some(last) = page.last().cloned() else {
            return Ok(());
        };
        for id in &page {
            let row = store::case::get(tx, id)?.ok_or(ErrorCode::CaseUnknown)?;
            let timetable = super::timetable(service, tx, row.case.division)?;
            let is_running = row.case.period().is_some_and(|period| !period.is_closed);
            if let Some(due) = row.case.period_due(&timetable).filter(|_| is_running) {
                store::publicity::set_closes_on(tx, id, due)?;
            }
            super::duty::reckon(service, tx, &row.case)?;
        }
        after = Some(last);
    }
}

enum Published {
    Posted(PublicityRow),
    Noticed,
    Resumed,
}

fn publish_one(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &CaseId,
    now: AtMs,
) -> Result<Published, ServiceError> {
    let mut row = store::case::get(tx, id)?.ok_or(ErrorCode::CaseUnknown)?;
    let role = allow_case(tx, actor, Action::Publish, &row.case)?;
    let is_credit = row.case.grade().is_some_and(Grade::is_credit);
    let step = match row.case.period() {
        Some(_) => Step::Resume,
        None if is_credit => Step::Publish,
        None => Step::GiveNotice,
    };
    let doing = Doing {
        by: By::Officer {
            officer: actor.officer.clone(),
            role,
        },
        reason: Reason::code("list"),
        version: Some(row.case.version()),
        ..Doing::by_rule(step.clone(), "", now)
    };
    advance(service, tx, &mut row, doing)?;
    ask_for_end(service, tx, &row)?;
    match step {
        Step::Publish => Ok(Published::Posted(post(service, tx, &row, now)?)),
        Step::GiveNotice => Ok(Published::Noticed),
        _ => Ok(Published::Resumed),
    }
}

/// Puts the line on the gacha's list.
pub(super) fn post(
    service: &Service,
    tx: &Tx<'_>,
    row: &CaseRow,
    now: AtMs,
) -> Result<PublicityRow, ServiceError> {
    let subject = subject_of(tx, &row.case)?;
    let timetable = super::timetable(service, tx, row.case.division)?;
    let ungraded = || ServiceError::internal("a published case without its grade or period");
    let closes = row.case.period_due(&timetable).ok_or_else(ungraded)?;
    let line = PublicityRow {
        case: row.case.id.clone(),
        division: subject.division,
        cycle: row.case.cycle.clone(),
        subject: subject.id.clone(),
        masked_name: masked_name(service, tx, &subject.id)?,
        local_code: subject.local_code,
        grade: row.case.grade().ok_or_else(ungraded)?,
        posted_at: now,
        closes_on: closes.on,
        is_provisional: closes.provisional,
    };
    store::publicity::put(tx, &line)?;
    Ok(line)
}

/// The first character of the head's name and ＊. An organisation is published by its full name
/// (`domain.md` D.4 masks persons); without any name the mark stands alone.
fn masked_name(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
) -> Result<String, ServiceError> {
    let record = contents::identity(service, tx, subject)?;
    let mut people = record.iter().flat_map(|record| &record.people);
    if let Some(own) = people.find(|person| person.role == ORGANISATION) {
        return Ok(own.full_name.clone());
    }
    let head = record.as_ref().and_then(|record| record.head());
    Ok(head.map_or_else(|| "＊".to_owned(), |person| mask_name(&person.full_name)))
}
