//! Whether what an envelope of a file says can be meant: items of the catalogue, values in range,
//! days that have come, consent for what needs it, a campaign that exists, a seal with two
//! signatures of two people.

use std::collections::BTreeSet;

use itgel_domain::catalogue::{Catalogue, check_all};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::chain::verify;
use itgel_domain::file::entry::{Consent, Countersignature, Entry, Seal, seal_digest};
use itgel_domain::file::envelope::{Envelope, FileBody};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::CycleId;
use itgel_domain::item::{Observation, State};
use itgel_domain::rights::consent::{self, CollectionPurpose};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::window::Days;
use rusqlite::Connection;

use super::admission::Admission;
use super::when;
use crate::error::ServiceError;
use crate::store;
use crate::store::device::{DeviceRecord, DeviceStatus};

/// What is against the meaning of an envelope; `None` if nothing is.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn fault(
    admission: &mut Admission<'_>,
    subject: &Subject,
    facts: &FileFacts,
    envelope: &Envelope,
    body: &FileBody,
) -> Result<Option<ErrorCode>, ServiceError> {
    let entries = &body.entries;
    let observed = entries.iter().filter_map(Entry::observed);
    let observed: Vec<&Observation> = observed.map(|(_, observation)| observation).collect();
    let wrong = check_all(observed.iter().copied(), subject.kind);
    if let Some(violation) = wrong.into_iter().next() {
        return Ok(Some(violation.code.code()));
    }
    if !admission.lets_pass(ErrorCode::ObservedOutOfTime)
        && when::is_out_of_time(&admission.window, entries)
    {
        return Ok(Some(ErrorCode::ObservedOutOfTime));
    }
    if let Some(code) = cycle_fault(admission, subject, entries)? {
        return Ok(Some(code));
    }
    if let Some(code) = form_fault(entries) {
        return Ok(Some(code));
    }
    let entered = when::entered(&admission.window, envelope);
    if let Some(code) = consent_fault(facts, entries, &observed, entered)
        && !admission.lets_pass(code)
    {
        return Ok(Some(code));
    }
    for entry in entries {
        if let Entry::Seal(seal) = entry
            && let Some(code) = signature_fault(admission.tx, envelope, entries, seal)?
            && !admission.lets_pass(code)
        {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// Checks one value that a person of the service enters, as for a resolution.
///
/// # Errors
/// All violations of the catalogue at once.
pub fn check_value(observation: &Observation) -> Result<(), ServiceError> {
    let item = Catalogue::builtin().get(&observation.item);
    let kind = item.and_then(|item| item.subjects.first().copied());
    let kind = kind.unwrap_or(SubjectKind::Household);
    let violations = check_all(std::slice::from_ref(observation), kind);
    let violations: Vec<Violation> = violations.into_iter().map(Violation::from).collect();
    match violations.first().map(|violation| violation.code) {
        None => Ok(()),
        Some(code) => Err(ServiceError::Refused { code, violations }),
    }
}

/// Every campaign that is named belongs to the subject's banner, and a seal lies in its days.
fn cycle_fault(
    admission: &mut Admission<'_>,
    subject: &Subject,
    entries: &[Entry],
) -> Result<Option<ErrorCode>, ServiceError> {
    let named: BTreeSet<&CycleId> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Seal(seal) => Some(&seal.cycle),
            other => other.observed().map(|(cycle, _)| cycle),
        })
        .collect();
    for id in named {
        let cycle = admission.cycle(id)?;
        let Some(cycle) = cycle.filter(|cycle| cycle.banner.contains(subject.division)) else {
            return Ok(Some(ErrorCode::CycleClosed));
        };
        let sealed_outside = entries.iter().any(|entry| match entry {
            Entry::Seal(seal) => seal.cycle == *id && !cycle.is_open_on(seal.as_of),
            _ => false,
        });
        if sealed_outside {
            return Ok(Some(ErrorCode::CycleClosed));
        }
    }
    Ok(None)
}

/// Every consent is to a text that is known, in a language that it has, for days that it allows.
fn form_fault(entries: &[Entry]) -> Option<ErrorCode> {
    let given = entries.iter().filter_map(|entry| match entry {
        Entry::Consent(given) => Some(given),
        _ => None,
    });
    let fault = given.flat_map(consent::faults).next();
    fault.map(|violation| violation.code)
}

/// A known value of a restricted item needs a consent to a rating that ticked its class
/// (`domain.md` L-04, L-18), stands, and had not ended when the value was entered. Where a clock
/// that cannot be right leaves that open, a person says when it was: an honest officer could do
/// nothing about it.
fn consent_fault(
    facts: &FileFacts,
    entries: &[Entry],
    observed: &[&Observation],
    entered: Days,
) -> Option<ErrorCode> {
    let catalogue = Catalogue::builtin();
    let restricted = |o: &&Observation| match o.state {
        State::Known(_) => catalogue.get(&o.item).and_then(|item| item.restricted),
        _ => None,
    };
    let needed: BTreeSet<&str> = observed
        .iter()
        .filter_map(restricted)
        .map(|category| category.as_str())
        .collect();
    if needed.is_empty() {
        return None;
    }
    let new = entries.iter().filter_map(|entry| match entry {
        Entry::Consent(consent) => Some(consent),
        _ => None,
    });
    let known = facts.consents();
    let standing = known
        .iter()
        .filter(|view| view.withdrawn_on.is_none())
        .map(|v| v.consent);
    let to_rate = |consent: &&Consent| consent.serves(CollectionPurpose::CreditRating);
    let consents: Vec<&Consent> = new.chain(standing).filter(to_rate).collect();
    let mut is_unclear = false;
    let ticked = |category: &str, consent: &&&Consent| {
        consent.categories.iter().any(|ticked| ticked == category)
    };
    for category in needed {
        let giving = consents.iter().filter(|c| ticked(category, c));
        let Some(until) = giving.map(|consent| consent.until).max() else {
            let ended = known.iter().any(|v| ticked(category, &&v.consent));
            return Some(if ended {
                ErrorCode::ConsentEnded
            } else {
                ErrorCode::ConsentMissing
            });
        };
        if entered.is_told && until < entered.first {
            return Some(ErrorCode::ConsentEnded);
        }
        is_unclear |= until < entered.last;
    }
    is_unclear.then_some(ErrorCode::DateUnclear)
}

/// The second signature is of another officer, with the key of a device that was confirmed for him.
/// Where that device may not work any more, a person says whether he signed before: its officer may
/// have lost it after the visit. One that is drawn is for the reviewer to look at.
fn signature_fault(
    connection: &Connection,
    envelope: &Envelope,
    entries: &[Entry],
    seal: &Seal,
) -> Result<Option<ErrorCode>, ServiceError> {
    if seal.second_officer.as_ref() == Some(&envelope.officer) {
        return Ok(Some(ErrorCode::SealSameOfficer));
    }
    let Countersignature::OfficerKey { key, signature } = &seal.countersignature else {
        return Ok(None);
    };
    let Some(second) = &seal.second_officer else {
        return Ok(Some(ErrorCode::SealUnsigned));
    };
    let decode = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
    let (Some(key), Some(signature)) = (decode(key), decode(signature)) else {
        return Ok(Some(ErrorCode::SealUnsigned));
    };
    let digest = seal_digest(entries, seal);
    let devices = store::device::list(connection, second)?;
    let signs = |device: &&DeviceRecord| {
        device.public_key == key
            && verify(device.suite, &key, digest.as_bytes(), &signature).is_ok()
    };
    let Some(device) = devices.iter().find(signs) else {
        return Ok(Some(ErrorCode::SealUnsigned));
    };
    Ok(match device.status {
        DeviceStatus::Active => None,
        DeviceStatus::Pending => Some(ErrorCode::SealUnsigned),
        DeviceStatus::Revoked | DeviceStatus::Frozen => {
            Some(match store::trust::was_confirmed(connection, &device.id)? {
                true => ErrorCode::SealKeyEnded,
                false => ErrorCode::SealUnsigned,
            })
        }
    })
}
