//! How long each deadline is, in which days and for whose sake: data of the parameter table
//! (`domain.md` D.3), inside what law and the requirement leave open.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::calendar::HolidayCalendar;
use super::deadline::{Deadline, Due, binding, counted, protective, working};
use crate::pack::vocabulary;

/// What days are reckoned with: the working days that are known and the terms in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    /// The working days.
    pub calendar: HolidayCalendar,
    /// The terms.
    pub terms: Terms,
}

/// The term of every deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    rows: BTreeMap<Deadline, Term>,
}

/// How long, in which days, and for whose sake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The number of days; day 1 is the day after the triggering day.
    pub days: u16,
    /// Which days count.
    pub unit: DayUnit,
    /// What happens when the last one is a rest day.
    pub side: Side,
}

vocabulary! {
    /// Which days count.
    DayUnit {
        /// All.
        Calendar => "calendar",
        /// Those on which offices work.
        Working => "working",
    }
}

vocabulary! {
    /// For whose sake there is a deadline.
    Side {
        /// It binds us: a rest day moves it to the working day before.
        Binding => "binding",
        /// It protects the subject: a rest day moves it to the working day after.
        Protective => "protective",
        /// Neither: the day stands as counted (`domain.md` B.10, D.3).
        Plain => "plain",
    }
}

/// What no parameter table may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At least so many days of this unit that protect the subject.
    AtLeast(u16, DayUnit),
    /// At most so many days of this unit that bind us.
    AtMost(u16, DayUnit),
}

impl Timetable {
    /// The timetable of these working days and terms.
    #[must_use]
    pub const fn new(calendar: HolidayCalendar, terms: Terms) -> Self {
        Self { calendar, terms }
    }

    /// The calendars and the first parameter table that ship with the program.
    #[cfg(test)]
    pub(crate) fn shipped() -> Self {
        let mut calendar = HolidayCalendar::default();
        for (_, text) in super::calendar::SHIPPED {
            calendar.add_toml(text).unwrap();
        }
        let tables = crate::pack::shipped::rules().parameter_tables();
        Self::new(calendar, tables[0].terms.clone())
    }
}

impl Terms {
    /// The terms, if there is one for every deadline; the first that is missing otherwise.
    pub(crate) fn of_rows(rows: BTreeMap<Deadline, Term>) -> Result<Self, Deadline> {
        match Deadline::ALL.into_iter().find(|d| !rows.contains_key(d)) {
            None => Ok(Self { rows }),
            Some(missing) => Err(missing),
        }
    }

    /// These terms with another one, whether or not it keeps its limit.
    #[cfg(test)]
    pub(crate) fn with(&self, deadline: Deadline, term: Term) -> Self {
        let mut rows = self.rows.clone();
        rows.insert(deadline, term);
        Self { rows }
    }

    /// The term of a deadline.
    #[must_use]
    pub fn of(&self, deadline: Deadline) -> Term {
        // Every deadline has its row by construction; a day is the safe answer to none.
        let none = Term {
            days: 1,
            unit: DayUnit::Calendar,
            side: Side::Plain,
        };
        self.rows.get(&deadline).copied().unwrap_or(none)
    }
}

impl Term {
    /// The last day, when the triggering day is `from`.
    #[must_use]
    pub fn due(self, from: Date, calendar: &HolidayCalendar) -> Due {
        match (self.unit, self.side) {
            (DayUnit::Working, _) => working(from, self.days, calendar),
            (DayUnit::Calendar, Side::Binding) => binding(from, self.days, calendar),
            (DayUnit::Calendar, Side::Protective) => protective(from, self.days, calendar),
            (DayUnit::Calendar, Side::Plain) => counted(from, self.days),
        }
    }

    /// Whether the term keeps a limit.
    #[must_use]
    pub fn keeps(self, limit: Limit) -> bool {
        match limit {
            Limit::AtLeast(days, unit) => {
                self.days >= days && self.unit == unit && self.side == Side::Protective
            }
            Limit::AtMost(days, unit) => {
                self.days <= days && self.unit == unit && self.side == Side::Binding
            }
        }
    }
}

impl Deadline {
    /// What no parameter table may change: seven full days of publicity or notice (`domain.md`
    /// D.2), twenty days to the written answer (征信业管理条例 art. 25, `domain.md` L-10), seven
    /// working days to the report of a decision (双公示, SR-19).
    #[must_use]
    pub const fn limit(self) -> Option<Limit> {
        match self {
            Self::Publicity => Some(Limit::AtLeast(7, DayUnit::Calendar)),
            Self::ObjectionAnswer => Some(Limit::AtMost(20, DayUnit::Calendar)),
            Self::PublicityReport => Some(Limit::AtMost(7, DayUnit::Working)),
            _ => None,
        }
    }
}
