//! Enrolment: an administrator gives an officer a code, the officer's device makes a key and
//! shows the code once; then two people compare six words (`security.md` T28, ADR 21).

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::chain::Suite;
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::sync::pull::{PullItem, Revocation};
use itgel_domain::time::AtMs;
use itgel_domain::trust::{Invitation, fingerprint};
use itgel_text::{self as text, Lang};
use rusqlite::Connection;
use serde_json::json;

use super::{kept, key};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::chain::OpenTail;
use crate::store::challenge::EnrolmentUse;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::officer::OfficerRecord;
use crate::store::{self, Tx};

/// How long a code may be used.
pub const CODE_LIFE_S: i64 = 30 * 60;

/// A device asks to be admitted.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The code.
    pub code: String,
    /// The device's public key, hexadecimal.
    pub public_key: String,
    /// The suite of the key.
    pub suite: Suite,
}

/// A device is admitted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Enrolment {
    /// Its identifier.
    pub device: DeviceId,
    /// Whose it is.
    pub officer: OfficerId,
    /// The server's public key to pin, hexadecimal.
    pub server_key: String,
    /// The divisions in which the officer works.
    pub scope: Vec<DivisionCode>,
    /// Whether an administrator still has to compare the fingerprint.
    #[serde(default)]
    pub is_pending: bool,
    /// The number with which the receipts begin that it gives out by itself.
    pub number: u32,
}

/// A device that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WaitingLine {
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// The six words that its screen shows too.
    pub fingerprint: String,
    /// When it was enrolled.
    pub enrolled_at: AtMs,
    /// What earlier devices of the officer spoke of and never sent.
    pub open_tails: Vec<OpenTail>,
}

/// A device before it has an officer.
struct NewDevice {
    id: DeviceId,
    suite: Suite,
    public_key: Vec<u8>,
}

/// Who still has to look before a device that used a code may work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// An administrator compares the fingerprint.
    Needed,
    /// Nobody: the code is of the operator, who stands at the server's own console when the first
    /// administrators enrol and could not be asked by anybody (ADR 21).
    AtTheMachine,
}

/// Gives a code for a new device of `officer`. The code is shown once; only its hash is kept.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless `actor` administers the officer's division.
pub fn issue_enrolment(
    service: &Service,
    actor: &Actor,
    officer: &OfficerId,
    confirmation: Confirmation,
    now: AtMs,
) -> Result<Invitation, ServiceError> {
    let code = data_encoding::BASE32_NOPAD.encode(&random::<16>()?);
    let hash = code_hash(&code);
    let (actor, officer) = (actor.clone(), officer.clone());
    service.transact("auth.issue_enrolment", move |_, tx| {
        let record = store::officer::get(tx, &officer)?.ok_or(ErrorCode::NotAllowed)?;
        policy::may(&actor, Action::EnrolDevice, &Resource::at(record.division))?;
        let ends = now.plus_ms(CODE_LIFE_S * 1000);
        let is_confirmed = confirmation == Confirmation::AtTheMachine;
        store::challenge::put_enrolment(tx, &hash, &officer, is_confirmed, ends)?;
        let who = actor.officer.as_str();
        let resource = format!("officer:{officer}");
        store::log::audit(tx, now, who, "enrolment.issued", &resource, &json!({}))?;
        Ok(())
    })?;
    let address = &service.config.public_url;
    Ok(Invitation::new(address, &code, &service.keys.public_key()))
}

/// Admits a device for a good code. An answer that got lost does not use the code up: the same key
/// with the same code gets the same answer again.
///
/// # Errors
/// [`ErrorCode::EnrolmentCode`] for a code that has ended or was never given, and for one that
/// another key has used: that leaves an alarm in the audit log. Violations for a key that is none.
pub fn enrol(
    service: &Service,
    request: &EnrolRequest,
    now: AtMs,
) -> Result<Enrolment, ServiceError> {
    let public_key = checked_key(request)?;
    let new = NewDevice {
        id: DeviceId::from_random(random()?),
        suite: request.suite,
        public_key,
    };
    let code = code_hash(&request.code);
    let admitted =
        service.transact(
            "auth.enrol",
            move |service, tx| match store::challenge::find_enrolment(tx, &code, now)? {
                EnrolmentUse::Good {
                    officer,
                    is_confirmed,
                } => {
                    store::challenge::use_enrolment(tx, &code, &new.id, now)?;
                    admit(service, tx, new.of(officer, is_confirmed, now), now).map(Some)
                }
                EnrolmentUse::Used { officer, device } => {
                    let known = store::device::get(tx, &device)?;
                    let again = known.filter(|known| {
                        known.public_key == new.public_key && known.suite == new.suite
                    });
                    match again {
                        Some(device) => answer(service, tx, device).map(Some),
                        None => seen_twice(tx, &officer, now).map(|()| None),
                    }
                }
                EnrolmentUse::Unknown => Ok(None),
            },
        )?;
    admitted.ok_or_else(|| ErrorCode::EnrolmentCode.into())
}

