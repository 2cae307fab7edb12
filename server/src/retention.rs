//! The end of data (`domain.md` L-15, L-21): every table of the register of fields says what ends
//! its rows, and each word there has its job here. Whatever ends has an audit row and a leaf of the
//! log, which say how many rows of which table or year, and nothing of them. Adverse records and
//! what was made from them have their own way ([`crate::credit::retention`]).
//!
//! - `years`: files, cases, assessments and ratings of a subject and year,
//! - `registers`: rows of registers, each with its own term,
//! - `people`: names of officers, keys of devices,
//! - here: rows that end one by one.

mod people;
mod registers;
mod years;

use itgel_domain::exchange::EndsBy;
use itgel_domain::hash::Hash;
use itgel_domain::log::LeafKind;
use itgel_domain::time::AtMs;
use rusqlite::types::Value;

use crate::credit;
use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::service::{Service, random};
use crate::store::retention::{Ending, Key, delete, list_children, list_endings, list_over};
use crate::store::{self, Tx};

/// Most rows of one transaction: the writer is not held for long.
const PAGE: u32 = 200;

/// The same for rows that many others go with.
const PAGE_OF_PARENTS: u32 = 8;

/// Ends what is over by now, page by page; how many rows, and years of subjects. A run that was
/// cut off is simply done again, and done twice it finds nothing the second time.
///
/// # Errors
/// [`ServiceError`] of the database; what was ended before stays so.
pub fn run(service: &Service) -> Result<usize, ServiceError> {
    let mut ended = 0;
    for by in EndsBy::ALL {
        ended += match by {
            EndsBy::Adverse => credit::retention::run(service)?,
            EndsBy::Rows => end_rows(service)?,
            EndsBy::Registers => registers::run(service)?,
            EndsBy::Year => years::run(service)?,
            EndsBy::Device => people::end_devices(service)?,
            EndsBy::Officer => people::end_officers(service)?,
            // In the transaction that ends the parent, the record, the subject or the source; by
            // the job of the import; by whoever made it; not at all.
            EndsBy::Parent | EndsBy::Record | EndsBy::Subject | EndsBy::Sources => 0,
            EndsBy::Import | EndsBy::Expiry | EndsBy::Never => 0,
        };
    }
    Ok(ended)
}

fn end_rows(service: &Service) -> Result<usize, ServiceError> {
    let mut ended = 0;
    for ending in list_endings() {
        let limit = match list_children(ending.table).is_empty() {
            true => PAGE,
            false => PAGE_OF_PARENTS,
        };
        ended += pages(limit, || {
            let ending = ending.clone();
            service.transact("retention.delete", move |service, tx| {
                delete_page(tx, &ending, limit, service.now())
            })
        })?;
    }
    Ok(ended)
}

/// Does pages until one is not full.
fn pages(
    limit: u32,
    mut page: impl FnMut() -> Result<usize, ServiceError>,
) -> Result<usize, ServiceError> {
    let mut ended = 0;
    loop {
        let done = page()?;
        ended += done;
        if done < usize::try_from(limit).unwrap_or(usize::MAX) {
            return Ok(ended);
        }
    }
}

fn delete_page(tx: &Tx<'_>, ending: &Ending, limit: u32, now: AtMs) -> Result<usize, ServiceError> {
    let over = list_over(tx, ending, now, limit)?;
    for key in &over {
        delete(tx, ending, key)?;
    }
    let resource = format!("table/{}", ending.table);
    prove(tx, &resource, over.iter().map(shown).collect(), now)?;
    Ok(over.len())
}

/// One leaf and one audit row for what ended together; nothing for nothing. The leaf stands for the
/// keys under a salt that nobody keeps: it tells that they went, and nothing of them.
fn prove(tx: &Tx<'_>, resource: &str, keys: Vec<String>, now: AtMs) -> Result<(), ServiceError> {
    if keys.is_empty() {
        return Ok(());
    }
    let salt = random::<16>()?;
    let mut parts: Vec<&[u8]> = vec![&salt, resource.as_bytes()];
    parts.extend(keys.iter().map(String::as_bytes));
    let leaf = Hash::of("itgel.retention.v1", &parts);
    store::log::leaf(tx, LeafKind::Deletion, &leaf)?;
    let detail = serde_json::json!({ "rows": keys.len(), "leaf": leaf });
    store::log::audit(tx, now, "rule", "retention.deleted", resource, &detail)?;
    // What was deleted stands in the write-ahead log until that is emptied.
    jobs::enqueue(tx, JobKind::EmptyLog, "", &serde_json::Value::Null, now)
}

fn shown(key: &Key) -> String {
    let cells = key.iter().map(|cell| match cell {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Real(_) | Value::Blob(_) => String::new(),
    });
    cells.collect::<Vec<_>>().join(" ")
}
