//! The journal: a file beside the key file, one signed line for each thing that no backup may undo,
//! which no backup of the database holds (ADR 20, ADR 32). A line is on the disk before what it says
//! is committed, so a database that is older than its journal is brought up to it before it serves.
//! A commit that fails then leaves a line about what never came to be; ADR 32 says what becomes of it.
//!
//! Whoever writes here holds the database's write transaction, so there is one at a time, whatever
//! programs work with that database.
//!
//! Two kinds of line: a subject that was erased ([`crate::erasure`]), and how a device stands from
//! then on ([`crate::auth`], `kept`).

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use itgel_domain::division::DivisionCode;
use itgel_domain::file::chain::Suite;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;

use crate::auth::kept;
use crate::erasure;
use crate::error::ServiceError;
use crate::files;
use crate::service::Service;
use crate::store::device::DeviceStatus;
use crate::store::{self, Tx};

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// A subject was erased.
    Erased(Erased),
    /// A device stands like this from now on.
    Device(Box<KeptDevice>),
}

/// What is known of an erased subject for ever: that nothing may bring it back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erased {
    /// Who; its number in its division keeps a table from entering it again.
    pub(crate) subject: Subject,
    /// When.
    pub(crate) at: AtMs,
}

/// How a device stands: all that is needed to know it again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptDevice {
    /// The device.
    pub(crate) device: DeviceId,
    /// Its officer; the name is not here.
    pub(crate) officer: OfficerId,
    /// Where the officer is employed.
    pub(crate) division: DivisionCode,
    /// The suite of its key.
    pub(crate) suite: Suite,
    /// Its public key, hexadecimal.
    pub(crate) public_key: String,
    /// The number with which its receipts begin.
    pub(crate) number: u32,
    /// When it was enrolled.
    pub(crate) enrolled_at: AtMs,
    /// Whether it may work.
    pub(crate) status: DeviceStatus,
    /// When it was revoked.
    pub(crate) revoked_at: Option<AtMs>,
    /// Who compared its words, and when.
    pub(crate) confirmed: Option<Signed>,
    /// The order to delete its store.
    pub(crate) wipe: Option<Wipe>,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    /// Who.
    pub(crate) by: OfficerId,
    /// When.
    pub(crate) at: AtMs,
}

/// An order to delete a store.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wipe {
    /// Names the order.
    pub(crate) nonce: String,
    /// Who gave it, and when.
    pub(crate) ordered: Signed,
    /// When the device said that it is carried out.
    pub(crate) wiped_at: Option<AtMs>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct SignedLine {
    #[serde(flatten)]
    line: Line,
    signature: String,
}

/// Brings a database up to the journal: after a backup was restored. Called before anything is
/// served; how many lines said something that it did not know.
///
/// # Errors
/// [`ServiceError::Config`] if the journal was changed; [`ServiceError`] of the database.
pub fn replay(service: &Service) -> Result<usize, ServiceError> {
    let lines = read(service)?;
    let is_pending = |c: &rusqlite::Connection| -> Result<bool, ServiceError> {
        // A new database has nobody yet; what is restored into it is replayed afterwards.
        if !store::officer::is_any(c)? {
            return Ok(false);
        }
        Ok(erasure::is_behind(c, &lines)? || kept::is_behind(c, &lines)?)
    };
    if !service.store.read(is_pending)? {
        return Ok(0);
    }
    let done = service.transact("journal.replay", replay_in)?;
    erasure::leave_no_bytes(service)?;
    Ok(done)
}

/// The same in the caller's transaction; [`erasure::leave_no_bytes`] is for after its commit.
///
/// # Errors
/// [`ServiceError::Config`] if the journal was changed; [`ServiceError`] of the database.
pub fn replay_in(service: &Service, tx: &Tx<'_>) -> Result<usize, ServiceError> {
    let lines = read(service)?;
    Ok(erasure::replay_in(service, tx, &lines)? + kept::replay_in(tx, &lines, service.now())?)
}