/// Confirms a device: an administrator has compared the words on its screen with those shown here,
/// and gives them.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless `actor` administers the division of the device's officer, also if
/// no such device waits; [`ErrorCode::SecondPerson`] for the officer's own device;
/// [`ErrorCode::DeviceFingerprint`] for other words, which leaves an alarm in the audit log.
pub fn confirm(
    service: &Service,
    actor: &Actor,
    device: &DeviceId,
    words: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let (actor, id, words) = (actor.clone(), device.clone(), words.to_owned());
    let is_same = service.transact("auth.confirm", move |service, tx| {
        let officer = officer_of(tx, &id)?;
        policy::may(&actor, Action::EnrolDevice, &Resource::at(officer.division))?;
        let device = store::device::get(tx, &id)?.ok_or(ErrorCode::NotAllowed)?;
        match device.status {
            DeviceStatus::Pending => {}
            DeviceStatus::Active => return Ok(true),
            DeviceStatus::Revoked | DeviceStatus::Frozen => {
                return Err(ErrorCode::DeviceRevoked.into());
            }
        }
        if actor.officer == device.officer {
            return Err(ErrorCode::SecondPerson.into());
        }
        let (who, resource) = (actor.officer.as_str(), format!("device:{id}"));
        if !text::is_fingerprint(&words, &fingerprint::of(&device.public_key)) {
            let action = "device.fingerprint_differs";
            store::log::audit(tx, now, who, action, &resource, &json!({}))?;
            return Ok(false);
        }
        store::device::set_status(tx, &id, DeviceStatus::Active)?;
        store::trust::put_confirmation(tx, &id, &actor.officer, now)?;
        store::log::audit(tx, now, who, "device.confirmed", &resource, &json!({}))?;
        let parts: [&[u8]; 2] = [resource.as_bytes(), &device.public_key];
        let leaf = Hash::of("itgel.confirmation.v1", &parts);
        store::log::leaf(tx, LeafKind::Access, &leaf)?;
        kept::note(service, tx, &id)?;
        Ok(true)
    })?;
    is_same
        .then_some(())
        .ok_or_else(|| ErrorCode::DeviceFingerprint.into())
}

/// The devices that wait for their confirmation in the administrator's divisions, with their words,
/// and what earlier devices of the same officer never sent.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] for somebody who administers nothing.
pub fn waiting(
    connection: &Connection,
    actor: &Actor,
    lang: Lang,
) -> Result<Vec<WaitingLine>, ServiceError> {
    let mut lines = Vec::new();
    let all = store::trust::list_waiting(connection)?;
    for waiting in administered(connection, actor, all, |waiting| &waiting.officer)? {
        lines.push(WaitingLine {
            fingerprint: text::fingerprint(lang, &fingerprint::of(&waiting.public_key)),
            open_tails: store::chain::list_open_tails(connection, &waiting.officer)?,
            device: waiting.device,
            officer: waiting.officer,
            enrolled_at: waiting.enrolled_at,
        });
    }
    Ok(lines)
}

/// What of a list of devices is of officers in the administrator's divisions.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] for somebody who administers nothing; [`ServiceError`] of the database.
pub(super) fn administered<T>(
    connection: &Connection,
    actor: &Actor,
    devices: Vec<T>,
    officer: impl Fn(&T) -> &OfficerId,
) -> Result<Vec<T>, ServiceError> {
    let administers =
        |division| policy::may(actor, Action::EnrolDevice, &Resource::at(division)).is_ok();
    if !actor.grants.iter().any(|grant| administers(grant.division)) {
        return Err(ErrorCode::NotAllowed.into());
    }
    let mut own = Vec::new();
    for device in devices {
        let officer = store::officer::get(connection, officer(&device))?;
        let officer = officer.ok_or(ServiceError::internal("a device of nobody"))?;
        if administers(officer.division) {
            own.push(device);
        }
    }
    Ok(own)
}

/// Revokes a device, at once: it may still upload, into quarantine, and nothing else. The devices
/// of its officer's banner learn of it.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless `actor` administers the division of the device's officer, also
/// if there is no such device.
pub fn revoke(
    service: &Service,
    actor: &Actor,
    device: &DeviceId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let (actor, id) = (actor.clone(), device.clone());
    service.transact("auth.revoke", move |service, tx| {
        let officer = officer_of(tx, &id)?;
        let place = Resource::at(officer.division);
        policy::may(&actor, Action::RevokeDevice, &place)?;
        revoke_in(tx, &actor, &id, &officer, now)?;
        kept::note(service, tx, &id)
    })
}

/// The officer of a device.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] if there is no such device.
pub(super) fn officer_of(tx: &Tx<'_>, device: &DeviceId) -> Result<OfficerRecord, ServiceError> {
    let device = store::device::get(tx, device)?.ok_or(ErrorCode::NotAllowed)?;
    let officer = store::officer::get(tx, &device.officer)?;
    officer.ok_or_else(|| ErrorCode::NotAllowed.into())
}

