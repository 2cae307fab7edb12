//! Rule packs and parameter tables: which one holds for whom on a day, and how a new one comes
//! into force (`design.md` 7, `domain.md` B.8).
//!
//! The database is their only source; the shipped ones are seeded into it. A file never changes,
//! so what was parsed once is kept by its hash.

mod file;
mod life;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::pack::{PackError, PackErrorCode, Parameters, RulePack};
use itgel_domain::subject::SubjectKind;
use itgel_domain::sync::pull::{PullItem, RulesItem};
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::store::rule_file::{self, RuleRow};
use crate::store::{self, Tx};

pub(crate) use self::file::standing_of;
pub use self::file::{RuleFileView, RuleState};
pub use self::life::{ActivateRequest, NewRuleFile, activate, list, propose, seed, text, withdraw};
pub(crate) use self::life::{allow_read, get, in_force_digest, reach};
pub use crate::store::rule_file::RuleKind;

/// Parsed rules by their hash.
#[derive(Debug, Default)]
pub struct Rules {
    by_pack: Mutex<BTreeMap<Hash, Arc<RulePack>>>,
    by_table: Mutex<BTreeMap<Hash, Arc<Parameters>>>,
}

impl Rules {
    /// The pack that rates subjects of `kind` on a day: of several the one with the latest first
    /// day, then the one activated last.
    ///
    /// # Errors
    /// [`ErrorCode::PackUnknown`] if there is none.
    pub fn pack_for(
        &self,
        connection: &Connection,
        kind: SubjectKind,
        as_of: Date,
    ) -> Result<Arc<RulePack>, ServiceError> {
        let found = self.hash_of_pack_for(connection, kind, as_of)?;
        self.pack(connection, &found.ok_or(ErrorCode::PackUnknown)?)
    }

    /// The hash of that pack, if there is one.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub fn hash_of_pack_for(
        &self,
        connection: &Connection,
        kind: SubjectKind,
        as_of: Date,
    ) -> Result<Option<Hash>, ServiceError> {
        let rows = rule_file::list(connection, RuleKind::Pack)?;
        let rates = |row: &&RuleRow| row.subject_kinds.contains(&kind) && row.holds_on(as_of);
        Ok(rows.iter().find(rates).map(|row| row.hash))
    }

    /// The parameter table for a division on a day: the nearest one, then as for packs.
    ///
    /// # Errors
    /// [`ErrorCode::ParametersUnknown`] if there is none.
    pub fn parameters_for(
        &self,
        connection: &Connection,
        division: DivisionCode,
        as_of: Date,
    ) -> Result<Arc<Parameters>, ServiceError> {
        let rows = rule_file::list(connection, RuleKind::Parameters)?;
        let reach = |row: &&RuleRow| row.division.is_some_and(|d| d.contains(division));
        let mut found: Vec<_> = rows
            .iter()
            .filter(reach)
            .filter(|r| r.holds_on(as_of))
            .collect();
        // The sort is stable: within a level the order of the list stays.
        found.sort_by_key(|row| std::cmp::Reverse(row.division.map(DivisionCode::level)));
        let hash = found.first().ok_or(ErrorCode::ParametersUnknown)?.hash;
        self.parameters(connection, &hash)
    }

    /// The pack with this hash, in force or not any more.
    ///
    /// # Errors
    /// [`ErrorCode::PackUnknown`] if there is none.
    pub fn pack(
        &self,
        connection: &Connection,
        hash: &Hash,
    ) -> Result<Arc<RulePack>, ServiceError> {
        Ok(self
            .find_pack(connection, hash)?
            .ok_or(ErrorCode::PackUnknown)?)
    }

    /// The parameter table with this hash, in force or not any more.
    ///
    /// # Errors
    /// [`ErrorCode::ParametersUnknown`] if there is none.
    pub fn parameters(
        &self,
        connection: &Connection,
        hash: &Hash,
    ) -> Result<Arc<Parameters>, ServiceError> {
        Ok(self
            .find_parameters(connection, hash)?
            .ok_or(ErrorCode::ParametersUnknown)?)
    }

    /// The pack with this hash, if it was ever loaded.
    ///
    /// # Errors
    /// [`ServiceError`] of the database, or if a stored pack does not parse.
    pub fn find_pack(
        &self,
        connection: &Connection,
        hash: &Hash,
    ) -> Result<Option<Arc<RulePack>>, ServiceError> {
        by_hash(
            &self.by_pack,
            connection,
            RuleKind::Pack,
            hash,
            RulePack::parse,
        )
    }

    /// The parameter table with this hash, if it was ever loaded.
    ///
    /// # Errors
    /// [`ServiceError`] of the database, or if a stored table does not parse.
    pub fn find_parameters(
        &self,
        connection: &Connection,
        hash: &Hash,
    ) -> Result<Option<Arc<Parameters>>, ServiceError> {
        by_hash(
            &self.by_table,
            connection,
            RuleKind::Parameters,
            hash,
            Parameters::parse,
        )
    }

    /// The rules as stored inputs name them, for recomputing old assessments.
    #[must_use]
    pub const fn stored<'a>(&'a self, connection: &'a Connection) -> Stored<'a> {
        Stored {
            rules: self,
            connection,
        }
    }
}

