//! The end of a store: by order of the server, or when an officer hands a device back.
//!
//! Nothing goes before its receipt (`security.md` T26). The steps stand in one order, and a program
//! that is killed between two of them goes on where it stopped:
//!
//! 1. one transaction sees that no record waits and forbids every further entry,
//! 2. the word to the server is signed and laid beside the store, since the key goes with it,
//! 3. the secret with the platform and the wrap of the data key are destroyed: from here on nothing
//!    opens the store or a copy of it,
//! 4. its files are deleted,
//! 5. the server is told ([`crate::http::tell_wiped`]), and the word is deleted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use itgel_domain::id::DeviceId;
use itgel_domain::trust::wiped_message;

use crate::Device;
use crate::error::Error;
use crate::files;
use crate::key_store::KeyStore;
use crate::store::{chain, device, trust};
use crate::vault::{self, VaultError};

/// The word to the server that a store is deleted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WipedWord {
    /// The device.
    pub device: DeviceId,
    /// Of the order.
    pub nonce: String,
    /// Signature of the device over [`wiped_message`], hexadecimal.
    pub signature: String,
}

/// A place between two steps; a test ends the program there.
pub type Between<'a> = &'a mut dyn FnMut(Step) -> Result<(), Error>;

/// The steps that are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing waits, and nothing more is entered.
    Closed,
    /// The word lies beside the store.
    Signed,
    /// Nothing opens the store.
    Destroyed,
    /// The files are gone.
    Deleted,
}

impl Device {
    /// Obeys the server's order to delete this store. The word that is returned goes to the server.
    ///
    /// # Errors
    /// [`Error::NoOrder`] without one; [`Error::Unreceipted`] while anything lacks a receipt: then
    /// nothing is deleted, and the next synchronisation sends it.
    pub fn obey_wipe(self) -> Result<WipedWord, Error> {
        self.obey_wipe_between(&mut |_| Ok(()))
    }

    /// The same, with a call between any two steps.
    ///
    /// # Errors
    /// As [`Device::obey_wipe`], and what `between` returns: everything stays as it is then.
    pub fn obey_wipe_between(self, between: Between<'_>) -> Result<WipedWord, Error> {
        let (own, nonce) = self.write(|tx| {
            let nonce = trust::get(tx)?.wipe_nonce.ok_or(Error::NoOrder)?;
            let open = chain::open_count(tx)?;
            if open > 0 {
                return Err(Error::Unreceipted(open));
            }
            trust::set_wiping(tx)?;
            Ok((device::get(tx)?, nonce))
        })?;
        between(Step::Closed)?;
        let signature = self.signer.sign(&wiped_message(&nonce, &own.id));
        let word = WipedWord {
            device: own.id,
            nonce,
            signature: HEXLOWER.encode(&signature),
        };
        keep_word(&self.path, &word)?;
        between(Step::Signed)?;
        let (path, platform) = (self.path.clone(), Arc::clone(&self.platform));
        drop(self);
        end(&path, platform.as_ref(), between)?;
        Ok(word)
    }

    /// Deletes the store and the way to its key, without an order.
    ///
    /// # Errors
    /// [`Error::Unreceipted`] while anything lacks a receipt: then nothing is deleted.
    pub fn wipe(self) -> Result<(), Error> {
        self.write(|tx| match chain::open_count(tx)? {
            0 => Ok(trust::set_wiping(tx)?),
            open => Err(Error::Unreceipted(open)),
        })?;
        let (path, platform) = (self.path.clone(), Arc::clone(&self.platform));
        drop(self);
        end(&path, platform.as_ref(), &mut |_| Ok(()))
    }
}

/// The word that still has to be told of the store that was at `path`. A deletion that was
/// interrupted after it was signed is brought to its end first.
///
/// # Errors
/// [`Error::Vault`] of the file system or the platform.
pub fn resume(path: &Path, platform: &dyn KeyStore) -> Result<Option<WipedWord>, Error> {
    let word = match fs::read(word_path(path)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| VaultError::Corrupt)?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(VaultError::Io(e).into()),
    };
    end(path, platform, &mut |_| Ok(()))?;
    Ok(Some(word))
}

/// Forgets the word: the server has heard it.
///
/// # Errors
/// [`Error::Vault`] of the file system.
pub fn told(path: &Path) -> Result<(), Error> {
    remove(&word_path(path))
}

/// Whether the deletion of the store at `path` has to be brought to its end.
pub(crate) fn is_begun(path: &Path) -> bool {
    word_path(path).exists()
}

fn end(path: &Path, platform: &dyn KeyStore, between: Between<'_>) -> Result<(), Error> {
    match vault::destroy(path, platform) {
        // A wrap that cannot be read opens nothing.
        Ok(()) | Err(VaultError::Missing | VaultError::Corrupt) => {}
        Err(error) => return Err(error.into()),
    }
    between(Step::Destroyed)?;
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        remove(&PathBuf::from(name))?;
    }
    between(Step::Deleted)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(VaultError::Io(e).into()),
        _ => Ok(()),
    }
}

/// Lays the word beside the store, whole or not at all, and waits until it is on the disk.
fn keep_word(path: &Path, word: &WipedWord) -> Result<(), Error> {
    let bytes = serde_json::to_vec(word).map_err(|_| VaultError::Corrupt)?;
    files::replace(&word_path(path), &bytes).map_err(|e| VaultError::Io(e).into())
}

fn word_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".wiped");
    PathBuf::from(name)
}