/// Revokes a device within a transaction, once; the caller notes it in the journal.
pub(super) fn revoke_in(
    tx: &Tx<'_>,
    actor: &Actor,
    id: &DeviceId,
    officer: &OfficerRecord,
    now: AtMs,
) -> Result<(), ServiceError> {
    let device = store::device::get(tx, id)?.ok_or(ErrorCode::NotAllowed)?;
    if device.status == DeviceStatus::Revoked {
        return Ok(());
    }
    store::device::revoke(tx, id, now)?;
    let banner = officer.division.ancestor(DivisionLevel::County);
    let news = PullItem::Revocation(Revocation { device: id.clone() });
    store::list::append(tx, banner.unwrap_or(officer.division), &news)?;
    let (who, resource) = (actor.officer.as_str(), format!("device:{id}"));
    store::log::audit(tx, now, who, "device.revoked", &resource, &json!({}))?;
    let leaf = Hash::of("itgel.revocation.v1", &[resource.as_bytes()]);
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    Ok(())
}

impl NewDevice {
    fn of(self, officer: OfficerId, is_confirmed: bool, now: AtMs) -> DeviceRecord {
        let status = match is_confirmed {
            true => DeviceStatus::Active,
            false => DeviceStatus::Pending,
        };
        DeviceRecord {
            id: self.id,
            officer,
            suite: self.suite,
            public_key: self.public_key,
            status,
            enrolled_at: now,
        }
    }
}

fn admit(
    service: &Service,
    tx: &Tx<'_>,
    device: DeviceRecord,
    now: AtMs,
) -> Result<Enrolment, ServiceError> {
    store::device::put(tx, &device)?;
    let (who, resource) = (device.officer.as_str(), format!("device:{}", device.id));
    let detail = json!({ "key": key::thumbprint(&device.public_key) });
    store::log::audit(tx, now, who, "device.enrolled", &resource, &detail)?;
    let parts: [&[u8]; 2] = [resource.as_bytes(), &device.public_key];
    let leaf = Hash::of("itgel.device.v1", &parts);
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    // What an earlier device spoke of and never sent: somebody asks the officer about it (T07).
    for tail in store::chain::list_open_tails(tx, &device.officer)? {
        let resource = format!("device:{}", tail.device);
        let detail = json!({ "incarnation": tail.incarnation, "from": tail.from, "to": tail.to });
        store::log::audit(tx, now, who, "device.tail_lost", &resource, &detail)?;
    }
    let id = device.id.clone();
    let answer = answer(service, tx, device)?;
    kept::note(service, tx, &id)?;
    Ok(answer)
}

/// What a device is told when it is admitted.
fn answer(service: &Service, tx: &Tx<'_>, device: DeviceRecord) -> Result<Enrolment, ServiceError> {
    let grants = store::officer::grants(tx, &device.officer)?;
    let mut scope: Vec<_> = grants.iter().map(|grant| grant.division).collect();
    scope.sort_unstable();
    scope.dedup();
    let number = store::device::number(tx, &device.id)?;
    Ok(Enrolment {
        is_pending: device.status == DeviceStatus::Pending,
        device: device.id,
        officer: device.officer,
        server_key: data_encoding::HEXLOWER.encode(&service.keys.public_key()),
        scope,
        number,
    })
}

/// A code was shown by a second key: somebody else has seen it.
fn seen_twice(tx: &Tx<'_>, officer: &OfficerId, now: AtMs) -> Result<(), ServiceError> {
    let resource = format!("officer:{officer}");
    let action = "enrolment.code_seen_twice";
    store::log::audit(tx, now, "-", action, &resource, &json!({}))?;
    tracing::warn!("an enrolment code was shown by a second key");
    Ok(())
}

fn checked_key(request: &EnrolRequest) -> Result<Vec<u8>, ServiceError> {
    let mut violations = Vec::new();
    if request.suite != Suite::Ed25519 {
        violations.push(
            Violation::new("suite", ErrorCode::ValueNotAChoice).with("choices", Suite::Ed25519),
        );
    }
    let decoded = data_encoding::HEXLOWER.decode(request.public_key.as_bytes());
    let public_key = decoded.ok().filter(|bytes| bytes.len() == key::KEY_BYTES);
    match public_key {
        Some(public_key) if violations.is_empty() => Ok(public_key),
        found => {
            if found.is_none() {
                violations.push(Violation::new("public_key", ErrorCode::ValueWrongType));
            }
            Err(ServiceError::Refused {
                code: ErrorCode::ValueNotAChoice,
                violations,
            })
        }
    }
}

/// Codes are read aloud and typed: case and spaces do not count.
fn code_hash(code: &str) -> Hash {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    Hash::of("itgel.enrolment.v1", &[plain.as_bytes()])
}
