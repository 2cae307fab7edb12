//! Parameter tables: what differs between leagues and banners and from year to year — income
//! benchmark, medians, sheep units, quotas, list versions (`domain.md` B.8, C).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::crosscheck::CrossChecks;
use super::doubt;
use super::error::{PackError, PackErrorCode as Code};
use super::lists::{self, ListVersions, PublicityTerms};
use super::read::{self, Fields};
use super::terms;
use super::vocabulary::vocabulary;
use crate::case::doubt::DoubtRules;
use crate::case::terms::Terms;
use crate::hash::Hash;
use crate::land::LandRules;
use crate::register::{Centi, PublicityKind, Season};

vocabulary! {
    /// Classes of animals with a sheep-unit coefficient (`domain.md` C.2).
    StockClass {
        /// Sheep.
        Sheep => "sheep",
        /// Sheep from 1 to 1.5 years.
        SheepY => "sheep_y",
        /// Lambs of the year.
        SheepL => "sheep_l",
        /// Goats.
        Goat => "goat",
        /// Goats from 1 to 1.5 years.
        GoatY => "goat_y",
        /// Kids of the year.
        GoatL => "goat_l",
        /// Cattle.
        Cattle => "cattle",
        /// Cattle from 1 to 2 years.
        CattleY => "cattle_y",
        /// Calves.
        CattleC => "cattle_c",
        /// Improved large cattle; counted as cattle where the table has no such row.
        CattleXl => "cattle_xl",
        /// Horses.
        Horse => "horse",
        /// Horses from 1 to 2 years.
        HorseY => "horse_y",
        /// Foals.
        HorseF => "horse_f",
        /// Donkeys.
        Donkey => "donkey",
        /// Donkeys from 1 to 2 years.
        DonkeyY => "donkey_y",
        /// Donkey foals.
        DonkeyF => "donkey_f",
        /// Mules.
        Mule => "mule",
        /// Camels.
        Camel => "camel",
        /// Camels from 2 to 3 years.
        Camel2 => "camel_2",
        /// Camels from 1 to 2 years.
        Camel1 => "camel_1",
        /// Camel calves.
        CamelC => "camel_c",
    }
}

impl StockClass {
    /// Young of the year, left out of the stock that breeding females are compared with.
    #[must_use]
    pub const fn is_young(self) -> bool {
        matches!(
            self,
            Self::SheepL
                | Self::GoatL
                | Self::CattleC
                | Self::HorseF
                | Self::DonkeyF
                | Self::CamelC
        )
    }
}

/// A parameter table, valid for a league or banner and a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    hash: Hash,
    /// Its id: `EX-1`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The league or banner that it is for.
    pub division: String,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    pub valid_to: Option<Date>,
    /// Who adopted it.
    pub authority: String,
    /// Disposable income of a rural or pastoral resident in a year.
    pub income_benchmark_fen: i64,
    /// Median net assets of a household.
    pub median_net_assets_fen: i64,
    /// Mean operated cropland of a household, where the register has none for the gacha.
    pub mean_cropland_mu: Option<Centi>,
    /// The name of the sheep-unit table.
    pub sheep_unit_table: String,
    /// The holiday calendars in force.
    pub holidays: Vec<String>,
    /// Versions of catalogues and lists that are known (`domain.md` SR-14, SR-43).
    pub list_versions: ListVersions,
    /// How long dishonesty may be published (`domain.md` L-31).
    pub publicity_terms: PublicityTerms,
    /// Which of the ten publicity kinds departments report in time (SR-19, SR-20).
    pub reported_kinds: Vec<PublicityKind>,
    /// Official quotas where the register has none for the plot.
    pub quotas: Vec<ParameterQuota>,
    /// How capacity is estimated without any quota.
    pub capacity_fallback: Option<CapacityFallback>,
    /// What it takes for a lease to move land (`domain.md` C.3).
    pub land: LandRules,
    /// Where checks of one count against another begin to ask (`domain.md` C.5).
    pub crosschecks: CrossChecks,
    /// Where a rule doubts how a visit was made (`domain.md` G 32, G 33, G 38).
    pub doubts: DoubtRules,
    /// How long each deadline is (`domain.md` D.3).
    pub terms: Terms,
    sheep_units: BTreeMap<StockClass, i64>,
}

/// A quota for a whole division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterQuota {
    /// The season.
    pub season: Season,
    /// First day of validity.
    pub from: Date,
    /// Last day of validity.
    pub to: Date,
    /// 亩 per sheep unit.
    pub mu_per_su: Centi,
}

/// Capacity from forage yield (`domain.md` C.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityFallback {
    /// Yield in hundredths of a kilogram per hectare.
    pub yield_centi_kg_per_ha: i64,
    /// Edible share, ten thousandths.
    pub edible_share: i64,
    /// Use rate, ten thousandths.
    pub use_rate: i64,
    /// Hay that one sheep unit eats a day, grams.
    pub hay_g_per_su_day: i64,
    /// Days that the forage has to last.
    pub days: i64,
}

impl Parameters {
    /// Whether a file of rules is a parameter table and not a pack: it has a `parameters_id`.
    #[must_use]
    pub fn is_named_in(text: &str) -> bool {
        text.lines().any(|line| line.starts_with("parameters_id"))
    }