/// Writes a line behind the last whole one and waits until it is on the disk. What is left of a line
/// that was cut off goes first: it stands for what was never committed.
///
/// # Errors
/// [`ServiceError`] if it cannot be written: then what it says may not be committed.
pub(crate) fn append(service: &Service, line: Line) -> Result<(), ServiceError> {
    let signature = service.keys.sign(&message(&line)?);
    let text = said(&SignedLine { line, signature })?;
    let path = path(service);
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = private(options.append(true).create(true)).open(&path)?;
        if cut_tail(&path)? == 0 {
            files::sync_folder(&path)?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(unwritable)
}

/// Every line of the journal. A last line that was cut off stands for what was never committed, and
/// is passed over.
///
/// # Errors
/// [`ServiceError::Config`] naming the line that was changed, or is of another server.
pub(crate) fn read(service: &Service) -> Result<Vec<Line>, ServiceError> {
    Ok(signed_lines(service)?
        .into_iter()
        .map(|signed| signed.line)
        .collect())
}

/// Takes the lines of devices out whose keys have ended (L-21): nothing may bring those back either.
///
/// # Errors
/// [`ServiceError`] if the journal cannot be read or written.
pub(crate) fn forget_devices(service: &Service, devices: &[String]) -> Result<(), ServiceError> {
    let all = signed_lines(service)?;
    let is_over = |signed: &SignedLine| match &signed.line {
        Line::Device(kept) => devices.iter().any(|id| *id == kept.device.as_str()),
        Line::Erased(_) => false,
    };
    if !all.iter().any(is_over) {
        return Ok(());
    }
    let left = all.iter().filter(|signed| !is_over(signed));
    let text = left.map(said).collect::<Result<String, _>>()?;
    let (journal, fresh) = (path(service), service.config.beside_keys("journal.new"));
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = private(options.write(true).create(true).truncate(true)).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        files::rename(&fresh, &journal)
    };
    write().map_err(unwritable)
}

fn path(service: &Service) -> PathBuf {
    service.config.beside_keys("journal.jsonl")
}

fn said(line: &SignedLine) -> Result<String, ServiceError> {
    let text = serde_json::to_string(line).map_err(unwritable)?;
    Ok(text + "\n")
}

/// For the operator's account alone.
fn private(options: &mut OpenOptions) -> &OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Cuts the file behind its last whole line; how many bytes it has then.
fn cut_tail(path: &Path) -> io::Result<u64> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(0);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok(length);
    }
    let left = u64::try_from(whole(&std::fs::read(path)?).len()).unwrap_or(length);
    file.set_len(left)?;
    file.sync_all()?;
    Ok(left)
}

/// The lines that were not cut off, each with its end.
fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    &bytes[..end.map_or(0, |end| end + 1)]
}

fn signed_lines(service: &Service) -> Result<Vec<SignedLine>, ServiceError> {
    let path = path(service);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ServiceError::caused("the journal", e)),
    };
    let lines = whole(&bytes).split_inclusive(|byte| *byte == b'\n');
    (1_usize..)
        .zip(lines)
        .map(|(n, line)| {
            checked(service, line).ok_or_else(|| {
                let shown = path.display();
                ServiceError::Config(format!(
                    "{shown}, line {n}: not a line of this server's journal"
                ))
            })
        })
        .collect()
}

fn checked(service: &Service, text: &[u8]) -> Option<SignedLine> {
    let signed: SignedLine = serde_json::from_slice(text).ok()?;
    let message = message(&signed.line).ok()?;
    service.keys.verify(&message, &signed.signature).ok()?;
    Some(signed)
}

/// What is signed: the line as it is written, in the order of its fields.
fn message(line: &Line) -> Result<Vec<u8>, ServiceError> {
    let text = serde_json::to_string(line).map_err(unwritable)?;
    Ok(format!("itgel.journal.v1\n{text}").into_bytes())
}

fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ServiceError {
    ServiceError::caused("the journal cannot be written", error)
}
