//! The key store of the platform: for each store it keeps a secret, without which no PIN opens it, and
//! how often the PIN was tried. It lies apart from the store's files, gives nothing away with a copy of
//! them, and can destroy what it keeps (`security.md` 4.4).
//!
//! [`KeyFiles`] keeps it in files of fixed size: two blocks that are rewritten in place by turns, so
//! that keeping needs no room on a full disk and a kill or a loss of power leaves the old state or the new
//! one. On a phone each block is sealed under a key of the hardware ([`SealingKeys`]), a new one for every
//! state: what an older copy of the file holds was sealed under a key that is gone.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::files::{self, private_folder, sync_folder};
use crate::vault::VaultError;

/// What a key store keeps for a store.
#[derive(Clone)]
pub struct Kept {
    secret: Zeroizing<[u8; 32]>,
    tries: Tries,
}

/// Tries since the last right PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    /// Wrong PINs; the last allowed one destroys the store.
    pub wrong: u8,
    /// Tries that were begun and never came to an answer: the program was killed. They delay.
    pub interrupted: u8,
}

/// Where a platform keeps secrets, by a name that says nothing. What it keeps is on the disk when a
/// call returns.
pub trait KeyStore: Send + Sync {
    /// What is kept under a name; `None` if nothing is, or it was destroyed.
    ///
    /// # Errors
    /// [`VaultError::Platform`] or [`VaultError::Io`] if it cannot be said now.
    fn read(&self, name: &str) -> Result<Option<Kept>, VaultError>;

    /// Keeps this under a name in place of what was there, whole or not at all. Where something was
    /// there it needs no more room.
    ///
    /// # Errors
    /// As [`KeyStore::read`].
    fn keep(&self, name: &str, kept: &Kept) -> Result<(), VaultError>;

    /// Destroys what is kept under a name; once more changes nothing.
    ///
    /// # Errors
    /// As [`KeyStore::read`].
    fn destroy(&self, name: &str) -> Result<(), VaultError>;

    /// Lets time pass before a try, by no clock that somebody could set.
    fn pause(&self, ms: u64) {
        let (never, pause) = mpsc::channel::<()>();
        // Nothing is ever sent: it ends with its time.
        let _ = pause.recv_timeout(Duration::from_millis(ms));
        drop(never);
    }
}

/// Keys that never leave the hardware of a platform.
pub trait SealingKeys: Send + Sync {
    /// Makes a new key, in place of one that has the name.
    ///
    /// # Errors
    /// [`VaultError::Platform`] if there is none to be had now.
    fn make(&self, name: &str) -> Result<(), VaultError>;

    /// Seals some bytes under a key.
    ///
    /// # Errors
    /// [`VaultError::Platform`] if it does not now.
    fn seal(&self, name: &str, open: &[u8]) -> Result<Vec<u8>, VaultError>;

    /// Opens what was sealed; `None` if there is no such key, or it was sealed under another.
    ///
    /// # Errors
    /// [`VaultError::Platform`] if it cannot be said now.
    fn open(&self, name: &str, sealed: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError>;

    /// Destroys a key; once more changes nothing.
    ///
    /// # Errors
    /// [`VaultError::Platform`] if it does not now.
    fn destroy(&self, name: &str) -> Result<(), VaultError>;
}

/// A key store in a folder, with a file of fixed size for each name that only its owner reads.
pub struct KeyFiles {
    folder: PathBuf,
    keys: Option<Arc<dyn SealingKeys>>,
}

/// A block of a file is a page of its disk: one that is being written takes nothing of the other along.
const BLOCK: usize = 4096;
const CHECK: usize = BLOCK - 32;
const MAGIC: &[u8; 8] = b"itgelks1";
/// Where the content of a block begins.
const HEAD: usize = MAGIC.len() + 8 + 1 + 2;
const MAX_CONTENT: usize = CHECK - HEAD;

/// Secret, wrong tries, interrupted tries.
const KEPT: usize = 32 + 1 + 1;

/// What is in a block.
struct Block {
    /// Which of the two it is.
    place: u8,
    /// The newest has the highest.
    number: u64,
    /// Which of the two keys of a name it is sealed under.
    key: u8,
    content: Zeroizing<Vec<u8>>,
}

impl Kept {
    /// A secret that nobody has tried a PIN with.
    #[must_use]
    pub const fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self {
            secret,
            tries: Tries {
                wrong: 0,
                interrupted: 0,
            },
        }
    }

    /// The same secret after other tries.
    #[must_use]
    pub fn after(&self, tries: Tries) -> Self {
        Self {
            secret: self.secret.clone(),
            tries,
        }
    }

    /// How often the PIN was tried.
    #[must_use]
    pub const fn tries(&self) -> Tries {
        self.tries
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEPT));
        bytes.extend_from_slice(&*self.secret);
        bytes.extend([self.tries.wrong, self.tries.interrupted]);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let (secret, tries) = bytes.split_first_chunk().ok_or(VaultError::Corrupt)?;
        let [wrong, interrupted] = *tries else {
            return Err(VaultError::Corrupt);
        };
        Ok(Self {
            secret: Zeroizing::new(*secret),
            tries: Tries { wrong, interrupted },
        })
    }
}

