//! The server's half of the sync protocol: `hello → push* → pull*` for one device, and what
//! follows when there is time: `fetch*` and `send_chunk*`.
//!
//! A session is in-process; the routes use it as well, so that a simulation and a phone speak
//! with the same code.

mod told;

use std::collections::BTreeSet;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::hash::Hash;
use itgel_domain::log::{Checkpoint, Frontier, growth_proof};
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::sync::fetch::{Fetch, Fetched, MAX_POSITIONS};
use itgel_domain::sync::hello::{DivisionName, Hello, HelloAnswer, ListEnd, names_digest};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{EnvelopeItem, IdentityItem, Pull, PullItem, PullPage, PulledItem};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::{SyncProtocol, common_version};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::list::{Content, ListRow};
use crate::store::log::SignedCheckpoint;
use crate::store::{self, meta};
use crate::{auth, contents, epoch, ingest, media};

/// Most items of a page: a bound for one read, about what fits into 64 KiB.
const PAGE_ITEMS: u32 = 512;

/// Most bytes of a page that a device can ask for.
const MAX_PAGE_BYTES: u32 = 1 << 20;

/// A device that speaks with the server; its token was checked before.
#[derive(Clone)]
pub struct DeviceSession {
    /// The service.
    pub service: Service,
    /// The device.
    pub device: DeviceRecord,
}

