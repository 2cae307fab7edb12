//! What counts in a village and in a township.

use super::*;
use crate::register::DisasterKind;
use jiff::civil::date;

const DAY: Date = date(2026, 10, 31);

fn spell(began_on: Date, ended_on: Option<Date>, days: i64) -> Spell {
    Spell {
        began_on,
        ended_on,
        days_past_due: days,
        disaster_rescheduled: false,
    }
}

fn borrower(spells: Vec<Spell>) -> CreditRecord {
    CreditRecord {
        status: CreditStatus::Known,
        first_loan_on: Some(date(2020, 1, 1)),
        spells,
        balance_fen: 5_000_000,
        ..CreditRecord::default()
    }
}

fn counted(grade: Grade, credit: &CreditRecord, disasters: &[Disaster]) -> VillageCounts {
    let mut counts = VillageCounts::default();
    let household = CountedHousehold {
        grade: Some(grade),
        loans: CountedLoans::of(credit, disasters, DAY),
        ..CountedHousehold::default()
    };
    counts.add(&household, Grades::InEffect);
    counts
}

#[test]
fn a_household_without_a_rating_does_not_thin_out_the_credit_share() {
    let never = CreditRecord {
        status: CreditStatus::Never,
        ..CreditRecord::default()
    };
    for (grade, rated, credit) in [
        (Grade::Aaa, 1, 1),
        (Grade::A, 1, 1),
        (Grade::C, 1, 0),
        (Grade::V, 1, 0),
        (Grade::N, 0, 0),
    ] {
        let facts = counted(grade, &never, &[]).facts(&DivisionFacts::default());
        let expected = (Some(rated), Some(credit));
        assert_eq!(
            (facts.rated_households, facts.credit_households),
            expected,
            "{grade}"
        );
        assert_eq!(
            facts.loan_households,
            Some(0),
            "no loan ever is no loan household"
        );
    }
}

#[test]
fn three_days_today_and_thirty_in_a_year_are_on_time_and_one_more_is_not() {
    let cured = Some(date(2026, 3, 1));
    for (spells, on_time) in [
        (vec![spell(date(2026, 10, 28), None, 3)], true),
        (vec![spell(date(2026, 10, 27), None, 4)], false),
        (vec![spell(date(2026, 1, 30), cured, 30)], true),
        (vec![spell(date(2026, 1, 29), cured, 31)], false),
        (
            vec![spell(date(2025, 1, 1), Some(date(2025, 10, 31)), 300)],
            true,
        ),
    ] {
        let credit = borrower(spells);
        let facts = counted(Grade::A, &credit, &[]).facts(&DivisionFacts::default());
        assert_eq!(
            facts.on_time_households,
            Some(i64::from(on_time)),
            "{credit:?}"
        );
    }
}

#[test]
fn a_loan_rescheduled_in_a_declared_disaster_is_no_black_mark() {
    let drought = Disaster {
        id: "d".into(),
        kind: DisasterKind::Drought,
        issued_by: "示例旗".into(),
        began_on: date(2026, 5, 1),
        ended_on: Some(date(2026, 9, 30)),
    };
    let rescheduled = Spell {
        disaster_rescheduled: true,
        ..spell(date(2026, 6, 1), None, 120)
    };
    let credit = borrower(vec![rescheduled]);
    let on_time = |disasters: &[Disaster]| {
        let counts = counted(Grade::A, &credit, disasters);
        counts.facts(&DivisionFacts::default()).on_time_households
    };
    assert_eq!(on_time(std::slice::from_ref(&drought)), Some(1));
    assert_eq!(on_time(&[]), Some(0), "without the declaration it counts");
}

#[test]
fn a_ledger_that_nobody_searched_leaves_the_loans_unknown_not_zero() {
    let unknown = CreditRecord::default();
    let facts = counted(Grade::N, &unknown, &[]).facts(&DivisionFacts::default());
    assert_eq!((facts.loan_households, facts.npl_fen), (None, None));
    let reported = DivisionFacts {
        npl_fen: Some(7),
        ..DivisionFacts::default()
    };
    assert_eq!(
        counted(Grade::N, &unknown, &[]).facts(&reported).npl_fen,
        Some(7)
    );
}

