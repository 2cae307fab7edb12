//! Registers: divisions, subjects, and the rows (台账) that give subjects their context. Every row
//! stands in the list of every gacha that it matters to, so that a device there forms the same
//! inputs as the server.

use std::collections::BTreeSet;

use itgel_domain::division::{Division, DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::register::{CreditClass, OfficialList, RegisterContent, RegisterRow};
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::PullItem;
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};
use crate::{
    contents, fold, ingest, listed, offers, process, quarantine, related, rules, successors,
};

/// Writes a division. A new banner receives the rules in force and its lenders, a new gacha the
/// rows that reach it and the roll of its evaluators and group.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn put_division(
    service: &Service,
    tx: &Tx<'_>,
    division: &Division,
) -> Result<(), ServiceError> {
    store::division::put(tx, division)?;
    let code = division.code;
    if store::list::end_in(tx, code)?.position > 0 {
        return Ok(());
    }
    match code.level() {
        DivisionLevel::County => {
            rules::list_for_banner(tx, code)?;
            offers::list_lenders(tx, code, service.now().on())
        }
        DivisionLevel::Village => {
            for row in store::register::list_of_division(tx, code)? {
                store::list::append(tx, code, &PullItem::Register(row))?;
            }
            offers::list_roll(tx, code)
        }
        _ => Ok(()),
    }
}

/// Writes a new subject and puts it into the list of its division; a known one changes nothing.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn put_subject(_service: &Service, tx: &Tx<'_>, subject: &Subject) -> Result<(), ServiceError> {
    if store::subject::put(tx, subject)? {
        listed::entry(tx, subject, subject.division)?;
        quarantine::subject_arrived(tx, &subject.id)?;
    }
    Ok(())
}

/// Moves a subject to the division and number that `subject` names; `until` is its last day in
/// the old one. Its files, identity, rows, cases and open tasks follow into the new list, its counters
/// to the new boards; what was entered before is still judged by where it lived then.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::SubjectErased`]; [`ServiceError`] of the
/// database.
pub fn move_subject(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    until: Date,
    now: AtMs,
) -> Result<(), ServiceError> {
    let before = fold::subject(tx, &subject.id)?;
    store::subject::move_to(tx, subject, until)?;
    if before.division == subject.division {
        return Ok(());
    }
    store::quarantine::move_to(tx, &subject.id, subject.division)?;
    listed::entry(tx, subject, subject.division)?;
    let asked = listed::leave(tx, subject)?;
    ingest::place_at_new_home(service, tx, subject)?;
    listed::files(service, tx, subject)?;
    for row in store::identity::list_current(tx, &subject.id)? {
        if let Some(record) = contents::read_identity(service, tx, &row)? {
            store::list::append_identity(tx, subject.division, record, &row.commitment)?;
        }
    }
    listed::rows(tx, subject)?;
    process::moved(tx, subject)?;
    listed::cases(tx, subject)?;
    listed::tasks(tx, subject, asked)?;
    for cycle in store::standing::list_cycles(tx, &subject.id)? {
        fold::refresh(service, tx, subject, &cycle, now)?;
    }
    Ok(())
}

/// Enters rows for a person and brings the standings up to date that they reach.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] without the role in the division of
/// a row, [`ErrorCode::ListByImport`] for an entry of an official list, which comes by
/// [`crate::credit::records::import_entry`] alone: then none is entered; otherwise as for
/// [`put`].
pub fn enter(service: &Service, actor: &Actor, rows: Vec<RegisterRow>) -> Result<(), ServiceError> {
    for row in &rows {
        if matches!(row.content, RegisterContent::ListEntry(_)) {
            return Err(ErrorCode::ListByImport.into());
        }
        let place = Resource::at(row.division);
        may(actor, Action::ManageRegisters, &place).map_err(|denial| denial.code())?;
    }
    let officer = actor.officer.clone();
    service.transact("registers.enter", move |service, tx| {
        put_all(service, tx, &rows, officer.as_str(), service.now())
    })
}

/// Writes a row and brings the standings up to date that it reaches. It takes the place of the
/// row with the same register, object and key, whatever revision it names; the same row again
/// (by its id) changes nothing.
///
/// The row is in force with the caller's transaction. The standings that a row about a division
/// reaches follow in the same transaction if they are few ([`fold::PAGE_STANDINGS`]), else page
/// by page in a job, so that a row about a banner does not hold up what devices send.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::SubjectErased`] for a row about such a subject,
/// [`ErrorCode::RegisterRow`] for one that ends before it begins, [`ErrorCode::ListByImport`] or
/// [`ErrorCode::RecordSerious`] for serious dishonesty that is no entry of an official list
/// (SR-44); [`ServiceError`] of the database.
pub fn put(
    service: &Service,
    tx: &Tx<'_>,
    row: &RegisterRow,
    entered_by: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    put_all(service, tx, std::slice::from_ref(row), entered_by, now)
}

