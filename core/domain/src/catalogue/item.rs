//! One item of the catalogue: what values it takes, and from whom it is asked.

use std::collections::BTreeMap;

use super::{Privacy, Restricted, Section, Unit, ViolationCode};
use crate::item::{ItemPath, State, Value};
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::forbidden;
use crate::pack::read::{Fields, Tree};
use crate::subject::{Producer, SubjectKind};

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
    /// The step to which the value is rounded down in everything that leaves the server
    /// (`domain.md` L-18); 1 for as it is.
    pub export_step: i64,
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
                    Err(ViolationCode::OutOfRange {
                        min: *min,
                        max: *max,
                    })
                }
            }
            (Kind::Flag, Value::Int(0 | 1)) => Ok(()),
            (Kind::Day, Value::Int(n)) if (-25_567..=73_049).contains(n) => Ok(()),
            (Kind::Day, Value::Int(_)) => Err(ViolationCode::OutOfRange {
                min: -25_567,
                max: 73_049,
            }),
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
            (kind, _) => Err(ViolationCode::WrongKind {
                expected: kind.word().to_owned(),
            }),
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
            return Err(ViolationCode::WrongKind {
                expected: self.kind.word().to_owned(),
            });
        };
        stored.exact(amount, unit).map(Value::Int)
    }

    /// The value as it may leave the server: whereabouts are blurred (`domain.md` L-18).
    #[must_use]
    pub fn exported(&self, value: &Value) -> Value {
        match value {
            Value::Int(n) => Value::Int(n.div_euclid(self.export_step) * self.export_step),
            Value::Text(text) => Value::Text(text.clone()),
        }
    }

    /// The group of a repeating item: `plot` of `plot/*/area_mu`.
    #[must_use]
    pub fn repeats_in(&self) -> Option<&str> {
        self.path.split_once("/*/").map(|(group, _)| group)
    }

    pub(super) fn exceeds(
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

    pub(super) fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        let path = row.text("path")?.to_owned();
        if let Some(field) = forbidden::find(&path) {
            let message = format!("`{field}` may not be collected (domain.md B.2)");
            return Err(row.fault("path", PackErrorCode::ForbiddenField, message));
        }
        if path.replacen('*', "k", 1).parse::<ItemPath>().is_err() {
            let message = "an item is written group.name or group/*/name";
            return Err(row.fault("path", PackErrorCode::BadValue, message));
        }
        let subjects: Vec<SubjectKind> = row.words("subjects")?;
        let titles = Titles::read(row)?;
        if let Some(field) = forbidden::find_in_head(&titles.zh) {
            let message = format!("`{field}` may not be collected (domain.md B.2)");
            return Err(row.fault("zh", PackErrorCode::ForbiddenField, message));
        }
        let restricted = row.find_word("restricted")?;
        let is_of_persons = subjects.contains(&SubjectKind::Household);
        if let Some(class) = forbidden::restricted(&path)
            && is_of_persons
            && restricted.is_none()
        {
            let message = format!("such an item is locked: `restricted = \"{class}\"`");
            return Err(row.fault("path", PackErrorCode::ForbiddenField, message));
        }
        Ok(Self {
            kind: Kind::read(row)?,
            subjects,
            producers: row.words("producers")?,
            section: row.word("section")?,
            restricted,
            export_step: row.find_int("export_step")?.unwrap_or(1).max(1),
            core: row.flag("core")?,
            may_not_apply: row.flag("may_not_apply")?,
            at_most: row.find_text("at_most")?.map(str::to_owned),
            privacy: row.find_word("privacy")?.unwrap_or(Privacy::Personal),
            retention_years: row.find_int("retention_years")?.unwrap_or(5),
            purpose: row.text("purpose")?.to_owned(),
            titles,
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
                let max = max.ok_or_else(|| {
                    row.fault("max", PackErrorCode::MissingKey, "add the key `max`")
                })?;
                if min > max {
                    return Err(row.fault("max", PackErrorCode::BadValue, "`max` is below `min`"));
                }
                Ok(Self::Quantity {
                    unit: row.word("unit")?,
                    min,
                    max,
                })
            }
            "choice" => {
                let mut choices = Vec::new();
                for mut option in row.tables("options")? {
                    let word = option.text("word")?.to_owned();
                    choices.push(Choice {
                        word,
                        titles: Titles::read(&mut option)?,
                    });
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
        Ok(Self {
            zh,
            mn,
            en,
            mn_reviewed: row.flag("mn_reviewed")?,
        })
    }

    /// The texts by language, for an interface; one that no native reader has signed is left out.
    #[must_use]
    pub fn by_language(&self) -> BTreeMap<String, String> {
        let mongolian = self.mn_reviewed.then_some(("mn-Mong", &self.mn));
        [("zh-CN", &self.zh), ("en", &self.en)]
            .into_iter()
            .chain(mongolian)
            .map(|(language, text)| (language.to_owned(), text.clone()))
            .collect()
    }
}
