//! What is set aside because its device or its officer has no business there (`security.md` T35): it is
//! kept and waits for a person, but it gets no place in the file and stands on no list, so that no other
//! device ever hears of it. It gets its place once a person lets it pass, once something that has one
//! builds on it, or once its device follows the list of that gacha: neither what its officer rightly
//! writes behind it nor a colleague's work is held up.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Body, Envelope, FileBody};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::id::DeviceId;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;

use super::admission::{Admission, Home, OpenFile};
use super::structure;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::device::DeviceStatus;
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
    /// The place of an envelope in its file, after what it builds on has got one. `denied` is what is
    /// against its officer.
    pub(super) fn place(
        &mut self,
        (envelope, body): (&Envelope, &FileBody),
        home: &Home,
        denied: Option<ErrorCode>,
        file: &mut OpenFile,
    ) -> Result<Result<InDocument, NoPlace>, ServiceError> {
        // It is here now, and may get a place by what builds on it.
        file.in_vain.remove(&envelope.at);
        if self.is_strangers(denied, home) {
            return Ok(Err(NoPlace::Stranger));
        }
        if let Home::Known { subject, .. } = home {
            let of = (&body.file, Some(subject.division));
            let known = (&mut file.facts, &mut file.in_vain);
            let is_any = place_all(self.service, self.tx, of, known, &body.deps)?;
            file.is_changed |= is_any;
            file.has_news |= is_any;
        }
        let place = structure::place(self.tx, envelope, body, &file.facts)?;
        if place.is_err() {
            file.in_vain.insert(envelope.at.clone());
        }
        Ok(place.map_err(NoPlace::Misfit))
    }

    /// Whether the device may not work, or its officer has nothing to do with the subject.
    fn is_strangers(&self, denied: Option<ErrorCode>, home: &Home) -> bool {
        let has_no_business = match denied {
            Some(ErrorCode::EnvelopeForeignOfficer | ErrorCode::NotAllowed) => true,
            // Outside on the day that it speaks of. The subject may have moved in since: then the
            // device holds it in that file.
            Some(ErrorCode::ScopeOutside) => match home {
                Home::Known { subject, .. } => !hears(&self.actor, subject.division),
                Home::Unknown | Home::Erased => true,
            },
            _ => false,
        };
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
    let rows = store::envelope::list_of_subject(tx, &subject.id)?;
    let rows = rows.into_iter().map(|(row, _)| row);
    // The move lists it with everything else.
    place_held(service, tx, rows, (subject.division, None))
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
    for id in store::envelope::list_subjects_of(tx, device)? {
        let Some(subject) = store::subject::get(tx, &id)? else {
            continue;
        };
        let home = subject.division;
        let rows = store::envelope::list_of_subject(tx, &id)?;
        let rows = rows.into_iter().map(|(row, _)| row);
        let own = rows.filter(|row| row.at.device == *device);
        place_held(service, tx, own, (home, Some(home)))?;
    }
    Ok(())
}

/// Gives their places to envelopes of a subject that were set aside without one, if their devices
/// follow the list of its home.
fn place_held(
    service: &Service,
    tx: &Tx<'_>,
    rows: impl Iterator<Item = EnvelopeRow>,
    (home, listed_in): (DivisionCode, Option<DivisionCode>),
) -> Result<(), ServiceError> {
    let mut hears: BTreeMap<DeviceId, bool> = BTreeMap::new();
    let mut wanted: BTreeMap<FileId, Vec<ChainRef>> = BTreeMap::new();
    for row in rows {
        let is_aside = matches!(row.verdict, Verdict::Quarantined(_)) && row.document.is_none();
        let Some(file) = row.file.filter(|_| is_aside) else {
            continue;
        };
        let device = row.at.device.clone();
        let is_heard = match hears.entry(device) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(follows(tx, &row.at.device, home)?),
        };
        if is_heard {
            wanted.entry(file).or_default().push(row.at);
        }
    }
    for (file, mut wanted) in wanted {
        // The last is tried first.
        wanted.reverse();
        let mut facts = store::projection::get(tx, &file)?;
        let known = (&mut facts, &mut BTreeSet::new());
        if place_all(service, tx, (&file, listed_in), known, &wanted)? {
            store::projection::put(tx, &file, &facts)?;
        }
    }
    Ok(())
}

/// Whether a device works and follows the list of a division.
fn follows(tx: &Tx<'_>, device: &DeviceId, division: DivisionCode) -> Result<bool, ServiceError> {
    let Some(device) = store::device::get(tx, device)? else {
        return Ok(false);
    };
    let actor = auth::officer_actor(tx, &device.officer)?;
    Ok(device.status == DeviceStatus::Active && hears(&actor, division))
}

/// Whether an officer's devices pull the list of a division.
fn hears(actor: &Actor, division: DivisionCode) -> bool {
    may(actor, Action::Pull, &Resource::at(division)).is_ok()
}

/// Gives places in a file to envelopes that were set aside without one, and before them to what they
/// build on, and lists them; whether any got one.
///
/// What got none is noted in `in_vain` and not tried again. That is final until something new comes:
/// whatever of the file is there by then was tried before what builds on it. So the envelopes of a
/// chain that fits nowhere are read once, however many of them build on each other.
fn place_all(
    service: &Service,
    tx: &Tx<'_>,
    (file, listed_in): (&FileId, Option<DivisionCode>),
    (facts, in_vain): (&mut FileFacts, &mut BTreeSet<ChainRef>),
    wanted: &[ChainRef],
) -> Result<bool, ServiceError> {
    let mut is_any = false;
    let mut open = wanted.to_vec();
    // What was read and waits for what it builds on.
    let mut read: BTreeMap<ChainRef, Envelope> = BTreeMap::new();
    while let Some(at) = open.last().cloned() {
        if facts.last_op(&at).is_some() || in_vain.contains(&at) {
            open.pop();
            continue;
        }
        let Some(envelope) = read.remove(&at) else {
            match without_place(service, tx, file, &at)? {
                Some(envelope) => {
                    if let Body::File(body) = &envelope.body {
                        // What it builds on comes first; what builds on itself gets no place.
                        let deps = body.deps.iter().filter(|dep| !read.contains_key(dep));
                        open.extend(deps.cloned());
                    }
                    read.insert(at, envelope);
                }
                None => {
                    in_vain.insert(at);
                }
            }
            continue;
        };
        open.pop();
        let Body::File(body) = &envelope.body else {
            continue;
        };
        let Ok(place) = structure::place(tx, &envelope, body, facts)? else {
            in_vain.insert(at);
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
    // Without its bytes first: an envelope can name as many places of others as it likes.
    let is_aside = store::envelope::get(tx, at)?.is_some_and(|row| {
        let is_aside = matches!(row.verdict, Verdict::Quarantined(_)) && row.document.is_none();
        is_aside && row.file.as_ref() == Some(file)
    });
    if !is_aside {
        return Ok(None);
    }
    match store::envelope::get_sealed(tx, at)? {
        Some(kept) => contents::read_envelope(service, tx, &kept),
        None => Ok(None),
    }
}
