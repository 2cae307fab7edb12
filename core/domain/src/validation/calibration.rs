//! Whether worse grades are worse: the bad rate of each grade (`domain.md` I.2).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Verdict;
use super::share::{Interval, Ppm, Share};
use super::thresholds::Thresholds;
use crate::subject::Grade;

/// Outcomes by grade.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calibration {
    grades: BTreeMap<Grade, Share>,
}

/// What the grades came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Calibrated {
    /// Each grade with an outcome, the best first.
    pub grades: Vec<GradeRate>,
    /// Neighbours among these of which the better one has not the lower bad rate.
    pub breaks: Vec<(Grade, Grade)>,
    /// Without enough bads there is none.
    pub verdict: Verdict,
}

/// The bad rate of a grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GradeRate {
    /// The grade.
    pub grade: Grade,
    /// Bads among goods and bads.
    pub bads: Share,
    /// Their share, half up.
    pub rate: Option<Ppm>,
    /// Its Wilson interval of 95 %.
    pub interval: Option<Interval>,
}

impl Calibration {
    /// Counts one rating with its outcome.
    pub fn add(&mut self, grade: Grade, is_bad: bool) {
        self.grades.entry(grade).or_default().add(is_bad);
    }

    /// The rates, and whether they rise from AAA to C. Two grades without any bad are no break:
    /// nothing was seen that could tell them apart.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> Calibrated {
        let scored = |grade: &Grade| Grade::SCORED.contains(grade);
        let seen: Vec<(Grade, Share)> = self.grades.iter().map(|(g, s)| (*g, *s)).collect();
        let ranked: Vec<_> = seen.iter().filter(|(grade, _)| scored(grade)).collect();
        let breaks: Vec<(Grade, Grade)> = ranked
            .windows(2)
            .filter_map(|pair| match pair {
                [(better, a), (worse, b)] if is_break(*a, *b) => Some((*better, *worse)),
                _ => None,
            })
            .collect();
        let bads: u64 = seen.iter().map(|(_, share)| share.part).sum();
        let verdict = match (bads >= thresholds.least_bads, breaks.is_empty()) {
            (false, _) => Verdict::Insufficient,
            (true, true) => Verdict::Pass,
            (true, false) => Verdict::Act,
        };
        let rate = |(grade, bads): (Grade, Share)| GradeRate {
            grade,
            bads,
            rate: bads.ppm(),
            interval: bads.wilson(),
        };
        Calibrated {
            grades: seen.into_iter().map(rate).collect(),
            breaks,
            verdict,
        }
    }
}

fn is_break(better: Share, worse: Share) -> bool {
    let has_bads = better.part + worse.part > 0;
    has_bads && better.compare(worse) != Some(Ordering::Less)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(grades: &[(Grade, u64, u64)]) -> Calibrated {
        let mut counts = Calibration::default();
        for (grade, bads, goods) in grades {
            (0..*bads).for_each(|_| counts.add(*grade, true));
            (0..*goods).for_each(|_| counts.add(*grade, false));
        }
        counts.result(Thresholds::shipped())
    }

    #[test]
    fn rates_that_rise_with_worse_grades_pass() {
        let found = of(&[
            (Grade::Aaa, 0, 200),
            (Grade::Aa, 4, 196),
            (Grade::A, 8, 92),
            (Grade::B, 10, 40),
            (Grade::C, 10, 10),
        ]);
        assert_eq!((found.breaks, found.verdict), (vec![], Verdict::Pass));
        let aa = found.grades[1];
        assert_eq!(aa.rate, Some(Ppm(20_000)));
        // 4 of 200: 0.0078 to 0.0502.
        let interval = aa.interval.unwrap();
        assert_eq!((interval.low.0 / 100, interval.high.0 / 100), (78, 502));
    }

    #[test]
    fn a_better_grade_that_is_no_better_is_named() {
        let found = of(&[
            (Grade::Aaa, 0, 9),
            (Grade::Aa, 0, 9),
            (Grade::A, 20, 80),
            (Grade::B, 20, 80),
            (Grade::C, 5, 95),
        ]);
        let named = [(Grade::A, Grade::B), (Grade::B, Grade::C)];
        assert_eq!(
            (found.breaks.as_slice(), found.verdict),
            (&named[..], Verdict::Act)
        );
    }

    #[test]
    fn few_bads_give_figures_and_no_verdict() {
        let found = of(&[(Grade::Aaa, 20, 1), (Grade::C, 9, 99)]);
        assert_eq!(found.verdict, Verdict::Insufficient);
        assert_eq!(found.breaks, [(Grade::Aaa, Grade::C)]);
    }
}
