//! The ledger of who is listed or penalised again and again within three years (SR-50). It is
//! read from what stands; no row is written and no list comes of it (SR-44).

use itgel_domain::credit::repeat::window_from;
use itgel_domain::credit::{Repeat, repeats};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::Subject;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store::{self, credit_record};

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RepeatLine {
    /// Whom it is about.
    #[serde(flatten)]
    pub subject: Subject,
    /// What repeats.
    pub repeat: Repeat,
}

/// The ledger of a division after the subject `after`, and the cursor of the next page.
///
/// # Errors
/// [`ErrorCode::NotAllowed`](itgel_domain::error::ErrorCode::NotAllowed) or
/// [`ErrorCode::ScopeOutside`](itgel_domain::error::ErrorCode::ScopeOutside) for the person;
/// [`ServiceError`] of the database.
pub fn ledger(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    after: &str,
    limit: u32,
) -> Result<(Vec<RepeatLine>, Option<SubjectId>), ServiceError> {
    process::allow(actor, Action::ReadRecords, division)?;
    let today = service.now().on();
    let since = window_from(today);
    let reader = &actor.officer;
    let found = credit_record::list_suspected(connection, division, reader, since, after, limit)?;
    let is_full = u32::try_from(found.len()).is_ok_and(|n| n == limit);
    let next = found.last().filter(|_| is_full).cloned();
    let mut lines = Vec::new();
    for id in found {
        let rows = credit_record::list_of(connection, &id)?;
        let repeat = repeats(rows.iter().map(|listed| &listed.row.content), today);
        let subject = store::subject::get(connection, &id)?;
        if let Some(subject) = subject.filter(|_| repeat.is_repeated()) {
            lines.push(RepeatLine { subject, repeat });
        }
    }
    Ok((lines, next))
}
