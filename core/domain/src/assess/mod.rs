//! The only scorer: inputs in, assessment out, on the phone and on the server alike.
//!
//! [`measure`] turns facts and context into values, [`score`] turns values into points and a grade,
//! the explanation tells every step. It is generic over subject kinds: what is rated and how is
//! in the rule pack.

mod columns;
mod crosscheck;
mod explain;
pub mod inputs;
mod measure;
mod moved;
mod outcome;
mod quotient;
mod score;
mod tips;
mod window;
mod worksheet;

use std::borrow::Cow;

pub(crate) use self::columns::points_of;
pub use self::columns::{Columns, ColumnsError, Surveyed};
pub use self::crosscheck::{Mismatch, mismatches};
pub use self::inputs::{
    Context, EarlierCount, Fact, Facts, Inputs, InputsError, MAX_COMBINATIONS, Rules,
};
pub use self::measure::{Measured, Measures, Reading, Sourced, counted, measure};
pub use self::moved::{Change, Figures, MAX_CHANGED, Moved, MovedPart, Movement, moved};
pub use self::outcome::{
    Assessment, EvidenceMix, Points, PointsError, Range, Reason, ReasonKind, Step, Totals,
    TraceLine, Unadjusted,
};
pub use self::quotient::Quotient;
pub use self::score::{Outlook, Relief, Scored, score};
pub use self::tips::{
    COUNT_MISMATCH, ENTRUSTED_BEYOND, GROUP_MISSES_COUNT, GROUP_UNCOUNTED, JOINT_DEBT,
    LEASE_UNREGISTERED, LEGAL_OVERSTOCK, MIGRATION, PENDING_CASE, PLOT_DISPUTED, PUBLIC_RECORD,
    RAPID_SALE, SHARED_ACCOUNT, SHELL_COOPERATIVE, SUCCESSOR, UNEXPLAINED_LOSS,
};
pub use self::window::{months_after, whole_months, whole_years, years_after};
pub(crate) use self::worksheet::merged;
pub use self::worksheet::{Difference, Expectation, NamedRules, Worksheet};

use self::explain::explain;
use crate::hash::Hash;
use crate::pack::{LevelRow, MeasureName};
use crate::subject::Grade;
use crate::title::{self, GateResult, GateState, TitleLevel};

/// Assesses a subject. The same inputs give the same assessment, byte for byte, everywhere.
#[must_use]
pub fn assess(inputs: &Inputs) -> Assessment {
    assess_hashed(inputs, inputs.hash())
}

/// [`assess`] for a caller that has the canonical bytes of the inputs, to keep or to compare, and
/// therefore their hash: writing them down is a good part of an assessment.
#[must_use]
pub fn assess_hashed(inputs: &Inputs, hash: Hash) -> Assessment {
    told(inputs, hash, &Survey::of(inputs))
}

/// [`assess_hashed`] for a caller that keeps the measured columns too: they are at hand then.
#[must_use]
pub fn assess_measured(inputs: &Inputs, hash: Hash) -> (Assessment, Columns) {
    let survey = Survey::of(inputs);
    let assessment = told(inputs, hash, &survey);
    (assessment, survey.into_columns())
}

/// What a survey says, in full.
fn told(inputs: &Inputs, hash: Hash, survey: &Survey<'_>) -> Assessment {
    let lowest = &survey.lowest;
    let relief = Relief::On;
    let told = explain(
        inputs,
        &lowest.facts,
        &lowest.measures,
        &lowest.scored,
        relief,
    );
    let range = survey.range(inputs);
    let graded = !inputs.pack.grades.is_empty();
    let mut assessment = Assessment {
        scorecard: inputs.pack.scorecard(),
        pack: inputs.pack.hash(),
        parameters: inputs.parameters.hash(),
        inputs: hash,
        subject_kind: inputs.subject_kind,
        as_of: inputs.as_of,
        totals: lowest.scored.totals,
        grade: if graded && range.is_settled() {
            range.low
        } else {
            None
        },
        range,
        level: None,
        title: None,
        gates: Vec::new(),
        caps: told.caps,
        vetoes: told.vetoes,
        not_rated_for: told.not_rated_for,
        completeness: lowest.scored.completeness,
        evidence: lowest.scored.evidence,
        oldest_input_on: told.oldest_input_on,
        tips: tips::tips(inputs, &lowest.facts, relieved(inputs, &lowest.measures)),
        trace: told.trace,
        reasons: told.reasons,
        unadjusted: lowest.measures.relief.then(|| lowest.unadjusted(inputs)),
        pending: survey
            .pending
            .then(|| String::from("peer_evaluation"))
            .into_iter()
            .collect(),
    };
    if !inputs.pack.levels.is_empty() {
        award(inputs, &lowest.facts, &lowest.scored, &mut assessment);
    }
    assessment
}

/// (Grazing − capacity) ÷ capacity by the quotas in force, without the disaster rule; `None` if
/// something that it needs is not known.
pub(crate) fn overstock(inputs: &Inputs) -> Option<Quotient> {
    measure::legal_overstock(&measure::Sight::new(inputs, &inputs.facts))
}

/// One way to settle the conflicts, scored.
struct Combination<'a> {
    facts: Cow<'a, Facts>,
    measures: Measures,
    scored: Scored,
}

/// All combinations, of which the lowest is told in full.
struct Survey<'a> {
    lowest: Combination<'a>,
    high: Scored,
    pending: bool,
    under_review: bool,
    combinations: usize,
    /// The measures of every combination, where there are several.
    several: Vec<Measures>,
}

impl<'a> Combination<'a> {
    fn of(inputs: &Inputs, facts: Cow<'a, Facts>) -> Self {
        let measures = measure(inputs, &facts);
        let scored = score(&inputs.pack, &measures, Relief::On, Outlook::Worst);
        Self {
            facts,
            measures,
            scored,
        }
    }

