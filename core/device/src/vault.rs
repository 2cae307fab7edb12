//! The vault: the key of the store, wrapped so that neither the phone's storage alone nor the
//! PIN alone opens it (`design.md` 9, `security.md` T01, T02).
//!
//! The data key is 256 random bits. It is sealed under `HKDF(secret ‖ Argon2id(PIN))` in a small file
//! beside the database; the secret is one of this store alone and lies with the platform's
//! [`KeyStore`], and so does the count of tries: putting the file back winds nothing back. Unlocking is
//! local, never needs the server, and needs no new room on the disk. A try is noted durably *before* it
//! is made and its answer before it is told. Ten wrong PINs destroy the secret, and with it the way to
//! everything in the store and in every copy of it.
//!
//! A try that a kill cut short told nobody anything, so it destroys nothing: the third in a row and
//! those after it make the next one wait. A try that cannot be noted, because the disk fails, waits
//! longest: the right PIN still opens, and whoever guesses pays with time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use itgel_domain::keys::{ContentKey, Label};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, EntropyError, bytes};
use crate::files::{self, blank};
use crate::key_store::{Kept, KeyStore, Tries};

/// Wrong PINs in a row that destroy the way to the store.
pub const MAX_WRONG_PINS: u32 = 10;

/// The longest that a try is made to wait: a million PINs take eleven months.
pub const LONGEST_PAUSE_MS: u64 = 30_000;

/// Interrupted tries in a row that make nobody wait: a phone short of memory kills programs.
const FREE_INTERRUPTIONS: u8 = 2;

/// Fewest digits of a PIN.
pub const MIN_PIN: usize = 6;

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
    /// Where the platform keeps its part.
    pub platform: &'a Arc<dyn KeyStore>,
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
    /// Not this PIN.
    #[error("the PIN does not open the store; {left} tries left")]
    WrongPin {
        /// Wrong PINs until the secret is destroyed.
        left: u32,
    },
    /// Nothing opens this store here: its secret was destroyed, or is another platform's.
    #[error("the secret that opens the store is gone")]
    Destroyed,
    /// There is no wrap here.
    #[error("no store here")]
    Missing,
    /// There is a wrap here already.
    #[error("there is a store here already")]
    Exists,
    /// The platform does not answer for its secret now.
    #[error("the platform does not answer for its secret")]
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

/// The wrap file. One that was destroyed holds zeros.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrap {
    v: u8,
    cost: Argon2Cost,
    salt: String,
    sealed: String,
    /// The name of the secret in the key store.
    secret: String,
}

const VERSION: u8 = 2;

/// One try at a time in this process: two at once would count as one.
static TRYING: Mutex<()> = Mutex::new(());

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

/// Makes a data key, its wrap for the store at `store` and its secret.
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
    wrap(store, &key, secrets, entropy)?;
    Ok(key)
}

/// Unlocks the vault of the store at `store`, after a pause if tries before were interrupted.
///
/// # Errors
/// [`VaultError::WrongPin`] with the tries that are left; [`VaultError::Destroyed`] after the
/// last one; or what the platform or the file system refuse, also for a wrong PIN that could not be
/// counted.
pub fn unlock(store: &Path, secrets: &Secrets<'_>) -> Result<DataKey, VaultError> {
    let interrupted = kept(&read(store)?, secrets)?.tries().interrupted;
    if interrupted > FREE_INTERRUPTIONS {
        secrets.platform.pause(pause_after(interrupted));
    }
    let _one = TRYING.lock().unwrap_or_else(PoisonError::into_inner);
    // Meanwhile another try may have ended.
    let wrap = read(store)?;
    let kept = kept(&wrap, secrets)?;
    if u32::from(kept.tries().wrong) >= MAX_WRONG_PINS {
        return Err(destroyed(store, secrets));
    }
    try_pin(store, &wrap, &kept, secrets)
}

/// Wraps the same data key under a new PIN and a new secret: a copy that opened with the old PIN
/// opens no more.
///
/// # Errors
/// As [`unlock`] for the old PIN and [`create`] for the new one. The new PIN holds already if only
/// the old secret could not be destroyed.
pub fn change_pin(
    store: &Path,
    old: &Secrets<'_>,
    new_pin: &str,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    let key = unlock(store, old)?;
    let old_secret = read(store)?.secret;
    let new = Secrets {
        pin: new_pin,
        ..*old
    };
    wrap(store, &key, &new, entropy)?;
    old.platform.destroy(&old_secret)
}

/// Whether the store at `store` has a vault.
#[must_use]
pub fn exists(store: &Path) -> bool {
    wrap_path(store).exists()
}

