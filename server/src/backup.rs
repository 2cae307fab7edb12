//! Backups that are no way back (`domain.md` L-21, `security.md` T21).
//!
//! A backup is the whole database as of one instant, encrypted with a key of its own. The key lies
//! wrapped beside the key file and never in the backup. Restoring gives a database that the journal
//! is replayed in before it serves; and as soon as a newer backup exists, the keys of
//! those that were made before an erasure are destroyed, so that the copies, wherever they lie,
//! open for nobody any more.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use itgel_domain::hash::Hash;
use itgel_domain::id::DecisionId;
use itgel_domain::keys::{ContentKey, Label, WrappedKey};
use itgel_domain::log::LeafKind;
use itgel_domain::time::AtMs;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::epoch;
use crate::erasure;
use crate::error::ServiceError;
use crate::files;
use crate::journal;
use crate::keys::ServerKeys;
use crate::service::{Clock, Service, random};
use crate::store::{self, Tx, meta};

/// Days for which backups open: as long as devices keep what they sent (`design.md` 6).
pub const KEPT_DAYS: i64 = 35;

const DAY_MS: i64 = 86_400_000;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its number, which its file and its key are named after.
    pub id: DecisionId,
    /// The file.
    pub path: PathBuf,
    /// How many older backups open for nobody from now on.
    pub closed: usize,
}

/// What is kept of a backup outside of it.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    id: DecisionId,
    taken_at_ms: AtMs,
    wrapped: String,
    sealed: String,
}

/// Writes a backup into a folder; the server may go on running.
///
/// # Errors
/// [`ServiceError::Config`] naming the folder if it cannot be written; [`ServiceError`] of the
/// database.
pub fn take(service: &Service, folder: &Path) -> Result<Backup, ServiceError> {
    fs::create_dir_all(folder).map_err(|e| unusable(folder, &e))?;
    let now = service.now();
    let id = DecisionId::from_random(random()?);
    let key = Zeroizing::new(random::<32>()?);
    let name = format!("itgel-{}-{id}.backup", now.on());
    let path = folder.join(name);
    // The key first: a copy without one would be no backup.
    keep_key(service, &id, &key, now)?;
    service
        .store
        .copy_to(&path, &HEXLOWER.encode(key.as_slice()))?;
    sync(&path)?;
    let noted = id.clone();
    service.transact("backup.take", move |_, tx| note(tx, &noted, "taken", now))?;
    let closed = close_older(service, &id, now)?;
    Ok(Backup { id, path, closed })
}

/// Makes the database of `config`, which must not be there, out of a backup: all of it, or none.
/// Whoever was erased since is erased again before the database has its name; how many.
///
/// # Errors
/// [`ServiceError::Config`] if there is a database already, or no key opens the backup.
pub fn restore(
    config: &Config,
    keys: ServerKeys,
    clock: Clock,
    backup: &Path,
) -> Result<u32, ServiceError> {
    let target = &config.database;
    if target.exists() {
        let shown = target.display();
        return Err(ServiceError::Config(format!(
            "{shown} is there already: move it away before restoring"
        )));
    }
    let unfinished = Config {
        database: target.with_extension("restoring"),
        ..config.clone()
    };
    let beginning = unfinished.database.display();
    if unfinished.database.exists() {
        return Err(ServiceError::Config(format!(
            "{beginning} is left of a restore that was broken off: delete it first"
        )));
    }
    copy_back(&unfinished, &keys, backup)?;
    let service = Service::open_as_it_is(unfinished.clone(), keys, clock)?;
    let erased = service.transact("backup.restored", |service, tx| {
        // The break first: what the journal adds to the log was never in the one that was lost.
        restored(service, tx)?;
        journal::replay_in(service, tx)?;
        Ok(store::subject::count_erased(tx)?)
    })?;
    erasure::leave_no_bytes(&service)?;
    drop(service);
    files::rename(&unfinished.database, target).map_err(|e| unusable(target, &e))?;
    Ok(erased)
}

fn copy_back(config: &Config, keys: &ServerKeys, backup: &Path) -> Result<(), ServiceError> {
    for (_, kept) in key_files(config)? {
        let key = open_key(keys, &kept)?;
        match store::restore(backup, &key, &config.store()) {
            Err(store::StoreError::Corrupt { .. }) => {}
            other => return Ok(other?),
        }
    }
    let shown = backup.display();
    Err(ServiceError::Config(format!(
        "{shown} opens with none of the backup keys beside the key file: it is damaged, of another \
         server, or was closed after an erasure"
    )))
}