impl SyncProtocol for DeviceSession {
    type Error = ServiceError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, ServiceError> {
        let answer = self.welcome(request)?;
        told::note(&self.service, &self.device, request, &answer)?;
        Ok(answer)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, ServiceError> {
        ingest::push(&self.service, &self.device, request.clone())
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, ServiceError> {
        let service = &self.service;
        let mut page = service.store.read(|connection| {
            self.check_list(connection, request.division)?;
            page(service, connection, &self.device, request)
        })?;
        page.signature = service.keys.sign(&page.message());
        Ok(page)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, ServiceError> {
        if request.positions.len() > MAX_POSITIONS {
            return Err(ErrorCode::RequestTooLarge.into());
        }
        if self.is_stopped() {
            // It asks for what it was named before: no news, and no reason to stop sending.
            return Ok(Fetched {
                division: request.division,
                items: Vec::new(),
            });
        }
        let service = &self.service;
        service.store.read(|connection| {
            self.check_list(connection, request.division)?;
            fetched(service, connection, &self.device, request)
        })
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, ServiceError> {
        media::take(&self.service, &self.device, request.clone())
    }
}

impl DeviceSession {
    /// A session of `device`.
    #[must_use]
    pub const fn new(service: Service, device: DeviceRecord) -> Self {
        Self { service, device }
    }

    /// Where both sides stand. Nothing is noted: an answer in a file may never be read.
    ///
    /// # Errors
    /// [`ErrorCode::ProtocolVersion`], [`ErrorCode::EnvelopeForeignDevice`]; [`ServiceError`] of the
    /// database.
    pub fn welcome(&self, request: &Hello) -> Result<HelloAnswer, ServiceError> {
        let protocol = common_version(request.protocol).ok_or(ErrorCode::ProtocolVersion)?;
        if request.device != self.device.id {
            return Err(ErrorCode::EnvelopeForeignDevice.into());
        }
        let service = &self.service;
        let now = service.now();
        let news = match &request.trust {
            Some(held) => auth::trust::news(service, &self.device, held, now)?,
            None => None,
        };
        let drift_ms = request.clock.0.saturating_sub(now.0);
        tracing::debug!(device = %self.device.id, drift_ms, "hello");
        let mut answer = service.store.read(|connection| {
            let (device, incarnation) = (&self.device.id, request.incarnation);
            let chain = store::chain::get(connection, device, incarnation)?;
            let start = || ChainHead::start(device, incarnation);
            let signed = newest_checkpoint(service, connection)?;
            Ok::<_, ServiceError>(HelloAnswer {
                protocol,
                epoch: u64::from(meta::epoch(connection)?),
                incarnation: store::chain::newest(connection, device)?,
                head: chain.map_or_else(start, |row| row.head),
                lists: self.lists(connection)?,
                clock: now,
                checkpoint: signed.checkpoint.tree(),
                checkpoint_signature: signed.signature,
                checkpoint_at: signed.checkpoint.at,
                trust: news,
                consistency: growth(connection, request.checkpoint, signed.checkpoint.size)?,
                restored: epoch::restored_now(service, connection)?,
                names: self.names(connection, request, now)?,
                signature: String::new(),
            })
        })?;
        answer.signature = service.keys.sign(&answer.message(&request.digest()));
        Ok(answer)
    }

    /// Whether it may send into quarantine, and nothing else.
    fn is_stopped(&self) -> bool {
        [DeviceStatus::Revoked, DeviceStatus::Frozen].contains(&self.device.status)
    }

    /// Whether this device may read a list now.
    fn check_list(
        &self,
        connection: &Connection,
        division: DivisionCode,
    ) -> Result<(), ServiceError> {
        match self.scope(connection)?.contains(&division) {
            true => Ok(()),
            false if self.device.status == DeviceStatus::Pending => {
                Err(ErrorCode::DevicePending.into())
            }
            false => Err(ErrorCode::ScopeOutside.into()),
        }
    }

    /// The divisions whose lists this device pulls. One that waits for its confirmation pulls what
    /// the banner's devices share, rules and campaigns, and nothing of any person.
    fn scope(&self, connection: &Connection) -> Result<BTreeSet<DivisionCode>, ServiceError> {
        let actor = auth::officer_actor(connection, &self.device.officer)?;
        let mut scope = scope(connection, &actor)?;
        match self.device.status {
            DeviceStatus::Active => Ok(scope),
            DeviceStatus::Pending => {
                scope.retain(|division| division.level() <= DivisionLevel::County);
                Ok(scope)
            }
            DeviceStatus::Revoked | DeviceStatus::Frozen => Err(ErrorCode::DeviceRevoked.into()),
        }
    }

    /// What the divisions of these lists are called, if the device asks and holds something else.
    fn names(
        &self,
        connection: &Connection,
        request: &Hello,
        now: AtMs,
    ) -> Result<Option<Vec<DivisionName>>, ServiceError> {
        let Some(held) = request.names else {
            return Ok(None);
        };
        let mut names = Vec::new();
        for list in self.lists(connection)? {
            let known = store::division::get(connection, list.division, now.on())?;
            names.extend(known.map(|division| DivisionName {
                division: division.code,
                name: division.name,
                name_mn: division.name_mn,
            }));
        }
        Ok((names_digest(&names) != held).then_some(names))
    }

    /// The ends of the lists that this device pulls.
    fn lists(&self, connection: &Connection) -> Result<Vec<ListEnd>, ServiceError> {
        if self.is_stopped() {
            return Ok(Vec::new());
        }
        let scope = self.scope(connection)?.into_iter();
        scope
            .map(|division| Ok(store::list::end(connection, division)?))
            .collect()
    }
}

/// Signs the log as it stands, in a transaction of its own.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn checkpoint(service: &Service, now: AtMs) -> Result<SignedCheckpoint, ServiceError> {
    service.transact("sync.checkpoint", move |service, tx| {
        Ok(store::log::checkpoint(tx, &service.keys, now)?)
    })
}

/// The divisions whose lists an officer's devices pull: the gachas of the grants, and the banners
/// that they lie in, for what all gachas share.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn scope(
    connection: &Connection,
    actor: &Actor,
) -> Result<BTreeSet<DivisionCode>, ServiceError> {
    let mut scope = BTreeSet::new();
    for grant in &actor.grants {
        if may(actor, Action::Pull, &Resource::at(grant.division)).is_err() {
            continue;
        }
        let within = grant.division;
        let gachas = store::division::list_any_day(connection, within, DivisionLevel::Village)?;
        scope.extend(gachas);
        if within.level() == DivisionLevel::Village {
            scope.insert(within);
        }
        scope.extend(within.ancestor(DivisionLevel::County));
    }
    Ok(scope)
}

/// The newest checkpoint under the present key; of a log without one, the empty log, signed now.
fn newest_checkpoint(
    service: &Service,
    connection: &Connection,
) -> Result<SignedCheckpoint, ServiceError> {
    let newest = store::log::newest_checkpoint(connection)?;
    let empty = || {
        let checkpoint = Checkpoint::of(&Frontier::default(), service.now());
        SignedCheckpoint::sign(&service.keys, checkpoint)
    };
    let newest = newest.unwrap_or_else(empty);
    // After a rotation devices check what it says with the present key alone.
    let is_present = newest
        .checkpoint
        .verify(&service.keys.public_key(), &newest.signature);
    Ok(match is_present {
        Ok(()) => newest,
        Err(_) => SignedCheckpoint::sign(&service.keys, newest.checkpoint),
    })
}

/// A page of a list, unsigned: as many items as fit into the asked bytes, at least one.
fn page(
    service: &Service,
    connection: &Connection,
    device: &DeviceRecord,
    request: &Pull,
) -> Result<PullPage, ServiceError> {
    let room = request.max_bytes.min(MAX_PAGE_BYTES) as usize;
    let end = store::list::end(connection, request.division)?;
    let mut page = PullPage {
        division: request.division,
        items: Vec::new(),
        is_end: true,
        digest: digest_at(connection, request, &end)?,
        signature: String::new(),
    };
    let mut used = 0;
    for row in store::list::list(connection, request.division, request.after, PAGE_ITEMS)? {
        let named = if request.brief == Some(true) {
            deferred(connection, device, &row)?
        } else {
            None
        };
        let item = match named {
            Some(named) => named,
            None => pulled(service, connection, device, &row)?,
        };
        used += item.bytes.len();
        if used > room && !page.items.is_empty() {
            break;
        }
        page.digest = row.digest;
        page.items.push(item);
    }
    let last = page
        .items
        .last()
        .map_or(request.after, |item| item.position);
    page.is_end = last >= end.position;
    Ok(page)
}

/// The items at the asked positions, as many as fit and at least one.
fn fetched(
    service: &Service,
    connection: &Connection,
    device: &DeviceRecord,
    request: &Fetch,
) -> Result<Fetched, ServiceError> {
    let room = request.max_bytes.min(MAX_PAGE_BYTES) as usize;
    let (mut items, mut used) = (Vec::new(), 0);
    for position in &request.positions {
        let Some(row) = store::list::get(connection, request.division, *position)? else {
            continue;
        };
        let item = pulled(service, connection, device, &row)?;
        used += item.bytes.len();
        if used > room && !items.is_empty() {
            break;
        }
        items.push(item);
    }
    Ok(Fetched {
        division: request.division,
        items,
    })
}

/// An envelope of another device by its name; its own ones always come whole, because a device
/// that lost its receipts finds them there.
fn deferred(
    connection: &Connection,
    device: &DeviceRecord,
    row: &ListRow,
) -> Result<Option<PulledItem>, ServiceError> {
    let Content::Envelope { at, moved, .. } = &row.content else {
        return Ok(None);
    };
    if at.device == device.id || *moved {
        return Ok(None);
    }
    let kept = store::envelope::get(connection, at)?;
    let file = kept.and_then(|kept| kept.file);
    Ok(file.map(|file| PulledItem::deferred(row.position, row.kind, &row.hash, &file.subject)))
}

/// That the log has only grown since the state that a device holds; `None` if it cannot be shown.
fn growth(
    connection: &Connection,
    held: Option<CheckpointRef>,
    size: u64,
) -> Result<Option<Vec<Hash>>, ServiceError> {
    let Some(held) = held else { return Ok(None) };
    let Some(edge) = store::log::frontier_at(connection, held.size)? else {
        return Ok(None);
    };
    let is_ours = edge.root() == held.root && held.size <= size;
    if !is_ours {
        tracing::error!(
            size = held.size,
            "a device holds a log that is not this one"
        );
        return Ok(None);
    }
    let newer = store::log::list_leaves_between(connection, held.size, size)?;
    Ok(Some(growth_proof(&edge, &newer)))
}

/// The digest of the list at the asked cursor.
fn digest_at(connection: &Connection, request: &Pull, end: &ListEnd) -> Result<Hash, ServiceError> {
    if request.after >= end.position {
        return Ok(end.digest);
    }
    let Some(before) = request.after.checked_sub(1) else {
        return Ok(itgel_domain::sync::pull::empty_digest(request.division));
    };
    let row = store::list::list(connection, request.division, before, 1)?.pop();
    Ok(row.map_or(end.digest, |row| row.digest))
}

/// The item at a position; what was erased is replaced by its hash, and what has moved away for
/// everybody but its author. Whoever has both lists would take the old word for the newer one
/// otherwise, for lists are read in any order; the author hears of it in the list that it left
/// (`ingest::sender`).
fn pulled(
    service: &Service,
    connection: &Connection,
    device: &DeviceRecord,
    row: &ListRow,
) -> Result<PulledItem, ServiceError> {
    let bytes = match &row.content {
        Content::Item(bytes) if bytes.is_empty() => None,
        Content::Item(bytes) => Some(bytes.clone()),
        Content::Envelope {
            at, moved: true, ..
        } if at.device != device.id => None,
        Content::Envelope {
            at, quarantined, ..
        } => {
            let bytes = contents::envelope_bytes(service, connection, at)?;
            let item = |bytes| {
                PullItem::Envelope(EnvelopeItem {
                    bytes,
                    quarantined: *quarantined,
                })
            };
            bytes.map(|bytes| item(bytes).to_bytes())
        }
        Content::Identity {
            subject,
            commitment,
        } => {
            let kept = store::identity::get(connection, subject, commitment)?;
            let record = match kept {
                Some(kept) => contents::read_identity(service, connection, &kept)?,
                None => None,
            };
            let item = |record| IdentityItem {
                record,
                commitment: *commitment,
            };
            record.map(|record| PullItem::Identity(item(record)).to_bytes())
        }
    };
    Ok(match bytes {
        Some(bytes) => PulledItem {
            position: row.position,
            kind: row.kind,
            bytes,
        },
        None => PulledItem::gone(row.position, row.kind, &row.hash),
    })
}
