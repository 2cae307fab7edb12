//! What subjects are compared by before a new one is registered, in the form in which it is compared:
//! a page of a registration reads this and places alone, and opens the few that may be alike.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::subject::{Subject, SubjectKind};
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, word};

/// A subject with what a list shows of its people.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) subject: Subject,
    pub(crate) name: String,
    pub(crate) born_year: Option<i16>,
    pub(crate) spouse: String,
}

/// What a subject is compared by.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// The door.
    pub(crate) door: String,
    /// The names of its people.
    pub(crate) names: BTreeSet<String>,
    /// Their ID and phone numbers.
    pub(crate) marks: BTreeSet<String>,
}

/// Writes anew what a subject is compared by.
pub(crate) fn put(tx: &Transaction<'_>, home: &Subject, keys: &Keys) -> Result<(), StoreError> {
    for table in ["mark", "compared"] {
        tx.prepare_cached(&format!("delete from {table} where subject = ?1"))?
            .execute([home.id.as_str()])?;
    }
    for mark in &keys.marks {
        tx.prepare_cached("insert into mark (subject, mark) values (?1, ?2)")?
            .execute([home.id.as_str(), mark])?;
    }
    let names: Vec<&str> = keys.names.iter().map(String::as_str).collect();
    tx.prepare_cached(
        "insert into compared (division, subject, kind, door, names) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        home.division.filled_text(),
        home.id.as_str(),
        home.kind.as_str(),
        keys.door,
        names.join("\n"),
    ])?;
    Ok(())
}

/// The subjects of a kind that may be alike: in the division those whose door and names `is_like`
/// says so of, and those anywhere with one of the marks.
pub(crate) fn find(
    db: &Connection,
    (kind, division): (SubjectKind, DivisionCode),
    marks: &[String],
    is_like: impl Fn(&str, &str) -> bool,
) -> Result<BTreeSet<SubjectId>, StoreError> {
    let mut ids = with_marks(db, kind, marks)?;
    let mut query = db.prepare_cached(
        "select subject, door, names from compared where division = ?1 and kind = ?2",
    )?;
    let mut rows = query.query([division.filled_text().as_str(), kind.as_str()])?;
    let broken = |_| StoreError::Corrupt {
        what: "compared.names",
    };
    while let Some(row) = rows.next()? {
        let door = row.get_ref("door")?.as_str().map_err(broken)?;
        let names = row.get_ref("names")?.as_str().map_err(broken)?;
        if is_like(door, names) {
            ids.insert(word(row, "subject", "compared.subject")?);
        }
    }
    Ok(ids)
}

/// These subjects, with what is shown of them.
pub(crate) fn opened(db: &Connection, ids: BTreeSet<SubjectId>) -> Result<Vec<Known>, StoreError> {
    let mut found = Vec::new();
    let mut query = db.prepare_cached("select * from subject where id = ?1")?;
    for id in ids {
        found.extend(column::first(query.query([id.as_str()])?, read)?);
    }
    Ok(found)
}

fn with_marks(
    db: &Connection,
    kind: SubjectKind,
    marks: &[String],
) -> Result<BTreeSet<SubjectId>, StoreError> {
    let mut found = BTreeSet::new();
    let mut query = db.prepare_cached(
        "select m.subject from mark m join subject s on s.id = m.subject
         where m.mark = ?1 and s.kind = ?2",
    )?;
    for mark in marks {
        let rows = query.query([mark.as_str(), kind.as_str()])?;
        found.extend(column::all(rows, |row| {
            word(row, "subject", "mark.subject")
        })?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Known, StoreError> {
    Ok(Known {
        subject: Subject {
            id: word(row, "id", "subject.id")?,
            kind: word(row, "kind", "subject.kind")?,
            division: column::division(row, "division", "subject.division")?,
            local_code: row.get("local_code")?,
        },
        name: row.get("name")?,
        born_year: row.get("born_year")?,
        spouse: row.get("spouse")?,
    })
}
