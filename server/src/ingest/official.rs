//! The server's own entries — resolutions, imports, official corrections — on a chain of its own,
//! so that devices receive and check them like any other.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{ChainHead, Suite};
use itgel_domain::file::entry::{Entry, EntryId};
use itgel_domain::file::envelope::{Body, Envelope, FileBody, VERSION};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, OfficerId, SubjectId};
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;
use itgel_domain::time::AtMs;

use super::file::{Keep, keep, year_of};
use super::newest_checkpoint;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::fold;
use crate::service::{Service, random};
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::envelope::{EnvelopeKind, InDocument, NewEnvelope};
use crate::store::officer::OfficerRecord;
use crate::store::{self, Tx};

/// The device and the officer that the server writes as.
const SERVER: &str = "server";

/// Appends entries that only the server may write to the file of the present year, folds them in
/// and lists them for the gacha. The caller refreshes the standing.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::SubjectErased`]; [`ErrorCode::EntryForbidden`]
/// for an entry that is an officer's to write; [`ServiceError`] of the database.
pub fn append_official(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    entries: Vec<Entry>,
    now: AtMs,
) -> Result<Vec<EntryId>, ServiceError> {
    if entries.is_empty() || !entries.iter().all(Entry::is_official) {
        return Err(ErrorCode::EntryForbidden.into());
    }
    let subject = fold::subject(tx, subject)?;
    let (device, officer) = server(service, tx, &subject, now)?;
    let incarnation = epoch(tx)?;
    let chain = store::chain::get(tx, &device, incarnation)?;
    let head = chain.map_or_else(|| ChainHead::start(&device, incarnation), |row| row.head);
    let file = FileId {
        subject: subject.id.clone(),
        year: year_of(now),
    };
    let mut facts = store::projection::get(tx, &file)?;
    let links = facts.links(&device, incarnation);
    let own = facts.chain_end(&device, incarnation);
    let body = FileBody {
        file: file.clone(),
        deps: links.deps,
        start_op: links.start_op,
        entries,
    };
    let document = InDocument {
        actor_seq: own.map_or(1, |own| own.envelopes + 1),
        last_op: body.last_op(),
    };
    let in_force = service.rules.hash_of_pack_for(tx, subject.kind, now.on())?;
    let envelope = Envelope {
        v: VERSION,
        at: ChainRef {
            device: device.clone(),
            incarnation,
            seq: head.seq + 1,
        },
        salt: data_encoding::HEXLOWER.encode(&random::<16>()?),
        officer,
        pack: in_force.unwrap_or(Hash::from_bytes([0; 32])),
        entered_at: now,
        checkpoint: Some(newest_checkpoint(tx)?),
        body: Body::File(body),
    };
    let bytes = envelope.to_bytes();
    // What devices could not read is not written.
    Envelope::from_bytes(&bytes).map_err(|e| ServiceError::from(e.code()))?;
    let id = Envelope::id_of(&envelope.salt, &bytes);
    let head = head.extend(&id);
    let key = contents::key(service, tx, Scope::File, &file.to_string())?;
    let row = NewEnvelope {
        at: &envelope.at,
        id: &id,
        chain_hash: &head.hash,
        kind: EnvelopeKind::File,
        subject: Some(&subject.id),
        file: Some(&file),
        document: Some(document),
        verdict: &Verdict::Accepted,
        sealed: &[],
        received_at: now,
    };
    keep(
        tx,
        Keep {
            row,
            bytes,
            key: &key,
            listed_in: Some(subject.division),
        },
    )?;
    store::chain::put_head(tx, &device, incarnation, head)?;
    facts.apply(&envelope);
    store::projection::put(tx, &file, &facts)?;
    Ok(envelope.identified().map(|(id, _)| id).collect())
}

/// The server as an author; it is enrolled like a device when it first writes.
fn server(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    now: AtMs,
) -> Result<(DeviceId, OfficerId), ServiceError> {
    let id = |e| ServiceError::caused("the server's name", e);
    let device: DeviceId = SERVER.parse().map_err(id)?;
    let officer: OfficerId = SERVER.parse().map_err(id)?;
    if store::device::get(tx, &device)?.is_none() {
        let region = itgel_domain::division::DivisionLevel::Region;
        let division = subject
            .division
            .ancestor(region)
            .unwrap_or(subject.division);
        let record = OfficerRecord {
            id: officer.clone(),
            name: SERVER.into(),
            division,
        };
        store::officer::put(tx, &record)?;
        let record = DeviceRecord {
            id: device.clone(),
            officer: officer.clone(),
            suite: Suite::Ed25519,
            public_key: service.keys.public_key(),
            status: DeviceStatus::Active,
            enrolled_at: now,
        };
        store::device::put(tx, &record)?;
    }
    Ok((device, officer))
}

/// A restored server goes on in its next incarnation, like a restored device.
fn epoch(tx: &Tx<'_>) -> Result<u32, ServiceError> {
    let epoch = store::meta::get(tx, store::meta::EPOCH)?;
    Ok(epoch.and_then(|text| text.parse().ok()).unwrap_or(0))
}
