//! The herd in sheep units and what is measured on it (`domain.md` C.2, H3.1, H3.2, H4.3, H4.4).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::civil::Date;

use super::capacity::own_capacity;
use super::household::normal_years;
use super::probe::{Missing, Probe};
use super::{Reading, main};
use crate::assess::Quotient;
use crate::assess::inputs::{Fact, Facts};
use crate::assess::window::in_season;
use crate::item::Evidence;
use crate::pack::{StockClass, TableName};
use crate::register::Keeping;
use crate::subject::Producer;

/// A herd in thousandths of a sheep unit. Animals count for stocking, scale and fodder where they
/// graze, for everything else with their owner (`domain.md` C.3, G 21; `docs/facts.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Herd {
    /// Animals that graze with the household: its own without those that others keep, with those
    /// that it keeps for others, with penned ones whose count is not at least evidence B.
    pub(crate) grazing: i64,
    /// Own animals on pasture, wherever that is, with those that were counted here and belong to
    /// others in part.
    own_grazing: i64,
    /// What others own of the animals that were counted here, less what the household owns of
    /// animals that were counted with others (`domain.md` G 29).
    of_others: i64,
    /// Penned animals.
    pub(crate) penned: i64,
    /// Own animals without the young of the year.
    pub(crate) without_young: i64,
    /// More is entrusted to others than the household has on pasture.
    pub(crate) is_entrusted_beyond: bool,
    /// The day of the count.
    pub(crate) counted_on: Date,
}

impl Herd {
    /// All animals that the household owns.
    pub(crate) const fn owned(self) -> i64 {
        let own = self.own_grazing + self.penned - self.of_others;
        if own < 0 { 0 } else { own }
    }

    /// All animals that the household feeds.
    pub(crate) const fn fed(self) -> i64 {
        self.grazing + self.penned
    }

    /// Counts the herd. A class that is not mentioned has no animals, but a herd of which no class
    /// is mentioned is unknown for those who live from animals.
    pub(crate) fn count(p: &Probe<'_>) -> Option<Self> {
        p.once(|sight| &sight.herd, Self::read).copied()
    }

    fn read(p: &Probe<'_>) -> Option<Self> {
        let mut herd = Self {
            grazing: 0,
            own_grazing: 0,
            of_others: 0,
            penned: 0,
            without_young: 0,
            is_entrusted_beyond: false,
            counted_on: Date::MIN,
        };
        let mut on_pasture: BTreeMap<StockClass, i64> = BTreeMap::new();
        let (mut complete, mut is_mentioned) = (true, false);
        for (group, is_grazing) in [(GRAZING, true), (PENNED, false)] {
            for (class, fact) in classes(p.facts, group) {
                is_mentioned = true;
                let Some(heads) = p.int_of(Some(fact)) else {
                    complete = false;
                    continue;
                };
                let units = heads.saturating_mul(p.inputs.parameters.milli_su(class));
                if is_grazing || fact.evidence > Evidence::B {
                    herd.own_grazing = herd.own_grazing.saturating_add(units);
                    let known = on_pasture.entry(class).or_insert(0);
                    *known = known.saturating_add(heads);
                } else {
                    herd.penned = herd.penned.saturating_add(units);
                }
                if !class.is_young() {
                    herd.without_young = herd.without_young.saturating_add(units);
                }
                herd.counted_on = herd.counted_on.max(fact.observed_on);
            }
        }
        if !is_mentioned && lives_from_animals(p) {
            return p.miss(Missing::Unknown);
        }
        if herd.counted_on == Date::MIN {
            herd.counted_on = p.inputs.as_of;
        }
        herd.entrust(p, &on_pasture);
        complete &= herd.share(p).is_some();
        complete.then_some(herd)
    }

