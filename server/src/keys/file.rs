//! The key file: its form, and the two steps by which signing keys are handed on.

use std::io::Write as _;
use std::path::Path;

use data_encoding::HEXLOWER;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::time::AtMs;
use itgel_domain::trust::{GRANT_DAYS, Succession};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{RetiredKeyDays, ServerKeys};
use crate::error::ServiceError;
use crate::files;

/// Why signing keys are not handed on.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// A pair is announced already.
    #[error("the next keys are announced already; let them take over with `itgel keys rotate`")]
    Announced,
    /// No pair is announced.
    #[error("no next keys are announced; announce them with `itgel keys announce`")]
    NotAnnounced,
    /// The overlap is not over.
    #[error(
        "the next keys were announced less than {GRANT_DAYS} days ago; {left_days} days are left"
    )]
    TooEarly {
        /// Days that are left.
        left_days: i64,
    },
    /// The key file.
    #[error(transparent)]
    File(#[from] ServiceError),
}

/// The overlap: as long as a grant lives, so that whoever works offline meets both keys.
const OVERLAP_MS: i64 = GRANT_DAYS * 86_400_000;

/// The key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    signing: String,
    wrapping: String,
    blind_id: String,
    blind_phone: String,
    token: String,
    /// The statements of every signing key about its successor, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    successions: Vec<String>,
    /// The public signing keys before the present one, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signed_with: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Next>,
    /// The seed of the token key before the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_token: Option<String>,
    /// The signing keys that retired and still open bundles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<Retired>,
}

/// A signing key that signs nothing more.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retired {
    signing: String,
    retired_at_ms: i64,
}

/// The announced pair.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    signing: String,
    token: String,
    announced_at_ms: i64,
}

/// A new pair of signing keys.
pub(super) struct Pair {
    signing: Zeroizing<[u8; 32]>,
    token: Zeroizing<[u8; 32]>,
}

impl Pair {
    pub(super) fn from_random(random: &Zeroizing<[[u8; 32]; 2]>) -> Self {
        Self {
            signing: Zeroizing::new(random[0]),
            token: Zeroizing::new(random[1]),
        }
    }
}

impl KeyFile {
    pub(super) fn new(random: &Zeroizing<[[u8; 32]; 5]>) -> Self {
        let [signing, wrapping, blind_id, blind_phone, token] =
            random.map(|key| HEXLOWER.encode(&key));
        Self {
            signing,
            wrapping,
            blind_id,
            blind_phone,
            token,
            successions: Vec::new(),
            signed_with: Vec::new(),
            next: None,
            previous_token: None,
            retired: Vec::new(),
        }
    }