/// A new epoch begins: the server's own chain goes on in a new incarnation, as if on another
/// machine, and devices learn from a signed break where the log stood.
fn restored(service: &Service, tx: &Tx<'_>) -> Result<(), ServiceError> {
    let before = meta::epoch(tx)?;
    let now = service.now();
    epoch::begin(tx, before)?;
    epoch::note_restored(service, tx, before, now)?;
    note(tx, &DecisionId::from_random(random()?), "restored", now)?;
    store::log::checkpoint(tx, &service.keys, now)?;
    Ok(())
}

fn note(tx: &Tx<'_>, id: &DecisionId, word: &str, now: AtMs) -> Result<(), ServiceError> {
    let resource = format!("backup/{id}");
    let action = format!("backup.{word}");
    store::log::audit(
        tx,
        now,
        "operator",
        &action,
        &resource,
        &serde_json::json!({}),
    )?;
    let leaf = Hash::of(
        "itgel.backup.v1",
        &[id.as_str().as_bytes(), word.as_bytes()],
    );
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    Ok(())
}

fn keep_key(
    service: &Service,
    id: &DecisionId,
    key: &Zeroizing<[u8; 32]>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let folder = folder(&service.config);
    fs::create_dir_all(&folder).map_err(|e| unusable(&folder, &e))?;
    let wrapping = ContentKey::from_bytes(random()?);
    let wrapped = service.keys.kek.wrap(&wrapping, label(id), random()?);
    let file = KeyFile {
        id: id.clone(),
        taken_at_ms: now,
        wrapped: HEXLOWER.encode(wrapped.as_bytes()),
        sealed: HEXLOWER.encode(&wrapping.seal(key.as_slice(), label(id), random()?)),
    };
    let text = toml::to_string(&file).map_err(|e| ServiceError::caused("a backup key", e))?;
    let path = folder.join(format!("{id}.toml"));
    fs::write(&path, text).map_err(|e| unusable(&path, &e))?;
    sync(&path)
}

/// The key of the copy, as the database wants it.
fn open_key(keys: &ServerKeys, file: &KeyFile) -> Result<Zeroizing<String>, ServiceError> {
    let broken = || ServiceError::Config(format!("the key of backup {} cannot be read", file.id));
    let bytes = |text: &str| HEXLOWER.decode(text.as_bytes()).map_err(|_| broken());
    let wrapped = WrappedKey::from_bytes(&bytes(&file.wrapped)?).map_err(|_| broken())?;
    let wrapping = keys.kek.unwrap(&wrapped, label(&file.id));
    let wrapping = wrapping.map_err(|_| broken())?;
    let key = wrapping.open(&bytes(&file.sealed)?, label(&file.id));
    let key = Zeroizing::new(key.map_err(|_| broken())?);
    Ok(Zeroizing::new(HEXLOWER.encode(&key)))
}

/// Destroys the keys of older backups that were made before an erasure, or too long ago.
fn close_older(service: &Service, newest: &DecisionId, now: AtMs) -> Result<usize, ServiceError> {
    let erased_at = erasure::newest_at(service)?;
    let oldest = now.plus_ms(-KEPT_DAYS * DAY_MS);
    let mut closed = 0;
    for (path, file) in key_files(&service.config)? {
        let holds_erased = erased_at.is_some_and(|at| file.taken_at_ms <= at);
        if file.id != *newest && (holds_erased || file.taken_at_ms < oldest) {
            destroy(&path).map_err(|e| unusable(&path, &e))?;
            closed += 1;
        }
    }
    Ok(closed)
}

/// Writes over the bytes before the file goes.
fn destroy(path: &Path) -> std::io::Result<()> {
    let length = usize::try_from(fs::metadata(path)?.len()).unwrap_or(0);
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    std::io::Write::write_all(&mut file, &vec![0; length])?;
    file.sync_all()?;
    fs::remove_file(path)?;
    files::sync_folder(path)
}

/// The keys of all backups that still open, by file name.
fn key_files(config: &Config) -> Result<Vec<(PathBuf, KeyFile)>, ServiceError> {
    let folder = folder(config);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unusable(&folder, &e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| unusable(&folder, &e))?.path();
        let text = fs::read_to_string(&path).map_err(|e| unusable(&path, &e))?;
        if text.bytes().all(|byte| byte == 0) {
            // Destroyed, and the power was lost before the file was gone.
            continue;
        }
        let file: KeyFile = toml::from_str(&text)
            .map_err(|_| ServiceError::Config(format!("{} is no backup key", path.display())))?;
        found.push((path, file));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

fn folder(config: &Config) -> PathBuf {
    config.beside_keys("backup-keys")
}

fn label(id: &DecisionId) -> Label<'_> {
    Label {
        kind: "backup",
        id: id.as_str(),
    }
}

fn sync(path: &Path) -> Result<(), ServiceError> {
    files::sync(path).map_err(|e| unusable(path, &e))
}

fn unusable(path: &Path, error: &std::io::Error) -> ServiceError {
    ServiceError::Config(format!("{}: {error}", path.display()))
}
