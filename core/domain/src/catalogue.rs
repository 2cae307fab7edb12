//! The item catalogue (采集项目录): everything that can be observed, as data.
//!
//! Each item has a unit, a plausible range, the subjects it is asked of, the section of the visit,
//! its class under art. 14 of 征信业管理条例 (`domain.md` L-04), its privacy class (L-29), its
//! purpose and retention (L-15). What is not in the catalogue cannot be recorded.

mod item;
mod unit;
mod violation;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use self::item::{Choice, Item, Kind, Titles};
pub use self::unit::Unit;
pub use self::violation::{Violation, ViolationCode};

use crate::item::{ItemPath, Observation};
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::read::{self, Fields};
use crate::pack::vocabulary;
use crate::subject::{Producer, SubjectKind};

/// The catalogue that is part of the program.
const BUILTIN: &str = include_str!("../../../fixtures/catalogue/items.toml");

vocabulary! {
    /// A section of the visit: items that are asked together and sealed together.
    Section {
        /// The household and its people.
        Household => "household",
        /// Registration, reports and governance of an organisation.
        Organisation => "organisation",
        /// Members, business and obligations of an organisation.
        Business => "business",
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
    /// The classes that are locked until they are ticked: the six of art. 14 of 征信业管理条例, which
    /// need written consent with stated consequences (`domain.md` L-04), and whereabouts, which need
    /// a consent of their own (PIPL art. 28 and 29, L-18).
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
        /// 位置.
        Location => "location",
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
    #[expect(
        clippy::expect_used,
        reason = "the embedded file is parsed by the tests of every build"
    )]
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
        Ok(Self {
            version,
            items,
            by_path,
        })
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
    pub fn check_all<'a>(
        &self,
        observations: impl IntoIterator<Item = &'a Observation, IntoIter: Clone>,
        subject: SubjectKind,
    ) -> Vec<Violation> {
        let observations = observations.into_iter();
        let known: BTreeMap<&str, i64> = observations
            .clone()
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
            violations.extend(violation.map(|code| Violation {
                item: path.clone(),
                code,
            }));
        }
        violations
    }
}

/// Checks observations against the catalogue of this program; see [`Catalogue::check_all`].
#[must_use]
pub fn check_all<'a>(
    observations: impl IntoIterator<Item = &'a Observation, IntoIter: Clone>,
    subject: SubjectKind,
) -> Vec<Violation> {
    Catalogue::builtin().check_all(observations, subject)
}

#[cfg(test)]
mod tests;
