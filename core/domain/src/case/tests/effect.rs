//! Ratings in effect: their days, their suspension and their end, and the deadlines that are shown.

use jiff::civil::date;

use super::{Walk, approver, assessed, objection, reviewer};
use crate::case::deadline::Deadline;
use crate::case::step::Cause;
use crate::case::{By, CaseState, LenderView, Step};
use crate::error::ErrorCode;
use crate::subject::Grade;
use crate::time::AtMs;

#[test]
fn a_rating_begins_and_ends_on_its_days() {
    let mut walk = Walk::approved(assessed(Grade::A));
    walk.on(date(2026, 3, 31))
        .refused(Step::MakeEffective, &By::Rule, ErrorCode::CaseDates)
        .on(date(2026, 4, 1))
        .done(Step::MakeEffective, &By::Rule, CaseState::Effective)
        .on(date(2027, 3, 31))
        .refused(Step::Expire, &By::Rule, ErrorCode::CaseDates)
        .on(date(2027, 4, 1))
        .done(Step::Expire, &By::Rule, CaseState::Expired);
}

#[test]
fn a_rating_is_not_approved_backwards() {
    let mut walk = Walk::published(assessed(Grade::A));
    walk.on(date(2026, 3, 17))
        .done(Step::ClosePeriod, &By::Rule, CaseState::InPublicity);
    for (effective_on, valid_to) in [
        (date(2026, 3, 16), date(2027, 3, 15)),
        (date(2026, 4, 1), date(2026, 3, 31)),
    ] {
        let backwards = Step::Approve {
            effective_on,
            valid_to,
        };
        walk.refused(backwards, &approver(), ErrorCode::CaseDates);
    }
}

#[test]
fn a_veto_fact_suspends_and_only_the_banner_ends_it() {
    let heard_on = date(2026, 4, 20);
    let mut walk = Walk::effective(Grade::A);
    walk.done(Step::Watch, &By::Rule, CaseState::Watch).done(
        Step::Suspend,
        &By::Rule,
        CaseState::Suspended,
    );
    assert_eq!(
        walk.case.state().lender_view(),
        LenderView::TemporarilyUnavailable
    );
    walk.refused(Step::Reinstate, &reviewer(), ErrorCode::NotAllowed)
        .refused(
            Step::ConfirmCancel { heard_on },
            &approver(),
            ErrorCode::CaseDates,
        )
        .on(heard_on);
    let mut wrong = Walk {
        case: walk.case.clone(),
        ..Walk::new()
    };
    walk.done(
        Step::ConfirmCancel { heard_on },
        &approver(),
        CaseState::Cancelled,
    );
    wrong
        .on(heard_on)
        .done(Step::Reinstate, &approver(), CaseState::Effective);
    walk.refused(Step::Reinstate, &approver(), ErrorCode::CaseStep);
}

#[test]
fn death_and_withdrawn_consent_close_a_case_wherever_it_stands() {
    for mut walk in [
        Walk::new(),
        Walk::submitted(),
        Walk::published(assessed(Grade::A)),
    ] {
        walk.has_consent = false;
        let cause = Cause::ConsentWithdrawn;
        walk.done(Step::Close { cause }, &By::Rule, CaseState::Closed);
        walk.refused(
            Step::Close {
                cause: Cause::Death,
            },
            &By::Rule,
            ErrorCode::CaseStep,
        );
    }
}

#[test]
fn the_queue_shows_the_deadline_that_runs_and_those_of_each_objection() {
    let mut walk = Walk::published(assessed(Grade::A));
    let of = |walk: &Walk| {
        let clocks = walk.case.clocks(&walk.timetable);
        clocks
            .into_iter()
            .map(|c| (c.deadline, c.due.on))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&walk), [(Deadline::Publicity, date(2026, 3, 16))]);
    let filed_at = AtMs::start_of(date(2026, 3, 2));
    walk.done(
        objection("y-1", filed_at),
        &By::Subject,
        CaseState::Disputed,
    );
    assert_eq!(
        of(&walk).last(),
        Some(&(Deadline::ObjectionAnswer, date(2026, 3, 20)))
    );
    let mut closed = Walk::published(assessed(Grade::A));
    closed
        .on(date(2026, 3, 17))
        .done(Step::ClosePeriod, &By::Rule, CaseState::InPublicity);
    assert_eq!(of(&closed), [(Deadline::Approval, date(2026, 3, 24))]);
}
