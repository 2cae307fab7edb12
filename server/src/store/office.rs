//! Who holds an office: behind entities and collectives, and as a cadre of a gacha. Persons are
//! blind indexes of their numbers here.

use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::{StoreError, Tx, column};

/// Somebody in an office for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeHolder {
    /// The row.
    pub id: RowId,
    /// The entity or collective; of a cadre the gacha as a subject.
    pub object: SubjectId,
    /// The word of the office.
    pub office: String,
    /// The blind index of the person's number.
    pub blind: String,
    /// First day.
    pub valid_from: Date,
    /// Last day; open if absent.
    pub valid_to: Option<Date>,
    /// Who says so, with its reference.
    pub source: String,
}

const SELECT: &str = "select id, object, office, blind, valid_from, valid_to, source
                      from office_holder";

/// Writes a row; it takes the place of the row about the same person in the same office there.
/// `false` if that says the same already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    holder: &OfficeHolder,
    entered_by: &str,
    at: AtMs,
) -> Result<bool, StoreError> {
    let same = list_of_object(tx, &holder.object)?.into_iter().any(|row| {
        let id = holder.id.clone();
        *holder == OfficeHolder { id, ..row }
    });
    if same {
        return Ok(false);
    }
    let sql = "update office_holder set superseded_at = ?4
               where object = ?1 and office = ?2 and blind = ?3 and superseded_at is null";
    tx.prepare_cached(sql)?.execute(params![
        holder.object.as_str(),
        holder.office,
        holder.blind,
        at.0
    ])?;
    let sql = "insert into office_holder (id, object, office, blind, valid_from, valid_to, source,
                   entered_by, entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    tx.prepare_cached(sql)?.execute(params![
        holder.id.as_str(),
        holder.object.as_str(),
        holder.office,
        holder.blind,
        holder.valid_from.to_string(),
        holder.valid_to.map(|day| day.to_string()),
        holder.source,
        entered_by,
        at.0,
    ])?;
    Ok(true)
}

/// Who holds, held or will hold an office there.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_object(
    connection: &Connection,
    object: &SubjectId,
) -> Result<Vec<OfficeHolder>, StoreError> {
    let sql = format!("{SELECT} where object = ?1 and superseded_at is null order by id");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![object.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Where the people of a subject hold offices, by object.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_objects_of(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select distinct o.object from party p join office_holder o on o.blind = p.blind
               where p.subject = ?1 and o.superseded_at is null order by o.object";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "object", "office_holder.object"))
    })?;
    rows.map(|row| row?).collect()
}

/// Whether anybody holds `office` there on `day`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_held(
    connection: &Connection,
    object: &SubjectId,
    office: &str,
    day: Date,
) -> Result<bool, StoreError> {
    let sql = "select exists (
                   select 1 from office_holder
                   where object = ?1 and office = ?2 and superseded_at is null
                       and valid_from <= ?3 and (valid_to is null or valid_to >= ?3))";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![object.as_str(), office, day.to_string()];
    Ok(query.query_row(key, |row| row.get(0))?)
}

fn read(row: &Row<'_>) -> Result<OfficeHolder, StoreError> {
    Ok(OfficeHolder {
        id: column::word(row, "id", "office_holder.id")?,
        object: column::word(row, "object", "office_holder.object")?,
        office: row.get("office")?,
        blind: row.get("blind")?,
        valid_from: column::word(row, "valid_from", "office_holder.valid_from")?,
        valid_to: column::optional_word(row, "valid_to", "office_holder.valid_to")?,
        source: row.get("source")?,
    })
}
