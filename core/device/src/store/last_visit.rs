//! When households were visited and where: what a list is put in order by and a new household is
//! compared by, taken from the files.

use std::collections::BTreeSet;

use itgel_domain::catalogue::Restricted;
use itgel_domain::file::FileId;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::SubjectId;
use itgel_domain::item::Observation;
use itgel_domain::place::Place;
use itgel_domain::subject::SubjectKind;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, word};
use crate::warning::{LATITUDE, LONGITUDE};

/// Notes what the facts of a file say; nothing for one without an observation.
pub(crate) fn note(
    tx: &Transaction<'_>,
    file: &FileId,
    facts: &FileFacts,
) -> Result<(), StoreError> {
    let observed = || {
        facts
            .entries()
            .filter_map(|one| Some(one.entry.observed()?.1))
    };
    let Some(visited_on) = observed().map(|one| one.observed_on).max() else {
        return forget(tx, file);
    };
    let place = place_of(facts, observed);
    tx.prepare_cached("insert or replace into last_visit values (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            file.subject.as_str(),
            file.year,
            visited_on.to_string(),
            place.map(|place| place.latitude_mdeg),
            place.map(|place| place.longitude_mdeg),
        ])?;
    Ok(())
}

/// Forgets what a file said.
pub(crate) fn forget(tx: &Transaction<'_>, file: &FileId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from last_visit where subject = ?1 and year = ?2")?
        .execute(params![file.subject.as_str(), file.year])?;
    Ok(())
}

/// The newest place that the files of a subject know.
pub(crate) fn place(db: &Connection, subject: &SubjectId) -> Result<Option<Place>, StoreError> {
    let mut query = db.prepare_cached(
        "select latitude_mdeg, longitude_mdeg from last_visit
         where subject = ?1 and latitude_mdeg is not null order by year desc limit 1",
    )?;
    Ok(column::first(query.query([subject.as_str()])?, read_place)?.flatten())
}

/// The subjects of a kind of which a file knows a place between two corners, south-west and north-east.
pub(crate) fn find(
    db: &Connection,
    kind: SubjectKind,
    (from, to): (Place, Place),
) -> Result<BTreeSet<SubjectId>, StoreError> {
    let mut query = db.prepare_cached(
        "select v.subject from last_visit v join subject s on s.id = v.subject
         where v.latitude_mdeg between ?1 and ?2 and v.longitude_mdeg between ?3 and ?4
             and s.kind = ?5",
    )?;
    let rows = query.query(params![
        from.latitude_mdeg,
        to.latitude_mdeg,
        from.longitude_mdeg,
        to.longitude_mdeg,
        kind.as_str(),
    ])?;
    let found = column::all(rows, |row| word(row, "subject", "last_visit.subject"))?;
    Ok(found.into_iter().collect())
}

/// The place in the columns of a row.
pub(crate) fn read_place(row: &Row<'_>) -> Result<Option<Place>, StoreError> {
    let degrees: (Option<i64>, Option<i64>) =
        (row.get("latitude_mdeg")?, row.get("longitude_mdeg")?);
    Ok(match degrees {
        (Some(latitude), Some(longitude)) => Place::of_mdeg(latitude, longitude),
        _ => None,
    })
}

/// The newest place of a file, while somebody agrees that it is kept.
fn place_of<'a, I: Iterator<Item = &'a Observation>>(
    facts: &FileFacts,
    observed: impl Fn() -> I,
) -> Option<Place> {
    let newest = |path: &str| {
        let known = observed().filter(|one| one.item.as_str() == path);
        known
            .max_by_key(|one| one.observed_on)?
            .state
            .value()?
            .as_int()
    };
    let place = Place::of_mdeg(newest(LATITUDE)?, newest(LONGITUDE)?)?;
    let agreed = facts.consents().iter().any(|view| {
        let mut classes = view.consent.categories.iter();
        let is_place = |class: Restricted| class == Restricted::Location;
        view.withdrawn_on.is_none() && classes.any(|one| one.parse().is_ok_and(is_place))
    });
    agreed.then_some(place)
}