    fn unadjusted(&self, inputs: &Inputs) -> Unadjusted {
        let scored = score(&inputs.pack, &self.measures, Relief::Off, Outlook::Worst);
        let graded = !inputs.pack.grades.is_empty();
        Unadjusted {
            totals: scored.totals,
            grade: graded.then_some(scored.grade),
        }
    }
}

impl<'a> Survey<'a> {
    fn of(inputs: &'a Inputs) -> Self {
        let facts = &inputs.facts;
        let combinations = facts.combinations();
        let under_review = combinations > MAX_COMBINATIONS;
        let first: Cow<'a, Facts> = if facts.conflicts.is_empty() {
            Cow::Borrowed(facts)
        } else if under_review {
            // Items in conflict are in no one's values, hence unknown.
            Cow::Owned(Facts {
                values: facts.values.clone(),
                ..Facts::default()
            })
        } else {
            Cow::Owned(facts.settled(0))
        };
        let lowest = Combination::of(inputs, first);
        let best =
            |c: &Combination<'_>| score(&inputs.pack, &c.measures, Relief::On, Outlook::Best);
        let mut survey = Self {
            high: best(&lowest),
            pending: lowest.measures.is_pending(),
            lowest,
            under_review,
            combinations,
            several: Vec::new(),
        };
        for index in 1..if under_review { 1 } else { combinations } {
            let next = Combination::of(inputs, Cow::Owned(facts.settled(index)));
            if survey.several.is_empty() {
                survey.several.push(survey.lowest.measures.clone());
            }
            survey.several.push(next.measures.clone());
            let high = best(&next);
            if worth(&high) > worth(&survey.high) {
                survey.high = high;
            }
            if worth(&next.scored) < worth(&survey.lowest.scored) {
                survey.lowest = next;
            }
        }
        survey
    }

    fn into_columns(self) -> Columns {
        let combinations = match self.several.is_empty() {
            true => vec![self.lowest.measures],
            false => self.several,
        };
        Columns {
            under_review: self.under_review,
            combinations,
        }
    }

    fn range(&self, inputs: &Inputs) -> Range {
        let known = !inputs.pack.grades.is_empty() && !self.under_review;
        Range {
            low: known.then_some(self.lowest.scored.grade),
            high: known.then_some(self.high.grade),
            low_score: self.lowest.scored.totals.score,
            high_score: self.high.totals.score,
            combinations: self.combinations,
            under_review: self.under_review,
        }
    }
}

/// Orders computations from worst to best, by grade and then by score.
fn worth(scored: &Scored) -> (std::cmp::Reverse<Grade>, Points) {
    (std::cmp::Reverse(scored.grade), scored.totals.score)
}

/// Whether the disaster rule gave another value for overstock.
fn relieved(inputs: &Inputs, measures: &Measures) -> bool {
    let parts = inputs.pack.indicators.iter().flat_map(|i| &i.parts);
    let stocking = [MeasureName::Overstock, MeasureName::GrasslandCare];
    parts
        .zip(&measures.parts)
        .any(|(part, m)| stocking.contains(&part.measure) && m.relieved.is_some())
}

/// Gates, level and what follows for the title (`domain.md` B.6, B.7).
fn award(inputs: &Inputs, facts: &Facts, scored: &Scored, assessment: &mut Assessment) {
    let gates: Vec<GateResult> = inputs
        .pack
        .gates
        .iter()
        .map(|gate| {
            let value = measure::value(inputs, facts, gate.measure, gate.denominator);
            let state = |passed: Option<bool>| match passed {
                Some(true) => GateState::Pass,
                Some(false) => GateState::Fail,
                None => GateState::Unknown,
            };
            GateResult {
                code: gate.code.clone(),
                value: value.and_then(|v| v.shown()),
                entry: state(value.map(|v| gate.entry.holds(v))),
                exit: state(value.map(|v| !gate.exit.holds(v))),
            }
        })
        .collect();
    let open = gates.iter().all(|g| g.entry == GateState::Pass);
    let complete = !scored.incomplete && !scored.too_little;
    let reached = |row: &&LevelRow| {
        let required = row.requires.is_none_or(|(name, test)| {
            measure::value(inputs, facts, name, None).is_some_and(|v| test.holds(v))
        });
        scored.totals.score >= row.from && required
    };
    let level = if open && complete {
        inputs.pack.levels.iter().find(reached)
    } else {
        None
    };
    assessment.level = level.map(|row| row.level);
    let outcome = title::decide(
        inputs.context.title.as_ref(),
        &gates,
        assessment.level,
        exits_suspended(inputs),
    );
    tell_award(&gates, assessment.level, &mut assessment.trace);
    assessment.title = Some(outcome);
    assessment.gates = gates;
}

/// Exit gates rest for two quarters from the start of a declared disaster (`domain.md` B.9.4).
fn exits_suspended(inputs: &Inputs) -> bool {
    let months = inputs.pack.settings.exit_suspension_months;
    inputs.context.disasters.iter().any(|disaster| {
        disaster.began_on <= inputs.as_of && inputs.as_of < months_after(disaster.began_on, months)
    })
}

fn tell_award(gates: &[GateResult], level: Option<TitleLevel>, trace: &mut Vec<TraceLine>) {
    for gate in gates {
        let mut line = TraceLine::new(Step::Gate, &gate.code);
        line.value.clone_from(&gate.value);
        line.result = Some(gate.entry.to_string());
        trace.push(line);
    }
    let mut line = TraceLine::new(Step::Level, "level");
    line.result = Some(level.map_or("not_reached", TitleLevel::as_str).to_owned());
    trace.push(line);
}

#[cfg(test)]
pub(crate) mod tests;
