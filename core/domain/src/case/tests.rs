//! The walks of a case and each of its rules.

mod effect;
mod objections;
mod people;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::step::{Assessed, Objection, ObjectionChannel, ObjectionGround, Outcome, Peer};
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
