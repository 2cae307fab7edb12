//! The time sandwich (`security.md` T04): an envelope names the newest signed checkpoint that its
//! device had seen, which bounds it from below, and the server notes when it came, which bounds it
//! from above. Neither bound is the device's own clock.

use jiff::civil::Date;

use crate::time::date_to_day_number;

/// Days by which a day may lie before the checkpoint: a notebook is written up after the next
/// signal.
const GRACE_DAYS: i64 = 3;

/// Where the day that an officer states lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// Between the two bounds.
    Within,
    /// Up to three days before the checkpoint: noted, and it counts.
    Early,
    /// Longer before the checkpoint, or after it came: set aside for a person.
    Outside,
}

/// Judges the day that an observation states between the day of the checkpoint that its device
/// had seen, if it had seen any, and the day on which it came. A clock may run a day ahead, or
/// across the date line of its zone.
#[must_use]
pub fn stated(checkpoint: Option<Date>, observed_on: Date, received_on: Date) -> Stated {
    if days(received_on, observed_on) > 1 {
        return Stated::Outside;
    }
    let before = checkpoint.map_or(0, |checkpoint| days(observed_on, checkpoint));
    match before {
        ..=0 => Stated::Within,
        1..=GRACE_DAYS => Stated::Early,
        _ => Stated::Outside,
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

    #[test]
    fn both_bounds_hold_to_the_day() {
        let (seen, came) = (date(2026, 11, 10), date(2026, 11, 20));
        for (day, expected) in [
            (date(2026, 11, 6), Stated::Outside),
            (date(2026, 11, 7), Stated::Early),
            (date(2026, 11, 9), Stated::Early),
            (date(2026, 11, 10), Stated::Within),
            (date(2026, 11, 21), Stated::Within),
            (date(2026, 11, 22), Stated::Outside),
        ] {
            assert_eq!(stated(Some(seen), day, came), expected, "{day}");
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
            assert_eq!(
                stated(Some(seen), claim, came),
                expected,
                "{seen} {claim} {came}"
            );
        }
    }

    #[test]
    fn a_device_that_has_seen_no_checkpoint_is_bounded_from_above_alone() {
        let came = date(2026, 11, 20);
        assert_eq!(stated(None, date(1990, 1, 1), came), Stated::Within);
        assert_eq!(stated(None, date(2026, 11, 22), came), Stated::Outside);
    }
}