impl KeyFiles {
    /// Files that nothing but their owner's rights protects: for a laptop, which has no key store of
    /// its own. They lie apart from the stores, so that a copy of those alone is worth nothing.
    #[must_use]
    pub fn plain(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            keys: None,
        }
    }

    /// Files whose content is sealed under keys of the platform.
    #[must_use]
    pub fn sealed(folder: &Path, keys: Arc<dyn SealingKeys>) -> Self {
        Self {
            folder: folder.to_owned(),
            keys: Some(keys),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.secret"))
    }

    /// The newest block that opens, with what it holds.
    fn newest(&self, name: &str) -> Result<Option<(Block, Kept)>, VaultError> {
        let bytes = match fs::read(self.path(name)) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut blocks: Vec<Block> = (0..).zip(bytes.chunks(BLOCK)).filter_map(read).collect();
        blocks.sort_by_key(|block| std::cmp::Reverse(block.number));
        for block in blocks {
            let opened = match &self.keys {
                None => Some(block.content.clone()),
                Some(keys) => keys.open(&key_name(name, block.key), &block.content)?,
            };
            if let Some(opened) = opened {
                return Ok(Some((block, Kept::from_bytes(&opened)?)));
            }
        }
        Ok(None)
    }

    /// Seals under a new key; under the one that is there if the platform has no room for another: a
    /// state that is kept is better than one that nobody can put back.
    fn seal(
        &self,
        name: &str,
        open: &[u8],
        present: Option<u8>,
    ) -> Result<(u8, Zeroizing<Vec<u8>>), VaultError> {
        let Some(keys) = &self.keys else {
            return Ok((0, Zeroizing::new(open.to_vec())));
        };
        let fresh = present.map_or(0, other);
        let under = |key: u8| keys.seal(&key_name(name, key), open);
        let made = keys
            .make(&key_name(name, fresh))
            .and_then(|()| under(fresh));
        let (key, sealed) = match (made, present) {
            (Ok(sealed), _) => (fresh, sealed),
            (Err(_), Some(present)) => (present, under(present)?),
            (Err(error), None) => return Err(error),
        };
        Ok((key, Zeroizing::new(sealed)))
    }

    /// Makes a file with one state, whole or not at all.
    fn make(&self, name: &str, block: &Block) -> Result<(), VaultError> {
        private_folder(&self.folder)?;
        let mut both = Zeroizing::new([0; 2 * BLOCK]);
        both[..BLOCK].copy_from_slice(&*block.to_bytes()?);
        files::replace(&self.path(name), &*both)?;
        Ok(())
    }
}

impl KeyStore for KeyFiles {
    fn read(&self, name: &str) -> Result<Option<Kept>, VaultError> {
        Ok(self.newest(name)?.map(|(_, kept)| kept))
    }

    fn keep(&self, name: &str, kept: &Kept) -> Result<(), VaultError> {
        let present = self.newest(name)?.map(|(block, _)| block);
        let was_under = present.as_ref().map(|block| block.key);
        let (key, content) = self.seal(name, &kept.to_bytes(), was_under)?;
        let block = |place, number| Block {
            place,
            number,
            key,
            content,
        };
        let Some(present) = present else {
            return self.make(name, &block(0, 1));
        };
        let next = block(other(present.place), present.number.saturating_add(1));
        let mut file = OpenOptions::new().write(true).open(self.path(name))?;
        file.seek(SeekFrom::Start(u64::from(next.place) * BLOCK as u64))?;
        file.write_all(&*next.to_bytes()?)?;
        file.sync_all()?;
        // From here on no copy of the state before opens any more.
        match (&self.keys, present.key == key) {
            (Some(keys), false) => keys.destroy(&key_name(name, present.key)),
            _ => Ok(()),
        }
    }

    fn destroy(&self, name: &str) -> Result<(), VaultError> {
        for key in [0, 1] {
            if let Some(keys) = &self.keys {
                keys.destroy(&key_name(name, key))?;
            }
        }
        let path = self.path(name);
        // The newest block last: until then the newest state is the one that stands there.
        let newest = match self.newest(name)? {
            Some((block, _)) => block.place,
            None => 0,
        };
        match overwrite(&path, [other(newest), newest]) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            overwritten => overwritten?,
        }
        fs::remove_file(&path)?;
        sync_folder(&path)?;
        Ok(())
    }
}

impl Block {
    fn to_bytes(&self) -> Result<Zeroizing<[u8; BLOCK]>, VaultError> {
        let length = self.content.len();
        if length > MAX_CONTENT {
            return Err(VaultError::Platform);
        }
        let mut bytes = Zeroizing::new([0; BLOCK]);
        let head: [&[u8]; 5] = [
            MAGIC,
            &self.number.to_be_bytes(),
            &[self.key],
            &u16::try_from(length).unwrap_or_default().to_be_bytes(),
            &self.content,
        ];
        let mut rest = &mut bytes[..CHECK];
        for part in head {
            rest.write_all(part)?;
        }
        let check = Sha256::digest(&bytes[..CHECK]);
        bytes[CHECK..].copy_from_slice(&check);
        Ok(bytes)
    }
}

/// The block at a place, if it was written to its end.
fn read((place, bytes): (u8, &[u8])) -> Option<Block> {
    let (body, check) = bytes.split_at_checked(CHECK)?;
    if place > 1 || Sha256::digest(body).as_slice() != check {
        return None;
    }
    let rest = body.strip_prefix(MAGIC)?;
    let (number, rest) = rest.split_first_chunk()?;
    let (&[key], rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let content = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    Some(Block {
        place,
        number: u64::from_be_bytes(*number),
        key,
        content: Zeroizing::new(content.to_vec()),
    })
}

const fn other(one: u8) -> u8 {
    1 - (one & 1)
}

fn key_name(name: &str, key: u8) -> String {
    format!("itgel.{name}.{key}")
}

fn overwrite(path: &Path, places: [u8; 2]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    for place in places {
        file.seek(SeekFrom::Start(u64::from(place) * BLOCK as u64))?;
        file.write_all(&[0; BLOCK])?;
        file.sync_all()?;
    }
    Ok(())
}

/// Secrets show nothing of themselves.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(redacted)")
    }
}
