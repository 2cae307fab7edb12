//! Entities and collectives that go on under another registration (`domain.md` G 51): renamed,
//! merged, divided, converted. What stands for or against the registration before reaches the new
//! one as a derived register row from the day of the change, renewed in the transaction in which
//! any of it changes; the case of what ended is closed, and no rating is inherited.

use itgel_domain::assess::Context;
use itgel_domain::case::step::Cause;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::register::{EntityChange, Predecessor, RegisterContent, RegisterRow};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::entity_link::EntityLink;
use crate::store::{self, Tx};
use crate::{fold, process, registers};

/// The register of the derived rows; the key of a row is the registration before.
const REGISTER: &str = "predecessor";

/// Enters a change by its document; `false` if it is known already.
///
/// # Errors
/// As for [`check`]; [`ServiceError`] of the database.
pub fn put(
    service: &Service,
    tx: &Tx<'_>,
    link: &EntityLink,
    entered_by: &str,
    now: AtMs,
) -> Result<bool, ServiceError> {
    check(tx, link, now)?;
    if !store::entity_link::put(tx, link, entered_by, now)? {
        return Ok(false);
    }
    let detail = serde_json::json!({ "change": link.change, "goes_on": link.goes_on });
    let resource = format!("subject/{}", link.successor);
    store::log::audit(tx, now, entered_by, "entity.changed", &resource, &detail)?;
    if !link.goes_on {
        let ended = (&link.predecessor, Cause::Dissolution, link.change.as_str());
        process::close_all(service, tx, ended, |_| false, now)?;
    }
    renew(service, tx, &link.successor, now)?;
    Ok(true)
}

/// Whether a change can be entered.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::SubjectErased`]; [`ErrorCode::EntityLink`] for
/// one that is neither an entity nor a collective, comes from itself, has no document or a day to
/// come, or goes on although it was renamed, merged or converted.
pub fn check(connection: &Connection, link: &EntityLink, now: AtMs) -> Result<(), ServiceError> {
    for id in [&link.predecessor, &link.successor] {
        let subject = fold::subject(connection, id)?;
        if !matches!(
            subject.kind,
            SubjectKind::Entity(_) | SubjectKind::Collective
        ) {
            return Err(ErrorCode::EntityLink.into());
        }
    }
    let is_circle = store::entity_link::comes_from(connection, &link.predecessor, &link.successor)?;
    let may_go_on = link.change == EntityChange::Divided;
    let is_dated = link.on <= now.on() && !link.document.trim().is_empty();
    match is_circle || !is_dated || (link.goes_on && !may_go_on) {
        true => Err(ErrorCode::EntityLink.into()),
        false => Ok(()),
    }
}

/// Renews what the successors of a registration have of it, after its loan record, vetoes, lists
/// or records have changed. Nothing is read for one without successors.
pub(crate) fn follow(
    service: &Service,
    tx: &Tx<'_>,
    predecessor: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let successors = store::entity_link::list_successors(tx, predecessor)?;
    successors
        .iter()
        .try_for_each(|successor| renew(service, tx, successor, now))
}

/// Ends what successors have of a registration that is erased.
pub(crate) fn erase(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), ServiceError> {
    for successor in store::entity_link::list_successors(tx, subject)? {
        let rows: Vec<RowId> = store::register::list_of_subject(tx, &successor, true)?
            .into_iter()
            .filter(|row| row.content.register() == REGISTER && row.key == subject.as_str())
            .map(|row| row.id)
            .collect();
        for row in &rows {
            store::register::delete_row(tx, row)?;
        }
        for home in store::subject::list_homes(tx, &successor)? {
            store::list::erase_rows(tx, home, &rows)?;
        }
    }
    Ok(store::entity_link::delete(tx, subject)?)
}

/// Writes the derived rows of a successor anew, and brings its standings up to date, if anything
/// changed. Its own successors follow by what is written.
fn renew(
    service: &Service,
    tx: &Tx<'_>,
    successor: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    if store::subject::erased_at(tx, successor)?.is_some() {
        return Ok(());
    }
    let Some(successor) = store::subject::get(tx, successor)? else {
        return Ok(());
    };
    let mut changed = false;
    for link in store::entity_link::list_of_successor(tx, &successor.id)? {
        let row = row(tx, &successor, link, now)?;
        let known = store::register::get_of(tx, &successor.id, REGISTER, &row.key)?;
        if known.is_none_or(|known| known.content != row.content) {
            changed |= registers::write(service, tx, row, "rule", now)?;
        }
    }
    if changed {
        fold::refresh_page(service, tx, std::slice::from_ref(&successor.id), now)?;
    }
    Ok(())
}

/// What stands for and against a registration today, with what stood with those before it.
fn row(
    tx: &Tx<'_>,
    successor: &Subject,
    link: EntityLink,
    now: AtMs,
) -> Result<RegisterRow, ServiceError> {
    let before = fold::subject(tx, &link.predecessor)?;
    let rows = store::register::list_reaching(tx, &before, false)?;
    let context = Context::from_rows(&rows, &before, now.on());
    let content = Predecessor {
        subject: link.predecessor,
        change: link.change,
        since: link.on,
        source: link.document.clone(),
        credit: context.credit,
        vetoes: context.vetoes,
        official_lists: context.official_lists,
        public_records: context.public_records,
    };
    Ok(RegisterRow {
        id: RowId::from_random(random()?),
        division: successor.division,
        subject: Some(successor.id.clone()),
        key: content.subject.to_string(),
        revision: 1,
        valid_from: link.on,
        valid_to: None,
        source: link.document,
        content: RegisterContent::Predecessor(Box::new(content)),
    })
}
