//! In: a folder that [`super::export()`] wrote, into a database that has no row yet. Everything
//! happens in one transaction: what does not fit leaves the database as empty as it was.

use std::path::Path;
use std::sync::Arc;

use itgel_domain::error::ErrorCode;
use itgel_domain::exchange::{Group, Mapping, Schema, Table};
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::log::LeafKind;

use super::export::given;
use super::manifest::{Manifest, TableNote};
use super::{Progress, TOLD_EVERY, folder, restore, row_fault, table_fault, verify};
use crate::error::ServiceError;
use crate::journal;
use crate::service::Service;
use crate::store::{self, Tx};

/// What was imported.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The manifest of the export.
    pub manifest: Manifest,
    /// The digest of the rated picture as it now stands.
    pub digest: Hash,
    /// Assessments that were computed again and came out the same.
    pub recomputed: u64,
}

/// Told of progress, also from the writer's thread.
pub type Tell = Arc<dyn Fn(&Progress) + Send + Sync>;

/// Restores the database of an export.
///
/// # Errors
/// [`ErrorCode::ExchangeManifest`], [`ErrorCode::ExchangeSchema`] or [`ErrorCode::ExchangeKeys`]
/// for an export that cannot be taken here, [`ErrorCode::ExchangeNotEmpty`] for a database in use,
/// [`ErrorCode::ExchangeRow`], [`ErrorCode::ExchangeTable`] or [`ErrorCode::ExchangeCell`] for a
/// file that is not as it was written, [`ErrorCode::ExchangePartial`] if something is left out
/// that is needed, [`ErrorCode::ExchangeDiffers`] if what is restored computes to something else.
/// Then nothing is restored.
pub fn import(
    service: &Service,
    from: &Path,
    mapping: Option<&Mapping>,
    officer: &OfficerId,
    tell: Tell,
) -> Result<Imported, ServiceError> {
    let schema = Schema::builtin();
    let manifest = Manifest::read(from)?;
    check(service, &manifest, mapping)?;
    let (from, mapping, officer) = (from.to_owned(), mapping.cloned(), officer.clone());
    service.transact("exchange.import", move |service, tx| {
        if store::exchange::find_filled(tx)?.is_some() {
            return Err(ErrorCode::ExchangeNotEmpty.into());
        }
        for (table, note) in noted(schema, &manifest)? {
            if table.group != Group::View {
                let rows = Rows {
                    table,
                    note,
                    folder: &from,
                    mapping: mapping.as_ref(),
                };
                rows.restore(tx, &tell)?;
            }
        }
        restore::meta(tx, &manifest)?;
        restore::rebuild(service, tx, manifest.with_persons, &tell)?;
        verify::chains(service, tx)?;
        verify::log(service, tx, &manifest)?;
        let recomputed = verify::assessments(service, tx)?;
        let digest = verify::tables(service, tx, &manifest)?;
        let views = noted(schema, &manifest)?.into_iter();
        for (table, note) in views.filter(|(table, _)| table.group == Group::View) {
            folder::each(&from, mapping.as_ref(), (table, note), |_, _| Ok(()))?;
        }
        store::log_end::restart(tx, &service.keys)?;
        store::log_row::say_all(tx)?;
        // Devices learn from a signed break where the log stood, as after a backup.
        let now = service.now();
        crate::epoch::note_restored(service, tx, manifest.epoch, now)?;
        note(service, tx, &officer, &manifest)?;
        store::log::checkpoint(tx, &service.keys, now)?;
        // Whoever was erased after the export was written does not come back with it, and devices
        // stand as they stood.
        journal::replay_in(service, tx)?;
        Ok(Imported {
            manifest,
            digest,
            recomputed,
        })
    })
}

fn check(
    service: &Service,
    manifest: &Manifest,
    mapping: Option<&Mapping>,
) -> Result<(), ServiceError> {
    let schema = Schema::builtin();
    if (manifest.schema_version, manifest.schema) != (schema.version, schema.hash) {
        return Err(ErrorCode::ExchangeSchema.into());
    }
    if manifest.server_key != data_encoding::HEXLOWER.encode(&service.keys.public_key()) {
        return Err(ErrorCode::ExchangeKeys.into());
    }
    for table in schema
        .tables
        .iter()
        .filter(|table| table.group != Group::View)
    {
        let sheet = mapping.and_then(|mapping| mapping.sheet(&table.key));
        if sheet.is_some_and(|sheet| !sheet.missing(table).is_empty()) {
            return Err(table_fault(ErrorCode::ExchangePartial, table));
        }
    }
    match manifest.mapping == mapping.map(|mapping| mapping.hash) {
        true => Ok(()),
        false => Err(ErrorCode::ExchangePartial.into()),
    }
}

/// The tables that an export of this kind has, with what its manifest says of them.
fn noted<'a>(
    schema: &'a Schema,
    manifest: &'a Manifest,
) -> Result<Vec<(&'a Table, &'a TableNote)>, ServiceError> {
    let tables = given(schema, manifest.with_persons);
    tables
        .map(|table| {
            let note = manifest.tables.iter().find(|note| note.table == table.key);
            let note = note.ok_or_else(|| table_fault(ErrorCode::ExchangePartial, table))?;
            Ok((table, note))
        })
        .collect()
}

/// The file of a table on its way into the database.
struct Rows<'a> {
    table: &'a Table,
    note: &'a TableNote,
    folder: &'a Path,
    mapping: Option<&'a Mapping>,
}

impl Rows<'_> {
    fn restore(&self, tx: &Tx<'_>, tell: &Tell) -> Result<(), ServiceError> {
        let table = self.table;
        let told = |rows| {
            tell(&Progress {
                table: table.zh.clone(),
                rows,
            });
        };
        told(0);
        folder::each(
            self.folder,
            self.mapping,
            (table, self.note),
            |row, cells| {
                let mut values = Vec::with_capacity(cells.len());
                for (column, cell) in table.columns.iter().zip(cells) {
                    let value = column.read(cell).map_err(|_| {
                        row_fault(ErrorCode::ExchangeRow, table, row, Some(&column.zh))
                    })?;
                    values.push(value);
                }
                store::exchange::put_row(tx, table, &values)
                    .map_err(|_| row_fault(ErrorCode::ExchangeRow, table, row, None))?;
                if row.is_multiple_of(TOLD_EVERY) {
                    told(row);
                }
                Ok(())
            },
        )
    }
}

/// The import itself goes on record.
fn note(
    service: &Service,
    tx: &Tx<'_>,
    officer: &OfficerId,
    manifest: &Manifest,
) -> Result<(), ServiceError> {
    let resource = format!("data_share/{}", manifest.share);
    let detail = serde_json::json!({ "rows": manifest.rows(), "digest": manifest.digest });
    let (now, who) = (service.now(), officer.as_str());
    store::log::audit(tx, now, who, "data.imported", &resource, &detail)?;
    let leaf = Hash::of(
        "itgel.imported.v1",
        &[
            manifest.share.as_str().as_bytes(),
            manifest.digest.as_bytes(),
        ],
    );
    store::log::leaf(tx, LeafKind::Export, &leaf)?;
    Ok(())
}
