//! Whether an envelope fits into its file: dependencies, operation counters, and what its entries
//! refer to. An envelope whose counters do not fit gets no place in the document, and neither
//! does what builds on it; everything else is in the file, in quarantine or not.

use std::collections::BTreeSet;
use std::slice;

use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::{Entry, EntryId};
use itgel_domain::file::envelope::{Envelope, FileBody};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::causality::check_start;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::id::OfficerId;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::store;
use crate::store::envelope::InDocument;

/// The place of an envelope in the document of its file, or why it has none.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn place(
    connection: &Connection,
    envelope: &Envelope,
    body: &FileBody,
    facts: &FileFacts,
) -> Result<Result<InDocument, ErrorCode>, ServiceError> {
    let mut last_ops = Vec::with_capacity(body.deps.len());
    for dep in &body.deps {
        match facts.last_op(dep) {
            Some(last_op) => last_ops.push(last_op),
            None if is_in_file(connection, dep, &body.file)? => {
                return Ok(Err(ErrorCode::EnvelopeBlocked));
            }
            None => return Ok(Err(ErrorCode::EnvelopeUnknownDep)),
        }
    }
    let own = facts.chain_end(&envelope.at.device, envelope.at.incarnation);
    if check_start(body, own.map(|own| own.last_op), last_ops).is_err() {
        return Ok(Err(ErrorCode::EnvelopeStartOp));
    }
    Ok(Ok(InDocument {
        actor_seq: own.map_or(1, |own| own.envelopes + 1),
        last_op: body.last_op(),
    }))
}

/// Whether an envelope came for this file, although it has no place in its document.
fn is_in_file(connection: &Connection, at: &ChainRef, file: &FileId) -> Result<bool, ServiceError> {
    let found = store::envelope::get(connection, at)?;
    Ok(found.is_some_and(|row| row.file.as_ref() == Some(file)))
}

/// Whether every entry is one that a device may write, and refers to what it may refer to.
///
/// # Errors
/// The code of the first entry that does not.
pub(super) fn check_entries(
    envelope: &Envelope,
    body: &FileBody,
    facts: &FileFacts,
) -> Result<(), ErrorCode> {
    let seals = body
        .entries
        .iter()
        .filter(|entry| matches!(entry, Entry::Seal(_)))
        .count();
    if seals > 1 || body.entries.iter().any(Entry::is_official) {
        return Err(ErrorCode::EntryForbidden);
    }
    let find = |index: usize, id: &EntryId| find(envelope, body, facts, index, id);
    for (index, entry) in body.entries.iter().enumerate() {
        match entry {
            Entry::Correction(c) => own(&envelope.officer, &find(index, &c.corrects)?)?,
            Entry::Retraction(r) => own(&envelope.officer, &find(index, &r.retracts)?)?,
            Entry::ConsentWithdrawal(w) => is_consent(&find(index, &w.consent)?)?,
            Entry::Seal(seal) => {
                for consent in &seal.consents {
                    is_consent(&find(index, consent)?)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where the entries stand that an envelope refers to and that do not count yet.
pub(super) fn lacked(envelope: &Envelope, body: &FileBody, facts: &FileFacts) -> Vec<ChainRef> {
    let named = body.entries.iter().flat_map(referred_to).map(|id| &id.at);
    let others: BTreeSet<&ChainRef> = named
        .filter(|at| **at != envelope.at && !facts.counts(at))
        .collect();
    others.into_iter().cloned().collect()
}

/// The entries that one refers to, as far as they must be there.
fn referred_to(entry: &Entry) -> &[EntryId] {
    match entry {
        Entry::Correction(correction) => slice::from_ref(&correction.corrects),
        Entry::Retraction(retraction) => slice::from_ref(&retraction.retracts),
        Entry::ConsentWithdrawal(withdrawal) => slice::from_ref(&withdrawal.consent),
        Entry::Seal(seal) => &seal.consents,
        _ => &[],
    }
}

/// An entry that another one refers to, and its author.
struct Target<'a> {
    entry: &'a Entry,
    officer: &'a OfficerId,
}

/// What `id` names: an entry before `index` in the same envelope, or one of the file.
fn find<'a>(
    envelope: &'a Envelope,
    body: &'a FileBody,
    facts: &'a FileFacts,
    index: usize,
    id: &EntryId,
) -> Result<Target<'a>, ErrorCode> {
    if id.at == envelope.at {
        let before = usize::from(id.index) < index;
        let entry = body.entries.get(usize::from(id.index)).filter(|_| before);
        return entry
            .map(|entry| Target {
                entry,
                officer: &envelope.officer,
            })
            .ok_or(ErrorCode::EntryUnknown);
    }
    if let Some(recorded) = facts.entry(id) {
        return Ok(Target {
            entry: recorded.entry,
            officer: recorded.officer,
        });
    }
    // Its envelope is in the file and does not count.
    let is_quarantined = facts.last_op(&id.at).is_some() && !facts.counts(&id.at);
    Err(if is_quarantined {
        ErrorCode::EnvelopeBlocked
    } else {
        ErrorCode::EntryUnknown
    })
}

fn own(officer: &OfficerId, target: &Target<'_>) -> Result<(), ErrorCode> {
    if target.officer == officer && !target.entry.is_official() {
        Ok(())
    } else {
        Err(ErrorCode::EntryNotOwn)
    }
}

const fn is_consent(target: &Target<'_>) -> Result<(), ErrorCode> {
    if matches!(target.entry, Entry::Consent(_)) {
        Ok(())
    } else {
        Err(ErrorCode::EntryUnknown)
    }
}
