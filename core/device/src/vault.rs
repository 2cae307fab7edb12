//! The vault: the key of the store, wrapped so that neither the phone's storage alone nor the
//! PIN alone opens it (`design.md` 9, `security.md` T01, T02).
//!
//! The data key is 256 random bits. It is sealed under `HKDF(platform secret ‖ Argon2id(PIN))`
//! in a small file beside the database. Unlocking is local and never needs the server. A wrong
//! PIN is counted durably *before* it is tried, so killing the program does not win a try; ten
//! wrong ones destroy the wrap, and with it the way to everything in the store.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use itgel_domain::keys::{ContentKey, Label};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, EntropyError, bytes};

/// Wrong PINs in a row that destroy the wrap.
pub const MAX_WRONG_PINS: u32 = 10;

/// Fewest digits of a PIN.
pub const MIN_PIN: usize = 6;

/// A secret that the platform holds and does not give away with a copy of the storage: a key of
/// the phone's key store.
pub trait PlatformSecret: Send + Sync {
    /// The secret.
    ///
    /// # Errors
    /// [`VaultError::Platform`] when the platform does not give it now.
    fn secret(&self) -> Result<Zeroizing<[u8; 32]>, VaultError>;
}

/// A platform secret that the shell fetched and handed over.
pub struct GivenSecret(Zeroizing<[u8; 32]>);

/// What deriving a key from a PIN costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

/// What unlocks a store.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    /// The officer's PIN.
    pub pin: &'a str,
    /// The platform's part.
    pub platform: &'a dyn PlatformSecret,
    /// Cost of the derivation for a new wrap; an existing one keeps its own.
    pub cost: Argon2Cost,
}

/// The key of the store.
pub struct DataKey(Zeroizing<[u8; 32]>);

/// Why a vault does not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The PIN is too short.
    #[error("a PIN has at least {MIN_PIN} digits")]
    PinTooShort,
    /// Not this PIN, or not this platform.
    #[error("the PIN does not open the store; {left} tries left")]
    WrongPin {
        /// Tries until the wrap is destroyed.
        left: u32,
    },
    /// Too many wrong PINs; the store cannot be opened any more.
    #[error("the key was destroyed after too many wrong PINs")]
    Destroyed,
    /// There is no wrap here.
    #[error("no store here")]
    Missing,
    /// There is a wrap here already.
    #[error("there is a store here already")]
    Exists,
    /// The platform does not give its secret.
    #[error("the platform does not give its secret")]
    Platform,
    /// The wrap file is not one.
    #[error("the key file cannot be read")]
    Corrupt,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The file system.
    #[error("the key file cannot be written or read")]
    Io(#[from] std::io::Error),
}

/// The wrap file.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrap {
    v: u8,
    cost: Argon2Cost,
    salt: String,
    /// `None` once it was destroyed.
    sealed: Option<String>,
    /// Tries since the last right PIN, the one going on included.
    tries: u32,
}

const VERSION: u8 = 1;

/// Beyond this a wrap file would only be an attack on the phone's memory.
const MAX_MEMORY_KIB: u32 = 256 * 1024;

const LABEL: Label<'_> = Label {
    kind: "device-store",
    id: "data-key",
};

impl Argon2Cost {
    /// In the field: 19 MiB and two passes, what a phone below 3 GiB bears (`security.md` 5).
    pub const FIELD: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };
}

impl GivenSecret {
    /// The secret with these bytes.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Zeroizing::new(secret))
    }
}

impl PlatformSecret for GivenSecret {
    fn secret(&self) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        Ok(self.0.clone())
    }
}

impl DataKey {
    /// The seed of a signing key that lives in this store, for platforms whose key store has
    /// none: derived, so it opens with the store and dies with it.
    #[must_use]
    pub fn signing_seed(&self) -> Zeroizing<[u8; 32]> {
        self.derive(b"itgel.device.signing.v1")
    }

    /// The raw key of SQLCipher as it is written in a pragma.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "x'{}'",
            HEXLOWER.encode(&*self.derive(b"itgel.device.store.v1"))
        ))
    }

    #[expect(
        clippy::expect_used,
        reason = "32 bytes are far below the limit of HKDF"
    )]
    fn derive(&self, info: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        let hkdf = Hkdf::<Sha256>::new(None, &*self.0);
        hkdf.expand(info, &mut *out).expect("a short output");
        out
    }
}

/// Makes a data key and its wrap for the store at `store`.
///
/// # Errors
/// [`VaultError::Exists`] if there is one, [`VaultError::PinTooShort`], or what the platform or
/// the file system refuse.
pub fn create(
    store: &Path,
    secrets: &Secrets<'_>,
    entropy: &dyn Entropy,
) -> Result<DataKey, VaultError> {
    if exists(store) {
        return Err(VaultError::Exists);
    }
    let key = DataKey(Zeroizing::new(bytes(entropy)?));
    write(store, &wrap(&key, secrets, entropy)?)?;
    Ok(key)
}

