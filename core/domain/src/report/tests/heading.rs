//! What stands at the head of a report: who asked, under which rules, and what a reader must be
//! told (`domain.md` F.1, B.5, L-35).

use super::*;

#[test]
fn a_report_says_who_asked_by_which_right_and_under_which_rules() {
    let world = World::new();
    let report = world.compose().unwrap();
    assert_eq!(
        report.issue.watermark,
        "rcc-1 · loan_decision · r-7 · 2026-04-02"
    );
    assert_eq!(report.issue.authorised_until, date(2026, 6, 30));
    assert_eq!(report.status, ReportStatus::Effective);
    assert_eq!(
        report.notices,
        ["report-not-a-credit-report", "report-advisory"]
    );
    let names: Vec<_> = report
        .subject
        .divisions
        .iter()
        .map(|d| d.name.as_str())
        .collect();
    assert_eq!(names, ["示例旗", "示例嘎查"]);
    let rating = report.rating.unwrap();
    assert_eq!(
        (rating.grade, rating.valid_to),
        (Grade::A, date(2027, 3, 31))
    );
    assert_eq!(rating.rules.pack, world.pack.hash());
    assert_eq!(rating.rules.assessment, world.assessment.hash());
    let weights: i64 = rating.indicators.iter().map(|i| i.weight.0).sum();
    assert_eq!(weights, world.assessment.totals.applicable.0);
}

#[test]
fn a_report_of_a_collective_says_what_a_lender_cannot_reach() {
    let world = World::of(SubjectKind::Collective, "CE-NM-1");
    let notices = world.compose().unwrap().notices;
    let of_collectives = [
        "report-collective-no-bankruptcy",
        "report-collective-limited",
        "report-collective-land",
    ];
    assert_eq!(notices[2..], of_collectives);
}
