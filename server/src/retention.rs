//! The end of data: rows are deleted when the term of the register of fields is over (`domain.md`
//! L-15, L-21). What is deleted has an audit row and a leaf of the log, which say how many rows of
//! which table, and nothing of them. Adverse records and what was made from them have their own
//! way ([`crate::credit::retention`]).

use itgel_domain::exchange::{Ends, Schema, Table};
use itgel_domain::hash::Hash;
use itgel_domain::log::LeafKind;
use itgel_domain::time::AtMs;
use rusqlite::types::Value;

use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::retention::{Key, delete, list_over};
use crate::store::{self, Tx};

/// Most rows of one transaction: the writer is not held for long.
const PAGE: u32 = 200;

/// Deletes what is over by now, table by table and page by page; how many rows. Done twice, it
/// finds nothing the second time.
///
/// # Errors
/// [`ServiceError`] of the database; what was deleted before stays deleted.
pub fn run(service: &Service) -> Result<usize, ServiceError> {
    let mut deleted = 0;
    for table in &Schema::builtin().tables {
        let Some(ends) = &table.ends else { continue };
        loop {
            let page = service.transact("retention.delete", move |service, tx| {
                delete_page(tx, table, ends, service.now())
            })?;
            deleted += page;
            if page < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                break;
            }
        }
    }
    Ok(deleted)
}

fn delete_page(tx: &Tx<'_>, table: &Table, ends: &Ends, now: AtMs) -> Result<usize, ServiceError> {
    let over = list_over(tx, table, ends, now, PAGE)?;
    for key in &over {
        delete(tx, table, key)?;
    }
    if !over.is_empty() {
        prove(tx, table, &over, now)?;
    }
    Ok(over.len())
}

/// The leaf stands for the keys under a salt that nobody keeps: it tells that they went together,
/// and nothing of them.
fn prove(tx: &Tx<'_>, table: &Table, over: &[Key], now: AtMs) -> Result<(), ServiceError> {
    let salt = random::<16>()?;
    let keys: Vec<String> = over.iter().map(shown).collect();
    let mut parts: Vec<&[u8]> = vec![&salt, table.key.as_bytes()];
    parts.extend(keys.iter().map(String::as_bytes));
    let leaf = Hash::of("itgel.retention.v1", &parts);
    store::log::leaf(tx, LeafKind::Deletion, &leaf)?;
    let detail = serde_json::json!({ "rows": over.len(), "kept": table.kept, "leaf": leaf });
    let resource = format!("table/{}", table.key);
    store::log::audit(tx, now, "rule", "retention.deleted", &resource, &detail)?;
    Ok(())
}

fn shown(key: &Key) -> String {
    let cells = key.iter().map(|cell| match cell {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Real(_) | Value::Blob(_) => String::new(),
    });
    cells.collect::<Vec<_>>().join(" ")
}
