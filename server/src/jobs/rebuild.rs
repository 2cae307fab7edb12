//! The proof that screens and grades read what officers wrote: files are built again from their
//! envelopes as documents, and compared with the projections (`design.md` 4). Whatever differs is
//! an alarm in the audit log; nothing is repaired behind anybody's back.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::file::document::{Difference, compare, rebuild};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::id::DeviceId;
use itgel_domain::sync::push::Verdict;
use rusqlite::Connection;

use super::{JobKind, REBUILD_EVERY_MS, enqueue};
use crate::contents;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::job::{self, JobRow};

/// Files of one run; the next run goes on behind them.
const PER_RUN: usize = 500;

/// Differences of one file that an alarm names.
const NAMED: usize = 5;

/// Where a run begins.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// The last file of the run before.
    after: String,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Its document cannot be built.
    Document(String),
    /// Entries of document and projection differ.
    Entries(Vec<Difference>),
    /// The projection is not the fold of the envelopes.
    Fold,
}

pub(super) fn run(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: Option<Content> = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a rebuild job", e))?;
    let after = content.unwrap_or_default().after;
    let files = service.store.read(|connection| {
        store::projection::list_files(connection, &after, PER_RUN).map_err(ServiceError::from)
    })?;
    let mut faults = Vec::new();
    for file in &files {
        let fault = service
            .store
            .read(|connection| check(service, connection, file))?;
        faults.extend(fault.map(|fault| (file.clone(), fault)));
    }
    let next = files
        .last()
        .filter(|_| files.len() == PER_RUN)
        .map(ToString::to_string);
    let job = job.clone();
    service.transact("jobs.rebuild_files", move |service, tx| {
        if !job::finish(tx, &job)? {
            return Ok(());
        }
        let now = service.now();
        for (file, fault) in &faults {
            tracing::error!(%file, "a file differs from its envelopes");
            let resource = format!("file/{file}");
            store::log::audit(
                tx,
                now,
                "rule",
                "alarm.file_differs",
                &resource,
                &told(fault),
            )?;
        }
        let (content, run_at) = match next {
            Some(after) => (serde_json::json!(Content { after }), now),
            None => (serde_json::Value::Null, now.plus_ms(REBUILD_EVERY_MS)),
        };
        enqueue(tx, JobKind::RebuildFiles, "", &content, run_at)
    })
}

/// Builds a file from its envelopes and compares; `None` if all is well, or all was erased.
pub(super) fn check(
    service: &Service,
    connection: &Connection,
    file: &FileId,
) -> Result<Option<Fault>, ServiceError> {
    let (mut envelopes, mut quarantined) = (Vec::<Envelope>::new(), BTreeSet::new());
    let mut fold = FileFacts::default();
    for stored in store::envelope::list_file(connection, file)? {
        if stored.row.document.is_none() {
            continue;
        }
        let Some(envelope) = contents::read_envelope(service, connection, &stored)? else {
            return Ok(None);
        };
        if matches!(stored.row.verdict, Verdict::Quarantined { .. }) {
            fold.apply_quarantined(&envelope);
            quarantined.insert(envelope.at.clone());
        } else {
            fold.apply(&envelope);
        }
        envelopes.push(envelope);
    }
    let facts = store::projection::get(connection, file)?;
    if fold.digest() != facts.digest() {
        return Ok(Some(Fault::Fold));
    }
    let keys = keys_of(connection, &envelopes)?;
    let public_key = |at: &ChainRef| keys.get(&at.device).cloned();
    let compared = rebuild(&envelopes, public_key)
        .and_then(|document| compare(&document, &facts, &quarantined));
    Ok(match compared {
        Ok(differences) if differences.is_empty() => None,
        Ok(differences) => Some(Fault::Entries(differences)),
        Err(error) => Some(Fault::Document(error.to_string())),
    })
}

fn keys_of(
    connection: &Connection,
    envelopes: &[Envelope],
) -> Result<BTreeMap<DeviceId, Vec<u8>>, ServiceError> {
    let devices: BTreeSet<&DeviceId> = envelopes.iter().map(|e| &e.at.device).collect();
    let mut keys = BTreeMap::new();
    for device in devices {
        if let Some(record) = store::device::get(connection, device)? {
            keys.insert(device.clone(), record.public_key);
        }
    }
    Ok(keys)
}

/// Places and kinds of entries, never what they say.
fn told(fault: &Fault) -> serde_json::Value {
    match fault {
        Fault::Fold => serde_json::json!({ "fault": "fold" }),
        Fault::Document(error) => serde_json::json!({ "fault": "document", "error": error }),
        Fault::Entries(differences) => {
            let named = differences
                .iter()
                .take(NAMED)
                .map(|difference| match difference {
                    Difference::OnlyInFacts(key) => format!("only in facts: {key}"),
                    Difference::OnlyInDocument(key) => format!("only in document: {key}"),
                    Difference::Differs(key) => format!("differs: {key}"),
                });
            serde_json::json!({
                "fault": "entries",
                "count": differences.len(),
                "first": named.collect::<Vec<_>>(),
            })
        }
    }
}
