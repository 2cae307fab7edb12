//! The end of adverse records of natural persons: five years after the behaviour they are
//! deleted, with every revision and everything that was made from them, and a leaf of the log
//! proves it (`domain.md` L-06, B.1.11). Records of organisations are kept.

use itgel_domain::assess::Inputs;
use itgel_domain::hash::Hash;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::register::RegisterRow;
use itgel_domain::report::Report;
use itgel_domain::sync::pull::{DeletedRows, PullItem};
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use super::measures;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::credit_record::{self, Place};
use crate::store::{self, Tx};
use crate::{fold, registers};

/// Most records, or subjects, of one transaction: the writer is not held for long.
const PAGE: u32 = 50;

/// Deletes what is due by now, page by page, and ends measures whose ground does not stand any
/// more; how many records were deleted.
///
/// # Errors
/// [`ServiceError`] of the database; what was deleted before stays deleted.
pub fn run(service: &Service) -> Result<usize, ServiceError> {
    let mut deleted = 0;
    loop {
        let page = service.transact("credit.retention", |service, tx| {
            let now = service.now();
            let due = credit_record::list_to_delete(tx, now.on(), PAGE)?;
            for place in &due {
                delete(service, tx, place, now)?;
            }
            Ok(due.len())
        })?;
        deleted += page;
        if page < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            break;
        }
    }
    end_measures(service)?;
    Ok(deleted)
}

fn end_measures(service: &Service) -> Result<(), ServiceError> {
    let mut after = String::new();
    loop {
        let from = after.clone();
        let last = service.transact("credit.end_measures", move |service, tx| {
            let subjects = store::measure::list_open_subjects(tx, &from, PAGE)?;
            for id in &subjects {
                let subject = fold::subject(tx, id)?;
                measures::end_lapsed(service, tx, &subject, service.now())?;
            }
            Ok(subjects.last().map(ToString::to_string))
        })?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

/// Deletes one record and everything that was made from it.
fn delete(service: &Service, tx: &Tx<'_>, place: &Place, now: AtMs) -> Result<(), ServiceError> {
    let rows = credit_record::delete_place(tx, place)?;
    store::measure::delete_on(tx, place)?;
    store::retention::register::forget_about(tx, place)?;
    tell_devices(service, tx, &place.subject, &rows)?;
    prove(tx, place, &rows, now)?;
    forget_copies(service, tx, &place.subject, now)?;
    forget_made(service, tx, &place.subject, now)
}

/// Rows of entities and collectives that repeat what stood against the person.
fn forget_copies(
    service: &Service,
    tx: &Tx<'_>,
    person: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let today = now.on();
    for (row, is_current) in store::register::list_related(tx, person)? {
        let Some(entity) = row.subject.clone() else {
            continue;
        };
        let kept = row.content.clone().without_expired(today);
        if kept.as_ref() == Some(&row.content) {
            continue;
        }
        if let Some(content) = kept.filter(|_| is_current) {
            let row = RegisterRow {
                id: RowId::from_random(random()?),
                content,
                ..row.clone()
            };
            registers::put(service, tx, &row, "rule", now)?;
        }
        store::register::delete_row(tx, &row.id)?;
        tell_devices(service, tx, &entity, std::slice::from_ref(&row.id))?;
        forget_made(service, tx, &entity, now)?;
    }
    Ok(())
}

/// Assessments and reports that name the record: what nothing rests on goes with the refresh,
/// the rest forgets it. The grade stays; that it can be recomputed with the record does not.
fn forget_made(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let known = fold::subject(tx, subject)?;
    for cycle in store::standing::list_cycles(tx, subject)? {
        fold::refresh(service, tx, &known, &cycle, now)?;
    }
    store::moved::forget_deleted(tx, subject)?;
    forget_in_inputs(service, tx, subject, now)?;
    forget_in_reports(service, tx, subject, now.on())
}

fn forget_in_inputs(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    for row in store::assessment::list_of(tx, subject)? {
        let rules = service.rules.stored(tx);
        let mut inputs = Inputs::decode(&row.inputs, &rules)
            .map_err(|e| ServiceError::caused("stored inputs", e))?;
        if inputs.context.forget_expired(now.on()) {
            let left = inputs.canonical_bytes();
            store::assessment::redact(tx, &row.inputs_hash, &left, now)?;
        }
    }
    Ok(())
}

fn forget_in_reports(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    today: Date,
) -> Result<(), ServiceError> {
    let Some(key) = contents::find_key(service, tx, Scope::Identity, subject.as_str())? else {
        return Ok(());
    };
    for record in store::report::list_of(tx, subject)? {
        let id = record.id.as_str();
        let json = contents::open(&key, "report", id, &record.sealed)?;
        let mut report: Report = serde_json::from_slice(&json)
            .map_err(|e| ServiceError::caused("a stored report", e))?;
        if report.forget_expired(today) {
            let json = report.to_json().into_bytes();
            let sealed = contents::seal(&key, "report", id, &json)?;
            store::report::replace(tx, &record.id, &sealed)?;
        }
    }
    Ok(())
}

/// The lists keep position and hash of the rows and lose their content; devices that hold them
/// delete them too.
pub(crate) fn tell_devices(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    rows: &[RowId],
) -> Result<(), ServiceError> {
    let item = PullItem::Deleted(DeletedRows {
        rows: rows.to_vec(),
        signature: service.keys.sign(&DeletedRows::message(rows)),
    });
    for division in store::subject::list_homes(tx, subject)? {
        store::list::erase_rows(tx, division, rows)?;
        store::list::append(tx, division, &item)?;
    }
    Ok(())
}

/// The leaf stands for the ids of the rows, which are random and say nothing.
fn prove(tx: &Tx<'_>, place: &Place, rows: &[RowId], now: AtMs) -> Result<(), ServiceError> {
    let leaf = Hash::of_file(&DeletedRows::message(rows));
    store::log::leaf(tx, LeafKind::Deletion, &leaf)?;
    let newest = rows.first().map(ToString::to_string).unwrap_or_default();
    let detail = serde_json::json!({
        "register": place.register,
        "revisions": rows.len(),
        "leaf": leaf,
    });
    let resource = format!("record/{newest}");
    store::log::audit(tx, now, "rule", "record.deleted", &resource, &detail)?;
    Ok(())
}
