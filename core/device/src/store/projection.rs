//! What each file means: the folded facts, one row a file.

use itgel_domain::file::FileId;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::SubjectId;
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, cbor};
use super::last_visit;

const FACTS: &str = "projection.facts";

/// The folded facts of a file; empty for one that nobody has written in.
pub(crate) fn get(db: &Connection, file: &FileId) -> Result<FileFacts, StoreError> {
    let mut query =
        db.prepare_cached("select facts from projection where subject = ?1 and year = ?2")?;
    let rows = query.query(params![file.subject.as_str(), file.year])?;
    Ok(column::first(rows, |row| cbor(row, "facts", FACTS))?.unwrap_or_default())
}

/// The files of a subject, the earliest first.
pub(crate) fn files(
    db: &Connection,
    subject: &SubjectId,
) -> Result<Vec<(FileId, FileFacts)>, StoreError> {
    let mut query =
        db.prepare_cached("select year, facts from projection where subject = ?1 order by year")?;
    column::all(query.query([subject.as_str()])?, |row| {
        let file = FileId {
            subject: subject.clone(),
            year: row.get("year")?,
        };
        Ok((file, cbor(row, "facts", FACTS)?))
    })
}

/// The folded facts of all files of a subject together.
pub(crate) fn of_subject(db: &Connection, subject: &SubjectId) -> Result<FileFacts, StoreError> {
    Ok(joined(files(db, subject)?))
}

/// What the files of a subject say together.
pub(crate) fn joined(files: Vec<(FileId, FileFacts)>) -> FileFacts {
    let mut files = files.into_iter().map(|(_, facts)| facts);
    let mut all = files.next().unwrap_or_default();
    files.for_each(|facts| all.join(&facts));
    all
}

pub(crate) fn put(
    tx: &Transaction<'_>,
    file: &FileId,
    facts: &FileFacts,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into projection values (?1, ?2, ?3)")?
        .execute(params![
            file.subject.as_str(),
            file.year,
            column::to_cbor(facts, FACTS)?
        ])?;
    last_visit::note(tx, file, facts)
}

/// Forgets the fold of a file, to be folded again.
pub(crate) fn delete(tx: &Transaction<'_>, file: &FileId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from projection where subject = ?1 and year = ?2")?
        .execute(params![file.subject.as_str(), file.year])?;
    last_visit::forget(tx, file)
}