/// [`put`] for several rows at once: a standing that many of them reach is brought up to date
/// once. The caller bounds the list.
///
/// # Errors
/// As for [`put`], for the first row that has a fault; then none is written.
pub fn put_all(
    service: &Service,
    tx: &Tx<'_>,
    rows: &[RegisterRow],
    entered_by: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    rows.iter().try_for_each(check)?;
    let (mut subjects, mut divisions) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        if write(service, tx, row.clone(), entered_by, now)? {
            match &row.subject {
                Some(subject) => drop(subjects.insert(subject.clone())),
                None => drop(divisions.insert(row.division)),
            }
        }
    }
    let subjects: Vec<_> = subjects.into_iter().collect();
    fold::refresh_page(service, tx, &subjects, now)?;
    let is_widest = |one: &&DivisionCode| !divisions.iter().any(|d| d != *one && d.contains(**one));
    let widest: Vec<_> = divisions.iter().filter(is_widest).copied().collect();
    fold::refresh_divisions(service, tx, &widest, now)
}

/// What no row may say, whoever enters it.
fn check(row: &RegisterRow) -> Result<(), ServiceError> {
    if !row.is_sound() {
        return Err(ErrorCode::RegisterRow.into());
    }
    match &row.content {
        RegisterContent::Veto(fact) if is_of_list(&fact.code) => {
            Err(ErrorCode::ListByImport.into())
        }
        RegisterContent::PublicRecord(record) if record.class == CreditClass::Serious => {
            Err(ErrorCode::RecordSerious.into())
        }
        _ => Ok(()),
    }
}

/// Whether a veto stands for an official list: then its fact is an entry of that list.
fn is_of_list(code: &str) -> bool {
    OfficialList::ALL
        .iter()
        .any(|list| list.veto() == Some(code))
}

/// Writes a row without refreshing the standings that it reaches; `false` if it is in force
/// already. What entities and collectives know of its subject follows at once, as does what those
/// know that come from it.
pub(crate) fn write(
    service: &Service,
    tx: &Tx<'_>,
    mut row: RegisterRow,
    entered_by: &str,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let lists = match &row.subject {
        Some(subject) => vec![fold::subject(tx, subject)?.division],
        None => gachas_in(tx, row.division, now.on())?,
    };
    let before = store::register::get_at_place_of(tx, &row)?;
    if before.as_ref().is_some_and(|before| before.id == row.id) {
        return Ok(false);
    }
    row.revision = before.map_or(1, |before| before.revision.saturating_add(1));
    store::register::put(tx, &row, entered_by, now)?;
    let register = row.content.register();
    // The id is random, so the leaf tells nothing of the row.
    let leaf = Hash::of("itgel.register.v1", &[row.id.as_str().as_bytes()]);
    store::log::leaf(tx, LeafKind::Rules, &leaf)?;
    let resource = format!("register/{register}/{}", row.id);
    let detail = serde_json::json!({ "revision": row.revision });
    store::log::audit(tx, now, entered_by, "register.entered", &resource, &detail)?;
    let answers_for = answering(&row);
    let item = PullItem::Register(row);
    for division in lists {
        store::list::append(tx, division, &item)?;
    }
    if let Some(subject) = answers_for {
        related::follow(service, tx, &subject, now)?;
        successors::follow(service, tx, &subject, now)?;
    }
    Ok(true)
}

/// Whose standing behind entities and collectives, or in their successors, the row is part of.
fn answering(row: &RegisterRow) -> Option<SubjectId> {
    let is_part = matches!(
        row.content,
        RegisterContent::Credit(_)
            | RegisterContent::Veto(_)
            | RegisterContent::ListEntry(_)
            | RegisterContent::PublicRecord(_)
            | RegisterContent::Predecessor(_)
    );
    row.subject.clone().filter(|_| is_part)
}

fn gachas_in(
    tx: &Tx<'_>,
    division: DivisionCode,
    day: Date,
) -> Result<Vec<DivisionCode>, ServiceError> {
    if division.level() == DivisionLevel::Village {
        return Ok(vec![division]);
    }
    let gachas = store::division::list(tx, division, DivisionLevel::Village, day)?;
    let mut codes: Vec<DivisionCode> = gachas.into_iter().map(|gacha| gacha.code).collect();
    codes.dedup();
    Ok(codes)
}
