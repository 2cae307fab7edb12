//! The end of a file (`domain.md` L-21, `design.md` 4.7): its keys are destroyed, everything that
//! was computed from it is deleted, devices receive a signed tombstone. Chain and log keep salted
//! ids, which say nothing any more.
//!
//! What the office decides about it, and how it is kept outside the database, is in
//! [`crate::erasure`].

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::log::LeafKind;
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::{PullItem, Tombstone};
use itgel_domain::time::AtMs;

use crate::contents::Scope;
use crate::erasure;
use crate::error::ServiceError;
use crate::import;
use crate::jobs::{self, JobKind};
use crate::land;
use crate::process;
use crate::service::Service;
use crate::store::{self, Tx};
use crate::successors;

/// Erases a subject for ever, here and in every database that is restored later.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`]; [`ServiceError`] of the database, or if the journal outside of
/// it cannot be written.
pub fn erase(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    actor: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let known = store::subject::get(tx, subject)?.ok_or(ErrorCode::SubjectUnknown)?;
    if store::subject::erased_at(tx, &known.id)?.is_none() {
        erase_known(service, tx, &known.id, actor, now)?;
        // Last: a transaction that fails before has erased nothing and says nothing.
        erasure::note(service, &known, now)?;
    }
    Ok(())
}

/// Erases a subject that the journal outside the database names.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`]; [`ServiceError`] of the database.
pub(crate) fn erase_known(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    actor: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let subject = store::subject::get(tx, subject)?.ok_or(ErrorCode::SubjectUnknown)?;
    let id = &subject.id;
    process::erase(service, tx, id, now)?;
    import::erase(service, tx, &subject)?;
    destroy_keys(tx, id)?;
    delete_rows(tx, &subject, now)?;
    land::follow(service, tx, id, now)?;
    tell_erased(service, tx, id)?;
    store::log::leaf(
        tx,
        LeafKind::Deletion,
        &Hash::of_file(&Tombstone::message(id)),
    )?;
    let nothing = serde_json::json!({});
    let resource = format!("subject/{id}");
    store::log::audit(tx, now, actor, "subject.erased", &resource, &nothing)?;
    jobs::enqueue(tx, JobKind::EmptyLog, "", &serde_json::Value::Null, now)
}

/// Everything that was computed from the subject, and everything that registers say of it.
fn delete_rows(tx: &Tx<'_>, subject: &Subject, now: AtMs) -> Result<(), ServiceError> {
    let id = &subject.id;
    store::envelope::erase(tx, id)?;
    store::quarantine::erase(tx, id, now)?;
    let rows: Vec<_> = store::register::list_reaching(tx, subject, true)?
        .into_iter()
        .filter(|row| row.subject.is_some())
        .map(|row| row.id)
        .collect();
    for division in store::subject::list_homes(tx, id)? {
        store::list::erase(tx, division, id, &rows)?;
    }
    store::register::delete(tx, id)?;
    store::measure::delete(tx, id)?;
    store::media::delete(tx, id)?;
    leave_boards(tx, subject, now)?;
    store::projection::delete(tx, id)?;
    store::identity::delete(tx, id)?;
    store::party::delete(tx, id)?;
    store::ballot::delete(tx, id)?;
    store::assessment::delete(tx, id)?;
    store::title_snapshot::forget(tx, id)?;
    successors::erase(tx, id)?;
    store::entity::delete(tx, id)?;
    store::report::erase(tx, id)?;
    store::authorisation::revoke_all(tx, id, now)?;
    store::rights::erase(tx, id)?;
    store::land::erase(tx, id)?;
    Ok(store::subject::erase(tx, id, now)?)
}

/// Orders every device that may know of the subject to delete it.
pub(crate) fn tell_erased(
    service: &Service,
    tx: &Tx<'_>,
    id: &SubjectId,
) -> Result<(), ServiceError> {
    let tombstone = PullItem::Tombstone(Tombstone {
        subject: id.clone(),
        signature: service.keys.sign(&Tombstone::message(id)),
    });
    for division in store::subject::list_homes(tx, id)? {
        store::list::append(tx, division, &tombstone)?;
    }
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
    store::columns::delete(tx, &subject.id)?;
    Ok(store::standing::delete(tx, &subject.id)?)
}
