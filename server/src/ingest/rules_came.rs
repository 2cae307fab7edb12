//! Rules that nobody knew here when a visit arrived have come: what a reviewer should look at is
//! said anew, and a device that computed something else is found after all.

use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::hash::Hash;
use itgel_domain::time::AtMs;

use super::admission::{Admission, Home};
use crate::contents;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::envelope::EnvelopeRow;
use crate::store::{self, Tx};

/// Says anew what a reviewer should look at in those of the envelopes that were sealed under these
/// rules.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn flag_again(
    service: &Service,
    tx: &Tx<'_>,
    rows: &[(EnvelopeRow, AtMs)],
    rules: &Hash,
    now: AtMs,
) -> Result<(), ServiceError> {
    let Some((first, _)) = rows.first() else {
        return Ok(());
    };
    let device = store::device::get(tx, &first.at.device)?;
    let device = device.ok_or(itgel_domain::error::ErrorCode::DeviceUnknown)?;
    let mut admission = Admission::open(service, tx, &device, now)?;
    for (row, received_at) in rows {
        admission.flag_again(row, *received_at, rules)?;
    }
    admission.finish()
}

impl Admission<'_> {
    fn flag_again(
        &mut self,
        row: &EnvelopeRow,
        received_at: AtMs,
        rules: &Hash,
    ) -> Result<(), ServiceError> {
        let Some(kept) = store::envelope::get_sealed(self.tx, &row.at)? else {
            return Ok(());
        };
        let envelope = contents::read_envelope(self.service, self.tx, &kept)?;
        let Some(envelope) = envelope.filter(|envelope| is_under(envelope, rules)) else {
            return Ok(());
        };
        let Body::File(body) = &envelope.body else {
            return Ok(());
        };
        self.stand_for(&row.at.device)?;
        let home = self.home_of(&body.file.subject)?;
        let Home::Known { subject, .. } = home.as_ref() else {
            return Ok(());
        };
        let file = self.file(&body.file)?;
        self.window = self.window_at(&row.at, received_at)?;
        let verdict = self.flagged(subject, &body.file, &file, &envelope);
        self.put_back(&body.file, file);
        let verdict = verdict?;
        if verdict != row.verdict {
            store::envelope::set_verdict(self.tx, &row.at, &verdict)?;
        }
        Ok(())
    }
}

/// Whether a seal in the envelope rests on these rules.
fn is_under(envelope: &Envelope, rules: &Hash) -> bool {
    let mut seals = envelope.entries().iter().filter_map(|entry| match entry {
        Entry::Seal(seal) => Some(seal),
        _ => None,
    });
    seals.any(|seal| envelope.pack == *rules || seal.parameters == *rules)
}
