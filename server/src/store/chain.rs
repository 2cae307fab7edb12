//! Where the chain of a device stands, by incarnation.

use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// The last row up to a place; rows rise, so it is the newest.
const SEEN_BY: &str = "select seen_at from chain_seen
    where device = ?1 and (incarnation, seq) <= (?2, ?3)
    order by incarnation desc, seq desc limit 1";

/// One chain of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainRow {
    /// Its end.
    pub head: ChainHead,
    /// The highest place that the device said it has; what lies beyond the end is its open tail.
    pub claimed: u64,
    /// The newest hello about it from a store whose end this chain did not hold.
    pub said: Option<Said>,
}

/// What a store said of a chain at its hello, and what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Where the chain ends in that store.
    pub head: ChainHead,
    /// Where the server's chain ended, which was the answer.
    pub told: u64,
}

/// The chain of an incarnation; `None` before anything of it was heard.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    device: &DeviceId,
    incarnation: u32,
) -> Result<Option<ChainRow>, StoreError> {
    let sql = "select seq, head, claimed, said_seq, said_head, told_seq from chain
               where device = ?1 and incarnation = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![device.as_str(), incarnation], |row| {
        Ok(column::unsigned(row, "seq", "chain.seq").and_then(|seq| {
            let hash = column::word(row, "head", "chain.head")?;
            Ok(ChainRow {
                head: ChainHead { seq, hash },
                claimed: column::unsigned(row, "claimed", "chain.claimed")?,
                said: said(row)?,
            })
        }))
    });
    found.optional()?.transpose()
}

/// When the newest state of the log was signed that the device's envelopes name up to a place, in
/// this incarnation and those before; `None` if they name none.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn seen_by(connection: &Connection, at: &ChainRef) -> Result<Option<AtMs>, StoreError> {
    let mut query = connection.prepare_cached(SEEN_BY)?;
    let key = params![at.device.as_str(), at.incarnation, column::signed(at.seq)];
    let seen = query.query_row(key, |row| row.get(0)).optional()?;
    Ok(seen.map(AtMs))
}

/// Notes that the envelope at a place names a state of the log that is newer than those that the
/// device's envelopes before it name. What later incarnations noted that is no newer goes, if one came
/// late: a row stands only where the value rises.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn note_seen(tx: &Tx<'_>, at: &ChainRef, seen: AtMs) -> Result<(), StoreError> {
    let sql = "delete from chain_seen where (device, incarnation, seq) = (
                   select device, incarnation, seq from chain_seen
                   where device = ?1 and incarnation > ?2 order by incarnation, seq limit 1
               ) and seen_at <= ?3";
    let mut overtaken = tx.prepare_cached(sql)?;
    while overtaken.execute(params![at.device.as_str(), at.incarnation, seen.0])? > 0 {}
    let sql = "insert into chain_seen (device, incarnation, seq, seen_at)
               values (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute(params![
        at.device.as_str(),
        at.incarnation,
        column::signed(at.seq),
        seen.0
    ])?;
    Ok(())
}

/// Notes how far a device said that its chain goes.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn note_claim(
    tx: &Tx<'_>,
    device: &DeviceId,
    incarnation: u32,
    seq: u64,
) -> Result<(), StoreError> {
    let sql = "update chain set claimed = ?3
               where device = ?1 and incarnation = ?2 and claimed < ?3";
    tx.prepare_cached(sql)?
        .execute(params![device.as_str(), incarnation, column::signed(seq)])?;
    Ok(())
}

/// A chain of a device of which the server lacks the end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OpenTail {
    /// The device.
    pub device: DeviceId,
    /// The incarnation.
    pub incarnation: u32,
    /// The first place that is missing.
    pub from: u64,
    /// The last place that the device spoke of.
    pub to: u64,
}

/// The chains of an officer's devices whose end never arrived, by device.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_open_tails(
    connection: &Connection,
    officer: &OfficerId,
) -> Result<Vec<OpenTail>, StoreError> {
    let sql = "select c.device, c.incarnation, c.seq + 1 as first, c.claimed as last
               from chain c join device d on d.id = c.device
               where d.officer = ?1 and c.claimed > c.seq
               order by c.device, c.incarnation limit 500";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![officer.as_str()], |row| {
        Ok((|| {
            Ok(OpenTail {
                device: column::word(row, "device", "chain.device")?,
                incarnation: row.get("incarnation")?,
                from: column::unsigned(row, "first", "chain.seq")?,
                to: column::unsigned(row, "last", "chain.claimed")?,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The highest incarnation of the device that was heard of; 0 for none.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn newest(connection: &Connection, device: &DeviceId) -> Result<u32, StoreError> {
    let sql = "select coalesce(max(incarnation), 0) from chain where device = ?1";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![device.as_str()], |row| row.get(0))?)
}

/// Moves the end of a chain.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_head(
    tx: &Tx<'_>,
    device: &DeviceId,
    incarnation: u32,
    head: ChainHead,
) -> Result<(), StoreError> {
    let sql = "insert into chain (device, incarnation, seq, head) values (?1, ?2, ?3, ?4)
               on conflict (device, incarnation) do update set seq = excluded.seq,
                   head = excluded.head";
    let seq = column::signed(head.seq);
    tx.prepare_cached(sql)?.execute(params![
        device.as_str(),
        incarnation,
        seq,
        head.hash.to_string()
    ])?;
    Ok(())
}

/// Begins a chain of which nothing came yet: it stands at `start`. One that has begun stays as it
/// is.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn begin(
    tx: &Tx<'_>,
    device: &DeviceId,
    incarnation: u32,
    start: ChainHead,
) -> Result<(), StoreError> {
    let sql = "insert into chain (device, incarnation, seq, head) values (?1, ?2, ?3, ?4)
               on conflict (device, incarnation) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        device.as_str(),
        incarnation,
        column::signed(start.seq),
        start.hash.to_string()
    ])?;
    Ok(())
}

