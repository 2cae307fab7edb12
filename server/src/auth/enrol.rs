//! Enrolment: an administrator gives an officer a code, the officer's device makes a key and
//! shows the code once (`security.md` T28).

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::chain::Suite;
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::sync::pull::{PullItem, Revocation};
use itgel_domain::time::AtMs;
use serde_json::json;

use super::key;
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::challenge::EnrolmentUse;
use crate::store::device::{DeviceRecord, DeviceStatus};
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
}

/// Gives a code for a new device of `officer`. The code is shown once; only its hash is kept.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless `actor` administers the officer's division.
pub fn issue_enrolment(
    service: &Service,
    actor: &Actor,
    officer: &OfficerId,
    now: AtMs,
) -> Result<String, ServiceError> {
    let code = data_encoding::BASE32_NOPAD.encode(&random::<16>()?);
    let hash = code_hash(&code);
    let (actor, officer) = (actor.clone(), officer.clone());
    service.transact("auth.issue_enrolment", move |_, tx| {
        let record = store::officer::get(tx, &officer)?.ok_or(ErrorCode::NotAllowed)?;
        policy::may(&actor, Action::EnrolDevice, &Resource::at(record.division))?;
        store::challenge::put_enrolment(tx, &hash, &officer, now.plus_ms(CODE_LIFE_S * 1000))?;
        let who = actor.officer.as_str();
        let resource = format!("officer:{officer}");
        store::log::audit(tx, now, who, "enrolment.issued", &resource, &json!({}))?;
        Ok(())
    })?;
    Ok(code)
}

/// Admits a device for a good code.
///
/// # Errors
/// [`ErrorCode::EnrolmentCode`] for a code that was used, has ended or was never given; a used
/// one leaves an alarm in the audit log. Violations for a key that is none.
pub fn enrol(
    service: &Service,
    request: &EnrolRequest,
    now: AtMs,
) -> Result<Enrolment, ServiceError> {
    let public_key = checked_key(request)?;
    let device = DeviceRecord {
        id: DeviceId::from_random(random()?),
        // Replaced by the officer of the code.
        officer: OfficerId::from_random(random()?),
        suite: request.suite,
        public_key,
        status: DeviceStatus::Active,
        enrolled_at: now,
    };
    let code = code_hash(&request.code);
    let admitted =
        service.transact(
            "auth.enrol",
            move |service, tx| match store::challenge::use_enrolment(tx, &code, now)? {
                EnrolmentUse::Good(officer) => {
                    admit(service, tx, DeviceRecord { officer, ..device }, now).map(Some)
                }
                EnrolmentUse::UsedBefore(officer) => {
                    let resource = format!("officer:{officer}");
                    store::log::audit(
                        tx,
                        now,
                        "-",
                        "enrolment.code_seen_twice",
                        &resource,
                        &json!({}),
                    )?;
                    Ok(None)
                }
                EnrolmentUse::Unknown => Ok(None),
            },
        )?;
    admitted.ok_or_else(|| ErrorCode::EnrolmentCode.into())
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
    service.transact("auth.revoke", move |_, tx| {
        let device = store::device::get(tx, &id)?.ok_or(ErrorCode::NotAllowed)?;
        let officer = store::officer::get(tx, &device.officer)?.ok_or(ErrorCode::NotAllowed)?;
        policy::may(
            &actor,
            Action::RevokeDevice,
            &Resource::at(officer.division),
        )?;
        if device.status == DeviceStatus::Revoked {
            return Ok(());
        }
        store::device::set_status(tx, &id, DeviceStatus::Revoked)?;
        let banner = officer.division.ancestor(DivisionLevel::County);
        let news = PullItem::Revocation(Revocation { device: id.clone() });
        store::list::append(tx, banner.unwrap_or(officer.division), &news)?;
        let resource = format!("device:{id}");
        store::log::audit(
            tx,
            now,
            actor.officer.as_str(),
            "device.revoked",
            &resource,
            &json!({}),
        )?;
        let leaf = Hash::of("itgel.revocation.v1", &[resource.as_bytes()]);
        store::log::leaf(tx, LeafKind::Access, &leaf)?;
        Ok(())
    })
}

fn admit(
    service: &Service,
    tx: &Tx<'_>,
    device: DeviceRecord,
    now: AtMs,
) -> Result<Enrolment, ServiceError> {
    store::device::put(tx, &device)?;
    let resource = format!("device:{}", device.id);
    let detail = json!({ "key": key::thumbprint(&device.public_key) });
    store::log::audit(
        tx,
        now,
        device.officer.as_str(),
        "device.enrolled",
        &resource,
        &detail,
    )?;
    let leaf = Hash::of(
        "itgel.device.v1",
        &[resource.as_bytes(), &device.public_key],
    );
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    let grants = store::officer::grants(tx, &device.officer)?;
    let mut scope: Vec<_> = grants.iter().map(|grant| grant.division).collect();
    scope.sort_unstable();
    scope.dedup();
    Ok(Enrolment {
        device: device.id,
        officer: device.officer,
        server_key: data_encoding::HEXLOWER.encode(&service.keys.public_key()),
        scope,
    })
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
