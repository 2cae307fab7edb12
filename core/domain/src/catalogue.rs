//! The item catalogue (采集项目录): everything that can be observed, as data.
//!
//! Each item has a unit, a plausible range, the subjects it is asked of, the section of the visit,
//! its class under art. 14 of 征信业管理条例 (`domain.md` L-04), its privacy class (L-29), its
//! purpose and retention (L-15). What is not in the catalogue cannot be recorded.

mod unit;
mod violation;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use self::unit::Unit;
pub use self::violation::{Violation, ViolationCode};

use self::unit::UnitFault;
use crate::item::{ItemPath, Observation, State, Value};
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::read::{self, Fields, Tree};
use crate::pack::{forbidden, vocabulary};
use crate::subject::{Producer, SubjectKind};

/// The catalogue that is part of the program.
const BUILTIN: &str = include_str!("../../../fixtures/catalogue/items.toml");

vocabulary! {
    /// A section of the visit: items that are asked together and sealed together.
    Section {
        /// The household and its people.
        Household => "household",
        /// Animals.
        Herd => "herd",
        /// Pasture plots and leases.
        Pasture => "pasture",
        /// Cropland.
        Cropland => "cropland",
        /// Income of the production year.
        Income => "income",
        /// Assets, debts and obligations.
        Finance => "finance",
        /// Shelters, machines, wells.
        Facilities => "facilities",
        /// Insurance.
        Insurance => "insurance",
        /// Fodder.
        Fodder => "fodder",
        /// Earlier production years, asked where a disaster was declared.
        History => "history",
    }
}

vocabulary! {
    /// The six classes of information that need written consent with stated consequences.
    Restricted {
        /// 收入.
        Income => "income",
        /// 存款.
        Deposits => "deposits",
        /// 有价证券.
        Securities => "securities",
        /// 商业保险.
        Insurance => "insurance",
        /// 不动产, with contracted pasture and land treated alike.
        RealEstate => "real_estate",
        /// 纳税数额.
        Tax => "tax",
    }
}

vocabulary! {
    /// How an item is to be protected (`domain.md` L-29).
    Privacy {
        /// May be published.
        Public => "public",
        /// Of the administration.
        Internal => "internal",
        /// About a person.
        Personal => "personal",
        /// Needs separate consent (`domain.md` L-18).
        Sensitive => "sensitive",
    }
}

/// A text in the three languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Titles {
    /// Chinese, the source.
    pub zh: String,
    /// Mongolian in the traditional script; a draft until a native reader signs.
    pub mn: String,
    /// English.
    pub en: String,
    /// Whether a native reader has signed the Mongolian text.
    pub mn_reviewed: bool,
}

/// One of the words that a choice allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The stored word.
    pub word: String,
    /// Its titles.
    pub titles: Titles,
}

/// What kind of value an item takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An integer of `unit` within a plausible range.
    Quantity {
        /// The unit in which it is stored.
        unit: Unit,
        /// The smallest plausible value.
        min: i64,
        /// The largest plausible value.
        max: i64,
    },
    /// One of some words.
    Choice(Vec<Choice>),
    /// A day, stored as a day number since 1970-01-01.
    Day,
    /// 0 for no, 1 for yes.
    Flag,
    /// Free text of at most so many characters.
    Text(usize),
}

/// An item of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name, a repeating item with a star: `plot/*/area_mu`.
    pub path: String,
    /// What values it takes.
    pub kind: Kind,
    /// The subject kinds that it is asked of.
    pub subjects: Vec<SubjectKind>,
    /// The producer types that it is asked of; empty for all.
    pub producers: Vec<Producer>,
    /// The section of the visit.
    pub section: Section,
    /// Its class under art. 14 of 征信业管理条例, if any: locked until consent is given.
    pub restricted: Option<Restricted>,
    /// Whether a subject without it cannot be rated (`domain.md` B.1.5).
    pub core: bool,
    /// Whether "not applicable" is an allowed answer.
    pub may_not_apply: bool,
    /// Another item of the same subject that this one cannot exceed.
    pub at_most: Option<String>,
    /// How it is protected.
    pub privacy: Privacy,
    /// Years that it is kept after the file's year.
    pub retention_years: i64,
    /// Why it is asked.
    pub purpose: String,
    /// Its titles.
    pub titles: Titles,
}

/// All items, by name.
#[derive(Debug, Clone)]
pub struct Catalogue {
    version: i64,
    items: Vec<Item>,
    by_path: BTreeMap<String, usize>,
}

