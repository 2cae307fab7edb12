//! Writing to the own chain: the one way in which anything leaves drafts.
//!
//! An envelope is appended in the transaction of its cause: bytes, place in the chain, projection
//! and outbox state are on the disk together or not at all.

use itgel_domain::file::entry::{Entry, EntryId};
use itgel_domain::file::envelope::{
    Ballot, Body, CheckpointRef, Envelope, FileBody, GroupReview, IdentityCommitment, MAX_BYTES,
    VERSION,
};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::objection::FiledObjection;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Transaction};

use crate::entropy::{Entropy, salt};
use crate::error::Error;
use crate::store::chain::{self, Link, LinkState, RecordKind};
use crate::store::device::DeviceRow;
use crate::store::{StoreError, envelope, identity, projection};

/// What an envelope is to carry.
pub(crate) enum Content {
    Entries {
        file: FileId,
        entries: Vec<Entry>,
        /// What it knew of the file when it was first written; `None` for a new one, which knows
        /// all that is here.
        knew: Option<Vec<ChainRef>>,
    },
    Identity(IdentityRecord),
    Ballot(Ballot),
    Objection(FiledObjection),
    Review(GroupReview),
}

/// A body, and what belongs to it.
struct Drafted {
    body: Body,
    /// The people whom it commits to.
    record: Option<IdentityRecord>,
    /// What its file says without it, read for its links.
    facts: Option<FileFacts>,
}

/// When and under which rules it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// The rule pack that the device holds.
    pub(crate) pack: Hash,
    /// The device's clock: recorded, never trusted.
    pub(crate) entered_at: AtMs,
    /// The newest signed state of the server's log that the device had seen.
    pub(crate) checkpoint: Option<CheckpointRef>,
}

/// The place that the next envelope will have.
pub(crate) fn next_place(db: &Connection, device: &DeviceRow) -> Result<ChainRef, StoreError> {
    let head = chain::head(db, &device.id, device.incarnation)?;
    Ok(ChainRef {
        device: device.id.clone(),
        incarnation: device.incarnation,
        seq: head.seq + 1,
    })
}

/// Writes the next envelope of the chain and folds it into its file.
pub(crate) fn append(
    tx: &Transaction<'_>,
    device: &DeviceRow,
    stamp: Stamp,
    content: Content,
    entropy: &dyn Entropy,
) -> Result<Envelope, Error> {
    let head = chain::head(tx, &device.id, device.incarnation)?;
    let salt = salt(entropy)?;
    let Drafted {
        body,
        record,
        facts,
    } = draft(tx, device, &salt, content)?;
    let written = Envelope {
        v: VERSION,
        at: next_place(tx, device)?,
        salt,
        officer: device.officer.clone(),
        pack: stamp.pack,
        entered_at: stamp.entered_at,
        checkpoint: stamp.checkpoint,
        body,
    };
    let bytes = written.to_bytes();
    if bytes.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    let id = Envelope::id_of(&written.salt, &bytes);
    if !envelope::insert(tx, &written, &bytes, true, false)? {
        let what = "the next place of the chain";
        return Err(StoreError::Corrupt { what }.into());
    }
    if let (Some(facts), Body::File(body)) = (facts, &written.body) {
        fold_into(tx, (&body.file, facts), &written, true)?;
    }
    if let (Some(record), Body::Identity(commitment)) = (&record, &written.body) {
        identity::put(tx, record, &commitment.commitment, Some(&written.at))?;
    }
    chain::insert(
        tx,
        &Link {
            incarnation: written.at.incarnation,
            seq: written.at.seq,
            id,
            kind: RecordKind::of(&written.body),
            head: head.extend(&id).hash,
            subject: written.subject().clone(),
            cycle: cycle_of(&written),
            state: LinkState::Waiting,
            verdict: None,
            received_at: None,
            written_at: stamp.entered_at,
        },
    )?;
    Ok(written)
}

/// Takes an envelope that is kept already into the projection of its file; what belongs to no file
/// is passed over.
pub(crate) fn fold(
    tx: &Transaction<'_>,
    envelope: &Envelope,
    counts: bool,
) -> Result<(), StoreError> {
    let Body::File(body) = &envelope.body else {
        return Ok(());
    };
    let facts = projection::get(tx, &body.file)?;
    fold_into(tx, (&body.file, facts), envelope, counts)
}

