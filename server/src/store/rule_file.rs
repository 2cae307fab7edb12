//! Rule packs and parameter tables as the files that they came as.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// What it holds.
    pub kind: RuleKind,
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
    /// Last day in force, once another file takes its place.
    pub ends_on: Option<Date>,
    /// Who handed it in, and when; nobody with the first setup of an empty server.
    pub proposed: Option<(OfficerId, AtMs)>,
    /// When it came into force.
    pub activated_at: Option<AtMs>,
    /// Who put it into force; nobody with the first setup.
    pub activated_by: Option<OfficerId>,
    /// Reference of the impact assessment (`domain.md` L-25).
    pub impact: Option<String>,
    /// The file whose place it takes.
    pub replaces: Option<Hash>,
    /// When the proposal was taken back.
    pub withdrawn_at: Option<AtMs>,
}

/// What a person decided who put a file into force.
#[derive(Debug, Clone, Copy)]
pub struct Activation<'a> {
    /// Who; nobody with the first setup of an empty server.
    pub by: Option<&'a OfficerId>,
    /// When.
    pub at: AtMs,
    /// Reference of the impact assessment.
    pub impact: Option<&'a str>,
    /// The file whose place it takes.
    pub replaces: Option<&'a Hash>,
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

impl std::str::FromStr for RuleKind {
    type Err = StoreError;

    fn from_str(word: &str) -> Result<Self, StoreError> {
        let known = [Self::Pack, Self::Parameters];
        let found = known.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or(StoreError::Corrupt {
            what: "rule_file.kind",
        })
    }
}

impl RuleRow {
    /// The last day on which the file is in force, if there is one.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        match (self.valid_to, self.ends_on) {
            (Some(own), Some(ended)) => Some(own.min(ended)),
            (own, ended) => own.or(ended),
        }
    }

    /// Whether the file is valid on `day`, and no other took its place by then.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.last_day().is_none_or(|end| day <= end)
    }

    /// Whether both are valid on some day.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_before_end =
            |a: &Self, b: &Self| b.last_day().is_none_or(|end| a.valid_from <= end);
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}

const SELECT: &str = "select hash, kind, name, subject_kinds, division, valid_from, valid_to,
    ends_on, proposed_by, proposed_at, activated_by, activated_at, impact, replaces, withdrawn_at
    from rule_file";

/// Writes a file that is not in force; `false` if it is known already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &RuleRow, text: &str) -> Result<bool, StoreError> {
    let sql = "insert into rule_file (hash, kind, name, subject_kinds, division, valid_from,
                   valid_to, text, proposed_by, proposed_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict (hash) do nothing";
    let kinds: Vec<_> = row.subject_kinds.iter().map(|kind| kind.as_str()).collect();
    let (by, at) = row.proposed.as_ref().map(|(by, at)| (by, at.0)).unzip();
    let written = tx.prepare_cached(sql)?.execute(params![
        row.hash.to_string(),
        row.kind.as_str(),
        row.name,
        kinds.join(" "),
        row.division.map(DivisionCode::filled_text),
        row.valid_from.to_string(),
        row.valid_to.map(|day| day.to_string()),
        text,
        by.map(OfficerId::as_str),
        at,
    ])?;
    Ok(written == 1)
}

/// Hands a file in again that was taken back.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn propose_again(tx: &Tx<'_>, hash: &Hash, by: &OfficerId, at: AtMs) -> Result<(), StoreError> {
    let sql = "update rule_file set proposed_by = ?2, proposed_at = ?3, withdrawn_at = null
               where hash = ?1";
    tx.prepare_cached(sql)?
        .execute(params![hash.to_string(), by.as_str(), at.0])?;
    Ok(())
}

/// Puts a file into force; `false` if it is in force already.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn activate(tx: &Tx<'_>, hash: &Hash, how: Activation<'_>) -> Result<bool, StoreError> {
    let sql = "update rule_file set activated_at = ?2, activated_by = ?3, impact = ?4,
                   replaces = ?5, withdrawn_at = null
               where hash = ?1 and activated_at is null";
    let written = tx.prepare_cached(sql)?.execute(params![
        hash.to_string(),
        how.at.0,
        how.by.map(OfficerId::as_str),
        how.impact,
        how.replaces.map(Hash::to_string),
    ])?;
    Ok(written == 1)
}

/// Ends the days of a file in force, because another one takes its place.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn end(tx: &Tx<'_>, hash: &Hash, last: Date) -> Result<(), StoreError> {
    tx.prepare_cached("update rule_file set ends_on = ?2 where hash = ?1")?
        .execute(params![hash.to_string(), last.to_string()])?;
    Ok(())
}

/// Takes a proposal back.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn withdraw(tx: &Tx<'_>, hash: &Hash, at: AtMs) -> Result<(), StoreError> {
    let sql = "update rule_file set withdrawn_at = ?2 where hash = ?1 and activated_at is null";
    tx.prepare_cached(sql)?
        .execute(params![hash.to_string(), at.0])?;
    Ok(())
}

/// The files of a kind in force, the latest first day first, then the latest activation.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, kind: RuleKind) -> Result<Vec<RuleRow>, StoreError> {
    let sql = format!(
        "{SELECT} where kind = ?1 and activated_at is not null
         order by valid_from desc, activated_at desc, hash"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![kind.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Every file behind a place, by hash.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_all(
    connection: &Connection,
    after: &str,
    limit: u32,
) -> Result<Vec<RuleRow>, StoreError> {
    let sql = format!("{SELECT} where hash > ?1 order by hash limit ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![after, limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// A file by its hash, in force or not.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, hash: &Hash) -> Result<Option<RuleRow>, StoreError> {
    let sql = format!("{SELECT} where hash = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    query
        .query_row(params![hash.to_string()], |row| Ok(read(row)))
        .optional()?
        .transpose()
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
    let proposed_by = column::optional_word(row, "proposed_by", "rule_file.proposed_by")?;
    let instant = |column| -> Result<Option<AtMs>, StoreError> {
        Ok(row.get::<_, Option<i64>>(column)?.map(AtMs))
    };
    Ok(RuleRow {
        hash: column::word(row, "hash", "rule_file.hash")?,
        kind: column::word(row, "kind", "rule_file.kind")?,
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
        ends_on: column::optional_word(row, "ends_on", "rule_file.ends_on")?,
        proposed: proposed_by.zip(instant("proposed_at")?),
        activated_at: instant("activated_at")?,
        activated_by: column::optional_word(row, "activated_by", "rule_file.activated_by")?,
        impact: row.get("impact")?,
        replaces: column::optional_word(row, "replaces", "rule_file.replaces")?,
        withdrawn_at: instant("withdrawn_at")?,
    })
}
