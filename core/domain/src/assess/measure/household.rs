//! Income, debts, facilities and the peer evaluation of a household (`domain.md` H2, H3.3, H3.4,
//! H6).

use std::collections::BTreeMap;

use super::probe::{Missing, Probe};
use super::{Reading, main, whole};
use crate::assess::Quotient;
use crate::assess::window::whole_months;
use crate::pack::CaseName;
use crate::register::PeerEvaluation;
use crate::subject::{Producer, SubjectKind};

/// Net income per member ÷ benchmark.
pub(super) fn income_per_head(p: &Probe<'_>) -> Option<Reading> {
    let (members, income) = (p.int("household.members"), p.int("income.net_fen"));
    let (members, income) = (members?, income?);
    if members < 1 {
        return p.miss(Missing::Unknown);
    }
    let (sum, years) = or_normal_years(p, "net_income_fen", income)?;
    let of_register = p.inputs.context.income_benchmark_fen;
    let benchmark = of_register.unwrap_or(p.inputs.parameters.income_benchmark_fen);
    Some(main(Quotient::new(
        sum,
        i128::from(years) * i128::from(members) * i128::from(benchmark),
    )))
}

/// Debt ÷ assets.
pub(super) fn debt_share(p: &Probe<'_>) -> Option<Reading> {
    let (debt, assets) = (debt(p), assets(p));
    Some(main(Quotient::new(debt?.into(), assets?.into())))
}

/// Debt service ÷ net operating income before it. Income of zero or less is zero: the ratio is
/// above every threshold.
pub(super) fn debt_service_share(p: &Probe<'_>) -> Option<Reading> {
    let service = debt_service(p)?;
    if service == 0 {
        return Some(Reading::Case(CaseName::NoDebtService));
    }
    let income = p.int("income.operating_fen")?;
    // Service is of the coming year, so only the income is taken over the normal years (H-08).
    let (sum, years) = or_normal_years(p, "operating_income_fen", income)?;
    Some(main(Quotient::new(
        i128::from(service) * i128::from(years),
        sum.max(0),
    )))
}

/// Net assets ÷ median.
pub(super) fn net_assets(p: &Probe<'_>) -> Option<Reading> {
    let (debt, assets) = (debt(p), p.int("finance.assets_fen"));
    let net = i128::from(assets?) - i128::from(debt?);
    let of_register = p.inputs.context.median_net_assets_fen;
    let median = of_register.unwrap_or(p.inputs.parameters.median_net_assets_fen);
    Some(main(Quotient::new(net, median.into())))
}

/// Facilities that are there, of two; a mixed producer has the better of its two pairs.
pub(super) fn facilities(p: &Probe<'_>) -> Option<Reading> {
    let pasture = || {
        let shelter = p.flag("facility.winter_shelter");
        let (fodder, well) = (
            p.flag("facility.fodder_machine"),
            p.flag("facility.own_well"),
        );
        Some(i64::from(shelter?) + i64::from(either(fodder, well)?))
    };
    let cropland = || {
        let (water, machine) = (p.flag("facility.irrigation"), p.flag("facility.machinery"));
        Some(i64::from(water?) + i64::from(machine?))
    };
    match p.producer()? {
        Producer::Pastoral => pasture().map(whole),
        Producer::Farming => cropland().map(whole),
        Producer::Mixed => {
            let (a, b) = (pasture(), cropland());
            Some(whole(a?.max(b?)))
        }
        Producer::Other => p.miss(Missing::NotApplicable),
    }
}

/// Mean of the peer evaluation, one highest and one lowest dropped.
pub(super) fn peer_mean(p: &Probe<'_>) -> Option<Reading> {
    match &p.inputs.context.peer {
        PeerEvaluation::Pending => Some(Reading::Pending),
        PeerEvaluation::Held(result) => {
            let enough = i64::from(result.valid) >= p.inputs.pack.settings.min_evaluators;
            if !enough || result.counted == 0 {
                return p.miss(Missing::Unknown);
            }
            let den = i128::from(result.counted) * 100;
            Some(main(Quotient::new(result.sum_centi.into(), den)))
        }
    }
}

/// Whole months since the household came to be; a household that was always there has none.
pub(super) fn months_since_founded(p: &Probe<'_>) -> Option<Reading> {
    match p.inputs.context.founded_on {
        Some(founded) => Some(whole(whole_months(founded, p.inputs.as_of))),
        None => p.miss(Missing::NotApplicable),
    }
}

/// The normal production years of the file, latest first: years not marked as disaster years.
pub(super) fn normal_years<'p>(p: &'p Probe<'_>) -> impl Iterator<Item = &'p str> {
    let mut years: BTreeMap<&str, bool> = BTreeMap::new();
    for (path, fact) in p.facts.in_group("year") {
        let Some((_, key, name)) = path.parts() else {
            continue;
        };
        let hit = name == "disaster" && fact.state.value().and_then(|v| v.as_int()) != Some(0);
        *years.entry(key).or_default() |= hit;
    }
    let normal: Vec<&str> = years
        .into_iter()
        .filter(|(_, hit)| !hit)
        .map(|(y, _)| y)
        .collect();
    normal.into_iter().rev()
}

/// This year's value, or under the disaster rule the sum of up to three latest normal years; with
/// the number of years. `None` under the rule if no normal year is known.
fn or_normal_years(p: &Probe<'_>, name: &str, this_year: i64) -> Option<(i128, i64)> {
    if !p.relief {
        return Some((this_year.into(), 1));
    }
    let limit = usize::try_from(p.inputs.pack.settings.normal_years).unwrap_or(0);
    let known: Vec<i64> = normal_years(p)
        .filter_map(|year| {
            let fact = p.facts.get(&format!("year/{year}/{name}"))?;
            let value = fact.state.value()?.as_int()?;
            p.note(fact.evidence);
            Some(value)
        })
        .take(limit)
        .collect();
    let years = i64::try_from(known.len()).ok().filter(|n| *n > 0)?;
    Some((known.into_iter().map(i128::from).sum(), years))
}

/// Principal and interest due in the next 12 months.
pub(super) fn debt_service(p: &Probe<'_>) -> Option<i64> {
    or_sum_of_loans(p, "finance.debt_service_fen", "due_12m_fen")
}

/// Assets; those of a collective are stated without the land that the collective owns (C3.1).
fn assets(p: &Probe<'_>) -> Option<i64> {
    p.int(match p.inputs.subject_kind {
        SubjectKind::Collective => "collective.assets_fen",
        _ => "finance.assets_fen",
    })
}

fn debt(p: &Probe<'_>) -> Option<i64> {
    or_sum_of_loans(p, "finance.debt_fen", "balance_fen")
}

/// The total, or the sum over the single debts where no total was asked.
fn or_sum_of_loans(p: &Probe<'_>, total: &str, name: &str) -> Option<i64> {
    let mut loans = p
        .facts
        .in_group("loan")
        .filter(|(path, _)| path.parts().is_some_and(|(_, _, n)| n == name))
        .peekable();
    if p.facts.get(total).is_some() || loans.peek().is_none() {
        return p.int(total);
    }
    loans
        .map(|(_, fact)| p.int_of(Some(fact)))
        .try_fold(0_i64, |sum, value| sum.checked_add(value?))
}

/// Yes if one of two is yes, unknown only if the answer hangs on an unknown one.
fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}
