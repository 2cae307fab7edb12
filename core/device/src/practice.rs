//! A store for practice: invented households and a key of nobody's. It is told from a real one by its
//! own row, never synchronises, and a real store takes nothing invented.

use std::path::Path;
use std::sync::Arc;

use itgel_domain::division::DivisionCode;
use itgel_domain::file::chain::DeviceSigner;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::sync::pull::PullItem;

use crate::entropy::Entropy;
use crate::error::Error;
use crate::store::device::{self, DeviceRow};
use crate::vault::Secrets;
use crate::{Device, intake};

impl Device {
    /// Makes a store for practice at `path`, for a device and an officer that do not exist.
    ///
    /// # Errors
    /// As [`Device::create`].
    pub fn create_practice(
        path: &Path,
        secrets: &Secrets<'_>,
        (device, officer): (DeviceId, OfficerId),
        signer: Arc<dyn DeviceSigner>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Error> {
        let row = DeviceRow {
            id: device,
            officer,
            public_key: signer.public_key(),
            // No key: nothing that calls itself a server is ever believed.
            server_key: Vec::new(),
            incarnation: 0,
            epoch: None,
            checkpoint: None,
            revoked: false,
            // Receipts are counted from one; no device has this number without a server.
            number: 1,
            is_practice: true,
        };
        Self::made(path, secrets, &row, signer, entropy)
    }

    /// Whether this is a store for practice.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn is_practice(&self) -> Result<bool, Error> {
        self.read(|db| Ok(device::get(db)?.is_practice))
    }

    /// Brings invented items into a store for practice, as a server would list them; again what is
    /// there already changes nothing.
    ///
    /// # Errors
    /// [`Error::Practice`] in a real store.
    pub fn invent(&self, items: &[(DivisionCode, PullItem)]) -> Result<(), Error> {
        if !self.is_practice()? {
            return Err(Error::Practice);
        }
        self.write(|tx| {
            for (position, (division, item)) in (1..).zip(items) {
                intake::take_invented(tx, *division, item, position)?;
            }
            Ok(())
        })
    }

    /// Refuses whatever leads out of a store for practice.
    pub(crate) fn is_real(&self) -> Result<(), Error> {
        match self.is_practice()? {
            true => Err(Error::Practice),
            false => Ok(()),
        }
    }
}
