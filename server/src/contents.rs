//! Contents under keys of their own: each file, each identity and the ballots about each subject
//! have a key, wrapped by one that is not in the database. Destroying the key erases the content
//! wherever its bytes still lie (`design.md` 4.7).

use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::id::SubjectId;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::keys::{ContentKey, Label};
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::envelope::{EnvelopeKind, SealedEnvelope};
use crate::store::identity::IdentityRow;
use crate::store::log_check::Link;
use crate::store::{self, Tx};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The envelopes of one file.
    File,
    /// The identity of one subject: records and the envelopes that carry their commitments.
    Identity,
    /// The ballots about one subject.
    Ballots,
    /// What a device sent and cannot be read, or waits.
    Device,
    /// The rows of an imported table.
    Import,
}

impl Scope {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Identity => "identity",
            Self::Ballots => "ballots",
            Self::Device => "device",
            Self::Import => "import",
        }
    }
}

/// The key of a content, made at first use.
///
/// # Errors
/// [`ServiceError`] of the database or the random source, or if the stored key does not open.
pub fn key(
    service: &Service,
    tx: &Tx<'_>,
    scope: Scope,
    id: &str,
) -> Result<ContentKey, ServiceError> {
    if let Some(key) = find_key(service, tx, scope, id)? {
        return Ok(key);
    }
    let key = ContentKey::from_bytes(random()?);
    let label = Label {
        kind: scope.as_str(),
        id,
    };
    let wrapped = service.keys.kek.wrap(&key, label, random()?);
    store::content_key::put(tx, scope.as_str(), id, &wrapped)?;
    Ok(key)
}

/// The key of a content; `None` if there is none, or none any more.
///
/// # Errors
/// [`ServiceError`] of the database, or if the stored key does not open.
pub fn find_key(
    service: &Service,
    connection: &Connection,
    scope: Scope,
    id: &str,
) -> Result<Option<ContentKey>, ServiceError> {
    let Some(wrapped) = store::content_key::get(connection, scope.as_str(), id)? else {
        return Ok(None);
    };
    let label = Label {
        kind: scope.as_str(),
        id,
    };
    let key = service.keys.kek.unwrap(&wrapped, label);
    Ok(Some(
        key.map_err(|e| ServiceError::caused("a content key", e))?,
    ))
}

/// Seals bytes under a key; `kind` and `id` say what they are.
///
/// # Errors
/// [`ServiceError`] of the random source.
pub fn seal(key: &ContentKey, kind: &str, id: &str, plain: &[u8]) -> Result<Vec<u8>, ServiceError> {
    Ok(key.seal(plain, Label { kind, id }, random()?))
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`ServiceError`] if it does not open.
pub fn open(
    key: &ContentKey,
    kind: &str,
    id: &str,
    sealed: &[u8],
) -> Result<Vec<u8>, ServiceError> {
    key.open(sealed, Label { kind, id })
        .map_err(|e| ServiceError::caused("sealed bytes", e))
}

/// The bytes of a file's envelope; `None` once they were erased.
///
/// # Errors
/// [`ServiceError`] of the database, or if the bytes do not open.
pub fn envelope_bytes(
    service: &Service,
    connection: &Connection,
    at: &ChainRef,
) -> Result<Option<Vec<u8>>, ServiceError> {
    match store::envelope::get_sealed(connection, at)? {
        Some(sealed) => open_envelope(service, connection, &sealed),
        None => Ok(None),
    }
}

/// The bytes of a sealed envelope of a file; `None` once they were erased.
///
/// # Errors
/// [`ServiceError`] of the database, or if the bytes do not open.
pub fn open_envelope(
    service: &Service,
    connection: &Connection,
    envelope: &SealedEnvelope,
) -> Result<Option<Vec<u8>>, ServiceError> {
    let Some(file) = &envelope.row.file else {
        return Ok(None);
    };
    let Some(key) = find_key(service, connection, Scope::File, &file.to_string())? else {
        return Ok(None);
    };
    open(
        &key,
        "envelope",
        &envelope.row.at.to_string(),
        &envelope.sealed,
    )
    .map(Some)
}

/// The bytes of an envelope of whatever kind.
///
/// # Errors
/// [`ServiceError`] of the database, if its key is not there, or if the bytes do not open.
pub fn open_any(
    service: &Service,
    connection: &Connection,
    at: &ChainRef,
    link: &Link,
) -> Result<Vec<u8>, ServiceError> {
    let (scope, id) = match (&link.file, link.kind.as_str()) {
        (Some(file), _) => (Scope::File, file),
        (None, kind) if kind == EnvelopeKind::Ballot.as_str() => (Scope::Ballots, &link.subject),
        (None, _) => (Scope::Identity, &link.subject),
    };
    let key = find_key(service, connection, scope, id)?;
    let key = key.ok_or(ServiceError::internal("an envelope whose key is gone"))?;
    open(&key, "envelope", &at.to_string(), &link.sealed)
}

/// The envelope in sealed bytes; `None` once they were erased.
///
/// # Errors
/// [`ServiceError`] of the database, or if the bytes do not open or decode.
pub fn read_envelope(
    service: &Service,
    connection: &Connection,
    envelope: &SealedEnvelope,
) -> Result<Option<Envelope>, ServiceError> {
    let bytes = open_envelope(service, connection, envelope)?;
    let read = |bytes: Vec<u8>| {
        Envelope::from_bytes(&bytes).map_err(|e| ServiceError::caused("a stored envelope", e))
    };
    bytes.map(read).transpose()
}

/// The record of a stored version; `None` once it was erased.
///
/// # Errors
/// [`ServiceError`] of the database, or if the bytes do not open or decode.
pub fn read_identity(
    service: &Service,
    connection: &Connection,
    row: &IdentityRow,
) -> Result<Option<IdentityRecord>, ServiceError> {
    let Some(key) = find_key(service, connection, Scope::Identity, row.subject.as_str())? else {
        return Ok(None);
    };
    let bytes = open(&key, "identity", &row.commitment.to_string(), &row.sealed)?;
    let record = IdentityRecord::from_bytes(&bytes);
    Ok(Some(record.map_err(|e| {
        ServiceError::caused("a stored identity", e)
    })?))
}

/// The identity of a subject as it is known now: of concurrent versions the one with the highest
/// number, then the smallest commitment.
///
/// # Errors
/// [`ServiceError`] of the database, or if the bytes do not open or decode.
pub fn identity(
    service: &Service,
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Option<IdentityRecord>, ServiceError> {
    match store::identity::list_current(connection, subject)?.first() {
        Some(row) => read_identity(service, connection, row),
        None => Ok(None),
    }
}
