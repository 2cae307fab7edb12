//! Rows that may change and that the log vouches for all the same: the log holds a digest of what
//! each says, anew with every change. What one transaction changed is one leaf.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use itgel_domain::hash::Hash;
use itgel_domain::log::LeafKind;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row, params};

use super::{StoreError, Tx, column, log};
use crate::entropy;

/// A table whose rows the log vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vouched {
    /// Envelopes, apart from their bytes: of those the log holds the ids.
    Envelope,
    /// Versions of identity records.
    Identity,
    /// Ballots, as they are counted.
    Ballot,
    /// Decisions.
    Decision,
    /// Events of cases.
    CaseEvent,
    /// Ratings.
    Rating,
}

/// Most bytes that one leaf stands for: more than a page of envelopes needs, and no more than a cell
/// of a workbook holds.
const MAX_SAID: usize = 32_000;

/// What stands for the digest of a row that is gone.
pub const GONE: &str = "-";

impl Vouched {
    /// Every table.
    pub const ALL: [Self; 6] = [
        Self::Envelope,
        Self::Identity,
        Self::Ballot,
        Self::Decision,
        Self::CaseEvent,
        Self::Rating,
    ];

    /// The table.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::Identity => "identity",
            Self::Ballot => "ballot",
            Self::Decision => "decision",
            Self::CaseEvent => "case_event",
            Self::Rating => "rating",
        }
    }

    /// Which row has a key, the values of which are given in this order.
    const fn with_key(self) -> &'static str {
        match self {
            Self::Envelope => "device = ?1 and incarnation = ?2 and seq = ?3",
            Self::Identity => "subject = ?1 and commitment = ?2",
            Self::Ballot => "subject = ?1 and cycle = ?2 and evaluator = ?3",
            Self::Decision => "id = ?1",
            Self::CaseEvent => "case_id = ?1 and n = ?2",
            Self::Rating => "case_id = ?1",
        }
    }

    /// What is read of a row: its key, then what the log vouches for.
    const fn columns(self) -> &'static str {
        match self {
            Self::Envelope => {
                "device || '~' || incarnation || '~' || seq as place, id, chain_hash, kind,
                 subject, file, actor_seq, last_op, verdict, reason, received_at,
                 leaf, length(sealed) > 0 as is_kept"
            }
            Self::Identity => {
                "subject || '~' || commitment as place, version, author, at, current, blind_id,
                 blind_phone, sealed"
            }
            Self::Ballot => {
                "subject || '~' || cycle || '~' || evaluator as place, promises, diligence, loans,
                 rules, envelope, salt"
            }
            Self::Decision => "id, kind, actor, subject, at, content, salt",
            Self::CaseEvent => "case_id || '~' || n as place, step, actor, at, salt, event",
            Self::Rating => {
                "case_id, subject, cycle, division, grade, score, inputs_hash, effective_on,
                 valid_to, status, salt"
            }
        }
    }
}

/// Runs a statement that writes or, if `deletes`, deletes rows of any table: of one that the log
/// vouches for the log holds from now on what they say. Returns how many they are.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) fn run(
    tx: &Tx<'_>,
    table: &str,
    sql: &str,
    values: impl Params,
    deletes: bool,
) -> Result<usize, StoreError> {
    match Vouched::ALL.into_iter().find(|of| of.table() == table) {
        Some(of) => change(tx, of, sql, values, deletes),
        None => Ok(tx.prepare_cached(sql)?.execute(values)?),
    }
}

/// Runs a statement that writes the row with this key, or none; the log holds from now on what it says.
/// Returns whether it wrote.
///
/// The row is read back by its key: a statement that returns what it writes makes a table for it each
/// time, which costs more than to write an envelope.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) fn put(
    tx: &Tx<'_>,
    of: Vouched,
    sql: &str,
    values: impl Params,
    key: impl Params,
) -> Result<bool, StoreError> {
    if tx.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(false);
    }
    let sql = format!(
        "select {} from {} where {}",
        of.columns(),
        of.table(),
        of.with_key()
    );
    let mut query = tx.prepare_cached(&sql)?;
    let mut rows = query.query(key)?;
    let row = rows.next()?.ok_or(StoreError::Corrupt {
        what: "a row that was just written",
    })?;
    say(&mut tx.ends.borrow_mut().said, of, row, false)?;
    Ok(true)
}

/// Runs a statement that writes rows of a table; the log holds from now on what they say. Returns
/// how many they are.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) fn write(
    tx: &Tx<'_>,
    of: Vouched,
    sql: &str,
    values: impl Params,
) -> Result<usize, StoreError> {
    change(tx, of, sql, values, false)
}

/// The same for a statement that deletes rows.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) fn delete(
    tx: &Tx<'_>,
    of: Vouched,
    sql: &str,
    values: impl Params,
) -> Result<usize, StoreError> {
    change(tx, of, sql, values, true)
}

fn change(
    tx: &Tx<'_>,
    of: Vouched,
    sql: &str,
    values: impl Params,
    is_gone: bool,
) -> Result<usize, StoreError> {
    let sql = format!("{sql} returning {}", of.columns());
    let mut query = tx.prepare_cached(&sql)?;
    let mut rows = query.query(values)?;
    let (mut changed, mut said) = (0, String::new());
    while let Some(row) = rows.next()? {
        say(&mut said, of, row, is_gone)?;
        changed += 1;
    }
    tx.ends.borrow_mut().said.push_str(&said);
    Ok(changed)
}

