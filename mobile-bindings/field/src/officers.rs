//! The officers of a device: each has a folder with an encrypted store of their own, and nobody
//! else's PIN opens it. Unlocking is local; the network is needed for enrolling alone.
//!
//! The signing key lives in the store's vault: it opens with the store and dies with it. Beside the
//! PIN each store has a secret of its own in the key store of the platform; on a laptop, which has
//! none, a file that only its owner can read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use itgel_device::files::{private_folder, replace};
use itgel_device::http::HttpError;
use itgel_device::vault::{self, VaultError};
use itgel_device::wipe;
use itgel_device::{Argon2Cost, Device, Entropy, KeyStore, Secrets};
use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::id::OfficerId;

use crate::transport::{Transport, address_of};

/// Who works with this device, and where their store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The name of the folder; it says nothing about the officer.
    pub(crate) folder: String,
    pub(crate) officer: OfficerId,
    /// The address of the server; empty in practice, which has none.
    pub(crate) server: String,
}

impl Profile {
    /// Whether everything is invented.
    pub(crate) const fn is_practice(&self) -> bool {
        self.server.is_empty()
    }
}

/// A profile as it lies in its folder.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    v: u8,
    officer: OfficerId,
    server: String,
}

/// An open store.
pub(crate) struct Opened {
    pub(crate) profile: Profile,
    pub(crate) device: Device,
    pub(crate) signer: Arc<SoftwareSigner>,
}

