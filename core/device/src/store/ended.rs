//! Years of subjects whose term is over on the server (`domain.md` L-15, L-21): noted until nothing
//! of them waits for its receipt, then deleted.

use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::id::CycleId;
use itgel_domain::sync::ended::EndedYear;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, cbor};
use crate::journal::cycle_of;

const STATEMENT: &str = "ended_year.statement";

/// The own links of a year: ?1 the subject, ?2 the year of its file, ?3 the campaigns.
const OF_YEAR: &str = "subject = ?1 and (
    (kind = 'file' and exists (select 1 from envelope e
        where e.device = (select id from device) and e.incarnation = link.incarnation
            and e.seq = link.seq and e.year = ?2))
    or (kind in ('ballot', 'objection', 'review')
        and cycle in (select value from json_each(?3))))";

/// What stands under a subject and a campaign alone.
const OF_CAMPAIGNS: [&str; 4] = ["draft_value", "draft_consent", "rating_case", "task"];

/// Notes that a year is over.
pub(crate) fn insert(tx: &Transaction<'_>, ended: &EndedYear) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into ended_year values (?1, ?2, ?3)")?
        .execute(params![
            ended.subject.as_str(),
            ended.year,
            column::to_cbor(ended, STATEMENT)?
        ])?;
    Ok(())
}

/// The years that are over and not deleted yet.
pub(crate) fn all(db: &Connection) -> Result<Vec<EndedYear>, StoreError> {
    let mut query = db.prepare_cached("select statement from ended_year order by subject, year")?;
    column::all(query.query([])?, |row| cbor(row, "statement", STATEMENT))
}

/// Whether something own of the year waits for its receipt.
pub(crate) fn is_waited_for(db: &Connection, ended: &EndedYear) -> Result<bool, StoreError> {
    let sql = format!(
        "select exists (select 1 from link where state in ('waiting', 'sending') and {OF_YEAR})"
    );
    let key = params![ended.subject.as_str(), ended.year, json(&ended.cycles)?];
    Ok(db.prepare_cached(&sql)?.query_row(key, |row| row.get(0))?)
}

/// Whether an envelope of the year's file is here.
pub(crate) fn is_any_here(db: &Connection, ended: &EndedYear) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from envelope where subject = ?1 and year = ?2)";
    let key = params![ended.subject.as_str(), ended.year];
    Ok(db.prepare_cached(sql)?.query_row(key, |row| row.get(0))?)
}

/// Deletes what is here of the year, and the note; its places in the own chains stay.
pub(crate) fn delete(tx: &Transaction<'_>, ended: &EndedYear) -> Result<(), StoreError> {
    let (subject, cycles) = (ended.subject.as_str(), json(&ended.cycles)?);
    let sql = format!("update link set state = 'erased' where state <> 'moved' and {OF_YEAR}");
    tx.prepare_cached(&sql)?
        .execute(params![subject, ended.year, cycles])?;
    for table in ["envelope", "projection", "last_visit", "ended_year"] {
        let sql = format!("delete from {table} where subject = ?1 and year = ?2");
        tx.prepare_cached(&sql)?
            .execute(params![subject, ended.year])?;
    }
    for table in OF_CAMPAIGNS {
        let sql = format!(
            "delete from {table}
             where subject = ?1 and cycle in (select value from json_each(?2))"
        );
        tx.prepare_cached(&sql)?.execute(params![subject, cycles])?;
    }
    delete_pictures(tx, ended)?;
    delete_words(tx, ended)
}

/// The server takes no picture any more that an entry of the year named.
fn delete_pictures(tx: &Transaction<'_>, ended: &EndedYear) -> Result<(), StoreError> {
    let (Ok(from), Ok(until)) = (
        Date::new(ended.year, 1, 1),
        Date::new(ended.year.saturating_add(1), 1, 1),
    ) else {
        return Ok(());
    };
    let added = "select content from picture
                 where subject = ?1 and added_at >= ?2 and added_at < ?3";
    for table in ["picture_chunk", "picture"] {
        let sql = format!("delete from {table} where subject = ?1 and content in ({added})");
        tx.prepare_cached(&sql)?.execute(params![
            ended.subject.as_str(),
            AtMs::start_of(from).0,
            AtMs::start_of(until).0
        ])?;
    }
    Ok(())
}

/// Ballots, objections and what the group said stand in no file.
fn delete_words(tx: &Transaction<'_>, ended: &EndedYear) -> Result<(), StoreError> {
    let sql = "select rowid as place, bytes from envelope where subject = ?1 and year = 0";
    let mut query = tx.prepare_cached(sql)?;
    let found = column::all(query.query([ended.subject.as_str()])?, |row| {
        let bytes: Vec<u8> = row.get("bytes")?;
        let envelope = Envelope::from_bytes(&bytes).map_err(|_| StoreError::Corrupt {
            what: "envelope.bytes",
        })?;
        Ok((row.get::<_, i64>("place")?, envelope))
    })?;
    for (place, envelope) in found {
        let is_identity = matches!(envelope.body, Body::Identity(_));
        let cycle = cycle_of(&envelope).filter(|_| !is_identity);
        if cycle.is_some_and(|cycle| ended.cycles.contains(&cycle)) {
            tx.prepare_cached("delete from envelope where rowid = ?1")?
                .execute([place])?;
        }
    }
    Ok(())
}

fn json(cycles: &[CycleId]) -> Result<String, StoreError> {
    let words: Vec<&str> = cycles.iter().map(CycleId::as_str).collect();
    serde_json::to_string(&words).map_err(|_| StoreError::Corrupt { what: STATEMENT })
}

#[cfg(test)]
mod tests {
    use super::*;
    use itgel_domain::id::SubjectId;

    #[test]
    fn the_place_of_a_visit_does_not_outlive_the_year_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = Connection::open(folder.path().join("device.db")).unwrap();
        db.execute_batch(include_str!("migrations/V1__device.sql"))
            .unwrap();
        let subject = SubjectId::from_random([1; 16]);
        for year in [2025, 2026] {
            let visit = params![subject.as_str(), year, "2025-06-01", 43_900, 116_000];
            db.execute("insert into last_visit values (?1, ?2, ?3, ?4, ?5)", visit)
                .unwrap();
        }
        let ended = EndedYear {
            subject: subject.clone(),
            year: 2025,
            cycles: Vec::new(),
            signature: String::new(),
        };
        let tx = db.transaction().unwrap();
        delete(&tx, &ended).unwrap();
        let mut left = tx.prepare("select year from last_visit").unwrap();
        let years = left.query_map([], |row| row.get::<_, i16>(0)).unwrap();
        assert_eq!(years.map(Result::unwrap).collect::<Vec<_>>(), [2026]);
    }
}