/// The rules in a database; see [`Rules::stored`].
#[derive(Debug)]
pub struct Stored<'a> {
    rules: &'a Rules,
    connection: &'a Connection,
}

impl itgel_domain::assess::Rules for Stored<'_> {
    fn pack(&self, hash: &Hash) -> Option<Arc<RulePack>> {
        self.rules.find_pack(self.connection, hash).ok().flatten()
    }

    fn parameters(&self, hash: &Hash) -> Option<Arc<Parameters>> {
        self.rules
            .find_parameters(self.connection, hash)
            .ok()
            .flatten()
    }
}

/// Puts the rules in force into the list of a banner that is new.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn list_for_banner(tx: &Tx<'_>, banner: DivisionCode) -> Result<(), ServiceError> {
    for kind in [RuleKind::Pack, RuleKind::Parameters] {
        let mut rows = rule_file::list(tx, kind)?;
        rows.reverse();
        for row in rows.iter().filter(|row| reaches(row, banner)) {
            if let Some((_, text)) = rule_file::get_text(tx, kind, &row.hash)? {
                store::list::append(tx, banner, &item(kind, row, &text))?;
            }
        }
    }
    Ok(())
}

/// A pack is for everybody, a table for what lies in its division.
fn reaches(row: &RuleRow, banner: DivisionCode) -> bool {
    row.division
        .is_none_or(|division| division.contains(banner))
}

fn item(kind: RuleKind, row: &RuleRow, text: &str) -> PullItem {
    let rules = RulesItem {
        hash: row.hash,
        name: row.name.clone(),
        text: text.to_owned(),
    };
    match kind {
        RuleKind::Pack => PullItem::Pack(rules),
        RuleKind::Parameters => PullItem::Parameters(rules),
    }
}

/// What was parsed once is kept: a file never changes under its hash.
fn by_hash<T>(
    cache: &Mutex<BTreeMap<Hash, Arc<T>>>,
    connection: &Connection,
    kind: RuleKind,
    hash: &Hash,
    parse: impl Fn(&str, &[u8]) -> Result<T, PackError>,
) -> Result<Option<Arc<T>>, ServiceError> {
    let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lock().get(hash) {
        return Ok(Some(Arc::clone(known)));
    }
    let Some((name, text)) = rule_file::get_text(connection, kind, hash)? else {
        return Ok(None);
    };
    let parsed = parse(&name, text.as_bytes());
    let parsed = Arc::new(parsed.map_err(|e| ServiceError::caused("a stored rule file", e))?);
    lock().insert(*hash, Arc::clone(&parsed));
    Ok(Some(parsed))
}

/// A fault of a file as a client sees it: where, and what kind.
pub(crate) fn refused(error: PackError) -> ServiceError {
    let code = match error.code {
        PackErrorCode::Syntax => ErrorCode::RulesSyntax,
        PackErrorCode::Float => ErrorCode::RulesFloat,
        PackErrorCode::UnknownKey => ErrorCode::RulesUnknownKey,
        PackErrorCode::MissingKey => ErrorCode::RulesMissingKey,
        PackErrorCode::BadValue | PackErrorCode::Duplicate => ErrorCode::RulesBadValue,
        PackErrorCode::UnknownName => ErrorCode::RulesUnknownName,
        PackErrorCode::WeightSum => ErrorCode::RulesWeights,
        PackErrorCode::BandGap | PackErrorCode::BandOverlap => ErrorCode::RulesBands,
        PackErrorCode::ForbiddenField => ErrorCode::RulesForbiddenField,
        PackErrorCode::MissingText => ErrorCode::RulesMissingText,
    };
    let violation = Violation::new(error.key, code)
        .with("file", error.file)
        .with("line", error.line);
    ServiceError::Refused {
        code,
        violations: vec![violation],
    }
}
