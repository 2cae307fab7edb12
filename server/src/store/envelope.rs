//! Envelopes at their places.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, StatementStatus, params};

use super::log_row::{self, Vouched};
use super::{StoreError, Tx, column, log};

/// What an envelope carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// Entries of a file.
    File,
    /// The commitment of an identity record.
    Identity,
    /// A ballot.
    Ballot,
    /// An objection that was taken down away from the server.
    Objection,
    /// What the gacha's group says of a computed grade.
    Review,
    /// Nothing that can be read; the bytes are kept apart.
    Bytes,
}

/// An envelope at its place.
#[derive(Debug, Clone)]
pub struct NewEnvelope<'a> {
    /// The place.
    pub at: &'a ChainRef,
    /// Its salted id.
    pub id: &'a Hash,
    /// The chain's hash after it.
    pub chain_hash: &'a Hash,
    /// What it carries.
    pub kind: EnvelopeKind,
    /// Whom it speaks of; `None` for bytes.
    pub subject: Option<&'a SubjectId>,
    /// Its file.
    pub file: Option<&'a FileId>,
    /// Its place in the document: number in its chain's part of the file, and last operation.
    pub document: Option<InDocument>,
    /// What became of it.
    pub verdict: &'a Verdict,
    /// The bytes under a key; empty if nothing is kept.
    pub sealed: &'a [u8],
    /// When it came.
    pub received_at: AtMs,
}

/// The place of an envelope in the document of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InDocument {
    /// Counts the envelopes of its chain in the file, from 1.
    pub actor_seq: u64,
    /// Its last operation counter.
    pub last_op: u64,
}

/// What is known of an envelope without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeRow {
    /// Its place.
    pub at: ChainRef,
    /// Its salted id.
    pub id: Hash,
    /// The chain's hash after it.
    pub chain_hash: Hash,
    /// Its file.
    pub file: Option<FileId>,
    /// Its place in the document; `None` if its structure does not fit in.
    pub document: Option<InDocument>,
    /// What became of it.
    pub verdict: Verdict,
    /// The number of its leaf in the log, which says what came before it. It stands here because the
    /// log is read by number alone: an index of its hashes would be written at a place by chance with
    /// every leaf, and clocks do not tell which of two transactions came first.
    pub leaf: u64,
}

/// An envelope with its sealed bytes.
#[derive(Debug, Clone)]
pub struct SealedEnvelope {
    /// What is known of it.
    pub row: EnvelopeRow,
    /// Its bytes under the key of the file.
    pub sealed: Vec<u8>,
}

const COLUMNS: &str =
    "device, incarnation, seq, id, chain_hash, file, actor_seq, last_op, verdict, reason, leaf";

/// Envelopes of files that a flag is on, behind a place, in the order of the chains, each with when
/// it came.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_flagged(
    connection: &Connection,
    flag: Flag,
    after: Option<&ChainRef>,
    limit: u32,
) -> Result<Vec<(EnvelopeRow, AtMs)>, StoreError> {
    let sql = format!(
        "select {COLUMNS}, received_at from envelope
         where verdict = 'flagged' and kind = 'file' and ' ' || reason || ' ' like '% ' || ?1 || ' %'
             and (device, incarnation, seq) > (?2, ?3, ?4)
         order by device, incarnation, seq limit ?5"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![
        flag.as_str(),
        after.map_or("", |at| at.device.as_str()),
        after.map_or(0, |at| at.incarnation),
        after.map_or(0, |at| column::signed(at.seq)),
        limit
    ];
    let rows = query.query_map(key, |row| {
        let received_at = AtMs(row.get("received_at")?);
        Ok(read(row).map(|envelope| (envelope, received_at)))
    })?;
    rows.map(|row| row?).collect()
}

/// Writes an envelope at its place, and its leaf in the log.
///
/// # Errors
/// [`StoreError`] of the database, also if the place is taken.
pub fn put(tx: &Tx<'_>, new: &NewEnvelope<'_>) -> Result<(), StoreError> {
    let sql = "insert into envelope (device, incarnation, seq, id, chain_hash, kind, subject, file,
                   actor_seq, last_op, verdict, reason, sealed, received_at, leaf)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    let kind = match new.verdict {
        Verdict::Refused(_) => LeafKind::Refusal,
        _ => LeafKind::Envelope,
    };
    let leaf = log::leaf(tx, kind, new.id)?;
    let (verdict, reason) = written(new.verdict);
    let values = params![
        new.at.device.as_str(),
        new.at.incarnation,
        column::signed(new.at.seq),
        new.id.as_bytes(),
        new.chain_hash.as_bytes(),
        new.kind.as_str(),
        new.subject.map_or("", SubjectId::as_str),
        new.file.map(ToString::to_string),
        new.document.map(|d| column::signed(d.actor_seq)),
        new.document.map(|d| column::signed(d.last_op)),
        verdict,
        reason,
        new.sealed,
        new.received_at.0,
        column::signed(leaf),
    ];
    log_row::put(tx, Vouched::Envelope, sql, values, key(new.at))?;
    Ok(())
}