    /// Takes out what others own of the animals that were counted here, and in what the household
    /// owns of those counted with others. Parts are whole numbers, so nothing is lost to a
    /// fraction but the last thousandth of a sheep unit, which stays where the animals are.
    fn share(&mut self, p: &Probe<'_>) -> Option<()> {
        let group = p.facts.in_group("shared");
        let keys: BTreeSet<&str> = group.filter_map(|(path, _)| path.key()).collect();
        let mut complete = true;
        for key in keys {
            let figure = |name: &str| p.int(&format!("shared/{key}/{name}"));
            let (heads, own, of) = (figure("heads"), figure("own_parts"), figure("of_parts"));
            let here = p.flag(&format!("shared/{key}/counted_here"));
            let class: Option<StockClass> = key.parse().ok();
            let class = class.or_else(|| p.miss(Missing::Unknown));
            let (Some(heads), Some(own), Some(of), Some(here), Some(class)) =
                (heads, own, of, here, class)
            else {
                complete = false;
                continue;
            };
            let units = heads.saturating_mul(p.inputs.parameters.milli_su(class));
            let part = |parts: i64| units.saturating_mul(parts).checked_div(of).unwrap_or(0);
            let moved = match here {
                true => part(of.saturating_sub(own)),
                false => part(own).saturating_neg(),
            };
            self.of_others = self.of_others.saturating_add(moved);
            if !class.is_young() {
                self.without_young = self.without_young.saturating_sub(moved).max(0);
            }
        }
        complete.then_some(())
    }

    /// Moves what is entrusted on the day of the count: never more of a class than its owner was
    /// found to have.
    fn entrust(&mut self, p: &Probe<'_>, on_pasture: &BTreeMap<StockClass, i64>) {
        let (mut given, mut kept) = (BTreeMap::new(), 0_i64);
        let day = self.counted_on;
        for animals in p.inputs.context.entrusted.iter().filter(|e| e.covers(day)) {
            match animals.keeping {
                Keeping::ForOthers => {
                    let each = p.inputs.parameters.milli_su(animals.class);
                    kept = kept.saturating_add(animals.heads.saturating_mul(each));
                }
                Keeping::ByOthers => {
                    let heads = given.entry(animals.class).or_insert(0_i64);
                    *heads = heads.saturating_add(animals.heads);
                }
            }
        }
        let mut away = 0_i64;
        for (class, heads) in given {
            let own = on_pasture.get(&class).copied().unwrap_or(0);
            self.is_entrusted_beyond |= heads > own;
            let units = heads
                .min(own)
                .saturating_mul(p.inputs.parameters.milli_su(class));
            away = away.saturating_add(units);
        }
        self.grazing = self.own_grazing.saturating_sub(away).saturating_add(kept);
    }
}

/// Effective sheep units per person, operated cropland ÷ mean of the gacha, or both.
pub(super) fn scale(p: &Probe<'_>) -> Option<Reading> {
    match p.producer()? {
        Producer::Pastoral => Some(Reading::Value(TableName::Herd, effective_su_per_person(p)?)),
        Producer::Farming => Some(Reading::Value(TableName::Cropland, cropland_share(p)?)),
        Producer::Mixed => {
            let (herd, cropland) = (effective_su_per_person(p), cropland_share(p));
            Some(Reading::Better([
                (TableName::Herd, herd?),
                (TableName::Cropland, cropland?),
            ]))
        }
        Producer::Other => p.miss(Missing::NotApplicable),
    }
}

/// Breeding females ÷ stock without young.
pub(super) fn breeding_share(p: &Probe<'_>) -> Option<Reading> {
    let herd = Herd::count(p)?;
    let mut breeding = classes(p.facts, BREEDING).peekable();
    if breeding.peek().is_none() {
        return p.miss(Missing::Unknown);
    }
    let mut females = 0_i64;
    for (class, fact) in breeding {
        let units = p
            .int_of(Some(fact))?
            .saturating_mul(p.inputs.parameters.milli_su(class));
        females = females.saturating_add(units);
    }
    if herd.without_young == 0 {
        return p.miss(Missing::NotApplicable);
    }
    Some(main(Quotient::new(
        females.into(),
        herd.without_young.into(),
    )))
}

