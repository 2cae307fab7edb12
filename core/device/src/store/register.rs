//! Register rows that the lists brought.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::RowId;
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::Subject;
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, cbor};

pub(crate) fn put(
    tx: &Transaction<'_>,
    row: &RegisterRow,
    list: DivisionCode,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "insert or replace into register_row (id, division, subject, list, row)
         values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        row.id.as_str(),
        row.division.filled_text(),
        row.subject.as_ref().map(|s| s.as_str()),
        list.filled_text(),
        column::to_cbor(row, "register_row.row")?,
    ])?;
    Ok(())
}

/// The rows of the list of the subject's gacha that can speak of it: those that name it, and
/// those that name nobody. What matters to a gacha stands in its list, so that the server can
/// tell from one position which rows were here.
pub(crate) fn reaching(db: &Connection, subject: &Subject) -> Result<Vec<RegisterRow>, StoreError> {
    // In two parts, each by its index: as one condition it reads the whole list of the gacha.
    let mut query = db.prepare_cached(
        "select row from register_row where list = ?1 and subject = ?2
         union all
         select row from register_row where list = ?1 and subject is null",
    )?;
    let rows = query.query([subject.division.filled_text().as_str(), subject.id.as_str()])?;
    column::all(rows, |row| cbor(row, "row", "register_row.row"))
}

/// The rows of the list of the subject's gacha that name it.
pub(crate) fn about(db: &Connection, subject: &Subject) -> Result<Vec<RegisterRow>, StoreError> {
    let mut query =
        db.prepare_cached("select row from register_row where list = ?1 and subject = ?2")?;
    let rows = query.query([subject.division.filled_text().as_str(), subject.id.as_str()])?;
    column::all(rows, |row| cbor(row, "row", "register_row.row"))
}

/// Whether one of these rows is here, in whatever list.
pub(crate) fn is_any_here(db: &Connection, rows: &[RowId]) -> Result<bool, StoreError> {
    let mut query =
        db.prepare_cached("select exists (select 1 from register_row where id = ?1)")?;
    for row in rows {
        if query.query_row([row.as_str()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Forgets a row, in whatever list it came.
pub(crate) fn delete(tx: &Transaction<'_>, row: &RowId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from register_row where id = ?1")?
        .execute([row.as_str()])?;
    Ok(())
}

/// Forgets the rows of a list that is read again from its start.
pub(crate) fn delete_list(tx: &Transaction<'_>, list: DivisionCode) -> Result<(), StoreError> {
    tx.execute(
        "delete from register_row where list = ?1",
        [list.filled_text()],
    )?;
    Ok(())
}
