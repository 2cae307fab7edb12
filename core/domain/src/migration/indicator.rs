//! The points of each indicator now and under the candidate: what its CSI is computed from
//! (`domain.md` I.2).

use crate::assess::{Assessment, Columns, Points, Step, points_of};
use crate::pack::RulePack;
use crate::validation::{Bands, Stability, Thresholds, stability};

/// The points of the indicators of one subject, of the lowest combination; `None` where an
/// indicator does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndicatorPoints<'a>(Vec<(&'a str, Option<Points>)>);

/// How often an indicator gave each number of points.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicatorCount {
    /// The indicator.
    pub code: String,
    /// By points, not applicable first.
    pub points: Vec<PointsCount>,
}

/// How many subjects have so many points of an indicator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsCount {
    /// The points; absent where the indicator does not apply.
    pub points: Option<Points>,
    /// Now.
    pub before: u64,
    /// Under the candidate.
    pub after: u64,
}

impl<'a> IndicatorPoints<'a> {
    /// From measured columns; see [`super::Judged::of_columns`].
    #[must_use]
    pub fn of_columns(pack: &'a RulePack, columns: &'a Columns) -> Self {
        let surveyed = columns.survey(pack);
        let points = surveyed.map(|surveyed| points_of(pack, surveyed.lowest).collect());
        Self(points.unwrap_or_default())
    }

    /// From a whole assessment.
    #[must_use]
    pub fn of_assessment(assessment: &'a Assessment) -> Self {
        let lines = assessment.trace.iter();
        let lines = lines.filter(|line| line.step == Step::Indicator);
        Self(
            lines
                .map(|line| (line.code.as_str(), line.points))
                .collect(),
        )
    }
}

impl IndicatorCount {
    /// CSI: whether the points are distributed as before.
    #[must_use]
    pub fn stability(&self) -> Stability {
        let of = |take: fn(&PointsCount) -> u64| -> Bands {
            let named = self.points.iter().map(|count| {
                let points = count.points.map(|points| points.to_string());
                (points.unwrap_or_else(|| "none".to_owned()), take(count))
            });
            named.filter(|(_, n)| *n > 0).collect()
        };
        stability(&of(|c| c.before), &of(|c| c.after), Thresholds::shipped())
    }

    fn at(&mut self, points: Option<Points>) -> &mut PointsCount {
        let found = self.points.binary_search_by(|c| c.points.cmp(&points));
        let place = found.unwrap_or_else(|place| {
            let none = PointsCount {
                points,
                before: 0,
                after: 0,
            };
            self.points.insert(place, none);
            place
        });
        &mut self.points[place]
    }
}

/// Counts one subject.
pub(super) fn add(
    counts: &mut Vec<IndicatorCount>,
    before: &IndicatorPoints<'_>,
    after: &IndicatorPoints<'_>,
) {
    for (code, points) in &before.0 {
        of_code(counts, code).at(*points).before += 1;
    }
    for (code, points) in &after.0 {
        of_code(counts, code).at(*points).after += 1;
    }
}

/// Adds the counts of others.
pub(super) fn join(own: &mut Vec<IndicatorCount>, other: &[IndicatorCount]) {
    for theirs in other {
        let own = of_code(own, &theirs.code);
        for count in &theirs.points {
            let same = own.at(count.points);
            same.before += count.before;
            same.after += count.after;
        }
    }
}

fn of_code<'c>(counts: &'c mut Vec<IndicatorCount>, code: &str) -> &'c mut IndicatorCount {
    let found = counts.binary_search_by(|count| count.code.as_str().cmp(code));
    let place = found.unwrap_or_else(|place| {
        let none = IndicatorCount {
            code: code.to_owned(),
            points: Vec::new(),
        };
        counts.insert(place, none);
        place
    });
    &mut counts[place]
}
