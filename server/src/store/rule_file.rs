//! Rule packs and parameter tables as the files that they came as.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// A rule pack.
    Pack,
    /// A parameter table.
    Parameters,
}

/// A file without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// SHA-256 of the file.
    pub hash: Hash,
    /// Its name.
    pub name: String,
    /// The subjects that a pack rates.
    pub subject_kinds: Vec<SubjectKind>,
    /// Where a parameter table applies.
    pub division: Option<DivisionCode>,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    pub valid_to: Option<Date>,
}

impl RuleKind {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Parameters => "parameters",
        }
    }
}

impl RuleRow {
    /// Whether the file is valid on `day`.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day <= end)
    }
}

/// Writes a file that is in force from `at`; `false` if it was in force already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(
    tx: &Tx<'_>,
    kind: RuleKind,
    row: &RuleRow,
    text: &str,
    at: AtMs,
) -> Result<bool, StoreError> {
    let sql = "insert into rule_file (hash, kind, name, subject_kinds, division, valid_from,
                   valid_to, text, activated_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (hash) do nothing";
    let kinds: Vec<_> = row.subject_kinds.iter().map(|kind| kind.as_str()).collect();
    let written = tx.prepare_cached(sql)?.execute(params![
        row.hash.to_string(),
        kind.as_str(),
        row.name,
        kinds.join(" "),
        row.division.map(DivisionCode::filled_text),
        row.valid_from.to_string(),
        row.valid_to.map(|day| day.to_string()),
        text,
        at.0,
    ])?;
    Ok(written == 1)
}

/// The files of a kind in force, the latest first day first, then the latest activation.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, kind: RuleKind) -> Result<Vec<RuleRow>, StoreError> {
    let sql = "select hash, name, subject_kinds, division, valid_from, valid_to from rule_file
               where kind = ?1 and activated_at is not null
               order by valid_from desc, activated_at desc, hash";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![kind.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Name and text of a file, in force or not.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_text(
    connection: &Connection,
    kind: RuleKind,
    hash: &Hash,
) -> Result<Option<(String, String)>, StoreError> {
    let sql = "select name, text from rule_file where kind = ?1 and hash = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![kind.as_str(), hash.to_string()];
    Ok(query
        .query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

fn read(row: &Row<'_>) -> Result<RuleRow, StoreError> {
    const KINDS: StoreError = StoreError::Corrupt {
        what: "rule_file.subject_kinds",
    };
    let kinds: String = row.get("subject_kinds")?;
    let division: Option<String> = row.get("division")?;
    let corrupt = |_| StoreError::Corrupt {
        what: "rule_file.division",
    };
    Ok(RuleRow {
        hash: column::word(row, "hash", "rule_file.hash")?,
        name: row.get("name")?,
        subject_kinds: kinds
            .split_whitespace()
            .map(|word| word.parse().map_err(|_| KINDS))
            .collect::<Result<_, _>>()?,
        division: division
            .map(|text| DivisionCode::from_filled(&text).map_err(corrupt))
            .transpose()?,
        valid_from: column::word(row, "valid_from", "rule_file.valid_from")?,
        valid_to: column::optional_word(row, "valid_to", "rule_file.valid_to")?,
    })
}
