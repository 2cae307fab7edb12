//! The rules of monitoring: which findings count, how they are reacted to, and the thresholds of
//! validation; dated, named by the hash of their bytes, refused with file, line and key.

use std::sync::LazyLock;

use jiff::civil::Date;

use super::{Reaction, Trigger};
use crate::catalogue::Titles;
use crate::hash::Hash;
use crate::pack::read::{self, Fields};
use crate::pack::{PackError, PackErrorCode as Code, utf8};
use crate::validation::Thresholds;

/// The rules that ship with the program: file name and content.
const SHIPPED: (&str, &str) = (
    "mo-nm-1.toml",
    include_str!("../../../../fixtures/monitoring/mo-nm-1.toml"),
);

/// What a check looks for and how a figure is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoringRules {
    hash: Hash,
    /// Their id: `MO-NM-1`.
    pub id: String,
    /// Their version.
    pub version: String,
    /// Who decided them.
    pub authority: String,
    /// First day of validity.
    pub valid_from: Date,
    /// What a check looks for, in the order of the file.
    pub triggers: Vec<TriggerRule>,
    /// The thresholds of validation.
    pub thresholds: Thresholds,
}

/// One row of the table of triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerRule {
    /// What.
    pub trigger: Trigger,
    /// Only this tip.
    pub code: Option<String>,
    /// From this figure on; of a last day that is near, up to it.
    pub from: Option<i64>,
    /// How it is reacted to.
    pub reaction: Reaction,
    /// Whether the rating comes under watch (预警).
    pub watch: bool,
    /// Where the row comes from.
    pub origin: String,
    /// What it says.
    pub text: Titles,
}

impl MonitoringRules {
    /// Those that ship with the program.
    ///
    /// # Panics
    /// Never: a test reads the file.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the shipped file is read by a test")]
    pub fn shipped() -> &'static Self {
        static RULES: LazyLock<MonitoringRules> = LazyLock::new(|| {
            let (name, text) = SHIPPED;
            MonitoringRules::parse(name, text.as_bytes()).expect("the shipped rules are sound")
        });
        &RULES
    }

    /// Parses a file; `name` stands for it in errors.
    ///
    /// # Errors
    /// The first fault found, with file, line and key.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PackError> {
        let node = read::toml(name, utf8(name, bytes)?)?;
        let mut fields = Fields::of(name, "", &node)?;
        let mut validation = fields.table("validation")?;
        let thresholds = Thresholds::read(&mut validation)?;
        validation.finish()?;
        let mut origins = fields.table("origin")?;
        for name in Thresholds::NAMES {
            origins.text(name)?;
        }
        origins.finish()?;
        let rules = Self {
            hash: Hash::of_file(bytes),
            id: fields.text("rules_id")?.to_owned(),
            version: fields.text("version")?.to_owned(),
            authority: fields.text("authority")?.to_owned(),
            valid_from: fields.day("valid_from")?,
            triggers: triggers(&mut fields)?,
            thresholds,
        };
        fields.finish()?;
        Ok(rules)
    }

    /// SHA-256 of the file's bytes.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Id and version, for people: `MO-NM-1/1`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }

    /// The row that holds for a trigger: of those whose code and figure fit, one that names the
    /// code goes before one that does not, then the strictest figure.
    #[must_use]
    pub fn rule(&self, trigger: Trigger, code: &str, figure: i64) -> Option<&TriggerRule> {
        let fits = |rule: &&TriggerRule| {
            rule.trigger == trigger
                && rule.code.as_deref().is_none_or(|own| own == code)
                && rule.from.is_none_or(|from| match trigger {
                    Trigger::EndsSoon => figure <= from,
                    _ => figure >= from,
                })
        };
        let strictness = |rule: &&TriggerRule| {
            let from = rule.from.unwrap_or(i64::MIN);
            let strict = match trigger {
                Trigger::EndsSoon => from.saturating_neg(),
                _ => from,
            };
            (rule.code.is_some(), strict)
        };
        self.triggers.iter().filter(fits).max_by_key(strictness)
    }
}

fn triggers(fields: &mut Fields<'_>) -> Result<Vec<TriggerRule>, PackError> {
    let mut rules: Vec<TriggerRule> = Vec::new();
    for mut row in fields.tables("trigger")? {
        let rule = TriggerRule {
            trigger: row.word("trigger")?,
            code: row.find_text("code")?.map(str::to_owned),
            from: row.find_int("from")?,
            reaction: row.word("reaction")?,
            watch: row.flag("watch")?,
            origin: row.text("origin")?.to_owned(),
            text: Titles::read(&mut row)?,
        };
        if rule.code.is_some() && rule.trigger != Trigger::Tip {
            return Err(row.fault("code", Code::BadValue, "only a tip has a code"));
        }
        let place = |rule: &TriggerRule| (rule.trigger, rule.code.clone(), rule.from);
        if rules.iter().any(|known| place(known) == place(&rule)) {
            return Err(row.fault("trigger", Code::Duplicate, "this row occurs twice"));
        }
        row.finish()?;
        rules.push(rule);
    }
    match rules.is_empty() {
        false => Ok(rules),
        true => Err(fields.fault("trigger", Code::MissingKey, "add a [[trigger]]")),
    }
}
