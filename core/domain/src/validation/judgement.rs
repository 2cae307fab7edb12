//! Where people judge: overrides, second visits, peer evaluations, and figures that pile up where
//! they are wished for (`domain.md` I.2, G 30, 33, 38, 41).

use std::collections::BTreeMap;

use super::Verdict;
use super::share::{Ppm, Share, ratio};
use super::thresholds::Thresholds;
use crate::assess::Points;
use crate::id::OfficerId;

/// Overrides among reviewed cases, in all and by reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// Cases that were overridden.
    cases: Share,
    up: u64,
    down: u64,
    /// Bads among goods and bads of the overridden.
    bads: Share,
    /// The same of all others.
    other_bads: Share,
    reviewers: BTreeMap<OfficerId, Share>,
}

/// How often the computed grade was moved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Overridden {
    /// Overridden among all cases.
    pub cases: Share,
    /// Their share.
    pub rate: Option<Ppm>,
    /// To a better grade.
    pub up: u64,
    /// To a worse one.
    pub down: u64,
    /// Bads among the overridden with an outcome.
    pub bads: Share,
    /// Bads among all others with one.
    pub other_bads: Share,
    /// By reviewer, the one with the most overrides first.
    pub reviewers: Vec<(OfficerId, Share)>,
    /// Whether more than the share of the thresholds was moved.
    pub verdict: Verdict,
}

/// Which way an override went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// To a better grade.
    Up,
    /// To a worse one.
    Down,
}

impl Overrides {
    /// Counts one case: its reviewer, whether and how the grade was moved, and whether it came to
    /// be bad.
    pub fn add(
        &mut self,
        reviewer: Option<&OfficerId>,
        moved: Option<Moved>,
        is_bad: Option<bool>,
    ) {
        self.cases.add(moved.is_some());
        match moved {
            Some(Moved::Up) => self.up += 1,
            Some(Moved::Down) => self.down += 1,
            None => {}
        }
        let bads = if moved.is_some() {
            &mut self.bads
        } else {
            &mut self.other_bads
        };
        if let Some(is_bad) = is_bad {
            bads.add(is_bad);
        }
        if let Some(reviewer) = reviewer {
            let own = self.reviewers.entry(reviewer.clone()).or_default();
            own.add(moved.is_some());
        }
    }

    /// The figures.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> Overridden {
        let mut reviewers: Vec<_> = self
            .reviewers
            .iter()
            .map(|(officer, share)| (officer.clone(), *share))
            .collect();
        reviewers.sort_by_key(|(officer, share)| (std::cmp::Reverse(share.part), officer.clone()));
        Overridden {
            cases: self.cases,
            rate: self.cases.ppm(),
            up: self.up,
            down: self.down,
            bads: self.bads,
            other_bads: self.other_bads,
            reviewers,
            verdict: Verdict::at_most(self.cases, thresholds.override_most, thresholds),
        }
    }
}

/// Blind second visits: two seals of one household and campaign by different officers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecondVisits {
    /// Cases that were visited twice.
    cases: Share,
    /// Pairs with the same grade.
    same_grade: Share,
    points_apart: i128,
    /// Values that both have, by item; the part differs.
    fields: BTreeMap<String, Share>,
}

/// How far two officers agree.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Agreement {
    /// Cases that were visited twice, among all.
    pub visited_twice: Share,
    /// Whether enough cases were visited twice.
    pub is_enough: bool,
    /// Pairs with the same grade.
    pub same_grade: Share,
    /// Mean absolute difference of the scores, half up; `None` without a pair.
    pub mean_apart: Option<Points>,
    /// Values that differ among those that both have, by item; the most disputed first.
    pub fields: Vec<(String, Share)>,
    /// Green, amber or neither of the thresholds.
    pub verdict: Verdict,
}

impl SecondVisits {
    /// Counts a case that was visited by one officer or pair alone.
    pub const fn add_single(&mut self) {
        self.cases.add(false);
    }

    /// Counts a case with a second visit: both scores, and whether the grade is the same.
    pub fn add_pair(&mut self, scores: (Points, Points), is_same_grade: bool) {
        self.cases.add(true);
        self.same_grade.add(is_same_grade);
        self.points_apart += i128::from(scores.0.0.abs_diff(scores.1.0));
    }

    /// Counts a value that both visits have.
    pub fn add_field(&mut self, item: &str, differs: bool) {
        match self.fields.get_mut(item) {
            Some(share) => share.add(differs),
            None => {
                self.fields.entry(item.to_owned()).or_default().add(differs);
            }
        }
    }

    /// The figures.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> Agreement {
        let pairs = self.same_grade.whole;
        let mean = || crate::pack::decimal::half_up(self.points_apart, pairs.into());
        let mut fields: Vec<_> = self.fields.clone().into_iter().collect();
        fields.sort_by(|(a, x), (b, y)| {
            let by_rate = y.compare(*x).unwrap_or(std::cmp::Ordering::Equal);
            by_rate.then_with(|| a.cmp(b))
        });
        let verdict = if pairs < thresholds.least_group {
            Verdict::Insufficient
        } else if self.same_grade.reaches(thresholds.agreement_green) {
            Verdict::Pass
        } else if self.same_grade.reaches(thresholds.agreement_amber) {
            Verdict::Watch
        } else {
            Verdict::Act
        };
        Agreement {
            visited_twice: self.cases,
            is_enough: self.cases.reaches(thresholds.second_visit_least),
            same_grade: self.same_grade,
            mean_apart: (pairs > 0).then(|| Points(i64::try_from(mean()).unwrap_or(i64::MAX))),
            fields,
            verdict,
        }
    }
}

