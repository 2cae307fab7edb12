//! Windows of days. Every window ends on the day of the assessment (`domain.md` B.1.15).

use jiff::Span;
use jiff::civil::Date;

/// The same day `years` later; 29 February becomes 1 March where there is none
/// (`domain.md` G 61, P-01).
#[must_use]
pub fn years_after(day: Date, years: i16) -> Date {
    let later = day.saturating_add(Span::new().years(years));
    if later.day() < day.day() {
        later.saturating_add(Span::new().days(1))
    } else {
        later
    }
}

/// The same day `months` later or, below zero, earlier; the last day of a shorter month.
#[must_use]
pub fn months_after(day: Date, months: i32) -> Date {
    day.saturating_add(Span::new().months(months.clamp(-12_000, 12_000)))
}

/// Whole years from `from` to `to`; zero if `to` lies before `from`.
#[must_use]
pub fn whole_years(from: Date, to: Date) -> i64 {
    let years = to.year().saturating_sub(from.year());
    let full = if years_after(from, years) > to {
        years - 1
    } else {
        years
    };
    i64::from(full.max(0))
}

/// Whole months from `from` to `to`; zero if `to` lies before `from`.
#[must_use]
pub fn whole_months(from: Date, to: Date) -> i64 {
    let months = i32::from(to.year() - from.year()) * 12 + i32::from(to.month() - from.month());
    let full = if months_after(from, months) > to {
        months - 1
    } else {
        months
    };
    i64::from(full.max(0))
}

/// Whether the day lies in the yearly season from `from` to `to`, both included, given as
/// month × 100 + day; the season may reach over the new year.
#[must_use]
pub(super) fn in_season(day: Date, from: i64, to: i64) -> bool {
    let at = i64::from(day.month()) * 100 + i64::from(day.day());
    if from <= to {
        (from..=to).contains(&at)
    } else {
        at >= from || at <= to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn five_years_after_leap_day_is_the_first_of_march() {
        assert_eq!(years_after(date(2024, 2, 29), 5), date(2029, 3, 1));
        assert_eq!(years_after(date(2024, 2, 29), 4), date(2028, 2, 29));
        assert_eq!(years_after(date(2024, 6, 30), 5), date(2029, 6, 30));
    }

    #[test]
    fn a_year_is_whole_on_its_anniversary_and_not_the_day_before() {
        assert_eq!(whole_years(date(2018, 11, 1), date(2026, 11, 1)), 8);
        assert_eq!(whole_years(date(2018, 11, 2), date(2026, 11, 1)), 7);
        assert_eq!(whole_years(date(2027, 1, 1), date(2026, 11, 1)), 0);
        assert_eq!(whole_months(date(2025, 11, 2), date(2026, 11, 1)), 11);
        assert_eq!(whole_months(date(2025, 11, 1), date(2026, 11, 1)), 12);
    }

    #[test]
    fn the_fodder_season_reaches_over_the_new_year() {
        let inside = |m, d| in_season(date(2026, m, d), 901, 331);
        assert!(inside(9, 1) && inside(12, 31) && inside(1, 1) && inside(3, 31));
        assert!(!inside(8, 31) && !inside(4, 1));
    }
}
