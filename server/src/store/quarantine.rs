//! What was set aside on its way in, until a person decides about it or what it lacks arrives. The
//! envelopes themselves stay in their table; here stands who has to decide and what became of it.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::id::{DeviceId, OfficerId, SubjectId};
use itgel_domain::sync::quarantine::Outcome;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// An envelope that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QuarantineRow {
    /// Its place.
    pub at: ChainRef,
    /// Whom it speaks of.
    pub subject: SubjectId,
    /// Its file, if it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileId>,
    /// Whose reviewers decide: the subject's division, or the officer's while nobody knows the
    /// subject.
    pub division: DivisionCode,
    /// Whose work it is.
    pub officer: OfficerId,
    /// What is against it.
    pub reason: ErrorCode,
    /// What persons have let pass so far.
    pub waived: Vec<ErrorCode>,
    /// Its size.
    pub bytes: u64,
    /// When it came.
    pub since: AtMs,
    /// What became of it; nothing while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The person who decided, or looked at it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<OfficerId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<AtMs>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What waits longest first.
    #[default]
    Oldest,
    /// What came last first.
    Newest,
}

/// Which rows to read.
#[derive(Debug, Clone)]
pub struct Filter<'a> {
    /// In this division.
    pub division: DivisionCode,
    /// Also what was decided.
    pub is_all: bool,
    /// Only for this reason.
    pub reason: Option<ErrorCode>,
    /// Only of this device.
    pub device: Option<&'a DeviceId>,
    /// Only of this officer.
    pub officer: Option<&'a OfficerId>,
    /// Only about this subject.
    pub subject: Option<&'a SubjectId>,
    /// In which order.
    pub order: Order,
    /// After this one.
    pub after: Option<&'a ChainRef>,
    /// Most rows.
    pub limit: u32,
}

/// Whose envelopes wait.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// An officer's.
    Officer(&'a OfficerId),
    /// Those about a subject.
    Subject(&'a SubjectId),
    /// Ballots of people who stood on no roll in a division. Whose they are says no row: a ballot is
    /// opened by the service alone.
    Unlisted(DivisionCode),
}

/// What a device has waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Envelopes.
    pub envelopes: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How a decision ends the waiting.
#[derive(Debug, Clone)]
pub struct Decided<'a> {
    /// What became of it.
    pub outcome: Outcome,
    /// Who; nobody if something arrived.
    pub by: Option<&'a OfficerId>,
    /// When.
    pub at: AtMs,
    /// Why.
    pub words: Option<&'a str>,
}

const SELECT: &str = "select device, incarnation, seq, subject, file, division, officer, reason,
    waived, bytes, since, outcome, decided_by, decided_at, words from quarantine";

/// Notes what was set aside.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &QuarantineRow) -> Result<(), StoreError> {
    let sql = "insert into quarantine (device, incarnation, seq, subject, file, division, officer,
                   reason, waived, bytes, since)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', ?9, ?10)
               on conflict (device, incarnation, seq) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        row.at.device.as_str(),
        row.at.incarnation,
        column::signed(row.at.seq),
        row.subject.as_str(),
        row.file.as_ref().map(ToString::to_string),
        row.division.filled_text(),
        row.officer.as_str(),
        row.reason.as_str(),
        column::signed(row.bytes),
        row.since.0,
    ])?;
    Ok(())
}

