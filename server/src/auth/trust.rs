//! What the server tells a device at every contact: its certificate, its grant, the next keys, and
//! an order to delete its store (`security.md` 4.4).

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::verify;
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::sync::hello::{TrustHeld, TrustNews};
use itgel_domain::time::AtMs;
use itgel_domain::trust::jws::thumbprint;
use itgel_domain::trust::{Certificate, Grant, Succession, WipeOrder, wiped_message};
use rusqlite::Connection;
use serde_json::json;

use super::{enrol, kept};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::rule_file::{self, RuleKind};
use crate::store::trust::GrantRow;
use crate::store::{self, Tx};

/// A grant is given anew when it is older than this, or says something else.
const RENEW_AFTER_MS: i64 = 86_400_000;

/// A device says that its store is deleted.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wiped {
    /// The device.
    pub device: DeviceId,
    /// Of the order.
    pub nonce: String,
    /// Signature with the device's key over [`wiped_message`], hexadecimal.
    pub signature: String,
}

/// The news for a device that holds what it says; `None` if there are none.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn news(
    service: &Service,
    device: &DeviceRecord,
    held: &TrustHeld,
    now: AtMs,
) -> Result<Option<TrustNews>, ServiceError> {
    let mut news = TrustNews {
        keys: keys_after(service, &held.server),
        ..TrustNews::default()
    };
    match device.status {
        DeviceStatus::Pending => news.pending = true,
        DeviceStatus::Active => {
            if !held.certified {
                news.certificate = Some(certificate(service, device)?);
            }
            let grant = renewed(service, device, now)?;
            if grant.seq != held.grant_seq {
                news.grant = Some(grant.sign(service.keys.signer()));
            }
        }
        DeviceStatus::Revoked | DeviceStatus::Frozen => {}
    }
    let wipe = service
        .store
        .read(|c| store::trust::wipe(c, &device.id).map_err(ServiceError::from))?;
    news.wipe =
        wipe.map(|row| order(&device.id, row.nonce, row.ordered_at).sign(service.keys.signer()));
    Ok((news != TrustNews::default()).then_some(news))
}

/// The certificate of a confirmed device.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn certificate(service: &Service, device: &DeviceRecord) -> Result<String, ServiceError> {
    let confirmed = service
        .store
        .read(|c| store::trust::confirmation(c, &device.id).map_err(ServiceError::from))?;
    let certificate = Certificate {
        issuer: service.config.public_url.clone(),
        device: device.id.clone(),
        officer: device.officer.clone(),
        suite: device.suite,
        public_key: device.public_key.clone(),
        issued_at: confirmed.map_or(device.enrolled_at, |(_, at)| at),
    };
    Ok(certificate.sign(service.keys.signer()))
}

/// Orders that the store of a device be deleted, after its last receipt; a device in use is revoked
/// with it. The first order stands.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless `actor` may revoke the device, also if there is no such device.
pub fn order_wipe(
    service: &Service,
    actor: &Actor,
    device: &DeviceId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let nonce = data_encoding::HEXLOWER.encode(&random::<16>()?);
    let (actor, id) = (actor.clone(), device.clone());
    service.transact("auth.wipe", move |service, tx| {
        let officer = enrol::officer_of(tx, &id)?;
        let place = Resource::at(officer.division);
        policy::may(&actor, Action::RevokeDevice, &place)?;
        if store::trust::wipe(tx, &id)?.is_some() {
            return Ok(());
        }
        enrol::revoke_in(tx, &actor, &id, &officer, now)?;
        store::trust::put_wipe(tx, &id, &nonce, &actor.officer, now)?;
        let resource = format!("device:{id}");
        let who = actor.officer.as_str();
        store::log::audit(tx, now, who, "device.wipe_ordered", &resource, &json!({}))?;
        let leaf = Hash::of("itgel.wipe.v1", &[resource.as_bytes(), nonce.as_bytes()]);
        store::log::leaf(tx, LeafKind::Access, &leaf)?;
        kept::note(service, tx, &id)
    })
}

