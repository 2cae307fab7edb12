//! An exact ratio of two integers, compared by cross-multiplication (`domain.md` B.1.1).

use std::cmp::Ordering;

use crate::pack::{Threshold, decimal};

/// A ratio. The denominator is never negative; it may be zero, and then the cross-multiplied
/// comparison decides: 0 ÷ 0 passes every `≥` and every `≤`, a positive number over zero is above
/// every threshold (`domain.md` B.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotient {
    num: i64,
    den: i64,
}

impl Quotient {
    /// A whole number.
    #[must_use]
    pub const fn whole(value: i64) -> Self {
        Self { num: value, den: 1 }
    }

    /// `num` ÷ `den` as they are; `den` is not negative.
    #[must_use]
    pub(crate) const fn ratio(num: i64, den: i64) -> Self {
        Self { num, den }
    }

    /// `num` ÷ `den` in lowest terms. Exact while numerator and denominator in lowest terms fit
    /// 63 bits, which holds for every sum of three pasture quotas; beyond that both are halved
    /// until they fit, an error below 2⁻⁶⁰ of the value.
    #[must_use]
    pub fn new(num: i128, den: i128) -> Self {
        let (mut num, mut den) = if den < 0 {
            (num.saturating_neg(), den.saturating_neg())
        } else {
            (num, den)
        };
        let common = gcd(num.unsigned_abs(), den.unsigned_abs());
        if let Ok(common @ 2..) = i128::try_from(common) {
            num /= common;
            den /= common;
        }
        loop {
            if let (Ok(num), Ok(den)) = (i64::try_from(num), i64::try_from(den)) {
                return Self { num, den };
            }
            num /= 2;
            den = if den > 1 { den / 2 } else { den };
        }
    }

    /// The numerator.
    #[must_use]
    pub const fn num(self) -> i64 {
        self.num
    }

    /// The denominator.
    #[must_use]
    pub const fn den(self) -> i64 {
        self.den
    }

    /// How the ratio compares with a threshold.
    #[must_use]
    pub fn cmp_threshold(self, threshold: Threshold) -> Ordering {
        // Nearly every product fits a machine word.
        match (
            self.num.checked_mul(10_000),
            threshold.0.checked_mul(self.den),
        ) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => {
                let left = i128::from(self.num) * 10_000;
                left.cmp(&(i128::from(threshold.0) * i128::from(self.den)))
            }
        }
    }

    /// The ratio × `factor_centi` ÷ 100 in hundredths, half up: 4.4375 × 2.00 is 888.
    #[must_use]
    pub fn times_centi(self, factor_centi: i64) -> i64 {
        let product = i128::from(self.num) * i128::from(factor_centi);
        i64::try_from(decimal::half_up(product, i128::from(self.den))).unwrap_or(i64::MAX)
    }

    /// The ratio rounded half up to four places, for display only; `None` over zero.
    #[must_use]
    pub fn shown(self) -> Option<String> {
        if self.den == 0 {
            return None;
        }
        let rounded = decimal::half_up(i128::from(self.num) * 10_000, i128::from(self.den));
        Some(decimal::write(i64::try_from(rounded).ok()?, 4))
    }

    /// The ratio as a fraction.
    #[must_use]
    pub fn exact(self) -> String {
        let mut text = decimal::write(self.num, 0);
        text.push('/');
        text.push_str(&decimal::write(self.den, 0));
        text
    }
}

/// The greatest common divisor.
pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_edge_is_never_lost_to_rounding() {
        let third = Quotient::new(5_400_000, 18_000_000);
        assert_eq!(third.cmp_threshold(Threshold(3_000)), Ordering::Equal);
        let above = Quotient::new(30_001, 100_000);
        assert_eq!(above.cmp_threshold(Threshold(3_000)), Ordering::Greater);
    }

    #[test]
    fn something_over_nothing_is_above_every_threshold() {
        let over = Quotient::new(1, 0);
        assert_eq!(over.cmp_threshold(Threshold(i64::MAX)), Ordering::Greater);
        assert_eq!(
            Quotient::new(0, 0).cmp_threshold(Threshold(9_000)),
            Ordering::Equal
        );
        assert_eq!(over.shown(), None);
    }

    #[test]
    fn numbers_too_large_keep_their_value() {
        let huge = Quotient::new(3 * 10_i128.pow(30), 2 * 10_i128.pow(30) + 1);
        assert_eq!(huge.shown().as_deref(), Some("1.5000"));
        assert_eq!(Quotient::new(71, 16).times_centi(200), 888);
    }
}
