//! The rule packs and parameter tables that were pulled, parsed once.

use std::sync::{Arc, Mutex, PoisonError};

use itgel_domain::division::DivisionCode;
use itgel_domain::pack::{Parameters, RulePack};
use itgel_domain::subject::Subject;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::Error;
use crate::store::StoreError;
use crate::store::rules::{RuleKind, files, fingerprint};

/// All rules of this device.
#[derive(Debug, Default)]
pub(crate) struct RuleSet {
    packs: Vec<Arc<RulePack>>,
    parameters: Vec<Arc<Parameters>>,
}

/// The rules as they were last parsed, and of which files.
#[derive(Debug, Default)]
pub(crate) struct RuleCache(Mutex<Option<(String, Arc<RuleSet>)>>);

impl RuleCache {
    /// The rules, parsed again if files have come since.
    pub(crate) fn get(&self, db: &Connection) -> Result<Arc<RuleSet>, StoreError> {
        let present = fingerprint(db)?;
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, rules)) = &*cached
            && *of == present
        {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(RuleSet::read(db)?);
        *cached = Some((present, Arc::clone(&rules)));
        Ok(rules)
    }
}

impl RuleSet {
    /// The pack that rates `subject` on `on`: of several the one that came into force last.
    pub(crate) fn pack_for(&self, subject: &Subject, on: Date) -> Result<Arc<RulePack>, Error> {
        let rating = self
            .packs
            .iter()
            .filter(|pack| pack.rates(subject.kind, on));
        // Of equals the last: the one that was put into force last.
        let newest = rating.max_by_key(|pack| pack.valid_from);
        newest.cloned().ok_or(Error::PackMissing)
    }

    /// The parameter table for the home of `subject` on `on`: the smallest division before a
    /// larger one, then the one that came into force last.
    pub(crate) fn parameters_for(
        &self,
        subject: &Subject,
        on: Date,
    ) -> Result<Arc<Parameters>, Error> {
        let home = |table: &Parameters| {
            let division: DivisionCode = table.division.parse().ok()?;
            division
                .contains(subject.division)
                .then_some(division.level())
        };
        let valid =
            |table: &Parameters| table.valid_from <= on && table.valid_to.is_none_or(|to| on <= to);
        let fitting = self.parameters.iter().filter(|table| valid(table));
        fitting
            .filter_map(|table| Some((home(table)?, table)))
            .max_by_key(|(level, table)| (*level, table.valid_from))
            .map(|(_, table)| Arc::clone(table))
            .ok_or(Error::ParametersMissing)
    }

    /// Reads every file that parses. One of a later format is kept as a file and passed over.
    fn read(db: &Connection) -> Result<Self, StoreError> {
        let mut rules = Self::default();
        for file in files(db, RuleKind::Pack)? {
            match RulePack::parse(&file.name, file.text.as_bytes()) {
                Ok(pack) => rules.packs.push(Arc::new(pack)),
                Err(error) => tracing::warn!(%error, "a rule pack is passed over"),
            }
        }
        for file in files(db, RuleKind::Parameters)? {
            match Parameters::parse(&file.name, file.text.as_bytes()) {
                Ok(table) => rules.parameters.push(Arc::new(table)),
                Err(error) => tracing::warn!(%error, "a parameter table is passed over"),
            }
        }
        Ok(rules)
    }
}
