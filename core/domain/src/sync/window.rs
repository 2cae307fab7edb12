//! The time sandwich (`security.md` T04): an envelope names the newest signed checkpoint that its
//! device had seen, which bounds it from below, and the server notes when it came, which bounds it
//! from above. Neither bound is the device's own clock.

use jiff::civil::Date;

use crate::time::{AtMs, date_to_day_number};

/// Days by which a day may lie before the lower bound: a notebook is written up after the next
/// signal.
const GRACE_DAYS: i64 = 3;

/// Between which instants an envelope was written, as far as the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Not before: its device was enrolled, and had seen this state of the server's log.
    pub since: AtMs,
    /// Not after: it came.
    pub until: AtMs,
}

/// Where the day that an officer states lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// Between the two bounds.
    Within,
    /// Up to three days before the lower one: noted, and it counts.
    Early,
    /// Longer before it, or after it came: set aside for a person.
    Outside,
}

/// The days on one of which something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days {
    /// The first of them.
    pub first: Date,
    /// The last of them.
    pub last: Date,
    /// Whether a day was told that can be. Otherwise these are all days of the window.
    pub is_told: bool,
}

impl Window {
    /// Judges the day that an observation states. A clock may run a day ahead, or across the date
    /// line of its zone.
    #[must_use]
    pub fn stated(&self, observed_on: Date) -> Stated {
        if self.is_ahead(observed_on) {
            return Stated::Outside;
        }
        match days(observed_on, self.since.on()) {
            ..=0 => Stated::Within,
            1..=GRACE_DAYS => Stated::Early,
            _ => Stated::Outside,
        }
    }

    /// Whether a day had not come yet when the envelope arrived.
    #[must_use]
    pub fn is_ahead(&self, day: Date) -> bool {
        days(self.until.on(), day) > 1
    }

    /// The days that can be meant by a day that an officer or a clock tells: that day, if it lies
    /// in the window; from it to the lower bound, if it lies shortly before; the last day, if it
    /// lies shortly behind. A day that cannot be tells nothing: any day of the window can be meant.
    #[must_use]
    pub fn days(&self, told: Date) -> Days {
        let (since, until) = (self.since.on(), self.until.on());
        let (first, last, is_told) = match self.stated(told) {
            Stated::Within => (told.min(until), told.min(until), true),
            Stated::Early => (told, since, true),
            Stated::Outside => (since, until, false),
        };
        Days {
            first,
            last,
            is_told,
        }
    }

    /// The instant that a clock tells, as far as it can be.
    #[must_use]
    pub fn clamp(&self, at: AtMs) -> AtMs {
        at.max(self.since).min(self.until)
    }
}

/// The days from `from` to `to`.
fn days(from: Date, to: Date) -> i64 {
    date_to_day_number(to) - date_to_day_number(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn window(since: Date, until: Date) -> Window {
        Window {
            since: AtMs::start_of(since),
            until: AtMs::start_of(until),
        }
    }

    #[test]
    fn both_bounds_hold_to_the_day() {
        let window = window(date(2026, 11, 10), date(2026, 11, 20));
        for (day, expected) in [
            (date(2026, 11, 6), Stated::Outside),
            (date(2026, 11, 7), Stated::Early),
            (date(2026, 11, 9), Stated::Early),
            (date(2026, 11, 10), Stated::Within),
            (date(2026, 11, 21), Stated::Within),
            (date(2026, 11, 22), Stated::Outside),
        ] {
            assert_eq!(window.stated(day), expected, "{day}");
        }
    }

    #[test]
    fn sec_t04_ten_thousand_days_are_judged_as_a_calendar_on_the_wall_would() {
        // The wall: the days from three before the checkpoint to one after the arrival, in order.
        let wall = |seen: Date, came: Date| {
            let first = (0..3).fold(seen, |day, _| day.yesterday().unwrap());
            let last = came.tomorrow().unwrap();
            (first, last)
        };
        let day = |seed: u64, spread: u64| {
            let days = i64::try_from(seed % spread).unwrap();
            crate::time::day_number_to_date(20_000 + days)
        };
        let mut seed = 4_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed >> 33
        };
        for _ in 0..10_000 {
            let (a, b, claim) = (day(next(), 30), day(next(), 30), day(next(), 45));
            let (seen, came) = (a.min(b), a.max(b));
            let (first, last) = wall(seen, came);
            let expected = if claim < first || claim > last {
                Stated::Outside
            } else if claim < seen {
                Stated::Early
            } else {
                Stated::Within
            };
            let stated = window(seen, came).stated(claim);
            assert_eq!(stated, expected, "{seen} {claim} {came}");
        }
    }

    #[test]
    fn sec_t14_a_day_that_cannot_be_stands_for_every_day_of_the_window() {
        let (since, until) = (date(2026, 11, 10), date(2026, 11, 20));
        let between = window(since, until);
        let told = |first, last| Days {
            first,
            last,
            is_told: true,
        };
        let any = Days {
            first: since,
            last: until,
            is_told: false,
        };
        for (day, expected) in [
            (date(1970, 1, 1), any),
            (date(2026, 11, 6), any),
            (date(2026, 11, 7), told(date(2026, 11, 7), since)),
            (since, told(since, since)),
            (
                date(2026, 11, 15),
                told(date(2026, 11, 15), date(2026, 11, 15)),
            ),
            (until, told(until, until)),
            (date(2026, 11, 21), told(until, until)),
            (date(2026, 11, 22), any),
            (date(2038, 1, 19), any),
        ] {
            assert_eq!(between.days(day), expected, "{day}");
        }
    }

    #[test]
    fn an_instant_is_taken_no_further_than_the_window() {
        let window = window(date(2026, 11, 10), date(2026, 11, 20));
        let within = window.since.plus_ms(1);
        assert_eq!(window.clamp(AtMs(0)), window.since);
        assert_eq!(window.clamp(within), within);
        assert_eq!(window.clamp(window.until.plus_ms(1)), window.until);
    }
}
