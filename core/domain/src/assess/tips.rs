//! Risk tips (风险提示): shown to reviewers and lenders, never scored (`domain.md` B.1.14, F.3).

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::crosscheck::{Mismatch, seen_mismatches};
use super::inputs::{Context, Facts, Inputs};
use super::measure::{Herd, Plots, Probe, Sight, belongs_to, legal_overstock, misses_count};
use crate::pack::Threshold;
use crate::register::{CreditClass, LeaseDirection};
use crate::subject::{EntityKind, SubjectKind};

/// A plot is leased without a dated written contract, or without registration.
pub const LEASE_UNREGISTERED: &str = "TIP_LEASE_UNREG";
/// A plot is in dispute and gives capacity to nobody.
pub const PLOT_DISPUTED: &str = "TIP_PLOT_DISPUTED";
/// Overstock by the present quota, which the disaster rule does not count.
pub const LEGAL_OVERSTOCK: &str = "TIP_LEGAL_OVERSTOCK";
/// A cooperative with no more members than the law asks for and without trade (`domain.md` G 46).
pub const SHELL_COOPERATIVE: &str = "TIP_SHELL_COOP";
/// A collective shares its account or seal with the villagers' committee (`domain.md` G 49).
pub const SHARED_ACCOUNT: &str = "TIP_SHARED_ACCOUNT";
/// Counts of animals do not fit together.
pub const COUNT_MISMATCH: &str = "TIP_COUNT_MISMATCH";
/// In a disaster more animals went missing than sales, deaths and gifts explain (`domain.md`
/// B.9.6).
pub const UNEXPLAINED_LOSS: &str = "TIP_UNEXPLAINED_LOSS";
/// A public credit record of the class of risk tips (风险提示) is open (`domain.md` B.1.14).
pub const PUBLIC_RECORD: &str = "TIP_PUBLIC_RECORD";
/// Members of the joint group have not been counted; their animals and plots are left out.
pub const GROUP_UNCOUNTED: &str = "TIP_GROUP_UNCOUNTED";
/// The joint group does not cover the day of the count and is not used.
pub const GROUP_MISSES_COUNT: &str = "TIP_GROUP_DATES";
/// More animals are entrusted to others than the owner was found to have.
pub const ENTRUSTED_BEYOND: &str = "TIP_ENTRUSTED";
/// Within half a year the herd became smaller by 30 % and no disaster was declared (`domain.md` F.3,
/// G 25).
pub const RAPID_SALE: &str = "TIP_RAPID_SALE";
/// An objection against a veto fact or an adverse record was accepted and is not decided
/// (`domain.md` F.3, D.3).
pub const PENDING_CASE: &str = "TIP_PENDING_CASE";
/// The household has come to the banner within a year, or no longer operates in its gacha
/// (`domain.md` F.3, G 13, G 14).
pub const MIGRATION: &str = "TIP_MIGRATION";

/// Others borrowed before the household was divided, and what they borrowed is not settled
/// (`domain.md` G 11).
pub const JOINT_DEBT: &str = "TIP_JOINT_DEBT";

/// The organisation comes from another registration, whose record is part of its own (`domain.md`
/// G 51).
pub const SUCCESSOR: &str = "TIP_SUCCESSOR";

/// How much smaller a herd is a tip, per cent (`domain.md` F.3).
const RAPID_SALE_PERCENT: i128 = 30;

/// The tips of the registers and those that the facts give.
pub(super) fn tips(inputs: &Inputs, facts: &Facts, relieved_overstock: bool) -> BTreeSet<String> {
    let mut tips = inputs.context.tips.clone();
    if has_tip_record(inputs) {
        tips.insert(PUBLIC_RECORD.to_owned());
    }
    if has_pending_case(&inputs.context) {
        tips.insert(PENDING_CASE.to_owned());
    }
    if !inputs.context.predecessors.is_empty() {
        tips.insert(SUCCESSOR.to_owned());
    }
    match inputs.subject_kind {
        SubjectKind::Household => {
            if !inputs.context.credit.joint.is_empty() {
                tips.insert(JOINT_DEBT.to_owned());
            }
        }
        SubjectKind::Entity(kind) => {
            if kind == EntityKind::Cooperative && is_shell(inputs, facts) {
                tips.insert(SHELL_COOPERATIVE.to_owned());
            }
        }
        SubjectKind::Collective => {
            if int(facts, "governance.separate_account") == Some(0) {
                tips.insert(SHARED_ACCOUNT.to_owned());
            }
            return tips;
        }
        SubjectKind::Village | SubjectKind::Township => return tips,
    }
    let sight = Sight::new(inputs, facts);
    let probe = Probe::new(&sight, false);
    let herd = Herd::count(&probe);
    let day = herd.map_or(inputs.as_of, |herd| herd.counted_on);
    let groups = &inputs.context.joint_groups;
    let overstocked =
        || legal_overstock(&sight).is_some_and(|v| v.cmp_threshold(Threshold(0)).is_gt());
    let mismatches = seen_mismatches(&sight);
    let is_lost = |m: &Mismatch| *m == Mismatch::UnexplainedLoss;
    let found = [
        (LEASE_UNREGISTERED, is_leased_unregistered(&probe, day)),
        (PLOT_DISPUTED, has_dispute(&probe, day)),
        (LEGAL_OVERSTOCK, relieved_overstock && overstocked()),
        (COUNT_MISMATCH, mismatches.iter().any(|m| !is_lost(m))),
        (UNEXPLAINED_LOSS, mismatches.iter().any(is_lost)),
        (
            GROUP_UNCOUNTED,
            belongs_to(groups, day).is_some_and(|group| group.uncounted > 0),
        ),
        (GROUP_MISSES_COUNT, misses_count(&probe, day)),
        (
            RAPID_SALE,
            herd.is_some_and(|herd| is_sold_rapidly(inputs, &herd)),
        ),
        (MIGRATION, has_migrated(inputs, facts)),
        (
            ENTRUSTED_BEYOND,
            herd.is_some_and(|herd| herd.is_entrusted_beyond),
        ),
    ];
    let raised = found.into_iter().filter(|(_, is_raised)| *is_raised);
    tips.extend(raised.map(|(tip, _)| tip.to_owned()));
    tips
}