/// The envelope at `at`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, at: &ChainRef) -> Result<Option<EnvelopeRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from envelope where device = ?1 and incarnation = ?2 and seq = ?3"
    );
    let mut query = connection.prepare_cached(&sql)?;
    query
        .query_row(key(at), |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The sealed bytes of the envelope at `at`, with its file and what is known of it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_sealed(
    connection: &Connection,
    at: &ChainRef,
) -> Result<Option<SealedEnvelope>, StoreError> {
    let mut query = connection.prepare_cached(&sealed_sql())?;
    query
        .query_row(key(at), |row| Ok(read_sealed(row)))
        .optional()?
        .transpose()
}

/// How often this connection has read sealed bytes of an envelope at its place: what the work of a
/// page is measured by, because each is opened and decoded.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_reads(connection: &Connection) -> Result<u64, StoreError> {
    let query = connection.prepare_cached(&sealed_sql())?;
    let runs = query.get_status(StatementStatus::Run);
    Ok(u64::from(runs.unsigned_abs()))
}

/// All envelopes of a file, by place.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_file(
    connection: &Connection,
    file: &FileId,
) -> Result<Vec<SealedEnvelope>, StoreError> {
    let sql = format!(
        "select {COLUMNS}, sealed from envelope where file = ?1 order by device, incarnation, seq"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![file.to_string()], |row| Ok(read_sealed(row)))?;
    rows.map(|row| row?).collect()
}

/// The envelopes of a chain from a place on, with when each came.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_from(
    connection: &Connection,
    from: &ChainRef,
    limit: u32,
) -> Result<Vec<(EnvelopeRow, AtMs)>, StoreError> {
    let sql = format!(
        "select {COLUMNS}, received_at from envelope
         where device = ?1 and incarnation = ?2 and seq >= ?3 order by seq limit ?4"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let seq = column::signed(from.seq);
    let key = params![from.device.as_str(), from.incarnation, seq, limit];
    let rows = query.query_map(key, |row| {
        let received_at = AtMs(row.get("received_at")?);
        Ok(read(row).map(|envelope| (envelope, received_at)))
    })?;
    rows.map(|row| row?).collect()
}

/// The envelopes of a subject with when each came, by place.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_subject(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<(EnvelopeRow, AtMs)>, StoreError> {
    // Two indexes: of the subject's files, and of commitments, ballots and objections.
    let sql = format!(
        "select {COLUMNS}, received_at from envelope where file >= ?1 || '/' and file < ?1 || '0'
         union all
         select {COLUMNS}, received_at from envelope where file is null and subject = ?1
         order by device, incarnation, seq"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        let received_at = AtMs(row.get("received_at")?);
        Ok(read(row).map(|envelope| (envelope, received_at)))
    })?;
    rows.map(|row| row?).collect()
}

/// Changes what became of an envelope, after a decision or when what it lacked has come.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_verdict(tx: &Tx<'_>, at: &ChainRef, verdict: &Verdict) -> Result<(), StoreError> {
    let sql = "update envelope set verdict = ?4, reason = ?5
               where device = ?1 and incarnation = ?2 and seq = ?3";
    let (word, reason) = written(verdict);
    let (device, incarnation, seq) = key(at);
    let values = params![device, incarnation, seq, word, reason];
    log_row::put(tx, Vouched::Envelope, sql, values, key(at))?;
    Ok(())
}

/// Gives an envelope its place in the document of its file, once what it builds on is there.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_document(tx: &Tx<'_>, at: &ChainRef, place: InDocument) -> Result<(), StoreError> {
    let sql = "update envelope set actor_seq = ?4, last_op = ?5
               where device = ?1 and incarnation = ?2 and seq = ?3";
    let (device, incarnation, seq) = key(at);
    let (actor_seq, last_op) = (
        column::signed(place.actor_seq),
        column::signed(place.last_op),
    );
    let values = params![device, incarnation, seq, actor_seq, last_op];
    log_row::put(tx, Vouched::Envelope, sql, values, key(at))?;
    Ok(())
}

