//! Deadlines and periods (`domain.md` D.3). How long each of them is stands in the parameter table
//! ([`super::terms`]); here is how days are counted.
//!
//! "N days" are calendar days, "N working days" follow the [`HolidayCalendar`]; day 1 is the day
//! after the triggering day. A deadline that binds us and falls on a rest day is due on the last
//! working day before it; a period that protects the subject runs to the next working day.

use jiff::Span;
use jiff::civil::Date;

use super::Role;
use super::calendar::HolidayCalendar;
use super::terms::Timetable;
use crate::time::AtMs;

/// The last day of a deadline or a period.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Due {
    /// The last day that counts.
    pub on: Date,
    /// Reckoned without the holidays of a year that is not published yet: reckon again when it
    /// is (`domain.md` G 62).
    pub provisional: bool,
}

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// When a device warns that a seal is not synchronised yet.
    SyncWarning,
    /// From the seal to the synchronisation.
    Sync,
    /// How long a provisional result (暂定) may be shown.
    ProvisionalResult,
    /// From the submission to the peer evaluation.
    PeerEvaluation,
    /// The sumu's review.
    Review,
    /// Publicity on the gacha's board, or personal notice.
    Publicity,
    /// From clean publicity to the approval.
    Approval,
    /// From the approval to the platforms.
    Push,
    /// The receipt note of an objection.
    ObjectionReceipt,
    /// The written answer to an objection.
    ObjectionAnswer,
    /// Our own target for that answer.
    ObjectionTarget,
    /// When an objection without an answer is brought before the approver.
    ObjectionEscalation,
    /// The source body's verification inside an objection.
    SourceVerification,
    /// The answer to a request to repair our own records.
    Repair,
    /// The correction of a title in 预警.
    TitleCorrection,
    /// From the decision to its report to the platform (双公示, SR-19).
    PublicityReport,
    /// The decision of a person on request (`domain.md` L-17).
    HumanDecision,
}

impl Deadline {
    /// Every deadline.
    pub const ALL: [Self; 17] = [
        Self::SyncWarning,
        Self::Sync,
        Self::ProvisionalResult,
        Self::PeerEvaluation,
        Self::Review,
        Self::Publicity,
        Self::Approval,
        Self::Push,
        Self::ObjectionReceipt,
        Self::ObjectionAnswer,
        Self::ObjectionTarget,
        Self::ObjectionEscalation,
        Self::SourceVerification,
        Self::Repair,
        Self::TitleCorrection,
        Self::PublicityReport,
        Self::HumanDecision,
    ];

    /// Who has to keep it, on the server.
    #[must_use]
    pub const fn duty(self) -> Role {
        match self {
            Self::PeerEvaluation => Role::VillageGroup,
            Self::Review | Self::Publicity | Self::HumanDecision => Role::Reviewer,
            Self::Approval | Self::Push | Self::ObjectionEscalation | Self::TitleCorrection => {
                Role::Approver
            }
            Self::ObjectionReceipt
            | Self::ObjectionAnswer
            | Self::ObjectionTarget
            | Self::SourceVerification
            | Self::Repair => Role::ObjectionOfficer,
            Self::SyncWarning | Self::Sync | Self::ProvisionalResult => Role::Collector,
            Self::PublicityReport => Role::Administrator,
        }
    }

    /// The last day, when the triggering day is `from`.
    #[must_use]
    pub fn due(self, from: Date, timetable: &Timetable) -> Due {
        timetable.terms.of(self).due(from, &timetable.calendar)
    }
}

impl Due {
    /// The first instant at which the deadline has passed: midnight in Shanghai after its day.
    #[must_use]
    pub fn passes_at(self) -> AtMs {
        AtMs::start_of(plus(self.on, 1))
    }
}

/// The last of `days` calendar days, whatever day it is.
#[must_use]
pub fn counted(from: Date, days: u16) -> Due {
    Due {
        on: plus(from, i64::from(days)),
        provisional: false,
    }
}

/// The end of a period of `days` calendar days that protects the subject: the last of them, or
/// the next working day if that is a rest day.
#[must_use]
pub fn protective(from: Date, days: u16, calendar: &HolidayCalendar) -> Due {
    let last = plus(from, i64::from(days));
    walk(last, 1, calendar)
}

/// The end of `days` calendar days that bind us: the last of them, or the working day before if
/// that is a rest day; never before the day after `from`, so that a term inside a long holiday
/// still has a day.
#[must_use]
pub fn binding(from: Date, days: u16, calendar: &HolidayCalendar) -> Due {
    let last = plus(from, i64::from(days));
    let due = walk(last, -1, calendar);
    Due {
        on: due.on.max(plus(from, 1).min(last)),
        ..due
    }
}

/// The `days`-th working day after `from`; `from` itself for none.
#[must_use]
pub fn working(from: Date, days: u16, calendar: &HolidayCalendar) -> Due {
    let mut due = Due {
        on: from,
        provisional: !calendar.covers(from),
    };
    for _ in 0..days {
        let next = walk(plus(due.on, 1), 1, calendar);
        due = Due {
            on: next.on,
            provisional: due.provisional || next.provisional,
        };
    }
    due
}

/// The end of the publicity (公示) or the notice that began on `from`: its full days and the rest
/// days after them.
#[must_use]
pub fn publicity(from: Date, timetable: &Timetable) -> Due {
    Deadline::Publicity.due(from, timetable)
}

