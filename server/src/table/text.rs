//! Texts of cells and heads.

/// Significant digits that Excel keeps of a number.
const DIGITS: usize = 15;

/// A head in the form in which heads are compared: full-width letters, digits and brackets as
/// plain ones, without blanks, line breaks and the star of a required column.
#[must_use]
pub fn head_text(head: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3014}' | '\u{3010}' | '[' => '(',
        '\u{3015}' | '\u{3011}' | ']' => ')',
        other => other,
    };
    let kept = head.chars().filter(|c| !is_blank(*c)).map(narrow);
    kept.collect::<String>().trim_matches('*').to_owned()
}

/// A number as the plain decimal that Excel shows, with its fifteen digits and no more: what a
/// binary fraction adds behind them is noise. `None` if it has more digits before the point,
/// which Excel has then cut.
#[must_use]
pub fn plain_number(number: f64) -> Option<String> {
    let written = format!("{number:.places$e}", places = DIGITS - 1);
    let (mantissa, exponent) = written.split_once('e')?;
    let point = exponent.parse::<i32>().ok()?.checked_add(1)?;
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some("0".to_owned());
    }
    let plain = match usize::try_from(point) {
        Ok(point) if point > DIGITS => return None,
        Ok(0) | Err(_) => {
            let zeros = usize::try_from(point.unsigned_abs())
                .ok()
                .filter(|n| *n < 300)?;
            format!("{sign}0.{}{significant}", "0".repeat(zeros))
        }
        Ok(point) if significant.len() <= point => {
            format!("{sign}{significant:0<point$}")
        }
        Ok(point) => {
            let (whole, fraction) = significant.split_at(point);
            format!("{sign}{whole}.{fraction}")
        }
    };
    Some(plain)
}

/// Without blanks at both ends, invisible ones among them, and without the apostrophe that marks
/// a text.
pub(super) fn trimmed(text: &str) -> &str {
    let text = text.trim_matches(is_blank);
    match text.strip_prefix('\'') {
        Some(rest) if !rest.is_empty() => rest.trim_matches(is_blank),
        _ => text,
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_fraction_shows_no_noise() {
        for (number, shown) in [
            (0.300_000_000_000_000_04, "0.3"),
            (22.66, "22.66"),
            (-0.005, "-0.005"),
            (733.4, "733.4"),
            (0.0, "0"),
            (-0.0, "0"),
            (120_000.0, "120000"),
            (13_900_000_000.0, "13900000000"),
            (999_999_999_999_999.0, "999999999999999"),
            (1e-7, "0.0000001"),
            (1_234_567.890_1, "1234567.8901"),
        ] {
            assert_eq!(plain_number(number).as_deref(), Some(shown));
        }
    }

    #[test]
    fn a_number_whose_digits_were_cut_is_not_passed_off_as_whole() {
        assert_eq!(plain_number(150_623_194_912_310_020.0), None);
        assert_eq!(plain_number(f64::INFINITY), None);
        assert_eq!(plain_number(f64::NAN), None);
    }

    #[test]
    fn heads_are_equal_however_wide_or_broken_they_are_typed() {
        for typed in [
            "面积（亩）",
            " 面积(亩)",
            "面 积\n【亩】",
            "＊面积(亩)*",
            "面积〔亩〕",
        ] {
            assert_eq!(head_text(typed), "面积(亩)", "{typed}");
        }
    }

    #[test]
    fn blanks_that_nobody_sees_are_no_text() {
        assert_eq!(trimmed("\u{feff}\u{3000} \u{200b}"), "");
        assert_eq!(trimmed("'11010519491231002X "), "11010519491231002X");
        assert_eq!(trimmed("乌云 达来"), "乌云 达来");
    }
}