/// Takes the bytes of every envelope of a subject away; places and ids stay.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    // What belongs to a file is found by it: its name begins with the subject, and '0' is the
    // character after '/'.
    let (from, to) = (format!("{subject}/"), format!("{subject}0"));
    let sql = "update envelope set sealed = x'' where file > ?1 and file < ?2";
    log_row::write(tx, Vouched::Envelope, sql, params![from, to])?;
    let sql = "update envelope set sealed = x'' where subject = ?1 and file is null";
    log_row::write(tx, Vouched::Envelope, sql, params![subject.as_str()])?;
    Ok(())
}

/// The subjects about which a device wrote something.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_subjects_of(
    connection: &Connection,
    device: &DeviceId,
) -> Result<BTreeSet<SubjectId>, StoreError> {
    let sql = "select distinct subject from envelope where device = ?1 and subject <> ''";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![device.as_str()], |row| {
        Ok(column::word(row, "subject", "envelope.subject"))
    })?;
    rows.map(|row| row?).collect()
}

impl EnvelopeKind {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Identity => "identity",
            Self::Ballot => "ballot",
            Self::Objection => "objection",
            Self::Review => "review",
            Self::Bytes => "bytes",
        }
    }
}

fn sealed_sql() -> String {
    format!(
        "select {COLUMNS}, sealed from envelope where device = ?1 and incarnation = ?2 and seq = ?3"
    )
}

/// The key of the row at a place.
fn key(at: &ChainRef) -> (&str, u32, i64) {
    (at.device.as_str(), at.incarnation, column::signed(at.seq))
}

/// The two columns of a verdict.
fn written(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Accepted => ("accepted", String::new()),
        Verdict::AcceptedFlagged(flags) => {
            let words: Vec<_> = flags.iter().map(|flag| flag.as_str()).collect();
            ("flagged", words.join(" "))
        }
        Verdict::Quarantined(code) => ("quarantined", code.as_str().to_owned()),
        Verdict::Refused(code) => ("refused", code.as_str().to_owned()),
        Verdict::Held => ("held", String::new()),
    }
}

fn read_verdict(row: &Row<'_>) -> Result<Verdict, StoreError> {
    const WHAT: &str = "envelope.verdict";
    let (word, reason): (String, String) = (row.get("verdict")?, row.get("reason")?);
    let code = || {
        reason
            .parse()
            .map_err(|_| StoreError::Corrupt { what: WHAT })
    };
    match word.as_str() {
        "accepted" => Ok(Verdict::Accepted),
        "flagged" => {
            let flags = reason
                .split(' ')
                .map(Flag::from_str)
                .collect::<Result<_, _>>();
            Ok(Verdict::AcceptedFlagged(
                flags.map_err(|_| StoreError::Corrupt { what: WHAT })?,
            ))
        }
        "quarantined" => Ok(Verdict::Quarantined(code()?)),
        "refused" => Ok(Verdict::Refused(code()?)),
        _ => Err(StoreError::Corrupt { what: WHAT }),
    }
}

fn read_document(row: &Row<'_>) -> Result<Option<InDocument>, StoreError> {
    if row.get_ref("last_op")? == rusqlite::types::ValueRef::Null {
        return Ok(None);
    }
    Ok(Some(InDocument {
        actor_seq: column::unsigned(row, "actor_seq", "envelope.actor_seq")?,
        last_op: column::unsigned(row, "last_op", "envelope.last_op")?,
    }))
}

fn read(row: &Row<'_>) -> Result<EnvelopeRow, StoreError> {
    Ok(EnvelopeRow {
        at: ChainRef {
            device: column::word(row, "device", "envelope.device")?,
            incarnation: row.get("incarnation")?,
            seq: column::unsigned(row, "seq", "envelope.seq")?,
        },
        id: column::hash(row, "id", "envelope.id")?,
        chain_hash: column::hash(row, "chain_hash", "envelope.chain_hash")?,
        file: column::optional_word(row, "file", "envelope.file")?,
        document: read_document(row)?,
        verdict: read_verdict(row)?,
        leaf: column::unsigned(row, "leaf", "envelope.leaf")?,
    })
}

fn read_sealed(row: &Row<'_>) -> Result<SealedEnvelope, StoreError> {
    Ok(SealedEnvelope {
        row: read(row)?,
        sealed: row.get("sealed")?,
    })
}
