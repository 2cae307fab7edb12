//! Who is listed or penalised again and again within three years (SR-50). A ledger is read from
//! the records as they stand; nothing is written, and no list comes of it.

use jiff::Span;
use jiff::civil::Date;

use crate::register::{CreditClass, OfficialList, PublicityKind, RegisterContent};

/// Years that are looked back.
pub const YEARS: i64 = 3;

/// From this number of listings or penalties on they are repeated.
pub const REPEATED: u32 = 2;

/// What repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Repeat {
    /// Listings as seriously dishonest within three years.
    pub serious_listings: u32,
    /// Penalties within three years that were not corrected.
    pub uncorrected_penalties: u32,
    /// On a court's list of defaulters today.
    pub court_defaulter: bool,
}

impl Repeat {
    /// Whether it belongs into the ledger.
    #[must_use]
    pub const fn is_repeated(self) -> bool {
        self.serious_listings >= REPEATED
            || self.uncorrected_penalties >= REPEATED
            || self.court_defaulter
    }
}

/// The first day that still counts on `today`.
#[must_use]
pub fn window_from(today: Date) -> Date {
    today.saturating_sub(Span::new().years(YEARS))
}

/// What of the rows of a subject repeats on `today`.
#[must_use]
pub fn repeats<'a>(rows: impl IntoIterator<Item = &'a RegisterContent>, today: Date) -> Repeat {
    let recent = |day: Date| window_from(today) <= day && day <= today;
    let mut repeat = Repeat::default();
    for row in rows {
        match row {
            RegisterContent::ListEntry(entry) => match entry.list() {
                OfficialList::SeriouslyDishonest | OfficialList::SeriousViolations
                    if recent(entry.fields().listed_on) =>
                {
                    repeat.serious_listings += 1;
                }
                OfficialList::CourtDefaulters => {
                    repeat.court_defaulter |= entry.is_shown_on(today);
                }
                _ => {}
            },
            RegisterContent::PublicRecord(record) => {
                let is_penalty = record.kind == Some(PublicityKind::Penalty)
                    && record.class == CreditClass::General
                    && record.decided_on.is_some_and(recent);
                let is_settled = record.exonerated.is_some()
                    || record.objection_accepted
                    || [record.ended_on, record.repaired_on, record.withdrawn_on]
                        .into_iter()
                        .flatten()
                        .any(|day| day <= today);
                if is_penalty && !is_settled {
                    repeat.uncorrected_penalties += 1;
                }
            }
            _ => {}
        }
    }
    repeat
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::PublicRecord;
    use jiff::civil::date;

    fn penalty(decided_on: Date) -> PublicRecord {
        PublicRecord {
            kind: Some(PublicityKind::Penalty),
            decided_on: Some(decided_on),
            ..PublicRecord::default()
        }
    }

    #[test]
    fn only_uncorrected_penalties_of_three_years_repeat() {
        let today = date(2026, 6, 10);
        let count = |records: &[PublicRecord]| {
            let rows: Vec<_> = records
                .iter()
                .cloned()
                .map(RegisterContent::PublicRecord)
                .collect();
            repeats(&rows, today)
        };
        let (recent, on_the_edge) = (penalty(date(2026, 1, 1)), penalty(date(2023, 6, 10)));
        let two = count(&[recent.clone(), on_the_edge.clone()]);
        assert!(two.is_repeated() && two.uncorrected_penalties == 2);
        let old = count(&[recent.clone(), penalty(date(2023, 6, 9))]);
        assert!(!old.is_repeated());
        let corrected = PublicRecord {
            ended_on: Some(date(2026, 2, 1)),
            ..on_the_edge
        };
        assert!(!count(&[recent, corrected]).is_repeated());
    }
}
