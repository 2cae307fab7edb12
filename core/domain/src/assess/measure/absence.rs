//! When an indicator does not apply (`domain.md` B.3 to B.7).

use super::Reading;
use super::entity::operating_years;
use super::herd::Herd;
use super::pasture::Plots;
use super::probe::{Probe, Sight};
use crate::item::State;
use crate::pack::{Absence, Indicator};
use crate::subject::Producer;

/// Whether the indicator is known not to apply.
pub(super) fn is_absent<'a>(indicator: &Indicator, sight: &'a Sight<'a>) -> bool {
    let p = &Probe::new(sight, false);
    let mut conditions = indicator.absent_when.iter();
    conditions.any(|absence| holds(*absence, p))
        || indicator.absent_without.iter().any(|path| is_none(p, path))
}

/// Whether the condition is known to hold; what is unknown does not make an indicator go away.
fn holds(absence: Absence, p: &Probe<'_>) -> bool {
    let herd = || Herd::count(p);
    match absence {
        Absence::ProducerFarming => p.producer() == Some(Producer::Farming),
        Absence::ProducerOther => p.producer() == Some(Producer::Other),
        Absence::NoStock => herd().is_some_and(|h| h.owned() == 0),
        Absence::NoGrazing => herd().is_some_and(|h| h.grazing == 0),
        Absence::NoBirths => is_none(p, "production.born"),
        Absence::FirstYear => is_none(p, "production.opening_heads"),
        Absence::NoGrassland => {
            herd().is_some_and(|h| h.grazing == 0)
                && Plots::of(p).is_some_and(|plots| plots.rows.is_empty())
        }
        Absence::NoGrazingHouseholds => {
            let division = p.inputs.context.division.as_ref();
            division.and_then(|d| d.grazing_households) == Some(0)
        }
        Absence::FewerThanTwoYears => match operating_years(p) {
            Some(Reading::Value(_, years)) => years.num() < 2,
            _ => false,
        },
    }
}

/// Whether the item is zero or does not apply.
fn is_none(p: &Probe<'_>, path: &str) -> bool {
    p.facts
        .get(path)
        .is_some_and(|f| f.state == State::NotApplicable)
        || p.int(path) == Some(0)
}
