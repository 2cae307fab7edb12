//! Subjects, where they live and where they lived.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

const SELECT: &str = "select id, kind, division, local_code from subject";

/// The subject with this id, erased or not.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &SubjectId) -> Result<Option<Subject>, StoreError> {
    let sql = format!("{SELECT} where id = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    query
        .query_row(params![id.as_str()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The subject of a kind with a number in a division; an erased one is passed over.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn find_by_code(
    connection: &Connection,
    division: DivisionCode,
    kind: SubjectKind,
    local_code: &str,
) -> Result<Option<Subject>, StoreError> {
    let sql = format!(
        "{SELECT} where division = ?1 and kind = ?2 and local_code = ?3 and erased_at is null
             order by id limit 1"
    );
    let key = params![division.filled_text(), kind.as_str(), local_code];
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(key, |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// Whether a subject of a kind that had a number in a division was erased: nothing brings it back.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn was_erased(
    connection: &Connection,
    division: DivisionCode,
    kind: SubjectKind,
    local_code: &str,
) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from subject where division = ?1 and kind = ?2
                   and local_code = ?3 and erased_at is not null)";
    let key = params![division.filled_text(), kind.as_str(), local_code];
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(key, |row| row.get(0))?)
}

/// When the subject was erased; `None` if it was not, or is not known.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erased_at(connection: &Connection, id: &SubjectId) -> Result<Option<AtMs>, StoreError> {
    let mut query = connection.prepare_cached("select erased_at from subject where id = ?1")?;
    let found: Option<Option<i64>> = query
        .query_row(params![id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().map(AtMs))
}

/// The subjects that live in `within`, by division and local code; erased ones are left out.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    within: DivisionCode,
    kind: Option<SubjectKind>,
) -> Result<Vec<Subject>, StoreError> {
    let sql = format!(
        "{SELECT} where division >= ?1 and division < ?2 and (?3 is null or kind = ?3)
             and erased_at is null order by division, kind, local_code, id"
    );
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![low, high, kind.map(SubjectKind::as_str)], |row| {
        Ok(read(row))
    })?;
    rows.map(|row| row?).collect()
}

/// How many households live in `within`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_households(connection: &Connection, within: DivisionCode) -> Result<u64, StoreError> {
    let sql = "select count(*) as many from subject where division >= ?1 and division < ?2
                   and kind = ?3 and erased_at is null";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let kind = SubjectKind::Household.as_str();
    query.query_row(params![low, high, kind], |row| {
        Ok(column::unsigned(row, "many", "subject.many"))
    })?
}

/// The subjects whose home on `day` was exactly `division`, by id: the home on the day of a
/// snapshot counts (`domain.md` G 13).
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_at_home(
    connection: &Connection,
    division: DivisionCode,
    day: Date,
) -> Result<Vec<Subject>, StoreError> {
    let sql = format!(
        "{SELECT} s where erased_at is null and id in (
             select id from subject where division = ?1
             union select subject from subject_move where division = ?1 and until >= ?2)
         and ?1 = coalesce((select m.division from subject_move m
                            where m.subject = s.id and m.until >= ?2
                            order by m.until, m.n limit 1), s.division)
         order by id"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![division.filled_text(), day.to_string()], |row| {
        Ok(read(row))
    })?;
    rows.map(|row| row?).collect()
}

/// Whether somebody who had this number in a division lives in another now.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn has_come(
    connection: &Connection,
    (from, local_code): (DivisionCode, &str),
    into: DivisionCode,
) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from subject s join subject_move m on m.subject = s.id
                   where s.division = ?3 and s.erased_at is null
                       and m.division = ?1 and m.local_code = ?2)";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![from.filled_text(), local_code, into.filled_text()];
    Ok(query.query_row(key, |row| row.get(0))?)
}

/// A subject that got another number when it came into a division.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Renumbered {
    /// Where it lived.
    pub from: DivisionCode,
    /// Its number there.
    pub before: String,
    /// Its number now.
    pub now: String,
}

