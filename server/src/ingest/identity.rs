//! Identity records: the chain carries the commitment, the record travels beside it and is kept
//! under the identity's own key, found by a blind index. Two officers' concurrent versions are
//! both kept; the same ID number under two subjects is a candidate for a person to look at.

use std::rc::Rc;

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::{Envelope, IdentityCommitment};
use itgel_domain::hash::Hash;
use itgel_domain::identity::{IdentityRecord, Person, Registration};
use itgel_domain::policy::{Action, Resource, may};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::push::Verdict;
use itgel_domain::time::AtMs;

use super::admission::{Admission, Arrived, Home};
use super::page::Page;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::ledger;
use crate::registers;
use crate::service::Service;
use crate::store::envelope::{EnvelopeKind, NewEnvelope};
use crate::store::identity::IdentityRow;
use crate::store::party::Party;
use crate::store::{self, Tx};

/// The code of a commitment whose record did not come with it.
pub(super) const MISSING: ErrorCode = ErrorCode::EntryUnknown;

impl Admission<'_> {
    /// Takes a commitment and the record that it stands for.
    pub(super) fn take_identity(
        &mut self,
        arrived: Arrived<'_>,
        commitment: &IdentityCommitment,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        let envelope = arrived.envelope;
        let record = committed(arrived.page, envelope, commitment);
        let (home, refused) = self.registered(envelope, home, record)?;
        let home = &home;
        let fault = match refused {
            None => self.identity_fault(envelope, home, record)?,
            refused => refused,
        };
        let verdict = fault.map_or(Verdict::Accepted, Verdict::Quarantined);
        let id = commitment.subject.as_str();
        let key = contents::key(self.service, self.tx, Scope::Identity, id)?;
        let place = envelope.at.to_string();
        let sealed = contents::seal(&key, "envelope", &place, &arrived.bytes)?;
        let row = NewEnvelope {
            kind: EnvelopeKind::Identity,
            sealed: &sealed,
            ..arrived.row(self.now, &verdict)
        };
        store::envelope::put(self.tx, &row)?;
        if let Some(record) = record {
            self.keep_record(envelope, commitment, record, home, fault.is_none())?;
        }
        Ok(verdict)
    }

    /// Takes a record that was missing when its commitment came.
    pub(super) fn take_missing_record(
        &mut self,
        page: &Page,
        envelope: &Envelope,
        commitment: &IdentityCommitment,
        before: Verdict,
    ) -> Result<Verdict, ServiceError> {
        let Some(record) = committed(page, envelope, commitment) else {
            return Ok(before);
        };
        let home = self.home_of(&commitment.subject)?;
        let (home, refused) = self.registered(envelope, &home, Some(record))?;
        let fault = match refused {
            None => self.identity_fault(envelope, &home, Some(record))?,
            refused => refused,
        };
        let verdict = fault.map_or(Verdict::Accepted, Verdict::Quarantined);
        store::envelope::set_verdict(self.tx, &envelope.at, &verdict)?;
        self.keep_record(envelope, commitment, record, &home, fault.is_none())?;
        Ok(verdict)
    }

    /// Registers a household that this door does not know, if the record says that it was
    /// registered away from the server by an officer who may visit there: its home from now on, or
    /// why it has none.
    pub(super) fn registered(
        &mut self,
        envelope: &Envelope,
        home: &Home,
        record: Option<&IdentityRecord>,
    ) -> Result<(Rc<Home>, Option<ErrorCode>), ServiceError> {
        let id = envelope.subject();
        let registration = record.and_then(|record| record.registration.as_ref());
        if let (Home::Unknown, Some(registration)) = (home, registration) {
            if let Some(code) = self.registration_fault(envelope, registration)? {
                return Ok((self.home_of(id)?, Some(code)));
            }
            self.register(envelope, registration)?;
        }
        Ok((self.home_of(id)?, None))
    }

    fn registration_fault(
        &mut self,
        envelope: &Envelope,
        registration: &Registration,
    ) -> Result<Option<ErrorCode>, ServiceError> {
        if envelope.officer != self.device.officer {
            return Ok(Some(ErrorCode::EnvelopeForeignOfficer));
        }
        let place = Resource::at(registration.division);
        let may = may(&self.actor, Action::Capture, &place);
        if let Some(code) = may.err().map(|denial| denial.code())
            && !self.lets_pass(code)
        {
            return Ok(Some(code));
        }
        if let Some(fault) = registration.faults().first() {
            return Ok(Some(fault.code));
        }
        if store::division::get(self.tx, registration.division, self.now.on())?.is_none() {
            return Ok(Some(ErrorCode::ScopeOutside));
        }
        Ok(self.device_code())
    }

    /// The register has the household from here on, and the reason why it is none of those that
    /// look like it stays in its record; devices of the gacha learn of it.
    fn register(
        &mut self,
        envelope: &Envelope,
        registration: &Registration,
    ) -> Result<(), ServiceError> {
        let subject = Subject {
            id: envelope.subject().clone(),
            kind: SubjectKind::Household,
            division: registration.division,
            local_code: registration.local_code.clone(),
        };
        registers::put_subject(self.service, self.tx, &subject)?;
        let officer = envelope.officer.as_str();
        let resource = format!("subject/{}", subject.id);
        let detail = serde_json::json!({
            "division": subject.division,
            "device": envelope.at.device,
            "unlike": registration.unlike,
        });
        let action = "subject.registered";
        store::log::audit(self.tx, self.now, officer, action, &resource, &detail)?;
        self.forget_home(&subject.id);
        Ok(())
    }

    pub(super) fn identity_fault(
        &mut self,
        envelope: &Envelope,
        home: &Home,
        record: Option<&IdentityRecord>,
    ) -> Result<Option<ErrorCode>, ServiceError> {
        if let Some(code) = self.forbidden(envelope, home, Action::Capture) {
            return Ok(Some(code));
        }
        let Some(record) = record else {
            return Ok(Some(MISSING));
        };
        if record.author != envelope.officer {
            return Ok(Some(ErrorCode::EnvelopeForeignOfficer));
        }
        let kind = match home {
            Home::Known { subject, .. } => subject.kind,
            // Of a subject that nobody knows yet only the check digits can be judged.
            _ => SubjectKind::Household,
        };
        let mut faults = record.people.iter().map(|p| p.number_fault(kind));
        if let Some(fault) = faults.find_map(|fault| fault.filter(|code| !self.lets_pass(*code))) {
            return Ok(Some(fault));
        }
        Ok(self.device_code())
    }

    /// Keeps a version of the record; one in quarantine is never the current one.
    pub(super) fn keep_record(
        &mut self,
        envelope: &Envelope,
        commitment: &IdentityCommitment,
        record: &IdentityRecord,
        home: &Home,
        counts: bool,
    ) -> Result<(), ServiceError> {
        let version = Version {
            at: &envelope.at,
            commitment: &commitment.commitment,
            record,
        };
        let subject = match home {
            Home::Known { subject, .. } if counts => Some(subject),
            _ => None,
        };
        keep_version(self.service, self.tx, version, subject, self.now)?;
        match subject {
            Some(subject) => self.touch_all(&subject.id),
            None => Ok(()),
        }
    }
}

