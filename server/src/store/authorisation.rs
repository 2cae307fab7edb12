//! Query authorisations: who may ask what about whom, until when.

use itgel_domain::authorisation::{Authorisation, Purpose};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{AuthorisationId, LenderId, SubjectId};
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// The authorisation with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    id: &AuthorisationId,
) -> Result<Option<Authorisation>, StoreError> {
    let sql = "select id, lender, subject, purpose, valid_from, valid_to, ground, revoked_at
               from authorisation where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![id.as_str()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The authorisations of a lender in the order of their ids, after `after`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    lender: &LenderId,
    after: &str,
    limit: u32,
) -> Result<Vec<Authorisation>, StoreError> {
    let sql = "select id, lender, subject, purpose, valid_from, valid_to, ground, revoked_at
               from authorisation where lender = ?1 and id > ?2 order by id limit ?3";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_map(params![lender.as_str(), after, limit], |row| Ok(read(row)))?
        .map(|row| row?)
        .collect()
}

/// The authorisations of a lender for a purpose that hold on `day`, of households that live in
/// `division`: by household code and subject, of several the one that lasts longest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_in(
    connection: &Connection,
    division: DivisionCode,
    lender: &LenderId,
    purpose: Purpose,
    day: Date,
) -> Result<Vec<Authorisation>, StoreError> {
    let sql = "select a.id, a.lender, a.subject, a.purpose, a.valid_from, a.valid_to, a.ground,
                   a.revoked_at
               from subject s join authorisation a on a.subject = s.id
               where s.division = ?1 and s.kind = ?2 and s.erased_at is null
                   and a.lender = ?3 and a.purpose = ?4 and a.revoked_at is null
                   and a.valid_from <= ?5 and a.valid_to >= ?5
               order by s.local_code, s.id, a.valid_to desc, a.valid_from desc, a.id";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![
        division.filled_text(),
        SubjectKind::Household.as_str(),
        lender.as_str(),
        purpose.as_str(),
        day.to_string(),
    ];
    query
        .query_map(key, |row| Ok(read(row)))?
        .map(|row| row?)
        .collect()
}

/// Writes a new authorisation.
///
/// # Errors
/// [`StoreError`] of the database, also if the id is taken.
pub fn put(tx: &Tx<'_>, given: &Authorisation) -> Result<(), StoreError> {
    let sql = "insert into authorisation
                   (id, lender, subject, purpose, valid_from, valid_to, ground, revoked_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, null)";
    tx.prepare_cached(sql)?.execute(params![
        given.id.as_str(),
        given.lender.as_str(),
        given.subject.as_str(),
        given.purpose.as_str(),
        given.from.to_string(),
        given.until.to_string(),
        column::to_json(&given.ground, "authorisation.ground")?,
    ])?;
    Ok(())
}

/// Takes an authorisation back; the first time counts.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn revoke(tx: &Tx<'_>, id: &AuthorisationId, now: AtMs) -> Result<(), StoreError> {
    let sql = "update authorisation set revoked_at = ?2 where id = ?1 and revoked_at is null";
    tx.prepare_cached(sql)?
        .execute(params![id.as_str(), now.0])?;
    Ok(())
}

/// Takes every authorisation about a subject back.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn revoke_all(tx: &Tx<'_>, subject: &SubjectId, now: AtMs) -> Result<(), StoreError> {
    let sql = "update authorisation set revoked_at = ?2 where subject = ?1 and revoked_at is null";
    tx.prepare_cached(sql)?
        .execute(params![subject.as_str(), now.0])?;
    Ok(())
}

/// The authorisations about a subject, withdrawn ones too, by first day.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_about(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<Authorisation>, StoreError> {
    let sql = "select id, lender, subject, purpose, valid_from, valid_to, ground, revoked_at
               from authorisation where subject = ?1 order by valid_from, id";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_map(params![subject.as_str()], |row| Ok(read(row)))?
        .map(|row| row?)
        .collect()
}

fn read(row: &Row<'_>) -> Result<Authorisation, StoreError> {
    let revoked_at: Option<i64> = row.get("revoked_at")?;
    Ok(Authorisation {
        id: column::word(row, "id", "authorisation.id")?,
        lender: column::word(row, "lender", "authorisation.lender")?,
        subject: column::word(row, "subject", "authorisation.subject")?,
        purpose: column::word(row, "purpose", "authorisation.purpose")?,
        from: column::word(row, "valid_from", "authorisation.valid_from")?,
        until: column::word(row, "valid_to", "authorisation.valid_to")?,
        ground: column::json(row, "ground", "authorisation.ground")?,
        revoked: revoked_at.is_some(),
    })
}
