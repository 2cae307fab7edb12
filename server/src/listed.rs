//! What the list of a gacha says of a subject that comes into it, because it moved there or because the
//! lists are made anew; and what becomes of the list that it leaves.

use itgel_domain::division::DivisionCode;
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::{CaseItem, PullItem, SubjectItem, TaskItem};

use crate::contents;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};

/// That there is such a subject, and where it lives.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn entry(
    tx: &Tx<'_>,
    subject: &Subject,
    list: DivisionCode,
) -> Result<u64, ServiceError> {
    let item = SubjectItem {
        subject: subject.id.clone(),
        kind: subject.kind,
        division: subject.division,
        local_code: subject.local_code.clone(),
    };
    Ok(store::list::append(tx, list, &PullItem::Subject(item))?)
}

/// The rows of registers about it.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn rows(tx: &Tx<'_>, subject: &Subject) -> Result<(), ServiceError> {
    for row in store::register::list_reaching(tx, subject, false)? {
        if row.subject.is_some() {
            store::list::append(tx, subject.division, &PullItem::Register(row))?;
        }
    }
    Ok(())
}

/// The envelopes of its files that have a place.
///
/// # Errors
/// [`ServiceError`] of the database, or if one does not open.
pub(crate) fn files(service: &Service, tx: &Tx<'_>, subject: &Subject) -> Result<(), ServiceError> {
    for (file, _) in store::projection::list(tx, &subject.id)? {
        for sealed in store::envelope::list_file(tx, &file)? {
            if sealed.row.document.is_none() {
                continue;
            }
            if let Some(bytes) = contents::open_envelope(service, tx, &sealed)? {
                let (at, quarantined) = (&sealed.row.at, !sealed.row.verdict.counts());
                store::list::append_envelope(tx, subject.division, at, bytes, quarantined)?;
            }
        }
    }
    Ok(())
}

/// How its cases stand.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn cases(tx: &Tx<'_>, subject: &Subject) -> Result<(), ServiceError> {
    for cycle in store::standing::list_cycles(tx, &subject.id)? {
        let Some(row) = store::case::get_of(tx, &subject.id, &cycle)? else {
            continue;
        };
        let state = row.case.state();
        let item = CaseItem {
            subject: subject.id.clone(),
            cycle,
            state,
            grade: row.case.grade().filter(|_| state.is_in_effect()),
        };
        store::list::append(tx, subject.division, &PullItem::Case(item))?;
    }
    Ok(())
}

/// What was asked of the gacha that it left.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn tasks(
    tx: &Tx<'_>,
    subject: &Subject,
    asked: Vec<TaskItem>,
) -> Result<(), ServiceError> {
    for task in asked {
        store::list::append(tx, subject.division, &PullItem::Task(task))?;
    }
    Ok(())
}

/// It has moved: the lists of the gachas in which it lived say where to, and nothing any more that its
/// new list says. Whoever reads both reads them in any order, and would take the old word for the newer
/// one. What was asked of those gachas and is open.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn leave(tx: &Tx<'_>, subject: &Subject) -> Result<Vec<TaskItem>, ServiceError> {
    let envelopes = store::envelope::list_of_subject(tx, &subject.id)?;
    let envelopes: Vec<_> = envelopes.into_iter().map(|(row, _)| row.at).collect();
    let mut asked = Vec::new();
    for home in store::subject::list_former_homes(tx, &subject.id)? {
        asked.extend(store::list::leave(tx, home, &subject.id, &envelopes)?);
        entry(tx, subject, home)?;
    }
    Ok(asked)
}
