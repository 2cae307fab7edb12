//! The requests of subjects that wait, as staff find them: by division and state, in the list of
//! deadlines, in the own file.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::policy::{Action, Actor, Denial, Resource, may};
use itgel_domain::rights::RequestState;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::desk::{RequestView, due, view};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::rights::RequestRow;
use crate::store::{self, Tx};

/// The most requests that stand in the list of deadlines of a division.
const MAX_WAITING: u32 = 1_000;

/// Which requests are wanted.
#[derive(Debug, Clone)]
pub struct RequestFilter {
    /// Of subjects that live here.
    pub division: DivisionCode,
    /// In this state.
    pub state: RequestState,
    /// After this place.
    pub after: String,
    /// Most lines.
    pub limit: u32,
}

/// The requests of a division in a state that the actor has to do with, those that are due first;
/// and where the next page begins.
///
/// # Errors
/// [`NotAllowed`](itgel_domain::error::ErrorCode::NotAllowed) or
/// [`ScopeOutside`](itgel_domain::error::ErrorCode::ScopeOutside); [`ServiceError`] of the database.
pub fn list(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    filter: &RequestFilter,
    now: AtMs,
) -> Result<(Vec<RequestView>, Option<String>), ServiceError> {
    may(actor, Action::ReadCase, &Resource::at(filter.division))?;
    let RequestFilter {
        division,
        state,
        after,
        limit,
    } = filter;
    let mut rows = store::rights::list_in(connection, *division, *state, after, limit + 1)?;
    let most = usize::try_from(*limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| has_more);
    let next = next.map(|row| format!("{} {}", row.due_on, row.id));
    let mut views = Vec::new();
    for row in rows {
        let interests = store::interest::list(connection, &row.subject)?;
        if !interests.contains(&actor.officer) && concerns(actor, &row) {
            views.push(view(service, connection, row, now)?);
        }
    }
    Ok((views, next))
}

/// The requests of a division that wait for somebody, for the list of deadlines.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn waiting(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
) -> Result<Vec<RequestView>, ServiceError> {
    let mut all = Vec::new();
    for state in [RequestState::Open, RequestState::Granted] {
        let filter = RequestFilter {
            division,
            state,
            after: String::new(),
            limit: MAX_WAITING,
        };
        all.extend(list(service, connection, actor, &filter, service.now())?.0);
    }
    Ok(all)
}

/// Reckons the last days again of what waits: the working days of a year have come, or were
/// corrected (`domain.md` G 62).
pub(crate) fn reckon_again(service: &Service, tx: &Tx<'_>) -> Result<(), ServiceError> {
    for row in store::rights::list_open(tx)? {
        if row.kind.is_of_process() {
            let due = due(service, tx, &row)?;
            store::rights::set_due(tx, &row.id, due.on)?;
        }
    }
    Ok(())
}

/// The requests of a subject, the oldest first.
pub(super) fn list_of(
    service: &Service,
    connection: &Connection,
    subject: &SubjectId,
    now: AtMs,
) -> Result<Vec<RequestView>, ServiceError> {
    let rows = store::rights::list_of(connection, subject)?;
    let views = rows
        .into_iter()
        .map(|row| view(service, connection, row, now));
    views.collect()
}

/// Whether the actor takes, answers or carries out what the request asks for, or reads cases where
/// it is about one.
fn concerns(actor: &Actor, row: &RequestRow) -> bool {
    let read_under = match row.kind.is_of_process() {
        true => Action::ReadCase,
        false => Action::ServeSubject,
    };
    let resource = Resource::at(row.division);
    let is_of = |action| may(actor, action, &resource).is_ok();
    // Who carries it out is the second person; the first is compared when it is done.
    let carries_out = || {
        let denied = may(actor, Action::EraseSubject, &resource);
        row.kind.needs_second() && matches!(denied, Ok(_) | Err(Denial::SecondPerson))
    };
    is_of(read_under) || is_of(row.kind.answered_under()) || carries_out()
}
