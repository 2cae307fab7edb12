//! The words of monitoring by their value.

use itgel_domain::monitoring::{Reaction, Trigger};
use itgel_domain::validation::Verdict;

use crate::{Lang, messages};

/// How a finding is reacted to.
#[must_use]
pub fn reaction(lang: Lang, reaction: Reaction) -> String {
    match reaction {
        Reaction::Remind => messages::monitoring_reaction_remind(lang),
        Reaction::Warn => messages::monitoring_reaction_warn(lang),
        Reaction::Talk => messages::monitoring_reaction_talk(lang),
    }
}

/// What a check looks for.
#[must_use]
pub fn trigger(lang: Lang, trigger: Trigger) -> String {
    match trigger {
        Trigger::Veto => messages::monitoring_trigger_veto(lang),
        Trigger::VetoEnded => messages::monitoring_trigger_veto_ended(lang),
        Trigger::PastDue => messages::monitoring_trigger_past_due(lang),
        Trigger::Cap => messages::monitoring_trigger_cap(lang),
        Trigger::GradeFall => messages::monitoring_trigger_grade_fall(lang),
        Trigger::AdverseRecord => messages::monitoring_trigger_adverse_record(lang),
        Trigger::OverstockOrder => messages::monitoring_trigger_overstock_order(lang),
        Trigger::NotRated => messages::monitoring_trigger_not_rated(lang),
        Trigger::Tip => messages::monitoring_trigger_tip(lang),
        Trigger::ReRating => messages::monitoring_trigger_re_rating(lang),
        Trigger::EndsSoon => messages::monitoring_trigger_ends_soon(lang),
    }
}

/// What a figure asks for.
#[must_use]
pub fn verdict(lang: Lang, verdict: Verdict) -> String {
    match verdict {
        Verdict::Insufficient => messages::monitoring_verdict_insufficient(lang),
        Verdict::Pass => messages::monitoring_verdict_pass(lang),
        Verdict::Watch => messages::monitoring_verdict_watch(lang),
        Verdict::Act => messages::monitoring_verdict_act(lang),
    }
}
