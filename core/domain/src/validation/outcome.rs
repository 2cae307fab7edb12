//! What became of a rating, by the lenders' ledgers (`domain.md` F.4). Only for validation and
//! the next rating: nothing here leads back to the rating that it judges.

use jiff::civil::Date;

use crate::assess::months_after;
use crate::ledger::{LoanLine, NON_PERFORMING_DAYS};
use crate::pack::vocabulary;

/// Days past due from which an outcome is no longer good (`domain.md` F.4).
const INDETERMINATE_DAYS: i64 = 31;

vocabulary! {
    /// What became of a rating within its months of observation.
    Outcome {
        /// A loan was seen, and nothing else was.
        Good => "good",
        /// 31 to 90 days past due.
        Indeterminate => "indeterminate",
        /// More than 90 days past due, or 次级 and worse.
        Bad => "bad",
        /// A loan was rescheduled because of a disaster: counted apart.
        Disaster => "disaster",
        /// No loan was seen: nothing to learn.
        NoLoan => "no_loan",
        /// The months are not over, or not reported yet, and nothing bad was seen so far.
        Open => "open",
    }
}

/// What the ledgers say of a rating that came into effect on `rated_on`, from its lenders' lines
/// (`lines`, any order) of the `months` months after it. `known_to` is the last day that the
/// ledgers speak of.
///
/// Only loans that were open after the rating count; a loan that was bad already when the rating
/// was made is its input, not its outcome, unless it is still bad a month later. A bad month
/// decides at once; a disaster takes a rating out, also one that is bad besides.
#[must_use]
pub fn outcome(lines: &[LoanLine], rated_on: Date, months: i32, known_to: Date) -> Outcome {
    let end = months_after(rated_on, months);
    let observed = lines.iter().filter(|line| {
        let on = line.month.last_day();
        let was_open = line.state.closed_on.is_none_or(|closed| closed > rated_on);
        was_open && rated_on < on && line.month.first_day() <= end
    });
    let mut worst = None;
    for line in observed {
        let seen = of_month(line);
        worst = Some(worst.map_or(seen, |worst: Outcome| worse(worst, seen)));
    }
    match worst {
        Some(decided @ (Outcome::Bad | Outcome::Disaster)) => decided,
        _ if known_to < end => Outcome::Open,
        Some(seen) => seen,
        None => Outcome::NoLoan,
    }
}

/// The outcome of each loan of a rating apart, by the lender's reference: what a lender's own
/// validation counts.
#[must_use]
pub fn outcome_of_loans(
    lines: &[LoanLine],
    rated_on: Date,
    months: i32,
    known_to: Date,
) -> Vec<Outcome> {
    let mut loans: Vec<_> = lines
        .iter()
        .map(|line| (&line.lender, &line.loan))
        .collect();
    loans.sort_unstable();
    loans.dedup();
    let of_loan = |loan| {
        let own = lines
            .iter()
            .filter(|line| (&line.lender, &line.loan) == loan);
        let own: Vec<LoanLine> = own.cloned().collect();
        outcome(&own, rated_on, months, known_to)
    };
    loans
        .into_iter()
        .map(of_loan)
        .filter(|outcome| *outcome != Outcome::NoLoan)
        .collect()
}

/// A disaster first, then the worse of two.
fn worse(a: Outcome, b: Outcome) -> Outcome {
    let rank = |outcome: Outcome| match outcome {
        Outcome::Disaster => 3,
        Outcome::Bad => 2,
        Outcome::Indeterminate => 1,
        Outcome::Good | Outcome::NoLoan | Outcome::Open => 0,
    };
    if rank(b) > rank(a) { b } else { a }
}

fn of_month(line: &LoanLine) -> Outcome {
    let state = &line.state;
    let days = state.days_past_due.max(state.worst_days_past_due);
    if state.disaster_rescheduled {
        Outcome::Disaster
    } else if state.is_non_performing() || days > NON_PERFORMING_DAYS {
        Outcome::Bad
    } else if days >= INDETERMINATE_DAYS {
        Outcome::Indeterminate
    } else {
        Outcome::Good
    }
}