/// Scores just above and just below the cuts between grades, and the last digits of counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heaping {
    cuts: BTreeMap<i64, (u64, u64)>,
    /// Counts that end in 0 or 5.
    round: Share,
}

/// Where figures pile up.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Heaps {
    /// Each cut with the scores of the point above it and of the point below.
    pub cuts: Vec<Cut>,
    /// Counts from 10 on that end in 0 or 5; one in five does by chance.
    pub round: Share,
    /// Whether the last digits are counted or guessed.
    pub verdict: Verdict,
}

/// Scores around a cut: `[70, 71)` against `[69, 70)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cut {
    /// The first score of the better grade.
    pub at: Points,
    /// Scores in the point from it on.
    pub above: u64,
    /// Scores in the point below it.
    pub below: u64,
    /// Whether more than the thresholds' multiple stands above.
    pub verdict: Verdict,
}

/// Hundredths of one point.
const ONE_POINT: i64 = 100;

/// Counts below this have no last digit that could be rounded.
const LEAST_COUNT: i64 = 10;

impl Heaping {
    /// Counts a score beside the cuts of its pack.
    pub fn add_score(&mut self, score: Points, cuts: &[Points]) {
        for cut in cuts {
            let beside = self.cuts.entry(cut.0).or_default();
            if (cut.0..cut.0 + ONE_POINT).contains(&score.0) {
                beside.0 += 1;
            } else if (cut.0 - ONE_POINT..cut.0).contains(&score.0) {
                beside.1 += 1;
            }
        }
    }

    /// Counts a number of animals.
    pub const fn add_count(&mut self, heads: i64) {
        if heads >= LEAST_COUNT {
            self.round.add(heads % 5 == 0);
        }
    }

    /// The figures.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> Heaps {
        let cut = |(at, (above, below)): (&i64, &(u64, u64))| Cut {
            at: Points(*at),
            above: *above,
            below: *below,
            verdict: heap_verdict(*above, *below, thresholds),
        };
        Heaps {
            cuts: self.cuts.iter().map(cut).rev().collect(),
            round: self.round,
            verdict: Verdict::at_most(self.round, thresholds.round_most, thresholds),
        }
    }
}

fn heap_verdict(above: u64, below: u64, thresholds: &Thresholds) -> Verdict {
    if above + below < thresholds.least_group {
        return Verdict::Insufficient;
    }
    let million = super::share::MILLION;
    let most = i128::from(thresholds.heaping_most.0) * i128::from(below);
    if i128::from(above) * million > most {
        Verdict::Watch
    } else {
        Verdict::Pass
    }
}

/// Ballots of the peer evaluation, by evaluator. A single ballot never leaves: sums do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ballots {
    /// Of each evaluator the ballots, the sum of their marks in hundredths, and those with 5.0.
    evaluators: BTreeMap<OfficerId, (u64, i128, u64)>,
}

/// How evaluators mark.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PeerMarks {
    /// Evaluators with a ballot.
    pub evaluators: u64,
    /// Ballots with the highest mark throughout.
    pub top: Share,
    /// Mean mark in hundredths, half up.
    pub mean: Option<Points>,
    /// Variance of the evaluators' mean marks around the mean of these, in hundredths of a mark
    /// squared; half up. `None` below two evaluators.
    pub variance_between: Option<Points>,
    /// Evaluators who gave nothing but the highest mark, of those with enough ballots
    /// (`domain.md` G 38).
    pub always_top: Share,
    /// Whether more ballots than the thresholds say carry the highest mark.
    pub verdict: Verdict,
}

/// The highest mark in hundredths.
const TOP: i64 = 500;

/// An evaluator with fewer ballots shows no habit.
const LEAST_BALLOTS: u64 = 5;

impl Ballots {
    /// Counts a ballot by its mean mark in hundredths.
    pub fn add(&mut self, evaluator: &OfficerId, mean_centi: i64) {
        let own = self.evaluators.entry(evaluator.clone()).or_default();
        own.0 += 1;
        own.1 += i128::from(mean_centi);
        own.2 += u64::from(mean_centi >= TOP);
    }

    /// The figures.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> PeerMarks {
        let mut top = Share::default();
        let (mut sum, mut always_top) = (0_i128, Share::default());
        for (ballots, marks, with_top) in self.evaluators.values() {
            top.join(Share::of(*with_top, *ballots));
            sum += *marks;
            if *ballots >= LEAST_BALLOTS {
                always_top.add(ballots == with_top);
            }
        }
        let points = |value: i128| Points(i64::try_from(value).unwrap_or(i64::MAX));
        let mean = || crate::pack::decimal::half_up(sum, top.whole.into());
        PeerMarks {
            evaluators: u64::try_from(self.evaluators.len()).unwrap_or(u64::MAX),
            top,
            mean: (top.whole > 0).then(|| points(mean())),
            variance_between: self.variance(),
            always_top,
            verdict: Verdict::at_most(top, thresholds.top_mark_most, thresholds),
        }
    }

    /// Means in millionths of a mark, so that the variance is exact to its last place.
    fn variance(&self) -> Option<Points> {
        let means: Vec<i128> = self
            .evaluators
            .values()
            .map(|(ballots, marks, _)| ratio(*marks, i128::from(*ballots) * 100).0.into())
            .collect();
        let n = i128::try_from(means.len()).ok().filter(|n| *n > 1)?;
        let (sum, squares) = means
            .iter()
            .fold((0_i128, 0_i128), |(s, q), m| (s + m, q + m * m));
        let spread = n * squares - sum * sum;
        let centi = crate::pack::decimal::half_up(spread * 100, n * n * 1_000_000_000_000);
        Some(Points(i64::try_from(centi).unwrap_or(i64::MAX)))
    }
}