#[test]
fn a_township_is_the_sum_of_its_villages_in_any_order() {
    let village = |rated: i64, level| CountedVillage {
        facts: DivisionFacts {
            rated_households: Some(rated),
            ..DivisionFacts::default()
        },
        level,
    };
    let mut villages = vec![
        village(10, Some(TitleLevel::Good)),
        village(20, None),
        village(30, Some(TitleLevel::Ordinary)),
    ];
    let facts = township(&villages, &DivisionFacts::default());
    assert_eq!(
        (facts.villages, facts.rated_households),
        (Some(3), Some(60))
    );
    assert_eq!(
        (facts.credit_villages, facts.good_villages),
        (Some(2), Some(1))
    );
    assert_eq!(facts.npl_fen, None, "one unknown makes the sum unknown");
    villages.reverse();
    assert_eq!(township(&villages, &DivisionFacts::default()), facts);
}

fn village(rated: i64, npl_fen: Option<i64>) -> DivisionFacts {
    DivisionFacts {
        rated_households: Some(rated),
        npl_fen,
        collective_grade: Some(Grade::Aaa),
        audit_passed: Some(true),
        illegal_fundraising: Some(false),
        ..DivisionFacts::default()
    }
}

#[test]
fn small_gachas_together_are_as_good_as_the_worse_of_them() {
    let small = village(8, Some(1));
    let other = DivisionFacts {
        collective_grade: Some(Grade::C),
        audit_passed: None,
        illegal_fundraising: Some(true),
        ..village(7, Some(2))
    };
    let both = joint(&[small.clone(), other.clone()]);
    assert_eq!((both.rated_households, both.npl_fen), (Some(15), Some(3)));
    assert_eq!(both.collective_grade, Some(Grade::C));
    assert_eq!(both.audit_passed, None, "one was not audited");
    assert_eq!(both.illegal_fundraising, Some(true));
    assert_eq!(joint(&[other, small.clone()]), both, "in any order");
    let unknown = joint(&[small.clone(), village(7, None)]);
    assert_eq!(unknown.npl_fen, None, "one unknown makes the sum unknown");
    assert_eq!(joint(std::slice::from_ref(&small)), small, "alone as it is");
}

#[test]
fn a_bad_loan_of_a_household_that_is_not_rated_counts_like_any_other() {
    let mut credit = borrower(vec![spell(date(2026, 6, 1), None, 120)]);
    credit.npl_fen = credit.balance_fen;
    let mut unrated = CountedHousehold {
        loans: CountedLoans::of(&credit, &[], DAY),
        ..CountedHousehold::default()
    };
    let of = |household: &CountedHousehold| {
        let mut counts = VillageCounts::default();
        counts.add(household, Grades::InEffect);
        counts.facts(&DivisionFacts::default())
    };
    let facts = of(&unrated);
    assert_eq!(
        (facts.resident_households, facts.rated_households),
        (Some(1), Some(0))
    );
    assert_eq!(
        (facts.loan_households, facts.on_time_households),
        (Some(1), Some(0))
    );
    assert_eq!(facts.npl_fen, Some(5_000_000));
    unrated.grade = Some(Grade::C);
    assert_eq!(
        of(&unrated).npl_fen,
        facts.npl_fen,
        "to refuse a rating changes nothing"
    );
}

#[test]
fn without_overrides_the_computed_grade_counts() {
    let moved = CountedHousehold {
        grade: Some(Grade::A),
        computed: Some(Grade::B),
        ..CountedHousehold::default()
    };
    let count = VillageCount {
        division: "150623200201".parse().unwrap(),
        households: vec![moved],
        registers: DivisionFacts::default(),
        lender_is_late: false,
    };
    let counted = Counted::Villages(vec![count]);
    assert_eq!(counted.facts(Grades::InEffect).credit_households, Some(1));
    assert_eq!(counted.facts(Grades::Computed).credit_households, Some(0));
    assert_eq!(counted.overrides(), 1);
}
