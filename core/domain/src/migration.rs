//! What another rule pack or parameter table would change: who moves from which grade to which, and
//! why (`domain.md` B.8 f, I.3). Nothing here rates anybody.
//!
//! Each subject is judged twice, under the rules that its standing rests on and under the candidate
//! ([`Judged`]). A [`Migration`] takes the pairs in any order and can be joined with others, so that
//! a run of any length needs the memory of one page.

mod cause;
mod detail;
mod indicator;
mod matrix;
mod place;

pub use self::cause::{Cause, CauseCount, CauseKind, causes};
pub use self::detail::Detail;
pub use self::indicator::{IndicatorCount, IndicatorPoints, PointsCount};
pub use self::matrix::{Cell, Matrix};
pub use self::place::Place;

use crate::assess::{Assessment, Columns, Points};
use crate::id::SubjectId;
use crate::pack::RulePack;
use crate::subject::Grade;
use crate::validation::{Bands, Stability, Thresholds, stability};

/// Bands of the score: five points each, the last one with 100.
pub const SCORE_BANDS: usize = 20;

/// Most examples of one move or cause.
pub const EXAMPLES: usize = 3;

/// Where a subject stands under some rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The worst that is possible.
    pub low: Place,
    /// The best that is possible.
    pub high: Place,
    /// The score of the worst.
    pub score: Points,
}

/// What the candidate would change.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// From where to where.
    pub matrix: Matrix,
    /// Why, by kind and code.
    pub causes: Vec<CauseCount>,
    /// How many stand in each band of the score now.
    pub scores_before: Vec<u64>,
    /// How many would.
    pub scores_after: Vec<u64>,
    /// Points of each indicator, by its code.
    #[serde(default)]
    pub indicators: Vec<IndicatorCount>,
}

/// What would change in one division: who moves, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// From where to where.
    pub matrix: Matrix,
    /// Why, by kind and code; without examples.
    pub causes: Vec<CauseCount>,
}

impl Judged {
    /// From measured columns, under a pack that measures like the one that measured; `None` for a
    /// pack whose result does not come from columns alone (villages and townships).
    #[must_use]
    pub fn of_columns(pack: &RulePack, columns: &Columns) -> Option<Self> {
        if pack.grades.is_empty() {
            return None;
        }
        let surveyed = columns.survey(pack)?;
        let place = |grade: Grade| match columns.under_review {
            true => Place::Review,
            false => Place::Grade(grade),
        };
        Some(Self {
            low: place(surveyed.low.grade),
            high: place(surveyed.high.grade),
            score: surveyed.low.totals.score,
        })
    }

    /// From a whole assessment.
    #[must_use]
    pub fn of_assessment(assessment: &Assessment) -> Self {
        let range = &assessment.range;
        let (low, high) = match (range.low, range.high) {
            _ if range.under_review => (Place::Review, Place::Review),
            (Some(low), Some(high)) => (Place::Grade(low), Place::Grade(high)),
            _ => {
                let level = assessment.level.map_or(Place::NotReached, Place::Level);
                (level, level)
            }
        };
        Self {
            low,
            high,
            score: range.low_score,
        }
    }

    /// Whether the grade is still open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.low != self.high || self.low == Place::Review
    }

    /// Whether the two stand at different places.
    #[must_use]
    pub fn moves_to(&self, other: &Self) -> bool {
        (self.low, self.high) != (other.low, other.high)
    }
}

impl Migration {
    /// Counts one subject; `details` is asked for movers alone.
    pub fn add(
        &mut self,
        subject: &SubjectId,
        before: &Judged,
        after: &Judged,
        details: impl FnOnce() -> Option<(Detail, Detail)>,
    ) -> Vec<Cause> {
        self.matrix.add(Some(subject), before, after);
        count_score(&mut self.scores_before, before.score);
        count_score(&mut self.scores_after, after.score);
        if !before.moves_to(after) {
            return Vec::new();
        }
        let Some((old, new)) = details() else {
            return Vec::new();
        };
        let causes = causes(before, &old, after, &new);
        count_causes(&mut self.causes, Some(subject), &causes);
        causes
    }

    /// Counts the points of the same subject, now and under the candidate.
    pub fn add_points(&mut self, before: &IndicatorPoints<'_>, after: &IndicatorPoints<'_>) {
        indicator::add(&mut self.indicators, before, after);
    }

