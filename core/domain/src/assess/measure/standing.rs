//! What stands beside the indicators: bonus, deduction, vetoes, core fields, eligibility
//! (`domain.md` B.1.5, B.1.11–13, B.3).

use super::credit::overdue_today;
use super::herd::Herd;
use super::pasture::Plots;
use super::probe::Probe;
use crate::assess::inputs::{Facts, Inputs};
use crate::assess::outcome::Points;
use crate::assess::window::years_after;
use crate::item::Value;
use crate::pack::{Bonus, BonusRule, CapCondition, CoreField, Eligibility, Veto};
use crate::register::{
    CreditClass, CreditStatus, ListEntry, OfficialList, PublicRecord, SubjectForm, VetoFact,
};
use crate::subject::Producer;

/// Caps whose further condition is met, by place; weak evidence is judged with the weights.
pub(super) fn cap_conditions(inputs: &Inputs) -> u32 {
    bits(inputs.pack.caps.iter().map(|cap| {
        match cap.condition {
            None | Some(CapCondition::WeakEvidence) => true,
            Some(CapCondition::AbnormalOperation) => {
                inputs.context.official_lists.iter().any(|e| {
                    e.list() == OfficialList::AbnormalOperation && e.holds_on(inputs.as_of)
                })
            }
            Some(CapCondition::OverstockUncorrected) => inputs
                .context
                .overstock_order
                .as_ref()
                .is_some_and(|order| {
                    let corrected = order.corrected_on.is_some_and(|day| day <= inputs.as_of);
                    order.correct_by < inputs.as_of && !corrected
                }),
        }
    }))
}

/// The bonuses that are earned, with their points.
pub(crate) fn bonuses(inputs: &Inputs) -> impl Iterator<Item = (&Bonus, Points)> {
    inputs
        .pack
        .bonuses
        .iter()
        .filter_map(|b| Some((b, earned(inputs, b)?)))
}

/// The deduction for the records that count.
pub(super) fn deduction(inputs: &Inputs) -> Points {
    let Some(rule) = &inputs.pack.deduction else {
        return Points(0);
    };
    let records = i64::try_from(counted_records(inputs)).unwrap_or(i64::MAX);
    Points(rule.each.0.saturating_mul(records).min(rule.max.0))
}

/// How many public records count on the day (`domain.md` B.1.11).
pub(crate) fn counted_records(inputs: &Inputs) -> usize {
    inputs
        .context
        .public_records
        .iter()
        .filter(|r| counts(inputs, r))
        .count()
}

/// Vetoes that stand, by place.
pub(super) fn vetoes(inputs: &Inputs, relief: bool) -> u32 {
    let facts = &Facts::default();
    let overdue = overdue_today(&Probe::new(inputs, facts, relief));
    bits(inputs.pack.vetoes.iter().map(|veto| {
        veto.days_past_due_over.is_some_and(|limit| overdue > limit)
            || inputs
                .context
                .official_lists
                .iter()
                .any(|e| veto.lists.contains(&e.list()) && is_listed(inputs, veto, e))
            || inputs
                .context
                .vetoes
                .iter()
                .any(|f| f.code == veto.code && stands(inputs, veto, f))
    }))
}

/// Core fields that are missing, by place.
pub(super) fn core_missing(inputs: &Inputs, facts: &Facts) -> u32 {
    let p = &Probe::new(inputs, facts, false);
    let on_land = !matches!(p.producer(), Some(Producer::Farming | Producer::Other));
    bits(inputs.pack.core.iter().map(|field| match field {
        CoreField::Identity => !inputs.context.identity_verified,
        CoreField::Consent => !inputs.context.consent_signed,
        CoreField::Members => p.int("household.members").is_none(),
        CoreField::Producer => p.producer().is_none(),
        CoreField::CreditRecord => !matches!(
            inputs.context.credit.status,
            CreditStatus::Known | CreditStatus::Never
        ),
        CoreField::Livestock => on_land && Herd::count(p).is_none(),
        CoreField::Plots => on_land && !Plots::of(p).is_some_and(|plots| plots.are_described()),
    }))
}

/// Conditions of eligibility that are not known to be met, by place.
pub(super) fn ineligible(inputs: &Inputs, facts: &Facts) -> u32 {
    let yes = |path: &str| facts.get(path).and_then(|f| f.state.value()) == Some(&Value::Int(1));
    bits(
        inputs
            .pack
            .eligibility
            .iter()
            .map(|condition| !match condition {
                Eligibility::AdultDecisionMaker => yes("household.adult_decision_maker"),
                Eligibility::OperatesInGacha => yes("household.operates_in_gacha"),
                Eligibility::ConsentSigned => inputs.context.consent_signed,
            }),
    )
}

fn earned(inputs: &Inputs, bonus: &Bonus) -> Option<Points> {
    let context = &inputs.context;
    match bonus.rule {
        BonusRule::HighestHonour => {
            // An honour exactly so many years old is outside (domain.md B.10).
            let recent = context.honours.iter().filter(|h| {
                h.holds_on(inputs.as_of) && years_after(h.awarded_on, bonus.years) > inputs.as_of
            });
            let points = |level| {
                bonus
                    .points
                    .iter()
                    .find(|(l, _)| *l == Some(level))
                    .map(|(_, points)| *points)
            };
            recent.filter_map(|h| points(h.level)).max()
        }
        BonusRule::CommitmentKept => {
            let kept = context.commitment.as_ref().is_some_and(|c| {
                !c.broken && years_after(c.signed_on, bonus.years) <= inputs.as_of
            });
            kept.then(|| bonus.points.first().map(|(_, points)| *points))
                .flatten()
        }
        BonusRule::HerdRegister => context
            .herd_register_verified
            .then(|| bonus.points.first().map(|(_, points)| *points))
            .flatten(),
    }
}

fn counts(inputs: &Inputs, record: &PublicRecord) -> bool {
    let as_of = inputs.as_of;
    let retention = inputs
        .pack
        .deduction
        .as_ref()
        .and_then(|d| d.retention_years);
    let lapsed = match (record.ended_on, retention) {
        (Some(end), Some(years)) => years_after(end, years) <= as_of,
        _ => false,
    };
    record.class == CreditClass::General
        && record.stands_on(as_of, &inputs.parameters)
        && !(lapsed && record.form == SubjectForm::NaturalPerson)
}

/// Whether the subject is on the list on the day, and no accepted objection suspends that.
fn is_listed(inputs: &Inputs, veto: &Veto, entry: &ListEntry) -> bool {
    let suspended = veto.suspendable && entry.fields().objection_accepted;
    entry.holds_on(inputs.as_of) && !suspended
}

fn stands(inputs: &Inputs, veto: &Veto, fact: &VetoFact) -> bool {
    let ended = fact
        .ended_on
        .is_some_and(|end| years_after(end, veto.years_after_end) <= inputs.as_of);
    let suspended = veto.suspendable && fact.objection_accepted;
    !ended && !suspended
}

/// A set of places as bits; a pack has at most 32 of each kind.
fn bits(flags: impl Iterator<Item = bool>) -> u32 {
    flags
        .take(32)
        .enumerate()
        .filter(|(_, on)| *on)
        .fold(0, |set, (i, _)| set | 1 << i)
}