/// Notes what a store said of a chain and what it was told, in the place of what was noted before.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn note_said(
    tx: &Tx<'_>,
    device: &DeviceId,
    incarnation: u32,
    said: Said,
) -> Result<(), StoreError> {
    let sql = "update chain set said_seq = ?3, said_head = ?4, told_seq = ?5
               where device = ?1 and incarnation = ?2";
    tx.prepare_cached(sql)?.execute(params![
        device.as_str(),
        incarnation,
        column::signed(said.head.seq),
        said.head.hash.to_string(),
        column::signed(said.told)
    ])?;
    Ok(())
}

fn said(row: &Row<'_>) -> Result<Option<Said>, StoreError> {
    if row.get::<_, Option<i64>>("said_seq")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Said {
        head: ChainHead {
            seq: column::unsigned(row, "said_seq", "chain.said_seq")?,
            hash: column::word(row, "said_head", "chain.said_head")?,
        },
        told: column::unsigned(row, "told_seq", "chain.told_seq")?,
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use itgel_domain::file::chain::Suite;
    use rusqlite::StatementStatus;

    use super::super::device::{DeviceRecord, DeviceStatus};
    use super::super::officer::OfficerRecord;
    use super::super::{Op, Store, StoreConfig, device, officer};
    use super::*;

    fn at(incarnation: u32, seq: u64) -> ChainRef {
        ChainRef {
            device: "phone".parse().unwrap(),
            incarnation,
            seq,
        }
    }

    /// Runs a transaction over a database with one device.
    fn with_device(work: impl FnOnce(&Tx<'_>) -> Result<(), StoreError> + Send + 'static) {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            path: folder.path().join("itgel.db"),
            key: None,
            readers: 1,
        };
        let store = Store::open(&config, Arc::new(|| AtMs(0))).unwrap();
        let done = store.transact(Op("test"), move |tx| {
            let person = OfficerRecord {
                id: "o1".parse().unwrap(),
                name: "o1".into(),
                division: "150623200201".parse().unwrap(),
            };
            officer::put(tx, &person)?;
            let phone = DeviceRecord {
                id: at(0, 1).device,
                officer: person.id,
                suite: Suite::Ed25519,
                public_key: Vec::new(),
                status: DeviceStatus::Active,
                enrolled_at: AtMs(0),
            };
            device::put(tx, &phone)?;
            work(tx)
        });
        done.unwrap();
    }

    #[test]
    fn the_newest_state_that_a_device_saw_is_found_without_reading_all_that_it_saw() {
        with_device(|tx| {
            for n in 1..=2_000 {
                note_seen(tx, &at(0, n), AtMs(column::signed(n) * 10))?;
            }
            assert_eq!(seen_by(tx, &at(0, 1_500))?, Some(AtMs(15_000)));
            let steps = || {
                let query = tx.prepare_cached(SEEN_BY)?;
                Ok::<_, StoreError>(query.get_status(StatementStatus::VmStep))
            };
            let before = steps()?;
            for place in [at(0, 1_999), at(0, 3), at(1, 1)] {
                assert!(seen_by(tx, &place)?.is_some());
            }
            let spent = steps()? - before;
            assert!(spent < 150, "{spent} steps for three");
            Ok(())
        });
    }

    #[test]
    fn what_an_older_incarnation_saw_is_known_to_the_later_ones_also_if_it_came_after_them() {
        with_device(|tx| {
            note_seen(tx, &at(0, 1), AtMs(5))?;
            for (seq, seen) in [(1, 10), (2, 20), (5, 30)] {
                note_seen(tx, &at(1, seq), AtMs(seen))?;
            }
            note_seen(tx, &at(2, 1), AtMs(40))?;
            note_seen(tx, &at(0, 7), AtMs(20))?;
            let seen = |incarnation, seq| seen_by(tx, &at(incarnation, seq));
            assert_eq!((seen(0, 6)?, seen(0, 7)?), (Some(AtMs(5)), Some(AtMs(20))));
            assert_eq!((seen(1, 1)?, seen(1, 4)?), (Some(AtMs(20)), Some(AtMs(20))));
            assert_eq!((seen(1, 5)?, seen(2, 1)?), (Some(AtMs(30)), Some(AtMs(40))));
            note_seen(tx, &at(0, 8), AtMs(90))?;
            assert_eq!((seen(2, 1)?, seen(3, 1)?), (Some(AtMs(90)), Some(AtMs(90))));
            assert_eq!(seen(0, 0)?, None);
            Ok(())
        });
    }
}