    /// Counts what another part of a run counted.
    pub fn join(&mut self, other: &Self) {
        self.matrix.join(&other.matrix);
        join_scores(&mut self.scores_before, &other.scores_before);
        join_scores(&mut self.scores_after, &other.scores_after);
        join_causes(&mut self.causes, &other.causes);
        indicator::join(&mut self.indicators, &other.indicators);
    }

    /// How far the grades that would be are from those that are (PSI, `domain.md` I.2).
    #[must_use]
    pub fn grade_stability(&self) -> Stability {
        let totals = self.matrix.totals();
        let of = |take: fn(&(Place, u64, u64)) -> u64| -> Bands {
            let named = totals.iter().map(|t| (t.0.to_string(), take(t)));
            named.collect()
        };
        stability(&of(|t| t.1), &of(|t| t.2), Thresholds::shipped())
    }

    /// The same of the bands of the score.
    #[must_use]
    pub fn score_stability(&self) -> Stability {
        let of = |counts: &[u64]| -> Bands {
            let named = counts.iter().enumerate();
            named.map(|(band, n)| (format!("{band:02}"), *n)).collect()
        };
        let (before, after) = (of(&self.scores_before), of(&self.scores_after));
        stability(&before, &after, Thresholds::shipped())
    }

    /// The causes, the one that led most moves first.
    #[must_use]
    pub fn top_causes(&self) -> Vec<&CauseCount> {
        top(&self.causes)
    }
}

impl Local {
    /// Counts one subject, with the causes that [`Migration::add`] found for it.
    pub fn add(&mut self, before: &Judged, after: &Judged, causes: &[Cause]) {
        self.matrix.add(None, before, after);
        count_causes(&mut self.causes, None, causes);
    }

    /// Adds what was counted elsewhere.
    pub fn join(&mut self, other: &Self) {
        self.matrix.join(&other.matrix);
        join_causes(&mut self.causes, &other.causes);
    }

    /// What led most moves first.
    #[must_use]
    pub fn top_causes(&self) -> Vec<&CauseCount> {
        top(&self.causes)
    }
}

fn top(causes: &[CauseCount]) -> Vec<&CauseCount> {
    let mut all: Vec<&CauseCount> = causes.iter().collect();
    all.sort_by_key(|c| (std::cmp::Reverse((c.led, c.subjects)), c.key()));
    all
}

fn count_causes(counts: &mut Vec<CauseCount>, subject: Option<&SubjectId>, causes: &[Cause]) {
    for (rank, cause) in causes.iter().enumerate() {
        let place = counts.binary_search_by(|c| c.key().cmp(&cause.key()));
        let place = place.unwrap_or_else(|place| {
            counts.insert(place, CauseCount::none(cause));
            place
        });
        if let Some(count) = counts.get_mut(place) {
            count.add(subject, cause, rank == 0);
        }
    }
}

fn join_causes(own: &mut Vec<CauseCount>, other: &[CauseCount]) {
    for theirs in other {
        match own.binary_search_by(|c| c.key().cmp(&theirs.key())) {
            Ok(place) => {
                if let Some(own) = own.get_mut(place) {
                    own.join(theirs);
                }
            }
            Err(place) => own.insert(place, theirs.clone()),
        }
    }
}

fn count_score(bands: &mut Vec<u64>, score: Points) {
    bands.resize(SCORE_BANDS, 0);
    let band = usize::try_from(score.0 / 500).unwrap_or(0);
    if let Some(count) = bands.get_mut(band.min(SCORE_BANDS - 1)) {
        *count += 1;
    }
}

fn join_scores(own: &mut Vec<u64>, other: &[u64]) {
    own.resize(SCORE_BANDS, 0);
    for (own, other) in own.iter_mut().zip(other) {
        *own += other;
    }
}

/// Takes examples up to [`EXAMPLES`].
fn keep_examples<'a>(own: &mut Vec<SubjectId>, more: impl IntoIterator<Item = &'a SubjectId>) {
    let room = EXAMPLES.saturating_sub(own.len());
    own.extend(more.into_iter().take(room).cloned());
}

#[cfg(test)]
mod tests;