impl Catalogue {
    /// The catalogue of this program, parsed once.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the embedded file is parsed by the tests of every build")]
    pub fn builtin() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
            Catalogue::parse("items.toml", BUILTIN).expect("the embedded catalogue parses")
        });
        &CATALOGUE
    }

    /// Parses a catalogue file.
    ///
    /// # Errors
    /// The first fault, with file, line and key; an item of a forbidden kind (`domain.md` B.2)
    /// is one.
    pub fn parse(file: &str, text: &str) -> Result<Self, PackError> {
        let node = read::toml(file, text)?;
        let mut fields = Fields::of(file, "", &node)?;
        let version = fields.find_int("version")?.unwrap_or(1);
        let mut items = Vec::new();
        let mut by_path = BTreeMap::new();
        for row in fields.tables("item")? {
            let mut row = row;
            let item = Item::read(&mut row)?;
            if by_path.insert(item.path.clone(), items.len()).is_some() {
                return Err(row.fault("path", PackErrorCode::Duplicate, "this item occurs twice"));
            }
            row.finish()?;
            items.push(item);
        }
        fields.finish()?;
        Ok(Self { version, items, by_path })
    }

    /// The version of the catalogue.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// The item that `path` belongs to.
    #[must_use]
    pub fn get(&self, path: &ItemPath) -> Option<&Item> {
        match path.parts() {
            None => self.named(path.as_str()),
            Some(_) => self.named(&path.item()),
        }
    }

    /// The item with this name, a repeating item with a star.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Item> {
        self.by_path.get(name).and_then(|i| self.items.get(*i))
    }

    /// All items in the order of the visit.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }

    /// The items that are asked of a subject, in the order of the visit. `producer` is `None`
    /// until it is known; then every item of the subject kind is given.
    pub fn asked(
        &self,
        subject: SubjectKind,
        producer: Option<Producer>,
    ) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |i| {
            i.subjects.contains(&subject)
                && (i.producers.is_empty() || producer.is_none_or(|p| i.producers.contains(&p)))
        })
    }

    /// Everything that is wrong with these observations of one subject, at once: unknown items,
    /// values outside their kind, range or choice, and items that exceed one another.
    #[must_use]
    pub fn check_all(&self, observations: &[Observation], subject: SubjectKind) -> Vec<Violation> {
        let known: BTreeMap<&str, i64> = observations
            .iter()
            .filter_map(|o| Some((o.item.as_str(), o.state.value()?.as_int()?)))
            .collect();
        let mut violations = Vec::new();
        for observation in observations {
            let path = &observation.item;
            let violation = match self.get(path) {
                None => Some(ViolationCode::UnknownItem),
                Some(item) if !item.subjects.contains(&subject) => {
                    Some(ViolationCode::NotForSubject { subject })
                }
                Some(item) => item
                    .check(&observation.state)
                    .err()
                    .or_else(|| item.exceeds(path, &observation.state, &known)),
            };
            violations.extend(violation.map(|code| Violation { item: path.clone(), code }));
        }
        violations
    }
}

/// Checks observations against the catalogue of this program; see [`Catalogue::check_all`].
#[must_use]
pub fn check_all(observations: &[Observation], subject: SubjectKind) -> Vec<Violation> {
    Catalogue::builtin().check_all(observations, subject)
}

impl Item {
    /// Whether the item can have this state.
    ///
    /// # Errors
    /// What is wrong, with the arguments that a message needs; never the value itself.
    pub fn check(&self, state: &State) -> Result<(), ViolationCode> {
        let value = match state {
            State::Known(value) => value,
            State::NotApplicable if !self.may_not_apply => {
                return Err(ViolationCode::AlwaysApplies);
            }
            State::NotApplicable | State::Unknown | State::Refused => return Ok(()),
        };
        match (&self.kind, value) {
            (Kind::Quantity { min, max, .. }, Value::Int(n)) => {
                if (min..=max).contains(&n) {
                    Ok(())
                } else {
                    Err(ViolationCode::OutOfRange { min: *min, max: *max })
                }
            }
            (Kind::Flag, Value::Int(0 | 1)) => Ok(()),
            (Kind::Day, Value::Int(n)) if (-25_567..=73_049).contains(n) => Ok(()),
            (Kind::Day, Value::Int(_)) => Err(ViolationCode::OutOfRange { min: -25_567, max: 73_049 }),
            (Kind::Choice(choices), Value::Text(word)) => {
                if choices.iter().any(|c| c.word == *word) {
                    Ok(())
                } else {
                    let options = choices.iter().map(|c| c.word.clone()).collect();
                    Err(ViolationCode::NotAChoice { options })
                }
            }
            (Kind::Text(max), Value::Text(text)) => {
                if text.chars().count() <= *max {
                    Ok(())
                } else {
                    Err(ViolationCode::TooLong { max: *max })
                }
            }
            (kind, _) => Err(ViolationCode::WrongKind { expected: kind.word().to_owned() }),
        }
    }

