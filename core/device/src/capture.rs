//! A visit as it is written down: values, consents, what is wrong with it, the grade at the
//! doorstep, and the seal that ends it.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use itgel_domain::assess::Assessment;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::{Consent, EntryId};
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::item::{ItemPath, Observation};
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use crate::error::Error;
use crate::seal::{self, Countersign, Means, Sealed};
use crate::store::draft::{self, DraftValue};
use crate::visit::{self, EarlierValue};
use crate::{Checked, Device, people};

impl Device {
    /// Writes that an adult took a consent back; it takes effect when the server receives it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no such consent stands; [`Error::PackMissing`] before rules came.
    pub fn withdraw_consent(
        &self,
        id: &SubjectId,
        consent: &EntryId,
        withdrawn_on: Date,
        now: AtMs,
    ) -> Result<ChainRef, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.enter_always(|tx| people::withdraw_consent(tx, id, consent, (withdrawn_on, now), with))
    }

    /// Keeps a drafted value; one row, on the disk when this returns.
    ///
    /// # Errors
    /// [`Error::SubjectUnknown`], [`Error::SubjectErased`], [`Error::Store`].
    pub fn put_value(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        observation: Observation,
        now: AtMs,
    ) -> Result<(), Error> {
        self.put_correction(id, cycle, observation, "", now)
    }

    /// Keeps the drafted values of one screen together.
    ///
    /// # Errors
    /// As [`Device::put_value`]; then none of them is kept.
    pub fn put_values(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        observations: &[Observation],
        now: AtMs,
    ) -> Result<(), Error> {
        self.enter(now, |tx| {
            visit::subject_row(tx, id)?;
            for observation in observations {
                let observation = observation.clone();
                let value = DraftValue {
                    observation,
                    reason: String::new(),
                    changed_at: now,
                };
                draft::put_value(tx, id, cycle, &value)?;
            }
            Ok(())
        })
    }

    /// Keeps a drafted value that will correct an own sealed one, with the reason.
    ///
    /// # Errors
    /// As [`Device::put_value`].
    pub fn put_correction(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        observation: Observation,
        reason: &str,
        now: AtMs,
    ) -> Result<(), Error> {
        let value = DraftValue {
            observation,
            reason: reason.to_owned(),
            changed_at: now,
        };
        self.enter(now, |tx| {
            visit::subject_row(tx, id)?;
            Ok(draft::put_value(tx, id, cycle, &value)?)
        })
    }

    /// Takes a drafted value back.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn clear_value(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        item: &ItemPath,
    ) -> Result<(), Error> {
        self.write(|tx| Ok(draft::delete_value(tx, id, cycle, item)?))
    }

    /// The drafted values of a visit, by item.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn draft(&self, id: &SubjectId, cycle: &CycleId) -> Result<Vec<DraftValue>, Error> {
        self.read(|db| Ok(draft::values(db, id, cycle)?))
    }

    /// Keeps a drafted consent; one for each person.
    ///
    /// # Errors
    /// As [`Device::put_value`].
    pub fn put_consent(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        consent: &Consent,
        now: AtMs,
    ) -> Result<(), Error> {
        self.enter(now, |tx| {
            visit::subject_row(tx, id)?;
            Ok(draft::put_consent(tx, id, cycle, consent, now)?)
        })
    }

    /// Takes a drafted consent back.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn clear_consent(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        person: &str,
    ) -> Result<(), Error> {
        self.write(|tx| Ok(draft::delete_consent(tx, id, cycle, person)?))
    }

    /// The drafted consents of a visit.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn draft_consents(&self, id: &SubjectId, cycle: &CycleId) -> Result<Vec<Consent>, Error> {
        self.read(|db| Ok(draft::consents(db, id, cycle)?))
    }

    /// The values of the last cycle before this one, to be read beside the new ones.
    ///
    /// # Errors
    /// [`Error::SubjectUnknown`], [`Error::Store`].
    pub fn earlier_values(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
    ) -> Result<Vec<EarlierValue>, Error> {
        self.read(|db| visit::earlier(db, id, cycle))
    }

    /// Everything that is wrong or looks wrong with a visit, at once.
    ///
    /// # Errors
    /// [`Error::SubjectUnknown`], [`Error::Store`].
    pub fn check(&self, id: &SubjectId, cycle: &CycleId, as_of: Date) -> Result<Checked, Error> {
        self.read(|db| visit::check(db, id, cycle, as_of, &self.rules))
    }

    /// The provisional grade (暂定) of what is drafted and known, with its reasons; a range while
    /// the peer evaluation is pending or values conflict.
    ///
    /// # Errors
    /// [`Error::PackMissing`], [`Error::ParametersMissing`] before rules came.
    pub fn assess_provisional(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        as_of: Date,
    ) -> Result<Assessment, Error> {
        self.read(|db| visit::assess_provisional(db, id, cycle, as_of, &self.rules))
    }

    /// Notes that the officer of this device signed a visit, with what its steady clock says:
    /// milliseconds since some moment that does not change while the program runs. A clock that
    /// can be set says nothing of how far two signatures lie apart.
    pub fn sign_first(&self, id: &SubjectId, cycle: &CycleId, steady_ms: u64) {
        let key = (id.clone(), cycle.clone());
        self.first_signed().insert(key, steady_ms);
    }

    fn first_signed(&self) -> MutexGuard<'_, BTreeMap<(SubjectId, CycleId), u64>> {
        self.first_signed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals the drafted visit under two signatures: from now on it is part of the chain.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that forbids it; then nothing has changed.
    pub fn seal(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        as_of: Date,
        now: AtMs,
        countersign: &Countersign<'_>,
    ) -> Result<Sealed, Error> {
        let key = (id.clone(), cycle.clone());
        let means = Means {
            rules: &self.rules,
            signer: self.signer.as_ref(),
            entropy: self.entropy.as_ref(),
            first_steady_ms: self.first_signed().get(&key).copied(),
        };
        let sealed = self.enter(now, |tx| {
            seal::seal(tx, id, cycle, (as_of, now), countersign, &means)
        })?;
        self.first_signed().remove(&key);
        Ok(sealed)
    }
}