/// What was set aside at a place.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, at: &ChainRef) -> Result<Option<QuarantineRow>, StoreError> {
    let sql = format!("{SELECT} where device = ?1 and incarnation = ?2 and seq = ?3");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![at.device.as_str(), at.incarnation, column::signed(at.seq)];
    let found = query.query_row(key, |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The rows of a filter.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    filter: &Filter<'_>,
) -> Result<Vec<QuarantineRow>, StoreError> {
    let place = "since, device, incarnation, seq";
    let (order, beyond) = match filter.order {
        Order::Oldest => ("since, device, incarnation, seq", ">"),
        Order::Newest => ("since desc, device desc, incarnation desc, seq desc", "<"),
    };
    let sql = format!(
        "{SELECT} where division >= ?1 and division < ?2 and (?3 or outcome is null)
             and (?4 is null or reason = ?4) and (?5 is null or device = ?5)
             and (?6 is null or officer = ?6) and (?7 is null or subject = ?7)
             and (?8 is null or ({place}) {beyond} (?8, ?9, ?10, ?11))
         order by {order} limit ?12"
    );
    let after = match filter.after {
        Some(at) => get(connection, at)?,
        None => None,
    };
    let after = after.as_ref();
    let (low, high) = filter.division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_map(
        params![
            low,
            high,
            filter.is_all,
            filter.reason.map(ErrorCode::as_str),
            filter.device.map(DeviceId::as_str),
            filter.officer.map(OfficerId::as_str),
            filter.subject.map(SubjectId::as_str),
            after.map(|row| row.since.0),
            after.map(|row| row.at.device.as_str()),
            after.map(|row| row.at.incarnation),
            after.map(|row| column::signed(row.at.seq)),
            filter.limit,
        ],
        |row| Ok(read(row)),
    )?;
    found.map(|row| row?).collect()
}

/// What waits in a file, by place: something else of the file may be what it lacks.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_file(
    connection: &Connection,
    file: &FileId,
) -> Result<Vec<QuarantineRow>, StoreError> {
    let sql =
        format!("{SELECT} where file = ?1 and outcome is null order by device, incarnation, seq");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![file.to_string()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// What waits of an officer or about a subject, by place, after a place, at most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_waiting(
    connection: &Connection,
    whose: Whose<'_>,
    after: Option<&ChainRef>,
    limit: u32,
) -> Result<Vec<QuarantineRow>, StoreError> {
    let (condition, low, high) = whose.condition();
    let sql = format!(
        "{SELECT} where {condition} and outcome is null
             and (?3 is null or (device, incarnation, seq) > (?3, ?4, ?5))
         order by device, incarnation, seq limit ?6"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![
        low,
        high,
        after.map(|at| at.device.as_str()),
        after.map(|at| at.incarnation),
        after.map(|at| column::signed(at.seq)),
        limit
    ];
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Whether anything of somebody waits.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_waiting(connection: &Connection, whose: Whose<'_>) -> Result<bool, StoreError> {
    let (condition, low, high) = whose.condition();
    let sql = format!("select 1 from quarantine where {condition} and outcome is null limit 1");
    let key = params![low, high];
    Ok(connection.prepare_cached(&sql)?.exists(key)?)
}

/// Where the envelopes of a subject stand that were set aside first and count by now, in the order
/// in which they were let.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_let_count(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<ChainRef>, StoreError> {
    let sql = format!(
        "{SELECT} where subject = ?1 and outcome in ('released', 'arrived')
         order by decided_at, device, incarnation, seq"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| Ok(row??.at)).collect()
}

/// What a device has waiting, with the bytes that are kept of it as evidence and the pages that wait
/// for a gap.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn load(connection: &Connection, device: &DeviceId) -> Result<Load, StoreError> {
    let sql = "select count(*), coalesce(sum(bytes), 0) from
                   (select bytes from quarantine where device = ?1 and outcome is null
                    union all select length(sealed) from stray_bytes where device = ?1
                    union all select length(sealed) from held_page where device = ?1)";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![device.as_str()], |row| {
        let (envelopes, bytes): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Load {
            envelopes: envelopes.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
        })
    })?)
}

/// How much waits for each reason.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_by_reason(connection: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = "select reason, count(*) as n from quarantine where outcome is null
               group by reason order by reason";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([], |row| {
        Ok(column::unsigned(row, "n", "quarantine").map(|n| (row.get("reason"), n)))
    })?;
    rows.map(|row| {
        let (reason, n) = row??;
        Ok((reason?, n))
    })
    .collect()
}

/// Another thing is against it now, or persons have let more of it pass.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_reason(
    tx: &Tx<'_>,
    at: &ChainRef,
    reason: ErrorCode,
    waived: &[ErrorCode],
) -> Result<(), StoreError> {
    let waived: Vec<&str> = waived.iter().map(|code| code.as_str()).collect();
    let sql = "update quarantine set reason = ?4, waived = ?5
               where device = ?1 and incarnation = ?2 and seq = ?3";
    tx.prepare_cached(sql)?.execute(params![
        at.device.as_str(),
        at.incarnation,
        column::signed(at.seq),
        reason.as_str(),
        waived.join(" "),
    ])?;
    Ok(())
}