/// The day from which an adverse personal record that ended on `ended_on` no longer counts: five
/// years later, and 1 March for one of 29 February (`domain.md` B.1.11, G 61).
#[must_use]
pub fn adverse_stops_on(ended_on: Date) -> Date {
    let five_years = ended_on.saturating_add(Span::new().years(5));
    if five_years.day() == ended_on.day() {
        five_years
    } else {
        plus(five_years, 1)
    }
}

/// The first working day at or beyond `day` in the direction of `step`.
fn walk(day: Date, step: i64, calendar: &HolidayCalendar) -> Due {
    let mut due = Due {
        on: day,
        provisional: !calendar.covers(day),
    };
    // No run of rest days is longer than a month.
    for _ in 0..31 {
        if calendar.is_working_day(due.on) {
            break;
        }
        due.on = plus(due.on, step);
        due.provisional |= !calendar.covers(due.on);
    }
    due
}

fn plus(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

crate::subject::words!(Deadline {
    Self::SyncWarning => Self::SyncWarning => "sync_warning",
    Self::Sync => Self::Sync => "sync",
    Self::ProvisionalResult => Self::ProvisionalResult => "provisional_result",
    Self::PeerEvaluation => Self::PeerEvaluation => "peer_evaluation",
    Self::Review => Self::Review => "review",
    Self::Publicity => Self::Publicity => "publicity",
    Self::Approval => Self::Approval => "approval",
    Self::Push => Self::Push => "push",
    Self::ObjectionReceipt => Self::ObjectionReceipt => "objection_receipt",
    Self::ObjectionAnswer => Self::ObjectionAnswer => "objection_answer",
    Self::ObjectionTarget => Self::ObjectionTarget => "objection_target",
    Self::ObjectionEscalation => Self::ObjectionEscalation => "objection_escalation",
    Self::SourceVerification => Self::SourceVerification => "source_verification",
    Self::Repair => Self::Repair => "repair",
    Self::TitleCorrection => Self::TitleCorrection => "title_correction",
    Self::PublicityReport => Self::PublicityReport => "publicity_report",
    Self::HumanDecision => Self::HumanDecision => "human_decision",
});

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn timetable() -> Timetable {
        Timetable::shipped()
    }

    fn calendar() -> HolidayCalendar {
        timetable().calendar
    }

    fn sure(on: Date) -> Due {
        Due {
            on,
            provisional: false,
        }
    }

    #[test]
    fn the_worked_case_p_01_comes_out_to_the_day() {
        let calendar = timetable();
        let answer = Deadline::ObjectionAnswer.due(date(2026, 3, 2), &calendar);
        assert_eq!(answer, sure(date(2026, 3, 20)));
        let window = publicity(date(2026, 3, 7), &calendar);
        assert_eq!(window, sure(date(2026, 3, 16)));
        assert_eq!(window.passes_at(), AtMs::start_of(date(2026, 3, 17)));
        assert_eq!(adverse_stops_on(date(2024, 2, 29)), date(2029, 3, 1));
        assert_eq!(adverse_stops_on(date(2024, 2, 28)), date(2029, 2, 28));
    }

    #[test]
    fn a_period_that_ends_on_a_working_day_is_not_stretched() {
        assert_eq!(
            publicity(date(2026, 3, 9), &timetable()),
            sure(date(2026, 3, 16))
        );
    }

    #[test]
    fn a_holiday_stretches_what_protects_and_shortens_what_binds() {
        let calendar = calendar();
        // 8 + 7 = 15 February, first day of the Spring Festival, which ends on the 23rd.
        assert_eq!(
            protective(date(2026, 2, 8), 7, &calendar),
            sure(date(2026, 2, 24))
        );
        // Its Saturday before is worked.
        assert_eq!(
            binding(date(2026, 2, 8), 7, &calendar),
            sure(date(2026, 2, 14))
        );
        assert_eq!(
            binding(date(2026, 2, 15), 3, &calendar),
            sure(date(2026, 2, 16))
        );
    }

    #[test]
    fn working_days_skip_holidays_and_count_shifted_workdays() {
        let calendar = calendar();
        // 29 and 30 September, then 8, 9 and the worked Saturday 10 October.
        assert_eq!(
            working(date(2026, 9, 28), 5, &calendar),
            sure(date(2026, 10, 10))
        );
        assert_eq!(
            Deadline::ObjectionReceipt
                .due(date(2026, 4, 3), &timetable())
                .on,
            date(2026, 4, 8)
        );
    }

    #[test]
    fn a_year_without_its_calendar_gives_a_provisional_day() {
        let due = working(date(2026, 12, 28), 5, &calendar());
        assert_eq!(
            due,
            Due {
                on: date(2027, 1, 4),
                provisional: true
            }
        );
        let window = publicity(date(2026, 12, 25), &timetable());
        assert_eq!(
            window,
            Due {
                on: date(2027, 1, 1),
                provisional: true
            }
        );
    }

    #[test]
    fn no_deadline_is_due_before_the_day_after_its_cause() {
        let calendar = timetable();
        for from in date(2026, 1, 1).series(Span::new().days(1)).take(365) {
            for deadline in Deadline::ALL {
                let due = deadline.due(from, &calendar);
                assert!(due.on > from, "{deadline:?} from {from}");
            }
            let full_days = publicity(from, &calendar).on - from;
            assert!(full_days.get_days() >= 7, "publicity from {from}");
        }
    }
}
