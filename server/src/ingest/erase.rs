//! The end of a file (`domain.md` L-16, `design.md` 4.7): its keys are destroyed, everything that
//! was computed from it is deleted, devices receive a signed tombstone. Chain and log keep salted
//! ids, which say nothing any more.

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::log::LeafKind;
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::{PullItem, Tombstone};
use itgel_domain::time::AtMs;

use crate::contents::Scope;
use crate::error::ServiceError;
use crate::land;
use crate::process;
use crate::service::Service;
use crate::store::{self, Tx};

/// Erases a subject for ever.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`]; [`ServiceError`] of the database.
pub fn erase(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    actor: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let subject = store::subject::get(tx, subject)?.ok_or(ErrorCode::SubjectUnknown)?;
    if store::subject::erased_at(tx, &subject.id)?.is_some() {
        return Ok(());
    }
    let id = &subject.id;
    process::erase(service, tx, id, now)?;
    destroy_keys(tx, id)?;
    store::envelope::erase(tx, id)?;
    let rows: Vec<_> = store::register::list_reaching(tx, &subject, true)?
        .into_iter()
        .filter(|row| row.subject.is_some())
        .map(|row| row.id)
        .collect();
    for division in store::subject::list_homes(tx, id)? {
        store::list::erase(tx, division, id, &rows)?;
    }
    store::register::delete(tx, id)?;
    store::measure::delete(tx, id)?;
    leave_boards(tx, &subject, now)?;
    store::projection::delete(tx, id)?;
    store::identity::delete(tx, id)?;
    store::party::delete(tx, id)?;
    store::ballot::delete(tx, id)?;
    store::assessment::delete(tx, id)?;
    store::subject::erase(tx, id, now)?;
    land::follow(service, tx, id, now)?;
    let message = Tombstone::message(id);
    let signature = service.keys.sign(&message);
    let tombstone = PullItem::Tombstone(Tombstone {
        subject: id.clone(),
        signature,
    });
    for division in store::subject::list_homes(tx, id)? {
        store::list::append(tx, division, &tombstone)?;
    }
    store::log::leaf(tx, LeafKind::Deletion, &Hash::of_file(&message))?;
    let resource = format!("subject/{id}");
    store::log::audit(
        tx,
        now,
        actor,
        "subject.erased",
        &resource,
        &serde_json::json!({}),
    )?;
    Ok(())
}

fn destroy_keys(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), ServiceError> {
    store::content_key::delete_files(tx, subject)?;
    for scope in [Scope::Identity, Scope::Ballots] {
        store::content_key::delete(tx, scope.as_str(), subject.as_str())?;
    }
    Ok(())
}

/// The boards do not count the subject any more, and its open conflicts go.
fn leave_boards(tx: &Tx<'_>, subject: &Subject, now: AtMs) -> Result<(), ServiceError> {
    for cycle in store::standing::list_cycles(tx, &subject.id)? {
        if let Some(standing) = store::standing::get(tx, &subject.id, &cycle)? {
            let counted = standing.contribution.negated();
            store::board::add(tx, standing.division, &cycle, &counted)?;
        }
        store::conflict::replace(tx, &subject.id, &cycle, &[], now)?;
    }
    Ok(store::standing::delete(tx, &subject.id)?)
}
