//! Drafts: the values and consents of a visit that is not sealed yet.

use itgel_domain::file::entry::Consent;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::identity::Person;
use itgel_domain::item::{ItemPath, Observation};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, cbor};

/// A drafted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftValue {
    /// The value.
    pub observation: Observation,
    /// Why an own sealed value of the same item is corrected by it; empty if none is.
    pub reason: String,
    /// When it was last touched, by the device's clock.
    pub changed_at: AtMs,
}

pub(crate) fn put_value(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    value: &DraftValue,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into draft_value values (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            subject.as_str(),
            cycle.as_str(),
            value.observation.item.as_str(),
            column::to_cbor(&value.observation, "draft_value.observation")?,
            value.reason,
            value.changed_at.0,
        ])?;
    Ok(())
}

pub(crate) fn delete_value(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    item: &ItemPath,
) -> Result<(), StoreError> {
    tx.prepare_cached("delete from draft_value where subject = ?1 and cycle = ?2 and item = ?3")?
        .execute([subject.as_str(), cycle.as_str(), item.as_str()])?;
    Ok(())
}

/// The drafted values of a visit, by item.
pub(crate) fn values(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<DraftValue>, StoreError> {
    let mut query = db.prepare_cached(
        "select observation, reason, changed_at from draft_value
         where subject = ?1 and cycle = ?2 order by item",
    )?;
    column::all(query.query([subject.as_str(), cycle.as_str()])?, |row| {
        Ok(DraftValue {
            observation: cbor(row, "observation", "draft_value.observation")?,
            reason: row.get("reason")?,
            changed_at: AtMs(row.get("changed_at")?),
        })
    })
}

pub(crate) fn put_consent(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    consent: &Consent,
    now: AtMs,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into draft_consent values (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            subject.as_str(),
            cycle.as_str(),
            consent.person,
            column::to_cbor(consent, "draft_consent.consent")?,
            now.0,
        ])?;
    Ok(())
}

pub(crate) fn delete_consent(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    person: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "delete from draft_consent where subject = ?1 and cycle = ?2 and person = ?3",
    )?
    .execute([subject.as_str(), cycle.as_str(), person])?;
    Ok(())
}

/// The drafted consents of a visit, by person.
pub(crate) fn consents(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<Consent>, StoreError> {
    let mut query = db.prepare_cached(
        "select consent from draft_consent where subject = ?1 and cycle = ?2 order by person",
    )?;
    column::all(query.query([subject.as_str(), cycle.as_str()])?, |row| {
        cbor(row, "consent", "draft_consent.consent")
    })
}

/// Whether a visit has anything drafted.
pub(crate) fn exists(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached(
        "select exists (select 1 from draft_value where subject = ?1 and cycle = ?2)
             or exists (select 1 from draft_consent where subject = ?1 and cycle = ?2)",
    )?;
    Ok(query.query_row([subject.as_str(), cycle.as_str()], |row| row.get(0))?)
}

/// Forgets the drafts of a visit, which is sealed now.
pub(crate) fn delete(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<(), StoreError> {
    for table in ["draft_value", "draft_consent"] {
        tx.prepare_cached(&format!(
            "delete from {table} where subject = ?1 and cycle = ?2"
        ))?
        .execute([subject.as_str(), cycle.as_str()])?;
    }
    Ok(())
}

pub(crate) fn put_people(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    people: &[Person],
    now: AtMs,
) -> Result<(), StoreError> {
    let people = column::to_cbor(&people, "draft_people.people")?;
    tx.prepare_cached("insert or replace into draft_people values (?1, ?2, ?3)")?
        .execute(params![subject.as_str(), people, now.0])?;
    Ok(())
}

pub(crate) fn delete_people(tx: &Transaction<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from draft_people where subject = ?1")?
        .execute([subject.as_str()])?;
    Ok(())
}

/// The people that are written down and not yet a version of the identity.
pub(crate) fn people(
    db: &Connection,
    subject: &SubjectId,
) -> Result<Option<Vec<Person>>, StoreError> {
    let mut query = db.prepare_cached("select people from draft_people where subject = ?1")?;
    column::first(query.query([subject.as_str()])?, |row| {
        cbor(row, "people", "draft_people.people")
    })
}
