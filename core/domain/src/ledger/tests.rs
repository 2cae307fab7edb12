//! What the ledger must say, and what it must refuse.

mod joint;
mod line;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::register::{CreditStatus, Spell};

const AS_OF: Date = date(2026, 6, 30);

fn state(opened_on: Date, amount_fen: i64) -> LoanState {
    LoanState {
        opened_on,
        due_on: opened_on.saturating_add(jiff::Span::new().years(3)),
        closed_on: None,
        amount_fen,
        balance_fen: amount_fen,
        rate_centi: Some(650),
        purpose: LoanPurpose::Fodder,
        days_past_due: 0,
        worst_days_past_due: 0,
        class: LoanClass::Normal,
        disaster_rescheduled: false,
        refinanced: false,
        written_off: false,
        guarantee_paid: false,
    }
}

fn line(lender: &str, loan: &str, month: &str, state: LoanState) -> LoanLine {
    LoanLine {
        lender: lender.parse().unwrap(),
        loan: LoanKey(loan.into()),
        month: month.parse().unwrap(),
        state,
    }
}

fn late(month: &str, now: i64, worst: i64) -> LoanLine {
    let state = LoanState {
        days_past_due: now,
        worst_days_past_due: worst,
        ..state(date(2025, 1, 10), 5_000_000)
    };
    line("rcc", "l1", month, state)
}

fn spell(began_on: Date, ended_on: Option<Date>, days: i64) -> Spell {
    Spell {
        began_on,
        ended_on,
        days_past_due: days,
        disaster_rescheduled: false,
    }
}

fn spells(lines: &[LoanLine]) -> Vec<Spell> {
    consolidate(lines, AS_OF).credit.spells
}

#[test]
fn nobody_in_the_ledger_never_had_a_loan_and_a_settled_one_is_not_forgotten() {
    assert_eq!(consolidate(&[], AS_OF).credit.status, CreditStatus::Never);
    let settled = LoanState {
        closed_on: Some(date(2026, 3, 2)),
        balance_fen: 0,
        ..state(date(2021, 3, 1), 3_000_000)
    };
    let found = consolidate(&[line("rcc", "l1", "2026-03", settled)], AS_OF);
    assert_eq!(found.credit.status, CreditStatus::Known);
    assert_eq!(found.credit.first_loan_on, Some(date(2021, 3, 1)));
    assert_eq!((found.credit.balance_fen, found.v3), (0, None));
}

#[test]
fn a_spell_over_two_month_ends_is_one_and_not_two() {
    // Overdue since 11 April: 20 days at its end, 51 at the end of May, cured in June at 60.
    let lines = [
        late("2026-04", 20, 20),
        late("2026-05", 51, 51),
        late("2026-06", 0, 60),
    ];
    let whole = spell(date(2026, 4, 11), Some(date(2026, 6, 10)), 60);
    assert_eq!(spells(&lines), [whole]);
    assert_eq!(
        spells(&lines[..2]),
        [spell(date(2026, 4, 11), None, 51)],
        "open before June"
    );
}

#[test]
fn a_second_delay_in_the_month_of_the_first_ones_cure_is_a_second_spell() {
    let lines = [late("2026-04", 20, 20), late("2026-05", 5, 33)];
    assert_eq!(
        spells(&lines),
        [
            spell(date(2026, 4, 11), Some(date(2026, 5, 14)), 33),
            spell(date(2026, 5, 27), None, 5),
        ]
    );
}

#[test]
fn a_delay_between_two_clean_month_ends_is_not_lost() {
    let lines = [late("2026-04", 0, 0), late("2026-05", 0, 12)];
    assert_eq!(
        spells(&lines),
        [spell(date(2026, 5, 19), Some(date(2026, 5, 31)), 12)]
    );
}

#[test]
fn a_delay_older_than_five_years_is_told_to_nobody() {
    let mut old = late("2021-05", 0, 40);
    old.state.opened_on = date(2020, 1, 1);
    assert_eq!(spells(std::slice::from_ref(&old)), []);
    old.month = "2021-07".parse().unwrap();
    assert_eq!(spells(&[old]).len(), 1);
}

