//! Where entities are registered, and the household that runs a family ranch.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// What the register of entities says of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityRow {
    /// Which entity; it is rated where it operates, which is its home as a subject.
    pub subject: SubjectId,
    /// Where it is registered (`domain.md` G 45).
    pub registered_in: DivisionCode,
    /// Its code in the directory of family ranches, of one without a licence (`domain.md` G 47).
    pub directory_code: Option<String>,
    /// The household that runs it.
    pub run_by: Option<SubjectId>,
    /// Who keeps the register.
    pub source: String,
}

/// Writes what the register says; `false` if it is known already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &EntityRow) -> Result<bool, StoreError> {
    if get(tx, &row.subject)?.as_ref() == Some(row) {
        return Ok(false);
    }
    let sql = "insert into entity (subject, registered_in, directory_code, run_by, source)
               values (?1, ?2, ?3, ?4, ?5)
               on conflict (subject) do update set registered_in = excluded.registered_in,
                   directory_code = excluded.directory_code, run_by = excluded.run_by,
                   source = excluded.source";
    tx.prepare_cached(sql)?.execute(params![
        row.subject.as_str(),
        row.registered_in.filled_text(),
        row.directory_code,
        row.run_by.as_ref().map(SubjectId::as_str),
        row.source,
    ])?;
    Ok(true)
}

/// What the register says of an entity.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, subject: &SubjectId) -> Result<Option<EntityRow>, StoreError> {
    let sql = "select subject, registered_in, directory_code, run_by, source from entity
               where subject = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![subject.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The household that runs a ranch, and the ranches that a household runs.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_same_family(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select run_by as other from entity where subject = ?1 and run_by is not null
               union select subject from entity where run_by = ?1 order by other";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "other", "entity.run_by"))
    })?;
    rows.map(|row| row?).collect()
}

/// Entities that operate or are registered in a division, each once.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count(connection: &Connection, within: DivisionCode) -> Result<u64, StoreError> {
    let sql = "select count(*) as many from subject s
               left join entity e on e.subject = s.id
               where s.kind in ('cooperative', 'ranch') and s.erased_at is null
                   and ((s.division >= ?1 and s.division < ?2)
                        or (e.registered_in >= ?1 and e.registered_in < ?2))";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    query.query_row(params![low, high], |row| {
        Ok(column::unsigned(row, "many", "entity.many"))
    })?
}

/// Deletes what the register says of a subject, and that a household runs a ranch.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from entity where subject = ?1")?
        .execute(params![subject.as_str()])?;
    tx.prepare_cached("update entity set run_by = null where run_by = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<EntityRow, StoreError> {
    Ok(EntityRow {
        subject: column::word(row, "subject", "entity.subject")?,
        registered_in: column::division(row, "registered_in", "entity.registered_in")?,
        directory_code: row.get("directory_code")?,
        run_by: column::optional_word(row, "run_by", "entity.run_by")?,
        source: row.get("source")?,
    })
}
