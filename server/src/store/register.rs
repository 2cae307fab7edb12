//! Rows of the registers (台账). None is edited; a newer revision takes its place.

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column, credit_record};

pub(super) const SELECT: &str =
    "select id, division, subject, row_key, revision, valid_from, valid_to,
                          source, content from register_row";

/// Writes a row and sets those that it takes the place of aside.
///
/// # Errors
/// [`StoreError`] of the database, also if the id is taken.
pub fn put(tx: &Tx<'_>, row: &RegisterRow, entered_by: &str, at: AtMs) -> Result<(), StoreError> {
    let (register, division) = (row.content.register(), row.division.filled_text());
    let subject = row.subject.as_ref().map(SubjectId::as_str);
    let older = match subject {
        Some(subject) => tx
            .prepare_cached(
                "update register_row set superseded_at = ?4 where subject = ?1 and register = ?2
                     and row_key = ?3 and superseded_at is null",
            )?
            .execute(params![subject, register, row.key, at.0]),
        None => tx
            .prepare_cached(
                "update register_row set superseded_at = ?4 where register = ?1 and division = ?2
                     and row_key = ?3 and subject is null and superseded_at is null",
            )?
            .execute(params![register, division, row.key, at.0]),
    };
    older?;
    let sql = "insert into register_row (id, register, division, subject, row_key, revision,
                   valid_from, valid_to, content, source, entered_by, entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        register,
        division,
        subject,
        row.key,
        row.revision,
        row.valid_from.to_string(),
        row.valid_to.map(|day| day.to_string()),
        column::to_json(&row.content, "register_row.content")?,
        row.source,
        entered_by,
        at.0,
    ])?;
    credit_record::put(tx, row)
}

/// The row in force at the place of `row`: same register, object and key.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_at_place_of(
    connection: &Connection,
    row: &RegisterRow,
) -> Result<Option<RegisterRow>, StoreError> {
    let register = row.content.register();
    let found = match &row.subject {
        Some(subject) => {
            let sql = format!(
                "{SELECT} where subject = ?1 and register = ?2 and row_key = ?3
                     and superseded_at is null"
            );
            let key = params![subject.as_str(), register, row.key];
            connection
                .prepare_cached(&sql)?
                .query_row(key, |row| Ok(read(row)))
                .optional()?
        }
        None => {
            let sql = format!(
                "{SELECT} where register = ?1 and division = ?2 and row_key = ?3
                     and subject is null and superseded_at is null"
            );
            let key = params![register, row.division.filled_text(), row.key];
            connection
                .prepare_cached(&sql)?
                .query_row(key, |row| Ok(read(row)))
                .optional()?
        }
    };
    found.transpose()
}

/// The rows in force about a subject; with `history`, those that newer revisions replaced as well.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_subject(
    connection: &Connection,
    subject: &SubjectId,
    history: bool,
) -> Result<Vec<RegisterRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 and (?2 or superseded_at is null)");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str(), history], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The row in force about a subject in a register under a key.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_of(
    connection: &Connection,
    subject: &SubjectId,
    register: &str,
    key: &str,
) -> Result<Option<RegisterRow>, StoreError> {
    let sql = format!(
        "{SELECT} where subject = ?1 and register = ?2 and row_key = ?3 and superseded_at is null"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![subject.as_str(), register, key], |row| {
        Ok(read(row))
    });
    found.optional()?.transpose()
}

/// The rows in force about a subject in a register, by key.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of(
    connection: &Connection,
    subject: &SubjectId,
    register: &str,
) -> Result<Vec<RegisterRow>, StoreError> {
    let sql = format!(
        "{SELECT} where subject = ?1 and register = ?2 and superseded_at is null order by row_key"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str(), register], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The subjects that a row in force relates to this one, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_related_to(
    connection: &Connection,
    related: &SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select distinct subject from register_row
               where register = 'related' and row_key = ?1 and superseded_at is null
                   and subject is not null order by subject";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![related.as_str()], |row| {
        Ok(column::word(row, "subject", "register_row.subject"))
    })?;
    rows.map(|row| row?).collect()
}

