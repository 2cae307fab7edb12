//! The walks of a case and each of its rules.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::deadline::Deadline;
use super::step::{Assessed, Cause, Objection, ObjectionChannel, ObjectionGround, Outcome, Peer};
use super::terms::Timetable;
use super::*;
use crate::error::ErrorCode;
use crate::hash::Hash;
use crate::id::OfficerId;
use crate::subject::Grade;
use crate::time::AtMs;

/// A case with a clock and a calendar, to walk it in a line per step.
pub(crate) struct Walk {
    pub(crate) case: Case,
    pub(crate) at: AtMs,
    pub(crate) timetable: Timetable,
    pub(crate) barred: BTreeSet<OfficerId>,
    pub(crate) has_consent: bool,
}

pub(crate) fn officer(name: &str) -> OfficerId {
    name.parse().unwrap()
}

pub(crate) fn as_role(name: &str, role: Role) -> By {
    By::Officer {
        officer: officer(name),
        role,
    }
}

pub(crate) fn assessed(grade: Grade) -> Assessed {
    let assessment = Hash::of("test", &[grade.as_str().as_bytes()]);
    Assessed {
        assessment,
        grade,
        cap: None,
    }
}

fn objection(receipt: &str, filed_at: AtMs) -> Step {
    let ground = ObjectionGround::WrongOrMissing;
    let receipt = receipt.to_owned();
    Step::Object {
        objection: Objection {
            channel: ObjectionChannel::Hotline12345,
            receipt,
            ground,
            of_subject: true,
            filed_at,
        },
    }
}

fn decide(receipt: &str, outcome: Outcome) -> Step {
    Step::DecideObjection {
        receipt: receipt.to_owned(),
        outcome,
    }
}

impl Walk {
    pub(crate) fn new() -> Self {
        let id = |text: &str| text.parse().unwrap();
        let case = Case::new(
            id("c1"),
            "hh-1".parse().unwrap(),
            "c-2026".parse().unwrap(),
            "150623200201".parse().unwrap(),
        );
        let at = AtMs::start_of(date(2026, 3, 2)).plus_ms(10 * 3_600_000);
        Self {
            case,
            at,
            timetable: Timetable::shipped(),
            barred: BTreeSet::new(),
            has_consent: true,
        }
    }

    pub(crate) fn on(&mut self, day: Date) -> &mut Self {
        self.at = AtMs::start_of(day).plus_ms(9 * 3_600_000);
        self
    }

    pub(crate) fn apply(&mut self, step: Step, by: &By) -> Result<CaseEvent, CaseError> {
        let now = Now {
            at: self.at,
            device_at: None,
            version: self.case.version(),
            pack: Hash::of("test", &[b"pack"]),
            timetable: &self.timetable,
            barred: &self.barred,
            has_consent: self.has_consent,
        };
        self.case.apply(step, by, Reason::new("TEST", "试"), &now)
    }

    fn done(&mut self, step: Step, by: &By, to: CaseState) -> &mut Self {
        let event = self.apply(step, by).unwrap();
        assert_eq!((event.to, self.case.state()), (to, to));
        self
    }

    fn refused(&mut self, step: Step, by: &By, code: ErrorCode) -> &mut Self {
        let before = self.case.clone();
        assert_eq!(
            self.apply(step.clone(), by).unwrap_err().code,
            code,
            "{step:?}"
        );
        assert_eq!(self.case, before, "a refused step changed the case");
        self
    }

    fn submitted() -> Self {
        let mut walk = Self::new();
        let collector = as_role("col-1", Role::Collector);
        let second = Some(officer("col-2"));
        walk.done(Step::Seal { second }, &collector, CaseState::Sealed)
            .done(Step::Submit, &By::Rule, CaseState::Submitted);
        walk
    }

    fn pre_rated(assessed: Assessed) -> Self {
        let mut walk = Self::submitted();
        let step = Step::PreRate {
            assessed,
            peer: Peer::Held,
        };
        walk.done(
            step,
            &as_role("group", Role::VillageGroup),
            CaseState::PreRated,
        );
        walk
    }

    fn reviewed(assessed: Assessed) -> Self {
        let mut walk = Self::pre_rated(assessed);
        walk.done(Step::Review, &reviewer(), CaseState::Reviewed);
        walk
    }

    /// Posted on Saturday 7 March, as in P-01: the window closes at the end of Monday 16 March.
    fn published(assessed: Assessed) -> Self {
        let is_credit = assessed.grade.is_credit();
        let mut walk = Self::reviewed(assessed);
        let (step, to) = match is_credit {
            true => (Step::Publish, CaseState::InPublicity),
            false => (Step::GiveNotice, CaseState::InNotice),
        };
        walk.on(date(2026, 3, 7)).done(step, &reviewer(), to);
        walk
    }

    fn approved(assessed: Assessed) -> Self {
        let mut walk = Self::published(assessed);
        let state = walk.case.state();
        walk.on(date(2026, 3, 17))
            .done(Step::ClosePeriod, &By::Rule, state)
            .done(approve(), &approver(), CaseState::Approved);
        walk
    }

