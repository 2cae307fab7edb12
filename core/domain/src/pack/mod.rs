//! Rule packs (评分表): dated, immutable files of rules, named by the hash of their bytes
//! (`domain.md` B.8), and the dated parameter tables beside them.
//!
//! A pack holds everything that may differ between places and years — weights, bands, caps,
//! vetoes, gates, texts — and names functions of the domain for what bands cannot express.
//! [`RulePack::parse`] refuses a pack that is not sound, with file, line and key.

mod alike;
mod band;
mod crosscheck;
pub mod decimal;
mod diff;
mod doubt;
pub(crate) mod error;
pub(crate) mod forbidden;
mod indicator;
mod lists;
mod names;
mod parameters;
mod part;
pub(crate) mod read;
mod reason;
mod rules;
mod settings;
pub mod shipped;
mod terms;
mod tree;
mod veto;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use self::band::{Band, BandTable, Test, Threshold};
pub use self::crosscheck::CrossChecks;
pub use self::diff::{RuleChange, rule_changes};
pub use self::error::{PackError, PackErrorCode};
pub use self::forbidden::find_in_head as forbidden_head;
pub use self::indicator::Indicator;
pub use self::lists::{ListKind, ListVersions, PublicityTerm, PublicityTerms};
pub use self::names::{
    Absence, BonusRule, CapCondition, CaseName, CoreField, Denominator, Eligibility, Improvable,
    MeasureName, TableName,
};
pub use self::parameters::{CapacityFallback, ParameterQuota, Parameters, StockClass};
pub use self::part::{Part, Stated};
pub use self::reason::ReasonText;
pub use self::rules::{Bonus, Cap, CapSubject, Deduction, Gate, GradeRow, LevelRow};
pub use self::settings::Settings;
pub use self::veto::{FactRule, Veto};
pub use self::vocabulary::NotInVocabulary;
pub(crate) use self::vocabulary::vocabulary;

use self::PackErrorCode as Code;
use self::read::Fields;
use crate::assess::Points;
use crate::hash::Hash;
use crate::subject::{Grade, SubjectKind};

/// A rule pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePack {
    hash: Hash,
    /// Its id: `HH-NM-1`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The subject kinds that it rates.
    pub subject_kinds: Vec<SubjectKind>,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    pub valid_to: Option<Date>,
    /// Who adopted it.
    pub authority: String,
    /// On which basis.
    pub legal_basis: Vec<String>,
    /// Numbers that its measures need.
    pub settings: Settings,
    /// Grades from best to worst; empty for villages and townships.
    pub grades: Vec<GradeRow>,
    /// Levels from best to worst; empty for subjects that get a grade.
    pub levels: Vec<LevelRow>,
    /// Indicators in their order.
    pub indicators: Vec<Indicator>,
    /// Fields without which a subject is not rated.
    pub core: Vec<CoreField>,
    /// Conditions of eligibility.
    pub eligibility: Vec<Eligibility>,
    /// Bonuses.
    pub bonuses: Vec<Bonus>,
    /// The most that bonuses give together.
    pub bonus_max: Points,
    /// The deduction.
    pub deduction: Option<Deduction>,
    /// Caps in their order.
    pub caps: Vec<Cap>,
    /// Vetoes in their order.
    pub vetoes: Vec<Veto>,
    /// Gates in their order.
    pub gates: Vec<Gate>,
    /// The words of every reason and tip.
    pub reasons: BTreeMap<String, ReasonText>,
}