/// Folds a file again from its envelopes, after one of them left or changed its standing.
pub(crate) fn refold(tx: &Transaction<'_>, file: &FileId) -> Result<(), StoreError> {
    let mut facts = FileFacts::default();
    for envelope in envelope::counting_of_file(tx, file)? {
        facts.apply(&envelope);
    }
    give_places(&mut facts, envelope::aside_of_file(tx, file)?);
    if facts.is_empty() {
        projection::delete(tx, file)
    } else {
        projection::put(tx, file, &facts)
    }
}

/// The cycle that an envelope was written for.
pub(crate) fn cycle_of(envelope: &Envelope) -> Option<CycleId> {
    match &envelope.body {
        Body::Ballot(ballot) => return Some(ballot.cycle.clone()),
        Body::Objection(objection) => return Some(objection.cycle.clone()),
        Body::Review(review) => return Some(review.cycle.clone()),
        Body::File(_) | Body::Identity(_) => {}
    }
    envelope
        .entries()
        .iter()
        .rev()
        .find_map(|entry| match entry {
            Entry::Seal(seal) => Some(seal.cycle.clone()),
            other => other.observed().map(|(cycle, _)| cycle.clone()),
        })
}

/// The entries with every place in `moved` replaced by where it was written again.
pub(crate) fn moved_entries(
    entries: &[Entry],
    moved: impl Fn(&ChainRef) -> Option<ChainRef>,
) -> Vec<Entry> {
    let follow = |id: &mut EntryId| {
        if let Some(at) = moved(&id.at) {
            id.at = at;
        }
    };
    let mut entries = entries.to_vec();
    for entry in &mut entries {
        match entry {
            Entry::Correction(c) => follow(&mut c.corrects),
            Entry::Retraction(r) => follow(&mut r.retracts),
            Entry::ConsentWithdrawal(w) => follow(&mut w.consent),
            Entry::Seal(seal) => seal.consents.iter_mut().for_each(follow),
            Entry::Observation(_)
            | Entry::Consent(_)
            | Entry::Evidence(_)
            | Entry::Note(_)
            | Entry::Resolution(_)
            | Entry::Import(_)
            | Entry::OfficialCorrection(_) => {}
        }
    }
    entries
}

/// Takes an envelope of a file into its projection, as it was read from the store.
fn fold_into(
    tx: &Transaction<'_>,
    (file, mut facts): (&FileId, FileFacts),
    envelope: &Envelope,
    counts: bool,
) -> Result<(), StoreError> {
    if counts {
        facts.apply(envelope);
    }
    give_places(&mut facts, envelope::aside_of_file(tx, file)?);
    projection::put(tx, file, &facts)
}

/// What was set aside has a place in the file once everything that it knew of it has one: the same
/// on every device and on the server, in whatever order it came.
fn give_places(facts: &mut FileFacts, mut aside: Vec<Envelope>) {
    aside.retain(|envelope| facts.last_op(&envelope.at).is_none());
    loop {
        let before = aside.len();
        aside.retain(|envelope| {
            let has_place = knows_nothing_else(facts, envelope);
            if has_place {
                facts.apply_quarantined(envelope);
            }
            !has_place
        });
        if aside.len() == before {
            return;
        }
    }
}

fn knows_nothing_else(facts: &FileFacts, envelope: &Envelope) -> bool {
    match &envelope.body {
        Body::File(body) => body.deps.iter().all(|dep| facts.last_op(dep).is_some()),
        _ => false,
    }
}

fn draft(
    tx: &Transaction<'_>,
    device: &DeviceRow,
    salt: &str,
    content: Content,
) -> Result<Drafted, StoreError> {
    let plain = |body| Drafted {
        body,
        record: None,
        facts: None,
    };
    Ok(match content {
        Content::Entries {
            file,
            entries,
            knew,
        } => {
            let facts = projection::get(tx, &file)?;
            let (own, incarnation) = (&device.id, device.incarnation);
            let links = match knew {
                Some(knew) => facts.links_knowing(&knew, own, incarnation),
                None => facts.links(own, incarnation),
            };
            let (deps, start_op) = (links.deps, links.start_op);
            let body = Body::File(FileBody {
                file,
                deps,
                start_op,
                entries,
            });
            Drafted {
                facts: Some(facts),
                ..plain(body)
            }
        }
        Content::Identity(record) => {
            let commitment = record.commitment(salt);
            let subject = record.subject.clone();
            let body = Body::Identity(IdentityCommitment {
                subject,
                commitment,
            });
            Drafted {
                record: Some(record),
                ..plain(body)
            }
        }
        Content::Ballot(ballot) => plain(Body::Ballot(ballot)),
        Content::Objection(objection) => plain(Body::Objection(objection)),
        Content::Review(review) => plain(Body::Review(review)),
    })
}
