//! What colleagues wrote and a restored server lost: it lies on this device alone until its author's
//! device sends it again. If that device is gone nobody does, so the officer hears of it, until somebody
//! has visited the household anew.

use std::collections::BTreeMap;

use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::Error;
use crate::records::{Need, Record, RecordState};
use crate::store::chain::RecordKind;
use crate::store::{StoreError, envelope, identity};

/// One line for each household, or for this one, and each author of what the server lost of them.
pub(crate) fn list(db: &Connection, subject: Option<&SubjectId>) -> Result<Vec<Record>, Error> {
    if !envelope::has_lost(db)? && !identity::has_lost(db)? {
        return Ok(Vec::new());
    }
    let mut records = visits(db, subject)?;
    for lost in identity::list_lost(db, subject)? {
        let record = lost.record;
        if identity::versions(db, &record.subject)?.is_empty() {
            let of = (&record.subject, RecordKind::Identity);
            records.push(line(of, &record.author, (1, None)));
        }
    }
    Ok(records)
}

fn visits(db: &Connection, subject: Option<&SubjectId>) -> Result<Vec<Record>, Error> {
    let mut lost: BTreeMap<(SubjectId, OfficerId), Vec<(i64, Envelope)>> = BTreeMap::new();
    for (n, gone) in envelope::list_lost(db, subject)? {
        let author = (gone.subject().clone(), gone.officer.clone());
        lost.entry(author).or_default().push((n, gone));
    }
    let mut records = Vec::new();
    for ((subject, officer), gone) in lost {
        let last = gone.iter().map(|(n, _)| *n).max().unwrap_or_default();
        if !was_visited_since(db, &subject, last)? {
            let written_at = gone.iter().map(|(_, envelope)| envelope.entered_at).max();
            let of = (&subject, RecordKind::File);
            records.push(line(of, &officer, (gone.len() as u64, written_at)));
        }
    }
    Ok(records)
}

/// Whether a sealed visit came to this store after the envelope with this number. Clocks do not tell:
/// they are of several devices.
fn was_visited_since(db: &Connection, subject: &SubjectId, n: i64) -> Result<bool, StoreError> {
    let seals = |e: &Envelope| {
        e.entries()
            .iter()
            .any(|entry| matches!(entry, Entry::Seal(_)))
    };
    Ok(envelope::counting_after(db, subject, n)?.iter().any(seals))
}

fn line(
    (subject, kind): (&SubjectId, RecordKind),
    officer: &OfficerId,
    (count, written_at): (u64, Option<AtMs>),
) -> Record {
    Record {
        subject: subject.clone(),
        kind,
        cycle: None,
        at: None,
        code: String::new(),
        written_at,
        state: RecordState::NeedsYou(Need::OnlyHere {
            officer: officer.clone(),
            count,
        }),
    }
}