impl RulePack {
    /// Parses a pack file; `name` stands for the file in errors.
    ///
    /// # Errors
    /// The first fault found, with file, line and key: unknown or missing keys, floats, weights
    /// that do not sum to 100, bands with gaps or overlaps, forbidden fields, unknown measures or
    /// items, missing texts.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PackError> {
        let text = utf8(name, bytes)?;
        let node = read::toml(name, text)?;
        let mut fields = Fields::of(name, "", &node)?;
        let pack = Self::read(&mut fields, Hash::of_file(bytes))?;
        pack.check_texts(&fields)?;
        fields.finish()?;
        Ok(pack)
    }

    /// SHA-256 of the file's bytes, the name under which the pack is referred to.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Id and version, for people: `HH-NM-1/1`.
    #[must_use]
    pub fn scorecard(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }

    /// Whether the pack rates subjects of this kind on this day.
    #[must_use]
    pub fn rates(&self, kind: SubjectKind, on: Date) -> bool {
        self.subject_kinds.contains(&kind)
            && self.valid_from <= on
            && self.valid_to.is_none_or(|to| on <= to)
    }

    /// The words of a reason, cap, veto or tip.
    #[must_use]
    pub fn reason_text(&self, code: &str) -> Option<&ReasonText> {
        self.reasons.get(code)
    }

    /// What a code of the pack is called in Chinese: an indicator, cap, veto, bonus, gate or reason.
    #[must_use]
    pub fn title_of(&self, code: &str) -> Option<&str> {
        let indicators = self.indicators.iter().map(|i| (i.code.as_str(), &i.titles));
        let caps = self.caps.iter().map(|c| (c.code.as_str(), &c.titles));
        let bonuses = self.bonuses.iter().map(|b| (b.code.as_str(), &b.titles));
        let gates = self.gates.iter().map(|g| (g.code.as_str(), &g.titles));
        let reasons = self.reasons.iter().map(|(c, r)| (c.as_str(), &r.text));
        let mut all = indicators
            .chain(caps)
            .chain(bonuses)
            .chain(gates)
            .chain(reasons);
        let found = all.find(|(known, _)| *known == code)?;
        Some(found.1.zh.as_str())
    }

    /// The grade of a score; C where the pack has no grades.
    #[must_use]
    pub fn grade_of(&self, score: Points) -> Grade {
        self.grades
            .iter()
            .find(|g| score >= g.from)
            .map_or(Grade::C, |g| g.grade)
    }

    fn read(fields: &mut Fields<'_>, hash: Hash) -> Result<Self, PackError> {
        let subject_kinds: Vec<SubjectKind> = fields.words("subject_kinds")?;
        let indicators = list(fields, "indicator", |row| {
            Indicator::read(row, &subject_kinds)
        })?;
        let weight: i64 = indicators.iter().map(|i| i.weight.0).sum();
        if weight != 10_000 {
            let message = format!("the weights sum to {}, not to 100", Points(weight));
            return Err(fields.fault("indicator", Code::WeightSum, message));
        }
        let eligibility: Vec<Eligibility> = fields.words("eligibility")?;
        let mut settings = fields.table("settings")?;
        let deduction = match fields.find("deduction") {
            None => None,
            Some(node) => {
                let mut row = Fields::of(fields.file(), "deduction", node)?;
                let deduction = Deduction::read(&mut row)?;
                row.finish()?;
                Some(deduction)
            }
        };
        let pack = Self {
            hash,
            id: fields.text("pack_id")?.to_owned(),
            version: fields.text("version")?.to_owned(),
            subject_kinds,
            valid_from: fields.day("valid_from")?,
            valid_to: fields.find_word("valid_to")?,
            authority: fields.text("authority")?.to_owned(),
            legal_basis: fields
                .texts("legal_basis")?
                .into_iter()
                .map(str::to_owned)
                .collect(),
            settings: Settings::read(&mut settings, &indicators, &eligibility)?,
            grades: rules::grades(fields)?,
            levels: LevelRow::read_all(fields)?,
            core: fields.words("core")?,
            eligibility,
            bonuses: list(fields, "bonus", Bonus::read)?,
            bonus_max: fields.find_points("bonus_max")?,
            deduction,
            caps: list(fields, "cap", |row| Cap::read(row, &indicators))?,
            vetoes: list(fields, "veto", Veto::read)?,
            gates: list(fields, "gate", Gate::read)?,
            reasons: reason::read_all(fields)?,
            indicators,
        };
        settings.finish()?;
        pack.check_codes(fields)?;
        Ok(pack)
    }

    fn check_codes(&self, fields: &Fields<'_>) -> Result<(), PackError> {
        if self.subject_kinds.is_empty() {
            return Err(fields.fault("subject_kinds", Code::MissingKey, "name a subject kind"));
        }
        if self.grades.is_empty() == self.levels.is_empty() {
            let message = "a pack gives grades, or levels, and not both";
            return Err(fields.fault("grades", Code::MissingKey, message));
        }
        if self.caps.len() > 32 || self.vetoes.len() > 32 || self.core.len() > 32 {
            return Err(fields.fault(
                "cap",
                Code::BadValue,
                "at most 32 caps, vetoes and core fields",
            ));
        }
        let groups: [(&str, Vec<&str>); 5] = [
            (
                "indicator",
                self.indicators.iter().map(|i| i.code.as_str()).collect(),
            ),
            (
                "bonus",
                self.bonuses.iter().map(|b| b.code.as_str()).collect(),
            ),
            ("cap", self.caps.iter().map(|c| c.code.as_str()).collect()),
            ("veto", self.vetoes.iter().map(Veto::code).collect()),
            ("gate", self.gates.iter().map(|g| g.code.as_str()).collect()),
        ];
        for (key, codes) in groups {
            let mut seen = BTreeSet::new();
            if let Some(twice) = codes.iter().find(|code| !seen.insert(**code)) {
                let message = format!("the code `{twice}` occurs twice");
                return Err(fields.fault(key, Code::Duplicate, message));
            }
        }
        Ok(())
    }

    /// Every reason that an assessment under this pack can name has words.
    fn check_texts(&self, fields: &Fields<'_>) -> Result<(), PackError> {
        for code in self.reason_codes() {
            if !self.reasons.contains_key(&code) {
                let message = format!("add a [[reason]] with code `{code}` and its texts");
                return Err(fields.fault("reason", Code::MissingText, message));
            }
        }
        Ok(())
    }

    fn reason_codes(&self) -> BTreeSet<String> {
        let own = |code: &str| code.to_owned();
        let mut codes: BTreeSet<String> = self
            .indicators
            .iter()
            .flat_map(|i| i.reasons().map(own))
            .collect();
        codes.extend(self.caps.iter().map(|c| c.code.clone()));
        codes.extend(self.vetoes.iter().map(Veto::reason));
        codes.extend(self.core.iter().map(|c| reason::core(*c)));
        codes.extend(self.eligibility.iter().map(|e| reason::eligibility(*e)));
        codes.extend(
            [
                reason::REFUSED,
                reason::UNKNOWN,
                reason::COMPLETENESS,
                reason::WEIGHT,
            ]
            .map(own),
        );
        codes
    }
}

/// Codes of reasons that do not stand in a pack's rules but come from the order of operations.
pub(crate) mod reason_codes {
    pub(crate) use super::reason::{COMPLETENESS, REFUSED, UNKNOWN, WEIGHT, core, eligibility};
}

/// Reads a list of tables with one function.
fn list<'a, T>(
    fields: &mut Fields<'a>,
    name: &str,
    mut read: impl FnMut(&mut Fields<'a>) -> Result<T, PackError>,
) -> Result<Vec<T>, PackError> {
    let mut values = Vec::new();
    for mut row in fields.tables(name)? {
        values.push(read(&mut row)?);
        row.finish()?;
    }
    Ok(values)
}

pub(crate) fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, PackError> {
    std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes[..e.valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        read::fault(name, line, "(file)", Code::Syntax, "the file is not UTF-8")
    })
}

#[cfg(test)]
mod tests;