    fn effective(grade: Grade) -> Self {
        Self::in_effect(assessed(grade))
    }

    /// In effect since 1 April 2026.
    pub(crate) fn in_effect(assessed: Assessed) -> Self {
        let mut walk = Self::approved(assessed);
        walk.on(date(2026, 4, 1))
            .done(Step::MakeEffective, &By::Rule, CaseState::Effective);
        walk
    }
}

fn reviewer() -> By {
    as_role("rev-1", Role::Reviewer)
}

fn approver() -> By {
    as_role("app-1", Role::Approver)
}

fn objection_officer() -> By {
    as_role("obj-1", Role::ObjectionOfficer)
}

fn approve() -> Step {
    Step::Approve {
        effective_on: date(2026, 4, 1),
        valid_to: date(2027, 3, 31),
    }
}

#[test]
fn a_credit_grade_takes_effect_after_publicity_and_approval() {
    let walk = Walk::effective(Grade::Aa);
    assert_eq!(walk.case.grade(), Some(Grade::Aa));
    assert!(walk.case.state().is_shown_to_lender());
    assert_eq!(walk.case.version(), 8);
}

#[test]
fn a_low_grade_is_told_and_never_published() {
    for grade in [Grade::B, Grade::C, Grade::N, Grade::V] {
        let mut walk = Walk::reviewed(assessed(grade));
        walk.refused(Step::Publish, &reviewer(), ErrorCode::CasePath);
        assert_eq!(Walk::effective(grade).case.grade(), Some(grade));
    }
    let mut walk = Walk::reviewed(assessed(Grade::A));
    walk.refused(Step::GiveNotice, &reviewer(), ErrorCode::CasePath);
}

#[test]
fn the_period_cannot_end_before_its_last_rest_day_is_over() {
    let mut walk = Walk::published(assessed(Grade::Aaa));
    assert_eq!(
        walk.case.period_due(&walk.timetable).unwrap().on,
        date(2026, 3, 16)
    );
    walk.refused(approve(), &approver(), ErrorCode::CasePeriodOpen);
    walk.at = AtMs::start_of(date(2026, 3, 17)).plus_ms(-1);
    let error = walk.apply(Step::ClosePeriod, &By::Rule).unwrap_err();
    assert!(
        error.args.contains(&("until", "2026-03-16".into())),
        "{error:?}"
    );
    walk.at = walk.at.plus_ms(1);
    walk.done(Step::ClosePeriod, &By::Rule, CaseState::InPublicity);
}

#[test]
fn nobody_acts_twice_in_different_roles() {
    let mut walk = Walk::pre_rated(assessed(Grade::A));
    for name in ["col-1", "col-2", "group"] {
        walk.refused(
            Step::Review,
            &as_role(name, Role::Reviewer),
            ErrorCode::ActedBefore,
        );
    }
    let second = officer("col-2");
    let raised = Step::Override {
        grade: Grade::Aa,
        second,
    };
    walk.refused(raised, &reviewer(), ErrorCode::ActedBefore);
    let mut walk = Walk::submitted();
    walk.refused(
        Step::Evaluate,
        &as_role("col-1", Role::Evaluator),
        ErrorCode::ActedBefore,
    );
    walk.done(
        Step::Evaluate,
        &as_role("eva-1", Role::Evaluator),
        CaseState::Submitted,
    );
    assert_eq!(walk.case.role_of(&officer("eva-1")), Some(Role::Evaluator));
    walk.refused(
        Step::Return,
        &as_role("eva-1", Role::Reviewer),
        ErrorCode::ActedBefore,
    );
}

#[test]
fn a_conflict_of_interest_bars_the_actor_and_whoever_signs_with_him() {
    let mut walk = Walk::pre_rated(assessed(Grade::A));
    walk.barred = BTreeSet::from([officer("rev-1"), officer("rev-2")]);
    walk.refused(Step::Review, &reviewer(), ErrorCode::ConflictOfInterest);
    let raised = Step::Override {
        grade: Grade::Aa,
        second: officer("rev-2"),
    };
    walk.refused(
        raised,
        &as_role("rev-3", Role::Reviewer),
        ErrorCode::ConflictOfInterest,
    );
}

#[test]
fn a_role_without_the_right_and_a_step_without_its_state_are_told_apart() {
    let mut walk = Walk::pre_rated(assessed(Grade::A));
    walk.refused(Step::Review, &approver(), ErrorCode::NotAllowed);
    walk.refused(Step::Review, &By::Rule, ErrorCode::NotAllowed);
    walk.refused(Step::Publish, &reviewer(), ErrorCode::CaseStep);
}