    pub(super) fn read(path: &Path) -> Result<Self, ServiceError> {
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|_| unreadable(path))?);
        toml::from_str(&text).map_err(|_| unreadable(path))
    }

    /// The keys as the server works with them.
    pub(super) fn keys(&self, path: &Path) -> Result<ServerKeys, ServiceError> {
        let key = |text: &str| key(text, path);
        let random = Zeroizing::new([
            key(&self.signing)?,
            key(&self.wrapping)?,
            key(&self.blind_id)?,
            key(&self.blind_phone)?,
            key(&self.token)?,
        ]);
        let mut keys = ServerKeys::from_random(&random);
        let next = self.next.iter().map(|next| &next.token);
        let others = next.chain(&self.previous_token);
        keys.other_token_seeds = others
            .map(|text| key(text).map(Zeroizing::new))
            .collect::<Result<_, _>>()?;
        let before = self.signed_with.iter();
        let before = before.map(|text| key(text).map(|key| key.to_vec()));
        let mut signed_with: Vec<Vec<u8>> = before.collect::<Result<_, _>>()?;
        signed_with.append(&mut keys.signed_with);
        keys.signed_with = signed_with;
        keys.successions.clone_from(&self.successions);
        let opener = |retired: &Retired| {
            let signer = SoftwareSigner::from_secret(&key(&retired.signing)?);
            Ok::<_, ServiceError>((AtMs(retired.retired_at_ms), signer))
        };
        let openers = self.retired.iter().map(opener);
        keys.openers = openers.collect::<Result<_, _>>()?;
        Ok(keys)
    }

    pub(super) fn announce(
        &mut self,
        pair: &Pair,
        path: &Path,
        now: AtMs,
    ) -> Result<(), RotationError> {
        if self.next.is_some() {
            return Err(RotationError::Announced);
        }
        let present = SoftwareSigner::from_secret(&key(&self.signing, path)?);
        let following = SoftwareSigner::from_secret(&pair.signing);
        let statement = Succession::sign(&present, &following.public_key(), now);
        self.successions.push(statement);
        self.next = Some(Next {
            signing: HEXLOWER.encode(&*pair.signing),
            token: HEXLOWER.encode(&*pair.token),
            announced_at_ms: now.0,
        });
        Ok(())
    }

    /// The key that retires is kept for bundles; those that are past their term go.
    pub(super) fn rotate(
        &mut self,
        now: AtMs,
        is_urgent: bool,
        term: RetiredKeyDays,
    ) -> Result<(), RotationError> {
        let announced_at = self.next.as_ref().ok_or(RotationError::NotAnnounced)?;
        let left_ms = announced_at.announced_at_ms + OVERLAP_MS - now.0;
        if left_ms > 0 && !is_urgent {
            let left_days = left_ms.div_euclid(86_400_000) + 1;
            return Err(RotationError::TooEarly { left_days });
        }
        let next = self.next.take().ok_or(RotationError::NotAnnounced)?;
        let retiring = HEXLOWER.decode(self.signing.as_bytes());
        let retiring: [u8; 32] = retiring
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(ServiceError::internal("the key file"))?;
        let retired = SoftwareSigner::from_secret(&retiring).public_key();
        self.signed_with.push(HEXLOWER.encode(&retired));
        self.retired
            .retain(|key| term.holds(AtMs(key.retired_at_ms), now));
        self.retired.push(Retired {
            signing: std::mem::replace(&mut self.signing, next.signing),
            retired_at_ms: now.0,
        });
        // A stolen token key is not honoured for one minute more.
        let before = std::mem::replace(&mut self.token, next.token);
        self.previous_token = (!is_urgent).then_some(before);
        Ok(())
    }

    pub(super) fn create(&self, path: &Path) -> Result<(), ServiceError> {
        self.write(path)
    }

    /// Puts this in the place of the file, whole or not at all.
    pub(super) fn replace(&self, path: &Path) -> Result<(), RotationError> {
        let fresh = path.with_extension("toml-new");
        match std::fs::remove_file(&fresh) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(ServiceError::caused("key file", e).into());
            }
            _ => {}
        }
        self.write(&fresh)?;
        // What is signed from now on would fit no key if the old file came back.
        files::rename(&fresh, path).map_err(|e| ServiceError::caused("key file", e))?;
        Ok(())
    }

    fn write(&self, path: &Path) -> Result<(), ServiceError> {
        let text = toml::to_string(self).map_err(|e| ServiceError::caused("key file", e))?;
        let text = Zeroizing::new(text);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options
            .open(path)
            .map_err(|e| ServiceError::Config(format!("key file {}: {e}", path.display())))?;
        let written = out
            .write_all(text.as_bytes())
            .and_then(|()| out.sync_all())
            .and_then(|()| files::sync_folder(path));
        written.map_err(|e| ServiceError::caused("key file", e))
    }
}

fn key(text: &str, path: &Path) -> Result<[u8; 32], ServiceError> {
    let bytes = HEXLOWER
        .decode(text.as_bytes())
        .map_err(|_| unreadable(path))?;
    bytes.try_into().map_err(|_| unreadable(path))
}

