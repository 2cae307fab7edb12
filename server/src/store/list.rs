//! The list of a division: what its devices pull, in one order without gaps. Positions come from
//! a row that is updated in the same transaction, never from a sequence of the database.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::file::ChainRef;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, RowId, SubjectId};
use itgel_domain::identity::IdentityRecord;
use itgel_domain::sync::hello::ListEnd;
use itgel_domain::sync::pull::{
    EnvelopeItem, IdentityItem, PullItem, PulledItem, TaskItem, empty_digest, extend_digest,
    item_hash,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx, column};

/// What stands at a position: an item, or where its content lies under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The item itself.
    Item(Vec<u8>),
    /// An envelope.
    Envelope {
        /// Its place.
        at: ChainRef,
        /// Whether it was quarantined when it was listed.
        quarantined: bool,
        /// Whether its subject has moved since: another list tells how it stands.
        moved: bool,
    },
    /// A version of an identity record.
    Identity {
        /// Whose.
        subject: SubjectId,
        /// Which version.
        commitment: Hash,
    },
}

/// A position of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// The position.
    pub position: u64,
    /// The kind of the item.
    pub kind: u8,
    /// What stands there.
    pub content: Content,
    /// The hash of the item's bytes.
    pub hash: Hash,
    /// The digest of the list up to here.
    pub digest: Hash,
}

const ENVELOPE: u8 = 0;
const IDENTITY: u8 = 1;

/// What is kept of a listed envelope: whether it was quarantined, and whether its subject has moved.
const QUARANTINED: u8 = 1;
const MOVED: u8 = 2;

/// The end of a division's list, as it was committed. A transaction that appends asks
/// [`end_in`].
///
/// # Errors
/// [`StoreError`] of the database.
pub fn end(connection: &Connection, division: DivisionCode) -> Result<ListEnd, StoreError> {
    let mut query =
        connection.prepare_cached("select position, digest from list_head where division = ?1")?;
    let found = query.query_row(params![division.filled_text()], |row| {
        Ok(
            column::unsigned(row, "position", "list_head.position").and_then(|position| {
                let digest = column::hash(row, "digest", "list_head.digest")?;
                Ok(ListEnd {
                    division,
                    position,
                    digest,
                })
            }),
        )
    });
    let start = ListEnd {
        division,
        position: 0,
        digest: empty_digest(division),
    };
    Ok(found.optional()?.transpose()?.unwrap_or(start))
}

/// The end of a division's list with what the transaction has appended to it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn end_in(tx: &Tx<'_>, division: DivisionCode) -> Result<ListEnd, StoreError> {
    let known = tx.ends.borrow().lists.get(&division).cloned();
    known.map_or_else(|| end(tx, division), Ok)
}

/// Appends an item that is no envelope and no identity; returns its position.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn append(tx: &Tx<'_>, division: DivisionCode, item: &PullItem) -> Result<u64, StoreError> {
    let reference = match item {
        PullItem::Register(row) => row.id.as_str(),
        PullItem::Case(item) => item.subject.as_str(),
        PullItem::Task(item) => item.subject.as_str(),
        PullItem::Subject(item) => item.subject.as_str(),
        _ => "",
    };
    let bytes = item.to_bytes();
    append_row(tx, division, item.kind(), reference, &bytes, &bytes)
}

/// Appends an envelope, whose bytes stay where they are; returns its position.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn append_envelope(
    tx: &Tx<'_>,
    division: DivisionCode,
    at: &ChainRef,
    bytes: Vec<u8>,
    quarantined: bool,
) -> Result<u64, StoreError> {
    let item = PullItem::Envelope(EnvelopeItem { bytes, quarantined });
    let kept = [if quarantined { QUARANTINED } else { 0 }];
    append_row(
        tx,
        division,
        item.kind(),
        &at.to_string(),
        &kept,
        &item.to_bytes(),
    )
}

/// Appends a version of an identity record, whose content stays where it is.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn append_identity(
    tx: &Tx<'_>,
    division: DivisionCode,
    record: IdentityRecord,
    commitment: &Hash,
) -> Result<u64, StoreError> {
    let reference = format!("{} {commitment}", record.subject);
    let item = PullItem::Identity(IdentityItem {
        record,
        commitment: *commitment,
    });
    append_row(tx, division, item.kind(), &reference, &[], &item.to_bytes())
}

