//! Whether decisions are reported in time (双公示, SR-19 to SR-21): seven working days from the
//! decision, for as many of the ten publicity kinds as the parameters name.

use jiff::civil::Date;

use crate::case::deadline::{Deadline, Due};
use crate::case::terms::Timetable;
use crate::pack::{ListKind, Parameters};
use crate::register::PublicRecord;

/// Counts over decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Timeliness {
    /// Decisions.
    pub decided: u64,
    /// Of these, reported, or with a clock that is over.
    pub due: u64,
    /// Reported.
    pub reported: u64,
    /// Reported within the seven working days.
    pub on_time: u64,
    /// Reported, with everything that the catalogue asks for.
    pub compliant: u64,
    /// Reckoned without the holidays of a year that is not published yet.
    pub provisional: u64,
}

/// The last day on which a decision may be reported.
#[must_use]
pub fn report_by(decided_on: Date, timetable: &Timetable) -> Due {
    Deadline::PublicityReport.due(decided_on, timetable)
}

/// What one record adds to the counts on `today`; nothing if its kind is not to be reported.
#[must_use]
pub fn timeliness(
    record: &PublicRecord,
    timetable: &Timetable,
    parameters: &Parameters,
    today: Date,
) -> Timeliness {
    let is_asked = record
        .kind
        .is_some_and(|kind| parameters.reported_kinds.contains(&kind));
    let Some(decided_on) = record.decided_on.filter(|_| is_asked) else {
        return Timeliness::default();
    };
    let clock = report_by(decided_on, timetable);
    let reported = record.reported_on.filter(|day| *day <= today);
    let is = |yes: bool| u64::from(yes);
    Timeliness {
        decided: 1,
        due: is(reported.is_some() || clock.on < today),
        reported: is(reported.is_some()),
        on_time: is(reported.is_some_and(|day| day <= clock.on)),
        compliant: is(reported.is_some() && is_compliant(record, parameters)),
        provisional: is(clock.provisional),
    }
}

impl Timeliness {
    /// Adds the counts of others.
    pub fn add(&mut self, more: Self) {
        self.decided += more.decided;
        self.due += more.due;
        self.reported += more.reported;
        self.on_time += more.on_time;
        self.compliant += more.compliant;
        self.provisional += more.provisional;
    }

    /// 上报率 in hundredths of a per cent; `None` without a decision that is due.
    #[must_use]
    pub fn reporting_rate(self) -> Option<u64> {
        rate(self.reported, self.due)
    }

    /// 及时率.
    #[must_use]
    pub fn timeliness_rate(self) -> Option<u64> {
        rate(self.on_time, self.due)
    }

    /// 合规率, of what was reported.
    #[must_use]
    pub fn compliance_rate(self) -> Option<u64> {
        rate(self.compliant, self.reported)
    }
}

/// Item and known version of the catalogue, body, reference, and a publicity that is not longer
/// than the law allows.
fn is_compliant(record: &PublicRecord, parameters: &Parameters) -> bool {
    let version = record.catalogue_version.as_deref().unwrap_or_default();
    let is_named = record
        .catalogue_item
        .as_deref()
        .is_some_and(|item| !item.trim().is_empty())
        && parameters
            .list_versions
            .find(ListKind::Catalogue, version)
            .is_some()
        && !record.recorded_by.trim().is_empty()
        && !record.reference.trim().is_empty();
    let day = record.published_from.or(record.decided_on);
    let longest = day.and_then(|day| record.longest_publicity(parameters, day));
    let is_too_long = match (record.published_to, longest) {
        (Some(to), Some(longest)) => longest < to,
        _ => false,
    };
    is_named && !is_too_long
}

/// Hundredths of a per cent, half-up.
fn rate(part: u64, whole: u64) -> Option<u64> {
    (part.saturating_mul(20_000).saturating_add(whole)).checked_div(whole.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::shipped;
    use crate::register::PublicityKind;
    use jiff::civil::date;

    fn decided(on: Date, reported_on: Option<Date>) -> PublicRecord {
        PublicRecord {
            reference: "示例".into(),
            kind: Some(PublicityKind::Licence),
            catalogue_item: Some("行政许可".into()),
            catalogue_version: Some("内蒙古自治区公共信用信息目录（2024版）".into()),
            recorded_by: "示例旗农牧局".into(),
            decided_on: Some(on),
            reported_on,
            ..PublicRecord::default()
        }
    }

    fn counted(record: &PublicRecord, today: Date) -> Timeliness {
        let parameters = shipped::rules().parameter_tables()[0].clone();
        timeliness(record, &Timetable::shipped(), &parameters, today)
    }

    #[test]
    fn the_clock_runs_on_working_days_across_a_holiday() {
        // 28 September: 29, 30, then 8, 9, 10 (worked Saturday), 12, 13 October.
        let due = report_by(date(2026, 9, 28), &Timetable::shipped());
        assert_eq!((due.on, due.provisional), (date(2026, 10, 13), false));
        let today = date(2026, 11, 1);
        let on_time = counted(&decided(date(2026, 9, 28), Some(date(2026, 10, 13))), today);
        let late = counted(&decided(date(2026, 9, 28), Some(date(2026, 10, 14))), today);
        assert_eq!((on_time.on_time, late.on_time, late.reported), (1, 0, 1));
    }

    #[test]
    fn what_is_not_due_yet_lowers_no_rate_and_what_is_overdue_does() {
        let open = decided(date(2026, 9, 28), None);
        assert_eq!(counted(&open, date(2026, 10, 13)).due, 0);
        let mut all = counted(&open, date(2026, 10, 14));
        assert_eq!((all.due, all.reported), (1, 0));
        let today = date(2026, 11, 1);
        for _ in 0..2 {
            all.add(counted(
                &decided(date(2026, 10, 9), Some(date(2026, 10, 10))),
                today,
            ));
        }
        assert_eq!(all.reporting_rate(), Some(6_667));
        assert_eq!(all.timeliness_rate(), Some(6_667));
        assert_eq!(all.compliance_rate(), Some(10_000));
        assert_eq!(Timeliness::default().reporting_rate(), None);
    }

    #[test]
    fn a_publicity_beyond_the_law_or_an_unknown_catalogue_is_not_compliant() {
        let today = date(2026, 11, 1);
        let reported = decided(date(2026, 10, 9), Some(date(2026, 10, 10)));
        assert_eq!(counted(&reported, today).compliant, 1);
        let too_long = PublicRecord {
            published_from: Some(date(2026, 10, 10)),
            published_to: Some(date(2027, 10, 11)),
            ..reported.clone()
        };
        assert_eq!(counted(&too_long, today).compliant, 0);
        let unknown = PublicRecord {
            catalogue_version: Some("目录（2019版）".into()),
            ..reported.clone()
        };
        assert_eq!(counted(&unknown, today).compliant, 0);
        let other_kind = PublicRecord {
            kind: Some(PublicityKind::Ruling),
            ..reported
        };
        assert_eq!(counted(&other_kind, today), Timeliness::default());
    }
}