/// Notes that a device has deleted its store. It comes without a token, since what gave tokens is
/// gone, and may come twice.
///
/// # Errors
/// [`ErrorCode::ChallengeInvalid`] for a device, an order or a signature that is none.
pub fn wiped(service: &Service, told: &Wiped, now: AtMs) -> Result<(), ServiceError> {
    let told = told.clone();
    service.transact("auth.wiped", move |service, tx| {
        let invalid = ErrorCode::ChallengeInvalid;
        let device = store::device::get(tx, &told.device)?.ok_or(invalid)?;
        let ordered = store::trust::wipe(tx, &told.device)?;
        ordered
            .filter(|row| row.nonce == told.nonce)
            .ok_or(invalid)?;
        let signature = data_encoding::HEXLOWER.decode(told.signature.as_bytes());
        let signature = signature.map_err(|_| invalid)?;
        let message = wiped_message(&told.nonce, &device.id);
        verify(device.suite, &device.public_key, &message, &signature).map_err(|_| invalid)?;
        if store::trust::set_wiped(tx, &device.id, &told.nonce, now)? {
            let resource = format!("device:{}", device.id);
            let who = device.officer.as_str();
            store::log::audit(tx, now, who, "device.wiped", &resource, &json!({}))?;
            kept::note(service, tx, &device.id)?;
        }
        Ok(())
    })
}

fn order(device: &DeviceId, nonce: String, ordered_at: AtMs) -> WipeOrder {
    WipeOrder {
        device: device.clone(),
        nonce,
        ordered_at,
    }
}

/// The statements from the key with this fingerprint on.
fn keys_after(service: &Service, pinned: &str) -> Vec<String> {
    let keys = service.keys.signed_with();
    let print = itgel_domain::trust::Invitation::key_print;
    let Some(at) = keys.iter().position(|key| print(key) == pinned) else {
        return Vec::new();
    };
    let statements = service.keys.successions().iter();
    let known = |text: &&String| {
        keys[at..]
            .iter()
            .any(|key| Succession::verify(text, key).is_ok())
    };
    statements.filter(known).cloned().collect()
}

/// The grant of a device, renewed if it is a day old or the officer's rights or the rules changed.
fn renewed(service: &Service, device: &DeviceRecord, now: AtMs) -> Result<Grant, ServiceError> {
    let (newest, grant) = service.store.read(|connection| {
        let newest = store::trust::newest_grant(connection, &device.id)?;
        Ok::<_, ServiceError>((newest, drafted(service, connection, device, now)?))
    })?;
    let content = content(&grant);
    if let Some(newest) = newest
        && newest.content == content
        && now.0 - newest.from.0 < RENEW_AFTER_MS
        && newest.from.0 <= now.0
    {
        return Ok(of_row(grant, &newest));
    }
    let row = GrantRow {
        seq: newest.map_or(1, |row| row.seq + 1),
        from: now,
        until: Grant::end(now),
        content,
    };
    let id = device.id.clone();
    service.transact("auth.grant", move |_, tx: &Tx<'_>| {
        store::trust::put_grant(tx, &id, &row)?;
        // Two contacts at once: the first one stands.
        let kept = store::trust::newest_grant(tx, &id)?;
        Ok(of_row(grant, &kept.unwrap_or(row)))
    })
}

fn of_row(grant: Grant, row: &GrantRow) -> Grant {
    Grant {
        seq: row.seq,
        from: row.from,
        until: row.until,
        ..grant
    }
}

/// What a grant would say now.
fn drafted(
    service: &Service,
    connection: &Connection,
    device: &DeviceRecord,
    now: AtMs,
) -> Result<Grant, ServiceError> {
    let grants = store::officer::grants(connection, &device.officer)?;
    let mut roles: Vec<_> = grants.iter().map(|grant| grant.role).collect();
    let mut divisions: Vec<_> = grants.iter().map(|grant| grant.division).collect();
    roles.sort_unstable();
    roles.dedup();
    divisions.sort_unstable();
    divisions.dedup();
    Ok(Grant {
        issuer: service.config.public_url.clone(),
        device: device.id.clone(),
        officer: device.officer.clone(),
        key: thumbprint(&device.public_key),
        roles,
        divisions,
        packs: packs_in_force(service, connection, now)?,
        seq: 0,
        from: now,
        until: Grant::end(now),
    })
}

fn packs_in_force(
    service: &Service,
    connection: &Connection,
    now: AtMs,
) -> Result<Vec<String>, ServiceError> {
    let mut packs = Vec::new();
    for row in rule_file::list(connection, RuleKind::Pack)? {
        if row.holds_on(now.on()) {
            packs.push(service.rules.pack(connection, &row.hash)?.scorecard());
        }
    }
    packs.sort_unstable();
    packs.dedup();
    Ok(packs)
}

fn content(grant: &Grant) -> Hash {
    let roles: Vec<&str> = grant.roles.iter().map(|role| role.as_str()).collect();
    let divisions: Vec<String> = grant.divisions.iter().map(ToString::to_string).collect();
    let parts = [
        grant.key.as_bytes(),
        &roles.join(" ").into_bytes(),
        &divisions.join(" ").into_bytes(),
        &grant.packs.join(" ").into_bytes(),
    ];
    Hash::of("itgel.grant.v1", &parts)
}