fn append_row(
    tx: &Tx<'_>,
    division: DivisionCode,
    kind: u8,
    reference: &str,
    kept: &[u8],
    item: &[u8],
) -> Result<u64, StoreError> {
    let before = end_in(tx, division)?;
    let position = before.position + 1;
    let hash = item_hash(item);
    let digest = extend_digest(&before.digest, &PulledItem::gone(position, kind, &hash));
    let sql = "insert into list_item (division, position, kind, ref, bytes, hash, digest)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.prepare_cached(sql)?.execute(params![
        division.filled_text(),
        column::signed(position),
        kind,
        reference,
        kept,
        hash.as_bytes(),
        digest.as_bytes()
    ])?;
    let end = ListEnd {
        division,
        position,
        digest,
    };
    tx.ends.borrow_mut().lists.insert(division, end);
    Ok(position)
}

/// Writes the end of a list; the transaction does so once, at its own end.
pub(super) fn put_head(tx: &Tx<'_>, end: &ListEnd) -> Result<(), StoreError> {
    let sql = "insert into list_head (division, position, digest) values (?1, ?2, ?3)
               on conflict (division) do update set position = excluded.position,
                   digest = excluded.digest";
    tx.prepare_cached(sql)?.execute(params![
        end.division.filled_text(),
        column::signed(end.position),
        end.digest.as_bytes()
    ])?;
    Ok(())
}

/// What stands after `after`, in order, at most `limit` positions.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    division: DivisionCode,
    after: u64,
    limit: u32,
) -> Result<Vec<ListRow>, StoreError> {
    let sql = "select position, kind, ref, bytes, hash, digest from list_item
               where division = ?1 and position > ?2 order by position limit ?3";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![division.filled_text(), column::signed(after), limit];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Which of these envelopes a list had named by a position.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_named(
    connection: &Connection,
    division: DivisionCode,
    envelopes: &[ChainRef],
    by: u64,
) -> Result<BTreeSet<ChainRef>, StoreError> {
    let sql = "select distinct ref from list_item
               where division = ?1 and position <= ?2 and kind = ?3
                   and ref in (select value from json_each(?4))";
    let mut query = connection.prepare_cached(sql)?;
    let refs: Vec<String> = envelopes.iter().map(ChainRef::to_string).collect();
    let key = params![
        division.filled_text(),
        column::signed(by),
        ENVELOPE,
        column::to_json(&refs, "list_item.ref")?
    ];
    let rows = query.query_map(key, |row| Ok(column::word(row, "ref", "list_item.ref")))?;
    rows.map(|row| row?).collect()
}

/// What stands at a position.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    division: DivisionCode,
    position: u64,
) -> Result<Option<ListRow>, StoreError> {
    let sql = "select position, kind, ref, bytes, hash, digest from list_item
               where division = ?1 and position = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![division.filled_text(), column::signed(position)];
    query
        .query_row(key, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Takes away what a list says of a subject by itself: its entry, its cases and tasks, and the
/// register rows with these ids. Positions, hashes and digests stay.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase(
    tx: &Tx<'_>,
    division: DivisionCode,
    subject: &SubjectId,
    rows: &[RowId],
) -> Result<(), StoreError> {
    let name = division.filled_text();
    tx.prepare_cached(
        "update list_item set bytes = x'', ref = ''
         where division = ?1 and ref = ?2 and kind in (2, 3, 9)",
    )?
    .execute(params![name, subject.as_str()])?;
    erase_rows(tx, division, rows)
}

/// The subject has moved away: where it lives, how its cases and these envelopes stand and what is asked
/// of the officers is told by another list. Positions, hashes and digests stay, and what is asked of one
/// officer alone. Returns what was asked of all and is open.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn leave(
    tx: &Tx<'_>,
    division: DivisionCode,
    subject: &SubjectId,
    envelopes: &[ChainRef],
) -> Result<Vec<TaskItem>, StoreError> {
    let name = division.filled_text();
    let sql = "update list_item set bytes = iif(bytes = ?2, ?3, ?4)
               where division = ?1 and kind = 0 and bytes in (?2, ?5)
                   and ref in (select value from json_each(?6))";
    let refs: Vec<String> = envelopes.iter().map(ChainRef::to_string).collect();
    let refs = column::to_json(&refs, "list_item.ref")?;
    let flags = ([QUARANTINED], [QUARANTINED | MOVED], [MOVED], [0_u8]);
    tx.prepare_cached(sql)?
        .execute(params![name, flags.0, flags.1, flags.2, flags.3, refs])?;
    let mut open = Vec::new();
    for (position, item) in items_of(tx, division, subject)? {
        match item {
            PullItem::Task(TaskItem {
                officer: Some(_), ..
            }) => continue,
            PullItem::Task(task) => open.push(task),
            PullItem::Case(case) if !case.state.asks_officers() => {
                open.retain(|task| task.cycle != case.cycle);
            }
            _ => {}
        }
        erase_at(tx, division, position)?;
    }
    Ok(open)
}