/// A salt for a row of few possible contents: the log keeps its digest for ever, and once row and
/// salt are gone nobody can tell by trying what it said.
///
/// # Errors
/// [`StoreError::Entropy`] if the system has no random bytes.
pub(super) fn salt() -> Result<String, StoreError> {
    let mut salt = [0; 16];
    entropy::fill(&mut salt).map_err(StoreError::Entropy)?;
    Ok(HEXLOWER.encode(&salt))
}

/// Lets the log hold what all rows say: of a database that was filled from outside. Of what it was
/// told of rows that did not come along it holds that they are gone.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn say_all(tx: &Tx<'_>) -> Result<(), StoreError> {
    let mut told = BTreeSet::new();
    each_said(tx, |_, said| {
        told.extend(said.lines().filter_map(row_of).map(str::to_owned));
        Ok::<_, StoreError>(())
    })?;
    let mut said = String::new();
    for of in Vouched::ALL {
        let from = said.len();
        over(tx, of, |row| say(&mut said, of, row, false))?;
        for row in said[from..].lines().filter_map(row_of) {
            told.remove(row);
        }
    }
    for row in told {
        // Writing to a text does not fail.
        let _ = writeln!(said, "{row}\t{GONE}");
    }
    tx.ends.borrow_mut().said = said;
    Ok(())
}

/// Calls `each` with key and digest of every row of a table, as it is.
///
/// # Errors
/// [`StoreError`] of the database or of `each`.
pub fn each<E: From<StoreError>>(
    connection: &Connection,
    of: Vouched,
    mut each: impl FnMut(String, String) -> Result<(), E>,
) -> Result<(), E> {
    over(connection, of, |row| {
        each(row.get(0).map_err(StoreError::from)?, digest(row)?)
    })
}

fn over<E: From<StoreError>>(
    connection: &Connection,
    of: Vouched,
    mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let sql = format!("select {} from {}", of.columns(), of.table());
    let mut query = connection.prepare(&sql).map_err(StoreError::from)?;
    let mut rows = query.query([]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        each(row)?;
    }
    Ok(())
}

/// What the leaf of each number stands for, in order: its number, its text.
///
/// # Errors
/// [`StoreError`] of the database or of `each`.
pub fn each_said<E: From<StoreError>>(
    connection: &Connection,
    mut each: impl FnMut(u64, String) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "select n, said from log_row order by n";
    let mut query = connection.prepare(sql).map_err(StoreError::from)?;
    let mut rows = query.query([]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let n = column::unsigned(row, "n", "log_row.n")?;
        each(n, row.get("said").map_err(StoreError::from)?)?;
    }
    Ok(())
}

/// The hash of the leaf that stands for `said`.
#[must_use]
pub fn leaf_of(said: &str) -> Hash {
    Hash::of("itgel.log.rows.v1", &[said.as_bytes()])
}

/// Writes the leaf of what the transaction changed, if it changed anything.
pub(super) fn close(tx: &Tx<'_>) -> Result<(), StoreError> {
    let said = std::mem::take(&mut tx.ends.borrow_mut().said);
    let mut part = String::new();
    for line in said.split_inclusive('\n') {
        if part.len() + line.len() > MAX_SAID {
            put_leaf(tx, &std::mem::take(&mut part))?;
        }
        part.push_str(line);
    }
    put_leaf(tx, &part)
}

fn put_leaf(tx: &Tx<'_>, said: &str) -> Result<(), StoreError> {
    if said.is_empty() {
        return Ok(());
    }
    let n = log::leaf(tx, LeafKind::Rows, &leaf_of(said))?;
    tx.prepare_cached("insert into log_row (n, said) values (?1, ?2)")?
        .execute(params![column::signed(n), said])?;
    Ok(())
}

/// Table and key of a line.
fn row_of(line: &str) -> Option<&str> {
    line.rsplit_once('\t').map(|(row, _)| row)
}

/// Adds the line about a row: its table, its key, its digest.
fn say(said: &mut String, of: Vouched, row: &Row<'_>, is_gone: bool) -> Result<(), StoreError> {
    let key = row.get_ref(0)?.as_str().map_err(|_| StoreError::Corrupt {
        what: "the key of a row",
    })?;
    // Writing to a text does not fail.
    let _ = write!(said, "{}\t{key}\t", of.table());
    match is_gone {
        true => said.push_str(GONE),
        false => said.push_str(&digest(row)?),
    }
    said.push('\n');
    Ok(())
}

/// The digest of all that was read of a row. Kind and length stand before each cell, so that no two
/// rows give the same bytes.
fn digest(row: &Row<'_>) -> Result<String, StoreError> {
    let mut bytes = Vec::with_capacity(512);
    for at in 0..row.as_ref().column_count() {
        let number;
        let (kind, cell): (u8, &[u8]) = match row.get_ref(at)? {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(value) => {
                number = value.to_be_bytes();
                (1, &number)
            }
            ValueRef::Real(value) => {
                number = value.to_be_bytes();
                (2, &number)
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
        };
        bytes.push(kind);
        bytes.extend_from_slice(&(cell.len() as u64).to_be_bytes());
        bytes.extend_from_slice(cell);
    }
    let hash = Hash::of("itgel.log.row.v1", &[&bytes]);
    Ok(BASE64URL_NOPAD.encode(hash.as_bytes()))
}