/// Who looked at it last, and what he said.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn sign(tx: &Tx<'_>, at: &ChainRef, by: &OfficerId, words: &str) -> Result<(), StoreError> {
    let sql = "update quarantine set decided_by = ?4, words = ?5
               where device = ?1 and incarnation = ?2 and seq = ?3";
    tx.prepare_cached(sql)?.execute(params![
        at.device.as_str(),
        at.incarnation,
        column::signed(at.seq),
        by.as_str(),
        words,
    ])?;
    Ok(())
}

/// Ends the waiting; `false` if it had ended.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn decide(tx: &Tx<'_>, at: &ChainRef, decided: &Decided<'_>) -> Result<bool, StoreError> {
    let sql = "update quarantine set outcome = ?4, decided_by = ?5, decided_at = ?6, words = ?7
               where device = ?1 and incarnation = ?2 and seq = ?3 and outcome is null";
    let written = tx.prepare_cached(sql)?.execute(params![
        at.device.as_str(),
        at.incarnation,
        column::signed(at.seq),
        decided.outcome.as_str(),
        decided.by.map(OfficerId::as_str),
        decided.at.0,
        decided.words,
    ])?;
    Ok(written == 1)
}

/// The subject lives elsewhere now: others decide.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn move_to(tx: &Tx<'_>, subject: &SubjectId, division: DivisionCode) -> Result<(), StoreError> {
    let sql = "update quarantine set division = ?2 where subject = ?1 and outcome is null";
    tx.prepare_cached(sql)?
        .execute(params![subject.as_str(), division.filled_text()])?;
    Ok(())
}

/// The subject is erased: nothing waits any more, and the words go.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase(tx: &Tx<'_>, subject: &SubjectId, at: AtMs) -> Result<(), StoreError> {
    tx.prepare_cached("update quarantine set words = null where subject = ?1")?
        .execute(params![subject.as_str()])?;
    let sql = "update quarantine set outcome = 'erased', decided_at = ?2
               where subject = ?1 and outcome is null";
    tx.prepare_cached(sql)?
        .execute(params![subject.as_str(), at.0])?;
    Ok(())
}

impl Whose<'_> {
    /// What a row must be, and the two texts that it is compared with.
    fn condition(self) -> (&'static str, String, String) {
        let one = |condition, id: &str| (condition, id.to_owned(), id.to_owned());
        match self {
            Self::Officer(officer) => one("officer between ?1 and ?2", officer.as_str()),
            Self::Subject(subject) => one("subject between ?1 and ?2", subject.as_str()),
            Self::Unlisted(division) => {
                let (low, high) = division.text_range();
                let condition =
                    "reason = 'evaluator.unlisted' and division >= ?1 and division < ?2";
                (condition, low, high)
            }
        }
    }
}

fn read(row: &Row<'_>) -> Result<QuarantineRow, StoreError> {
    let waived: String = row.get("waived")?;
    let corrupt = StoreError::Corrupt {
        what: "quarantine.waived",
    };
    Ok(QuarantineRow {
        at: ChainRef {
            device: column::word(row, "device", "quarantine.device")?,
            incarnation: row.get("incarnation")?,
            seq: column::unsigned(row, "seq", "quarantine.seq")?,
        },
        subject: column::word(row, "subject", "quarantine.subject")?,
        file: column::optional_word(row, "file", "quarantine.file")?,
        division: column::division(row, "division", "quarantine.division")?,
        officer: column::word(row, "officer", "quarantine.officer")?,
        reason: column::word(row, "reason", "quarantine.reason")?,
        waived: waived
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| corrupt)?,
        bytes: column::unsigned(row, "bytes", "quarantine.bytes")?,
        since: AtMs(row.get("since")?),
        outcome: column::optional_word(row, "outcome", "quarantine.outcome")?,
        decided_by: column::optional_word(row, "decided_by", "quarantine.decided_by")?,
        decided_at: row.get::<_, Option<i64>>("decided_at")?.map(AtMs),
        words: row.get("words")?,
    })
}
