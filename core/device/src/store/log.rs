//! Signed states of the server's log, and what did not fit them.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::log::Checkpoint;
use itgel_domain::sync::hello::Restored;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, cbor, int, to_cbor, word};

/// How many states are kept: more than a year of daily synchronisation.
const KEPT: u32 = 500;

/// Two signed states of the log that cannot both be of one history, or of which the later one is
/// shorter: both signatures are kept, together they prove it to anybody. Or a state that the server
/// told without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogAlarm {
    /// [`ErrorCode::LogForked`], [`ErrorCode::LogWentBack`] or [`ErrorCode::LogUnsigned`].
    pub code: ErrorCode,
    /// The state that this device held, if any.
    pub held: Option<CheckpointRef>,
    /// The state that it was shown.
    pub shown: Checkpoint,
    /// What came as the server's signature over it, hexadecimal.
    pub signature: String,
    /// When, by the device's clock.
    pub noticed_at: AtMs,
}

/// Keeps a state whose signature was checked, with the epoch of the server that told it.
pub(crate) fn insert(
    tx: &Transaction<'_>,
    state: &Checkpoint,
    signature: &str,
    epoch: u64,
) -> Result<(), StoreError> {
    let bytes = to_cbor(state, "log_state.state")?;
    tx.prepare_cached("insert or ignore into log_state values (?1, ?2, ?3, ?4)")?
        .execute(params![int(state.size), bytes, signature, int(epoch)])?;
    tx.prepare_cached(
        "delete from log_state where size not in
             (select size from log_state order by size desc limit ?1)",
    )?
    .execute([KEPT])?;
    Ok(())
}

/// The newest kept state.
pub(crate) fn newest(db: &Connection) -> Result<Option<CheckpointRef>, StoreError> {
    let sql = "select state from log_state order by size desc limit 1";
    let mut query = db.prepare_cached(sql)?;
    column::first(query.query([])?, |row| {
        Ok(cbor::<Checkpoint>(row, "state", "log_state.state")?.tree())
    })
}

/// When the server signed the newest kept state, by its own clock: it is at least that late.
pub(crate) fn newest_at(db: &Connection) -> Result<Option<AtMs>, StoreError> {
    let sql = "select state from log_state order by size desc limit 1";
    let mut query = db.prepare_cached(sql)?;
    column::first(query.query([])?, |row| {
        Ok(cbor::<Checkpoint>(row, "state", "log_state.state")?.at)
    })
}

/// Forgets the states that a restored server cannot know of.
pub(crate) fn keep_held(tx: &Transaction<'_>, restored: &Restored) -> Result<(), StoreError> {
    let mut query = tx.prepare_cached("select size, epoch from log_state")?;
    let states = column::all(query.query([])?, |row| {
        let size = column::count(row, "size", "log_state")?;
        Ok((size, column::count(row, "epoch", "log_state")?))
    })?;
    let mut delete = tx.prepare_cached("delete from log_state where size = ?1")?;
    for (size, _) in states
        .iter()
        .filter(|(size, epoch)| !restored.holds(*epoch, *size))
    {
        delete.execute([int(*size)])?;
    }
    Ok(())
}

/// Notes an alarm once.
pub(crate) fn insert_alarm(tx: &Transaction<'_>, alarm: &LogAlarm) -> Result<(), StoreError> {
    let (held, shown) = (
        to_cbor(&alarm.held, "log_alarm.held")?,
        to_cbor(&alarm.shown, "log_alarm.shown")?,
    );
    let (code, at) = (alarm.code.as_str(), alarm.noticed_at.0);
    tx.prepare_cached("insert or ignore into log_alarm values (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![code, held, shown, alarm.signature, at])?;
    Ok(())
}

/// The alarms, the first one first.
pub(crate) fn alarms(db: &Connection) -> Result<Vec<LogAlarm>, StoreError> {
    let mut query = db.prepare_cached("select * from log_alarm order by noticed_at")?;
    column::all(query.query([])?, read)
}

fn read(row: &Row<'_>) -> Result<LogAlarm, StoreError> {
    Ok(LogAlarm {
        code: word(row, "code", "log_alarm.code")?,
        held: cbor(row, "held", "log_alarm.held")?,
        shown: cbor(row, "shown", "log_alarm.shown")?,
        signature: row.get("signature")?,
        noticed_at: AtMs(row.get("noticed_at")?),
    })
}
