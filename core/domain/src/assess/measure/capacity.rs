//! Carrying capacity and overstock (`domain.md` C.3), grazing bans (H4.2).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::herd::Herd;
use super::probe::{Missing, Probe};
use super::{Reading, main, whole};
use crate::assess::Quotient;
use crate::assess::inputs::{Fact, Facts, Inputs};
use crate::assess::quotient::gcd;
use crate::assess::window::months_after;
use crate::pack::{CaseName, decimal};
use crate::register::{LeaseDirection, PooledPlot, PreviousQuota};
use crate::subject::Producer;

/// Capacity in sheep units as a fraction.
type Capacity = (i128, i128);

/// (Grazing − capacity) ÷ capacity, pooled over a joint group.
pub(super) fn overstock(p: &Probe<'_>) -> Option<Reading> {
    let (grazing, capacity) = match &p.inputs.context.joint_group {
        None => {
            let herd = Herd::count(p)?;
            (
                i128::from(herd.grazing),
                own_capacity(p, herd.counted_on, p.relief)?,
            )
        }
        Some(group) => {
            // Both are weighted by days, which cancels out of the ratio.
            let mut pooled = (0_i128, (0_i128, 1_i128));
            for period in &group.periods {
                let days = i128::from(period.days);
                pooled.0 += days * i128::from(period.grazing_milli_su);
                let (num, den) = pooled_capacity(p, &period.plots)?;
                pooled.1 = add(pooled.1, (num.saturating_mul(days), den));
            }
            pooled
        }
    };
    let (num, den) = (capacity.0.saturating_mul(1_000), capacity.1);
    let above = grazing.saturating_mul(den).saturating_sub(num);
    Some(main(Quotient::new(above, num)))
}

/// Overstock without the disaster rule, for the tip that B.9.3 asks for.
pub(crate) fn legal_overstock(inputs: &Inputs, facts: &Facts) -> Option<Quotient> {
    match overstock(&Probe::new(inputs, facts, false)) {
        Some(Reading::Value(_, value)) => Some(value),
        _ => None,
    }
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
pub(super) fn own_capacity(p: &Probe<'_>, on: Date, relief: bool) -> Option<Capacity> {
    let plots = Plots::of(p)?;
    let mut capacity = (0, 1);
    let mut complete = true;
    for (key, plot) in &plots.rows {
        // All three are read, so that a refusal is seen behind an unknown.
        let (area, right, zone) = (
            p.int_of(plot.area),
            p.text_of(plot.right),
            p.text_of(plot.zone),
        );
        let (Some(area), Some(right), Some(zone)) = (area, right, zone) else {
            complete = false;
            continue;
        };
        if zone != "balance" || !plot.is_used(p, key, right, on) {
            continue;
        }
        match capacity_of(p, key, area, on, relief) {
            Some(own) => capacity = add(capacity, own),
            None => complete = false,
        }
    }
    complete.then_some(capacity)
}

/// The pasture plots of a file by key.
pub(crate) struct Plots<'a> {
    pub(crate) rows: BTreeMap<&'a str, Plot<'a>>,
}

/// The facts of one plot.
#[derive(Default, Clone, Copy)]
pub(crate) struct Plot<'a> {
    area: Option<&'a Fact>,
    pub(crate) right: Option<&'a Fact>,
    pub(crate) zone: Option<&'a Fact>,
    contract: Option<&'a Fact>,
    from: Option<&'a Fact>,
    to: Option<&'a Fact>,
}