impl Outcome {
    /// Whether it counts as good or bad in a metric; `None` if it is left out.
    #[must_use]
    pub const fn is_bad(self) -> Option<bool> {
        match self {
            Self::Good => Some(false),
            Self::Bad => Some(true),
            Self::Indeterminate | Self::Disaster | Self::NoLoan | Self::Open => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{LoanClass, LoanKey, LoanPurpose, LoanState};
    use jiff::civil::date;

    const RATED: Date = date(2025, 11, 10);
    const LATE: Date = date(2027, 1, 31);

    fn line(loan: &str, month: &str, days: i64) -> LoanLine {
        LoanLine {
            lender: "rcc1".parse().unwrap(),
            loan: LoanKey(loan.into()),
            month: month.parse().unwrap(),
            state: LoanState {
                opened_on: date(2025, 6, 1),
                due_on: date(2026, 6, 1),
                closed_on: None,
                amount_fen: 5_000_000,
                balance_fen: 5_000_000,
                rate_centi: None,
                purpose: LoanPurpose::Fodder,
                days_past_due: days,
                worst_days_past_due: days,
                class: LoanClass::Normal,
                disaster_rescheduled: false,
                refinanced: false,
                written_off: false,
                guarantee_paid: false,
            },
        }
    }

    fn of(lines: &[LoanLine]) -> Outcome {
        outcome(lines, RATED, 12, LATE)
    }

    #[test]
    fn the_edges_of_thirty_and_ninety_days_are_inclusive_as_written() {
        let at = |days| of(&[line("a", "2026-07", days)]);
        assert_eq!((at(0), at(30)), (Outcome::Good, Outcome::Good));
        assert_eq!(
            (at(31), at(90)),
            (Outcome::Indeterminate, Outcome::Indeterminate)
        );
        assert_eq!(at(91), Outcome::Bad);
        let mut classed = line("a", "2026-07", 0);
        classed.state.class = LoanClass::Attention;
        assert_eq!(of(std::slice::from_ref(&classed)), Outcome::Good);
        classed.state.class = LoanClass::Substandard;
        assert_eq!(of(&[classed]), Outcome::Bad);
    }

    #[test]
    fn what_lies_before_the_rating_or_after_twelve_months_is_not_its_outcome() {
        assert_eq!(of(&[line("a", "2025-10", 200)]), Outcome::NoLoan);
        assert_eq!(of(&[line("a", "2026-12", 200)]), Outcome::NoLoan);
        assert_eq!(of(&[line("a", "2026-11", 200)]), Outcome::Bad);
        let mut closed = line("a", "2025-11", 0);
        closed.state.closed_on = Some(date(2025, 11, 9));
        assert_eq!(of(&[closed]), Outcome::NoLoan);
    }

    #[test]
    fn a_bad_month_decides_at_once_and_a_good_one_waits_for_the_end() {
        let good = [line("a", "2026-03", 0)];
        let early = date(2026, 3, 31);
        assert_eq!(outcome(&good, RATED, 12, early), Outcome::Open);
        assert_eq!(outcome(&[], RATED, 12, early), Outcome::Open);
        let bad = [line("a", "2026-03", 95)];
        assert_eq!(outcome(&bad, RATED, 12, early), Outcome::Bad);
    }

    #[test]
    fn a_disaster_takes_a_rating_out_of_the_count_whatever_else_was_seen() {
        let mut relief = line("a", "2026-03", 120);
        relief.state.disaster_rescheduled = true;
        assert_eq!(of(&[relief, line("b", "2026-05", 95)]), Outcome::Disaster);
        assert_eq!(Outcome::Disaster.is_bad(), None);
        assert_eq!(Outcome::Indeterminate.is_bad(), None);
    }

    #[test]
    fn each_loan_has_its_own_outcome() {
        let lines = [
            line("a", "2026-03", 0),
            line("b", "2026-03", 95),
            line("a", "2026-04", 40),
            line("c", "2025-01", 0),
        ];
        let found = outcome_of_loans(&lines, RATED, 12, LATE);
        assert_eq!(found, [Outcome::Indeterminate, Outcome::Bad]);
    }
}
