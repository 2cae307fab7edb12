//! Officers and what was granted to them.

use itgel_domain::case::Role;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::OfficerId;
use itgel_domain::policy::Grant;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A person who acts in the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerRecord {
    /// Their identifier.
    pub id: OfficerId,
    /// Their name, for colleagues.
    pub name: String,
    /// Where they are employed.
    pub division: DivisionCode,
}

/// The officer with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &OfficerId) -> Result<Option<OfficerRecord>, StoreError> {
    let mut query =
        connection.prepare_cached("select id, name, division from officer where id = ?1")?;
    query
        .query_row(params![id.as_str()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Whether there is any officer.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_any(connection: &Connection) -> Result<bool, StoreError> {
    let mut query = connection.prepare_cached("select 1 from officer limit 1")?;
    Ok(query.exists([])?)
}

/// Writes an officer, new or changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, officer: &OfficerRecord) -> Result<(), StoreError> {
    let sql = "insert into officer (id, name, division) values (?1, ?2, ?3)
               on conflict (id) do update set name = excluded.name, division = excluded.division";
    tx.prepare_cached(sql)?.execute(params![
        officer.id.as_str(),
        officer.name,
        officer.division.filled_text(),
    ])?;
    Ok(())
}

/// Grants a role in a division and in everything that lies in it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn grant(
    tx: &Tx<'_>,
    officer: &OfficerId,
    role: Role,
    division: DivisionCode,
) -> Result<(), StoreError> {
    let sql = "insert into role_grant (officer, role, division) values (?1, ?2, ?3)
               on conflict (officer, role, division) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        officer.as_str(),
        role.as_str(),
        division.filled_text()
    ])?;
    Ok(())
}

/// Grants to everybody in one division what they were granted in another.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn copy_grants(tx: &Tx<'_>, from: DivisionCode, into: DivisionCode) -> Result<(), StoreError> {
    let sql = "insert into role_grant (officer, role, division)
               select officer, role, ?2 from role_grant where division = ?1
               on conflict (officer, role, division) do nothing";
    tx.prepare_cached(sql)?
        .execute(params![from.filled_text(), into.filled_text()])?;
    Ok(())
}

/// Who holds a role in a division, or in one that it lies in.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_with_role(
    connection: &Connection,
    role: Role,
    division: DivisionCode,
) -> Result<Vec<OfficerId>, StoreError> {
    let sql = "select officer, role, division from role_grant where role = ?1 order by officer";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![role.as_str()], |row| {
        Ok((|| {
            let officer = column::word(row, "officer", "role_grant.officer")?;
            Ok::<_, StoreError>((officer, read_grant(row)?))
        })())
    })?;
    let mut officers: Vec<OfficerId> = Vec::new();
    for row in rows {
        let (officer, grant): (OfficerId, Grant) = row??;
        if grant.division.contains(division) && !officers.contains(&officer) {
            officers.push(officer);
        }
    }
    Ok(officers)
}

/// What was granted to an officer.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn grants(connection: &Connection, officer: &OfficerId) -> Result<Vec<Grant>, StoreError> {
    let sql = "select role, division from role_grant where officer = ?1 order by role, division";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_map(params![officer.as_str()], |row| Ok(read_grant(row)))?
        .map(|row| row?)
        .collect()
}

fn read(row: &Row<'_>) -> Result<OfficerRecord, StoreError> {
    Ok(OfficerRecord {
        id: column::word(row, "id", "officer.id")?,
        name: row.get("name")?,
        division: column::division(row, "division", "officer.division")?,
    })
}

fn read_grant(row: &Row<'_>) -> Result<Grant, StoreError> {
    Ok(Grant {
        role: column::word(row, "role", "role_grant.role")?,
        division: column::division(row, "division", "role_grant.division")?,
        purpose: None,
    })
}