#[test]
fn balances_are_those_of_the_newest_month_of_each_lender() {
    let paid_down = LoanState {
        balance_fen: 2_000_000,
        ..state(date(2025, 1, 1), 5_000_000)
    };
    let bad = LoanState {
        class: LoanClass::Substandard,
        disaster_rescheduled: true,
        ..state(date(2025, 5, 1), 1_000_000)
    };
    let lines = [
        line("rcc", "l1", "2026-05", state(date(2025, 1, 1), 5_000_000)),
        line("rcc", "l1", "2026-06", paid_down),
        line("abc", "l1", "2026-04", bad),
    ];
    let credit = consolidate(&lines, AS_OF).credit;
    assert_eq!((credit.balance_fen, credit.npl_fen), (3_000_000, 1_000_000));
    assert_eq!(credit.disaster_npl_fen, 1_000_000);
}

#[test]
fn a_bad_loan_stands_against_a_rating_until_the_day_it_is_settled() {
    let bad = |month, change: fn(&mut LoanState)| {
        let mut state = state(date(2024, 1, 1), 5_000_000);
        change(&mut state);
        line("rcc", "l1", month, state)
    };
    let veto = |lines: &[LoanLine]| consolidate(lines, AS_OF).v3;
    let cases: [fn(&mut LoanState); 4] = [
        |s| s.class = LoanClass::Doubtful,
        |s| (s.days_past_due, s.worst_days_past_due) = (91, 91),
        |s| s.written_off = true,
        |s| s.guarantee_paid = true,
    ];
    for change in cases {
        let standing = veto(&[bad("2026-05", change)]).unwrap();
        assert_eq!(
            (standing.ended_on, standing.source.as_str()),
            (None, "rcc 2026-05")
        );
        let settled = bad("2026-06", |s| {
            s.closed_on = Some(date(2026, 6, 12));
            s.balance_fen = 0;
        });
        let ended = veto(&[bad("2026-05", change), settled]).unwrap();
        assert_eq!(ended.ended_on, Some(date(2026, 6, 12)));
    }
    let ninety = |s: &mut LoanState| (s.days_past_due, s.worst_days_past_due) = (90, 90);
    assert_eq!(veto(&[bad("2026-05", ninety)]), None);
}

#[test]
fn a_loan_rescheduled_in_a_disaster_is_no_veto_but_a_loss_is() {
    let mut rescheduled = late("2026-05", 120, 120);
    rescheduled.state.disaster_rescheduled = true;
    let found = consolidate(std::slice::from_ref(&rescheduled), AS_OF);
    assert_eq!(found.v3, None);
    assert!(found.credit.spells[0].disaster_rescheduled);
    rescheduled.state.written_off = true;
    assert!(consolidate(&[rescheduled], AS_OF).v3.is_some());
}

#[test]
fn a_loan_repaid_with_a_new_one_is_a_rollover_by_ten_days_and_eighty_per_cent() {
    let old = LoanState {
        closed_on: Some(date(2026, 3, 10)),
        balance_fen: 0,
        ..state(date(2025, 3, 1), 10_000_000)
    };
    let tips = |opened_on, amount| {
        let lines = [
            line("rcc", "old", "2026-03", old.clone()),
            line("abc", "new", "2026-06", state(opened_on, amount)),
        ];
        consolidate(&lines, AS_OF).tips
    };
    let rollover = BTreeSet::from([ROLLOVER]);
    assert_eq!(tips(date(2026, 3, 20), 8_000_000), rollover);
    assert_eq!(
        tips(date(2026, 2, 28), 8_000_000),
        rollover,
        "before the repayment"
    );
    assert_eq!(tips(date(2026, 3, 21), 8_000_000), BTreeSet::new());
    assert_eq!(tips(date(2026, 3, 20), 7_999_999), BTreeSet::new());
    let refinanced = LoanState {
        refinanced: true,
        ..state(date(2025, 3, 1), 1_000_000)
    };
    let lines = [line("rcc", "l1", "2026-06", refinanced)];
    assert_eq!(consolidate(&lines, AS_OF).tips, rollover);
}

#[test]
fn three_lenders_with_open_loans_are_a_tip_and_two_or_a_settled_third_are_not() {
    let open = |lender| line(lender, "l1", "2026-06", state(date(2026, 1, 1), 100_000));
    let mut lines = vec![open("a"), open("b"), open("c")];
    assert!(consolidate(&lines, AS_OF).tips.contains(MULTI_LENDER));
    lines[2].state.closed_on = Some(date(2026, 6, 1));
    assert!(!consolidate(&lines, AS_OF).tips.contains(MULTI_LENDER));
}

