//! Which small gachas are assessed together with a neighbour (`domain.md` G 59).

use itgel_domain::division::DivisionCode;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// Two gachas that are assessed jointly.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct JointRow {
    /// The first by code.
    pub division: DivisionCode,
    /// The other.
    pub jointly_with: DivisionCode,
    /// The request (申请文号).
    pub source: String,
    /// Who entered it.
    pub entered_by: String,
    /// When.
    pub entered_at: AtMs,
}

impl JointRow {
    /// The gacha that a gacha is assessed with.
    #[must_use]
    pub fn neighbour_of(&self, gacha: DivisionCode) -> DivisionCode {
        match self.division == gacha {
            true => self.jointly_with,
            false => self.division,
        }
    }
}

/// The pair that a gacha belongs to now.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, gacha: DivisionCode) -> Result<Option<JointRow>, StoreError> {
    let sql = "select division, jointly_with, source, entered_by, entered_at from title_joint
               where (division = ?1 or jointly_with = ?1) and ended_at is null";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![gacha.filled_text()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// Writes a pair.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &JointRow) -> Result<(), StoreError> {
    let sql = "insert into title_joint (division, jointly_with, entered_at, entered_by, source)
               values (?1, ?2, ?3, ?4, ?5)
               on conflict (division, jointly_with, entered_at) do update set ended_at = null";
    tx.prepare_cached(sql)?.execute(params![
        row.division.filled_text(),
        row.jointly_with.filled_text(),
        row.entered_at.0,
        row.entered_by,
        row.source,
    ])?;
    Ok(())
}

/// Ends the pair that a gacha belongs to.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn end(tx: &Tx<'_>, gacha: DivisionCode, at: AtMs) -> Result<(), StoreError> {
    let sql = "update title_joint set ended_at = ?2
               where (division = ?1 or jointly_with = ?1) and ended_at is null";
    tx.prepare_cached(sql)?
        .execute(params![gacha.filled_text(), at.0])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<JointRow, StoreError> {
    Ok(JointRow {
        division: column::division(row, "division", "title_joint.division")?,
        jointly_with: column::division(row, "jointly_with", "title_joint.jointly_with")?,
        source: row.get("source")?,
        entered_by: row.get("entered_by")?,
        entered_at: AtMs(row.get("entered_at")?),
    })
}
