//! What a check finds about one rating.

use jiff::civil::Date;

use super::{MonitoringRules, Reaction, Trigger};
use crate::assess::{Assessment, Context, whole_months};
use crate::subject::Grade;

/// A rating in effect, and what the engine says of its subject on the day of the check.
#[derive(Debug, Clone, Copy)]
pub struct Monitored<'a> {
    /// The day.
    pub on: Date,
    /// First day in effect.
    pub effective_on: Date,
    /// Last day in effect.
    pub valid_to: Date,
    /// What the rating rests on.
    pub then: &'a Assessment,
    /// What the engine says now, and the registers behind it; `None` if there are no rules for
    /// such a subject on the day.
    pub now: Option<(&'a Assessment, &'a Context)>,
    /// Whether a newer case of the subject is on its way.
    pub is_being_rated: bool,
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// How it is reacted to.
    pub reaction: Reaction,
    /// What.
    pub trigger: Trigger,
    /// The veto, cap or tip; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Its figure: days, notches, months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<i64>,
    /// Whether the rating comes under watch.
    pub watch: bool,
}

/// Everything that is found about a rating, what needs the strongest reaction first. The same
/// inputs give the same findings.
#[must_use]
pub fn check(rules: &MonitoringRules, rating: &Monitored<'_>) -> Vec<Finding> {
    let mut findings = Findings {
        rules,
        found: Vec::new(),
    };
    findings.clock(rating);
    if let Some((now, context)) = rating.now {
        findings.compare(rating.then, now);
        findings.registers(context, rating.on);
    }
    let mut found = findings.found;
    found.sort_by(|a, b| b.reaction.cmp(&a.reaction).then_with(|| a.cmp(b)));
    found.dedup();
    found
}

struct Findings<'a> {
    rules: &'a MonitoringRules,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn note(&mut self, trigger: Trigger, code: &str, figure: Option<i64>) {
        if let Some(rule) = self.rules.rule(trigger, code, figure.unwrap_or(0)) {
            self.found.push(Finding {
                reaction: rule.reaction,
                trigger,
                code: code.to_owned(),
                figure,
                watch: rule.watch,
            });
        }
    }

    /// What only the days decide.
    fn clock(&mut self, rating: &Monitored<'_>) {
        if rating.is_being_rated {
            return;
        }
        let months = whole_months(rating.effective_on, rating.on);
        self.note(Trigger::ReRating, "", Some(months));
        let days = i64::from((rating.valid_to - rating.on).get_days());
        self.note(Trigger::EndsSoon, "", Some(days));
    }

    /// What the engine says now and did not say when the rating was made.
    fn compare(&mut self, then: &Assessment, now: &Assessment) {
        let is_new = |known: &[String], code: &&String| !known.contains(code);
        for code in now.vetoes.iter().filter(|code| is_new(&then.vetoes, code)) {
            self.note(Trigger::Veto, code, None);
        }
        if now.vetoes.is_empty() {
            for code in &then.vetoes {
                self.note(Trigger::VetoEnded, code, None);
            }
        }
        for code in now.caps.iter().filter(|code| is_new(&then.caps, code)) {
            self.note(Trigger::Cap, code, None);
        }
        for code in now.tips.difference(&then.tips) {
            self.note(Trigger::Tip, code, None);
        }
        if now.totals.deduction > then.totals.deduction {
            self.note(Trigger::AdverseRecord, "", None);
        }
        if now.grade == Some(Grade::N) && then.grade != Some(Grade::N) {
            self.note(Trigger::NotRated, "", None);
        }
        let place = |grade: Option<Grade>| Grade::SCORED.iter().position(|g| Some(*g) == grade);
        if let (Some(was), Some(is)) = (place(then.grade), place(now.grade)) {
            let notches = i64::try_from(is.saturating_sub(was)).unwrap_or(0);
            if notches > 0 {
                self.note(Trigger::GradeFall, "", Some(notches));
            }
        }
    }

    /// What the registers say, whether or not it moves the grade.
    fn registers(&mut self, context: &Context, on: Date) {
        let spells = context.credit.spells.iter();
        let open = spells.filter(|spell| spell.ended_on.is_none() && !spell.disaster_rescheduled);
        if let Some(days) = open.map(|spell| spell.days_past_due).max() {
            self.note(Trigger::PastDue, "", Some(days));
        }
        let order = context.overstock_order.as_ref();
        let is_open = order.is_some_and(|order| order.corrected_on.is_none_or(|day| on < day));
        if is_open {
            self.note(Trigger::OverstockOrder, "", None);
        }
    }
}