/// Young alive ÷ young born.
pub(super) fn survival(p: &Probe<'_>) -> Option<Reading> {
    let (alive, born) = (
        p.int_or_absent("production.alive"),
        p.int_or_absent("production.born"),
    );
    let ratio = (alive?, born?);
    mean_ratio(p, ratio, |year| {
        Some((of_year(p, year, "alive")?, of_year(p, year, "born")?))
    })
}

/// Heads sold and slaughtered ÷ opening heads.
pub(super) fn offtake(p: &Probe<'_>) -> Option<Reading> {
    let opening = p.int_or_absent("production.opening_heads");
    let sold = p.int_or_absent("production.sold_heads");
    let slaughtered = p.int_or_absent("production.slaughtered_heads");
    let ratio = (sold?.saturating_add(slaughtered?), opening?);
    mean_ratio(p, ratio, |year| {
        let off = of_year(p, year, "sold_heads")?
            .saturating_add(of_year(p, year, "slaughtered_heads").unwrap_or(0));
        Some((off, of_year(p, year, "opening_heads")?))
    })
}

/// Insured share of sheep units, of planted area, or both.
pub(super) fn insured_share(p: &Probe<'_>) -> Option<Reading> {
    let animals = || {
        let (insured, herd) = (p.int("insurance.livestock_milli_su"), Herd::count(p));
        Some((insured?, herd?.owned()))
    };
    let crops = || {
        let (insured, planted) = (p.int("insurance.crop_mu"), p.int("cropland.planted_mu"));
        Some((insured?, planted?))
    };
    let share = |(num, den): (i64, i64)| Quotient::new(num.into(), den.into());
    match p.producer()? {
        Producer::Pastoral => one_share(p, animals()?),
        Producer::Farming => one_share(p, crops()?),
        Producer::Mixed => {
            let stock = Herd::count(p)?.owned();
            if stock == 0 {
                return one_share(p, crops()?);
            }
            let (a, c) = (animals(), crops());
            let (a, c) = (a?, c?);
            if c.1 == 0 {
                return one_share(p, a);
            }
            Some(Reading::Better([
                (TableName::Main, share(a)),
                (TableName::Main, share(c)),
            ]))
        }
        Producer::Other => p.miss(Missing::NotApplicable),
    }
}

/// Days that the hay lasts, in season; otherwise as last assessed.
pub(super) fn fodder_days(p: &Probe<'_>) -> Option<Reading> {
    let settings = &p.inputs.pack.settings;
    let season = in_season(
        p.inputs.as_of,
        settings.fodder_season_from,
        settings.fodder_season_to,
    );
    let (hay, units) = if season {
        let (hay, herd) = (p.int("fodder.hay_kg"), Herd::count(p));
        (hay?, herd?.fed())
    } else {
        let Some(last) = &p.inputs.context.last_fodder else {
            return p.miss(Missing::Unknown);
        };
        p.note(if last.estimated {
            Evidence::C
        } else {
            Evidence::A
        });
        (last.hay_kg, last.total_milli_su)
    };
    if units == 0 {
        return p.miss(Missing::NotApplicable);
    }
    // kg ÷ (thousandths of a unit × grams a day), both in millionths of a kilogram.
    let need = i128::from(units) * i128::from(settings.hay_g_per_su_day);
    Some(main(Quotient::new(i128::from(hay) * 1_000_000, need)))
}

/// Where the items of one group of animals begin and end; '/' is the character after '.'.
pub(crate) type StockGroup = (&'static str, &'static str);

/// Animals on pasture.
pub(crate) const GRAZING: StockGroup = ("herd.", "herd/");
/// Penned animals.
pub(crate) const PENNED: StockGroup = ("penned.", "penned/");
const BREEDING: StockGroup = ("breeding.", "breeding/");

