//! What stands beside the values of a file: remarks, entries taken back, photos and scans.

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::entry::{Entry, EntryId, EvidenceEntry, Note, Retraction};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::item::ItemPath;
use itgel_domain::picture::Picture;
use itgel_domain::time::AtMs;
use rusqlite::Transaction;

use crate::Device;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::journal::{self, Content};
use crate::people::stamp;
use crate::rules::RuleCache;
use crate::store::picture::{self, KeptPicture};
use crate::store::{device, projection};
use crate::visit::subject_row;

/// Most characters of a remark ([`Note::text`]).
const MAX_NOTE: usize = 2_000;

/// For how long everything that the server received stays here, so that the devices can restore a
/// server from an old backup (`design.md` 6): 35 days.
const KEPT_MS: i64 = 35 * 86_400_000;

impl Device {
    /// Writes a remark into the file of a subject.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is empty or longer than 2,000 characters; [`Error::PackMissing`]
    /// before rules came.
    pub fn put_note(&self, id: &SubjectId, text: &str, now: AtMs) -> Result<ChainRef, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.write(|tx| put_note(tx, id, text, now, with))
    }

    /// Takes an own entry back, with the reason.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no such own entry stands in this year's file, or without a reason;
    /// [`Error::PackMissing`] before rules came.
    pub fn retract(
        &self,
        id: &SubjectId,
        entry: &EntryId,
        reason: &str,
        now: AtMs,
    ) -> Result<ChainRef, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.write(|tx| retract(tx, id, entry, (reason, now), with))
    }

    /// Keeps a picture for an entry that will name it (a signature, a scanned consent), without
    /// what a camera writes beside it; its hash. It is sent once the entry was received.
    ///
    /// # Errors
    /// [`Error::Picture`] for what is no picture or too large.
    pub fn put_picture(&self, id: &SubjectId, bytes: &[u8], now: AtMs) -> Result<Hash, Error> {
        let picture = Picture::read(bytes)?;
        self.write(|tx| put_picture(tx, id, &picture, now))
    }

    /// Keeps a picture and writes at once that it shows these items; the place of the entry.
    ///
    /// # Errors
    /// As [`Device::put_picture`]; [`Error::PackMissing`] before rules came.
    pub fn put_evidence(
        &self,
        id: &SubjectId,
        items: Vec<ItemPath>,
        bytes: &[u8],
        now: AtMs,
    ) -> Result<ChainRef, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        let picture = Picture::read(bytes)?;
        self.write(|tx| put_evidence(tx, id, items, (&picture, now), with))
    }

    /// The pictures of a subject, and how much of each the server has.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn pictures(&self, id: &SubjectId) -> Result<Vec<KeptPicture>, Error> {
        self.read(|db| Ok(picture::list(db, Some(id))?))
    }

    /// Lets go what the server has had for longer than a backup is kept: the bytes of pictures.
    /// How many.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn compact(&self, now: AtMs) -> Result<u64, Error> {
        self.write(|tx| Ok(picture::let_go(tx, now.plus_ms(-KEPT_MS))?))
    }
}

/// What an entry is written with.
type Means<'a> = (&'a RuleCache, &'a dyn Entropy);

fn put_note(
    tx: &Transaction<'_>,
    id: &SubjectId,
    text: &str,
    now: AtMs,
    with: Means<'_>,
) -> Result<ChainRef, Error> {
    let text = checked("note", text)?;
    append(tx, id, Entry::Note(Note { text }), now, with)
}

fn retract(
    tx: &Transaction<'_>,
    id: &SubjectId,
    entry: &EntryId,
    (reason, now): (&str, AtMs),
    with: Means<'_>,
) -> Result<ChainRef, Error> {
    let reason = checked("reason", reason)?;
    let facts = projection::get(tx, &file_of(id, now))?;
    let own = device::get(tx)?.officer;
    if facts.entry(entry).is_none_or(|found| *found.officer != own) {
        let unknown = Violation::new("entry", ErrorCode::EntryUnknown);
        return Err(Error::Invalid(vec![unknown]));
    }
    let retracts = entry.clone();
    let retraction = Entry::Retraction(Retraction { retracts, reason });
    append(tx, id, retraction, now, with)
}

fn put_picture(
    tx: &Transaction<'_>,
    id: &SubjectId,
    picture: &Picture,
    now: AtMs,
) -> Result<Hash, Error> {
    subject_row(tx, id)?;
    let content = Hash::of_file(&picture.bytes);
    picture::insert(tx, id, &content, &picture.bytes, now)?;
    Ok(content)
}

fn put_evidence(
    tx: &Transaction<'_>,
    id: &SubjectId,
    items: Vec<ItemPath>,
    (picture, now): (&Picture, AtMs),
    with: Means<'_>,
) -> Result<ChainRef, Error> {
    let content = put_picture(tx, id, picture, now)?;
    picture::set_photo(tx, id, &content)?;
    let evidence = EvidenceEntry {
        items,
        content,
        media_type: picture.kind.as_str().to_owned(),
        length: picture.bytes.len() as u64,
    };
    append(tx, id, Entry::Evidence(evidence), now, with)
}

/// Writes an entry of its own, at once, into the file of the year of entry.
fn append(
    tx: &Transaction<'_>,
    id: &SubjectId,
    entry: Entry,
    now: AtMs,
    (rules, entropy): Means<'_>,
) -> Result<ChainRef, Error> {
    let (home, device) = (subject_row(tx, id)?, device::get(tx)?);
    let stamp = stamp(tx, &home, &device, now, rules)?;
    let content = Content::Entries {
        file: file_of(id, now),
        entries: vec![entry],
        knew: None,
    };
    Ok(journal::append(tx, &device, stamp, content, entropy)?.at)
}

fn file_of(id: &SubjectId, now: AtMs) -> FileId {
    FileId {
        subject: id.clone(),
        year: now.on().year(),
    }
}

/// A text that says something and is not too long.
fn checked(field: &str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        let missing = Violation::new(field, ErrorCode::ValueMissing);
        return Err(Error::Invalid(vec![missing]));
    }
    if length > MAX_NOTE {
        let range = Violation::new(field, ErrorCode::ValueOutOfRange);
        return Err(Error::Invalid(vec![
            range.with("min", 1).with("max", MAX_NOTE),
        ]));
    }
    Ok(text.to_owned())
}
