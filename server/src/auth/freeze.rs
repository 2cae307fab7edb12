//! Frozen devices: two branches of one chain were signed by who knew of both (`ingest::fork`). An
//! administrator looks at the branches, asks the officer, and lifts the freeze with a reason, or
//! revokes the device.

use std::collections::BTreeMap;

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, DeviceId, OfficerId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::time::AtMs;
use rusqlite::Connection;
use serde_json::json;

use super::enrol::{administered, officer_of};
use super::kept;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::ingest;
use crate::process::note_text;
use crate::service::{Service, random};
use crate::store;
use crate::store::decision::Decision;
use crate::store::device::DeviceStatus;

/// Most places of a first branch that are shown.
const SHOWN: u32 = 200;

/// A frozen device.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FrozenLine {
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// Where its chains part, by incarnation.
    pub forks: Vec<ForkLine>,
}

/// A chain with more than one branch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ForkLine {
    /// The incarnation.
    pub incarnation: u32,
    /// The first place that stands in both branches.
    pub from: u64,
    /// The branch that came first: it stands in the chain and counts.
    pub first: Vec<BranchLine>,
    /// What came at the same places later: kept as evidence, counts nowhere.
    pub second: Vec<BranchLine>,
}

/// An envelope of a branch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BranchLine {
    /// Its place.
    pub seq: u64,
    /// Its salted id.
    pub id: Hash,
    /// The file that it writes to, if it writes to one.
    pub file: Option<FileId>,
    /// When it was written, by the clock of its device; absent if its content is gone.
    pub entered_at: Option<AtMs>,
    /// When it came.
    pub received_at: AtMs,
}

/// Why a freeze is lifted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftRequest {
    /// In words.
    pub reason: String,
}

/// The frozen devices in the administrator's divisions, each with both branches.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] for somebody who administers nothing; [`ServiceError`] of the database.
pub fn frozen(service: &Service, actor: &Actor) -> Result<Vec<FrozenLine>, ServiceError> {
    service.store.read(|connection| {
        let all = store::device::list_frozen(connection)?;
        let own = administered(connection, actor, all, |device| &device.officer)?;
        let lines = own.into_iter().map(|device| {
            Ok(FrozenLine {
                forks: forks(service, connection, &device.id)?,
                device: device.id,
                officer: device.officer,
            })
        });
        lines.collect()
    })
}

/// Lets a frozen device work again: another person than its officer has looked, and says why. What
/// it wrote stays where it is, what was set aside meanwhile is a reviewer's to decide, and whichever
/// stores hold its key open their next incarnation at their next hello.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless `actor` administers the division of the device's officer, also
/// if there is no such device; [`ErrorCode::SecondPerson`] for the officer's own device;
/// [`ErrorCode::CaseReason`] without words; [`ErrorCode::DevicePending`] and
/// [`ErrorCode::DeviceRevoked`] for one that may not work anyway.
pub fn lift_freeze(
    service: &Service,
    actor: &Actor,
    (device, request): (&DeviceId, &LiftRequest),
    now: AtMs,
) -> Result<(), ServiceError> {
    let words = note_text(&request.reason)?;
    let (actor, id) = (actor.clone(), device.clone());
    service.transact("auth.lift_freeze", move |service, tx| {
        let officer = officer_of(tx, &id)?;
        policy::may(&actor, Action::EnrolDevice, &Resource::at(officer.division))?;
        let device = store::device::get(tx, &id)?.ok_or(ErrorCode::NotAllowed)?;
        match device.status {
            DeviceStatus::Frozen => {}
            DeviceStatus::Active => return Ok(()),
            DeviceStatus::Pending => return Err(ErrorCode::DevicePending.into()),
            DeviceStatus::Revoked => return Err(ErrorCode::DeviceRevoked.into()),
        }
        if actor.officer == device.officer {
            return Err(ErrorCode::SecondPerson.into());
        }
        store::device::set_status(tx, &id, DeviceStatus::Active)?;
        ingest::place_of_device(service, tx, &id)?;
        // No store has this one: whoever says hello is told of it and goes on behind it.
        let next = store::chain::newest(tx, &id)?.saturating_add(1);
        store::chain::begin(tx, &id, next, ChainHead::start(&id, next))?;
        note(tx, &actor, &id, &words, now)?;
        kept::note(service, tx, &id)
    })
}

/// The decision, its leaf in the log and its audit row.
fn note(
    tx: &store::Tx<'_>,
    actor: &Actor,
    device: &DeviceId,
    words: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let id = DecisionId::from_random(random()?);
    let resource = format!("device:{device}");
    let decision = Decision {
        id: id.clone(),
        kind: "device".into(),
        actor: actor.officer.clone(),
        subject: resource.clone(),
        at: now,
        content: json!({ "outcome": "unfrozen", "reason": words }),
    };
    store::decision::put(tx, &decision)?;
    let text = decision.content.to_string();
    let parts: [&[u8]; 3] = [id.as_str().as_bytes(), resource.as_bytes(), text.as_bytes()];
    let leaf = Hash::of("itgel.unfreeze.v1", &parts);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = json!({ "decision": id, "leaf": leaf });
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "device.unfrozen", &resource, &detail)?;
    Ok(())
}

/// Where the chains of a device part.
fn forks(
    service: &Service,
    connection: &Connection,
    device: &DeviceId,
) -> Result<Vec<ForkLine>, ServiceError> {
    let mut second: BTreeMap<u32, Vec<BranchLine>> = BTreeMap::new();
    for (incarnation, line) in strays(service, connection, device)? {
        second.entry(incarnation).or_default().push(line);
    }
    let mut forks = Vec::new();
    for (incarnation, mut second) in second {
        second.sort_by_key(|line| (line.seq, line.received_at, line.id));
        let from = second.first().map_or(1, |line| line.seq);
        let at = ChainRef {
            device: device.clone(),
            incarnation,
            seq: from,
        };
        let mut first = Vec::new();
        for (row, received_at) in store::envelope::list_from(connection, &at, SHOWN)? {
            let bytes = contents::envelope_bytes(service, connection, &row.at)?;
            let read = bytes.and_then(|bytes| Envelope::from_bytes(&bytes).ok());
            first.push(BranchLine {
                seq: row.at.seq,
                id: row.id,
                file: row.file,
                entered_at: read.map(|envelope| envelope.entered_at),
                received_at,
            });
        }
        forks.push(ForkLine {
            incarnation,
            from,
            first,
            second,
        });
    }
    Ok(forks)
}

/// What came at taken places, with its incarnation.
fn strays(
    service: &Service,
    connection: &Connection,
    device: &DeviceId,
) -> Result<Vec<(u32, BranchLine)>, ServiceError> {
    let Some(key) = contents::find_key(service, connection, Scope::Device, device.as_str())? else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for stray in store::stray::list(connection, device)? {
        if stray.reason != ErrorCode::EnvelopeFork {
            continue;
        }
        let bytes = contents::open(&key, "stray", &stray.id.to_string(), &stray.sealed)?;
        // What does not decode names no place.
        let Ok(envelope) = Envelope::from_bytes(&bytes) else {
            continue;
        };
        let line = BranchLine {
            seq: envelope.at.seq,
            id: stray.id,
            entered_at: Some(envelope.entered_at),
            received_at: stray.received_at,
            file: match envelope.body {
                Body::File(body) => Some(body.file),
                _ => None,
            },
        };
        lines.push((envelope.at.incarnation, line));
    }
    Ok(lines)
}
