//! What a divided household must not leave behind.

use jiff::civil::date;

use super::*;

const SPLIT: Date = date(2026, 3, 10);

fn of_the_other(loan: &str, month: &str, state: LoanState) -> JointLine {
    JointLine {
        line: line("rcc", loan, month, state),
        since: SPLIT,
        source: "示例分户协议1号".into(),
        summed_elsewhere: true,
    }
}

#[test]
fn a_debt_from_before_the_division_stays_with_both_until_it_is_settled() {
    let open = state(date(2025, 1, 10), 5_000_000);
    let bad = LoanState {
        days_past_due: 120,
        worst_days_past_due: 120,
        ..open.clone()
    };
    let own = [line(
        "bank",
        "own",
        "2026-05",
        state(date(2026, 4, 1), 1_000_000),
    )];
    let found = consolidate_with(&own, &[of_the_other("l1", "2026-05", bad)], AS_OF);
    assert_eq!(found.credit.balance_fen, 6_000_000);
    assert_eq!(found.credit.first_loan_on, Some(date(2025, 1, 10)));
    let sums = found.credit.summed_here();
    assert_eq!((sums.balance_fen, sums.npl_fen), (1_000_000, 0));
    assert_eq!(found.credit.joint.len(), 1);
    let debt = &found.credit.joint[0];
    let told = (debt.since, debt.source.as_str(), debt.loans, debt.npl_fen);
    assert_eq!(told, (SPLIT, "示例分户协议1号", 1, 5_000_000));
    let veto = found.v3.unwrap();
    assert!(veto.source.contains("示例分户协议1号"), "{}", veto.source);
    let settled = LoanState {
        closed_on: Some(date(2026, 6, 2)),
        balance_fen: 0,
        ..open
    };
    let after = consolidate_with(&own, &[of_the_other("l1", "2026-06", settled)], AS_OF);
    assert_eq!(after.credit.joint, []);
    assert_eq!(after.credit.balance_fen, 1_000_000);
    // Paying a debt must not turn a household into one that never had a loan.
    let alone = consolidate_with(
        &[],
        &[of_the_other(
            "l1",
            "2026-06",
            LoanState {
                closed_on: Some(date(2026, 6, 2)),
                balance_fen: 0,
                ..state(date(2025, 1, 10), 5_000_000)
            },
        )],
        AS_OF,
    );
    assert_eq!(alone.credit.status, CreditStatus::Known);
}

#[test]
fn what_was_settled_before_or_borrowed_after_the_division_is_nobody_elses() {
    let before = LoanState {
        closed_on: Some(date(2026, 3, 9)),
        balance_fen: 0,
        ..state(date(2024, 1, 10), 5_000_000)
    };
    let after = state(SPLIT, 5_000_000);
    let others = [
        of_the_other("l1", "2026-02", state(date(2024, 1, 10), 5_000_000)),
        of_the_other("l1", "2026-03", before),
        of_the_other("l2", "2026-03", after),
    ];
    let found = consolidate_with(&[], &others, AS_OF);
    assert_eq!(found.credit.status, CreditStatus::Never);
    assert_eq!(found.credit.joint, []);
}

#[test]
fn a_loan_that_is_the_households_own_is_not_joint_as_well() {
    let open = state(date(2025, 1, 10), 5_000_000);
    let own = [line("rcc", "l1", "2026-05", open.clone())];
    let found = consolidate_with(&own, &[of_the_other("l1", "2026-05", open)], AS_OF);
    assert_eq!(found.credit.balance_fen, 5_000_000);
    assert_eq!(found.credit.joint, []);
}
