//! Carrying capacity and overstock (`domain.md` C.3), grazing bans (H4.2).

use jiff::civil::Date;

use super::herd::Herd;
use super::joint;
use super::pasture::used_plots;
use super::probe::{Missing, Probe, Sight};
use super::{Reading, main, whole};
use crate::assess::Quotient;
use crate::assess::quotient::gcd;
use crate::assess::window::months_after;
use crate::pack::{CaseName, decimal};
use crate::register::{PreviousQuota, Quota, Season};

/// Capacity in sheep units as a fraction.
pub(super) type Capacity = (i128, i128);

/// (Grazing − capacity) ÷ capacity, pooled over the joint group that the household belongs to on
/// the day of the count.
pub(super) fn overstock(p: &Probe<'_>) -> Option<Reading> {
    let (grazing, capacity) = match joint::pooled(p) {
        Some(pooled) => pooled?,
        None => {
            let herd = Herd::count(p)?;
            let own = own_capacity(p, &herd, p.relief)?;
            (i128::from(herd.grazing), own)
        }
    };
    let (num, den) = (capacity.0.saturating_mul(1_000), capacity.1);
    let above = grazing.saturating_mul(den).saturating_sub(num);
    Some(main(Quotient::new(above, num)))
}

/// Overstock without the disaster rule, for the tip that B.9.3 asks for.
pub(crate) fn legal_overstock<'a>(sight: &'a Sight<'a>) -> Option<Quotient> {
    match overstock(&Probe::new(sight, false)) {
        Some(Reading::Value(_, value)) => Some(value),
        _ => None,
    }
}

/// Whether far more animals graze than the pasture of the household has capacity for, as often
/// where an area or a count is wrong (`domain.md` C.5). Without capacity nothing is said.
pub(crate) fn is_far_above_quota(p: &Probe<'_>) -> bool {
    let Some(herd) = Herd::count(p) else {
        return false;
    };
    let times = i128::from(p.inputs.parameters.crosschecks.over_quota_centi);
    own_capacity(p, &herd, false).is_some_and(|(num, den)| {
        let grazing = i128::from(herd.grazing)
            .saturating_mul(den)
            .saturating_mul(100);
        num > 0 && grazing > num.saturating_mul(1_000).saturating_mul(times)
    })
}

/// Violations of grazing ban or rest; one that is not corrected is a case of its own.
pub(super) fn ban_violations(p: &Probe<'_>) -> Option<Reading> {
    let count = p.int("pasture.ban_violations")?;
    if count > 0 && p.flag("pasture.ban_uncorrected")? {
        return Some(Reading::Case(CaseName::Uncorrected));
    }
    Some(whole(count))
}

/// Σ area ÷ quota over the plots that the household uses on the day of the count.
pub(super) fn own_capacity(p: &Probe<'_>, herd: &Herd, relief: bool) -> Option<Capacity> {
    let on = herd.counted_on;
    let place = usize::from(relief);
    let read = |p: &Probe<'_>| read_capacity(p, on, relief);
    p.once(|sight| &sight.capacity[place], read).copied()
}

fn read_capacity(p: &Probe<'_>, on: Date, relief: bool) -> Option<Capacity> {
    let mut capacity = (0, 1);
    let mut complete = true;
    for (key, area) in used_plots(p, on)? {
        match capacity_of(p, Some(key), area, on, relief) {
            Some(own) => capacity = add(capacity, own),
            None => complete = false,
        }
    }
    complete.then_some(capacity)
}

/// The quota of the registers for a plot on the day: its own before that of all plots.
pub(super) fn registered_quota<'a>(
    p: &Probe<'a>,
    plot: Option<&str>,
    on: Date,
) -> Option<&'a Quota> {
    let best = |plot: Option<&str>| {
        let quotas = p.inputs.context.quotas.iter();
        quotas
            .filter(|q| q.plot.as_deref() == plot && q.holds_on(on))
            .max_by_key(|q| q.valid_from)
    };
    plot.and_then(|key| best(Some(key))).or_else(|| best(None))
}