/// A record of the class of risk tips stands on the day. Those of the persons behind an entity
/// are their own and are not told with it.
fn has_tip_record(inputs: &Inputs) -> bool {
    let mut records = inputs.context.public_records.iter();
    records.any(|record| {
        record.class == CreditClass::Tip && record.stands_on(inputs.as_of, &inputs.parameters)
    })
}

/// A lease runs that is oral or unregistered, by the registers or by the file (`domain.md` G 19).
fn is_leased_unregistered(p: &Probe<'_>, day: Date) -> bool {
    let context = &p.inputs.context;
    if context.unregistered_leases.iter().any(|l| l.covers(day)) {
        return true;
    }
    let Some(plots) = Plots::of(p) else {
        return false;
    };
    plots.rows.iter().any(|(key, plot)| {
        let direction = match plot.right_word() {
            Some("leased_in") => LeaseDirection::In,
            Some("leased_out") => LeaseDirection::Out,
            _ => return false,
        };
        let mut registered = context.leases.iter();
        let is_registered =
            registered.any(|l| l.plot == *key && l.direction == direction && l.covers(day));
        !is_registered && !plot.is_leased_by_file(p, day)
    })
}

/// A plot of the household is in dispute, by the registers or by the file (`domain.md` G 20).
fn has_dispute(p: &Probe<'_>, day: Date) -> bool {
    let mut disputed = p.inputs.context.disputed_plots.iter();
    disputed.any(|d| d.covers(day))
        || Plots::of(p).is_some_and(|plots| {
            let mut zones = plots.rows.values().map(|plot| plot.zone_word());
            zones.any(|zone| zone == Some("disputed"))
        })
}

/// What stands against the subject is being looked at again by its source; meanwhile it is not
/// used, and nobody should take that for an answer.
fn has_pending_case(context: &Context) -> bool {
    context.vetoes.iter().any(|fact| fact.objection_accepted)
        || context
            .official_lists
            .iter()
            .any(|entry| entry.fields().objection_accepted)
        || context
            .public_records
            .iter()
            .any(|r| r.class.is_adverse() && r.objection_accepted)
}

/// Measured in sheep units without the young of the year, whose sale in autumn is the trade.
fn is_sold_rapidly(inputs: &Inputs, herd: &Herd) -> bool {
    let Some(earlier) = &inputs.context.earlier_count else {
        return false;
    };
    let (from, to) = (earlier.counted_on, herd.counted_on);
    let mut disasters = inputs.context.disasters.iter();
    let is_hit = disasters.any(|d| d.began_on <= to && d.ended_on.is_none_or(|end| from <= end));
    if is_hit || inputs.subject_kind != SubjectKind::Household {
        return false;
    }
    let grown = earlier.heads.iter().filter(|(class, _)| !class.is_young());
    let before: i128 = grown
        .map(|(class, heads)| i128::from(*heads) * i128::from(inputs.parameters.milli_su(*class)))
        .sum();
    let lost = before - i128::from(herd.without_young);
    before > 0 && lost * 100 >= RAPID_SALE_PERCENT * before
}

fn has_migrated(inputs: &Inputs, facts: &Facts) -> bool {
    let is_new = int(facts, "household.banner_years") == Some(0);
    let is_away = int(facts, "household.operates_in_gacha") == Some(0);
    inputs.subject_kind == SubjectKind::Household && (is_new || is_away)
}

/// Neither more members than the law asks for nor any revenue.
fn is_shell(inputs: &Inputs, facts: &Facts) -> bool {
    let legal = inputs.pack.settings.min_members;
    int(facts, "business.members").is_some_and(|members| members <= legal)
        && int(facts, "business.revenue_fen") == Some(0)
}

fn int(facts: &Facts, path: &str) -> Option<i64> {
    facts.get(path)?.state.value()?.as_int()
}
