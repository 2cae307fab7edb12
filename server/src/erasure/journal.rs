//! The journal of erasures: a file beside the key file, one signed line for each subject, which no
//! backup of the database holds. A line is on the disk before the erasure is committed, so a
//! database that is older than its journal is brought up to it before it serves.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;

use crate::error::ServiceError;
use crate::keys::ServerKeys;
use crate::service::Service;

/// What is known of an erased subject for ever: that nothing may bring it back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Erased {
    /// Who; its number in its division keeps a table from entering it again.
    pub(super) subject: Subject,
    /// When.
    pub(super) at: AtMs,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    erased: Erased,
    signature: String,
}

/// Where the journal lies.
pub(super) fn path(service: &Service) -> PathBuf {
    service.config.beside_keys("erasures.jsonl")
}

/// Writes a line to the end and waits until it is on the disk.
///
/// # Errors
/// [`ServiceError`] if it cannot be written: then nothing may be erased.
pub(super) fn append(service: &Service, erased: Erased) -> Result<(), ServiceError> {
    let signature = service.keys.sign(&message(&erased));
    let line = Line { erased, signature };
    let mut text = serde_json::to_string(&line).map_err(unwritable)?;
    text.push('\n');
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path(service)).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.sync_all().map_err(unwritable)
}

/// Every line of the journal at `path`. A last line that was cut off stands for an erasure that
/// was never committed, and is passed over.
///
/// # Errors
/// [`ServiceError::Config`] naming the line that was changed, or is of another server.
pub(super) fn read(keys: &ServerKeys, path: &Path) -> Result<Vec<Erased>, ServiceError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ServiceError::caused("the journal of erasures", e)),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = (1_usize..).zip(whole.lines());
    lines
        .map(|(n, line)| {
            checked(keys, line).ok_or_else(|| {
                let shown = path.display();
                ServiceError::Config(format!(
                    "{shown}, line {n}: not a line of this server's journal of erasures"
                ))
            })
        })
        .collect()
}

fn checked(keys: &ServerKeys, line: &str) -> Option<Erased> {
    let line: Line = serde_json::from_str(line).ok()?;
    let message = message(&line.erased);
    keys.verify(&message, &line.signature).ok()?;
    Some(line.erased)
}

fn message(erased: &Erased) -> Vec<u8> {
    let Subject {
        id,
        kind,
        division,
        local_code,
    } = &erased.subject;
    let at = erased.at.0;
    format!("itgel.erasure.v1\n{id}\n{kind}\n{division}\n{local_code}\n{at}").into_bytes()
}

fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ServiceError {
    ServiceError::caused("the journal of erasures cannot be written", error)
}
