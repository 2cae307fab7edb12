//! Identity records: the chain carries the commitment, the record travels beside it and is kept
//! under the identity's own key, found by a blind index. Two officers' concurrent versions are
//! both kept; the same ID number under two subjects is a candidate for a person to look at.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Envelope, IdentityCommitment};
use itgel_domain::identity::{IdentityRecord, Person};
use itgel_domain::log::LeafKind;
use itgel_domain::person::ResidentId;
use itgel_domain::policy::Action;
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;

use super::admission::{Admission, Arrived, Home};
use super::page::Page;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::store;
use crate::store::envelope::{EnvelopeKind, NewEnvelope};
use crate::store::identity::IdentityRow;

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
        let fault = self.identity_fault(envelope, home, record)?;
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
        store::log::leaf(self.tx, LeafKind::Envelope, &arrived.id)?;
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
        let fault = self.identity_fault(envelope, &home, Some(record))?;
        let verdict = fault.map_or(Verdict::Accepted, Verdict::Quarantined);
        store::envelope::set_verdict(self.tx, &envelope.at, &verdict)?;
        self.keep_record(envelope, commitment, record, &home, fault.is_none())?;
        Ok(verdict)
    }

    fn identity_fault(
        &mut self,
        envelope: &Envelope,
        home: &Home,
        record: Option<&IdentityRecord>,
    ) -> Result<Option<ErrorCode>, ServiceError> {
        if let Some(code) = self.forbidden(envelope, home, Action::Capture)? {
            return Ok(Some(code));
        }
        let Some(record) = record else {
            return Ok(Some(MISSING));
        };
        if record.author != envelope.officer {
            return Ok(Some(ErrorCode::EnvelopeForeignOfficer));
        }
        let numbers = record
            .people
            .iter()
            .filter_map(|person| person.id_number.as_deref());
        let mut parsed = numbers.map(str::parse::<ResidentId>);
        if parsed.any(|number| number.is_err()) {
            return Ok(Some(ErrorCode::PersonIdInvalid));
        }
        Ok(self.device_code())
    }

    /// Keeps a version of the record; one in quarantine is never the current one.
    fn keep_record(
        &mut self,
        envelope: &Envelope,
        commitment: &IdentityCommitment,
        record: &IdentityRecord,
        home: &Home,
        counts: bool,
    ) -> Result<(), ServiceError> {
        let id = commitment.subject.as_str();
        let key = contents::key(self.service, self.tx, Scope::Identity, id)?;
        let name = commitment.commitment.to_string();
        let row = IdentityRow {
            subject: commitment.subject.clone(),
            commitment: commitment.commitment,
            version: record.version,
            author: record.author.clone(),
            at: envelope.at.to_string(),
            is_current: counts,
            blind_id: record.head().and_then(|head| self.blind_id(head)),
            blind_phone: record.head().and_then(|head| self.blind_phone(head)),
            sealed: contents::seal(&key, "identity", &name, &record.to_bytes())?,
        };
        store::identity::put(self.tx, &row)?;
        let Home::Known { subject, .. } = home else {
            return Ok(());
        };
        if !counts {
            return Ok(());
        }
        for older in &record.based_on {
            store::identity::supersede(self.tx, &commitment.subject, older)?;
        }
        let commitment = &commitment.commitment;
        store::list::append_identity(self.tx, subject.division, record.clone(), commitment)?;
        if let Some(blind_id) = &row.blind_id {
            self.note_duplicates(subject, blind_id)?;
        }
        self.touch_all(&subject.id)
    }

    /// The same ID number under another subject: never merged by code (`domain.md` G 6).
    fn note_duplicates(&self, subject: &Subject, blind_id: &str) -> Result<(), ServiceError> {
        let mut same = store::identity::list_by_blind_id(self.tx, blind_id)?;
        same.retain(|other| *other != subject.id);
        if same.is_empty() {
            return Ok(());
        }
        let resource = format!("subject/{}", subject.id);
        let detail = serde_json::json!({ "same_id_number": same });
        let action = "identity.duplicate_candidate";
        store::log::audit(self.tx, self.now, "rule", action, &resource, &detail)?;
        Ok(())
    }

    fn blind_id(&self, person: &Person) -> Option<String> {
        let number: ResidentId = person.id_number.as_deref()?.parse().ok()?;
        Some(self.service.keys.blind_id.index(number.as_str()))
    }

    fn blind_phone(&self, person: &Person) -> Option<String> {
        let digits: String = person
            .phone
            .as_deref()?
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        (!digits.is_empty()).then(|| self.service.keys.blind_phone.index(&digits))
    }
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
