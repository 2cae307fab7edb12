//! The pasture plots of a file, and how much of each the household uses (`domain.md` C.3).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::probe::{Missing, Probe};
use crate::assess::inputs::Fact;
use crate::register::{DisputedPlot, LeaseDirection};
use crate::subject::Producer;

/// The plots in the balance area that the household uses on the day, with the area in use; `None`
/// while something about a plot is missing.
pub(super) fn used_plots<'a>(p: &Probe<'a>, on: Date) -> Option<Vec<(&'a str, i64)>> {
    let plots = Plots::of(p)?;
    let mut used = Vec::new();
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
        let area = plot.used_area(p, key, (right, area), on);
        if zone == "balance" && area > 0 {
            used.push((*key, area));
        }
    }
    complete.then_some(used)
}

/// The pasture plots of a file by key.
pub(crate) struct Plots<'a> {
    pub(crate) rows: BTreeMap<&'a str, Plot<'a>>,
}

/// The facts of one plot.
#[derive(Default, Clone, Copy)]
pub(crate) struct Plot<'a> {
    area: Option<&'a Fact>,
    right: Option<&'a Fact>,
    zone: Option<&'a Fact>,
    contract: Option<&'a Fact>,
    from: Option<&'a Fact>,
    to: Option<&'a Fact>,
}

impl<'a> Plots<'a> {
    /// The plots, if their number is known to be complete. Who does not live from animals and
    /// mentions no plot has none.
    pub(crate) fn of(p: &Probe<'a>) -> Option<&'a Self> {
        p.once(|sight| &sight.plots, Self::read)
    }

    fn read(p: &Probe<'a>) -> Option<Self> {
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
    /// How much of the plot the household uses on that day. Where the registers know of a lease
    /// they decide, and each 亩 is used once; otherwise a lease moves the plot only by a dated
    /// written contract in the file (`domain.md` C.3, G 19). A plot in dispute is nobody's (G 20).
    fn used_area(&self, p: &Probe<'_>, key: &str, (right, area_mu): (&str, i64), on: Date) -> i64 {
        let context = &p.inputs.context;
        let is_here = |d: &&DisputedPlot| d.plot == key && d.covers(on);
        if context.disputed_plots.iter().any(|d| is_here(&d)) {
            return 0;
        }
        let direction = match right {
            "leased_in" => LeaseDirection::In,
            _ => LeaseDirection::Out,
        };
        let registered = context
            .leases
            .iter()
            .filter(|l| l.plot == key && l.direction == direction && l.covers(on));
        let moved = registered
            .map(|l| l.area_mu.unwrap_or(area_mu))
            .reduce(i64::saturating_add);
        let by_file = || right != "own_contract" && self.is_leased_by_file(p, on);
        match (direction, moved) {
            (LeaseDirection::In, Some(taken)) => taken.min(area_mu),
            (LeaseDirection::Out, Some(given)) => area_mu.saturating_sub(given).max(0),
            (LeaseDirection::In, None) if by_file() => area_mu,
            (LeaseDirection::Out, None) if !by_file() => area_mu,
            (_, None) => 0,
        }
    }

    /// The right that the file states.
    pub(crate) fn right_word(&self) -> Option<&str> {
        self.right?.state.value()?.as_text()
    }

    /// The zone that the file states.
    pub(crate) fn zone_word(&self) -> Option<&str> {
        self.zone?.state.value()?.as_text()
    }

    /// Whether the file alone can move the plot on the day.
    pub(crate) fn is_leased_by_file(&self, p: &Probe<'_>, on: Date) -> bool {
        !p.inputs.parameters.land.must_be_registered && self.has_contract_on(on)
    }

    /// Whether the file has a dated written contract that holds on the day.
    fn has_contract_on(&self, on: Date) -> bool {
        let int = |f: Option<&Fact>| f.and_then(|f| f.state.value()).and_then(|v| v.as_int());
        let day = crate::time::date_to_day_number(on);
        int(self.contract) == Some(1)
            && int(self.from).is_some_and(|from| from <= day)
            && int(self.to).is_some_and(|to| day <= to)
    }
}
