//! Exports the evidence of who signed an envelope (`security.md` T39); it is checked by
//! [`Evidence::verify`] with nothing else but the fingerprint of the server's key.

use data_encoding::HEXLOWER;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::hash::Hash;
use itgel_domain::log::{LeafKind, inclusion_proof};
use itgel_domain::trust::{Evidence, LogPlace};
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store::log::SignedCheckpoint;
use crate::{auth, contents, store, sync};

/// The evidence of the envelope at a place.
///
/// # Errors
/// [`ErrorCode::NotFound`] if there is no such envelope of a file, or its content was erased;
/// [`ServiceError`] of the database.
pub fn evidence(service: &Service, at: &ChainRef) -> Result<Evidence, ServiceError> {
    let unknown = || ServiceError::refused(ErrorCode::NotFound);
    let checkpoint = sync::checkpoint(service, service.now())?;
    let device = service
        .store
        .read(|c| store::device::get(c, &at.device).map_err(ServiceError::from))?
        .ok_or_else(unknown)?;
    let certificate = auth::trust::certificate(service, &device)?;
    let first = service.keys.signed_with().first();
    let first = first.ok_or(ServiceError::internal("signing key"))?.clone();
    service.store.read(|connection| {
        let bytes = contents::envelope_bytes(service, connection, at)?.ok_or_else(unknown)?;
        let row = store::envelope::get(connection, at)?.ok_or_else(unknown)?;
        let head = store::trust::head_from(connection, at)?.ok_or_else(unknown)?;
        Ok(Evidence {
            version: Evidence::VERSION,
            envelope: HEXLOWER.encode(&bytes),
            before: before(connection, at)?,
            behind: behind(connection, at, head.at.seq)?,
            head,
            certificate,
            server_key: HEXLOWER.encode(&first),
            successions: service.keys.successions().to_vec(),
            log: place(connection, row.leaf, &checkpoint)?,
        })
    })
}

/// The chain's hash before a place.
fn before(connection: &Connection, at: &ChainRef) -> Result<Hash, ServiceError> {
    let Some(previous) = at.seq.checked_sub(1).filter(|seq| *seq > 0) else {
        return Ok(ChainHead::start(&at.device, at.incarnation).hash);
    };
    let previous = ChainRef {
        seq: previous,
        ..at.clone()
    };
    let row = store::envelope::get(connection, &previous)?;
    Ok(row
        .ok_or(ServiceError::internal("a chain with a hole"))?
        .chain_hash)
}

/// The ids behind a place, up to another.
fn behind(connection: &Connection, at: &ChainRef, end: u64) -> Result<Vec<Hash>, ServiceError> {
    let mut ids = Vec::new();
    for seq in at.seq + 1..=end {
        let next = ChainRef { seq, ..at.clone() };
        let row = store::envelope::get(connection, &next)?;
        ids.push(row.ok_or(ServiceError::internal("a chain with a hole"))?.id);
    }
    Ok(ids)
}

fn place(
    connection: &Connection,
    leaf: u64,
    checkpoint: &SignedCheckpoint,
) -> Result<LogPlace, ServiceError> {
    let kind = LeafKind::Envelope;
    let mut leaves = store::log::list_leaves(connection, 0)?;
    let signed = &checkpoint.checkpoint;
    leaves.truncate(usize::try_from(signed.size).unwrap_or(usize::MAX));
    let index = usize::try_from(leaf).map_err(|e| ServiceError::caused("leaf", e))?;
    Ok(LogPlace {
        leaf,
        kind,
        path: inclusion_proof(&leaves, index).map_err(|e| ServiceError::caused("log", e))?,
        size: signed.size,
        root: signed.root,
        at: signed.at,
        signature: checkpoint.signature.clone(),
    })
}
