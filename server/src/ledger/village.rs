//! What the ledgers tell of gachas and sumus at a snapshot: the loans of cadres, the recovery of
//! new loans, and whether a lender is late (`domain.md` G-L, G6, S-R, G 60).

use itgel_domain::assess::months_after;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::SubjectId;
use itgel_domain::ledger::{Month, cadre_loans, recovery_of_new_loans};
use itgel_domain::register::DivisionFacts;
use jiff::Span;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::related::Office;
use crate::store;
use crate::store::ledger::LedgerDuty;

/// New loans are those of so many months (`domain.md` S-R).
const NEW_LOAN_MONTHS: i32 = 24;

/// Whether a lender that is expected to report for the division's banner has not reported the
/// last month that was due by `as_of`: then nobody knows the non-performing balance.
pub(crate) fn is_late(
    connection: &Connection,
    division: DivisionCode,
    as_of: Date,
) -> Result<bool, ServiceError> {
    let Some(banner) = division.ancestor(DivisionLevel::County) else {
        return Ok(false);
    };
    for duty in store::ledger::list_duties(connection, banner)? {
        let Some(due) = month_due(&duty, as_of) else {
            continue;
        };
        let last = store::ledger::last_month_of(connection, &duty.lender, banner)?;
        if last.is_none_or(|last| last < due) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Adds to a gacha's facts how the loans of its cadres stand. What a register or the ledger knows
/// to be bad is bad; that nothing is, only a ledger of all lenders can say.
pub(crate) fn village_facts(
    (connection, as_of): (&Connection, Date),
    gacha: &SubjectId,
    is_late: bool,
    facts: &mut DivisionFacts,
) -> Result<(), ServiceError> {
    let cadre = Office::Cadre.as_str();
    if !store::office::is_held(connection, gacha, cadre, as_of)? {
        return Ok(());
    }
    let lines = store::loan::list_of_office(connection, gacha, cadre, as_of)?;
    let loans = cadre_loans(&lines);
    let joined = |known: Option<bool>, found: bool| match (known, found) {
        (_, true) => Some(true),
        (known, false) if is_late => known,
        (known, false) => known.or(Some(false)),
    };
    facts.cadre_loan_npl = joined(facts.cadre_loan_npl, loans.npl);
    facts.cadre_loan_overdue = joined(facts.cadre_loan_overdue, loans.overdue);
    Ok(())
}

/// The facts of a sumu with the recovery of new loans, where no register has it.
pub(crate) fn with_recovery(
    connection: &Connection,
    sumu: DivisionCode,
    as_of: Date,
    facts: DivisionFacts,
) -> Result<DivisionFacts, ServiceError> {
    let is_known = facts.new_loans_due_fen.is_some() || facts.new_loans_recovered_fen.is_some();
    let Some(banner) = sumu.ancestor(DivisionLevel::County).filter(|_| !is_known) else {
        return Ok(facts);
    };
    let is_reported = store::ledger::months_in_force(connection, banner)?.is_some();
    if !is_reported || is_late(connection, sumu, as_of)? {
        return Ok(facts);
    }
    let since = months_after(as_of, -NEW_LOAN_MONTHS);
    let lines = store::loan::list_new_in(connection, banner, sumu, since)?;
    let recovery = recovery_of_new_loans(&lines, as_of);
    Ok(DivisionFacts {
        new_loans_due_fen: Some(recovery.due_fen),
        new_loans_recovered_fen: Some(recovery.recovered_fen),
        ..facts
    })
}

/// The last month that a lender should have reported by `as_of`.
fn month_due(duty: &LedgerDuty, as_of: Date) -> Option<Month> {
    let days = Span::new().days(i64::from(duty.due_days.min(366)));
    // The last day on which a month can have ended whose time to report has passed.
    let ended_by = as_of
        .saturating_sub(days)
        .saturating_sub(Span::new().days(1));
    let this = Month::of(ended_by);
    let last = match this.last_day() <= ended_by {
        true => this,
        false => this.before(),
    };
    let last = duty.to_month.map_or(last, |to| to.min(last));
    (last >= duty.from_month).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_month_is_due_only_when_its_days_of_grace_are_over() {
        let duty = LedgerDuty {
            lender: "rcc".parse().unwrap(),
            division: "150623".parse().unwrap(),
            from_month: "2026-05".parse().unwrap(),
            to_month: None,
            due_days: 10,
            source: "合同".into(),
        };
        let due = |day| month_due(&duty, day).map(|month| month.to_string());
        assert_eq!(due(date(2026, 6, 10)), None, "April is before the duty");
        assert_eq!(due(date(2026, 6, 11)), Some("2026-05".into()));
        assert_eq!(due(date(2026, 7, 10)), Some("2026-05".into()));
        assert_eq!(due(date(2026, 7, 11)), Some("2026-06".into()));
        let ended = LedgerDuty {
            to_month: Some("2026-05".parse().unwrap()),
            ..duty.clone()
        };
        let last = month_due(&ended, date(2026, 12, 1)).map(|month| month.to_string());
        assert_eq!(last, Some("2026-05".into()));
    }
}
