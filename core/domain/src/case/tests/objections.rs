//! Objections stop the clock, and what they change is published anew.

use jiff::civil::date;

use super::{
    Walk, approve, approver, assessed, decide, objection, objection_officer, officer, reviewer,
};
use crate::case::step::Outcome;
use crate::case::{By, CaseState, LenderView, Step};
use crate::error::ErrorCode;
use crate::subject::Grade;
use crate::time::AtMs;

#[test]
fn a_conflict_found_on_the_board_takes_the_grade_off_it() {
    let mut walk = Walk::published(assessed(Grade::Aa));
    let collectors = vec![officer("col-3")];
    walk.on(date(2026, 3, 10)).done(
        Step::FindConflict { collectors },
        &By::Rule,
        CaseState::Conflict,
    );
    assert_eq!(walk.case.period(), None);
}

#[test]
fn an_objection_stops_the_clock_and_a_rejected_one_does_not_start_it_anew() {
    let mut walk = Walk::published(assessed(Grade::Aa));
    let at = walk.on(date(2026, 3, 12)).at;
    walk.done(objection("y-1", at), &By::Subject, CaseState::Disputed)
        .on(date(2026, 3, 20))
        .refused(Step::ClosePeriod, &By::Rule, ErrorCode::CaseStep)
        .refused(
            decide("y-2", Outcome::Rejected),
            &objection_officer(),
            ErrorCode::ObjectionUnknown,
        )
        .refused(
            decide("y-1", Outcome::Rejected),
            &reviewer(),
            ErrorCode::NotAllowed,
        )
        .done(
            decide("y-1", Outcome::Rejected),
            &objection_officer(),
            CaseState::Reviewed,
        )
        .refused(Step::Publish, &reviewer(), ErrorCode::CasePath)
        .done(Step::Resume, &By::Rule, CaseState::InPublicity)
        .refused(approve(), &approver(), ErrorCode::CasePeriodOpen)
        .done(Step::ClosePeriod, &By::Rule, CaseState::InPublicity)
        .done(approve(), &approver(), CaseState::Approved);
}

#[test]
fn a_period_that_was_closed_is_closed_again_after_an_objection() {
    let mut walk = Walk::published(assessed(Grade::Aa));
    let at = walk.on(date(2026, 3, 17)).at;
    walk.done(Step::ClosePeriod, &By::Rule, CaseState::InPublicity)
        .done(objection("y-1", at), &By::Subject, CaseState::Disputed);
    let rejected = decide("y-1", Outcome::Rejected);
    walk.done(rejected, &objection_officer(), CaseState::Reviewed)
        .done(Step::Resume, &By::Rule, CaseState::InPublicity)
        .refused(approve(), &approver(), ErrorCode::CasePeriodOpen);
}

#[test]
fn several_objections_are_all_answered_before_it_goes_on() {
    let mut walk = Walk::published(assessed(Grade::Aa));
    let at = walk.at;
    let withdrawn = decide("y-1", Outcome::Withdrawn);
    walk.done(objection("y-1", at), &By::Subject, CaseState::Disputed)
        .done(objection("y-2", at), &By::Subject, CaseState::Disputed)
        .refused(
            objection("y-2", at),
            &By::Subject,
            ErrorCode::ObjectionKnown,
        )
        .done(withdrawn.clone(), &objection_officer(), CaseState::Disputed)
        .refused(withdrawn, &objection_officer(), ErrorCode::ObjectionUnknown)
        .done(
            decide("y-2", Outcome::Rejected),
            &objection_officer(),
            CaseState::Reviewed,
        );
}

#[test]
fn an_upheld_objection_is_published_anew_when_the_grade_rises_and_told_when_it_leaves_the_list() {
    for (before, after, new_period) in [
        (Grade::A, Grade::Aa, true),
        (Grade::Aa, Grade::A, false),
        (Grade::B, Grade::A, true),
        (Grade::A, Grade::B, true),
        (Grade::B, Grade::C, true),
        (Grade::B, Grade::B, false),
    ] {
        let mut walk = Walk::published(assessed(before));
        let at = walk.at;
        let upheld = Outcome::Upheld {
            assessed: Some(assessed(after)),
        };
        walk.done(objection("y-1", at), &By::Subject, CaseState::Disputed)
            .done(
                decide("y-1", upheld),
                &objection_officer(),
                CaseState::Reviewed,
            );
        assert_eq!(
            walk.case.period().is_none(),
            new_period,
            "{before} to {after}"
        );
        assert_eq!(walk.case.grade(), Some(after));
        if new_period {
            walk.refused(Step::Resume, &By::Rule, ErrorCode::CasePath);
        }
    }
}

#[test]
fn an_objection_of_the_last_evening_counts_when_it_arrives_days_later() {
    let last_evening = AtMs::start_of(date(2026, 3, 17)).plus_ms(-600_000);
    let mut walk = Walk::effective(Grade::A);
    walk.done(
        objection("d-0007", last_evening),
        &By::Subject,
        CaseState::Disputed,
    );
    assert_eq!(walk.case.state().lender_view(), LenderView::Absent);
    let mut walk = Walk::effective(Grade::A);
    let too_late = AtMs::start_of(date(2026, 3, 17));
    walk.done(
        objection("d-0008", too_late),
        &By::Subject,
        CaseState::Effective,
    );
    assert_eq!(walk.case.open_objections().len(), 1);
    let future = walk.at.plus_ms(1);
    walk.refused(
        objection("d-0009", future),
        &By::Subject,
        ErrorCode::CaseDates,
    );
}

#[test]
fn an_objection_between_approval_and_effect_holds_the_effect() {
    let mut walk = Walk::approved(assessed(Grade::A));
    let at = walk.at;
    walk.done(objection("y-1", at), &By::Subject, CaseState::Disputed)
        .on(date(2026, 4, 1))
        .refused(Step::MakeEffective, &By::Rule, ErrorCode::CaseStep);
}