/// First and last day of the season that a count belongs to: that of the official quota which
/// holds on the day, else the calendar year.
pub(super) fn season(p: &Probe<'_>, on: Date) -> (Date, Date) {
    let of_registers = registered_quota(p, None, on)
        .filter(|q| q.season != Season::Year)
        .and_then(|q| Some((q.valid_from, q.valid_to?)));
    let general = p.inputs.parameters.quotas.iter();
    let of_parameters = general
        .filter(|q| q.from <= on && on <= q.to)
        .max_by_key(|q| q.from)
        .map(|q| (q.from, q.to));
    of_registers
        .or(of_parameters)
        .unwrap_or((on.first_of_year(), on.last_of_year()))
}

/// Capacity of one plot by the quota that holds on the day of the count.
pub(super) fn capacity_of(
    p: &Probe<'_>,
    plot: Option<&str>,
    area_mu: i64,
    on: Date,
    relief: bool,
) -> Option<Capacity> {
    if let Some(quota) = registered_quota(p, plot, on) {
        let held = held(p, quota.mu_per_su.0, quota.before_disaster.as_ref(), relief);
        return by_quota(p, area_mu, held);
    }
    let parameters = &p.inputs.parameters;
    let general = parameters
        .quotas
        .iter()
        .filter(|q| q.from <= on && on <= q.to)
        .max_by_key(|q| q.from);
    if let Some(quota) = general {
        return by_quota(p, area_mu, quota.mu_per_su.0);
    }
    let Some(f) = &parameters.capacity_fallback else {
        return p.miss(Missing::Unknown);
    };
    let yields = i128::from(f.yield_centi_kg_per_ha) * i128::from(f.edible_share);
    let forage = [f.use_rate, area_mu, 1_000]
        .into_iter()
        .fold(yields, |product, n| product.saturating_mul(n.into()));
    let need = 15 * i128::from(f.hay_g_per_su_day) * i128::from(f.days) * 100 * 100_000_000;
    Some((forage, need))
}

/// The quota to judge against: the previous one for one cycle after a cut by a disaster
/// (`domain.md` B.9.3).
pub(super) fn held(
    p: &Probe<'_>,
    present: i64,
    before: Option<&PreviousQuota>,
    relief: bool,
) -> i64 {
    let months = p.inputs.pack.settings.quota_relief_months;
    match before {
        Some(before) if relief && p.inputs.as_of < months_after(before.cut_on, months) => {
            before.mu_per_su.0
        }
        _ => present,
    }
}

pub(super) fn by_quota(p: &Probe<'_>, area_mu: i64, quota_centi: i64) -> Option<Capacity> {
    if quota_centi <= 0 {
        return p.miss(Missing::Unknown);
    }
    Some((i128::from(area_mu) * 100, quota_centi.into()))
}

/// The sum in lowest terms. Beyond 15 digits of the denominator, more than any three quotas of
/// five digits need, it is rounded to a billionth of a sheep unit. Absurd areas saturate.
pub(super) fn add(a: Capacity, b: Capacity) -> Capacity {
    const WIDEST: i128 = 1_000_000_000_000_000;
    const BILLIONTHS: i128 = 1_000_000_000;
    let (num, den) = if a.1 == b.1 {
        (a.0.saturating_add(b.0), a.1)
    } else {
        let num =
            a.0.saturating_mul(b.1)
                .saturating_add(b.0.saturating_mul(a.1));
        (num, a.1.saturating_mul(b.1))
    };
    let common = i128::try_from(gcd(num.unsigned_abs(), den.unsigned_abs()))
        .unwrap_or(1)
        .max(1);
    let (num, den) = (num / common, den / common);
    if den <= WIDEST {
        return (num, den);
    }
    let (whole, rest) = (num / den, num % den);
    let part = decimal::half_up(rest.saturating_mul(BILLIONTHS), den);
    (
        whole.saturating_mul(BILLIONTHS).saturating_add(part),
        BILLIONTHS,
    )
}
