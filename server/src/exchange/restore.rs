//! What an import computes instead of reading it: the projections of files out of their
//! envelopes, and the lists that devices pull.

use std::collections::BTreeSet;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::exchange::Schema;
use itgel_domain::file::FileId;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::SubjectId;
use itgel_domain::sync::pull::PullItem;
use itgel_domain::sync::push::Verdict;
use itgel_text::{self as text, Lang};

use super::import::Tell;
use super::manifest::Manifest;
use super::source::{self, Record};
use super::{Progress, TOLD_EVERY, table_fault};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};
use crate::{contents, epoch, ingest, listed, offers, rules};

/// Files of one step.
const STEP: usize = 500;

/// What the database says of itself: a restored server goes on in its next incarnation, like a
/// restored device.
pub(super) fn meta(tx: &Tx<'_>, manifest: &Manifest) -> Result<(), ServiceError> {
    if manifest.is_sample {
        store::meta::put(tx, store::meta::IS_SAMPLE, "1")?;
    }
    epoch::begin(tx, manifest.epoch)
}

/// Folds every file and lists everything for the devices.
pub(super) fn rebuild(
    service: &Service,
    tx: &Tx<'_>,
    with_persons: bool,
    tell: &Tell,
) -> Result<(), ServiceError> {
    fold_files(service, tx, tell)?;
    list_divisions(service, tx)?;
    let mut subjects = Vec::new();
    each(service, tx, "subject", |row| {
        subjects.push(row.parse::<SubjectId>("id")?);
        Ok(())
    })?;
    for (done, subject) in (1..).zip(&subjects) {
        list_subject(service, tx, subject, with_persons)?;
        let done: u64 = done;
        if done.is_multiple_of(TOLD_EVERY) {
            tell(&progress(
                &text::exchange_order_of_devices(Lang::ZhCn),
                done,
            ));
        }
    }
    Ok(())
}

fn progress(what: &str, rows: u64) -> Progress {
    Progress {
        table: what.to_owned(),
        rows,
    }
}

fn each(
    service: &Service,
    tx: &Tx<'_>,
    key: &str,
    mut take: impl FnMut(&Record<'_>) -> Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    let table = Schema::builtin().table(key);
    let table = table.ok_or(ServiceError::internal("a table that the schema lacks"))?;
    source::each(service, tx, table, false, |cells| {
        take(&Record::new(table, &cells))
    })
}

/// The projection of every file, and a check that each envelope is the one that its id names.
fn fold_files(service: &Service, tx: &Tx<'_>, tell: &Tell) -> Result<(), ServiceError> {
    let (mut after, mut done) = (String::new(), 0);
    loop {
        let files = store::exchange::list_files(tx, &after, STEP)?;
        let Some(last) = files.last() else {
            return Ok(());
        };
        after = last.to_string();
        for file in &files {
            fold_file(service, tx, file)?;
        }
        done += files.len() as u64;
        tell(&progress(&text::exchange_files(Lang::ZhCn), done));
    }
}

fn fold_file(service: &Service, tx: &Tx<'_>, file: &FileId) -> Result<(), ServiceError> {
    let mut facts = FileFacts::default();
    for sealed in store::envelope::list_file(tx, file)? {
        let Some(bytes) = contents::open_envelope(service, tx, &sealed).map_err(|_| foreign())?
        else {
            return Ok(());
        };
        let envelope = Envelope::from_bytes(&bytes).map_err(|_| foreign())?;
        if Envelope::id_of(&envelope.salt, &bytes) != sealed.row.id {
            return Err(foreign());
        }
        if sealed.row.document.is_none() {
            continue;
        }
        if matches!(sealed.row.verdict, Verdict::Quarantined(_)) {
            facts.apply_quarantined(&envelope);
        } else {
            facts.apply(&envelope);
        }
    }
    Ok(store::projection::put(tx, file, &facts)?)
}

/// An envelope that is not what its row says.
fn foreign() -> ServiceError {
    match Schema::builtin().table("envelope") {
        Some(table) => table_fault(ErrorCode::ExchangeDiffers, table),
        None => ErrorCode::ExchangeDiffers.into(),
    }
}

/// Rules and campaigns of banners, register rows that reach whole gachas.
fn list_divisions(service: &Service, tx: &Tx<'_>) -> Result<(), ServiceError> {
    let mut codes = BTreeSet::new();
    each(service, tx, "division", |row| {
        let code = DivisionCode::from_filled(row.get("code"));
        codes.insert(code.map_err(|e| ServiceError::caused("the code of a division", e))?);
        Ok(())
    })?;
    for code in codes {
        match code.level() {
            DivisionLevel::County => {
                rules::list_for_banner(tx, code)?;
                offers::list_lenders(tx, code, service.now().on())?;
                for cycle in store::cycle::list(tx, code)? {
                    store::list::append(tx, code, &PullItem::Cycle(cycle))?;
                }
            }
            DivisionLevel::Village => {
                for row in store::register::list_of_division(tx, code)? {
                    store::list::append(tx, code, &PullItem::Register(row))?;
                }
                offers::list_roll(tx, code)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the devices of a gacha hold of a subject, in the order in which it comes to be.
fn list_subject(
    service: &Service,
    tx: &Tx<'_>,
    id: &SubjectId,
    with_persons: bool,
) -> Result<(), ServiceError> {
    let subject = store::subject::get(tx, id)?.ok_or(ErrorCode::SubjectUnknown)?;
    if store::subject::erased_at(tx, id)?.is_some() {
        return ingest::tell_erased(service, tx, id);
    }
    let list = subject.division;
    listed::entry(tx, &subject, list)?;
    listed::rows(tx, &subject)?;
    listed::files(service, tx, &subject)?;
    if with_persons {
        for row in store::identity::list_current(tx, id)? {
            if let Some(record) = contents::read_identity(service, tx, &row)? {
                ingest::index_parties(service, tx, &subject, (&row.commitment, &record))?;
                store::list::append_identity(tx, list, record, &row.commitment)?;
            }
        }
    }
    listed::cases(tx, &subject)
}
