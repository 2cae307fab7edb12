//! The server's keys: one file outside the database, made once by `itgel init`.
//!
//! One key per purpose: signing receipts, pages and checkpoints (pinned by devices at
//! enrolment), wrapping content keys, blind indexes of ID and phone, signing access tokens.
//!
//! The two keys that sign are handed on with an overlap (`security.md` 5): first the next pair is
//! announced, then it takes over, and the pair before stays known. Every signing key states its
//! successor before it goes, so a device that pinned the first can follow to the last.

mod file;

use std::path::Path;

use data_encoding::HEXLOWER;
use itgel_domain::file::chain::{DeviceSigner, SignatureError, SoftwareSigner, Suite, verify};
use itgel_domain::hash::Hash;
use itgel_domain::keys::{BlindIndexKey, Kek};
use itgel_domain::sync::bundle::{BundleError, Reader};
use itgel_domain::time::AtMs;
use zeroize::Zeroizing;

pub use self::file::RotationError;
use self::file::{KeyFile, Pair};
use crate::error::ServiceError;

/// Days for which a signing key that has retired still opens bundles (`security.md` 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct RetiredKeyDays(pub u16);

impl Default for RetiredKeyDays {
    /// Whoever spoke with the server just before enters offline as long as a grant and its days of
    /// grace last (59 days), and a card then has a month to reach the office.
    fn default() -> Self {
        Self(90)
    }
}

impl RetiredKeyDays {
    fn holds(self, retired_at: AtMs, now: AtMs) -> bool {
        now < retired_at.plus_ms(i64::from(self.0) * 86_400_000)
    }
}

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
    /// The seeds of the token keys that are announced or have just retired.
    other_token_seeds: Vec<Zeroizing<[u8; 32]>>,
    /// The public signing keys from the first on; the last is the present one.
    signed_with: Vec<Vec<u8>>,
    successions: Vec<String>,
    /// The signing keys before the present one that still open bundles, and when each retired.
    openers: Vec<(AtMs, SoftwareSigner)>,
}

impl ServerKeys {
    /// New keys from five times 32 random bytes.
    #[must_use]
    pub fn from_random(random: &Zeroizing<[[u8; 32]; 5]>) -> Self {
        let signer = SoftwareSigner::from_secret(&random[0]);
        Self {
            signed_with: vec![signer.public_key()],
            signer,
            kek: Kek::from_bytes(random[1]),
            blind_id: BlindIndexKey::from_bytes(random[2]),
            blind_phone: BlindIndexKey::from_bytes(random[3]),
            token_seed: Zeroizing::new(random[4]),
            other_token_seeds: Vec::new(),
            successions: Vec::new(),
            openers: Vec::new(),
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// [`ServiceError::Config`] if it is not there or not a key file; never with its content.
    pub fn read(path: &Path) -> Result<Self, ServiceError> {
        KeyFile::read(path)?.keys(path)
    }

    /// Writes a new key file, readable by its owner only.
    ///
    /// # Errors
    /// [`ServiceError::Config`] if a file is already there, or none can be written.
    pub fn create(path: &Path, random: &Zeroizing<[[u8; 32]; 5]>) -> Result<(), ServiceError> {
        KeyFile::new(random).create(path)
    }

    /// Announces the next pair of signing keys: devices and verifiers learn of it from now on.
    ///
    /// # Errors
    /// [`RotationError`]; then the file is as it was, or as it should be and perhaps not on the disk yet.
    pub fn announce(
        path: &Path,
        random: &Zeroizing<[[u8; 32]; 2]>,
        now: AtMs,
    ) -> Result<(), RotationError> {
        let mut file = KeyFile::read(path)?;
        file.announce(&Pair::from_random(random), path, now)?;
        file.replace(path)
    }

    /// Lets the announced pair take over. `is_urgent` does so before the overlap is over, as after a
    /// theft: verifiers that keep the old key set then refuse until they fetch the new one.
    ///
    /// # Errors
    /// [`RotationError`]; then the file is as it was, or as it should be and perhaps not on the disk yet.
    pub fn rotate(
        path: &Path,
        now: AtMs,
        is_urgent: bool,
        term: RetiredKeyDays,
    ) -> Result<(), RotationError> {
        let mut file = KeyFile::read(path)?;
        file.rotate(now, is_urgent, term)?;
        file.replace(path)
    }

    /// Signs with the key that devices pinned; hexadecimal.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        HEXLOWER.encode(&self.signer.sign(message))
    }

    /// Opens a bundle that a device sealed to the key that it pinned: the present one, or one that
    /// retired a while ago, because a device without a network hears late of it.
    ///
    /// # Errors
    /// [`BundleError`] if it is none, for another server, or for a key that is gone.
    pub fn open_bundle<'a>(
        &self,
        bytes: &'a [u8],
        now: AtMs,
        term: RetiredKeyDays,
    ) -> Result<Reader<'a>, BundleError> {
        let addressee = Reader::addressee(bytes);
        let is_for = |key: &[u8]| addressee == Some(Hash::of_file(key));
        let mut openers = self.openers.iter().filter(|(at, _)| term.holds(*at, now));
        if let Some((_, signer)) = openers.find(|(_, signer)| is_for(&signer.public_key())) {
            return Reader::new(bytes, signer);
        }
        match Reader::new(bytes, &self.signer) {
            Err(BundleError::Foreign) if self.signed_with.iter().any(|key| is_for(key)) => {
                Err(BundleError::KeyGone)
            }
            opened => opened,
        }
    }

    /// Checks a signature that this server made, under its present key or one before it.
    ///
    /// # Errors
    /// [`SignatureError`] for anything else.
    pub fn verify(&self, message: &[u8], signature: &str) -> Result<(), SignatureError> {
        let signature = HEXLOWER
            .decode(signature.as_bytes())
            .map_err(|_| SignatureError)?;
        let is_ours = self
            .signed_with
            .iter()
            .any(|key| verify(Suite::Ed25519, key, message, &signature).is_ok());
        is_ours.then_some(()).ok_or(SignatureError)
    }

    /// The key that signs statements.
    #[must_use]
    pub fn signer(&self) -> &dyn DeviceSigner {
        &self.signer
    }

    /// The public key that devices pin.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.signer.public_key()
    }

    /// The public keys that this server has signed with, the first one first.
    #[must_use]
    pub fn signed_with(&self) -> &[Vec<u8>] {
        &self.signed_with
    }

    /// The statements by which each signing key names its successor, the announced one included.
    #[must_use]
    pub fn successions(&self) -> &[String] {
        &self.successions
    }

    /// The seed of the Ed25519 key that signs access tokens.
    #[must_use]
    pub fn token_seed(&self) -> &[u8; 32] {
        &self.token_seed
    }

    /// The seeds of the token keys that are announced or have just retired.
    #[must_use]
    pub fn other_token_seeds(&self) -> &[Zeroizing<[u8; 32]>] {
        &self.other_token_seeds
    }
}

impl std::fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKeys(redacted)")
    }
}
