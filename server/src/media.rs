//! Photos and scans (`design.md` 6): announced by an entry, brought in chunks behind the data,
//! kept under the key of the file that announced them.
//!
//! A picture is taken only from the device whose entry announced it, and only if it is one: the
//! parts of the format are walked through before it counts as arrived. What came out wrong is
//! dropped and sent again.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::FileId;
use itgel_domain::file::entry::{Countersignature, Entry};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::picture::{self, Picture};
use itgel_domain::sync::media::{CHUNK_BYTES, Chunk, ChunkAnswer, MediaReceipt};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::media::MediaRow;
use crate::store::{self, Tx};

/// Notes the pictures that the entries of an envelope announce.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn announce(
    tx: &Tx<'_>,
    file: &FileId,
    envelope: &Envelope,
    now: AtMs,
) -> Result<(), ServiceError> {
    for (content, length) in envelope.entries().iter().filter_map(announced) {
        let row = MediaRow {
            subject: file.subject.clone(),
            content,
            file: file.clone(),
            device: envelope.at.device.clone(),
            length,
            announced_at: now,
            received: 0,
            received_at: None,
        };
        store::media::announce(tx, &row)?;
    }
    Ok(())
}

/// The picture that an entry names, and its length if the entry says it.
const fn announced(entry: &Entry) -> Option<(Hash, Option<u64>)> {
    match entry {
        Entry::Evidence(evidence) => Some((evidence.content, Some(evidence.length))),
        Entry::Consent(consent) => Some((consent.signature, None)),
        Entry::Seal(seal) => match &seal.countersignature {
            Countersignature::Drawn { picture } => Some((*picture, None)),
            Countersignature::OfficerKey { .. } => None,
        },
        _ => None,
    }
}

/// Takes a chunk, or says how far the picture is.
///
/// # Errors
/// [`ErrorCode::MediaUnknown`] if no entry of this device announced it;
/// [`ErrorCode::MediaTooLarge`] and [`ErrorCode::MediaNotPicture`] for what is never taken;
/// [`ErrorCode::MediaDiffers`] if the whole came out wrong and begins again.
pub fn take(
    service: &Service,
    device: &DeviceRecord,
    chunk: Chunk,
) -> Result<ChunkAnswer, ServiceError> {
    if device.status == DeviceStatus::Pending {
        return Err(ErrorCode::DevicePending.into());
    }
    if chunk.length > picture::MAX_BYTES as u64 || chunk.bytes.len() > CHUNK_BYTES {
        return Err(ErrorCode::MediaTooLarge.into());
    }
    let (now, device, content) = (service.now(), device.id.clone(), chunk.content);
    let taken = service.transact("media.take", move |service, tx| {
        let row = store::media::get(tx, &chunk.subject, &chunk.content)?
            .filter(|row| row.device == device)
            .ok_or(ErrorCode::MediaUnknown)?;
        take_in(service, tx, row, &chunk, now)
    })?;
    let (row, fault) = taken;
    if let Some(code) = fault {
        return Err(code.into());
    }
    let receipt = row.received_at.map(|at| receipt(service, &row, at));
    Ok(ChunkAnswer {
        content,
        received: row.received,
        receipt,
    })
}

/// The bytes of a picture that arrived; `None` while it has not, or once it was erased.
///
/// # Errors
/// [`ServiceError`] of the database, or if the bytes do not open.
pub fn read(
    service: &Service,
    connection: &Connection,
    subject: &SubjectId,
    content: &Hash,
) -> Result<Option<Vec<u8>>, ServiceError> {
    match store::media::get(connection, subject, content)? {
        Some(row) if row.received_at.is_some() => whole(service, connection, &row),
        _ => Ok(None),
    }
}

/// Takes a chunk in a transaction. A fault of the whole is answered after the commit, so that
/// what was dropped stays dropped.
fn take_in(
    service: &Service,
    tx: &Tx<'_>,
    mut row: MediaRow,
    chunk: &Chunk,
    now: AtMs,
) -> Result<(MediaRow, Option<ErrorCode>), ServiceError> {
    if row.length.is_some_and(|length| length != chunk.length) {
        return Ok((row, Some(ErrorCode::MediaDiffers)));
    }
    // Repeated, reordered, or after a loss: the answer says where to go on.
    let follows = chunk.offset == row.received && row.received_at.is_none();
    let added = chunk.bytes.len() as u64;
    if !follows || chunk.bytes.is_empty() {
        return Ok((row, None));
    }
    if row.received + added > chunk.length {
        return Ok((row, Some(ErrorCode::MediaDiffers)));
    }
    let key = contents::key(service, tx, Scope::File, &row.file.to_string())?;
    let sealed = contents::seal(&key, "media", &chunk_name(&row, row.received), &chunk.bytes)?;
    store::media::append(tx, &row, &sealed, added)?;
    row.received += added;
    if row.received < chunk.length {
        return Ok((row, None));
    }
    let fault = match whole(service, tx, &row)? {
        Some(bytes) if Hash::of_file(&bytes) != row.content => Some(ErrorCode::MediaDiffers),
        Some(bytes) => Picture::read(&bytes).err().map(picture::PictureError::code),
        None => Some(ErrorCode::MediaDiffers),
    };
    if fault.is_some() {
        store::media::begin_again(tx, &row)?;
        row.received = 0;
    } else {
        store::media::set_received(tx, &row, now)?;
        row.received_at = Some(now);
    }
    Ok((row, fault))
}

fn whole(
    service: &Service,
    connection: &Connection,
    row: &MediaRow,
) -> Result<Option<Vec<u8>>, ServiceError> {
    let file = row.file.to_string();
    let Some(key) = contents::find_key(service, connection, Scope::File, &file)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    for (at, sealed) in store::media::list_chunks(connection, &row.subject, &row.content)? {
        bytes.extend(contents::open(
            &key,
            "media",
            &chunk_name(row, at),
            &sealed,
        )?);
    }
    Ok(Some(bytes))
}

fn chunk_name(row: &MediaRow, at: u64) -> String {
    format!("{}/{}/{at}", row.subject, row.content)
}

fn receipt(service: &Service, row: &MediaRow, received_at: AtMs) -> MediaReceipt {
    let mut receipt = MediaReceipt {
        subject: row.subject.clone(),
        content: row.content,
        received_at,
        signature: String::new(),
    };
    receipt.signature = service.keys.sign(&receipt.message());
    receipt
}
