//! Whom this device can offer: lenders to be named in a consent, and whether the officer is of the
//! group of a gacha, as far as the lists told.

use itgel_domain::division::DivisionCode;
use itgel_domain::sync::pull::LenderItem;
use jiff::civil::Date;

use crate::Device;
use crate::error::Error;
use crate::store::{device, offer};

impl Device {
    /// The lenders that may be asked for at a place on a day, by number: those with a contract that
    /// holds there then.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn lenders(&self, division: DivisionCode, on: Date) -> Result<Vec<LenderItem>, Error> {
        self.read(|db| {
            let mut known = offer::lenders(db)?;
            known.retain(|lender| lender.serves(division, on));
            Ok(known)
        })
    }

    /// Every lender that was ever offered here, to call by its name who is named in a consent.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn known_lenders(&self) -> Result<Vec<LenderItem>, Error> {
        self.read(|db| Ok(offer::lenders(db)?))
    }

    /// Whether the officer is of the group of a gacha; `None` before its roll has come.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn is_group_member(&self, division: DivisionCode) -> Result<Option<bool>, Error> {
        self.read(|db| {
            let officer = device::get(db)?.officer;
            let roll = offer::roll(db, division)?;
            Ok(roll.map(|roll| roll.has_member(&officer)))
        })
    }
}
