//! The journal: a file beside the key file, one signed line for each thing that no backup may undo,
//! which no backup of the database holds (ADR 20, ADR 32). A line is on the disk before what it says
//! is committed, so a database that is older than its journal is brought up to it before it serves.
//!
//! Two kinds of line: a subject that was erased ([`crate::erasure`]), and how a device stands from
//! then on ([`crate::auth`], `kept`).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use itgel_domain::division::DivisionCode;
use itgel_domain::file::chain::Suite;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;

use crate::auth::kept;
use crate::erasure;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::device::DeviceStatus;
use crate::store::{self, Tx};

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// A subject was erased.
    Erased(Erased),
    /// A device stands like this from now on.
    Device(Box<Standing>),
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
pub(crate) struct Standing {
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
struct Line {
    #[serde(flatten)]
    entry: Entry,
    signature: String,
}

/// Brings a database up to the journal: after a backup was restored. Called before anything is
/// served; how many lines said something that it did not know.
///
/// # Errors
/// [`ServiceError::Config`] if the journal was changed; [`ServiceError`] of the database.
pub fn replay(service: &Service) -> Result<usize, ServiceError> {
    let entries = read(service)?;
    let is_pending = |c: &rusqlite::Connection| -> Result<bool, ServiceError> {
        // A new database has nobody yet; what is restored into it is replayed afterwards.
        if !store::officer::is_any(c)? {
            return Ok(false);
        }
        Ok(erasure::is_behind(c, &entries)? || kept::is_behind(c, &entries)?)
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
    let entries = read(service)?;
    Ok(erasure::replay_in(service, tx, &entries)? + kept::replay_in(tx, &entries, service.now())?)
}

/// Writes a line to the end and waits until it is on the disk.
///
/// # Errors
/// [`ServiceError`] if it cannot be written: then what it says may not be committed.
pub(crate) fn append(service: &Service, entry: Entry) -> Result<(), ServiceError> {
    let signature = service.keys.sign(&message(&entry)?);
    let text = said(&Line { entry, signature })?;
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    write(&options, &path(service), &text)
}

/// Every line of the journal. A last line that was cut off stands for what was never committed, and
/// is passed over.
///
/// # Errors
/// [`ServiceError::Config`] naming the line that was changed, or is of another server.
pub(crate) fn read(service: &Service) -> Result<Vec<Entry>, ServiceError> {
    Ok(lines(service)?.into_iter().map(|line| line.entry).collect())
}

/// Takes the lines of devices out whose keys have ended (L-21): nothing may bring those back either.
///
/// # Errors
/// [`ServiceError`] if the journal cannot be read or written.
pub(crate) fn forget_devices(service: &Service, devices: &[String]) -> Result<(), ServiceError> {
    let all = lines(service)?;
    let is_of = |line: &Line| match &line.entry {
        Entry::Device(standing) => devices.iter().any(|id| *id == standing.device.as_str()),
        Entry::Erased(_) => false,
    };
    if !all.iter().any(is_of) {
        return Ok(());
    }
    let left = all.iter().filter(|line| !is_of(line));
    let text = left.map(said).collect::<Result<String, _>>()?;
    let (journal, fresh) = (path(service), service.config.beside_keys("journal.new"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    write(&options, &fresh, &text)?;
    std::fs::rename(&fresh, &journal).map_err(unwritable)
}

fn path(service: &Service) -> PathBuf {
    service.config.beside_keys("journal.jsonl")
}

fn said(line: &Line) -> Result<String, ServiceError> {
    let text = serde_json::to_string(line).map_err(unwritable)?;
    Ok(text + "\n")
}

fn write(options: &OpenOptions, path: &Path, text: &str) -> Result<(), ServiceError> {
    let mut options = options.clone();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.sync_all().map_err(unwritable)
}

fn lines(service: &Service) -> Result<Vec<Line>, ServiceError> {
    let path = path(service);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ServiceError::caused("the journal", e)),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = (1_usize..).zip(whole.lines());
    lines
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

fn checked(service: &Service, text: &str) -> Option<Line> {
    let line: Line = serde_json::from_str(text).ok()?;
    let message = message(&line.entry).ok()?;
    service.keys.verify(&message, &line.signature).ok()?;
    Some(line)
}

/// What is signed: the line as it is written, in the order of its fields.
fn message(entry: &Entry) -> Result<Vec<u8>, ServiceError> {
    let text = serde_json::to_string(entry).map_err(unwritable)?;
    Ok(format!("itgel.journal.v1\n{text}").into_bytes())
}

fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ServiceError {
    ServiceError::caused("the journal cannot be written", error)
}