/// Takes away what a list says of a subject's cases and tasks of these campaigns. Positions, hashes
/// and digests stay.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase_cycles(
    tx: &Tx<'_>,
    division: DivisionCode,
    subject: &SubjectId,
    cycles: &[CycleId],
) -> Result<(), StoreError> {
    for (position, item) in items_of(tx, division, subject)? {
        let cycle = match item {
            PullItem::Case(item) => item.cycle,
            PullItem::Task(item) => item.cycle,
            _ => continue,
        };
        if cycles.contains(&cycle) {
            erase_at(tx, division, position)?;
        }
    }
    Ok(())
}

/// Takes away what a list says of these register rows. Positions, hashes and digests stay.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase_rows(tx: &Tx<'_>, division: DivisionCode, rows: &[RowId]) -> Result<(), StoreError> {
    let sql = "update list_item set bytes = x'', ref = ''
               where division = ?1 and ref = ?2 and kind = 6";
    for row in rows {
        tx.prepare_cached(sql)?
            .execute(params![division.filled_text(), row.as_str()])?;
    }
    Ok(())
}

/// Where a register row stands in a list; `None` if it is not in it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn position_of_register(
    connection: &Connection,
    division: DivisionCode,
    row: &RowId,
) -> Result<Option<u64>, StoreError> {
    let sql = "select position from list_item where division = ?1 and ref = ?2 and kind = 6";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![division.filled_text(), row.as_str()], |row| {
        Ok(column::unsigned(row, "position", "list_item.position"))
    });
    found.optional()?.transpose()
}

/// What a list says of a subject by itself, in its order: its entries, its cases and tasks.
fn items_of(
    tx: &Tx<'_>,
    division: DivisionCode,
    subject: &SubjectId,
) -> Result<Vec<(i64, PullItem)>, StoreError> {
    let sql = "select position, bytes from list_item
               where division = ?1 and ref = ?2 and kind in (2, 3, 9) order by position";
    let mut query = tx.prepare_cached(sql)?;
    let key = params![division.filled_text(), subject.as_str()];
    let rows = query.query_map(key, |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    let mut items = Vec::new();
    for row in rows {
        let (position, bytes) = row?;
        // A later version's item is nothing that could be told apart here.
        items.extend(minicbor::decode(&bytes).ok().map(|item| (position, item)));
    }
    Ok(items)
}

fn erase_at(tx: &Tx<'_>, division: DivisionCode, position: i64) -> Result<(), StoreError> {
    let sql = "update list_item set bytes = x'', ref = '' where division = ?1 and position = ?2";
    tx.prepare_cached(sql)?
        .execute(params![division.filled_text(), position])?;
    Ok(())
}

fn read(row: &rusqlite::Row<'_>) -> Result<ListRow, StoreError> {
    let kind: u8 = row.get("kind")?;
    let (reference, bytes): (String, Vec<u8>) = (row.get("ref")?, row.get("bytes")?);
    Ok(ListRow {
        position: column::unsigned(row, "position", "list_item.position")?,
        kind,
        content: content(kind, &reference, bytes)?,
        hash: column::hash(row, "hash", "list_item.hash")?,
        digest: column::hash(row, "digest", "list_item.digest")?,
    })
}

fn content(kind: u8, reference: &str, bytes: Vec<u8>) -> Result<Content, StoreError> {
    let corrupt = || StoreError::Corrupt {
        what: "list_item.ref",
    };
    match kind {
        ENVELOPE => {
            let flags = bytes.first().copied().unwrap_or_default();
            Ok(Content::Envelope {
                at: reference.parse().map_err(|_| corrupt())?,
                quarantined: flags & QUARANTINED != 0,
                moved: flags & MOVED != 0,
            })
        }
        IDENTITY => {
            let (subject, commitment) = reference.split_once(' ').ok_or_else(corrupt)?;
            Ok(Content::Identity {
                subject: subject.parse().map_err(|_| corrupt())?,
                commitment: commitment.parse().map_err(|_| corrupt())?,
            })
        }
        _ => Ok(Content::Item(bytes)),
    }
}
