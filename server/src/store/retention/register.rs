//! Rows of the registers whose term is over: each register has its own (`domain.md` L-15).

use itgel_domain::exchange::{EndsBy, RegisterKind, Schema};
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, params};

use super::super::credit_record::{self, Place};
use super::super::{StoreError, Tx, column};
use super::{first_kept, over};

/// A row that is over.
#[derive(Debug, Clone)]
pub struct OverRow {
    /// The row.
    pub id: RowId,
    /// Register, subject and key.
    pub place: Place,
    /// Whether it is in force: then the place ends with all its revisions.
    pub is_current: bool,
}

/// Rows about a subject of a register that are over at `now`, the first ones by their id. Those
/// whose data the law orders to keep are not among them.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_over(
    connection: &Connection,
    kind: &RegisterKind,
    now: AtMs,
    limit: u32,
) -> Result<Vec<OverRow>, StoreError> {
    let after: Vec<String> = kind.ends.after.iter().map(|name| over(name)).collect();
    let sql = format!(
        "select id, subject, register, row_key, superseded_at is null as is_current
         from register_row where register = ?3 and subject is not null and ({})
             and subject not in (select h.subject from legal_hold h where h.lifted_at is null)
         order by id limit ?4",
        after.join(" or ")
    );
    let kept = first_kept(now, kind.ends.years);
    let mut query = connection.prepare_cached(&sql)?;
    let given = params![
        kept.to_string(),
        AtMs::start_of(kept).0,
        kind.word.as_str(),
        limit
    ];
    let rows = query.query_map(given, |row| {
        Ok((|| {
            Ok(OverRow {
                id: column::word(row, "id", "register_row.id")?,
                place: Place {
                    subject: column::word(row, "subject", "register_row.subject")?,
                    register: row.get("register")?,
                    key: row.get("row_key")?,
                },
                is_current: row.get("is_current")?,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The rows about a subject that end with its year, of which they say something from one day to
/// another.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_year(
    connection: &Connection,
    subject: &SubjectId,
    (from, until): (&str, &str),
) -> Result<Vec<OverRow>, StoreError> {
    let sql = format!(
        "select id, register, row_key from register_row
         where subject = ?1 and register in ({}) and valid_from between ?2 and ?3 order by id",
        words_of_year()
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str(), from, until], |row| {
        Ok((|| {
            Ok(OverRow {
                id: column::word(row, "id", "register_row.id")?,
                place: Place {
                    subject: subject.clone(),
                    register: row.get("register")?,
                    key: row.get("row_key")?,
                },
                is_current: false,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// Deletes what is over, and what stands beside the last revision of it; the ids of the rows that
/// are gone.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, over: &OverRow) -> Result<Vec<RowId>, StoreError> {
    let rows = match over.is_current {
        true => credit_record::delete_place(tx, &over.place)?,
        false => {
            let sql = "delete from register_row where id = ?1 returning id";
            let mut query = tx.prepare_cached(sql)?;
            let gone = query.query_map(params![over.id.as_str()], |row| {
                Ok(column::word(row, "id", "register_row.id"))
            })?;
            gone.map(|row| row?).collect::<Result<_, StoreError>>()?
        }
    };
    forget_about(tx, &over.place)?;
    Ok(rows)
}

/// What a subject said of a record, and that it was told of it, goes with its last revision
/// (`domain.md` L-05, L-06).
///
/// # Errors
/// [`StoreError`] of the database.
pub fn forget_about(tx: &Tx<'_>, place: &Place) -> Result<(), StoreError> {
    let gone = "not exists (select 1 from register_row r where r.subject = ?1 and r.register = ?2
                    and r.row_key = ?3)";
    let key = params![place.subject.as_str(), place.register, place.key];
    for what in [
        "delete from statement where subject = ?1 and about = ?2 || '/' || ?3 and",
        "delete from adverse_notice where subject = ?1 and register = ?2 and row_key = ?3 and",
    ] {
        tx.prepare_cached(&format!("{what} {gone}"))?.execute(key)?;
    }
    Ok(())
}

/// The registers whose rows end with the year of their subject, as words of a list.
pub(super) fn words_of_year() -> String {
    let kinds = Schema::builtin().registers.iter();
    let of_year = kinds.filter(|kind| kind.ends.by == EndsBy::Year);
    let words: Vec<String> = of_year.map(|kind| format!("'{}'", kind.word)).collect();
    words.join(", ")
}