    /// The value of an amount as people write it, `from_unit("733.4", "公顷")`, in the unit of
    /// this item, exactly.
    ///
    /// # Errors
    /// A unit that does not measure this item, an amount that is no decimal, or one that is no
    /// whole number of the stored unit.
    pub fn from_unit(&self, amount: &str, unit: &str) -> Result<Value, ViolationCode> {
        let Kind::Quantity { unit: stored, .. } = self.kind else {
            return Err(ViolationCode::WrongKind { expected: self.kind.word().to_owned() });
        };
        stored.convert(amount.trim(), unit.trim()).map(Value::Int).map_err(|fault| match fault {
            UnitFault::Unknown => ViolationCode::WrongUnit {
                unit: unit.chars().take(16).collect(),
                accepted: stored.accepted().map(str::to_owned).collect(),
            },
            UnitFault::NotANumber => ViolationCode::NotANumber,
            UnitFault::NotWhole => ViolationCode::NotWhole { unit: stored },
        })
    }

    /// The group of a repeating item: `plot` of `plot/*/area_mu`.
    #[must_use]
    pub fn repeats_in(&self) -> Option<&str> {
        self.path.split_once("/*/").map(|(group, _)| group)
    }

    fn exceeds(
        &self,
        path: &ItemPath,
        state: &State,
        known: &BTreeMap<&str, i64>,
    ) -> Option<ViolationCode> {
        let other = self.at_most.as_deref()?;
        let other = match path.key() {
            Some(key) => other.replacen('*', key, 1),
            None => other.to_owned(),
        };
        let (value, limit) = (state.value()?.as_int()?, known.get(other.as_str())?);
        (value > *limit).then_some(ViolationCode::Exceeds { other })
    }

    fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        let path = row.text("path")?.to_owned();
        if let Some(field) = forbidden::find(&path) {
            let message = format!("`{field}` may not be collected (domain.md B.2)");
            return Err(row.fault("path", PackErrorCode::ForbiddenField, message));
        }
        if path.replacen('*', "k", 1).parse::<ItemPath>().is_err() {
            let message = "an item is written group.name or group/*/name";
            return Err(row.fault("path", PackErrorCode::BadValue, message));
        }
        Ok(Self {
            kind: Kind::read(row)?,
            subjects: row.words("subjects")?,
            producers: row.words("producers")?,
            section: row.word("section")?,
            restricted: row.find_word("restricted")?,
            core: row.flag("core")?,
            may_not_apply: row.flag("may_not_apply")?,
            at_most: row.find_text("at_most")?.map(str::to_owned),
            privacy: row.find_word("privacy")?.unwrap_or(Privacy::Personal),
            retention_years: row.find_int("retention_years")?.unwrap_or(5),
            purpose: row.text("purpose")?.to_owned(),
            titles: Titles::read(row)?,
            path,
        })
    }
}

impl Kind {
    /// The word of the kind.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Quantity { .. } => "quantity",
            Self::Choice(_) => "choice",
            Self::Day => "day",
            Self::Flag => "flag",
            Self::Text(_) => "text",
        }
    }

    fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        match row.text("kind")? {
            "quantity" => {
                let (min, max) = (row.find_int("min")?.unwrap_or(0), row.find_int("max")?);
                let max = max
                    .ok_or_else(|| row.fault("max", PackErrorCode::MissingKey, "add the key `max`"))?;
                if min > max {
                    return Err(row.fault("max", PackErrorCode::BadValue, "`max` is below `min`"));
                }
                Ok(Self::Quantity { unit: row.word("unit")?, min, max })
            }
            "choice" => {
                let mut choices = Vec::new();
                for mut option in row.tables("options")? {
                    let word = option.text("word")?.to_owned();
                    choices.push(Choice { word, titles: Titles::read(&mut option)? });
                    option.finish()?;
                }
                Ok(Self::Choice(choices))
            }
            "day" => Ok(Self::Day),
            "flag" => Ok(Self::Flag),
            "text" => {
                let max = row.find_int("max")?.and_then(|m| usize::try_from(m).ok());
                Ok(Self::Text(max.unwrap_or(200)))
            }
            _ => {
                let message = "a kind is quantity, choice, day, flag or text";
                Err(row.fault("kind", PackErrorCode::UnknownName, message))
            }
        }
    }
}

impl Titles {
    /// Reads `zh`, `mn`, `en` and `mn_reviewed`.
    pub(crate) fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        let mut text = |name: &str| match row.find(name).map(|n| &n.tree) {
            Some(Tree::Text(text)) if !text.is_empty() => Ok(text.clone()),
            _ => {
                let message = format!("a text in `{name}` is missing");
                Err(row.fault(name, PackErrorCode::MissingText, message))
            }
        };
        let (zh, mn, en) = (text("zh")?, text("mn")?, text("en")?);
        Ok(Self { zh, mn, en, mn_reviewed: row.flag("mn_reviewed")? })
    }
}

#[cfg(test)]
mod tests;
