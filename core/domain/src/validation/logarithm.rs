//! The natural logarithm of a ratio of whole numbers, in integers.

/// Units of 10^-18.
pub(super) const SCALE: i128 = 1_000_000_000_000_000_000;

/// ln 2 in units of 10^-18.
const LN_2: i128 = 693_147_180_559_945_309;

/// ln(`num` ÷ `den`) in units of 10^-18; zero unless both are above zero. The error stays below
/// 10^-15.
///
/// The ratio is halved or doubled until it lies between 2/3 and 4/3; of what is left, x,
/// ln x = 2·(t + t³/3 + t⁵/5 + …) with t = (x − 1) ÷ (x + 1), which is at most 1/5. Each term is
/// cut off towards zero.
pub(super) fn ln(num: u64, den: u64) -> i128 {
    if num == 0 || den == 0 {
        return 0;
    }
    let (mut num, mut den, mut doublings) = (i128::from(num), i128::from(den), 0_i128);
    while 3 * num >= 4 * den {
        den *= 2;
        doublings += 1;
    }
    while 3 * num < 2 * den {
        num *= 2;
        doublings -= 1;
    }
    let t = fraction(num - den, num + den);
    let square = t * t / SCALE;
    let (mut power, mut sum, mut n) = (t, 0_i128, 1_i128);
    while power != 0 {
        sum += power / n;
        power = power * square / SCALE;
        n += 2;
    }
    doublings * LN_2 + 2 * sum
}

/// `num ÷ den` in units of 10^-18, in two steps of nine places so that nothing overflows.
fn fraction(num: i128, den: i128) -> i128 {
    const HALF: i128 = 1_000_000_000;
    let first = num * HALF / den;
    let rest = num * HALF % den;
    first * HALF + rest * HALF / den
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A thousandth of a millionth of a millionth.
    const CLOSE: i128 = 1_000;

    fn is_close(found: i128, known: i128) -> bool {
        (found - known).abs() < CLOSE
    }

    #[test]
    fn known_logarithms_come_out_to_fifteen_places() {
        assert_eq!(ln(7, 7), 0);
        assert!(is_close(ln(10, 1), 2_302_585_092_994_045_684));
        assert!(is_close(ln(1, 3), -1_098_612_288_668_109_691));
        assert!(is_close(ln(3, 2), 405_465_108_108_164_382));
        assert!(is_close(ln(1_000_000_000, 1), 20_723_265_836_946_411_156));
        assert_eq!((ln(0, 5), ln(5, 0)), (0, 0));
    }

    proptest! {
        #[test]
        fn the_logarithm_of_a_product_is_the_sum(a in 1_u64..1 << 30, b in 1_u64..1 << 30) {
            prop_assert!(is_close(ln(a * b, 1), ln(a, 1) + ln(b, 1)));
            prop_assert!(is_close(ln(a, b), ln(a, 1) - ln(b, 1)));
            prop_assert!(is_close(ln(a, b), -ln(b, a)));
        }
    }
}