#[test]
fn mutual_guarantees_are_found_in_a_circle_of_any_length_and_nowhere_else() {
    let ring = |edges: &[(u32, u32)]| in_rings(edges).into_iter().collect::<Vec<_>>();
    assert_eq!(ring(&[(1, 2), (2, 1)]), [1, 2]);
    assert_eq!(ring(&[(1, 2), (2, 3), (3, 1), (3, 4), (0, 1)]), [1, 2, 3]);
    assert_eq!(ring(&[(1, 2), (1, 3), (2, 3)]), [0_u32; 0], "no way back");
    assert_eq!(ring(&[(5, 5)]), [0_u32; 0], "for oneself is no ring");
    // Two circles with a bridge: those on the bridge alone are in none.
    assert_eq!(
        ring(&[(1, 2), (2, 1), (2, 9), (9, 3), (3, 4), (4, 3)]),
        [1, 2, 3, 4]
    );
    let long: Vec<(u32, u32)> = (0..100_000).map(|n| (n, (n + 1) % 100_000)).collect();
    assert_eq!(in_rings(&long).len(), 100_000, "no stack is exhausted");
}

#[test]
fn cadres_and_new_loans_are_judged_by_the_newest_month() {
    let late_now = late("2026-06", 4, 4);
    let before = late("2026-05", 0, 0);
    let loans = cadre_loans(&[late_now.clone(), before]);
    assert_eq!((loans.overdue, loans.npl), (true, false));
    let mut worse = late_now;
    worse.state.class = LoanClass::Loss;
    assert!(cadre_loans(&[worse]).npl);
    let due = LoanState {
        due_on: date(2026, 6, 1),
        balance_fen: 30_000,
        ..state(date(2025, 6, 1), 1_000_000)
    };
    let too_old = LoanState {
        opened_on: date(2024, 6, 30),
        ..due.clone()
    };
    let not_due = state(date(2026, 1, 1), 9_000_000);
    let lines = [
        line("rcc", "l1", "2026-06", due),
        line("rcc", "l2", "2026-06", too_old),
        line("rcc", "l3", "2026-06", not_due),
    ];
    let recovery = recovery_of_new_loans(&lines, AS_OF);
    assert_eq!(
        (recovery.due_fen, recovery.recovered_fen),
        (1_000_000, 970_000)
    );
}

proptest! {
    #[test]
    fn the_order_in_which_lines_come_never_matters(
        days in proptest::collection::vec((0_i64..100, 0_i64..40), 1..12),
        shift in 0_usize..12,
    ) {
        let first: Month = "2025-07".parse().unwrap();
        let mut month = first;
        let mut lines = Vec::new();
        for (number, (now, more)) in days.iter().enumerate() {
            let mut line = late("2025-07", *now, now + more);
            line.month = month;
            line.loan = LoanKey(format!("l{}", number % 2));
            lines.push(line);
            month = month.next();
        }
        let expected = consolidate(&lines, AS_OF);
        let middle = shift % lines.len();
        lines.rotate_left(middle);
        lines.extend(lines.clone());
        prop_assert_eq!(consolidate(&lines, AS_OF), expected);
    }

    #[test]
    fn no_delay_of_a_month_is_forgotten_and_none_is_made_longer(
        days in proptest::collection::vec((0_i64..60, 0_i64..30), 1..10),
    ) {
        let mut month: Month = "2025-09".parse().unwrap();
        let mut lines = Vec::new();
        for (now, more) in &days {
            let mut line = late("2025-09", *now, now + more);
            line.month = month;
            lines.push(line);
            month = month.next();
        }
        let worst = lines.iter().map(|l| l.state.worst_days_past_due).max();
        let found = spells(&lines);
        prop_assert_eq!(found.iter().map(|s| s.days_past_due).max().unwrap_or(0), worst.unwrap_or(0));
        for spell in &found {
            prop_assert!(spell.ended_on.is_none_or(|end| end >= spell.began_on), "{:?}", spell);
        }
        let open = found.iter().filter(|s| s.ended_on.is_none()).count();
        let is_late = lines.last().is_some_and(|l| l.state.days_past_due > 0);
        prop_assert_eq!(open, usize::from(is_late));
    }
}
