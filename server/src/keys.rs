//! The server's keys: one file outside the database, made once by `itgel init`.
//!
//! One key per purpose: signing receipts, pages and checkpoints (pinned by devices at
//! enrolment), wrapping content keys, blind indexes of ID and phone, signing access tokens.

use std::path::Path;

use data_encoding::HEXLOWER;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::keys::{BlindIndexKey, Kek};
use itgel_domain::sync::bundle::{BundleError, Reader};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::ServiceError;

/// The keys of a running server.
pub struct ServerKeys {
    signer: SoftwareSigner,
    /// Wraps the key of every file and identity.
    pub kek: Kek,
    /// Blind index of ID numbers.
    pub blind_id: BlindIndexKey,
    /// Blind index of phone numbers.
    pub blind_phone: BlindIndexKey,
    token_seed: Zeroizing<[u8; 32]>,
}

/// The key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    signing: String,
    wrapping: String,
    blind_id: String,
    blind_phone: String,
    token: String,
}

impl ServerKeys {
    /// New keys from five times 32 random bytes.
    #[must_use]
    pub fn from_random(random: &Zeroizing<[[u8; 32]; 5]>) -> Self {
        Self {
            signer: SoftwareSigner::from_secret(&random[0]),
            kek: Kek::from_bytes(random[1]),
            blind_id: BlindIndexKey::from_bytes(random[2]),
            blind_phone: BlindIndexKey::from_bytes(random[3]),
            token_seed: Zeroizing::new(random[4]),
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// [`ServiceError::Config`] if it is not there or not a key file; never with its content.
    pub fn read(path: &Path) -> Result<Self, ServiceError> {
        let unreadable =
            || ServiceError::Config(format!("key file {} cannot be read", path.display()));
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|_| unreadable())?);
        let file: KeyFile = toml::from_str(&text).map_err(|_| unreadable())?;
        let key = |text: &str| -> Result<[u8; 32], ServiceError> {
            let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| unreadable())?;
            bytes.try_into().map_err(|_| unreadable())
        };
        Ok(Self::from_random(&Zeroizing::new([
            key(&file.signing)?,
            key(&file.wrapping)?,
            key(&file.blind_id)?,
            key(&file.blind_phone)?,
            key(&file.token)?,
        ])))
    }

    /// Writes a new key file, readable by its owner only.
    ///
    /// # Errors
    /// [`ServiceError::Config`] if a file is already there, or none can be written.
    pub fn create(path: &Path, random: &Zeroizing<[[u8; 32]; 5]>) -> Result<(), ServiceError> {
        let file = KeyFile {
            signing: HEXLOWER.encode(&random[0]),
            wrapping: HEXLOWER.encode(&random[1]),
            blind_id: HEXLOWER.encode(&random[2]),
            blind_phone: HEXLOWER.encode(&random[3]),
            token: HEXLOWER.encode(&random[4]),
        };
        let text = toml::to_string(&file).map_err(|e| ServiceError::caused("key file", e))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options
            .open(path)
            .map_err(|e| ServiceError::Config(format!("key file {}: {e}", path.display())))?;
        std::io::Write::write_all(&mut out, text.as_bytes())
            .map_err(|e| ServiceError::caused("key file", e))
    }

    /// Signs with the key that devices pinned; hexadecimal.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        HEXLOWER.encode(&self.signer.sign(message))
    }

    /// Opens a bundle that a device sealed to the key that it pinned.
    ///
    /// # Errors
    /// [`BundleError`] if it is none, or for another server.
    pub fn open_bundle<'a>(&self, bytes: &'a [u8]) -> Result<Reader<'a>, BundleError> {
        Reader::new(bytes, &self.signer)
    }

    /// The public key that devices pin.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.signer.public_key()
    }

    /// The seed of the Ed25519 key that signs access tokens.
    #[must_use]
    pub fn token_seed(&self) -> &[u8; 32] {
        &self.token_seed
    }
}

impl std::fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKeys(redacted)")
    }
}
