//! The quarter of a check.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan as _;
use jiff::civil::Date;

/// A quarter of a calendar year: `2026-Q4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter(
    /// Its first day.
    Date,
);

/// A text that is no quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quarter is written as 2026-Q4")]
pub struct QuarterError;

impl Quarter {
    /// The quarter in which `day` lies.
    #[must_use]
    pub fn of(day: Date) -> Self {
        let first = (day.month() - 1) / 3 * 3 + 1;
        Self(Date::new(day.year(), first, 1).unwrap_or(day))
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> Date {
        self.0
    }

    /// The quarter after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(3.months()))
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Date {
        self.next().0.saturating_sub(1.day())
    }

    /// Whether a year ends with it.
    #[must_use]
    pub fn ends_year(self) -> bool {
        self.0.month() == 10
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }
}

impl FromStr for Quarter {
    type Err = QuarterError;

    fn from_str(text: &str) -> Result<Self, QuarterError> {
        let (year, quarter) = text.split_once("-Q").ok_or(QuarterError)?;
        let is_year = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        let month = match quarter {
            "1" => 1,
            "2" => 4,
            "3" => 7,
            "4" => 10,
            _ => return Err(QuarterError),
        };
        let year = year.parse().ok().filter(|_| is_year).ok_or(QuarterError)?;
        Date::new(year, month, 1)
            .map(Self)
            .map_err(|_| QuarterError)
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quarter = (self.0.month() - 1) / 3 + 1;
        write!(f, "{:04}-Q{quarter}", self.0.year())
    }
}

crate::id::text_codec!(Quarter);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_day_lies_in_the_quarter_that_reads_back_as_what_wrote_it() {
        for day in date(2026, 1, 1).series(1.day()).take(365) {
            let quarter = Quarter::of(day);
            assert!((quarter.first_day()..=quarter.last_day()).contains(&day));
            assert_eq!(quarter.to_string().parse(), Ok(quarter));
        }
        assert_eq!(Quarter::of(date(2026, 12, 31)).to_string(), "2026-Q4");
        assert!(Quarter::of(date(2026, 10, 1)).ends_year());
        for wrong in ["2026-Q5", "2026-Q0", "26-Q1", "2026Q1", "2026-Q11", ""] {
            assert_eq!(wrong.parse::<Quarter>(), Err(QuarterError));
        }
    }
}