/// Who came into a division from another and has another number since, by the number now.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_renumbered(
    connection: &Connection,
    division: DivisionCode,
) -> Result<Vec<Renumbered>, StoreError> {
    let sql = "select m.division, m.local_code as before, s.local_code as now
               from subject s join subject_move m on m.subject = s.id
               where s.division = ?1 and m.division <> ?1 and m.local_code <> s.local_code
                   and s.erased_at is null
               order by s.local_code, m.until, m.n";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![division.filled_text()], |row| {
        Ok((|| {
            Ok(Renumbered {
                from: column::division(row, "division", "subject_move.division")?,
                before: row.get("before")?,
                now: row.get("now")?,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// Writes a new subject; `false` if its id is known.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, subject: &Subject) -> Result<bool, StoreError> {
    let sql = "insert into subject (id, kind, division, local_code) values (?1, ?2, ?3, ?4)
               on conflict (id) do nothing";
    let written = tx.prepare_cached(sql)?.execute(params![
        subject.id.as_str(),
        subject.kind.as_str(),
        subject.division.filled_text(),
        subject.local_code,
    ])?;
    Ok(written == 1)
}

/// Moves a subject to another division, or another number; `until` is its last day in the old
/// one.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn move_to(tx: &Tx<'_>, subject: &Subject, until: Date) -> Result<(), StoreError> {
    let sql = "insert into subject_move (subject, n, until, division, local_code)
               select id, coalesce((select max(n) from subject_move where subject = ?1), 0) + 1, ?2,
                   division, local_code from subject where id = ?1
               on conflict (subject, until, division) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![subject.id.as_str(), until.to_string()])?;
    let sql = "update subject set division = ?2, local_code = ?3 where id = ?1";
    tx.prepare_cached(sql)?.execute(params![
        subject.id.as_str(),
        subject.division.filled_text(),
        subject.local_code,
    ])?;
    Ok(())
}

/// Where the subject lived before, each with its last day there, the earliest first; of several that
/// end on one day, as when a mistake is put right, the first is where it lived.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_moves(
    connection: &Connection,
    id: &SubjectId,
) -> Result<Vec<(Date, DivisionCode)>, StoreError> {
    let sql = "select until, division from subject_move where subject = ?1 order by until, n";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![id.as_str()], |row| Ok(read_move(row)))?;
    rows.map(|row| row?).collect()
}

/// The divisions in which the subject lived and lives no more.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_former_homes(
    connection: &Connection,
    id: &SubjectId,
) -> Result<BTreeSet<DivisionCode>, StoreError> {
    let sql = "select division from subject_move where subject = ?1
               except select division from subject where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![id.as_str()], |row| {
        Ok(column::division(row, "division", "subject_move.division"))
    })?;
    rows.map(|row| row?).collect()
}

/// The divisions in whose lists the subject stands: where it lives and where it lived.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_homes(
    connection: &Connection,
    id: &SubjectId,
) -> Result<Vec<DivisionCode>, StoreError> {
    let sql = "select division from subject where id = ?1
               union select division from subject_move where subject = ?1 order by 1";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![id.as_str()], |row| {
        Ok(column::division(row, "division", "subject.division"))
    })?;
    rows.map(|row| row?).collect()
}

/// How many subjects were erased.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_erased(connection: &Connection) -> Result<u32, StoreError> {
    let sql = "select count(*) from subject where erased_at is not null";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row([], |row| row.get(0))?)
}

/// Marks a subject as erased.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase(tx: &Tx<'_>, id: &SubjectId, at: AtMs) -> Result<(), StoreError> {
    tx.prepare_cached("update subject set erased_at = coalesce(erased_at, ?2) where id = ?1")?
        .execute(params![id.as_str(), at.0])?;
    Ok(())
}

fn read_move(row: &Row<'_>) -> Result<(Date, DivisionCode), StoreError> {
    let until = column::word(row, "until", "subject_move.until")?;
    Ok((
        until,
        column::division(row, "division", "subject_move.division")?,
    ))
}

fn read(row: &Row<'_>) -> Result<Subject, StoreError> {
    Ok(Subject {
        id: column::word(row, "id", "subject.id")?,
        kind: column::word(row, "kind", "subject.kind")?,
        division: column::division(row, "division", "subject.division")?,
        local_code: row.get("local_code")?,
    })
}
