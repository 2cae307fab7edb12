//! How the rows of a table, or of a register, end (`domain.md` L-15, L-21): which event begins
//! the term, how long it is and what is done with the row then. A table without it is not read,
//! so that nothing is promised that nobody does.

use super::Only;
use crate::catalogue::Privacy;
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::read::Fields;
use crate::pack::vocabulary;

vocabulary! {
    /// What ends the rows of a table. Each word has its job; most are the server's daily one.
    EndsBy {
        /// Each row by itself, so many years after a day or instant of its own.
        Rows => "rows",
        /// As the term of each register says ([`super::RegisterKind::ends`]).
        Registers => "registers",
        /// With the file, cases and ratings of its subject and year (档案年度).
        Year => "year",
        /// With the row of another table that it refers to.
        Parent => "parent",
        /// With the last revision of the record that it is about.
        Record => "record",
        /// As adverse information of a natural person (`domain.md` L-06).
        Adverse => "adverse",
        /// With the erasure of its subject.
        Subject => "subject",
        /// So many years after its device was revoked.
        Device => "device",
        /// So many years after the last action of its officer, who works no more.
        Officer => "officer",
        /// With the batch of an import, once it is in force or rejected.
        Import => "import",
        /// Within days, by the interface that made it.
        Expiry => "expiry",
        /// With what it was formed from.
        Sources => "sources",
        /// Never: no person is told of.
        Never => "never",
    }
}

/// How the rows of a table end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What ends them.
    pub by: EndsBy,
    /// The columns whose day, month or instant begins the term, each for itself; empty ones do
    /// not. A `cycle` begins it with the last day of its campaign, a `case_id` with that of its
    /// case; `content:$.path` is a value of a JSON column.
    pub after: Vec<String>,
    /// How long after it.
    pub years: i16,
    /// Which rows end at all, by a word in a column.
    pub only: Option<Only>,
    /// The columns by which its rows are found: of a parent, or of a subject and year.
    pub key: Vec<String>,
    /// The columns that are emptied; a table without them loses the row.
    pub clears: Vec<String>,
    /// The table that it goes with.
    pub of: Option<String>,
    /// The columns there that `key` refers to.
    pub named: Vec<String>,
}

/// How a column of `key` finds the rows of a subject and year.
const YEAR_KEYS: [&str; 10] = [
    "at",
    "case_id",
    "content",
    "cycle",
    "file",
    "id",
    "received_at",
    "snapshot",
    "subject",
    "valid_from",
];

impl Term {
    /// Reads the `ends` of a table or register.
    pub(super) fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        let mut ends = row.table("ends")?;
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let years = ends.find_int("years")?.unwrap_or(0);
        let term = Self {
            by: ends.word("by")?,
            after: owned(ends.texts("after")?),
            years: i16::try_from(years).unwrap_or(0),
            only: Only::find(&mut ends)?,
            key: owned(ends.texts("key")?),
            clears: owned(ends.texts("clears")?),
            of: ends.find_text("of")?.map(str::to_owned),
            named: owned(ends.texts("named")?),
        };
        if let Some(message) = term.fault() {
            return Err(row.fault("ends", PackErrorCode::MissingKey, message));
        }
        ends.finish()?;
        Ok(term)
    }

    /// What is missing for the job of its word.
    fn fault(&self) -> Option<&'static str> {
        let has_years = self.years > 0;
        match self.by {
            EndsBy::Rows if self.after.is_empty() || !has_years => {
                Some("write `after` and `years`: what begins the term, and how long it is")
            }
            EndsBy::Device | EndsBy::Officer if !has_years => Some("write `years`"),
            EndsBy::Device if self.key.is_empty() => Some("write `key`: the column of the device"),
            EndsBy::Officer if self.key.is_empty() => {
                Some("write `key`: the column of the officer")
            }
            EndsBy::Year if !self.key.iter().all(|key| YEAR_KEYS.contains(&key.as_str())) => {
                Some("the job of years does not find rows by this `key`")
            }
            EndsBy::Parent if self.of.is_none() || self.key.len() != self.named.len() => {
                Some("write `of`, `key` and `named`: which row it goes with")
            }
            _ => None,
        }
    }

    /// That rows about persons are kept for ever is no term (`domain.md` L-21).
    pub(super) fn forbids(&self, class: Privacy) -> bool {
        self.by == EndsBy::Never && matches!(class, Privacy::Personal | Privacy::Sensitive)
    }
}