/// A version of a record and the place of its commitment.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    pub(super) at: &'a ChainRef,
    pub(super) commitment: &'a Hash,
    pub(super) record: &'a IdentityRecord,
}

/// Keeps a version of a record: as the current one of `subject`, which devices of its gacha
/// learn of, or, without a subject that it counts for, beside it.
pub(super) fn keep_version(
    service: &Service,
    tx: &Tx<'_>,
    version: Version<'_>,
    subject: Option<&Subject>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let (record, commitment) = (version.record, version.commitment);
    let key = contents::key(service, tx, Scope::Identity, record.subject.as_str())?;
    let name = commitment.to_string();
    let row = IdentityRow {
        subject: record.subject.clone(),
        commitment: *commitment,
        version: record.version,
        author: record.author.clone(),
        at: version.at.to_string(),
        is_current: subject.is_some(),
        blind_id: record
            .principal()
            .and_then(|person| blind_id(service, person)),
        blind_phone: record.head().and_then(|head| blind_phone(service, head)),
        sealed: contents::seal(&key, "identity", &name, &record.to_bytes())?,
    };
    store::identity::put(tx, &row)?;
    let Some(subject) = subject else {
        return Ok(());
    };
    for older in &record.based_on {
        store::identity::supersede(tx, &record.subject, older)?;
        store::party::supersede(tx, &record.subject, older)?;
    }
    index_parties(service, tx, subject, (commitment, record))?;
    ledger::touch(tx, subject, now)?;
    store::list::append_identity(tx, subject.division, record.clone(), commitment)?;
    match &row.blind_id {
        Some(blind_id) => note_duplicates(tx, subject, blind_id, now),
        None => Ok(()),
    }
}

/// The same ID number under another subject: never merged by code (`domain.md` G 6).
fn note_duplicates(
    tx: &Tx<'_>,
    subject: &Subject,
    blind_id: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let mut same = store::identity::list_by_blind_id(tx, blind_id)?;
    same.retain(|other| *other != subject.id);
    if same.is_empty() {
        return Ok(());
    }
    let resource = format!("subject/{}", subject.id);
    let detail = serde_json::json!({ "same_id_number": same });
    let action = "identity.duplicate_candidate";
    store::log::audit(tx, now, "rule", action, &resource, &detail)?;
    Ok(())
}

/// Writes the numbers by which ledgers and registers find the subject.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn index_parties(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    (commitment, record): (&Hash, &IdentityRecord),
) -> Result<(), ServiceError> {
    let parties = parties(service, subject, record);
    Ok(store::party::put(tx, &subject.id, commitment, &parties)?)
}

fn parties(service: &Service, subject: &Subject, record: &IdentityRecord) -> Vec<Party> {
    let party = |person: &Person| {
        Some(Party {
            role: person.role.clone(),
            blind: blind_id(service, person)?,
            borrows: person.borrows_for(subject.kind),
        })
    };
    record.people.iter().filter_map(party).collect()
}

fn blind_id(service: &Service, person: &Person) -> Option<String> {
    let number = person.number()?.index_text();
    Some(service.keys.blind_id.index(&number))
}

fn blind_phone(service: &Service, person: &Person) -> Option<String> {
    let digits: String = person
        .phone
        .as_deref()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    (!digits.is_empty()).then(|| service.keys.blind_phone.index(&digits))
}

/// The record of the page that the commitment stands for.
fn committed<'a>(
    page: &'a Page,
    envelope: &Envelope,
    commitment: &IdentityCommitment,
) -> Option<&'a IdentityRecord> {
    page.identities.get(&envelope.at.seq).filter(|record| {
        record.subject == commitment.subject
            && record.commitment(&envelope.salt) == commitment.commitment
    })
}
