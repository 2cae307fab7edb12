//! What is set aside because its device or its officer has no business there (`security.md` T35): it is
//! kept and waits for a person, but it gets no place in the file and stands on no list, so that no other
//! device ever hears of it. It gets its place once a person lets it pass, once something that has one
//! builds on it, or once its device follows the list of that gacha: neither what its officer rightly
//! writes behind it nor a colleague's work is held up.

use std::collections::BTreeMap;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Body, Envelope, FileBody};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::id::DeviceId;
use itgel_domain::policy::{Action, Resource, may};
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;

use super::admission::{Admission, Home, OpenFile};
use super::structure;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::envelope::{EnvelopeRow, InDocument};
use crate::store::{self, Tx};
use crate::{auth, contents};

/// Why an envelope has no place in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// It is a stranger's.
    Stranger,
    /// Its structure does not fit in.
    Misfit(ErrorCode),
}

impl NoPlace {
    /// What is against its structure.
    pub(super) const fn fault(self) -> Option<ErrorCode> {
        match self {
            Self::Stranger => None,
            Self::Misfit(code) => Some(code),
        }
    }
}

impl Admission<'_> {
    /// The place of an envelope in its file, after what it builds on has got one.
    pub(super) fn place(
        &mut self,
        (envelope, body): (&Envelope, &FileBody),
        home: &Home,
        file: &mut OpenFile,
    ) -> Result<Result<InDocument, NoPlace>, ServiceError> {
        if self.is_strangers(envelope, home) {
            return Ok(Err(NoPlace::Stranger));
        }
        if let Home::Known { subject, .. } = home {
            let of = (&body.file, Some(subject.division));
            file.is_changed |= place_all(self.service, self.tx, of, &mut file.facts, &body.deps)?;
        }
        let place = structure::place(self.tx, envelope, body, &file.facts)?;
        Ok(place.map_err(NoPlace::Misfit))
    }

    /// Whether the device may not work, or its officer has nothing to do with the subject.
    fn is_strangers(&mut self, envelope: &Envelope, home: &Home) -> bool {
        let has_no_business = matches!(
            self.forbidden(envelope, home, Action::Capture),
            Some(
                ErrorCode::EnvelopeForeignOfficer | ErrorCode::ScopeOutside | ErrorCode::NotAllowed
            )
        );
        has_no_business || self.device_code().is_some()
    }
}

/// Gives places in the files of a subject that moves to what was set aside of devices that hear of its
/// new home: they hold it in those files.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn place_at_new_home(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
) -> Result<(), ServiceError> {
    for (row, _) in store::envelope::list_of_subject(tx, &subject.id)? {
        if let Some(device) = store::device::get(tx, &row.at.device)? {
            // The move lists it with everything else.
            place_held(service, tx, &device, (row, subject.division), None)?;
        }
    }
    Ok(())
}

/// Gives places to what was set aside of a device that works again: it holds it in its files.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn place_of_device(
    service: &Service,
    tx: &Tx<'_>,
    device: &DeviceId,
) -> Result<(), ServiceError> {
    let device = store::device::get(tx, device)?.ok_or(ErrorCode::DeviceUnknown)?;
    for id in store::envelope::list_subjects_of(tx, &device.id)? {
        let Some(subject) = store::subject::get(tx, &id)? else {
            continue;
        };
        for (row, _) in store::envelope::list_of_subject(tx, &id)? {
            let home = subject.division;
            if row.at.device == device.id {
                place_held(service, tx, &device, (row, home), Some(home))?;
            }
        }
    }
    Ok(())
}

/// Gives its place to an envelope that was set aside without one, if its device follows the list of
/// the subject's home.
fn place_held(
    service: &Service,
    tx: &Tx<'_>,
    device: &DeviceRecord,
    (row, home): (EnvelopeRow, DivisionCode),
    listed_in: Option<DivisionCode>,
) -> Result<(), ServiceError> {
    let is_aside = matches!(row.verdict, Verdict::Quarantined(_)) && row.document.is_none();
    let Some(file) = row.file.filter(|_| is_aside) else {
        return Ok(());
    };
    let actor = auth::officer_actor(tx, &device.officer)?;
    let hears = may(&actor, Action::Pull, &Resource::at(home)).is_ok();
    if device.status != DeviceStatus::Active || !hears {
        return Ok(());
    }
    let mut facts = store::projection::get(tx, &file)?;
    if place_all(service, tx, (&file, listed_in), &mut facts, &[row.at])? {
        store::projection::put(tx, &file, &facts)?;
    }
    Ok(())
}

/// Gives places in a file to envelopes that were set aside without one, and before them to what they
/// build on, and lists them; whether any got one.
fn place_all(
    service: &Service,
    tx: &Tx<'_>,
    (file, listed_in): (&FileId, Option<DivisionCode>),
    facts: &mut FileFacts,
    wanted: &[ChainRef],
) -> Result<bool, ServiceError> {
    let mut is_any = false;
    let mut open = wanted.to_vec();
    // What was read and waits for what it builds on; nothing, once it was tried.
    let mut read: BTreeMap<ChainRef, Option<Envelope>> = BTreeMap::new();
    while let Some(at) = open.last().cloned() {
        if facts.last_op(&at).is_some() {
            open.pop();
            continue;
        }
        let Some(known) = read.get_mut(&at) else {
            let envelope = without_place(service, tx, file, &at)?;
            if let Some(Body::File(body)) = envelope.as_ref().map(|envelope| &envelope.body) {
                open.extend_from_slice(&body.deps);
            }
            read.insert(at, envelope);
            continue;
        };
        open.pop();
        let Some(envelope) = known.take() else {
            continue;
        };
        let Body::File(body) = &envelope.body else {
            continue;
        };
        let Ok(place) = structure::place(tx, &envelope, body, facts)? else {
            continue;
        };
        store::envelope::set_document(tx, &at, place)?;
        facts.apply_quarantined(&envelope);
        if let Some(division) = listed_in {
            store::list::append_envelope(tx, division, &at, envelope.to_bytes(), true)?;
        }
        is_any = true;
    }
    Ok(is_any)
}

/// The envelope at a place that was set aside and has no place in this file.
fn without_place(
    service: &Service,
    tx: &Tx<'_>,
    file: &FileId,
    at: &ChainRef,
) -> Result<Option<Envelope>, ServiceError> {
    let Some(kept) = store::envelope::get_sealed(tx, at)? else {
        return Ok(None);
    };
    let row = &kept.row;
    let is_aside = matches!(row.verdict, Verdict::Quarantined(_)) && row.document.is_none();
    if !is_aside || row.file.as_ref() != Some(file) {
        return Ok(None);
    }
    contents::read_envelope(service, tx, &kept)
}