impl<'a> Plots<'a> {
    /// The plots, if their number is known to be complete. Who does not live from animals and
    /// mentions no plot has none.
    pub(crate) fn of(p: &Probe<'a>) -> Option<Self> {
        let mut rows: BTreeMap<&str, Plot<'_>> = BTreeMap::new();
        for (path, fact) in p.facts.in_group("plot") {
            let Some((_, key, name)) = path.parts() else {
                continue;
            };
            let plot = rows.entry(key).or_default();
            match name {
                "area_mu" => plot.area = Some(fact),
                "right" => plot.right = Some(fact),
                "zone" => plot.zone = Some(fact),
                "lease_contract" => plot.contract = Some(fact),
                "lease_from" => plot.from = Some(fact),
                "lease_to" => plot.to = Some(fact),
                _ => {}
            }
        }
        let has_plots = matches!(
            p.producer(),
            None | Some(Producer::Pastoral | Producer::Mixed)
        );
        let count = p.facts.get("pasture.plot_count");
        if count.is_some() || (rows.is_empty() && has_plots) {
            let stated = p.int_of(count)?;
            if i64::try_from(rows.len()).unwrap_or(i64::MAX) != stated {
                return p.miss(Missing::Unknown);
            }
        }
        Some(Self { rows })
    }

    /// Whether every plot has area, right and zone.
    pub(crate) fn are_described(&self) -> bool {
        let known = |f: Option<&Fact>| f.is_some_and(|f| f.state.value().is_some());
        self.rows
            .values()
            .all(|plot| known(plot.area) && known(plot.right) && known(plot.zone))
    }
}

impl Plot<'_> {
    /// Whether the household uses the plot on that day: a lease moves it only by a dated written
    /// contract, in the file or in the register (`domain.md` C.3, G 19).
    fn is_used(&self, p: &Probe<'_>, key: &str, right: &str, on: Date) -> bool {
        let direction = match right {
            "leased_in" => LeaseDirection::In,
            _ => LeaseDirection::Out,
        };
        let registered = p.inputs.context.leases.iter().any(|lease| {
            lease.plot == key && lease.direction == direction && lease.from <= on && on <= lease.to
        });
        let by_file = right != "own_contract" && self.has_contract_on(on);
        match direction {
            LeaseDirection::In => registered || by_file,
            LeaseDirection::Out => !registered && !by_file,
        }
    }

    /// Whether the file has a dated written contract that holds on the day.
    pub(crate) fn has_contract_on(&self, on: Date) -> bool {
        let int = |f: Option<&Fact>| f.and_then(|f| f.state.value()).and_then(|v| v.as_int());
        let day = crate::time::date_to_day_number(on);
        int(self.contract) == Some(1)
            && int(self.from).is_some_and(|from| from <= day)
            && int(self.to).is_some_and(|to| day <= to)
    }
}

/// Capacity of one plot by the quota that holds on the day of the count.
fn capacity_of(p: &Probe<'_>, key: &str, area_mu: i64, on: Date, relief: bool) -> Option<Capacity> {
    let quotas = &p.inputs.context.quotas;
    let best = |plot: Option<&str>| {
        quotas
            .iter()
            .filter(|q| q.plot.as_deref() == plot && q.holds_on(on))
            .max_by_key(|q| q.valid_from)
    };
    if let Some(quota) = best(Some(key)).or_else(|| best(None)) {
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

fn pooled_capacity(p: &Probe<'_>, plots: &[PooledPlot]) -> Option<Capacity> {
    plots.iter().try_fold((0, 1), |sum, plot| {
        let quota = held(p, plot.mu_per_su.0, plot.before_disaster.as_ref(), p.relief);
        Some(add(sum, by_quota(p, plot.area_mu, quota)?))
    })
}

/// The quota to judge against: the previous one for one cycle after a cut by a disaster
/// (`domain.md` B.9.3).
fn held(p: &Probe<'_>, present: i64, before: Option<&PreviousQuota>, relief: bool) -> i64 {
    let months = p.inputs.pack.settings.quota_relief_months;
    match before {
        Some(before) if relief && p.inputs.as_of < months_after(before.cut_on, months) => {
            before.mu_per_su.0
        }
        _ => present,
    }
}

fn by_quota(p: &Probe<'_>, area_mu: i64, quota_centi: i64) -> Option<Capacity> {
    if quota_centi <= 0 {
        return p.miss(Missing::Unknown);
    }
    Some((i128::from(area_mu) * 100, quota_centi.into()))
}

/// The sum in lowest terms. Beyond 15 digits of the denominator, more than any three quotas of
/// five digits need, it is rounded to a billionth of a sheep unit. Absurd areas saturate.
fn add(a: Capacity, b: Capacity) -> Capacity {
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
