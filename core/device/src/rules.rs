//! The rule packs and parameter tables that were pulled, parsed once.

use std::sync::{Arc, Mutex, PoisonError};

use itgel_domain::division::DivisionCode;
use itgel_domain::pack::{Parameters, RulePack};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::Error;
use crate::store::rules::{RuleKind, files, fingerprint};
use crate::store::{StoreError, log};

/// A day as this device tells it, and as the server last did. A clock that is a year off is no
/// reason to refuse an entry (`security.md` T11, `domain.md` G 35): where no rules hold on the day,
/// those hold that were last known to, the server flags what was computed under others than were
/// in force, and computes with these.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// By the clock of this device, or chosen by the officer.
    pub(crate) on: Date,
    /// When the server signed the newest state of its log that is here.
    pub(crate) signed_on: Option<Date>,
}

impl Told {
    pub(crate) fn on(db: &Connection, on: Date) -> Result<Self, StoreError> {
        let signed_on = log::newest_at(db)?.map(AtMs::on);
        Ok(Self { on, signed_on })
    }

    /// The later of the two: it is at least that late.
    pub(crate) fn latest(self) -> Date {
        self.signed_on.map_or(self.on, |signed| self.on.max(signed))
    }

    /// The days to look for rules on, the likelier first.
    fn days(self) -> impl Iterator<Item = Date> {
        [self.on].into_iter().chain(self.signed_on)
    }
}

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
    /// The pack that rates `subject` on the day: of several the one that came into force last.
    pub(crate) fn pack_for(&self, subject: &Subject, on: Told) -> Result<Arc<RulePack>, Error> {
        let rating = |day: Date| {
            let rating = self
                .packs
                .iter()
                .filter(move |pack| pack.rates(subject.kind, day));
            // Of equals the last: the one that was put into force last.
            rating.max_by_key(|pack| pack.valid_from)
        };
        let of_its_kind = self.packs.iter();
        let last = || {
            of_its_kind
                .filter(|pack| pack.rates(subject.kind, pack.valid_from))
                .max_by_key(|pack| pack.valid_from)
        };
        let found = on.days().find_map(rating).or_else(last);
        found.cloned().ok_or(Error::PackMissing)
    }

    /// The parameter table for the home of `subject` on the day: the smallest division before a
    /// larger one, then the one that came into force last.
    pub(crate) fn parameters_for(
        &self,
        subject: &Subject,
        on: Told,
    ) -> Result<Arc<Parameters>, Error> {
        let at_home = |table: &&Arc<Parameters>| {
            let division: DivisionCode = table.division.parse().ok()?;
            let level = division
                .contains(subject.division)
                .then_some(division.level())?;
            Some((level, table.valid_from))
        };
        let valid = |day: Date| {
            let valid = self.parameters.iter().filter(move |table| {
                table.valid_from <= day && table.valid_to.is_none_or(|to| day <= to)
            });
            valid
                .filter(|table| at_home(table).is_some())
                .max_by_key(|table| at_home(table))
        };
        let of_home = self
            .parameters
            .iter()
            .filter(|table| at_home(table).is_some());
        let found = on
            .days()
            .find_map(valid)
            .or_else(|| of_home.max_by_key(|table| at_home(table)));
        found.cloned().ok_or(Error::ParametersMissing)
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
