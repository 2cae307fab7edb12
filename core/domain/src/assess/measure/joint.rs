//! Joint-herd groups: one overstock for all (`domain.md` C.3, G 18).

use jiff::civil::Date;

use super::capacity::{
    Capacity, add, by_quota, capacity_of, held, own_capacity, registered_quota, season,
};
use super::herd::Herd;
use super::pasture::used_plots;
use super::probe::{Probe, Sight};
use crate::assess::inputs::Inputs;
use crate::land::Counted;
use crate::register::{GrazingPeriod, JointGroup, PooledPlot};

/// What the household contributes to the groups that it belongs to: its own animals and plots on
/// the day of its count, of values in conflict the cautious ones. `None` while its herd or its
/// plots are not known.
#[must_use]
pub fn counted(inputs: &Inputs) -> Option<Counted> {
    let facts = inputs.facts.cautious();
    let sight = Sight::new(inputs, &facts);
    let p = &Probe::new(&sight, false);
    let herd = Herd::count(p)?;
    let on = herd.counted_on;
    let plots = used_plots(p, on)?;
    let pooled = |(key, area_mu)| {
        let quota = registered_quota(p, Some(key), on);
        PooledPlot {
            area_mu,
            mu_per_su: quota.map(|q| q.mu_per_su),
            before_disaster: quota.and_then(|q| q.before_disaster.clone()),
        }
    };
    Some(Counted {
        counted_on: on,
        season: season(p, on),
        grazing_milli_su: herd.grazing,
        plots: plots.into_iter().map(pooled).collect(),
    })
}

/// Grazing animals and capacity of the group that the household belongs to on the day of its
/// count, both weighted by days, which cancels out of their ratio. The outer `None`: there is no
/// such group; the inner one: something is missing.
pub(super) fn pooled(p: &Probe<'_>) -> Option<Option<(i128, Capacity)>> {
    let groups = &p.inputs.context.joint_groups;
    if groups.is_empty() {
        return None;
    }
    if let Some(group) = groups.iter().find(|g| is_undated(g)) {
        return Some(sum(p, group, None));
    }
    let Some(herd) = Herd::count(p) else {
        return Some(None);
    };
    let group = belongs_to(groups, herd.counted_on)?;
    Some(sum(p, group, Some(&herd)))
}

/// The group that counts the household on the day.
pub(crate) fn belongs_to(groups: &[JointGroup], day: Date) -> Option<&JointGroup> {
    groups
        .iter()
        .find(|g| is_undated(g) || own_periods(g).any(|period| period.covers(day)))
}

/// Whether the household belongs to a group in the season of its count and to none on its day.
pub(crate) fn misses_count(p: &Probe<'_>, day: Date) -> bool {
    let groups = &p.inputs.context.joint_groups;
    let (first, last) = season(p, day);
    let is_near = |period: &GrazingPeriod| days_within(period, first, last) > 0;
    belongs_to(groups, day).is_none() && groups.iter().any(|g| own_periods(g).any(is_near))
}

/// A group that was written down in sums, without days.
fn is_undated(group: &JointGroup) -> bool {
    group.periods.iter().all(|period| period.from.is_none())
}

fn own_periods(group: &JointGroup) -> impl Iterator<Item = &GrazingPeriod> {
    group.periods.iter().filter(|period| period.with_own)
}

fn sum(p: &Probe<'_>, group: &JointGroup, herd: Option<&Herd>) -> Option<(i128, Capacity)> {
    let on = herd.map_or(p.inputs.as_of, |herd| herd.counted_on);
    let (first, last) = season(p, on);
    let (mut grazing, mut capacity) = (0_i128, (0_i128, 1_i128));
    for period in &group.periods {
        let days = match period.from {
            Some(_) => days_within(period, first, last),
            None => i128::from(period.days),
        };
        if days == 0 {
            continue;
        }
        let own = herd.filter(|_| period.with_own);
        let animals =
            i128::from(period.grazing_milli_su) + own.map_or(0, |h| i128::from(h.grazing));
        grazing = grazing.saturating_add(days * animals);
        let (num, den) = period_capacity(p, period, own, on)?;
        capacity = add(capacity, (num.saturating_mul(days), den));
    }
    Some((grazing, capacity))
}

fn period_capacity(
    p: &Probe<'_>,
    period: &GrazingPeriod,
    own: Option<&Herd>,
    on: Date,
) -> Option<Capacity> {
    let of_own = match own {
        Some(herd) => own_capacity(p, herd, p.relief)?,
        None => (0, 1),
    };
    period.plots.iter().try_fold(of_own, |sum, plot| {
        let of_plot = match plot.mu_per_su {
            Some(quota) => {
                let quota = held(p, quota.0, plot.before_disaster.as_ref(), p.relief);
                by_quota(p, plot.area_mu, quota)?
            }
            None => capacity_of(p, None, plot.area_mu, on, p.relief)?,
        };
        Some(add(sum, of_plot))
    })
}

/// How many days of a dated period lie between two days, both included.
fn days_within(period: &GrazingPeriod, first: Date, last: Date) -> i128 {
    let (Some(from), Some(to)) = (period.from, period.to) else {
        return 0;
    };
    let number = crate::time::date_to_day_number;
    let days = number(to.min(last)) - number(from.max(first)) + 1;
    i128::from(days.max(0))
}
