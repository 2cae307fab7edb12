//! Whether what was restored is what was exported: chains, log, recomputation, digests.

use std::collections::BTreeMap;

use itgel_domain::assess::{Inputs, assess};
use itgel_domain::error::ErrorCode;
use itgel_domain::exchange::{Schema, Table};
use itgel_domain::file::chain::ChainHead;
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use itgel_domain::log::Frontier;

use super::export::{digest_of, given};
use super::manifest::{Manifest, TableDigest, TableNote};
use super::source::{self, Record};
use super::table_fault;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};

/// Every device's envelopes form the chain whose head is on record.
pub(super) fn chains(service: &Service, tx: &Tx<'_>) -> Result<(), ServiceError> {
    let mut heads: BTreeMap<(DeviceId, u32), ChainHead> = BTreeMap::new();
    let envelopes = table("envelope")?;
    each(service, tx, envelopes, |row| {
        let (place, head) = take_head(&mut heads, row)?;
        let head = head.extend(&row.parse::<Hash>("id")?);
        if head.seq != row.parse::<u64>("seq")? || head.hash != row.parse("chain_hash")? {
            return Err(table_fault(ErrorCode::ExchangeDiffers, envelopes));
        }
        heads.insert(place, head);
        Ok(())
    })?;
    let chains = table("chain")?;
    each(service, tx, chains, |row| {
        let (_, head) = take_head(&mut heads, row)?;
        match head.seq == row.parse::<u64>("seq")? && head.hash == row.parse("head")? {
            true => Ok(()),
            false => Err(table_fault(ErrorCode::ExchangeDiffers, chains)),
        }
    })?;
    match heads.is_empty() {
        true => Ok(()),
        false => Err(table_fault(ErrorCode::ExchangeDiffers, chains)),
    }
}

/// The chain that a row speaks of, and its head so far.
fn take_head(
    heads: &mut BTreeMap<(DeviceId, u32), ChainHead>,
    row: &Record,
) -> Result<((DeviceId, u32), ChainHead), ServiceError> {
    let place = (row.parse::<DeviceId>("device")?, row.parse("incarnation")?);
    let begun = heads.remove(&place);
    let head = begun.unwrap_or_else(|| ChainHead::start(&place.0, place.1));
    Ok((place, head))
}

/// The leaves give the root of every signed checkpoint and the one in the manifest.
pub(super) fn log(service: &Service, tx: &Tx<'_>, manifest: &Manifest) -> Result<(), ServiceError> {
    let checkpoints = table("checkpoint")?;
    let mut signed: BTreeMap<u64, Hash> = BTreeMap::new();
    each(service, tx, checkpoints, |row| {
        signed.insert(row.parse("size")?, row.parse("root")?);
        Ok(())
    })?;
    let mut frontier = Frontier::default();
    for leaf in store::log::list_leaves(tx, 0)? {
        frontier.append(leaf);
        let is_other = |root: Hash| root != frontier.root();
        if signed.remove(&frontier.size()).is_some_and(is_other) {
            return Err(table_fault(ErrorCode::ExchangeDiffers, checkpoints));
        }
    }
    if (frontier.size(), frontier.root()) != (manifest.log.size, manifest.log.root) {
        return Err(table_fault(ErrorCode::ExchangeDiffers, table("log_leaf")?));
    }
    let newest = store::log::newest_checkpoint(tx)?;
    let is_signed = newest.is_none_or(|newest| {
        let message = newest.checkpoint.message();
        service.keys.verify(&message, &newest.signature).is_ok()
    });
    signed.retain(|size, _| *size > 0);
    match is_signed && signed.is_empty() {
        true => Ok(()),
        false => Err(table_fault(ErrorCode::ExchangeDiffers, checkpoints)),
    }
}

/// Every stored assessment comes out of its inputs again, byte for byte; returns how many. Inputs
/// from which a record had to be deleted no longer can, and are only read.
pub(super) fn assessments(service: &Service, tx: &Tx<'_>) -> Result<u64, ServiceError> {
    let assessments = table("assessment")?;
    let rules = service.rules.stored(tx);
    let mut count = 0;
    each(service, tx, assessments, |row| {
        let inputs = Inputs::decode(row.get("inputs").as_bytes(), &rules)
            .map_err(|_| table_fault(ErrorCode::ExchangeDiffers, assessments))?;
        if !row.get("shortened_at").is_empty() {
            return Ok(());
        }
        let assessment = assess(&inputs);
        let is_named = assessment.inputs == row.parse("inputs_hash")?;
        count += 1;
        match is_named && assessment.to_json() == row.get("result") {
            true => Ok(()),
            false => Err(table_fault(ErrorCode::ExchangeDiffers, assessments)),
        }
    })?;
    Ok(count)
}

/// Every table and view, exported again, has the digest that the manifest says; returns the
/// digest of the rated picture.
pub(super) fn tables(
    service: &Service,
    tx: &Tx<'_>,
    manifest: &Manifest,
) -> Result<Hash, ServiceError> {
    let schema = Schema::builtin();
    let mut notes = Vec::new();
    for table in given(schema, manifest.with_persons) {
        let mut digest = TableDigest::begin(table);
        source::each(service, tx, table, manifest.with_persons, |cells| {
            digest.add(&cells);
            Ok(())
        })?;
        let said = manifest.tables.iter().find(|note| note.table == table.key);
        if said.map(|note| (note.digest, note.rows)) != Some((digest.hash, digest.rows)) {
            return Err(table_fault(ErrorCode::ExchangeDiffers, table));
        }
        notes.push(TableNote {
            table: table.key.clone(),
            title: table.zh.clone(),
            file: None,
            sha256: None,
            is_mapped: false,
            rows: digest.rows,
            digest: digest.hash,
        });
    }
    match digest_of(schema, &notes) {
        digest if digest == manifest.digest => Ok(digest),
        _ => Err(ErrorCode::ExchangeManifest.into()),
    }
}

fn table(key: &str) -> Result<&'static Table, ServiceError> {
    let table = Schema::builtin().table(key);
    table.ok_or(ServiceError::internal("a table that the schema lacks"))
}

fn each(
    service: &Service,
    tx: &Tx<'_>,
    table: &Table,
    mut take: impl FnMut(&Record<'_>) -> Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    source::each(service, tx, table, false, |cells| {
        take(&Record::new(table, &cells))
    })
}
