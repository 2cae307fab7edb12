//! What stands beside the indicators: bonus, deduction, vetoes, core fields, eligibility
//! (`domain.md` B.1.5, B.1.11–13, B.3 to B.5).

use super::credit::overdue_today;
use super::herd::Herd;
use super::pasture::Plots;
use super::probe::{Probe, Sight};
use crate::assess::inputs::Inputs;
use crate::assess::outcome::Points;
use crate::assess::window::years_after;
use crate::item::Value;
use crate::pack::{Bonus, BonusRule, CapCondition, CoreField, Eligibility, Veto};
use crate::register::{
    CreditClass, CreditStatus, ListEntry, PublicRecord, Relation, SubjectForm, VetoFact,
};
use crate::subject::{EntityKind, Producer, SubjectKind};

/// Caps whose further condition is met, by place; weak evidence is judged with the weights.
pub(super) fn cap_conditions(inputs: &Inputs) -> u32 {
    bits(inputs.pack.caps.iter().map(|cap| {
        match cap.condition {
            None | Some(CapCondition::WeakEvidence) => true,
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
pub(super) fn vetoes<'a>(sight: &'a Sight<'a>, relief: bool) -> u32 {
    let inputs = sight.inputs;
    bits(inputs.pack.vetoes.iter().map(|veto| {
        let probe = Probe::new(sight, relief).with_related(&veto.related);
        let overdue = || overdue_today(&probe);
        veto.days_past_due_over
            .is_some_and(|limit| overdue() > limit)
            || has_fact(&probe, veto)
            || veto
                .related_grade
                .is_some_and(|grade| probe.persons().any(|person| person.grade == Some(grade)))
    }))
}

/// Whether the fact stands against the subject, or against a person whom the veto looks at.
fn has_fact(p: &Probe<'_>, veto: &Veto) -> bool {
    let (rule, context, as_of) = (&veto.fact, &p.inputs.context, p.inputs.as_of);
    let applies = |facts: &[VetoFact], entries: &[ListEntry]| {
        facts.iter().any(|fact| rule.stands(fact, as_of))
            || entries.iter().any(|entry| rule.is_listed(entry, as_of))
    };
    applies(&context.vetoes, &context.official_lists)
        || p.persons()
            .any(|person| applies(&person.vetoes, &person.official_lists))
}

/// Core fields that are missing, by place.
pub(super) fn core_missing<'a>(sight: &'a Sight<'a>) -> u32 {
    let (inputs, p) = (sight.inputs, &Probe::new(sight, false));
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
        CoreField::Responsible => {
            let mut persons = inputs.context.related.iter();
            !persons.any(|person| person.relation == Relation::Responsible)
        }
    }))
}

/// Conditions of eligibility that are not known to be met, by place.
pub(super) fn ineligible<'a>(sight: &'a Sight<'a>) -> u32 {
    let (inputs, facts) = (sight.inputs, sight.facts);
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
                Eligibility::EnoughMembers => has_enough_members(sight),
                Eligibility::Registered => yes("collective.registered"),
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

/// The legal minimum of members; who is no cooperative needs none.
fn has_enough_members<'a>(sight: &'a Sight<'a>) -> bool {
    let inputs = sight.inputs;
    if inputs.subject_kind != SubjectKind::Entity(EntityKind::Cooperative) {
        return true;
    }
    let members = Probe::new(sight, false).int("business.members");
    members.is_some_and(|members| members >= inputs.pack.settings.min_members)
}

/// Whether a record counts on the day, the subject's own or a related person's
/// (`domain.md` B.1.11).
pub(super) fn counts(inputs: &Inputs, record: &PublicRecord) -> bool {
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

/// A set of places as bits; a pack has at most 32 of each kind.
fn bits(flags: impl Iterator<Item = bool>) -> u32 {
    flags
        .take(32)
        .enumerate()
        .filter(|(_, on)| *on)
        .fold(0, |set, (i, _)| set | 1 << i)
}
