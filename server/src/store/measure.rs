//! Measures and incentives with their way from initiation to feedback.

use itgel_domain::credit::{Measure, MeasureKind, MeasureState};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{MeasureId, OfficerId, SubjectId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::credit_record::Place;
use super::{StoreError, Tx, column};

/// A measure as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureRow {
    /// The measure.
    pub measure: Measure,
    /// Counts its steps, from 1.
    pub version: u64,
}

/// Which measures to read.
#[derive(Debug, Clone)]
pub struct Filter<'a> {
    /// Of subjects in this division.
    pub division: DivisionCode,
    /// Who reads: a subject that the reader has an interest in is left out.
    pub reader: &'a OfficerId,
    /// Only in this state.
    pub state: Option<MeasureState>,
    /// Only against, or only for.
    pub kind: Option<MeasureKind>,
    /// Only of this subject, or of a household code that begins so.
    pub search: Option<&'a str>,
    /// The identifier after which to go on.
    pub after: &'a str,
    /// Most rows.
    pub limit: u32,
}

const SELECT: &str = "select m.content, m.version from measure m";

/// Writes a measure with its version, new or moved on.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &MeasureRow) -> Result<(), StoreError> {
    let sql = "insert into measure (id, subject, kind, state, version, ground_register,
                   ground_key, list_version, item, initiated_at, content)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               on conflict (id) do update set state = excluded.state,
                   version = excluded.version, content = excluded.content";
    let measure = &row.measure;
    tx.prepare_cached(sql)?.execute(params![
        measure.id().as_str(),
        measure.subject().as_str(),
        measure.kind().as_str(),
        measure.state().as_str(),
        column::signed(row.version),
        measure.ground().register,
        measure.ground().key,
        measure.list_version(),
        measure.item(),
        measure.initiated().at.0,
        column::to_json(measure, "measure.content")?,
    ])?;
    Ok(())
}

/// The measure with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &MeasureId) -> Result<Option<MeasureRow>, StoreError> {
    let sql = format!("{SELECT} where m.id = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The measures that a filter lets through, by identifier.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, filter: &Filter<'_>) -> Result<Vec<MeasureRow>, StoreError> {
    let sql = format!(
        "{SELECT} join subject s on s.id = m.subject
         where s.division >= ?1 and s.division < ?2 and (?3 is null or m.state = ?3)
             and (?4 is null or m.kind = ?4)
             and (?5 is null or m.subject = ?5 or substr(s.local_code, 1, length(?5)) = ?5)
             and m.id > ?6
             and not exists (select 1 from interest i
                             where i.subject = m.subject and i.officer = ?7)
         order by m.id limit ?8"
    );
    let (low, high) = filter.division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(
        params![
            low,
            high,
            filter.state.map(MeasureState::as_str),
            filter.kind.map(MeasureKind::as_str),
            filter.search,
            filter.after,
            filter.reader.as_str(),
            filter.limit,
        ],
        |row| Ok(read(row)),
    )?;
    rows.map(|row| row?).collect()
}

/// The measures about a subject, ended ones too, by identifier.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<MeasureRow>, StoreError> {
    let sql = format!("{SELECT} where m.subject = ?1 order by m.id");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The subjects after `after` with a measure that is open, by identifier.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_open_subjects(
    connection: &Connection,
    after: &str,
    limit: u32,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select distinct subject from measure
               where state in ('initiated', 'accepted', 'fed_back') and subject > ?1
               order by subject limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![after, limit], |row| {
        Ok(column::word(row, "subject", "measure.subject"))
    })?;
    rows.map(|row| row?).collect()
}

/// Deletes the measures that rest on a record that is deleted.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete_on(tx: &Tx<'_>, ground: &Place) -> Result<usize, StoreError> {
    let sql = "delete from measure
               where subject = ?1 and ground_register = ?2 and ground_key = ?3";
    let key = params![ground.subject.as_str(), ground.register, ground.key];
    Ok(tx.prepare_cached(sql)?.execute(key)?)
}

/// Deletes every measure about a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from measure where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<MeasureRow, StoreError> {
    Ok(MeasureRow {
        measure: column::json(row, "content", "measure.content")?,
        version: column::unsigned(row, "version", "measure.version")?,
    })
}
