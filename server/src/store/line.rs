//! Parameter files of lenders for their reference lines, with who handed them in and who put them
//! into force. None is edited; a withdrawn one stays, since reports name it by its hash.

use itgel_domain::authorisation::Purpose;
use itgel_domain::hash::Hash;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A file without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    /// Whose.
    pub lender: LenderId,
    /// SHA-256 of the file.
    pub hash: Hash,
    /// Id and version.
    pub name: String,
    /// The subjects that it is for.
    pub subject_kinds: Vec<SubjectKind>,
    /// The queries that it serves.
    pub purposes: Vec<Purpose>,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    pub valid_to: Option<Date>,
    /// Who handed it in.
    pub proposed_by: OfficerId,
    /// When.
    pub proposed_at: AtMs,
    /// Who put it into force, and when.
    pub activated: Option<(OfficerId, AtMs)>,
    /// When it was taken out of force.
    pub withdrawn_at: Option<AtMs>,
}

impl LineRow {
    /// Whether it is in force on `day`.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.activated.is_some()
            && self.withdrawn_at.is_none()
            && self.valid_from <= day
            && self.valid_to.is_none_or(|end| day <= end)
    }
}

const SELECT: &str = "select lender, hash, name, subject_kinds, purposes, valid_from, valid_to,
    proposed_by, proposed_at, activated_by, activated_at, withdrawn_at from line_parameters";

/// The file of a lender with this hash.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    lender: &LenderId,
    hash: &Hash,
) -> Result<Option<LineRow>, StoreError> {
    let sql = format!("{SELECT} where lender = ?1 and hash = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![lender.as_str(), hash.to_string()];
    query
        .query_row(key, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The text of a file.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_text(
    connection: &Connection,
    lender: &LenderId,
    hash: &Hash,
) -> Result<Option<String>, StoreError> {
    let sql = "select text from line_parameters where lender = ?1 and hash = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![lender.as_str(), hash.to_string()];
    Ok(query.query_row(key, |row| row.get(0)).optional()?)
}

/// The files of a lender: the latest first day first, then the latest activation.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, lender: &LenderId) -> Result<Vec<LineRow>, StoreError> {
    let sql = format!(
        "{SELECT} where lender = ?1
         order by valid_from desc, coalesce(activated_at, 0) desc, hash"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![lender.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes a new file; `false` if the lender has it already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &LineRow, text: &str) -> Result<bool, StoreError> {
    let sql = "insert into line_parameters (lender, hash, name, subject_kinds, purposes,
                   valid_from, valid_to, text, proposed_by, proposed_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               on conflict (lender, hash) do nothing";
    let kinds: Vec<_> = row.subject_kinds.iter().map(|kind| kind.as_str()).collect();
    let purposes: Vec<_> = row
        .purposes
        .iter()
        .map(|purpose| purpose.as_str())
        .collect();
    let written = tx.prepare_cached(sql)?.execute(params![
        row.lender.as_str(),
        row.hash.to_string(),
        row.name,
        kinds.join(" "),
        purposes.join(" "),
        row.valid_from.to_string(),
        row.valid_to.map(|day| day.to_string()),
        text,
        row.proposed_by.as_str(),
        row.proposed_at.0,
    ])?;
    Ok(written == 1)
}

/// Puts a file into force, also one that was withdrawn.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn activate(
    tx: &Tx<'_>,
    lender: &LenderId,
    hash: &Hash,
    by: &OfficerId,
    at: AtMs,
) -> Result<(), StoreError> {
    let sql = "update line_parameters
               set activated_by = ?3, activated_at = ?4, withdrawn_at = null
               where lender = ?1 and hash = ?2";
    tx.prepare_cached(sql)?.execute(params![
        lender.as_str(),
        hash.to_string(),
        by.as_str(),
        at.0
    ])?;
    Ok(())
}

/// Takes a file out of force.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn withdraw(tx: &Tx<'_>, lender: &LenderId, hash: &Hash, at: AtMs) -> Result<(), StoreError> {
    let sql = "update line_parameters set withdrawn_at = ?3
               where lender = ?1 and hash = ?2 and withdrawn_at is null";
    tx.prepare_cached(sql)?
        .execute(params![lender.as_str(), hash.to_string(), at.0])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<LineRow, StoreError> {
    let activated_at: Option<i64> = row.get("activated_at")?;
    let by = column::optional_word(row, "activated_by", "line_parameters.activated_by")?;
    let withdrawn_at: Option<i64> = row.get("withdrawn_at")?;
    Ok(LineRow {
        lender: column::word(row, "lender", "line_parameters.lender")?,
        hash: column::word(row, "hash", "line_parameters.hash")?,
        name: row.get("name")?,
        subject_kinds: words(row, "subject_kinds", "line_parameters.subject_kinds")?,
        purposes: words(row, "purposes", "line_parameters.purposes")?,
        valid_from: column::word(row, "valid_from", "line_parameters.valid_from")?,
        valid_to: column::optional_word(row, "valid_to", "line_parameters.valid_to")?,
        proposed_by: column::word(row, "proposed_by", "line_parameters.proposed_by")?,
        proposed_at: AtMs(row.get("proposed_at")?),
        activated: by.zip(activated_at.map(AtMs)),
        withdrawn_at: withdrawn_at.map(AtMs),
    })
}

fn words<T: std::str::FromStr>(
    row: &Row<'_>,
    name: &str,
    what: &'static str,
) -> Result<Vec<T>, StoreError> {
    let text: String = row.get(name)?;
    let words = text.split_whitespace();
    words
        .map(|word| word.parse().map_err(|_| StoreError::Corrupt { what }))
        .collect()
}
