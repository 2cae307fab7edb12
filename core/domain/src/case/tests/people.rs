//! Who may take a step: nobody twice, nobody related, nobody without the right or behind the case.

use std::collections::BTreeSet;

use super::{Walk, approver, as_role, assessed, officer, reviewer};
use crate::case::step::Assessed;
use crate::case::{By, CaseState, Now, Reason, Role, Step};
use crate::error::ErrorCode;
use crate::hash::Hash;
use crate::subject::Grade;

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