    /// Parses a parameter file; `name` stands for the file in errors.
    ///
    /// # Errors
    /// The first fault found, with file, line and key.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PackError> {
        let node = read::toml(name, super::utf8(name, bytes)?)?;
        let mut fields = Fields::of(name, "", &node)?;
        let parameters = Self {
            hash: Hash::of_file(bytes),
            id: fields.text("parameters_id")?.to_owned(),
            version: fields.text("version")?.to_owned(),
            division: fields.text("division")?.to_owned(),
            valid_from: fields.day("valid_from")?,
            valid_to: fields.find_word("valid_to")?,
            authority: fields.text("authority")?.to_owned(),
            income_benchmark_fen: positive(&mut fields, "income_benchmark_yuan", 2)?,
            median_net_assets_fen: positive(&mut fields, "median_net_assets_yuan", 2)?,
            mean_cropland_mu: fields.find_word("mean_cropland_mu")?,
            sheep_unit_table: fields.text("sheep_unit_table")?.to_owned(),
            holidays: owned(fields.texts("holidays")?),
            list_versions: ListVersions::read(&mut fields)?,
            publicity_terms: PublicityTerms::read(&mut fields)?,
            reported_kinds: lists::reported_kinds(&mut fields)?,
            quotas: quotas(&mut fields)?,
            capacity_fallback: fallback(&mut fields)?,
            land: land(&mut fields)?,
            crosschecks: CrossChecks::read(&mut fields)?,
            doubts: doubt::read(&mut fields)?,
            terms: terms::read(&mut fields)?,
            sheep_units: sheep_units(&mut fields)?,
        };
        origins(&mut fields)?;
        fields.finish()?;
        Ok(parameters)
    }

    /// SHA-256 of the file's bytes.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Thousandths of a sheep unit of one animal.
    #[must_use]
    pub fn milli_su(&self, class: StockClass) -> i64 {
        let own = self.sheep_units.get(&class);
        let or_cattle = || match class {
            StockClass::CattleXl => self.sheep_units.get(&StockClass::Cattle),
            _ => None,
        };
        own.or_else(or_cattle).copied().unwrap_or(0)
    }
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn positive(fields: &mut Fields<'_>, name: &str, places: u32) -> Result<i64, PackError> {
    let value = fields.decimal(name, places)?;
    if (1..=1_000_000_000_000).contains(&value) {
        Ok(value)
    } else {
        Err(fields.fault(
            name,
            Code::BadValue,
            "a plausible number above zero is needed",
        ))
    }
}

fn quotas(fields: &mut Fields<'_>) -> Result<Vec<ParameterQuota>, PackError> {
    let mut quotas = Vec::new();
    for mut row in fields.tables("quota")? {
        let quota = ParameterQuota {
            season: row.word("season")?,
            from: row.day("from")?,
            to: row.day("to")?,
            mu_per_su: Centi(positive(&mut row, "mu_per_su", 2)?),
        };
        row.text("origin")?;
        row.finish()?;
        quotas.push(quota);
    }
    Ok(quotas)
}

fn fallback(fields: &mut Fields<'_>) -> Result<Option<CapacityFallback>, PackError> {
    if fields.find("capacity_fallback").is_none() {
        return Ok(None);
    }
    let mut row = fields.table("capacity_fallback")?;
    let fallback = CapacityFallback {
        yield_centi_kg_per_ha: positive(&mut row, "yield_kg_per_ha", 2)?,
        edible_share: positive(&mut row, "edible_share", 4)?,
        use_rate: positive(&mut row, "use_rate", 4)?,
        hay_g_per_su_day: positive(&mut row, "hay_kg_per_su_day", 3)?,
        days: row.find_int("days")?.unwrap_or(365).clamp(1, 366),
    };
    row.text("origin")?;
    row.finish()?;
    Ok(Some(fallback))
}

fn land(fields: &mut Fields<'_>) -> Result<LandRules, PackError> {
    let mut row = fields.table("lease")?;
    let rules = LandRules {
        must_be_registered: row.flag("must_be_registered")?,
    };
    row.text("origin")?;
    row.finish()?;
    Ok(rules)
}

fn sheep_units(fields: &mut Fields<'_>) -> Result<BTreeMap<StockClass, i64>, PackError> {
    let mut row = fields.table("sheep_units")?;
    let mut table = BTreeMap::new();
    for class in StockClass::ALL {
        let optional = *class == StockClass::CattleXl;
        match row.find_decimal(class.as_str(), 3)? {
            Some(milli @ 0..=100_000) => {
                table.insert(*class, milli);
            }
            Some(_) => {
                return Err(row.fault(class.as_str(), Code::BadValue, "from 0 to 100 sheep units"));
            }
            None if optional => {}
            None => {
                let message = format!("add the coefficient of `{class}`");
                return Err(row.fault(class.as_str(), Code::MissingKey, message));
            }
        }
    }
    row.finish()?;
    Ok(table)
}

/// `[origin]` names the source of each number; its keys are the keys of the file.
fn origins(fields: &mut Fields<'_>) -> Result<(), PackError> {
    let mut row = fields.table("origin")?;
    for key in [
        "income_benchmark_yuan",
        "median_net_assets_yuan",
        "sheep_units",
    ] {
        row.text(key)?;
    }
    row.find_text("mean_cropland_mu")?;
    row.finish()
}
