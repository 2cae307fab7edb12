//! What a restored server lost and lies on this device alone until its author's device sends it again. If
//! that device is gone nobody does, so the officer hears of it, until somebody has visited the household
//! anew. It is nothing that holds up anybody's work, and is not counted with what needs the officer.

use std::collections::BTreeMap;

use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::Error;
use crate::records::{Need, Record, RecordState};
use crate::store::chain::RecordKind;
use crate::store::{StoreError, device, envelope, identity};

/// Who wrote what was lost about whom.
type Of = (SubjectId, OfficerId);

/// A line for each author of what the server lost of a household, or of all.
pub(crate) fn list(db: &Connection, subject: Option<&SubjectId>) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    if envelope::has_lost(db)? {
        records.extend(visits(db, subject)?);
    }
    if identity::has_lost(db)? {
        records.extend(identities(db, subject)?);
    }
    Ok(records)
}

fn visits(db: &Connection, subject: Option<&SubjectId>) -> Result<Vec<Record>, Error> {
    let mut lost: BTreeMap<Of, Vec<(i64, Envelope)>> = BTreeMap::new();
    for (n, gone) in envelope::list_lost(db, subject)? {
        let of = (gone.subject().clone(), gone.officer.clone());
        lost.entry(of).or_default().push((n, gone));
    }
    let mut records = Vec::new();
    for (of, gone) in lost {
        if !was_visited_since(db, &of.0, &gone)? {
            let last = gone.iter().map(|(_, envelope)| envelope.entered_at).max();
            let count = gone.len() as u64;
            records.push(line(db, of, RecordKind::File, (count, last))?);
        }
    }
    Ok(records)
}

fn identities(db: &Connection, subject: Option<&SubjectId>) -> Result<Vec<Record>, Error> {
    let mut lost: BTreeMap<Of, u64> = BTreeMap::new();
    for gone in identity::list_lost(db, subject)? {
        let of = (gone.record.subject, gone.record.author);
        *lost.entry(of).or_default() += 1;
    }
    let mut records = Vec::new();
    for (of, count) in lost {
        // Somebody has written anew who lives there.
        if identity::versions(db, &of.0)?.is_empty() {
            records.push(line(db, of, RecordKind::Identity, (count, None))?);
        }
    }
    Ok(records)
}

/// Whether a sealed visit came to this store after all of these, which makes up for them: for a consent
/// that was taken back no visit does. Clocks do not tell: they are of several devices.
fn was_visited_since(
    db: &Connection,
    subject: &SubjectId,
    gone: &[(i64, Envelope)],
) -> Result<bool, StoreError> {
    let has = |e: &Envelope, is: fn(&Entry) -> bool| e.entries().iter().any(is);
    let withdraws = |entry: &Entry| matches!(entry, Entry::ConsentWithdrawal(_));
    if gone.iter().any(|(_, envelope)| has(envelope, withdraws)) {
        return Ok(false);
    }
    let last = gone.iter().map(|(n, _)| *n).max().unwrap_or_default();
    let since = envelope::counting_after(db, subject, last)?;
    let seals = |entry: &Entry| matches!(entry, Entry::Seal(_));
    Ok(since.iter().any(|envelope| has(envelope, seals)))
}

fn line(
    db: &Connection,
    (subject, officer): Of,
    kind: RecordKind,
    (count, written_at): (u64, Option<AtMs>),
) -> Result<Record, StoreError> {
    let own = device::get(db)?.officer;
    let by = Some(officer).filter(|officer| *officer != own);
    Ok(Record {
        subject,
        kind,
        cycle: None,
        at: None,
        code: String::new(),
        written_at,
        state: RecordState::NeedsYou(Need::OnlyHere { by, count }),
    })
}
