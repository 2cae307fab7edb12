//! Whether those who are rated now are like those before: PSI, and CSI of one indicator
//! (`domain.md` I.2).

use std::collections::{BTreeMap, BTreeSet};

use super::Verdict;
use super::logarithm::{SCALE, ln};
use super::share::{MILLION, Ppm};
use super::thresholds::Thresholds;
use crate::pack::decimal;

/// Counts by band; a band is a code.
pub type Bands = BTreeMap<String, u64>;

/// How far two populations are apart.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stability {
    /// The earlier population.
    pub before: u64,
    /// The present one.
    pub now: u64,
    /// Σ (now − before) · ln(now ÷ before) over the bands, of shares; half up. `None` if one of
    /// them is empty.
    pub psi: Option<Ppm>,
    /// Below 0.10 stable, to 0.25 watch, above act; none for a population that is too small.
    pub verdict: Verdict,
}

/// The population stability index of two populations.
///
/// A band that one of them does not have counts there as half a subject, because the index does
/// not exist otherwise; a band that both do not have is none.
#[must_use]
pub fn stability(before: &Bands, now: &Bands, thresholds: &Thresholds) -> Stability {
    let (whole_before, whole_now) = (total(before), total(now));
    let mut found = Stability {
        before: whole_before,
        now: whole_now,
        psi: None,
        verdict: Verdict::Insufficient,
    };
    if whole_before == 0 || whole_now == 0 {
        return found;
    }
    let bands: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let count = |of: &Bands, band: &String| of.get(band).copied().unwrap_or(0);
    let terms = bands.into_iter().map(|band| {
        let (was, is) = (count(before, band), count(now, band));
        term((was, whole_before), (is, whole_now))
    });
    let units: i128 = terms.sum();
    let psi = decimal::half_up(units, SCALE / MILLION);
    let psi = Ppm(i64::try_from(psi).unwrap_or(i64::MAX));
    found.psi = Some(psi);
    if whole_before.min(whole_now) >= thresholds.least_group {
        found.verdict = if psi < thresholds.psi_watch {
            Verdict::Pass
        } else if psi <= thresholds.psi_act {
            Verdict::Watch
        } else {
            Verdict::Act
        };
    }
    found
}

fn total(bands: &Bands) -> u64 {
    bands.values().fold(0, |sum, n| sum.saturating_add(*n))
}

/// One band's part of the index in units of 10^-18. Counts are doubled, so that half a subject is
/// a whole number.
fn term((was, whole_was): (u64, u64), (is, whole_is): (u64, u64)) -> i128 {
    if was == 0 && is == 0 {
        return 0;
    }
    let (was, is) = ((2 * was).max(1), (2 * is).max(1));
    let (whole_was, whole_is) = (2 * whole_was, 2 * whole_is);
    let is_cross = i128::from(is) * i128::from(whole_was);
    let was_cross = i128::from(was) * i128::from(whole_is);
    let log = ln(is, was) + ln(whole_was, whole_is);
    // The difference of the shares in units of 10^-12 keeps the product within the integer.
    let apart = decimal::half_up(
        (is_cross - was_cross) * 1_000_000_000_000,
        i128::from(whole_was) * i128::from(whole_is),
    );
    apart * (log / 1_000_000) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bands(counts: &[u64]) -> Bands {
        let band = |(i, n): (usize, &u64)| (format!("{i}"), *n);
        counts.iter().enumerate().map(band).collect()
    }

    fn of(before: &[u64], now: &[u64]) -> Stability {
        stability(&bands(before), &bands(now), Thresholds::shipped())
    }

    /// Shares 0.5, 0.3, 0.2 → 0.4, 0.4, 0.2: (−0.1)·ln 0.8 + 0.1·ln(4/3) + 0
    /// = 0.0223144 + 0.0287682 = 0.0510826.
    #[test]
    fn the_index_is_the_one_of_hand_arithmetic() {
        let found = of(&[500, 300, 200], &[400, 400, 200]);
        assert_eq!(found.psi, Some(Ppm(51_083)));
        assert_eq!(found.verdict, Verdict::Pass);
    }

    /// Shares 0.5, 0.5 → 0.7, 0.3: 0.2·ln 1.4 − 0.2·ln 0.6 = 0.0672944 + 0.1021651 = 0.1694596;
    /// → 0.8, 0.2: 0.3·ln 1.6 − 0.3·ln 0.4 = 0.1410011 + 0.2748872 = 0.4158883.
    #[test]
    fn the_verdict_follows_the_index() {
        let watch = of(&[50, 50], &[70, 30]);
        assert_eq!(
            (watch.psi, watch.verdict),
            (Some(Ppm(169_460)), Verdict::Watch)
        );
        let act = of(&[50, 50], &[80, 20]);
        assert_eq!((act.psi, act.verdict), (Some(Ppm(415_888)), Verdict::Act));
    }

    /// An empty band counts half a subject of 100: (0.005 − 0.2)·ln(0.005/0.2), and
    /// (1 − 0.8)·ln(1/0.8): 0.195·3.6888795 + 0.2·0.2231436 = 0.7639602.
    #[test]
    fn an_empty_band_gives_an_index_and_no_fault() {
        assert_eq!(of(&[80, 20], &[100, 0]).psi, Some(Ppm(763_960)));
        assert_eq!(of(&[], &[100, 0]).psi, None);
    }

    #[test]
    fn a_population_that_is_too_small_gets_no_verdict() {
        assert_eq!(of(&[50, 50], &[28, 1]).verdict, Verdict::Insufficient);
    }

    proptest! {
        #[test]
        fn the_index_is_symmetric_never_negative_and_nothing_for_equals(
            rows in proptest::collection::vec((1_u64..100_000, 1_u64..100_000), 1..12)
        ) {
            let (before, now): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
            let (there, back) = (of(&before, &now).psi.unwrap(), of(&now, &before).psi.unwrap());
            prop_assert!((there.0 - back.0).abs() <= 1);
            prop_assert!(there.0 >= 0);
            prop_assert_eq!(of(&now, &now).psi, Some(Ppm(0)));
        }
    }
}
