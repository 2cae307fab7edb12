//! The program without its pages: what a native screen or a job in the background calls. It works
//! on the same open stores as the pages, so what one writes the other shows.

use std::sync::{Arc, Weak};

use itgel_device::{Device, Error, Warning};
use itgel_domain::catalogue::Titles;
use itgel_domain::file::chain::{DeviceSigner, SoftwareSigner};
use itgel_domain::id::OfficerId;
use itgel_domain::time::AtMs;
use itgel_text::Lang;
use jiff::civil::Date;

use crate::app::{FieldApp, Session};
use crate::officers::{EnrolError, Opened};
use crate::page::door;
use crate::page::visit::warning_words;
use crate::value;

/// What is wrong, in words of the program; a PIN with the tries that are left.
#[must_use]
pub fn told(lang: Lang, error: &Error) -> String {
    door::refusal(lang, error)
}

/// What is to be looked at again, in words of the program.
#[must_use]
pub fn warned(lang: Lang, warning: &Warning) -> String {
    warning_words(lang, warning)
}

/// A text of the catalogue or of a pack in a language.
#[must_use]
pub fn titled(lang: Lang, titles: &Titles) -> &str {
    value::titled(lang, titles)
}

/// An officer of this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// What names their store on this device; it says nothing about them.
    pub key: String,
    /// Who.
    pub officer: OfficerId,
    /// The address of their server.
    pub server: String,
}

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody was enrolled here under that key.
    #[error("no such officer on this device")]
    Unknown,
    /// The store.
    #[error(transparent)]
    Device(#[from] Error),
}

/// A store that was unlocked. It holds nothing open: once the program is locked it leads nowhere.
#[derive(Clone)]
pub struct Unlocked {
    app: FieldApp,
    session: Weak<Session>,
}

/// A store that stays open for as long as this is held.
pub struct OpenStore(Arc<Session>);

impl FieldApp {
    /// Everybody who was enrolled on this device.
    #[must_use]
    pub fn enrolled(&self) -> Vec<Enrolled> {
        let all = self.officers().list().into_iter();
        all.map(|profile| Enrolled {
            key: profile.folder,
            officer: profile.officer,
            server: profile.server,
        })
        .collect()
    }

    /// Enrols an officer by an invitation and unlocks the new store. It does not synchronise yet.
    ///
    /// # Errors
    /// [`EnrolError`]; then nothing is left behind.
    pub fn enrol(&self, invitation: &str, pin: &str) -> Result<Unlocked, EnrolError> {
        let opened = self.officers().enrol(invitation, pin, self.transport())?;
        Ok(self.unlocked(&self.unlock(opened)))
    }

    /// Unlocks the store of an officer, offline. An order of the server to delete it is obeyed
    /// first, once everything in it has its receipt.
    ///
    /// # Errors
    /// [`OpenError`]; [`Error::Wiped`] if it is deleted.
    pub fn open(&self, key: &str, pin: &str) -> Result<Unlocked, OpenError> {
        let profile = self.officers().find(key).ok_or(OpenError::Unknown)?;
        if let Some(session) = self.come_back(&profile, pin)? {
            return Ok(self.unlocked(&session));
        }
        let opened = self.officers().open(&profile, pin);
        let opened = opened.and_then(|opened| {
            let device = self.obey_order(opened.device)?.ok_or(Error::Wiped)?;
            Ok(Opened { device, ..opened })
        });
        if matches!(opened, Err(Error::Wiped)) {
            self.tell_wiped();
        }
        Ok(self.unlocked(&self.unlock(opened?)))
    }

    /// The key of another officer of this device, for a second signature.
    ///
    /// # Errors
    /// [`OpenError`] for a wrong PIN.
    pub fn signer_of(
        &self,
        key: &str,
        pin: &str,
    ) -> Result<(OfficerId, SoftwareSigner), OpenError> {
        let profile = self.officers().find(key).ok_or(OpenError::Unknown)?;
        let signer = self.officers().signer_of(&profile, pin)?;
        Ok((profile.officer, signer))
    }

    /// The language of the program.
    #[must_use]
    pub fn language(&self) -> Lang {
        self.lang()
    }

    /// The present instant, as the program sees it.
    #[must_use]
    pub fn instant(&self) -> AtMs {
        self.now()
    }

    /// The present day.
    #[must_use]
    pub fn day(&self) -> Date {
        self.today()
    }

    /// Milliseconds of the steady clock of the program.
    #[must_use]
    pub fn steady_clock_ms(&self) -> u64 {
        self.steady_ms()
    }

    fn unlocked(&self, session: &Arc<Session>) -> Unlocked {
        Unlocked {
            app: self.clone(),
            session: Arc::downgrade(session),
        }
    }
}

impl Unlocked {
    /// The store, if the program has not been locked since. Asking counts as use: it does not lock
    /// itself while a native screen works with it.
    #[must_use]
    pub fn store(&self) -> Option<OpenStore> {
        self.app.lock_if_idle();
        let session = self.session.upgrade()?;
        self.app.touch(&session);
        Some(OpenStore(session))
    }
}

impl OpenStore {
    /// The store.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.0.device
    }

    /// The address of its server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.0.profile.server
    }

    /// Whether everything in it is invented: then nothing of it is ever sent.
    #[must_use]
    pub fn is_practice(&self) -> bool {
        self.0.profile.is_practice()
    }

    /// The key of the device, for the way to the server.
    #[must_use]
    pub fn signer(&self) -> Arc<dyn DeviceSigner> {
        self.0.signer()
    }
}