/// Destroys the secret and the wrap: nothing opens the store or a copy of it any more. Once more
/// changes nothing.
///
/// # Errors
/// [`VaultError::Missing`] without a vault, or what the platform or the file system refuse.
pub fn destroy(store: &Path, platform: &dyn KeyStore) -> Result<(), VaultError> {
    match read(store) {
        // The wrap has the name of the secret, so it goes after it.
        Ok(wrap) => platform.destroy(&wrap.secret)?,
        Err(VaultError::Destroyed) => return Ok(()),
        Err(error) => return Err(error),
    }
    Ok(blank(&wrap_path(store))?)
}

/// What the platform keeps for a wrap.
fn kept(wrap: &Wrap, secrets: &Secrets<'_>) -> Result<Kept, VaultError> {
    let kept = secrets.platform.read(&wrap.secret)?;
    kept.ok_or(VaultError::Destroyed)
}

/// How long a try waits after so many that were interrupted.
fn pause_after(interrupted: u8) -> u64 {
    LONGEST_PAUSE_MS.min(1_000 << interrupted.min(10))
}

/// One try, noted before it is made and answered after its end is noted.
fn try_pin(
    store: &Path,
    wrap: &Wrap,
    kept: &Kept,
    secrets: &Secrets<'_>,
) -> Result<DataKey, VaultError> {
    let before = kept.tries();
    let keep = |tries| secrets.platform.keep(&wrap.secret, &kept.after(tries));
    let begun = keep(Tries {
        interrupted: before.interrupted.saturating_add(1),
        ..before
    });
    if begun.is_err() {
        tracing::warn!("a try to unlock cannot be counted, and waits");
        secrets.platform.pause(LONGEST_PAUSE_MS);
    }
    let Some(key) = opened(wrap, secrets.pin, kept.secret())? else {
        let wrong = before.wrong.saturating_add(1);
        if u32::from(wrong) >= MAX_WRONG_PINS {
            return Err(destroyed(store, secrets));
        }
        // What is not counted is not told.
        keep(Tries { wrong, ..before })?;
        let left = MAX_WRONG_PINS - u32::from(wrong);
        return Err(VaultError::WrongPin { left });
    };
    if before != Tries::default() || begun.is_ok() {
        // The right PIN opens whatever the disk says.
        let reset = keep(Tries::default());
        if reset.is_err() {
            tracing::warn!("the count of tries cannot be set back");
        }
    }
    Ok(key)
}

/// The data key; `None` if the PIN is another one.
fn opened(wrap: &Wrap, pin: &str, secret: &[u8; 32]) -> Result<Option<DataKey>, VaultError> {
    let bytes = |text: &str| {
        let decoded = HEXLOWER.decode(text.as_bytes());
        decoded.map_err(|_| VaultError::Corrupt)
    };
    let (salt, sealed) = (bytes(&wrap.salt)?, bytes(&wrap.sealed)?);
    let wrapping = wrapping_key(pin, secret, &salt, wrap.cost)?;
    let Ok(opened) = wrapping.open(&sealed, LABEL).map(Zeroizing::new) else {
        return Ok(None);
    };
    let key = opened.as_slice().try_into();
    let key: [u8; 32] = key.map_err(|_| VaultError::Corrupt)?;
    Ok(Some(DataKey(Zeroizing::new(key))))
}

/// Destroys the way to the store, and says so.
fn destroyed(store: &Path, secrets: &Secrets<'_>) -> VaultError {
    match destroy(store, secrets.platform.as_ref()) {
        Ok(()) => VaultError::Destroyed,
        Err(error) => error,
    }
}

/// Wraps a data key under a PIN and a new secret.
fn wrap(
    store: &Path,
    key: &DataKey,
    secrets: &Secrets<'_>,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    if secrets.pin.chars().count() < MIN_PIN {
        return Err(VaultError::PinTooShort);
    }
    let salt: [u8; 16] = bytes(entropy)?;
    let secret = Zeroizing::new(bytes::<32>(entropy)?);
    let name: [u8; 16] = bytes(entropy)?;
    let wrapping = wrapping_key(secrets.pin, &secret, &salt, secrets.cost)?;
    let sealed = wrapping.seal(&*key.0, LABEL, bytes(entropy)?);
    let wrap = Wrap {
        v: VERSION,
        cost: secrets.cost,
        salt: HEXLOWER.encode(&salt),
        sealed: HEXLOWER.encode(&sealed),
        secret: HEXLOWER.encode(&name),
    };
    secrets.platform.keep(&wrap.secret, &Kept::new(secret))?;
    write(store, &wrap)
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
    if text.first() == Some(&0) {
        return Err(VaultError::Destroyed);
    }
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
    files::replace(&path, &text)?;
    Ok(())
}

/// Secrets show nothing of themselves.
impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}
