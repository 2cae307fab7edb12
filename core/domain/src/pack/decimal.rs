//! Exact decimals. A number with a fraction is written as text everywhere (`"22.66"`) and held
//! as an integer of its last place; a float never occurs.

/// Reads a decimal as an integer of units of 10^-`places`: `parse("22.66", 2)` is 2266.
/// `None` if the text is no plain decimal, is finer than `places`, or does not fit.
#[must_use]
pub fn parse(text: &str, places: u32) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || digits.ends_with('.') {
        return None;
    }
    let places = usize::try_from(places).ok()?;
    let (kept, beyond) = fraction.split_at(fraction.len().min(places));
    if beyond.bytes().any(|b| b != b'0') {
        return None;
    }
    let filled = format!("{whole}{kept:0<places$}");
    let value: i64 = filled.parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Writes an integer of units of 10^-`places` with all its places: `write(9700, 2)` is `97.00`.
#[must_use]
pub fn write(value: i64, places: u32) -> String {
    // Digit after digit from the last one: an assessment is full of decimals, and to format one
    // costs several times as much.
    let places = usize::try_from(places).unwrap_or(0);
    let mut digits = Vec::with_capacity(24);
    let mut rest = value.unsigned_abs();
    while rest > 0 || digits.len() <= places {
        digits.push(DIGITS[usize::try_from(rest % 10).unwrap_or(0)]);
        rest /= 10;
    }
    let mut text = String::with_capacity(24);
    if value < 0 {
        text.push('-');
    }
    for (place, digit) in digits.iter().enumerate().rev() {
        text.push(*digit);
        if place == places && places > 0 {
            text.push('.');
        }
    }
    text
}

const DIGITS: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/// Integer division rounding half up (`domain.md` B.1.1): `half_up(17750, 2)` is 8875,
/// `half_up(5, 2)` is 3, `half_up(-5, 2)` is -2. A divisor of zero or less gives zero.
#[must_use]
pub fn half_up(num: i128, den: i128) -> i128 {
    if den <= 0 {
        return 0;
    }
    let (twice, by) = (
        num.saturating_mul(2).saturating_add(den),
        den.saturating_mul(2),
    );
    // Nearly every number fits a machine word, whose division is several times faster.
    match (i64::try_from(twice), i64::try_from(by)) {
        (Ok(twice), Ok(by)) => twice.div_euclid(by).into(),
        _ => twice.div_euclid(by),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_every_digit() {
        assert_eq!(parse("22.66", 2), Some(2266));
        assert_eq!(parse("22.660", 2), Some(2266));
        assert_eq!(parse("-0.5", 4), Some(-5000));
        assert_eq!(parse("20", 2), Some(2000));
        assert_eq!(
            (write(2266, 2), write(-5, 2), write(7, 0)),
            ("22.66".into(), "-0.05".into(), "7".into())
        );
        assert_eq!(
            (write(0, 0), write(0, 2), write(100, 2), write(-123_456, 4)),
            ("0".into(), "0.00".into(), "1.00".into(), "-12.3456".into())
        );
        assert_eq!(write(i64::MIN, 2), "-92233720368547758.08");
    }

    #[test]
    fn a_decimal_is_never_rounded_silently() {
        for bad in [
            "22.665",
            "",
            ".5",
            "5.",
            "1e3",
            "1,000",
            "+1",
            "--1",
            "９",
            "99999999999999999999",
        ] {
            assert_eq!(parse(bad, 2), None, "{bad}");
        }
    }

    #[test]
    fn half_a_hundredth_goes_up() {
        assert_eq!(half_up(8875, 10), 888);
        assert_eq!(
            (half_up(5, 2), half_up(-5, 2), half_up(4, 3), half_up(1, 0)),
            (3, -2, 1, 0)
        );
    }
}
