//! The national holiday calendar, loaded as data, one year at a time (`domain.md` D.3, G 62).
//!
//! A year that nobody has loaded is counted with plain weekends, and every day that depends on it
//! says that it is provisional.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

/// The calendar files that ship with the program, by name.
pub const SHIPPED: &[(&str, &str)] = &[(
    "cn-2026.toml",
    include_str!("../../../../fixtures/calendars/cn-2026.toml"),
)];

/// The working days of the years that were loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct HolidayCalendar {
    years: BTreeMap<i16, Year>,
}

/// One year of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Year {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
}

/// What the calendar says of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A holiday, or a weekday that bridges one.
    Off,
    /// A day of a weekend that is worked.
    Worked,
    /// Neither: off at weekends, worked otherwise.
    Plain,
}

/// Why a text is no calendar.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// Not TOML, or not with these keys.
    #[error("the calendar cannot be read")]
    Syntax(#[from] toml::de::Error),
    /// A holiday that ends before it begins, or is longer than a month.
    #[error("{name}: the last day lies before the first, or more than a month after it")]
    Span {
        /// The holiday.
        name: String,
    },
    /// A day of another year.
    #[error("{name}: {day} is not in the year of the file")]
    Year {
        /// The holiday.
        name: String,
        /// The day.
        day: Date,
    },
    /// A day that is both off and worked.
    #[error("{day} is a holiday and a working day")]
    Both {
        /// The day.
        day: Date,
    },
}

/// A calendar file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct YearFile {
    year: i16,
    #[expect(
        dead_code,
        reason = "read so that a file without its source is refused"
    )]
    source: String,
    holiday: Vec<Holiday>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: String,
    first: Date,
    last: Date,
    workdays: Vec<Date>,
}

impl HolidayCalendar {
    /// Adds the year that `text`, a calendar file, describes; a year already there is replaced.
    ///
    /// # Errors
    /// [`CalendarError`] if the text is no calendar of one year.
    pub fn add_toml(&mut self, text: &str) -> Result<(), CalendarError> {
        let file: YearFile = toml::from_str(text)?;
        let mut year = Year {
            off: BTreeSet::new(),
            worked: BTreeSet::new(),
        };
        for holiday in &file.holiday {
            year.off.extend(holiday.days()?);
            year.worked.extend(holiday.workdays.iter().copied());
            let foreign = |day: &&Date| day.year() != file.year;
            let mut days = year.off.iter().chain(&year.worked);
            if let Some(&day) = days.find(foreign) {
                let name = holiday.name.clone();
                return Err(CalendarError::Year { name, day });
            }
        }
        if let Some(&day) = year.off.intersection(&year.worked).next() {
            return Err(CalendarError::Both { day });
        }
        self.years.insert(file.year, year);
        Ok(())
    }

    /// The calendar of the year of `day` alone, with the day as `kind`; `None` if it is there
    /// as it stands.
    #[must_use]
    pub fn year_with(&self, day: Date, kind: DayKind) -> Option<Self> {
        let known = self.years.get(&day.year());
        let mut year = known.cloned().unwrap_or_else(|| Year {
            off: BTreeSet::new(),
            worked: BTreeSet::new(),
        });
        year.off.remove(&day);
        year.worked.remove(&day);
        match kind {
            DayKind::Off => year.off.insert(day),
            DayKind::Worked => year.worked.insert(day),
            DayKind::Plain => true,
        };
        let years = BTreeMap::from([(day.year(), year)]);
        (known != years.get(&day.year())).then_some(Self { years })
    }

    /// Whether the year of `day` was loaded.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.years.contains_key(&day.year())
    }

    /// Whether offices work on `day`; from Monday to Friday in a year that was not loaded.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        let on_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        match self.years.get(&day.year()) {
            Some(year) => !year.off.contains(&day) && (!on_weekend || year.worked.contains(&day)),
            None => !on_weekend,
        }
    }
}

impl Holiday {
    fn days(&self) -> Result<Vec<Date>, CalendarError> {
        let days: Vec<Date> = self
            .first
            .series(jiff::Span::new().days(1))
            .take_while(|day| *day <= self.last)
            .take(32)
            .collect();
        if days.is_empty() || days.len() > 31 {
            let name = self.name.clone();
            return Err(CalendarError::Span { name });
        }
        Ok(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const CN_2026: &str = include_str!("../../../../fixtures/calendars/cn-2026.toml");

    #[test]
    fn a_shifted_workday_is_worked_and_a_bridged_weekday_is_not() {
        let mut calendar = HolidayCalendar::default();
        calendar.add_toml(CN_2026).unwrap();
        for (day, working) in [
            (date(2026, 2, 14), true),  // Saturday before the Spring Festival
            (date(2026, 2, 16), false), // Monday in it
            (date(2026, 2, 24), true),
            (date(2026, 2, 28), true), // Saturday after it
            (date(2026, 3, 7), false), // an ordinary Saturday
            (date(2026, 9, 20), true), // Sunday before the National Day
            (date(2026, 10, 7), false),
            (date(2026, 10, 10), true),
        ] {
            assert_eq!(calendar.is_working_day(day), working, "{day}");
        }
        assert!(calendar.covers(date(2026, 12, 31)) && !calendar.covers(date(2027, 1, 1)));
    }

    #[test]
    fn the_shipped_year_has_as_many_working_days_as_its_holidays_leave() {
        let mut calendar = HolidayCalendar::default();
        calendar.add_toml(CN_2026).unwrap();
        let days = date(2026, 1, 1).series(jiff::Span::new().days(1)).take(365);
        // 261 weekdays, 19 of them off, 6 weekend days worked.
        assert_eq!(days.filter(|d| calendar.is_working_day(*d)).count(), 248);
    }

    #[test]
    fn one_day_is_corrected_without_touching_another_year() {
        let mut calendar = HolidayCalendar::default();
        calendar.add_toml(CN_2026).unwrap();
        let day = date(2026, 10, 10);
        assert_eq!(calendar.year_with(day, DayKind::Worked), None);
        let changed = calendar.year_with(day, DayKind::Plain).unwrap();
        assert!(!changed.is_working_day(day) && !changed.is_working_day(date(2026, 10, 7)));
        let next = calendar.year_with(date(2027, 1, 1), DayKind::Off).unwrap();
        assert!(next.covers(date(2027, 1, 2)) && !next.covers(day));
    }

    #[test]
    fn a_calendar_that_contradicts_itself_is_refused() {
        let file = |first: &str, last: &str, worked: &str| {
            format!(
                "year = 2026\nsource = \"t\"\n[[holiday]]\nname = \"x\"\nfirst = \"{first}\"\n\
                 last = \"{last}\"\nworkdays = [\"{worked}\"]"
            )
        };
        let mut calendar = HolidayCalendar::default();
        let mut add = |text: &str| calendar.add_toml(text);
        let reversed = add(&file("2026-05-05", "2026-05-01", "2026-05-09"));
        assert!(matches!(reversed, Err(CalendarError::Span { .. })));
        let endless = add(&file("2026-05-01", "2026-08-01", "2026-09-09"));
        assert!(matches!(endless, Err(CalendarError::Span { .. })));
        let foreign = add(&file("2026-05-01", "2026-05-05", "2027-05-09"));
        assert!(matches!(foreign, Err(CalendarError::Year { .. })));
        let both = add(&file("2026-05-01", "2026-05-05", "2026-05-02"));
        assert!(matches!(both, Err(CalendarError::Both { .. })));
        assert!(matches!(add("year = 2026"), Err(CalendarError::Syntax(_))));
    }
}