fn unreadable(path: &Path) -> ServiceError {
    ServiceError::Config(format!("key file {} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use itgel_domain::sync::bundle::{BundleError, Writer};
    use itgel_domain::trust::follow;

    const TERM: RetiredKeyDays = RetiredKeyDays(90);

    fn made() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
        ServerKeys::create(&path, &random).unwrap();
        (dir, path)
    }

    #[test]
    fn a_key_takes_over_only_after_it_was_announced_for_as_long_as_a_grant_lives() {
        let (_dir, path) = made();
        let pair = Zeroizing::new([[6; 32], [7; 32]]);
        let day = |n: i64| AtMs(n * 86_400_000);
        let early = ServerKeys::rotate(&path, day(0), false, TERM);
        assert!(matches!(early, Err(RotationError::NotAnnounced)));
        ServerKeys::announce(&path, &pair, day(0)).unwrap();
        let twice = ServerKeys::announce(&path, &pair, day(1));
        assert!(matches!(twice, Err(RotationError::Announced)));
        let early = ServerKeys::rotate(&path, day(GRANT_DAYS - 1), false, TERM);
        assert!(
            matches!(early, Err(RotationError::TooEarly { left_days: 2 })),
            "{early:?}"
        );
        let before = ServerKeys::read(&path).unwrap();
        ServerKeys::rotate(&path, day(GRANT_DAYS), false, TERM).unwrap();
        let after = ServerKeys::read(&path).unwrap();
        assert_eq!(
            follow(&before.public_key(), before.successions()),
            [after.public_key()],
            "announced before it signed"
        );
        let old = before.sign(b"receipt");
        assert!(after.verify(b"receipt", &old).is_ok());
        assert!(after.verify(b"receipt", &after.sign(b"receipt")).is_ok());
        assert!(before.verify(b"receipt", &after.sign(b"receipt")).is_err());
        assert_eq!(after.token_seed(), &[7; 32]);
        assert_eq!(*after.other_token_seeds()[0], [5; 32]);
    }

    #[test]
    fn a_card_sealed_to_a_retired_key_opens_for_its_term_and_then_says_why_not() {
        let (_dir, path) = made();
        let day = |n: i64| AtMs(n * 86_400_000);
        let before = ServerKeys::read(&path).unwrap();
        let card = Writer::new(&before.public_key(), &[8; 32]).unwrap().end();
        let foreign = Writer::new(
            &SoftwareSigner::from_secret(&[9; 32]).public_key(),
            &[8; 32],
        );
        let foreign = foreign.unwrap().end();
        let step = |seed: u8, on: i64| {
            let pair = Zeroizing::new([[seed; 32], [seed + 1; 32]]);
            ServerKeys::announce(&path, &pair, day(on)).unwrap();
            ServerKeys::rotate(&path, day(on), true, TERM).unwrap();
            ServerKeys::read(&path).unwrap()
        };
        let after = step(16, 1);
        assert!(after.open_bundle(&card, day(90), TERM).is_ok());
        let late = after.open_bundle(&card, day(91), TERM).err();
        assert_eq!(late, Some(BundleError::KeyGone));
        let shorter = RetiredKeyDays(10);
        assert!(after.open_bundle(&card, day(10), shorter).is_ok());
        let late = after.open_bundle(&card, day(11), shorter).err();
        assert_eq!(late, Some(BundleError::KeyGone));
        let theirs = after.open_bundle(&foreign, day(1), TERM).err();
        assert_eq!(theirs, Some(BundleError::Foreign));
        // The second step forgets the first key, and the file with it.
        let later = step(18, 92);
        assert_eq!(later.openers.len(), 1);
        let gone = later.open_bundle(&card, day(1), TERM).err();
        assert_eq!(gone, Some(BundleError::KeyGone));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            !text.contains(&HEXLOWER.encode(&[1; 32])),
            "still in the file"
        );
    }

    #[test]
    fn a_stolen_token_key_is_not_honoured_after_an_urgent_rotation() {
        let (_dir, path) = made();
        ServerKeys::announce(&path, &Zeroizing::new([[6; 32], [7; 32]]), AtMs(0)).unwrap();
        ServerKeys::rotate(&path, AtMs(1), true, TERM).unwrap();
        let keys = ServerKeys::read(&path).unwrap();
        assert!(keys.other_token_seeds().is_empty());
        assert_eq!(keys.token_seed(), &[7; 32]);
    }
}