/// The classes of one group that the facts mention.
pub(crate) fn classes(
    facts: &Facts,
    (from, to): StockGroup,
) -> impl Iterator<Item = (StockClass, &Fact)> {
    let bounds = (Bound::Included(from), Bound::Excluded(to));
    facts
        .values
        .range::<str, _>(bounds)
        .filter_map(move |(path, fact)| Some((path.as_str()[from.len()..].parse().ok()?, fact)))
}

/// Pastoral and mixed producers; an unknown type is taken for one of them.
fn lives_from_animals(p: &Probe<'_>) -> bool {
    !matches!(p.producer(), Some(Producer::Farming | Producer::Other))
}

fn effective_su_per_person(p: &Probe<'_>) -> Option<Quotient> {
    let (members, herd) = (p.int("household.members"), Herd::count(p));
    let (members, herd) = (members?, herd?);
    if members < 1 {
        return p.miss(Missing::Unknown);
    }
    // The previous quota never enters here (domain.md B.10), hence the present capacity.
    let (num, den) = own_capacity(p, &herd, false)?;
    let factor = i128::from(p.inputs.pack.settings.effective_capacity);
    let (limit, scale) = (num.saturating_mul(factor * 1_000), den * 10_000);
    let units = |milli: i64| scale.saturating_mul(milli.into());
    let effective = units(herd.grazing)
        .min(limit)
        .saturating_add(units(herd.penned));
    Some(Quotient::new(
        effective,
        scale.saturating_mul(i128::from(members) * 1_000),
    ))
}

fn cropland_share(p: &Probe<'_>) -> Option<Quotient> {
    let operated = p.int("cropland.operated_mu")?;
    let mean = p
        .inputs
        .context
        .mean_cropland_mu
        .or(p.inputs.parameters.mean_cropland_mu);
    match mean {
        Some(mean) if mean.0 > 0 => Some(Quotient::new(i128::from(operated) * 100, mean.0.into())),
        _ => p.miss(Missing::Unknown),
    }
}

/// One number of another; of nothing there is no share.
pub(super) fn one_share(p: &Probe<'_>, (num, den): (i64, i64)) -> Option<Reading> {
    if den == 0 {
        return p.miss(Missing::NotApplicable);
    }
    Some(main(Quotient::new(num.into(), den.into())))
}

fn of_year(p: &Probe<'_>, year: &str, name: &str) -> Option<i64> {
    let fact = p.facts.get(&format!("year/{year}/{name}"))?;
    let value = fact.state.value()?.as_int()?;
    p.note(fact.evidence);
    Some(value)
}

/// This year's ratio, or under the disaster rule the mean of the ratios of up to three latest
/// normal years. Nothing over nothing does not apply.
fn mean_ratio(
    p: &Probe<'_>,
    this_year: (i64, i64),
    of: impl Fn(&str) -> Option<(i64, i64)>,
) -> Option<Reading> {
    if this_year.1 == 0 {
        return p.miss(Missing::NotApplicable);
    }
    if !p.relief {
        return one_share(p, this_year);
    }
    let limit = usize::try_from(p.inputs.pack.settings.normal_years).unwrap_or(0);
    let ratios: Vec<(i64, i64)> = normal_years(p)
        .filter_map(of)
        .filter(|r| r.1 > 0)
        .take(limit)
        .collect();
    let years = i128::try_from(ratios.len()).ok().filter(|n| *n > 0)?;
    let (num, den) = ratios.iter().fold((0_i128, 1_i128), |(num, den), (a, b)| {
        let (a, b) = (i128::from(*a), i128::from(*b));
        let sum = num.saturating_mul(b).saturating_add(den.saturating_mul(a));
        (sum, den.saturating_mul(b))
    });
    Some(main(Quotient::new(num, den.saturating_mul(years))))
}
