//! Shares of whole counts, kept exact, and the interval around them.

use std::fmt;
use std::str::FromStr;

use crate::pack::decimal;

/// Millionths, written as a decimal text of six places: `"0.812500"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ppm(pub i64);

/// A text that is no decimal of six places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a share is a decimal with at most six places, as \"0.812500\"")]
pub struct PpmError;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Share {
    /// So many.
    pub part: u64,
    /// Of so many.
    pub whole: u64,
}

/// Bounds of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Interval {
    /// The lower bound, rounded down.
    pub low: Ppm,
    /// The upper bound, rounded up.
    pub high: Ppm,
}

/// A million.
pub(super) const MILLION: i128 = 1_000_000;

/// The 97.5 % quantile of the normal distribution in millionths.
const Z: i128 = 1_959_964;

impl Share {
    /// `part` of `whole`; a part never exceeds its whole.
    #[must_use]
    pub const fn of(part: u64, whole: u64) -> Self {
        Self { part, whole }
    }

    /// Counts one more, which has the property or not.
    pub const fn add(&mut self, has_it: bool) {
        self.whole += 1;
        if has_it {
            self.part += 1;
        }
    }

    /// Counts those of another share too.
    pub const fn join(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }

    /// In millionths, half up; `None` of nothing.
    #[must_use]
    pub fn ppm(self) -> Option<Ppm> {
        (self.whole > 0).then(|| ratio(self.part.into(), self.whole.into()))
    }

    /// Whether it lies above `limit`, by cross-multiplication; nothing lies above anything.
    #[must_use]
    pub fn exceeds(self, limit: Ppm) -> bool {
        i128::from(self.part) * MILLION > i128::from(limit.0) * i128::from(self.whole)
    }

    /// Whether it reaches `limit`, by cross-multiplication; of nothing everything is reached.
    #[must_use]
    pub fn reaches(self, limit: Ppm) -> bool {
        i128::from(self.part) * MILLION >= i128::from(limit.0) * i128::from(self.whole)
    }

    /// Its order relative to another share, exact; `None` if one of them is of nothing.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        if self.whole == 0 || other.whole == 0 {
            return None;
        }
        let left = u128::from(self.part) * u128::from(other.whole);
        let right = u128::from(other.part) * u128::from(self.whole);
        Some(left.cmp(&right))
    }

    /// The Wilson interval of 95 % (`domain.md` I.2): with k of n and z = 1.959964,
    /// (k + z²/2 ± z·√(k(n−k)/n + z²/4)) ÷ (n + z²). In integers; the root is rounded up and the
    /// bounds outward, so that the interval is never too narrow and at most two millionths too
    /// wide. `None` of nothing.
    #[must_use]
    pub fn wilson(self) -> Option<Interval> {
        if self.whole == 0 || self.part > self.whole {
            return None;
        }
        let (k, n) = (i128::from(self.part), i128::from(self.whole));
        // Everything times 2·10^12: z² is Z²/10^12, and the root is taken of what stands under it
        // times 4·10^12·10^6.
        let square = Z * Z;
        let middle = 2 * k * MILLION * MILLION + square;
        let under = (4 * MILLION * MILLION * k * (n - k) + square * n) * MILLION;
        let root = root_up(under.unsigned_abs().div_ceil(self.whole.into()));
        let reach = (Z * i128::try_from(root).ok()?).unsigned_abs();
        let reach = i128::try_from(reach.div_ceil(1_000)).ok()?;
        let whole = 2 * (n * MILLION * MILLION + square);
        let low = ((middle - reach) * MILLION).div_euclid(whole);
        let high = -(-(middle + reach) * MILLION).div_euclid(whole);
        let bound = |value: i128| Ppm(i64::try_from(value.clamp(0, MILLION)).unwrap_or(0));
        Some(Interval {
            low: bound(low),
            high: bound(high),
        })
    }
}

/// `num ÷ den` in millionths, half up.
pub(super) fn ratio(num: i128, den: i128) -> Ppm {
    let value = decimal::half_up(num.saturating_mul(MILLION), den);
    Ppm(i64::try_from(value).unwrap_or(i64::MAX))
}

/// The square root, rounded up.
fn root_up(value: u128) -> u128 {
    let root = value.isqrt();
    root + u128::from(root * root < value)
}

impl FromStr for Ppm {
    type Err = PpmError;

    fn from_str(text: &str) -> Result<Self, PpmError> {
        decimal::parse(text, 6).map(Self).ok_or(PpmError)
    }
}

impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal::write(self.0, 6))
    }
}

crate::id::text_codec!(Ppm);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_is_rounded_half_up_and_compared_exactly() {
        assert_eq!(Share::of(1, 3).ppm(), Some(Ppm(333_333)));
        assert_eq!(Share::of(2, 3).ppm(), Some(Ppm(666_667)));
        assert_eq!(Share::default().ppm(), None);
        let five_percent = "0.05".parse().unwrap();
        assert!(!Share::of(5, 100).exceeds(five_percent));
        assert!(Share::of(5, 100).reaches(five_percent));
        assert!(Share::of(50_001, 1_000_000).exceeds(five_percent));
        let order = Share::of(1, 3).compare(Share::of(333_333, 1_000_000));
        assert_eq!(order, Some(std::cmp::Ordering::Greater));
    }

    /// Tables of the Wilson interval (z = 1.959964): 0 of 10 gives 0 to 0.2775, 1 of 10 gives
    /// 0.0179 to 0.4042, 5 of 10 gives 0.2366 to 0.7634, 81 of 263 gives 0.2553 to 0.3662.
    #[test]
    fn the_interval_is_the_one_of_the_tables() {
        let four_places = |k, n| {
            let found = Share::of(k, n).wilson().unwrap();
            (
                decimal::half_up(found.low.0.into(), 100),
                decimal::half_up(found.high.0.into(), 100),
            )
        };
        assert_eq!(four_places(0, 10), (0, 2_775));
        assert_eq!(four_places(1, 10), (179, 4_042));
        assert_eq!(four_places(5, 10), (2_366, 7_634));
        assert_eq!(four_places(10, 10), (7_225, 10_000));
        assert_eq!(four_places(81, 263), (2_553, 3_662));
        assert_eq!(Share::default().wilson(), None);
    }

    proptest! {
        /// The bounds solve the equation that they come from: (p − k/n)² = z²·p(1−p)/n, so at two
        /// millionths inside the interval the left side is the smaller one, outside the larger.
        #[test]
        fn the_bounds_stand_where_the_equation_changes_sign(n in 1_u64..200_000, k in 0_u64..200_000) {
            let k = k.min(n);
            let found = Share::of(k, n).wilson().unwrap();
            let is_outside = |p: i64| {
                let (p, k, n) = (i128::from(p), i128::from(k), i128::from(n));
                // Times n²·10^24.
                let miss = (p * n - k * MILLION) * MILLION;
                miss * miss > Z * Z * p * (MILLION - p) * n
            };
            prop_assert!(found.low.0 == 0 || !is_outside(found.low.0 + 3));
            prop_assert!(found.low.0 < 1 || is_outside(found.low.0 - 1));
            prop_assert!(found.high.0 == 1_000_000 || !is_outside(found.high.0 - 3));
            prop_assert!(found.high.0 > 999_999 || is_outside(found.high.0 + 1));
            prop_assert!(found.low <= Share::of(k, n).ppm().unwrap());
            prop_assert!(found.high >= Share::of(k, n).ppm().unwrap());
        }
    }
}
