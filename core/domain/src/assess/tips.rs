//! Risk tips (风险提示): shown to reviewers and lenders, never scored (`domain.md` B.1.14, F.3).

use std::collections::BTreeSet;

use super::inputs::{Facts, Inputs};
use super::measure::{Herd, Plots, Probe, legal_overstock};
use crate::pack::Threshold;
use crate::register::LeaseDirection;
use crate::subject::SubjectKind;

/// A plot is leased without a dated written contract.
pub const LEASE_UNREGISTERED: &str = "TIP_LEASE_UNREG";
/// A plot is in dispute and gives capacity to nobody.
pub const PLOT_DISPUTED: &str = "TIP_PLOT_DISPUTED";
/// Overstock by the present quota, which the disaster rule does not count.
pub const LEGAL_OVERSTOCK: &str = "TIP_LEGAL_OVERSTOCK";
/// Counts of animals do not fit together.
pub const COUNT_MISMATCH: &str = "TIP_COUNT_MISMATCH";

/// The tips of the registers and those that the facts give.
pub(super) fn tips(inputs: &Inputs, facts: &Facts, relieved_overstock: bool) -> BTreeSet<String> {
    let mut tips = inputs.context.tips.clone();
    if inputs.subject_kind != SubjectKind::Household {
        return tips;
    }
    let probe = Probe::new(inputs, facts, false);
    let mut add = |tip: &str| tips.insert(tip.to_owned());
    if let Some(plots) = Plots::of(&probe) {
        let day = Herd::count(&probe).map_or(inputs.as_of, |herd| herd.counted_on);
        for (key, plot) in &plots.rows {
            let text = |f: Option<&super::Fact>| {
                f.and_then(|f| f.state.value())
                    .and_then(|v| v.as_text())
                    .map(str::to_owned)
            };
            let direction = match text(plot.right).as_deref() {
                Some("leased_in") => Some(LeaseDirection::In),
                Some("leased_out") => Some(LeaseDirection::Out),
                _ => None,
            };
            let registered = |d: LeaseDirection| {
                let leases = &inputs.context.leases;
                leases
                    .iter()
                    .any(|l| l.plot == *key && l.direction == d && l.from <= day && day <= l.to)
            };
            if direction.is_some_and(|d| !registered(d) && !plot.has_contract_on(day)) {
                add(LEASE_UNREGISTERED);
            }
            if text(plot.zone).as_deref() == Some("disputed") {
                add(PLOT_DISPUTED);
            }
        }
    }
    if relieved_overstock
        && legal_overstock(inputs, facts).is_some_and(|v| v.cmp_threshold(Threshold(0)).is_gt())
    {
        add(LEGAL_OVERSTOCK);
    }
    if !super::crosscheck::mismatches(inputs, facts).is_empty() {
        add(COUNT_MISMATCH);
    }
    tips
}
