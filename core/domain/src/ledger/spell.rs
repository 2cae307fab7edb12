//! Spells of overdue payment, read out of month ends: a month tells how long a loan is overdue at
//! its end and how long it was at the worst, not on which day it was cured.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::LoanLine;
use crate::register::Spell;

/// Lenders count days past due differently by so much: within it, a spell goes on.
const SAME_SPELL_DAYS: i64 = 3;

/// An overdue spell that is open at the end of a month.
struct Open {
    began_on: Date,
    /// The month end at which it was seen last, and its days then.
    seen_on: Date,
    days: i64,
    disaster_rescheduled: bool,
}

impl Open {
    fn of(line: &LoanLine) -> Option<Self> {
        let days = line.state.days_past_due;
        let seen_on = line.month.last_day();
        (days > 0).then(|| Self {
            began_on: days_before(seen_on, days - 1),
            seen_on,
            days,
            disaster_rescheduled: line.state.disaster_rescheduled,
        })
    }

    /// Whether it is `earlier`, one month on, and nothing longer was cured between.
    fn continues(&self, earlier: &Self, line: &LoanLine) -> bool {
        let is_as_old = self.began_on <= days_before(earlier.began_on, -SAME_SPELL_DAYS);
        is_as_old && line.state.worst_days_past_due <= self.days
    }

    /// The spell, cured within the month of `line`.
    fn cured_in(self, line: &LoanLine) -> Spell {
        let worst = line.state.worst_days_past_due.max(self.days);
        let by_worst = days_before(self.seen_on, -(worst - self.days + 1));
        let ended_on = line.state.closed_on.unwrap_or(by_worst);
        let last = line.month.last_day();
        Spell {
            began_on: self.began_on,
            ended_on: Some(ended_on.clamp(self.began_on, last.max(self.began_on))),
            days_past_due: worst,
            disaster_rescheduled: self.disaster_rescheduled || line.state.disaster_rescheduled,
        }
    }

    fn as_spell(&self) -> Spell {
        Spell {
            began_on: self.began_on,
            ended_on: None,
            days_past_due: self.days,
            disaster_rescheduled: self.disaster_rescheduled,
        }
    }
}

/// The spells of one loan from its lines, the earliest month first.
pub(super) fn spells(lines: &[&LoanLine]) -> Vec<Spell> {
    let mut spells = Vec::new();
    let mut open: Option<Open> = None;
    let mut month_before: Option<Date> = None;
    for line in lines {
        let now = Open::of(line);
        match (open.take(), now) {
            (Some(before), Some(now)) if now.continues(&before, line) => {
                open = Some(Open {
                    began_on: before.began_on,
                    disaster_rescheduled: before.disaster_rescheduled || now.disaster_rescheduled,
                    ..now
                });
            }
            (Some(before), now) => {
                spells.push(before.cured_in(line));
                open = now;
            }
            (None, now) => {
                spells.extend(within_month(line, now.as_ref(), month_before));
                open = now;
            }
        }
        month_before = Some(line.month.last_day());
    }
    spells.extend(open.map(|open| open.as_spell()));
    spells
}

/// A spell that began and was cured between two month ends: only its length is known. It is put
/// as late as it can have been.
fn within_month(line: &LoanLine, open: Option<&Open>, month_before: Option<Date>) -> Option<Spell> {
    let worst = line.state.worst_days_past_due;
    if worst <= open.map_or(0, |open| open.days) {
        return None;
    }
    let last = open.map_or(line.month.last_day(), |open| open.began_on);
    let ended_on = line.state.closed_on.unwrap_or(last).min(last);
    let earliest = month_before.map_or(Date::MIN, |end| days_before(end, -1));
    Some(Spell {
        began_on: days_before(ended_on, worst).max(earliest).min(ended_on),
        ended_on: Some(ended_on),
        days_past_due: worst,
        disaster_rescheduled: line.state.disaster_rescheduled,
    })
}

fn days_before(day: Date, days: i64) -> Date {
    day.saturating_sub(Span::new().try_days(days).unwrap_or_else(|_| 0.days()))
}