#[test]
fn a_stale_reader_changes_nothing() {
    let mut walk = Walk::pre_rated(assessed(Grade::A));
    let seen = walk.case.version();
    walk.done(Step::Review, &reviewer(), CaseState::Reviewed);
    let now = Now {
        at: walk.at,
        device_at: None,
        version: seen,
        pack: Hash::of("test", &[b"pack"]),
        timetable: &walk.timetable,
        barred: &walk.barred,
        has_consent: true,
    };
    let late = walk
        .case
        .apply(Step::Publish, &reviewer(), Reason::code("ok"), &now);
    assert_eq!(late.unwrap_err().code, ErrorCode::CaseStale);
}

#[test]
fn a_visit_needs_consent_and_two_different_officers() {
    let mut walk = Walk::new();
    let collector = as_role("col-1", Role::Collector);
    let same = Step::Seal {
        second: Some(officer("col-1")),
    };
    walk.refused(same, &collector, ErrorCode::SealSameOfficer);
    walk.has_consent = false;
    walk.refused(
        Step::Seal { second: None },
        &collector,
        ErrorCode::ConsentMissing,
    );
    walk.has_consent = true;
    walk.done(Step::Seal { second: None }, &collector, CaseState::Sealed);
    walk.has_consent = false;
    walk.refused(Step::Submit, &By::Rule, ErrorCode::ConsentMissing);
}

#[test]
fn the_grade_waits_for_the_peer_evaluation() {
    let mut walk = Walk::submitted();
    let step = |peer| Step::PreRate {
        assessed: assessed(Grade::A),
        peer,
    };
    walk.refused(step(Peer::Pending), &By::Rule, ErrorCode::CasePeerPending);
    walk.done(step(Peer::NotNeeded), &By::Rule, CaseState::PreRated);
}

#[test]
fn a_returned_case_comes_back_through_a_new_seal() {
    let mut walk = Walk::pre_rated(assessed(Grade::A));
    let collector = as_role("col-1", Role::Collector);
    walk.done(Step::Return, &reviewer(), CaseState::Returned)
        .refused(
            Step::Fix { second: None },
            &reviewer(),
            ErrorCode::NotAllowed,
        )
        .done(Step::Fix { second: None }, &collector, CaseState::Sealed)
        .done(Step::Submit, &By::Rule, CaseState::Submitted);
}

#[test]
fn an_override_moves_one_notch_and_respects_caps_and_vetoes() {
    let second = || officer("rev-2");
    let to = |grade| Step::Override {
        grade,
        second: second(),
    };
    let mut walk = Walk::pre_rated(assessed(Grade::A));
    walk.refused(to(Grade::Aaa), &reviewer(), ErrorCode::CaseOverride)
        .refused(to(Grade::A), &reviewer(), ErrorCode::CaseOverride)
        .refused(to(Grade::N), &reviewer(), ErrorCode::CaseOverride)
        .refused(
            to(Grade::Aa),
            &as_role("rev-2", Role::Reviewer),
            ErrorCode::CaseOverride,
        )
        .done(to(Grade::Aa), &reviewer(), CaseState::PreRated)
        .refused(to(Grade::Aaa), &reviewer(), ErrorCode::CaseOverride)
        .done(to(Grade::B), &reviewer(), CaseState::PreRated);
    assert!(walk.case.is_overridden() && walk.case.grade() == Some(Grade::B));

    for open in [Grade::N, Grade::V] {
        Walk::pre_rated(assessed(open)).refused(to(Grade::C), &reviewer(), ErrorCode::CaseOverride);
    }
    let capped = Assessed {
        cap: Some(Grade::B),
        ..assessed(Grade::B)
    };
    Walk::pre_rated(capped).refused(to(Grade::A), &reviewer(), ErrorCode::CaseOverride);
    let below_cap = Assessed {
        cap: Some(Grade::A),
        ..assessed(Grade::B)
    };
    Walk::pre_rated(below_cap).done(to(Grade::A), &reviewer(), CaseState::PreRated);
}

#[test]
fn an_override_and_a_return_need_words() {
    let mut walk = Walk::pre_rated(assessed(Grade::A));
    let version = walk.case.version();
    let now = Now {
        at: walk.at,
        device_at: None,
        version,
        pack: Hash::of("test", &[b"pack"]),
        timetable: &walk.timetable,
        barred: &walk.barred,
        has_consent: true,
    };
    let refused = walk
        .case
        .apply(Step::Return, &reviewer(), Reason::code("R1"), &now);
    assert_eq!(refused.unwrap_err().code, ErrorCode::CaseReason);
}

#[test]
fn two_visits_that_disagree_wait_for_a_third_person() {
    let mut walk = Walk::submitted();
    let collectors = vec![officer("col-3"), officer("col-4")];
    walk.done(
        Step::FindConflict { collectors },
        &By::Rule,
        CaseState::Conflict,
    );
    for name in ["col-1", "col-2", "col-3", "col-4"] {
        let by = as_role(name, Role::Reviewer);
        walk.refused(Step::ResolveConflict, &by, ErrorCode::ActedBefore);
    }
    walk.done(Step::ResolveConflict, &reviewer(), CaseState::Submitted);
}

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
