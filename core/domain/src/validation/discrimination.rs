//! Whether scores tell good from bad: AUC, Gini and KS (`domain.md` I.2).

use super::Verdict;
use super::share::{Ppm, ratio};
use super::thresholds::Thresholds;
use crate::assess::Points;

/// Scores from 0.00 to 100.00.
const SCORES: usize = 10_001;

/// Counts of good and bad outcomes by score: exact, and of one size however many ratings there
/// are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrimination {
    goods: Vec<u64>,
    bads: Vec<u64>,
}

/// What the scores tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Discriminates {
    /// Ratings with a good outcome.
    pub goods: u64,
    /// Ratings with a bad outcome.
    pub bads: u64,
    /// How often a good one has the higher score of two, ties counting one half; half up.
    /// `None` without goods or bads.
    pub auc: Option<Ppm>,
    /// 2·AUC − 1, from the exact AUC.
    pub gini: Option<Ppm>,
    /// The largest difference of the cumulative distributions.
    pub ks: Option<Ppm>,
    /// The lowest score up to which that difference is reached.
    pub ks_at: Option<Points>,
    /// Without enough bads there is none.
    pub verdict: Verdict,
}

impl Default for Discrimination {
    fn default() -> Self {
        Self {
            goods: vec![0; SCORES],
            bads: vec![0; SCORES],
        }
    }
}

impl Discrimination {
    /// Counts one rating with its outcome; a score beyond 0 and 100 counts as the nearest.
    pub fn add(&mut self, score: Points, is_bad: bool) {
        let at = usize::try_from(score.0).unwrap_or(0).min(SCORES - 1);
        let counts = if is_bad {
            &mut self.bads
        } else {
            &mut self.goods
        };
        counts[at] += 1;
    }

    /// The figures.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> Discriminates {
        let (goods, bads): (u64, u64) = (self.goods.iter().sum(), self.bads.iter().sum());
        let pairs = i128::from(goods) * i128::from(bads);
        let mut found = Discriminates {
            goods,
            bads,
            auc: None,
            gini: None,
            ks: None,
            ks_at: None,
            verdict: Verdict::Insufficient,
        };
        if pairs == 0 {
            return found;
        }
        let wins = self.half_wins();
        let (gap, at) = self.widest_gap(goods, bads);
        found.auc = Some(ratio(wins, 2 * pairs));
        found.gini = Some(ratio(wins - pairs, pairs));
        found.ks = Some(ratio(gap, pairs));
        found.ks_at = Some(at);
        if bads >= thresholds.least_bads {
            found.verdict = verdict(wins, pairs, thresholds);
        }
        found
    }

    /// Twice the pairs of a good and a bad in which the good has the higher score, and once those
    /// in which both have the same.
    fn half_wins(&self) -> i128 {
        let (mut below, mut wins) = (0_i128, 0_i128);
        for (good, bad) in self.goods.iter().zip(&self.bads) {
            wins += i128::from(*good) * (2 * below + i128::from(*bad));
            below += i128::from(*bad);
        }
        wins
    }

    /// The largest difference of the cumulative distributions times goods × bads.
    fn widest_gap(&self, goods: u64, bads: u64) -> (i128, Points) {
        let (mut good_sum, mut bad_sum) = (0_i128, 0_i128);
        let (mut widest, mut at) = (0_i128, Points(0));
        for (score, (good, bad)) in (0_i64..).zip(self.goods.iter().zip(&self.bads)) {
            good_sum += i128::from(*good);
            bad_sum += i128::from(*bad);
            let gap = (bad_sum * i128::from(goods) - good_sum * i128::from(bads)).abs();
            if gap > widest {
                (widest, at) = (gap, Points(score));
            }
        }
        (widest, at)
    }
}

fn verdict(wins: i128, pairs: i128, thresholds: &Thresholds) -> Verdict {
    let reaches = |limit: Ppm| wins * super::share::MILLION >= i128::from(limit.0) * 2 * pairs;
    if reaches(thresholds.auc_watch) {
        Verdict::Pass
    } else if reaches(thresholds.auc_act) {
        Verdict::Watch
    } else {
        Verdict::Act
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(rows: &[(i64, bool)]) -> Discriminates {
        let mut counts = Discrimination::default();
        for (score, is_bad) in rows {
            counts.add(Points(*score), *is_bad);
        }
        counts.result(Thresholds::shipped())
    }

    /// Goods 80, 60, 60; bads 60, 40. Pairs: 80 wins 2, each 60 ties once and wins once:
    /// 2 + 1.5 + 1.5 = 5 of 6. Up to 40: half of the bads, no good: 1/2. Up to 60: all bads,
    /// 2/3 of the goods: 1/3.
    #[test]
    fn a_tie_counts_one_half() {
        let rows = [
            (8_000, false),
            (6_000, false),
            (6_000, false),
            (6_000, true),
            (4_000, true),
        ];
        let found = of(&rows);
        assert_eq!((found.goods, found.bads), (3, 2));
        assert_eq!(found.auc, Some(Ppm(833_333)));
        assert_eq!(found.gini, Some(Ppm(666_667)));
        assert_eq!(found.ks, Some(Ppm(500_000)));
        assert_eq!(found.ks_at, Some(Points(4_000)));
        assert_eq!(found.verdict, Verdict::Insufficient);
    }

    #[test]
    fn no_verdict_is_given_below_thirty_bads_and_none_is_withheld_from_thirty_on() {
        let mut rows = vec![(9_000, false); 50];
        rows.extend([(5_000, true); 29]);
        assert_eq!(of(&rows).verdict, Verdict::Insufficient);
        rows.push((5_000, true));
        assert_eq!(of(&rows).verdict, Verdict::Pass);
        let worse: Vec<_> = rows.iter().map(|(s, bad)| (10_000 - s, *bad)).collect();
        assert_eq!(of(&worse).verdict, Verdict::Act);
        assert_eq!(of(&worse).gini, Some(Ppm(-1_000_000)));
    }

    #[test]
    fn one_class_alone_has_no_figures() {
        let found = of(&[(9_000, false), (100, false)]);
        assert_eq!((found.auc, found.gini, found.ks), (None, None, None));
    }

    proptest! {
        /// Every pair and every score looked at one by one.
        #[test]
        fn the_counts_say_what_the_pairs_say(
            rows in proptest::collection::vec((0_i64..40, any::<bool>()), 2..60)
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(s, bad)| (s * 250, bad)).collect();
            let goods: Vec<i64> = rows.iter().filter(|r| !r.1).map(|r| r.0).collect();
            let bads: Vec<i64> = rows.iter().filter(|r| r.1).map(|r| r.0).collect();
            prop_assume!(!goods.is_empty() && !bads.is_empty());
            let halves: i128 = goods.iter().flat_map(|g| bads.iter().map(move |b| match g.cmp(b) {
                std::cmp::Ordering::Greater => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Less => 0,
            })).sum();
            let up_to = |all: &[i64], s: i64| all.iter().filter(|x| **x <= s).count() as i128;
            let (g, b) = (goods.len() as i128, bads.len() as i128);
            let ks = (0..=10_000).map(|s| (up_to(&goods, s) * b - up_to(&bads, s) * g).abs()).max();
            let found = of(&rows);
            prop_assert_eq!(found.auc, Some(ratio(halves, 2 * g * b)));
            prop_assert_eq!(found.gini, Some(ratio(halves - g * b, g * b)));
            prop_assert_eq!(found.ks, ks.map(|ks| ratio(ks, g * b)));
        }
    }
}