/// Unlocks the vault of the store at `store`.
///
/// # Errors
/// [`VaultError::WrongPin`] with the tries that are left; [`VaultError::Destroyed`] after the
/// last one; or what the platform or the file system refuse.
pub fn unlock(store: &Path, secrets: &Secrets<'_>) -> Result<DataKey, VaultError> {
    let mut wrap = read(store)?;
    let Some(sealed) = wrap.sealed.clone() else {
        return Err(VaultError::Destroyed);
    };
    let sealed = HEXLOWER
        .decode(sealed.as_bytes())
        .map_err(|_| VaultError::Corrupt)?;
    // A platform that does not answer is not a wrong PIN: ask it before counting.
    let platform = secrets.platform.secret()?;
    if wrap.tries >= MAX_WRONG_PINS {
        return Err(destroy_wrap(store, wrap));
    }
    wrap.tries += 1;
    write(store, &wrap)?;
    let salt = HEXLOWER
        .decode(wrap.salt.as_bytes())
        .map_err(|_| VaultError::Corrupt)?;
    let wrapping = wrapping_key(secrets.pin, &platform, &salt, wrap.cost)?;
    let Ok(opened) = wrapping.open(&sealed, LABEL).map(Zeroizing::new) else {
        if wrap.tries >= MAX_WRONG_PINS {
            return Err(destroy_wrap(store, wrap));
        }
        return Err(VaultError::WrongPin {
            left: MAX_WRONG_PINS - wrap.tries,
        });
    };
    let key: [u8; 32] = opened
        .as_slice()
        .try_into()
        .map_err(|_| VaultError::Corrupt)?;
    wrap.tries = 0;
    write(store, &wrap)?;
    Ok(DataKey(Zeroizing::new(key)))
}

/// Wraps the same data key under a new PIN.
///
/// # Errors
/// As [`unlock`] for the old PIN and [`create`] for the new one.
pub fn change_pin(
    store: &Path,
    old: &Secrets<'_>,
    new_pin: &str,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    let key = unlock(store, old)?;
    let new = Secrets {
        pin: new_pin,
        ..*old
    };
    write(store, &wrap(&key, &new, entropy)?)
}

/// Whether the store at `store` has a vault.
#[must_use]
pub fn exists(store: &Path) -> bool {
    wrap_path(store).exists()
}

/// Destroys the wrap: nothing opens the store any more.
pub(crate) fn destroy(store: &Path) -> Result<(), VaultError> {
    let wrap = read(store)?;
    match destroy_wrap(store, wrap) {
        VaultError::Destroyed => Ok(()),
        error => Err(error),
    }
}

fn wrap(key: &DataKey, secrets: &Secrets<'_>, entropy: &dyn Entropy) -> Result<Wrap, VaultError> {
    if secrets.pin.chars().count() < MIN_PIN {
        return Err(VaultError::PinTooShort);
    }
    let salt: [u8; 16] = bytes(entropy)?;
    let platform = secrets.platform.secret()?;
    let wrapping = wrapping_key(secrets.pin, &platform, &salt, secrets.cost)?;
    let sealed = wrapping.seal(&*key.0, LABEL, bytes(entropy)?);
    Ok(Wrap {
        v: VERSION,
        cost: secrets.cost,
        salt: HEXLOWER.encode(&salt),
        sealed: Some(HEXLOWER.encode(&sealed)),
        tries: 0,
    })
}

fn wrapping_key(
    pin: &str,
    platform: &[u8; 32],
    salt: &[u8],
    cost: Argon2Cost,
) -> Result<ContentKey, VaultError> {
    if cost.memory_kib > MAX_MEMORY_KIB {
        return Err(VaultError::Corrupt);
    }
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32));
    let params = params.map_err(|_| VaultError::Corrupt)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut material = Zeroizing::new([0; 64]);
    material[..32].copy_from_slice(platform);
    argon2
        .hash_password_into(pin.as_bytes(), salt, &mut material[32..])
        .map_err(|_| VaultError::Corrupt)?;
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), &*material)
        .expand(b"itgel.device.wrap.v1", &mut *key)
        .map_err(|_| VaultError::Corrupt)?;
    Ok(ContentKey::from_bytes(*key))
}

/// Overwrites the sealed key, and says so.
fn destroy_wrap(store: &Path, wrap: Wrap) -> VaultError {
    let gone = Wrap {
        sealed: None,
        ..wrap
    };
    match write(store, &gone) {
        Ok(()) => VaultError::Destroyed,
        Err(error) => error,
    }
}

fn wrap_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

fn read(store: &Path) -> Result<Wrap, VaultError> {
    let text = match fs::read(wrap_path(store)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(VaultError::Missing);
        }
        Err(error) => return Err(error.into()),
    };
    let wrap: Wrap = serde_json::from_slice(&text).map_err(|_| VaultError::Corrupt)?;
    if wrap.v == VERSION {
        Ok(wrap)
    } else {
        Err(VaultError::Corrupt)
    }
}

/// Replaces the file as a whole and waits until it is on the disk.
fn write(store: &Path, wrap: &Wrap) -> Result<(), VaultError> {
    let path = wrap_path(store);
    let text = serde_json::to_vec(wrap).map_err(|_| VaultError::Corrupt)?;
    let fresh = path.with_extension("key-new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&fresh, &path)?;
    sync_folder(&path)?;
    Ok(())
}

/// A rename is durable once its folder is.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Secrets show nothing of themselves.
impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}