/// Why nobody was enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The server, or the way to it.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The store.
    #[error(transparent)]
    Device(#[from] itgel_device::Error),
    /// The folder.
    #[error("the folder of the officer cannot be written")]
    Io(#[from] std::io::Error),
}

/// Where the stores of a device lie, and what opens them beside a PIN.
pub(crate) struct Officers {
    data: PathBuf,
    folder: PathBuf,
    platform: Arc<dyn KeyStore>,
    cost: Argon2Cost,
    entropy: Arc<dyn Entropy>,
}

const PROFILE: &str = "officer.json";
const STORE: &str = "officer.db";
const VERSION: u8 = 1;

impl Officers {
    pub(crate) fn new(
        data: &Path,
        platform: Arc<dyn KeyStore>,
        cost: Argon2Cost,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            data: data.to_owned(),
            folder: data.join("officers"),
            platform,
            cost,
            entropy,
        }
    }

    /// The folder of the program.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) const fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// Everybody who was enrolled here, in the order of their folders.
    pub(crate) fn list(&self) -> Vec<Profile> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut found: Vec<Profile> = entries
            .filter_map(|entry| read(&entry.ok()?.path()))
            .collect();
        found.sort_by(|a, b| (&a.officer, &a.folder).cmp(&(&b.officer, &b.folder)));
        found
    }

    pub(crate) fn find(&self, folder: &str) -> Option<Profile> {
        self.list().into_iter().find(|p| p.folder == folder)
    }

    /// Enrols an officer by an invitation. Nothing is left behind if it does not come to its end.
    pub(crate) fn enrol(
        &self,
        invitation: &str,
        pin: &str,
        transport: &dyn Transport,
    ) -> Result<Opened, EnrolError> {
        let server = address_of(invitation)?;
        let mut name = [0; 8];
        self.entropy.fill(&mut name).map_err(device_error)?;
        let name = HEXLOWER.encode(&name);
        let folder = self.folder.join(&name);
        private_folder(&folder)?;
        let made = self.make(&folder, (invitation, server, &name), pin, transport);
        if made.is_err() {
            // Nothing was entered yet: what lies there is a key that nobody knows.
            self.forget(&folder.join(STORE))?;
            fs::remove_dir_all(&folder)?;
        }
        made
    }

    fn make(
        &self,
        folder: &Path,
        (invitation, server, name): (&str, String, &str),
        pin: &str,
        transport: &dyn Transport,
    ) -> Result<Opened, EnrolError> {
        let store = folder.join(STORE);
        let secrets = self.secrets(pin);
        let key = vault::create(&store, &secrets, self.entropy.as_ref()).map_err(device_error)?;
        let signer = Arc::new(SoftwareSigner::from_secret(&key.signing_seed()));
        let enrolment = transport.enrol(invitation, signer.as_ref())?;
        let entropy = Arc::clone(&self.entropy);
        let device = Device::create(&store, &secrets, &enrolment, signer.clone(), entropy)?;
        let profile = Profile {
            folder: name.to_owned(),
            officer: enrolment.officer,
            server,
        };
        write(folder, &profile)?;
        Ok(Opened {
            profile,
            device,
            signer,
        })
    }

    /// Opens the store of an officer.
    pub(crate) fn open(&self, profile: &Profile, pin: &str) -> Result<Opened, itgel_device::Error> {
        let store = self.folder.join(&profile.folder).join(STORE);
        let secrets = self.secrets(pin);
        let entropy = Arc::clone(&self.entropy);
        let (device, signer) = Device::open_with_own_key(&store, &secrets, entropy)?;
        Ok(Opened {
            profile: profile.clone(),
            device,
            signer,
        })
    }

    /// Another PIN for the store of an officer; the old one opens nothing any more.
    pub(crate) fn change_pin(
        &self,
        profile: &Profile,
        old: &str,
        new: &str,
    ) -> Result<(), itgel_device::Error> {
        let store = self.folder.join(&profile.folder).join(STORE);
        let entropy = self.entropy.as_ref();
        Ok(vault::change_pin(&store, &self.secrets(old), new, entropy)?)
    }

    /// Tells the servers of the stores that were deleted by their order, and forgets the officers
    /// whose server has heard it. What cannot be told is told at the next time.
    pub(crate) fn tell_wiped(&self, transport: &dyn Transport) {
        for profile in self.list() {
            let folder = self.folder.join(&profile.folder);
            let store = folder.join(STORE);
            let Ok(Some(word)) = wipe::resume(&store, self.platform.as_ref()) else {
                continue;
            };
            let told = transport.tell_wiped(&profile.server, &word);
            if told.is_ok() && wipe::told(&store).is_ok() && fs::remove_dir_all(&folder).is_err() {
                tracing::warn!("the folder of a deleted store cannot be removed");
            }
        }
    }

    /// The key of another officer of this device, for a second signature.
    pub(crate) fn signer_of(
        &self,
        profile: &Profile,
        pin: &str,
    ) -> Result<SoftwareSigner, itgel_device::Error> {
        let store = self.folder.join(&profile.folder).join(STORE);
        let key = vault::unlock(&store, &self.secrets(pin))?;
        Ok(SoftwareSigner::from_secret(&key.signing_seed()))
    }

    /// Destroys what opens a store, if there is one.
    pub(crate) fn forget(&self, store: &Path) -> Result<(), itgel_device::Error> {
        match vault::destroy(store, self.platform.as_ref()) {
            Err(VaultError::Missing) => Ok(()),
            destroyed => Ok(destroyed?),
        }
    }

    pub(crate) fn secrets<'a>(&'a self, pin: &'a str) -> Secrets<'a> {
        Secrets {
            pin,
            platform: &self.platform,
            cost: self.cost,
        }
    }
}

fn device_error(error: impl Into<itgel_device::Error>) -> EnrolError {
    EnrolError::Device(error.into())
}

fn read(folder: &Path) -> Option<Profile> {
    let bytes = fs::read(folder.join(PROFILE)).ok()?;
    let written: Written = serde_json::from_slice(&bytes).ok()?;
    (written.v == VERSION).then(|| Profile {
        folder: folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        officer: written.officer,
        server: written.server,
    })
}

fn write(folder: &Path, profile: &Profile) -> std::io::Result<()> {
    let written = Written {
        v: VERSION,
        officer: profile.officer.clone(),
        server: profile.server.clone(),
    };
    let bytes = serde_json::to_vec(&written).map_err(std::io::Error::other)?;
    replace(&folder.join(PROFILE), &bytes)
}
