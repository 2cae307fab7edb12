//! The lists that are pulled: how far, with which digest, and what was kept aside.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, SubjectId};
use itgel_domain::sync::hello::Cursor;
use itgel_domain::sync::pull::{PulledItem, empty_digest};
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, count, division, int, word};

/// How far a list was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) position: u64,
    /// Digest over the list up to there.
    pub(crate) digest: Hash,
}

/// How far the list of a division was taken.
pub(crate) fn taken(db: &Connection, list: DivisionCode) -> Result<Taken, StoreError> {
    let mut query = db.prepare_cached("select * from list where division = ?1")?;
    let taken = column::first(query.query([list.filled_text()])?, |row| {
        Ok(Taken {
            position: count(row, "position", "list.position")?,
            digest: word(row, "digest", "list.digest")?,
        })
    })?;
    Ok(taken.unwrap_or_else(|| Taken {
        position: 0,
        digest: empty_digest(list),
    }))
}

pub(crate) fn set_taken(
    tx: &Transaction<'_>,
    list: DivisionCode,
    taken: &Taken,
) -> Result<(), StoreError> {
    let sql = "insert into list values (?1, ?2, ?3, 0)
               on conflict (division) do update set
                   position = excluded.position,
                   digest = excluded.digest,
                   brief_until = case when excluded.position < list.brief_until
                                      then list.brief_until else 0 end";
    tx.prepare_cached(sql)?.execute(params![
        list.filled_text(),
        int(taken.position),
        taken.digest.to_string()
    ])?;
    Ok(())
}

/// Where the first download of a list ends in which files of others are only named, 0 for none;
/// `None` before anything of the list was asked for.
pub(crate) fn brief_until(db: &Connection, list: DivisionCode) -> Result<Option<u64>, StoreError> {
    let mut query = db.prepare_cached("select brief_until from list where division = ?1")?;
    column::first(query.query([list.filled_text()])?, |row| {
        count(row, "brief_until", "list.brief_until")
    })
}

/// The first download of a list begins.
pub(crate) fn begin(
    tx: &Transaction<'_>,
    list: DivisionCode,
    until: u64,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or ignore into list values (?1, 0, ?2, ?3)")?
        .execute(params![
            list.filled_text(),
            empty_digest(list).to_string(),
            int(until)
        ])?;
    Ok(())
}

/// The server tells the list of the gacha in which the subject of a row `gone` lives: since the lists
/// were begun anew, something has come of it.
pub(crate) const IS_TOLD: &str =
    "exists (select 1 from subject at join list on list.division = at.division
    where at.id = gone.subject and list.position > 0)";

/// The cursors of all lists.
pub(crate) fn cursors(db: &Connection) -> Result<Vec<Cursor>, StoreError> {
    let mut query = db.prepare_cached("select division, position from list order by division")?;
    column::all(query.query([])?, |row| {
        Ok(Cursor {
            division: division(row, "division", "list.division")?,
            position: count(row, "position", "list.position")?,
        })
    })
}

/// Starts a list again from nothing; what it brought stays until it comes again.
pub(crate) fn restart(tx: &Transaction<'_>, list: DivisionCode) -> Result<(), StoreError> {
    let code = list.filled_text();
    tx.execute(
        "update list set position = 0, digest = ?2 where division = ?1",
        params![&code, empty_digest(list).to_string()],
    )?;
    tx.execute("delete from kept_item where division = ?1", [&code])?;
    tx.execute("delete from deferred where list = ?1", [&code])?;
    Ok(())
}

pub(crate) fn keep_item(
    tx: &Transaction<'_>,
    list: DivisionCode,
    item: &PulledItem,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into kept_item values (?1, ?2, ?3, ?4)")?
        .execute(params![
            list.filled_text(),
            int(item.position),
            item.kind,
            item.bytes
        ])?;
    Ok(())
}

/// Items that were kept because an earlier version did not know their kind.
pub(crate) fn kept_items(db: &Connection) -> Result<Vec<(DivisionCode, PulledItem)>, StoreError> {
    let mut query = db.prepare_cached("select * from kept_item order by division, position")?;
    column::all(query.query([])?, |row| {
        let item = PulledItem {
            position: count(row, "position", "kept_item.position")?,
            kind: row.get("kind")?,
            bytes: row.get("bytes")?,
        };
        Ok((division(row, "division", "kept_item.division")?, item))
    })
}

pub(crate) fn forget_item(
    tx: &Transaction<'_>,
    list: DivisionCode,
    position: u64,
) -> Result<(), StoreError> {
    tx.execute(
        "delete from kept_item where division = ?1 and position = ?2",
        params![list.filled_text(), int(position)],
    )?;
    Ok(())
}

pub(crate) fn insert_tombstone(
    tx: &Transaction<'_>,
    subject: &SubjectId,
) -> Result<(), StoreError> {
    tx.execute(
        "insert or ignore into tombstone values (?1)",
        [subject.as_str()],
    )?;
    Ok(())
}

/// Whether a subject was erased.
pub(crate) fn is_erased(db: &Connection, subject: &SubjectId) -> Result<bool, StoreError> {
    let mut query =
        db.prepare_cached("select exists (select 1 from tombstone where subject = ?1)")?;
    Ok(query.query_row([subject.as_str()], |row| row.get(0))?)
}

pub(crate) fn insert_revocation(tx: &Transaction<'_>, device: &DeviceId) -> Result<(), StoreError> {
    tx.execute(
        "insert or ignore into revoked_device values (?1)",
        [device.as_str()],
    )?;
    Ok(())
}