/// The rows that can reach a subject, by itself and by the divisions that it lies in. With
/// `history`, those that newer revisions replaced as well.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_reaching(
    connection: &Connection,
    subject: &Subject,
    history: bool,
) -> Result<Vec<RegisterRow>, StoreError> {
    let mut rows = list_of_subject(connection, &subject.id, history)?;
    let of_division = format!(
        "{SELECT} where division = ?1 and subject is null and (?2 or superseded_at is null)"
    );
    let mut query = connection.prepare_cached(&of_division)?;
    for division in around(subject.division) {
        let key = params![division.filled_text(), history];
        let found = query.query_map(key, |row| Ok(read(row)))?;
        for row in found {
            rows.push(row??);
        }
    }
    rows.retain(|row| row.reaches(subject));
    Ok(rows)
}

/// The rows in force about a subject, or about a division itself.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_about(
    connection: &Connection,
    division: DivisionCode,
    subject: Option<&SubjectId>,
) -> Result<Vec<RegisterRow>, StoreError> {
    let (about, key) = match subject {
        Some(subject) => ("subject = ?1", subject.to_string()),
        None => ("division = ?1 and subject is null", division.filled_text()),
    };
    let sql = format!("{SELECT} where {about} and superseded_at is null order by id");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![key], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The rows that reached a subject at an instant: entered by then and not yet replaced.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_reaching_at(
    connection: &Connection,
    subject: &Subject,
    at: AtMs,
) -> Result<Vec<RegisterRow>, StoreError> {
    const THEN: &str = "entered_at <= ?2 and (superseded_at is null or superseded_at > ?2)";
    let of_subject = format!("{SELECT} where subject = ?1 and {THEN}");
    let mut query = connection.prepare_cached(&of_subject)?;
    let found = query.query_map(params![subject.id.as_str(), at.0], |row| Ok(read(row)))?;
    let mut rows = found
        .map(|row| row?)
        .collect::<Result<Vec<_>, StoreError>>()?;
    let of_division = format!("{SELECT} where division = ?1 and subject is null and {THEN}");
    let mut query = connection.prepare_cached(&of_division)?;
    for division in around(subject.division) {
        let key = params![division.filled_text(), at.0];
        let found = query.query_map(key, |row| Ok(read(row)))?;
        for row in found {
            rows.push(row??);
        }
    }
    rows.retain(|row| row.reaches(subject));
    Ok(rows)
}

/// The rows in force that reach a whole division, wider ones first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_division(
    connection: &Connection,
    division: DivisionCode,
) -> Result<Vec<RegisterRow>, StoreError> {
    let mut rows = Vec::new();
    for division in around(division) {
        rows.extend(list_about(connection, division, None)?);
    }
    Ok(rows)
}

/// Deletes every row about a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from register_row where subject = ?1")?
        .execute(params![subject.as_str()])?;
    credit_record::delete(tx, subject)
}

/// Every row of an entity or a collective about the person behind it, or about the registration
/// from which it comes, with whether it is in force.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_related(
    connection: &Connection,
    person: &SubjectId,
) -> Result<Vec<(RegisterRow, bool)>, StoreError> {
    let sql = "select id, division, subject, row_key, revision, valid_from, valid_to, source,
                   content, superseded_at is null as in_force
               from register_row
               where (register = 'related' and row_key = ?1)
                   or (register = 'predecessor' and row_key = ?1)
               order by subject, revision";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![person.as_str()], |row| {
        Ok((read(row), row.get("in_force")?))
    })?;
    rows.map(|row| {
        let (row, in_force): (_, bool) = row?;
        Ok((row?, in_force))
    })
    .collect()
}

/// Deletes one row.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete_row(tx: &Tx<'_>, row: &RowId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from register_row where id = ?1")?
        .execute(params![row.as_str()])?;
    Ok(())
}

/// A division and those that it lies in, the widest first.
#[must_use]
pub fn around(division: DivisionCode) -> Vec<DivisionCode> {
    use DivisionLevel::{County, Prefecture, Region, Township, Village};
    let levels = [Region, Prefecture, County, Township, Village];
    levels
        .into_iter()
        .filter_map(|level| division.ancestor(level))
        .collect()
}

pub(super) fn read(row: &Row<'_>) -> Result<RegisterRow, StoreError> {
    Ok(RegisterRow {
        id: column::word(row, "id", "register_row.id")?,
        division: column::division(row, "division", "register_row.division")?,
        subject: column::optional_word(row, "subject", "register_row.subject")?,
        key: row.get("row_key")?,
        revision: row.get("revision")?,
        valid_from: column::word(row, "valid_from", "register_row.valid_from")?,
        valid_to: column::optional_word(row, "valid_to", "register_row.valid_to")?,
        source: row.get("source")?,
        content: column::json(row, "content", "register_row.content")?,
    })
}
